// npm run preview -- <sample or file>: what the bridge would make of an event, without a session being started.
import { existsSync, readFileSync } from "node:fs";
import { commandLine, JSON_OPTION, main, misused, suggestion, table, WRONG } from "./cli.mjs";
import {
  buildWorker,
  CONFIG_OPTION,
  describe,
  health,
  namedConfiguration,
  readConfiguration,
  ROUTE_OPTIONS,
  startConfigured,
} from "./configuration.mjs";
import { about, sample, sampleNames } from "./samples.mjs";

const CONTRACT = JSON.parse(readFileSync(new URL("../src/web/openapi.json", import.meta.url), "utf8"));
const SENDERS = CONTRACT.components.schemas.Sender.enum.filter((name) => name !== "source").map((name) => name.replaceAll("_", "-"));
const hook = (name) => `/hooks/${name}`;
const ANY_ALERT = "/api/trigger-devin";

const TOOL = {
  usage: "npm run preview -- <sample or file> … [options]",
  about: `Shows what the bridge would do with an event: the route that decides, the session's title, its tags and its
    prompt. Settings are those of wrangler.toml, with .dev.vars where there is one. Nothing is stored, and Devin is not
    asked.`,
  options: {
    sender: { value: "NAME", about: `who sent a file: ${SENDERS.join(", ")} (default: recognised by its shape)` },
    source: { value: "NAME", about: "the entry of SOURCES that reads a file; shows field by field what it makes of it" },
    ...ROUTE_OPTIONS,
    ...CONFIG_OPTION,
    json: JSON_OPTION,
  },
  positionals: true,
  ok: "it was shown",
  wrong: "the bridge refused",
  examples: [
    ["npm run preview -- pagerduty-resolved", "a sample, with the routes of wrangler.toml"],
    [`npm run preview -- alert --route '{"alert_name": "disk*", "playbook_id": "playbook-disk"}'`, "with this route only"],
    ["npm run preview -- body.json --sender kibana", "a body of your own, as Kibana's hook would take it"],
    ["npm run preview -- body.json --source acme", "the same with a mapping of your own, field by field"],
    ["npm run --silent preview -- alert --json", "the bridge's whole answer; a list of them for several events"],
  ],
  more: `Samples:\n${table(sampleNames.map((name) => [name, about(name)]))}`,
};

const WEBHOOK_SECRET = "webhook-secret-of-the-preview";

async function preview() {
  const { values, positionals } = commandLine(TOOL);
  const { sender, source, json } = values;
  const chosen = namedConfiguration(values);
  if (positionals.length === 0) misused("What is to be shown?");
  if (sender !== undefined && !SENDERS.includes(sender)) {
    misused(`There is no sender ${sender}.${suggestion(sender, SENDERS)}`);
  }
  if (sender !== undefined && source !== undefined) misused("--sender and --source can't both be: who reads the file?");
  const named = sender ?? source;
  const events = positionals.map((name) => event(name, named && hook(named)));

  await buildWorker();
  const configuration = await readConfiguration(chosen);
  const { variables, secrets } = configuration;
  const nothingSet = !secrets.DEVIN_API_KEY && !secrets.DEVIN_ORG_ID && !variables.DEVIN_ORG_ID;
  const organisation = nothingSet && { DEVIN_ORG_ID: "org-of-the-preview" };
  const bridge = await startConfigured(configuration, { ...organisation, WEBHOOK_SECRET });
  try {
    const answers = [];
    for (const event of events) {
      const answer = await rehearse(bridge, event);
      answers.push(answer);
      if (!answer.success) process.exitCode = WRONG;
      if (!json) show(event, answer, source !== undefined);
    }
    if (json) console.log(JSON.stringify(answers.length === 1 ? answers[0] : answers, null, 2));
    if (answers.some(({ error }) => error === "Configuration")) await showProblems(bridge);
  } finally {
    await bridge.stop();
  }
}

/** { name, path, bytes } of a sample or a file. */
function event(name, path) {
  if (sampleNames.includes(name)) {
    const made = sample(name);
    return { name, path: path ?? made.path, bytes: JSON.stringify(made.body), contentType: made.contentType };
  }
  if (!existsSync(name)) misused(`There is no sample and no file ${name}.${suggestion(name, sampleNames)}`);
  const bytes = readFileSync(name);
  return { name, path: path ?? (isPagerduty(bytes) ? hook("pagerduty") : ANY_ALERT), bytes };
}

function isPagerduty(bytes) {
  try {
    return typeof JSON.parse(bytes).event?.event_type === "string";
  } catch {
    return false;
  }
}

async function rehearse(bridge, { path, bytes, contentType = "application/json" }) {
  const headers = { "content-type": contentType, "x-webhook-secret": WEBHOOK_SECRET };
  const response = await fetch(`${bridge.url}${path}?dry_run=1`, { method: "POST", headers, body: bytes });
  return response.json();
}

function show({ name, path }, answer, fields) {
  line("Event", `${name}, to ${path}`);
  for (const one of answer.results ?? [answer]) {
    if (fields) showFields(one.event);
    showOne(one);
  }
}

/** What was understood of a body: each field with something in it. */
function showFields(event = {}) {
  for (const [field, value] of Object.entries(event)) {
    const pairs = Array.isArray(value) ? value.map((item) => (Array.isArray(item) ? item.join(": ") : item)) : [value];
    for (const text of pairs.filter((text) => text !== null && text !== false && text !== "")) line("Field", `${field} = ${short(String(text).replaceAll("\n", " "))}`);
  }
}

function showOne({ success, message, error, details, reason, incident, decision, request, prompt }) {
  if (incident) line("Incident", incident);
  for (const { decides, text } of decision?.routes ?? []) line(decides ? "Decides" : "Passed", text);
  line(success ? "Outcome" : "Refused", [error, message].filter(Boolean).join(": "));
  if (reason) line("Reason", decision?.why ? `${reason}: ${decision.why}` : reason);
  if (details && details !== message) line("Details", details);
  if (request) {
    const { title, tags = [], prompt: _, ...settings } = request.body;
    if (decision.action !== "start_session") line("", "An event that does start a session would start this one:");
    line("Request", `${request.method} ${request.url}`);
    line("Title", title);
    if (tags.length > 0) line("Tags", tags.join(", "));
    for (const [setting, value] of Object.entries(settings)) line("", `${setting} ${short(JSON.stringify(value))}`);
  }
  if (prompt) console.log(`\n${"─".repeat(80)}\n${prompt.trimEnd()}\n${"─".repeat(80)}`);
  console.log();
}

const short = (text) => (text.length > 100 ? `${text.slice(0, 99)}…` : text);

const line = (label, text) => console.log(`${label.padEnd(9)} ${text}`);

async function showProblems(bridge) {
  const { problems } = await health(bridge.url, bridge.token);
  for (const problem of problems) console.error(`${describe(problem)}\n`);
}

main(import.meta, preview);
