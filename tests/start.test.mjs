// npm start and npm run send, as a person uses them.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FakeDevin, ORG, V3_KEY } from "./fake-devin.mjs";
import { until } from "./harness.mjs";
import { ROOT } from "../scripts/steps.mjs";

const folder = mkdtempSync(join(tmpdir(), "devin-bridge-start-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The options for a wrangler.toml with this in it, beside a .dev.vars. */
function config(toml, devVars = "") {
  const own = mkdtempSync(join(folder, "config-"));
  writeFileSync(join(own, "wrangler.toml"), toml);
  writeFileSync(join(own, ".dev.vars"), devVars, { mode: 0o600 });
  return { args: ["--config", join(own, "wrangler.toml")], devVars: join(own, ".dev.vars") };
}

/** Somebody who listens; `port` and close(). Not where systems choose ports, as others do the same meanwhile. */
async function listener() {
  const server = createServer().listen(10_000 + Math.floor(Math.random() * 20_000), "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { port: server.address().port, close: () => new Promise((resolve) => server.close(resolve)) };
}

async function freePort() {
  const { port, close } = await listener();
  await close();
  return port;
}

/** Starts it, and ends it with the test. */
async function started(t, ...args) {
  const start = script("start", ...args);
  t.after(() => start.child.kill("SIGKILL"));
  await until(`it is up: ${args.join(" ")}`, 60, () => start.text.includes("Ctrl-C") || start.child.exitCode !== null);
  return start;
}

function script(name, ...args) {
  const child = spawn(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT });
  const running = { child, text: "" };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (running.text += data));
  running.code = new Promise((resolve) => child.on("close", resolve));
  return running;
}

test("npm start -- --once shows a session and ends with 0", async () => {
  const start = script("start", "--once");
  assert.equal(await start.code, 0, start.text);
  for (const part of [/^Bridge +http:/m, /^Answer +202 /m, /^Session +devin-/m, /^Title +\S/m, /^Tags +.*pagerduty-postmortem/m]) {
    assert.match(start.text, part);
  }
  assert.match(start.text, /A PagerDuty incident has been resolved/);
});

test("npm start stays, npm run send reaches it, Ctrl-C leaves nothing behind", async () => {
  const start = script("start", "--port", String(await freePort()));
  try {
    await until("it is up", 60, () => start.text.includes("Ctrl-C"));
    const [bridge, devin] = start.text.match(/http:\/\/127\.0\.0\.1:\d+/g);

    const good = script("send", "pagerduty-resolved", "--count", "3", "--url", bridge);
    assert.equal(await good.code, 0, good.text);
    assert.equal(good.text.match(/^202 /gm).length, 3, good.text);
    const same = script("send", "pagerduty-resolved", "--count", "3", "--id", "QSAMESAME", "--url", bridge);
    assert.equal(await same.code, 0, same.text);
    assert.equal(same.text.match(/"status":"accepted"/g).length, 1, same.text);
    const bad = script("send", "pagerduty-resolved", "--url", bridge, "--secret", "wrong");
    assert.equal(await bad.code, 1);
    assert.match(bad.text, /^401 /);

    start.child.kill("SIGINT");
    assert.equal(await start.code, 0, start.text);
    for (const url of [bridge, devin]) await assert.rejects(fetch(url), url);
  } finally {
    start.child.kill("SIGKILL");
  }
});

test("npm run send lists the samples", async () => {
  const list = script("send");
  assert.equal(await list.code, 0);
  for (const sender of ["pagerduty-resolved", "azure-metric-fired", "kibana-recommended", "alert"]) {
    assert.match(list.text, new RegExp(`^  ${sender} +\\S`, "m"));
  }
});

test("with --real nothing is sent by itself, and no secret of one's own is shown", async (t) => {
  const devin = await FakeDevin.start(); // Another one than it would start itself.
  t.after(() => devin.stop());
  const own = { DEVIN_API_KEY: V3_KEY, DEVIN_ORG_ID: ORG, ADMIN_TOKEN: "an-admin-token-of-my-own", WEBHOOK_SECRET: "a-webhook-secret-of-my-own" };
  const lines = Object.entries(own).map(([name, value]) => `${name}="${value}"\n`).join("");
  const { args, devVars } = config(`[vars]\nDEVIN_API_URL = "${devin.url}"\n`, lines);
  chmodSync(devVars, 0o644);
  const port = await freePort();
  const start = await started(t, "--real", "--port", String(port), ...args);
  assert.match(start.text, /^Devin +the REAL one/m);
  assert.match(start.text, /the password ADMIN_TOKEN of \.dev\.vars\)/);
  assert.match(start.text, /^Warning +Others on this machine can read \.dev\.vars: chmod 600 \.dev\.vars$/m);
  for (const value of [own.DEVIN_API_KEY, own.ADMIN_TOKEN, own.WEBHOOK_SECRET]) assert.ok(!start.text.includes(value), value);
  assert.deepEqual(devin.requests, []);

  const url = `http://127.0.0.1:${port}`;
  const sent = script("send", "alert", "--url", url);
  assert.equal(await sent.code, 0, sent.text);
  assert.equal(devin.all.length, 1);
  const replayed = script("replay", "--failed", "--dry-run", "--url", url);
  assert.equal(await replayed.code, 0, replayed.text);
  const doctor = script("doctor", "--url", url, ...args);
  await doctor.code;
  assert.match(doctor.text, /^ok +PagerDuty hook +pagey\.ping, signed/m);
  assert.match(doctor.text, /^ok +Durable Objects/m);

  // What it remembers lies in the same folder.
  const second = script("start", "--real", "--port", String(await freePort()), ...args);
  assert.equal(await second.code, 1);
  assert.match(second.text, new RegExp(`already has a bridge here, at ${url} .*: stop it first`));
});

test("a key in .dev.vars is not used without --real, and --real wants one", async () => {
  const { args, devVars } = config("[vars]\n", 'DEVIN_API_KEY="cog_real"\nDEVIN_ORG_ID="org-real"\n');
  const start = script("start", "--once", ...args);
  assert.equal(await start.code, 0, start.text);
  assert.match(start.text, /^Devin +a fake one/m);
  assert.doesNotMatch(start.text, /Warning/);
  writeFileSync(devVars, "");
  for (const [wrong, said] of [
    [["--real", ...args], /--real needs DEVIN_API_KEY in \.dev\.vars/],
    [["--real", "--once"], /--once sends a sample, which --real does not/],
    [["--real", "--fake"], /Either --real or --fake/],
    [["--port", "http"], /--port http: expected a number/],
  ]) {
    const misused = script("start", ...wrong);
    assert.equal(await misused.code, 2, misused.text);
    assert.match(misused.text, said);
  }
});

test("a port that is taken is said, and by whom", async (t) => {
  const other = await listener();
  t.after(other.close);
  const taken = script("start", "--port", String(other.port));
  assert.equal(await taken.code, 1);
  assert.match(taken.text, new RegExp(`Port ${other.port} is in use by another program\\. .*npm start -- --port ${other.port + 1}`));

  const port = await freePort();
  const first = await started(t, "--port", String(port));
  const again = script("start", "--port", String(port));
  assert.equal(await again.code, 1);
  assert.match(again.text, new RegExp(`A bridge already runs at http://127\\.0\\.0\\.1:${port} \\(npm start, process \\d+\\)`));

  // A second one takes nothing from the first.
  const beside = await freePort();
  const second = await started(t, "--port", String(beside));
  assert.match(second.text, new RegExp(`npm run send -- pagerduty-resolved --url http://127\\.0\\.0\\.1:${beside}`));
  const sent = async (...args) => {
    const sending = script("send", "alert", "--json", ...args);
    assert.equal(await sending.code, 0, sending.text);
    return JSON.parse(sending.text).answer.incident;
  };
  const [mine, its] = [await sent("--url", `http://127.0.0.1:${port}`), await sent("--url", `http://127.0.0.1:${beside}`)];
  await until("each has its own", 60, () => first.text.includes(mine) && second.text.includes(its));
  assert.ok(!first.text.includes(its) && !second.text.includes(mine));
});

test("a route that ignores the sample is said at once", async () => {
  const { args } = config('[[vars.ROUTES]]\nignore = true\n');
  const begun = performance.now();
  const start = script("start", "--once", ...args);
  assert.equal(await start.code, 1, start.text);
  assert.match(start.text, /^Session +none: .*[Rr]oute 1/m);
  assert.ok(performance.now() - begun < 20_000);
});

test("what is wrong with the settings is named at once, and the password is that of last time", async () => {
  const { args } = config('[vars]\nSESSIONS_PER_DAY = "lots"\nSESSIONS_RESERVE = "1"\n');
  const wrong = script("start", "--once", ...args);
  assert.equal(await wrong.code, 1, wrong.text);
  assert.match(wrong.text, /^SESSIONS_PER_DAY\n  found     lots\n  expected  a whole number/m);
  assert.match(wrong.text, /^SESSIONS_RESERVE\n.*\n  expected  did you mean SESSIONS_RESERVED\?$/m);
  assert.match(wrong.text, /^Until that is fixed, every hook answers 503\.$/m);
  const again = script("start", "--once", ...args);
  await again.code;
  const [first, second] = [wrong, again].map(({ text }) => /the password (\w{24})\)/.exec(text)?.[1]);
  assert.ok(first && first === second);
});

test("a sample of PagerDuty's goes with WEBHOOK_SECRET where only that is at hand", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = { ...process.env, WEBHOOK_SECRET: "a-secret-that-is-at-hand" };
  const { stderr } = spawnSync(process.execPath, ["scripts/send.mjs", "pagerduty-resolved", "--url", url], { cwd: ROOT, env, encoding: "utf8" });
  assert.match(stderr, /^With WEBHOOK_SECRET, as PAGERDUTY_SIGNING_SECRET is not at hand\.\n\nNo bridge answers/);
});

test("where no bridge answers, it is said what to start", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  for (const [name, ...args] of [["send", "alert", "--secret", "x"], ["replay", "--failed", "--token", "x"]]) {
    const sent = script(name, ...args, "--url", url);
    assert.equal(await sent.code, 1);
    assert.match(sent.text, new RegExp(`No bridge answers at ${url}; start one with \`npm start\`.*ECONNREFUSED`));
  }
});

test("--env means the bridge of that environment, and its secrets, or it is said that there is none", async (t) => {
  const env = `own-${process.pid}`;
  const run = async (name, ...args) => {
    const running = script(name, ...args);
    return { code: await running.code, text: running.text };
  };
  const none = await run("send", "alert", "--env", env);
  assert.equal(none.code, 2, none.text);
  assert.match(none.text, new RegExp(`No bridge of ${env} runs here\\. Start one with \`npm start -- --env ${env}\``));
  for (const command of [["send", "alert"], ["replay", "--failed"], ["pause"]]) {
    const nowhere = await run(...command, "--env", env, "--url", "https://bridge.example");
    assert.equal(nowhere.code, 2, nowhere.text);
    assert.match(nowhere.text, new RegExp(`There is no \\.dev\\.vars\\.${env} here`));
  }

  const { args } = config(`[env.${env}.vars]\n`);
  const port = await freePort();
  await started(t, "--env", env, "--port", String(port), ...args);
  const sent = await run("send", "alert", "--env", env);
  assert.equal(sent.code, 0, sent.text);
  const paused = await run("pause", "--env", env, "--url", `http://localhost:${port}/`);
  assert.match(paused.text, /^Not paused\.$/m);
});

test("an option that npm has taken for itself stops the command before it does something else", () => {
  for (const [name, left, args = []] of [
    ["setup", { npm_config_dry_run: "true" }],
    ["deploy", { npm_config_env: "true" }, ["staging"]],
    ["pause", { npm_config_url: "true" }, ["https://bridge.example"]],
    ["replay", { npm_config_failed: "true", npm_config_dry_run: "true" }],
    ["test", { npm_config_browser: "" }],
  ]) {
    const env = { ...process.env, npm_lifecycle_event: name, ...left };
    const { status, stderr } = spawnSync(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT, env, encoding: "utf8" });
    assert.equal(status, 2, `${name}: ${stderr}`);
    assert.match(stderr, new RegExp(`npm has taken --[a-z-]+ for itself: put -- before the options, as in npm run ${name} -- --`));
  }
});

test("nothing is said when the reader of the output goes away", async () => {
  const child = spawn("sh", ["-c", `"${process.execPath}" scripts/send.mjs | true`], { cwd: ROOT });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  await new Promise((resolve) => child.on("close", resolve));
  assert.equal(text.trim(), "");
});
