// Prompts and mappings are data: a change of them needs no compiler, and a mistake is named before anything is served.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { until } from "./harness.mjs";
import { sample } from "../scripts/samples.mjs";
import { ROOT } from "../scripts/steps.mjs";

const SECRETS = { WEBHOOK_SECRET: "webhook-secret-of-the-test", ADMIN_TOKEN: "admin-token-of-the-test" };
const MISTAKE = "A look:\n{{#data}}\n{{titel}}\n{{/data}}\n";
/** How soon a change is to be used. */
const SOON = 3;

const folder = mkdtempSync(join(tmpdir(), "devin-bridge-prompts-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the project with what is built, where every compiler fails. */
function copy() {
  const here = mkdtempSync(join(folder, "copy-"));
  const parts = ["Cargo.toml", "Cargo.lock", "build.rs", "rust-toolchain.toml", "package.json", "package-lock.json", "wrangler.toml"];
  for (const path of [...parts, "crates", "src", "prompts", "senders", "scripts", "tests", "build"]) {
    cpSync(join(ROOT, path), join(here, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(here, "node_modules"));
  writeFileSync(join(here, ".dev.vars"), Object.entries(SECRETS).map(([name, value]) => `${name}="${value}"\n`).join(""), { mode: 0o600 });
  const bin = join(here, "bin");
  mkdirSync(bin);
  const compiled = join(here, "compiled");
  for (const name of ["cargo", "rustc", "rustup", "cc"]) writeFileSync(join(bin, name), `#!/bin/sh\ntouch "${compiled}"\nexit 1\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
  return {
    path: (name) => join(here, name),
    compiled: () => existsSync(compiled),
    run(script, ...args) {
      const child = spawn(process.execPath, [`scripts/${script}.mjs`, ...args], { cwd: here, env });
      const running = { child, text: "" };
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (running.text += data));
      running.code = new Promise((resolve) => child.on("close", resolve));
      return running;
    },
    async build() {
      const running = this.run("build");
      return { code: await running.code, text: running.text };
    },
  };
}

test("a changed prompt is used by npm start within seconds, and a mistake is named", async (t) => {
  const here = copy();
  const start = here.run("start", "--port", String(20_000 + Math.floor(Math.random() * 10_000)));
  t.after(async () => {
    start.child.kill("SIGINT");
    await start.code;
  });
  await until("it is up", 60, () => start.text.includes("Ctrl-C") || start.child.exitCode !== null);
  const [url] = start.text.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
  const { path, body } = sample("alert");
  const dryRun = async () => {
    const headers = { "content-type": "application/json", "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
    // While it takes a change, it may not answer.
    const response = await fetch(`${url}${path}?dry_run=1`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
    return { status: response?.status, text: (await response?.text().catch(() => "")) ?? "" };
  };
  const soon = async (what, is) => {
    const begun = performance.now();
    await until(what, 60, async () => is(await dryRun()));
    const seconds = (performance.now() - begun) / 1000;
    t.diagnostic(`${what}: ${seconds.toFixed(2)} s`);
    assert.ok(seconds < SOON, `${what}: ${seconds} s`);
  };

  const triage = readFileSync(here.path("prompts/triage.md"), "utf8");
  writeFileSync(here.path("prompts/triage.md"), `${triage}\nCount the whales.\n`);
  await soon("a changed prompt", ({ text }) => text.includes("Count the whales."));

  writeFileSync(here.path("prompts/triage.md"), MISTAKE);
  await soon("a mistake", ({ status }) => status === 503);
  const health = await fetch(`${url}/health`, { headers: { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` } });
  assert.deepEqual((await health.json()).problems, [
    {
      setting: "prompts/triage.md, line 3, column 1",
      found: 'the unknown field "titel"',
      expected: 'a field of docs/prompts.md; the nearest is "title"',
    },
  ]);
  await until("it is said", 60, () => start.text.includes('the nearest is "title"\nUntil that is fixed, every hook answers 503.'));

  writeFileSync(here.path("prompts/triage.md"), triage);
  await soon("it is fixed", ({ status, text }) => status === 200 && !text.includes("whales"));
  assert.ok(!here.compiled());
});

test("the build names each mistake until it is fixed, and no prompt is too large for it", async () => {
  const here = copy();
  const mine = here.path("prompts/mine.md");
  writeFileSync(mine, MISTAKE);
  for (const time of ["first", "second"]) {
    const { code, text } = await here.build();
    assert.equal(code, 1, time);
    assert.match(text, /prompts\/mine\.md, line 3, column 1\n  found     the unknown field "titel"\n  expected  .*; the nearest is "title"/);
  }
  writeFileSync(mine, "x".repeat(200_000));
  const large = await here.build();
  assert.equal(large.code, 0, large.text);
  rmSync(mine);
  rmSync(here.path("prompts/update.md"));
  writeFileSync(here.path("senders/zabbix.json"), '{\n  "id": "a",\n}\n');
  const gone = await here.build();
  assert.equal(gone.code, 1);
  assert.match(gone.text, /^.*prompts\/update\.md\n  found     nothing\n/m);
  assert.match(gone.text, /senders\/zabbix\.json, line 3, column 1\n  found     broken JSON/);
  for (const path of ["prompts/update.md", "senders/zabbix.json"]) cpSync(join(ROOT, path), here.path(path));
  const right = await here.build();
  assert.equal(right.code, 0, right.text);
  writeFileSync(mine, Buffer.from([0xff, 0xfe]));
  assert.match((await here.build()).text, /prompts\/mine\.md is no UTF-8/);
  assert.ok(!here.compiled());
});
