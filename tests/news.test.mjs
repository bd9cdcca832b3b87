// What a session hears of its incident after its prompt: notes that come late, an alert that gets worse or fires again, each
// in as few messages as can be.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sample } from "../scripts/samples.mjs";
import { assertFenced, fenced, newAlert, send, start } from "./alerting.mjs";
import { controlled, event, pass, startsWithin, within } from "./exact.mjs";
import { AMPLE, newIncident } from "./harness.mjs";

const routed = (...routes) => controlled({ ...AMPLE, ROUTES: JSON.stringify(routes) });
const by = (who, what, at) => (event) => Object.assign(event, { agent: { type: "user_reference", summary: who }, occurred_at: at }) && what?.(event.data);
const note = (incident, text, at = "2026-05-04T02:20:00.4Z") =>
  event("annotated", incident, by("Alex Example", (data) => (data.content = text), at));
const texts = (bridge, id) => bridge.devin.messages(id).map(({ message }) => message);

/** Delivers an event of PagerDuty's, which must be answered like this. */
async function deliver(bridge, body, status, reason) {
  const { json, text } = await bridge.pagerduty(body);
  assert.deepEqual([json.status, json.reason], [status, reason], text);
}

/** The texts of a session's messages, once there are so many within so many seconds, and no more in a quarter of an hour. */
async function hears(bridge, id, count, seconds) {
  await within(bridge, seconds, `${count} messages`, () => texts(bridge, id).length >= count);
  await bridge.quiet();
  assert.equal(texts(bridge, id).length, count, texts(bridge, id).join("\n---\n"));
  return texts(bridge, id);
}

describe("a postmortem that starts at the end", async () => {
  const bridge = await controlled(AMPLE);

  test("waits ten seconds for the resolution note, which is in the prompt with its time and its author", async () => {
    const incident = newIncident();
    await deliver(bridge, event("resolved", incident), "accepted");
    await pass(bridge, 5, 5);
    await deliver(bridge, note(incident, "Resolution Note: turned the feature flag off"), "accepted");
    assert.equal(bridge.devin.creates(incident.id).length, 0);
    const { prompt, sessionId } = await startsWithin(bridge, 6, incident);
    assertFenced(prompt, ["- 02:20:00Z Alex Example: resolution note: turned the feature flag off"]);
    await hears(bridge, sessionId, 0, 0);
  });

  test("hears what comes later in one message for all that gathered in a minute", async () => {
    const incident = newIncident();
    await bridge.resolve(incident);
    const { sessionId } = await startsWithin(bridge, 12, incident);
    await deliver(bridge, note(incident, "It was the flag."), "accepted");
    await pass(bridge, 40, 5);
    await deliver(bridge, note(incident, "Customers were told."), "accepted");
    assert.equal(texts(bridge, sessionId).length, 0);
    const [text] = await hears(bridge, sessionId, 1, 25);
    assertFenced(text, ["- 02:20:00Z Alex Example: note: It was the flag.", "- 02:20:00Z Alex Example: note: Customers were told."]);
    await deliver(bridge, note(incident, "An hour later."), "accepted");
    await hears(bridge, sessionId, 2, 65);
    assert.equal(bridge.devin.creates(incident.id).length, 1);
  });

  test("has the whole timeline in its prompt, also where the bridge was killed in between", async () => {
    const incident = newIncident();
    const of = (what, name, at, change) => event(what, incident, by(name, change, at));
    const named = (type, body) => (body.event.event_type = type) && body;
    await deliver(bridge, of("acknowledged", "Alex Example", "2026-05-04T02:17:41Z"), "ignored", "event_type");
    await bridge.evict(incident.key);
    await deliver(bridge, named("incident.escalated", of("priority-updated", "Alex Example", "2026-05-04T02:18:00Z", (data) => (data.assignees[0].summary = "Database on-call"))), "ignored", "event_type");
    await deliver(bridge, of("priority-updated", "Kim Sample", "2026-05-04T02:19:00Z", (data) => (data.priority.summary = "P1")), "ignored", "event_type");
    await deliver(bridge, note(incident, "The pool is exhausted."), "ignored", "event_type");
    await bridge.kill();
    await bridge.start();
    assert.equal(bridge.devin.creates(incident.id).length, 0);
    await deliver(bridge, of("resolved", "Alex Example", "2026-05-04T02:30:00Z"), "accepted");
    const { prompt } = await startsWithin(bridge, 12, incident);
    const lines = fenced(prompt);
    assert.deepEqual(lines.slice(lines.findIndex((line) => line.startsWith("What happened and was noted")) + 1).filter((line) => line.startsWith("- ")), [
      "- 02:17:41Z Alex Example: acknowledged",
      "- 02:18:00Z Alex Example: escalated to Database on-call",
      "- 02:19:00Z Kim Sample: priority is now P1",
      "- 02:20:00Z Alex Example: note: The pool is exhausted.",
      "- 02:30:00Z Alex Example: resolved",
    ]);
  });

  test("what can't be stored is not answered 2xx", async () => {
    const incident = newIncident();
    const body = event("acknowledged", incident);
    await bridge.break({ put: 1 });
    const answer = await bridge.pagerduty(body);
    assert.equal(answer.status, 503, answer.text);
    await deliver(bridge, body, "ignored", "event_type");
    await deliver(bridge, body, "ignored", "event_type");
    await deliver(bridge, event("resolved", incident), "accepted");
    const { prompt } = await startsWithin(bridge, 12, incident);
    assert.equal(fenced(prompt).filter((line) => line.endsWith(": acknowledged")).length, 1);
  });

  test("two hundred notes on an incident that nobody resolves stay within bounds, and cost no session", async () => {
    const incident = newIncident();
    for (let i = 0; i < 20; i += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => deliver(bridge, note(incident, `${i}.${n} ${"x".repeat(1_000)}`), "ignored", "event_type")));
    }
    assert.ok((await bridge.stored(incident.key)).length < 64 * 1024);
    assert.equal(bridge.devin.creates(incident.id).length, 0);
  });
});

describe("a session that begins before the end", async () => {
  const bridge = await routed({ sender: "pagerduty", start_on: "acknowledged" });

  test("gets the resolution note in the closing message, ten seconds after the end", async () => {
    const incident = newIncident();
    await deliver(bridge, event("acknowledged", incident), "accepted");
    const { sessionId } = await startsWithin(bridge, 3, incident);
    await deliver(bridge, event("resolved", incident), "accepted");
    await pass(bridge, 5, 5);
    assert.equal(texts(bridge, sessionId).length, 0);
    await deliver(bridge, note(incident, "Resolution Note: rolled back"), "accepted");
    const [text] = await hears(bridge, sessionId, 1, 6);
    assert.match(text, /Finish the postmortem now/);
    assertFenced(text, ["- 02:20:00Z Alex Example: resolution note: rolled back"]);
  });

  test("hears within a minute that the priority changed, once for each", async () => {
    const incident = newIncident();
    await deliver(bridge, event("acknowledged", incident), "accepted");
    const { sessionId } = await startsWithin(bridge, 3, incident);
    for (const priority of ["P2", "P2", "P3", "P2"]) {
      await deliver(bridge, event("priority-updated", incident, ({ data }) => (data.priority.summary = priority)), "accepted");
      await pass(bridge, 70, 10);
    }
    const [first, second] = await hears(bridge, sessionId, 2, 1);
    assert.match(first, /priority is now P2/);
    assert.match(second, /priority is now P3/);
  });

  test("a late note is worth no second session", async () => {
    const incident = newIncident();
    await deliver(bridge, event("resolved", incident), "accepted");
    const { sessionId } = await startsWithin(bridge, 12, incident);
    bridge.devin.script({ call: "message", match: sessionId, replies: [{ status: 404, body: { detail: "Session not found" } }] });
    await deliver(bridge, note(incident, "Too late."), "accepted");
    await pass(bridge, 70, 10);
    await bridge.quiet();
    assert.equal(bridge.devin.creates(incident.id).length, 1);
  });
});

describe("an alert", async () => {
  const bridge = await controlled(AMPLE);
  const over = (alert) => ({ ...alert, status: "resolved" });

  test("that gets worse is reported at once, once for each level", async () => {
    const alert = newAlert({ severity: "warning" });
    const { sessionId } = await start(bridge, alert);
    for (const [severity, status] of [["warning", "duplicate"], ["critical", "accepted"], ["warning", "duplicate"], ["critical", "duplicate"]]) {
      assert.equal((await send(bridge, { ...alert, severity })).json.status, status);
      await pass(bridge, 5);
    }
    const [text] = await hears(bridge, sessionId, 1, 1);
    assert.match(text, /severity rose from warning \(Sev 2\) to critical \(Sev 0\)/);
    assert.equal(bridge.devin.creates(alert.alertId).length, 1);
  });

  test("of Kibana whose action group changes is reported", async () => {
    const { body } = sample("kibana-recommended");
    const path = "/hooks/kibana";
    const { sessionId } = await start(bridge, { ...body, status: "warning" }, { path });
    const worse = { ...body, status: "critical" };
    assert.equal((await send(bridge, worse, { path })).json.status, "accepted");
    assert.equal((await send(bridge, worse, { path })).json.status, "duplicate");
    const [text] = await hears(bridge, sessionId, 1, 5);
    assert.match(text, /action group changed from warning to critical/);
  });

  test("that flaps is one incident with one session, which hears of it in a handful of messages", async () => {
    const alert = newAlert();
    const { sessionId, incident } = await start(bridge, alert);
    for (let minute = 0; minute < 60; minute += 1) {
      const { json, text } = await send(bridge, minute % 2 ? alert : over(alert));
      assert.deepEqual([json.status, json.incident], ["accepted", incident], text);
      await bridge.advance(60);
      await sleep(30);
    }
    const heard = texts(bridge, sessionId).length;
    assert.ok(heard >= 4 && heard <= 8, `${heard} messages`);
    assert.match(texts(bridge, sessionId).join("\n"), /fires again, episode \d/);
    await pass(bridge, 3_600, 300);
    await bridge.quiet();
    const all = texts(bridge, sessionId);
    assert.ok(all.length <= heard + 1);
    assert.match(all.at(-1), /^There is news of what you are working on/, "it fires in the end");
    assert.equal(bridge.devin.creates(alert.alertId).length, 1);
    assert.equal((await bridge.record(incident)).state, "started");
  });

  test("that fires again while its session can take no more gets another session, with a link to the first", async () => {
    const alert = newAlert();
    const { sessionId, sessionUrl, incident } = await start(bridge, alert);
    await send(bridge, over(alert));
    await within(bridge, 5, "it hears of the end", () => texts(bridge, sessionId).length === 1);
    bridge.devin.script({ call: "message", match: sessionId, replies: [{ status: 404, body: { detail: "Session not found" } }] });
    await send(bridge, alert);
    await within(bridge, 70, "the successor", () => bridge.devin.creates(alert.alertId).length === 2, 5);
    const record = await bridge.settled(incident);
    assert.ok(record.prompt.includes(sessionUrl), record.prompt);
    assert.match(record.prompt, /fires again, episode 2/);
  });

  test("a firing that comes after its own recovery starts nothing, and a dry run says so", async () => {
    const alert = newAlert({ firedTime: "2026-05-04T10:00:00Z" });
    const { sessionId } = await start(bridge, alert);
    await send(bridge, { ...over(alert), resolvedTime: "2026-05-04T10:05:00Z" });
    assert.equal((await send(bridge, alert)).json.status, "duplicate");
    const rehearsed = await send(bridge, alert, { path: "/api/trigger-devin?dry_run=1" });
    assert.equal(rehearsed.json.decision.action, "duplicate");
    await hears(bridge, sessionId, 1, 2);
  });
});
