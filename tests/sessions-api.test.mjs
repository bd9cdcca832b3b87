// Devin's API as it may be: conflicts, tags that are left out, fields of next year, sessions that are done.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newAlert, rehearse, send, start } from "./alerting.mjs";
import { V1_KEY } from "./fake-devin.mjs";
import { startBridge, until } from "./harness.mjs";

const routes = [
  { alert_name: "platform*", session: { platform: "windows", bypass_approval: true } },
  { alert_name: "next-year*", session: { next_year: [1] } },
  { alert_name: "archive*", when_done: "archive" },
  { alert_name: "terminate*", when_done: "terminate" },
  { alert_name: "plain*", structured_output: false, observability: "none" },
];
const vars = { ROUTES: JSON.stringify(routes) };
const [bridge, tagless, old] = await Promise.all([
  startBridge(vars, { controlled: true }),
  startBridge({}, { controlled: true }),
  startBridge({ ...vars, DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" }, { controlled: true }),
]);

const alert = (alertName) => newAlert({ alertName });
const lines = ({ timeline }) => timeline.map(({ what }) => what);

test("every session is asked for structured output and gets the documented MCP, unless its route says otherwise", async () => {
  const { session } = await start(bridge, alert("anything"));
  assert.equal(session.structured_output_schema.title, "Finding");
  assert.equal(session.structured_output_required, true);
  assert.match(session.prompt, /^- Use the Datadog MCP for logs and metrics around the time of the alert\.$/m);
  assert.match(session.prompt, /^- Fill in the structured output too/m);
  const plain = await start(bridge, alert("plain"));
  assert.deepEqual([plain.session.structured_output_schema, plain.session.structured_output_required], [undefined, undefined]);
  assert.doesNotMatch(plain.session.prompt, /MCP|structured output/);
  const v1 = await start(old, alert("anything"));
  assert.equal(v1.session.structured_output_schema.title, "Finding");
  assert.equal(v1.session.structured_output_required, undefined, "v1 has no such field");
});

test("a route's session passes further fields on; what Devin does not know it refuses", async () => {
  const { session } = await start(bridge, alert("platform-test"));
  assert.deepEqual([session.platform, session.bypass_approval], ["windows", true]);
  const refused = await send(bridge, alert("next-year"));
  assert.equal(refused.status, 500, refused.text);
  assert.match(refused.json.details, /next_year: Extra inputs are not permitted/);
});

test("a conflict says nothing: the session is looked for, and found or made", async () => {
  const conflict = { status: 409, body: { title: "Conflict", status: 409, detail: "exists" } };
  for (const done of [true, false]) {
    const body = newAlert();
    bridge.devin.script({ call: "create", match: body.alertId, replies: [{ ...conflict, done }] });
    const { incident } = (await send(bridge, body)).json;
    const record = await until("it is started", 60, async () => {
      await bridge.advance(20);
      const record = await bridge.record(incident);
      return record.state === "started" && record;
    });
    assert.equal(bridge.devin.creates(body.alertId).length, done ? 1 : 2);
    assert.equal(bridge.devin.all.filter(({ prompt }) => prompt.includes(body.alertId)).length, 1);
    assert.equal(record.error, null);
  }
});

test("where tags are left out, the log says so, and titles carry what sessions are found by", async () => {
  tagless.devin.allowedTags = ["alert-triage"];
  const first = await start(tagless, newAlert());
  assert.deepEqual(first.session.tags, ["alert-triage"]);
  assert.doesNotMatch(first.session.title, /\[incident:/);
  assert.ok(lines(await tagless.record(first.incident)).some((line) => line.startsWith("Devin left out the tag")));
  await until("the log says so", 60, () => tagless.logs.some(({ message }) => message.includes("Devin left out the tag")));

  const rehearsed = await rehearse(tagless, newAlert());
  assert.ok(rehearsed.request.body.title.endsWith(`[incident:${rehearsed.incident}]`), rehearsed.request.body.title);
  const lost = newAlert();
  tagless.devin.script({ call: "create", match: lost.alertId, replies: [{ cut: "after-create" }] });
  const { incident } = (await send(tagless, lost)).json;
  await until("it is found", 60, async () => {
    await tagless.advance(20);
    return (await tagless.record(incident)).state === "started";
  });
  assert.equal(tagless.devin.creates(lost.alertId).length, 1, "no second session");
  assert.equal(tagless.devin.calls("list").at(-1).query.get("tags"), null);
});

test("a session that is done is put away or ended ten minutes later, once; others are kept", async () => {
  const sessions = {};
  for (const name of ["archive", "terminate", "anything"]) sessions[name] = await start(bridge, alert(`${name}-it`));
  for (const { sessionId } of Object.values(sessions)) {
    bridge.devin.setStatus(sessionId, "running", "waiting_for_user");
    bridge.devin.setWork(sessionId, { output: { summary: "Found it." } });
  }
  await until("all have ended", 60, async () => {
    await bridge.cron();
    const records = await Promise.all(Object.values(sessions).map(({ incident }) => bridge.record(incident)));
    return records.every(({ endedAt }) => endedAt);
  });
  assert.equal(bridge.devin.calls("archive").length + bridge.devin.calls("terminate").length, 0);
  await bridge.advance(601);
  for (const [name, other] of [["archive", "terminate"], ["terminate", "archive"]]) {
    const { incident, sessionId } = sessions[name];
    await until(`${name} is done`, 60, async () => lines(await bridge.record(incident)).some((line) => line === `session ${name}d: when_done = "${name}"`));
    assert.deepEqual([bridge.devin.calls(name, sessionId).length, bridge.devin.calls(other, sessionId).length], [1, 0]);
  }
  await bridge.advance(3_600);
  await bridge.cron();
  assert.equal(bridge.devin.calls("archive").length + bridge.devin.calls("terminate").length, 2);
});

test("v1 knows no archive, and ends a session", async () => {
  for (const name of ["archive", "terminate"]) {
    const { incident, sessionId } = await start(old, alert(`${name}-it`));
    await until("it has ended", 60, async () => {
      old.devin.setStatus(sessionId, "blocked");
      old.devin.setWork(sessionId, { output: { summary: "Found it." } });
      await old.cron();
      return (await old.record(incident)).endedAt;
    });
  }
  await old.advance(601);
  await until("it is ended", 60, () => old.devin.calls("terminate").length === 1);
  assert.equal(old.devin.calls("archive").length, 0);
});
