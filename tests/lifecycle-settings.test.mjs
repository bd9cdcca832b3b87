// What a route's settings make of the request that Devin gets, and alerts that must come more than once.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sample } from "../scripts/samples.mjs";
import { assertAnswer, fenced, newAlert, send, start, steps } from "./alerting.mjs";
import { AMPLE, newIncident, resolved, startBridge, until } from "./harness.mjs";

const schema = JSON.parse(readFileSync(new URL("../prompts/postmortem.schema.json", import.meta.url), "utf8"));

const settings = {
  nothing: {},
  everything: {
    title: "{{service}} #{{number}} ({{priority}}): {{title}}{{severity}}{{resource}}",
    tags: ["payments", "team:orders"],
    playbook_id: "playbook-route",
    knowledge_ids: ["note-architecture", "note-on-call"],
    secret_ids: ["secret-1"],
    repos: ["acme/billing", "https://github.com/acme/lib.git"],
    max_acu_limit: 12,
    devin_mode: "fast",
    structured_output: true,
    language: "German",
    post_to: "a page in our Notion workspace",
    observability: ["Sentry", "Grafana"],
  },
  alone: {
    tags: "billing",
    knowledge_ids: "note-1",
    repos: "acme/billing",
    observability: "Sentry",
    post_to: "docs/incidents/",
  },
  none: {
    playbook_id: "",
    knowledge_ids: [],
    secret_ids: [],
    repos: [],
    post_to: "",
    observability: "none",
    structured_output: false,
  },
  early: {
    start_on: "acknowledged",
    structured_output: true,
    language: "German",
    title: "{{title}}",
    devin_mode: "fast",
    observability: ["Sentry"],
    post_to: "the wiki",
  },
  triage: { workflow: "triage", language: "German", observability: ["Sentry"] },
  inline: { prompt: "Find out why this happened: {{#data}}{{title}}{{/data}}" },
  named: { prompt: "triage" },
};
const routes = Object.entries(settings).map(([service, route]) => ({ service, ...route }));
const alerts = [
  { alert_name: "pm-*", workflow: "postmortem", start_on: "resolved", structured_output: true },
  { alert_name: "often-*", min_occurrences: 3, window_seconds: 300 },
  { alert_name: "burst-*", min_occurrences: 3, window_seconds: 3 },
  { sender: "alert", language: "German" },
];
const bridge = await startBridge({
  ...AMPLE,
  ROUTES: JSON.stringify([...routes, ...alerts]),
  DEVIN_PLAYBOOK_ID: "playbook-default",
  TARGET_REPO: "acme/shop",
  MAX_ACU_LIMIT: "7",
  STRUCTURED_OUTPUT: "off",
  POSTMORTEM_DESTINATION: "to the Confluence space SRE",
});

const TITLE = "Checkout answers 502: connection pool exhausted";

/** The body of the create call that a PagerDuty event of the service leads to. */
async function created(service, body = (id) => resolved(id)) {
  const incident = newIncident();
  const sent = body(incident.id);
  sent.event.data.service.summary = service;
  const answer = await bridge.pagerduty(sent);
  assert.deepEqual([answer.status, answer.json.status], [202, "accepted"], answer.text);
  const { session } = await bridge.oneSession(incident);
  const [{ body: request }, ...more] = bridge.devin.creates(incident.id);
  assert.deepEqual(more, []);
  const { prompt, ...fields } = request;
  return { incident, session, prompt, fields };
}

const marks = ({ key }, service) => [`incident:${key}`, "pagerduty-postmortem", `service:${service}`];
const lines = (text) => text.split("\n");
const last = (text) => text.trimEnd().split("\n").at(-1);
const pull = (mcp) => `Use the ${mcp} MCP to pull logs and metrics for the service named above during the incident window`;

describe("a route's settings in the request", { concurrency: true }, () => {
  test("none: the variables'", async () => {
    const { incident, prompt, fields } = await created("nothing");
    assert.deepEqual(fields, {
      title: `Postmortem: ${TITLE}`,
      tags: marks(incident, "nothing"),
      playbook_id: "playbook-default",
      max_acu_limit: 7,
      repos: ["acme/shop"],
    });
    assert.equal(steps(prompt)[0], `1. ${pull("Datadog")}`);
    assert.equal(steps(prompt)[4], "5. Post the postmortem to the Confluence space SRE");
    assert.doesNotMatch(prompt, /structured output|^Write the postmortem in /m);
  });

  test("all of them", async () => {
    const { incident, prompt, fields } = await created("everything");
    assert.deepEqual(fields, {
      title: `everything #4821 (P1): ${TITLE}`,
      tags: [...marks(incident, "everything"), "payments", "team:orders"],
      playbook_id: "playbook-route",
      knowledge_ids: ["note-architecture", "note-on-call"],
      secret_ids: ["secret-1"],
      max_acu_limit: 12,
      structured_output_schema: schema,
      structured_output_required: true,
      repos: ["acme/billing", "acme/lib"],
      devin_mode: "fast",
    });
    assert.deepEqual(steps(prompt), [
      `1. ${pull("Sentry")}`,
      `2. ${pull("Grafana")}`,
      "3. Identify the root cause — check for deploys, config changes, or upstream failures",
      "4. Build a detailed timeline from first alert to resolution",
      "5. List action items to prevent recurrence",
      "6. Post the postmortem as a page in our Notion workspace",
    ]);
    assert.ok(!prompt.includes("Datadog"), prompt);
    assert.ok(lines(prompt).includes("Fill in the structured output too, with the same content as the postmortem."), prompt);
    assert.equal(last(prompt), "Write the postmortem in German.");
  });

  test("one value stands for a list of it", async () => {
    const { incident, prompt, fields } = await created("alone");
    assert.deepEqual(fields, {
      title: `Postmortem: ${TITLE}`,
      tags: [...marks(incident, "alone"), "billing"],
      playbook_id: "playbook-default",
      knowledge_ids: ["note-1"],
      max_acu_limit: 7,
      repos: ["acme/billing"],
    });
    assert.equal(steps(prompt)[0], `1. ${pull("Sentry")}`);
    assert.equal(steps(prompt)[4], "5. Post the postmortem as a PR to our docs/incidents/ directory");
  });

  test("empty ones: neither the variables' nor Devin's choice", async () => {
    const { incident, prompt, fields } = await created("none");
    assert.deepEqual(fields, {
      title: `Postmortem: ${TITLE}`,
      tags: marks(incident, "none"),
      knowledge_ids: [],
      secret_ids: [],
      max_acu_limit: 7,
    });
    assert.doesNotMatch(prompt, /Datadog|MCP|Confluence/);
  });

  test("of an investigation, and of the message that ends it", async () => {
    const acknowledged = (id) => sample("pagerduty-acknowledged", id).body;
    const { incident, session, prompt, fields } = await created("early", acknowledged);
    assert.deepEqual(fields, {
      title: TITLE,
      tags: marks(incident, "early"),
      playbook_id: "playbook-default",
      max_acu_limit: 7,
      structured_output_schema: schema,
      structured_output_required: true,
      repos: ["acme/shop"],
      devin_mode: "fast",
    });
    assert.match(prompt, /^1\. Use the Sentry MCP to pull logs and metrics for the service named above, from an hour /m);
    assert.equal(last(prompt), "Write everything that people will read in German.");

    await bridge.resolve(incident, ({ data }) => (data.service.summary = "early"));
    await until("the message", 60, () => session.messages.length === 1);
    const [{ message }] = session.messages;
    assert.equal(steps(message)[0], `1. ${pull("Sentry")}, as far as you do not have them`);
    assert.equal(steps(message)[4], "5. Post the postmortem to the wiki");
    assert.deepEqual(lines(message).slice(-4), [
      "Fill in the structured output too, with the same content as the postmortem.",
      "Write the postmortem in German.",
      "",
      `(incident:${incident.key}, message 1)`,
    ]);
  });

  test("a triage of a PagerDuty incident starts when it is opened, and ends with its recovery", async () => {
    const triggered = (id) => sample("pagerduty-triggered", id).body;
    const { incident, session, prompt, fields } = await created("triage", triggered);
    assert.equal(fields.title, `Triage: ${TITLE}`);
    assert.deepEqual(fields.tags, [`incident:${incident.key}`, "pagerduty-triage", "service:triage"]);
    assert.ok(lines(prompt).includes("- Use the Sentry MCP for logs and metrics around the time of the alert."), prompt);
    assert.ok(lines(prompt).includes("- Write everything that people will read in German."), prompt);
    assert.doesNotMatch(prompt, /Confluence|Post the postmortem/);

    await bridge.resolve(incident, ({ data }) => (data.service.summary = "triage"));
    await until("the message", 60, () => session.messages.length === 1);
    const [{ message }] = session.messages;
    assert.equal(lines(message)[0], "The alert you are working on has recovered.");
    assert.ok(lines(message).includes("Go on writing in German."), message);
    assert.equal(bridge.devin.creates(incident.id).length, 1);
  });

  test("a prompt of the route's own, and one by its name", async () => {
    const inline = await created("inline");
    assert.equal(lines(inline.prompt)[0].trimEnd(), "Find out why this happened:");
    assert.deepEqual(fenced(inline.prompt), [TITLE]);
    assert.equal(inline.fields.title, `Postmortem: ${TITLE}`);
    const named = await created("named");
    assert.equal(lines(named.prompt)[0], "You are an SRE triaging a production alert.");
  });

  test("a postmortem of an alert starts when it recovers, with the schema", async () => {
    const alert = newAlert({ alertName: `pm-${randomUUID()}` });
    const firing = await send(bridge, alert);
    assertAnswer(firing, 200, { success: true, status: "ignored", reason: "event_type", incident: firing.json.incident });
    const { incident, session } = await start(bridge, { ...alert, status: "resolved" });
    assert.equal(incident, firing.json.incident);
    assert.equal(session.title, `Postmortem: ${alert.alertName}`);
    assert.deepEqual(session.structured_output_schema, schema);
    assert.equal(lines(session.prompt)[0], "An alert has been resolved. Draft a postmortem.");
    const [{ body }] = bridge.devin.creates(alert.alertName);
    assert.deepEqual(body.tags, [`incident:${incident}`, "alert-postmortem"]);
  });

  test("a triage of an alert, in the language", async () => {
    const { session } = await start(bridge, newAlert());
    assert.ok(lines(session.prompt).includes("- Write everything that people will read in German."), session.prompt);
    assert.ok(!("structured_output_schema" in session));
  });
});

describe("min_occurrences = 3", { concurrency: true }, () => {
  const firing = (alertName, affectedResource = "aks-shop-prod") => newAlert({ alertName, affectedResource });

  /** Sends a firing that is counted and starts nothing. */
  async function counted(alert) {
    const answer = await send(bridge, alert);
    const { incident } = answer.json;
    const { message } = assertAnswer(answer, 200, { success: true, status: "ignored", reason: "occurrences", incident });
    assert.equal(message, "Counted; the route waits for more occurrences before it starts a session.");
    return incident;
  }

  test("the third of three with ids of their own starts one session; the fourth is a duplicate", async () => {
    const name = `often-${randomUUID()}`;
    const incident = await counted(firing(name));
    assert.equal(await counted(firing(name)), incident);
    await sleep(300);
    assert.equal(bridge.devin.creates(name).length, 0);
    const third = await start(bridge, firing(name));
    assert.equal(third.incident, incident);
    const { sessionId, sessionUrl } = third;
    const fourth = await send(bridge, firing(name));
    assertAnswer(fourth, 200, { success: true, status: "duplicate", incident, sessionId, sessionUrl });
    assert.equal(bridge.devin.creates(name).length, 1);
    assert.equal((await bridge.record(incident)).seen, 4);
  });

  test("ten at once start one session", async () => {
    const name = `often-${randomUUID()}`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(bridge, firing(name))));
    const statuses = answers.map(({ json }) => json.status).sort();
    assert.deepEqual(statuses, [...Array(7).fill("duplicate"), "ignored", "ignored", "started"]);
    assert.equal(bridge.devin.creates(name).length, 1);
  });

  test("another resource is counted by itself", async () => {
    const name = `often-${randomUUID()}`;
    const first = await counted(firing(name, "aks-east"));
    const second = await counted(firing(name, "aks-west"));
    assert.notEqual(first, second);
    await counted(firing(name, "aks-east"));
    await counted(firing(name, "aks-west"));
    assert.equal((await start(bridge, firing(name, "aks-west"))).incident, second);
    assert.equal((await start(bridge, firing(name, "aks-east"))).incident, first);
    assert.equal(bridge.devin.creates(name).length, 2);
  });

  test("those before the window do not count", async () => {
    const name = `burst-${randomUUID()}`;
    await counted(firing(name));
    await counted(firing(name));
    await sleep(3300);
    await counted(firing(name));
    await counted(firing(name));
    await start(bridge, firing(name));
    assert.equal(bridge.devin.creates(name).length, 1);
  });

  test("a recovery in between begins the count anew", async () => {
    const name = `often-${randomUUID()}`;
    const incident = await counted(firing(name));
    await counted(firing(name));
    const over = await send(bridge, { ...firing(name), status: "resolved" });
    assertAnswer(over, 200, { success: true, status: "ignored", reason: "recovered", incident });
    await counted(firing(name));
    await counted(firing(name));
    await start(bridge, firing(name));
    assert.equal(bridge.devin.creates(name).length, 1);
  });
});
