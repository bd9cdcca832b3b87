// PagerDuty's webhooks: what starts a postmortem, what Devin is asked, and what is ignored.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AMPLE, newIncident, resolved, startBridge } from "./harness.mjs";
import { sample } from "../scripts/samples.mjs";

const bridge = await startBridge({ ...AMPLE, DEVIN_PLAYBOOK_ID: "playbook-test", MAX_ACU_LIMIT: "7" });
const { devin } = bridge;

test("a resolved incident becomes one postmortem session", async () => {
  const incident = newIncident();
  const occurredAt = "2026-03-04T05:06:07.089Z";
  await bridge.resolve(incident, (event) => {
    event.occurred_at = occurredAt;
    event.data.created_at = "2026-03-04T04:20:00Z";
  });
  const { record } = await bridge.oneSession(incident);

  const [create] = devin.creates(incident.id);
  assert.equal(create.path, "/v3/organizations/org-local/sessions");
  const { prompt, title, tags, playbook_id, max_acu_limit } = create.body;
  for (const part of [
    "A PagerDuty incident has been resolved. Draft a postmortem.",
    "Checkout answers 502: connection pool exhausted",
    "orders-service",
    "high",
    "2026-03-04T04:20:00Z",
    occurredAt,
    `https://example.pagerduty.com/incidents/${incident.id}`,
    "Write a structured postmortem:",
    "5. Post the postmortem as a PR to our docs/postmortems/ directory",
  ]) {
    assert.ok(prompt.includes(part), `the prompt lacks ${part}:\n${prompt}`);
  }
  assert.match(prompt, /^1\. Use the Datadog MCP to pull logs and metrics/m);
  assert.match(prompt, /^2\. Identify the root cause/m);
  assert.match(prompt, /^3\. Build a detailed timeline/m);
  assert.match(prompt, /^4\. List action items/m);
  assert.match(title, /Checkout answers 502/);
  assert.ok(tags.includes("pagerduty-postmortem"), tags.join());
  assert.ok(tags.includes("service:orders-service"), tags.join());
  assert.equal(tags.filter((tag) => tag.startsWith("incident:")).length, 1, tags.join());
  assert.equal(playbook_id, "playbook-test");
  assert.equal(max_acu_limit, 7);

  assert.equal(record.incident, incident.key);
  assert.equal(record.sender, "pagerduty");
  assert.equal(record.service, "orders-service");
  assert.equal(record.priority, "P1");
  assert.equal(record.prompt, prompt);
  assert.match(record.sessionUrl, /^https:\/\/app\.devin\.ai\/sessions\//);
});

test("the other path is the same hook", async () => {
  const incident = newIncident();
  const answer = await bridge.pagerduty(resolved(incident.id), {}, "/hooks/pagerduty");
  assert.equal(answer.status, 202, answer.text);
  await bridge.oneSession(incident);
});

test("each incident has a correlation tag of its own", async () => {
  const incidents = await Promise.all([bridge.resolve(), bridge.resolve()]);
  const tags = [];
  for (const incident of incidents) {
    const { session } = await bridge.oneSession(incident);
    tags.push(session.tags.find((tag) => tag.startsWith("incident:")));
  }
  assert.notEqual(tags[0], tags[1]);
});

test("what starts nothing is ignored with its reason", async (t) => {
  const unheardOf = (incident) => resolved(incident.id, (event) => (event.event_type = "incident.teleported"));
  const cases = [
    ["pagerduty-triggered", "event_type"],
    ["pagerduty-acknowledged", "event_type"],
    ["pagerduty-annotated", "event_type"],
    ["pagerduty-priority-updated", "event_type"],
    ["pagerduty-reopened", "event_type"],
    ["pagerduty-merged", "merged"],
    ["pagerduty-ping", "ping"],
    ["an event type nobody has heard of yet", "event_type", unheardOf],
  ];
  for (const [name, reason, make = ({ id }) => sample(name, id).body] of cases) {
    await t.test(name, async () => {
      const incident = newIncident();
      const answer = await bridge.pagerduty(make(incident));
      assert.deepEqual([answer.status, answer.json.status, answer.json.reason], [200, "ignored", reason], answer.text);
      assert.equal(devin.creates(incident.id).length, 0);
    });
  }
});

test("missing and null fields never fail", async (t) => {
  const cases = {
    "null everywhere": ({ data }) => {
      for (const field of Object.keys(data)) if (field !== "id") data[field] = null;
    },
    "nothing but the id": (event) => (event.data = { id: event.data.id }),
    "no agent and no time": (event) => {
      event.agent = null;
      delete event.occurred_at;
    },
    "a service without a name": ({ data }) => (data.service = { id: "PSERV02", type: "service_reference" }),
    "other types than documented": ({ data }) => {
      Object.assign(data, { title: 42, service: "orders", urgency: {}, priority: "P1", created_at: 0, teams: "Orders" });
    },
    "fields nobody has heard of yet": ({ data }) => (data.weather = { in: ["London"] }),
    "a very long title": ({ data }) => (data.title = "x".repeat(200_000)),
  };
  for (const [name, change] of Object.entries(cases)) {
    await t.test(name, async () => {
      const incident = await bridge.resolve(newIncident(), change);
      // The correlation tag leads to the session even where the prompt has no trace of the incident.
      const record = await bridge.settled(incident.key);
      assert.equal(record.state, "started", JSON.stringify(record));
      const [session] = devin.sessions(record.sessionId);
      assert.ok(session.prompt.length < 30_000);
      assert.doesNotMatch(session.prompt, /\bnull\b|undefined|None|Some\(/);
    });
  }
});

test("a signed body that names no incident is ignored, not refused", async (t) => {
  const bodies = {
    "not JSON": "incident resolved!",
    "JSON, but not an object": "[1, 2]",
    "no event": "{}",
    "no data": JSON.stringify({ event: { event_type: "incident.resolved", data: null } }),
    "an empty id": JSON.stringify(resolved("")),
    "an id that is no text": JSON.stringify(resolved("", (event) => (event.data.id = { a: 1 }))),
  };
  for (const [name, body] of Object.entries(bodies)) {
    await t.test(name, async () => {
      const answer = await bridge.pagerduty(body);
      assert.deepEqual([answer.status, answer.json.status], [200, "ignored"], answer.text);
      assert.equal(typeof answer.json.reason, "string", answer.text);
    });
  }
});
