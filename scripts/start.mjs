// npm start: the bridge on this machine, in front of a fake Devin, with one sample event sent to it; or, where that is asked
// for, in front of the real one.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "./build.mjs";
import { commandLine, main, misused, WRONG } from "./cli.mjs";
import { CONFIG_OPTION, describe, health, namedConfiguration, readConfiguration, withoutOthers, WRANGLER_TOML } from "./configuration.mjs";
import { devVarsFile, localBridge, localBridges, localSecrets, openToOthers, rememberLocal } from "./local.mjs";
import { deliver, freshId, sample } from "./samples.mjs";
import { ROOT } from "./steps.mjs";
import { textProblems, watchTexts, writeTexts } from "./texts.mjs";
import { FakeDevin, ORG, V3_KEY } from "../tests/fake-devin.mjs";

const SAMPLE = "pagerduty-resolved";
const PORT = 8787;

const TOOL = {
  usage: "npm start [-- options]",
  about: `Runs the bridge on this machine in front of a fake Devin, and sends it one sample event. It stays until Ctrl-C,
    and takes each change of prompts/ and senders/ at once. What it needs and is not there yet is installed first.`,
  options: {
    once: { about: "ends by itself when the sample's session was started, or was not" },
    real: { about: "the real Devin, with the key in .dev.vars; no event is sent by itself" },
    fake: { about: "the fake Devin, which is the default" },
    port: { value: "N", about: `the port (default: ${PORT}; with --once a free one)` },
    ...CONFIG_OPTION,
  },
  ok: "it was stopped, or with --once the session was started",
  wrong: "it could not start, or with --once the session was not started",
  examples: [
    ["npm start", `http://127.0.0.1:${PORT} until Ctrl-C`],
    ["npm start -- --once", "whether everything works on this machine"],
    ["npm start -- --real", "real sessions, for the events that you send it"],
  ],
};

async function start() {
  const options = await understood(commandLine(TOOL).values);
  await build();
  // Only now: it needs the npm packages that build() installs where they are missing.
  const { startRuntime } = await import("./runtime.mjs");
  const configuration = await readConfiguration(options.named);
  const { variables, secrets: own } = configuration;
  const { real, once, devVars } = options;
  if (real && !own.DEVIN_API_KEY) misused(`--real needs DEVIN_API_KEY in ${basename(devVars)} (see .dev.vars.example).`);
  const fake = real ? undefined : await FakeDevin.start();
  const vars = {
    ...(await withoutOthers(variables)),
    ...localSecrets(),
    ...own,
    ...(fake && { DEVIN_API_URL: fake.url, DEVIN_ORG_ID: ORG, DEVIN_API_KEY: V3_KEY }),
    // Nobody is to be notified of a session that does not exist.
    ...(fake && { PAGERDUTY_API_TOKEN: null, NOTIFY_WEBHOOK_URL: null, SLACK_BOT_TOKEN: null, SLACK_NOTIFY_CHANNEL: null }),
  };

  // What the bridge remembers: with the fake Devin, which forgets everything too, only until it ends.
  const persistTo = real ? join(ROOT, ".wrangler", "start") : mkdtempSync(join(tmpdir(), "devin-bridge-"));
  const removeState = () => real || rmSync(persistTo, { recursive: true, force: true });
  process.on("exit", removeState);
  const interrupted = endOfUse();

  // Its log comes below everything that is said here.
  let log = [];
  const onLog = ({ message }) => (log ? log.push(message) : console.log(message));
  const bridge = await startRuntime({ persistTo, vars, port: options.port, onLog });
  let stopWatching = () => {};
  try {
    showBridge(bridge, { fake, own, vars, devVars });
    await showProblems(bridge, vars, configuration);
    // As the cron trigger of a deployed bridge: what became of the sessions.
    setInterval(() => bridge.cron(), 5 * 60_000).unref();
    if (once) {
      if (!(await showSession(bridge, vars, fake))) process.exitCode = WRONG;
      return;
    }
    stopWatching = watchTexts(takeChanges(bridge, vars.ADMIN_TOKEN));
    const first = localBridge();
    const { WEBHOOK_SECRET, PAGERDUTY_SIGNING_SECRET, ADMIN_TOKEN } = vars;
    const forget = rememberLocal({ url: bridge.url, env: options.named.env, real, secrets: { WEBHOOK_SECRET, PAGERDUTY_SIGNING_SECRET, ADMIN_TOKEN } });
    const shown = real ? Promise.resolve() : showSession(bridge, vars, fake);
    const more = { real, second: Boolean(first), url: bridge.url, secret: own.WEBHOOK_SECRET ? undefined : WEBHOOK_SECRET };
    await Promise.race([shown.then(() => showNext(more)), interrupted]);
    for (const line of log.splice(0)) console.log(line);
    log = undefined;
    await interrupted;
    forget();
  } finally {
    await stopWatching();
    await bridge.stop();
    await fake?.stop();
    removeState();
  }
}

/** What is done after each change of prompts/ and senders/. */
function takeChanges(bridge, token) {
  let taken = writeTexts();
  return async () => {
    try {
      const texts = writeTexts();
      if (texts === taken) return;
      await bridge.reload();
      taken = texts;
      const problems = textProblems((await health(bridge.url, token)).problems ?? []);
      const wrong = problems.map((problem) => `${describe(problem)}\n`).join("\n");
      console.log(wrong ? `\n${wrong}Until that is fixed, every hook answers 503.\n` : "Changed  prompts/ or senders/; the bridge has it now");
    } catch (error) {
      console.error(error.message);
    }
  };
}

/** The options, checked before anything takes time. */
async function understood({ once = false, real = false, fake = false, port, ...others }) {
  const named = namedConfiguration(others);
  if (real && fake) misused("Either --real or --fake, not both.");
  if (real && once) misused("--once sends a sample, which --real does not do by itself: npm start -- --real, and then npm run send");
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) < 65_536)) misused(`--port ${port}: expected a number below 65536`);
  const wanted = Number(port ?? (once ? 0 : PORT));
  const bridges = localBridges();
  const other = bridges.find((bridge) => bridge.url.endsWith(`:${wanted}`) || (real && bridge.real));
  const elsewhere = `npm start -- --port ${wanted + 1}`;
  if (other?.real && real) throw new Error(`The real Devin already has a bridge here, at ${other.url} (process ${other.pid}): stop it first.`);
  if (!(await isFree(wanted))) {
    const who = other ? `A bridge already runs at ${other.url} (npm start, process ${other.pid}).` : `Port ${wanted} is in use by another program.`;
    throw new Error(`${who} To run one on another port: ${elsewhere}`);
  }
  return { once, real, named, port: wanted, devVars: devVarsFile(dirname(named.file ?? WRANGLER_TOML), named.env) };
}

function showBridge(bridge, { fake, own, vars, devVars }) {
  const password = own.ADMIN_TOKEN ? `ADMIN_TOKEN of ${basename(devVars)}` : vars.ADMIN_TOKEN;
  const devin = fake ? `a fake one at ${fake.url}; nothing leaves this machine` : "the REAL one: each event that you send starts a real session";
  const warning = openToOthers(devVars);
  console.log(`
Bridge   ${bridge.url}
Watch    ${bridge.url}/ (any user name, and the password ${password})
Records  ${bridge.url}/api/incidents (the same as JSON)
Devin    ${devin}
${warning ? `Warning  ${warning}\n` : ""}`);
}

/** What is wrong with the settings: what the bridge says, and what only the file shows. */
async function showProblems(bridge, { ADMIN_TOKEN }, configuration) {
  const { structureProblems } = await import("./wrangler-file.mjs");
  const { problems = [] } = await health(bridge.url, ADMIN_TOKEN);
  for (const problem of [...structureProblems(configuration), ...problems]) console.log(`${describe(problem)}\n`);
  if (problems.length > 0) console.log("Until that is fixed, every hook answers 503.\n");
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

  const answer = parse(text);
  if (answer?.status === "accepted") console.log("Waiting  10 s, as for every resolved incident: a resolution note may follow, and is to be in the prompt");
  const record = answer?.status === "ignored" ? undefined : await outcome(bridge, vars, answer?.incident);
  if (record?.state !== "started") {
    console.log(`Session  none: ${record ? `${record.state} ${record.error ?? record.reason ?? ""}` : (answer?.message ?? "the bridge did not keep the incident")}`);
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
    if (["started", "failed", "held", "ignored"].includes(record?.state)) break;
    await sleep(100);
  }
  return record;
}

/** `second`: whether another bridge runs here already; `secret`: the one that was made for this run, which opens nothing else. */
function showNext({ real, second, url, secret = "<WEBHOOK_SECRET of .dev.vars>" }) {
  const option = second ? ` --url ${url}` : "";
  console.log(`
Send another event    npm run send -- ${SAMPLE}${option}     (npm run send lists the samples)
Send your own         curl -H 'Authorization: Bearer ${secret}' ${url}/api/trigger-devin \\
                        -d '{"alertName": "disk-full", "severity": 1, "description": "/var is at 98 %"}'
Change something      prompts/ and senders/ are taken at once; after a change of wrangler.toml, start this again
${real ? "Use the fake Devin    npm start" : "Use the real Devin    put DEVIN_API_KEY and DEVIN_ORG_ID into .dev.vars (see .dev.vars.example), then npm start -- --real"}
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

main(import.meta, start);
