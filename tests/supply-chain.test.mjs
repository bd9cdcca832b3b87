// That the checks of what we build with would find something.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allowed, auditProblems, npmProblems } from "../scripts/supply-chain.mjs";

test("a licence expression is met by one of a choice and by all of a list", () => {
  const licences = ["MIT", "Unicode-3.0"];
  for (const good of ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(MIT OR Apache-2.0) AND Unicode-3.0", "GPL-3.0 OR (MIT AND Unicode-3.0)"]) {
    assert.equal(allowed(good, licences), true, good);
  }
  for (const bad of ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR GPL-3.0) AND GPL-2.0", "MIT)", "SEE LICENSE IN x", "MITX"]) {
    assert.equal(allowed(bad, licences), false, bad);
  }
});

test("a package with another licence, without a checksum, or with an install script is named", () => {
  const good = { version: "1.0.0", license: "MIT", integrity: "sha512-x", dev: true };
  const lock = (change) => ({ packages: { "": { name: "ours" }, "node_modules/a/node_modules/b": { ...good, ...change } } });
  assert.deepEqual(npmProblems(lock({})), []);
  for (const change of [{ license: "GPL-3.0" }, { license: undefined }, { integrity: undefined }, { dev: false }, { hasInstallScript: true }]) {
    const found = npmProblems(lock(change));
    assert.equal(found.length, 1, JSON.stringify(change));
    assert.match(found[0], /^package b 1\.0\.0: /);
  }
});

test("a package with a known vulnerability is named, whatever its severity", () => {
  const vulnerabilities = { a: { name: "a", severity: "low", range: "<2.0.0" } };
  assert.deepEqual(auditProblems({ vulnerabilities }), ["package a <2.0.0: a vulnerability is known (low), see npm audit"]);
  assert.deepEqual(auditProblems({ vulnerabilities: {} }), []);
});
