// The legacy API, for keys that start apk_.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newIncident, startBridge } from "./harness.mjs";
import { V1_KEY } from "./fake-devin.mjs";

const bridge = await startBridge({ DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "", DEVIN_PLAYBOOK_ID: "playbook-test" });
const { devin } = bridge;

test("a session through v1, idempotent", async () => {
  const incident = await bridge.resolve();
  const { record } = await bridge.oneSession(incident);
  const [create] = devin.creates(incident.id);
  assert.equal(create.path, "/v1/sessions");
  assert.equal(create.body.idempotent, true);
  assert.equal(create.body.playbook_id, "playbook-test");
  assert.ok(create.body.tags.includes("pagerduty-postmortem"));
  assert.match(create.body.title, /Checkout answers 502/);
  assert.match(record.sessionUrl, /^https:\/\/app\.devin\.ai\/sessions\//);
});

test("the prompt is the same on every attempt", async () => {
  const incident = newIncident();
  const lost = { done: true, status: 500, body: "oops" };
  devin.script({ call: "create", match: incident.id, replies: [{ status: 503, body: "" }, { status: 429, body: {} }, lost] });
  await bridge.resolve(incident);
  await bridge.oneSession(incident, 60);
  const prompts = new Set(devin.creates(incident.id).map(({ body }) => body.prompt));
  assert.equal(prompts.size, 1);
});

for (const [name, detail, words] of [
  ["a text", "Invalid token", "Invalid token"],
  ["a list", [{ loc: ["body", "prompt"], msg: "prompt is too odd", type: "value_error" }], "prompt is too odd"],
]) {
  test(`a refusal whose detail is ${name} is recorded in Devin's words`, async () => {
    const incident = newIncident();
    devin.script({ call: "create", match: incident.id, replies: [{ status: 400, body: { detail } }] });
    await bridge.resolve(incident);
    const record = await bridge.settled(incident.key);
    assert.equal(record.state, "failed");
    assert.ok(record.error.includes(words), record.error);
  });
}

test("sessions that no reader of JSON takes, and two megabytes of others' output, hide no session from a look-up", async () => {
  const incident = newIncident();
  devin.script({ call: "create", match: incident.id, replies: [{ done: true, status: 500, body: "oops" }] });
  const odd = [`${"[".repeat(200)}${"]".repeat(200)}`, "1e999", '{"\\ud83d":-1e400}', `[${"{},".repeat(60_000)}{}]`, `"${"x".repeat(2_000_000)}"`]
    .map((output) => `{"session_id":"devin-odd","title":"cut \\ud83d","tags":["x"],"structured_output":${output}}`);
  devin.mood = ({ call }) => {
    if (call !== "list") return undefined;
    const ours = devin.sessions(incident.id).map(({ id, title, tags }) => JSON.stringify({ session_id: id, title, tags }));
    return { status: 200, headers: { "content-type": "application/json" }, body: `{"sessions":[${[...odd, ...ours].join()}]}` };
  };
  await bridge.resolve(incident);
  const { record } = await bridge.oneSession(incident, 60);
  devin.mood = () => undefined;
  assert.match(record.timeline.at(-1).what, /session devin-\w+ started/);
  assert.ok(record.timeline.some(({ what }) => what.startsWith("found:")), JSON.stringify(record.timeline));
});
