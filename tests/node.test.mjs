// On a machine whose Node is older than Wrangler and Miniflare need, every command runs on the one that npm brings.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../scripts/steps.mjs";

const { engines, optionalDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Runs a command in the Node of this process, which says that it is of another version, and can't read options. */
function pretending(version, ...args) {
  const pretend = `data:text/javascript,import util from "node:util"; delete util.parseArgs; Object.defineProperty(process.versions, "node", { value: "${version}" })`;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["--import", pretend, ...args], { cwd: ROOT }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

for (const version of ["16.20.2", "18.20.8", "20.12.0", "22.11.0"]) {
  test(`on Node ${version}: another takes over, and its exit code is the command's`, async () => {
    const listed = await pretending(version, "scripts/send.mjs");
    assert.equal(listed.code, 0, listed.err);
    assert.match(listed.out, /^ +pagerduty-resolved /m);
    const misused = await pretending(version, "scripts/send.mjs", "--hellp");
    assert.equal(misused.code, 2);
    assert.match(misused.err, /Did you mean --help\?/);
  });
}

test("what is needed is said in one place, and what npm brings is enough", () => {
  const needed = /NEEDED = "([\d.]+)"/.exec(readFileSync(new URL("../scripts/node.mjs", import.meta.url), "utf8"))[1];
  assert.equal(engines.node, `>=${needed}`);
  assert.match(readFileSync(new URL("../README.md", import.meta.url), "utf8"), new RegExp(`Node ${needed.replace(".", "\\.")} or newer`));
  for (const version of Object.values(optionalDependencies)) {
    const [major, minor] = version.split(".").map(Number);
    assert.ok(major > 22 || (major === 22 && minor >= 12), version);
  }
});
