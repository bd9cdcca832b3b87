// People are notified where the session went: once each, whatever becomes of the notice, and never at the session's expense.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sample } from "../scripts/samples.mjs";
import { ADMIN, newAlert, send } from "./alerting.mjs";
import { FROM, FakeTargets, TOKEN } from "./fake-targets.mjs";
import { newIncident, startBridge, until } from "./harness.mjs";

const targets = await FakeTargets.start();
after(() => targets.stop());
const [bridge, mortal] = await Promise.all([
  startBridge({ ...targets.vars, ROUTES: JSON.stringify([{ sender: "pagerduty", service: "early*", start_on: "acknowledged" }]) }),
  startBridge(targets.vars),
]);

/** How those who are notified behave, by incident. */
const moods = new Map();
targets.mood = (request) => [...moods].find(([match]) => request.text.includes(match))?.[1](request);

function event(what, { id }, change = () => {}) {
  const { body } = sample(`pagerduty-${what}`, id);
  change(body.event);
  return body;
}

const lines = ({ timeline }) => timeline.map(({ what }) => what);

/** The incident's record, once its timeline has all these lines. */
function told(bridge, { key }, expected, seconds = 30) {
  return until(`${key}: ${expected.join("; ")}`, seconds, async () => {
    const record = await bridge.record(key);
    return record && expected.every((line) => lines(record).includes(line)) && record;
  });
}

const BOTH = ["PagerDuty notified that the session started", "webhook notified that the session started"];

describe("a session that starts", { concurrency: true }, () => {
  test("is sent once to a webhook whose 200 never ends", async () => {
    const incident = newIncident();
    moods.set(incident.id, ({ call }) => (call === "hook" ? { endless: true } : undefined));
    await bridge.resolve(incident);
    const record = await told(bridge, incident, BOTH);
    assert.equal(targets.calls("hook", incident.id).length, 1, lines(record).join("; "));
  });

  test("is noted on its incident at PagerDuty and sent to the webhook, once each", async () => {
    const incident = newIncident();
    await bridge.resolve(incident);
    const record = await told(bridge, incident, BOTH);
    await sleep(500);

    const [write, ...more] = targets.calls("write", incident.id);
    assert.deepEqual(more, []);
    const { authorization, from, accept } = write.headers;
    assert.deepEqual([authorization, from, accept], [`Token token=${TOKEN}`, FROM, "application/vnd.pagerduty+json;version=2"]);
    const [note] = targets.notes.get(incident.id);
    assert.equal(note.content, `Devin session started: ${record.sessionUrl}\nPosted by devin-bridge.`);

    const [hook, ...again] = targets.calls("hook", incident.id);
    assert.deepEqual(again, []);
    const { event, message, ...fields } = hook.body;
    assert.equal(event, "session.started");
    assert.ok(message.startsWith(`Devin session started: ${record.sessionUrl}\nIncident: ${record.title}`), message);
    const shown = Object.fromEntries(Object.keys(fields).map((name) => [name, record[name]]));
    assert.deepEqual(fields, shown);
    assert.equal(targets.calls("list", incident.id).length, 0);
  });

  test("of an alert is sent to the webhook alone", async () => {
    const { status, json } = await send(bridge, newAlert());
    assert.equal(status, 200, JSON.stringify(json));
    const record = await told(bridge, { key: json.incident }, [BOTH[1]]);
    assert.ok(!lines(record).some((line) => line.includes("PagerDuty")), lines(record).join("\n"));
    assert.equal(targets.calls("hook", json.incident).length, 1);
  });

  test("and our own note comes back from PagerDuty: nothing begins again, and Devin does not hear of it", async () => {
    const incident = newIncident();
    const early = ({ data }) => (data.service.summary = "early-orders");
    await bridge.pagerduty(event("acknowledged", incident, early));
    const { sessionId } = await told(bridge, incident, BOTH);
    const [{ content }] = targets.notes.get(incident.id);

    const answer = await bridge.pagerduty(event("annotated", incident, ({ data }) => (data.content = content)));
    assert.deepEqual([answer.status, answer.json.status, answer.json.reason], [200, "ignored", "event_type"], answer.text);
    await bridge.pagerduty(event("annotated", incident, ({ data }) => (data.content = "Somebody rolled it back")));
    await bridge.pagerduty(event("resolved", incident, early));
    const [message] = await until("the message", 60, () => bridge.devin.messages(sessionId).length > 0 && bridge.devin.messages(sessionId));
    assert.match(message.message, /Somebody rolled it back/);
    assert.doesNotMatch(message.message, /Devin session started/);
    await sleep(300);
    assert.equal(targets.notes.get(incident.id).length, 1);
    assert.equal(bridge.devin.sessions(incident.id).length, 1);
  });
});

describe("whoever is notified may fail", { concurrency: true }, () => {
  test("a note that was written though PagerDuty answered 500 is not written twice", async () => {
    const incident = newIncident();
    let failures = 2;
    moods.set(incident.id, ({ call }) => {
      if (call === "write" && failures-- > 0) return { status: 500, body: "down", done: true };
    });
    await bridge.resolve(incident);
    const record = await told(bridge, incident, BOTH);
    assert.ok(lines(record).includes("PagerDuty not notified yet that the session started: HTTP 500: down"));
    assert.deepEqual([targets.calls("write", incident.id).length, targets.calls("list", incident.id).length], [1, 1]);
    assert.equal(targets.notes.get(incident.id).length, 1);
  });

  test("one that was not written is written then, after a look", async () => {
    const incident = newIncident();
    let failures = 1;
    moods.set(incident.id, ({ call }) => (call === "write" && failures-- > 0 ? { cut: true, status: 500, body: "" } : undefined));
    await bridge.resolve(incident);
    await told(bridge, incident, BOTH);
    assert.deepEqual([targets.calls("write", incident.id).length, targets.calls("list", incident.id).length], [2, 1]);
    assert.equal(targets.notes.get(incident.id).length, 1);
  });

  test("the bridge gives up on a webhook that is gone, in words that do not show its address; the session is untouched", async () => {
    const incident = newIncident();
    const { NOTIFY_WEBHOOK_URL } = targets.vars;
    moods.set(incident.id, ({ call, path }) => call === "hook" && { status: 404, body: `no_service at ${targets.url}${path}, ${path}` });
    await bridge.resolve(incident);
    const record = await until("the bridge gave up", 60, async () => {
      const record = await bridge.record(incident.key);
      return record && lines(record).some((line) => line.startsWith("webhook not notified that the session started: HTTP 404")) && record;
    });
    assert.deepEqual([record.state, record.error], ["started", null]);
    await told(bridge, incident, [BOTH[0]]);
    const secrets = [TOKEN, NOTIFY_WEBHOOK_URL, NOTIFY_WEBHOOK_URL.split("/").at(-1)];
    const shown = JSON.stringify([record, bridge.logs]);
    for (const secret of secrets) assert.ok(!shown.includes(secret), secret);
    assert.equal(targets.calls("hook", incident.id).length, 1);
  });

  test("a target that does not answer delays no message to Devin", async () => {
    const incident = newIncident();
    moods.set(incident.id, () => ({ delayMs: 30_000 }));
    const early = ({ data }) => (data.service.summary = "early-orders");
    // The message is due ten seconds after the end: while PagerDuty is still being notified of the start.
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ delayMs: 6_000 }] });
    await bridge.pagerduty(event("acknowledged", incident, early));
    await until("Devin is asked", 60, () => bridge.devin.creates(incident.id).length === 1);
    const start = Date.now();
    await bridge.pagerduty(event("resolved", incident, early));
    await until("PagerDuty is asked", 60, () => targets.calls("write", incident.id).length === 1);
    const { sessionId } = await bridge.record(incident.key);
    await until("the message", 60, () => bridge.devin.messages(sessionId).length === 1);
    assert.ok(Date.now() - start < 15_000, `${Date.now() - start} ms`);
    assert.equal(targets.calls("hook", incident.id).length, 0, "the message came while PagerDuty was still being notified");
  });

  test("a bridge that dies while it writes a note looks for it before it writes another", async () => {
    const incident = newIncident();
    moods.set(incident.id, ({ call }) => (call === "write" ? { delayMs: 60_000 } : undefined));
    await mortal.resolve(incident);
    await until("the note", 60, () => targets.notes.get(incident.id)?.length === 1);
    await mortal.kill();
    await mortal.start();
    // The alarm that was cut off runs again when the runtime comes to it; an event makes it come at once.
    await mortal.pagerduty(event("annotated", incident, ({ data }) => (data.content = "Hello")));
    await told(mortal, incident, BOTH, 60);
    assert.deepEqual([targets.calls("write", incident.id).length, targets.calls("list", incident.id).length], [1, 1]);
    assert.equal(mortal.devin.sessions(incident.id).length, 1);
  });
});

test("what is wrong with these settings is named, without a secret", async () => {
  const wrong = await startBridge({ PAGERDUTY_API_TOKEN: TOKEN, NOTIFY_WEBHOOK_URL: "http://example.com/secret-path" });
  const health = JSON.parse((await wrong.request("/health", { headers: ADMIN })).text);
  assert.deepEqual(health.problems.map(({ setting }) => setting), ["PAGERDUTY_FROM", "NOTIFY_WEBHOOK_URL"]);
  assert.doesNotMatch(JSON.stringify([health, wrong.logs]), /secret-path|3e9d/);
});
