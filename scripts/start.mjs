// npm start: the bridge on this machine, with one sample event sent to it. In front of a fake Devin, or of the real one
// where .dev.vars has its key.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "./build.mjs";
import { commandLine, main, WRONG } from "./cli.mjs";
import { forgetLocal, readDevVars, rememberLocal } from "./local.mjs";
import { deliver, freshId, sample } from "./samples.mjs";
import { ROOT } from "./steps.mjs";
import { FakeDevin, ORG, V3_KEY } from "../tests/fake-devin.mjs";

const SAMPLE = "pagerduty-resolved";
const PORT = 8787;

const TOOL = {
  usage: "npm start [-- options]",
  about: `Runs the bridge on this machine and sends it one sample event: in front of a fake Devin, or of the real one
    where .dev.vars has its key. It stays until Ctrl-C. What it needs and is not there yet is installed first.`,
  options: {
    once: { about: "ends by itself when the sample's session was started, or was not" },
    fake: { about: "the fake Devin whatever .dev.vars has" },
  },
  ok: "it was stopped, or with --once the session was started",
  wrong: "it could not start, or with --once the session was not started",
  examples: [
    ["npm start", `http://127.0.0.1:${PORT} until Ctrl-C`],
    ["npm start -- --once --fake", "whether everything works on this machine"],
  ],
};

async function start() {
  const { values } = commandLine(TOOL);
  await build();
  // Only now: it needs the npm packages that build() installs where they are missing.
  const { startRuntime } = await import("./runtime.mjs");

  const own = readDevVars();
  const real = Boolean(own.DEVIN_API_KEY) && !values.fake;
  const fake = real ? undefined : await FakeDevin.start();
  const vars = {
    WEBHOOK_SECRET: secret(),
    PAGERDUTY_SIGNING_SECRET: secret(),
    ADMIN_TOKEN: secret(),
    ...own,
    ...(fake && { DEVIN_API_URL: fake.url, DEVIN_ORG_ID: ORG, DEVIN_API_KEY: V3_KEY }),
    // Nobody is to be told of a session that does not exist.
    ...(fake && { PAGERDUTY_API_TOKEN: null, NOTIFY_WEBHOOK_URL: null }),
  };

  // What the bridge remembers: with the fake Devin, which forgets everything too, only until it ends.
  const persistTo = real ? join(ROOT, ".wrangler", "start") : mkdtempSync(join(tmpdir(), "devin-bridge-"));
  const removeState = () => real || rmSync(persistTo, { recursive: true, force: true });
  process.on("exit", removeState);
  const interrupted = endOfUse();

  const log = ({ message }) => values.once || console.log(message);
  const port = values.once || !(await isFree(PORT)) ? 0 : PORT;
  const bridge = await startRuntime({ persistTo, vars, port, onLog: log });
  try {
    console.log(`
Bridge   ${bridge.url}
Watch    ${bridge.url}/ (any user name, and the password ${vars.ADMIN_TOKEN})
Records  ${bridge.url}/api/incidents (the same as JSON)
Devin    ${real ? `the REAL one: the sample below starts a real session` : `a fake one at ${fake.url}; nothing leaves this machine`}
`);
    // As the cron trigger of a deployed bridge: what became of the sessions.
    setInterval(() => bridge.cron(), 5 * 60_000).unref();
    const shown = showSession(bridge, vars, fake);
    if (values.once) {
      if (!(await shown)) process.exitCode = WRONG;
      return;
    }
    const { WEBHOOK_SECRET, PAGERDUTY_SIGNING_SECRET } = vars;
    rememberLocal({ url: bridge.url, secrets: { WEBHOOK_SECRET, PAGERDUTY_SIGNING_SECRET } });
    await Promise.race([shown.then(() => showNext(real)), interrupted]);
    await interrupted;
    forgetLocal();
  } finally {
    await bridge.stop();
    await fake?.stop();
    removeState();
  }
}

// Ctrl-C, a signal, or npm gone: on SIGTERM it goes without telling us.
function endOfUse() {
  const parent = process.ppid;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, resolve);
    setInterval(() => process.ppid !== parent && resolve(), 500).unref();
  });
}

// Sends the sample and shows what came of it; true if a session was started.
async function showSession(bridge, vars, fake) {
  const id = freshId(SAMPLE);
  const { status, text } = await deliver(bridge.url, sample(SAMPLE, id), vars);
  console.log(`Sent     ${SAMPLE}, incident ${id}, signed as PagerDuty does`);
  console.log(`Answer   ${status} ${text}`);

  const record = await outcome(bridge, vars, parse(text)?.incident);
  if (record?.state !== "started") {
    console.log(`Session  none: ${record ? `${record.state} ${record.error ?? record.reason ?? ""}` : "the bridge did not keep the incident"}`);
    return false;
  }
  const session = fake?.sessions().find((each) => each.id === record.sessionId);
  const prompt = record.prompt.trimEnd().split("\n");
  console.log(`Session  ${record.sessionId} ${record.sessionUrl}`);
  console.log(`Title    ${session?.title ?? record.title}`);
  if (session) console.log(`Tags     ${session.tags.join(", ")}`);
  console.log(`Prompt   ${prompt.slice(0, 12).join("\n         ")}`);
  console.log(`         … ${prompt.length} lines in all`);
  return true;
}

// What the bridge recorded of the incident, once that is settled.
async function outcome(bridge, vars, incident) {
  const headers = { authorization: `Bearer ${vars.ADMIN_TOKEN}` };
  const end = Date.now() + 30_000;
  let record;
  while (incident && Date.now() < end) {
    const response = await fetch(`${bridge.url}/api/incidents/${incident}`, { headers });
    if (response.ok) record = await response.json();
    if (["started", "failed", "held"].includes(record?.state)) break;
    await sleep(100);
  }
  return record;
}

function showNext(real) {
  console.log(`
Send another event    npm run send -- ${SAMPLE}     (npm run send lists the samples)
${real ? "Use the fake Devin    npm start -- --fake" : "Use the real Devin    put DEVIN_API_KEY and DEVIN_ORG_ID into .dev.vars (see .dev.vars.example) and start again"}
Ctrl-C ends it. Below is the bridge's log.
`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const secret = () => randomBytes(12).toString("hex");

main(import.meta, start);
