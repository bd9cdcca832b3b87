// On a machine that lacks something: with an older Node every command runs on the one that npm brings, and what can't be
// brought along is said in a sentence.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { explained } from "../scripts/cli.mjs";
import { inPath, ROOT } from "../scripts/steps.mjs";

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

/** What `npm run tools` says with this environment: { code, said }. */
function tools(env) {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["scripts/tools.mjs"], { cwd: ROOT, env: { ...process.env, ...env } }, (_, out, err) =>
      resolve({ code: child.exitCode, said: out + err }),
    );
  });
}

const folder = mkdtempSync(join(tmpdir(), "devin-bridge-machine-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a folder that can't be written to is one sentence", () => {
  let thrown;
  try {
    writeFileSync(join(folder, "not-there", "file"), "");
  } catch (error) {
    thrown = error;
  }
  assert.match(explained(thrown), /^ENOENT/);
  const said = explained(Object.assign(thrown, { code: "EROFS" }));
  assert.equal(said, `${join(folder, "not-there", "file")} can't be read or written (EROFS): see that you may do both here, and that the disk is not full`);
  assert.equal(explained(new Error("It failed", { cause: new Error("because") })), "It failed: because");
});

test("a C compiler that is missing, and a cache that can't be written to, are one sentence each", async () => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(inPath("rustup", `${process.env.PATH}:${process.env.HOME}/.cargo/bin`), join(bin, "rustup"));
  const bare = await tools({ PATH: bin, DEVIN_BRIDGE_CACHE: join(folder, "cache") });
  assert.equal(bare.code, 1);
  assert.match(bare.said, /^A C compiler \(cc\) was not found: on Debian/m);

  const closed = await tools({ DEVIN_BRIDGE_CACHE: "/dev/null/cache" });
  assert.equal(closed.code, 1);
  // What goes where is said before anything is done.
  assert.match(closed.said, /^Not there yet, and where it goes:\n +worker-build \S+, wasm-bindgen-cli \S+ +\/dev\/null\/cache\/tools: compiled/m);
  assert.match(closed.said, /^\/dev\/null\/cache can't be written to \(ENOTDIR\)\. Name another folder: DEVIN_BRIDGE_CACHE=<folder>$/m);
  assert.doesNotMatch(closed.said, /^ +at /m);
});
