// What is stored: a record that can't be read stops its incident, a write that fails loses nothing, and nothing grows
// without a bound.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { controlled, event, pass, startsWithin, within } from "./exact.mjs";
import { AMPLE, newIncident, resolved, until } from "./harness.mjs";

/** Turns a stored record into one that a later release may have written, or that is damaged. */
const unreadable = {
  "in a state that nobody knows": (text) => {
    const { state, ...record } = JSON.parse(text);
    return JSON.stringify({ ...record, state: typeof state === "string" ? "dreaming" : { ...state, is: "dreaming" } });
  },
  "of a later format": (text) => JSON.stringify({ ...JSON.parse(text), format: 99 }),
  "that is no JSON": (text) => text.slice(0, text.length / 2),
  "that is a list": () => "[]",
  "that names no incident": () => '{"format":1}',
};

/** Stores something else as the incident's record, as another release might have done. Gives what puts it back. */
async function tamper(bridge, key, change) {
  const original = await bridge.stored(key, change);
  await bridge.evict(key);
  return async () => {
    await bridge.stored(key, () => original);
    await bridge.evict(key);
  };
}

/** The log's warnings and errors that name the incident. */
const complaints = ({ logs }, key) => logs.filter(({ level, message }) => /warn|error/.test(level + message) && message.includes(key));

// The tests of a group that share a bridge run one after the other, because they share its clock and its failures.
describe("a record", async () => {
  const bridge = await controlled(AMPLE);
  for (const [what, change] of Object.entries(unreadable)) {
    test(`${what} stops its incident, and nothing is started`, async () => {
      const alert = newAlert();
      const { incident, sessionId } = await start(bridge, alert);
      const restore = await tamper(bridge, incident, change);
      for (const body of [alert, { ...alert, status: "resolved" }]) {
        const refused = await send(bridge, body);
        assert.equal(refused.status, 503, refused.text);
      }
      await until("the log says so", 60, () => complaints(bridge, incident).length > 0);
      await pass(bridge, 120, 20);
      assert.equal(bridge.devin.creates(alert.alertId).length, 1);
      await restore();
      const repeat = await send(bridge, alert);
      assert.deepEqual([repeat.json.status, repeat.json.sessionId], ["duplicate", sessionId], repeat.text);
      assert.equal(bridge.devin.sessions(incident).length, 1);
    });

    test(`${what} stops an incident that waits; it goes on when the record can be read again`, async () => {
      const incident = newIncident();
      const busy = { status: 429, headers: { "retry-after": "600" }, body: {} };
      bridge.devin.script({ call: "create", match: incident.id, replies: [busy] });
      await bridge.resolve(incident);
      await until("Devin is asked, and busy", 60, async () => (await bridge.record(incident.key)).error);
      const restore = await tamper(bridge, incident.key, change);
      await pass(bridge, 900, 150);
      const refused = await bridge.pagerduty(event("reopened", incident));
      assert.equal(refused.status, 503, refused.text);
      assert.equal(bridge.devin.creates(incident.id).length, 1);
      await until("the log says so", 60, () => complaints(bridge, incident.key).length > 0);
      await restore();
      await startsWithin(bridge, 1800, incident, 150);
      assert.equal(bridge.devin.creates(incident.id).length, 2);
    });
  }
});

describe("KV is written when something is to be read from it", async () => {
  const bridge = await controlled();
  const writes = async (key) => (await bridge.calls()).filter(({ operation, what }) => operation === "write" && what === key).length;

  test("an alert that fires every 30 s for 20 minutes, and recovers, is written at most once", async () => {
    const alert = newAlert();
    const { incident } = await start(bridge, alert);
    for (let i = 0; i < 40; i++) {
      await send(bridge, alert);
      await pass(bridge, 30, 15);
    }
    await send(bridge, { ...alert, status: "resolved" });
    await pass(bridge, 60, 5);
    assert.ok((await writes(incident)) <= 1, `${await writes(incident)} writes`);
  });

  test("a PagerDuty incident once, when its session exists, and again when there is an event more to know", async () => {
    const incident = newIncident();
    const { key } = incident;
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ status: 429, headers: { "retry-after": "20" }, body: {} }] });
    const body = resolved(incident.id);
    await bridge.pagerduty(body);
    await sleep(300);
    assert.equal(await writes(key), 0, "nothing is known yet");
    await startsWithin(bridge, 60, incident);
    await pass(bridge, 30, 5);
    assert.equal(await writes(key), 1);
    for (let i = 0; i < 10; i++) {
      assert.equal((await bridge.pagerduty(body)).json.status, "duplicate");
      await pass(bridge, 90, 30);
    }
    assert.equal(await writes(key), 1);
    const note = event("annotated", incident);
    assert.equal((await bridge.pagerduty(note)).json.status, "accepted");
    await pass(bridge, 30, 5);
    assert.equal(await writes(key), 2);
    const before = (await bridge.calls()).filter(({ operation }) => operation === "incident").length;
    assert.equal((await bridge.pagerduty(note)).json.status, "duplicate");
    const after = (await bridge.calls()).filter(({ operation }) => operation === "incident").length;
    assert.equal(after, before, "answered without the incident's object");
  });
});

describe("an event that can't be stored while the alarm waits for Devin", async () => {
  const bridge = await controlled({ ...AMPLE, ROUTES: JSON.stringify([{ service: "early*", start_on: "acknowledged" }]) });
  const early = ({ data }) => (data.service.summary = "early-orders");
  const alarms = async () => (await bridge.calls()).filter(({ operation }) => operation === "alarm").length;

  for (const operation of ["put", "alarm"]) {
    for (const [outcome, reply] of [["made the session", { done: true }], ["is busy", { status: 429, body: {} }], ["made it, unseen", { done: true, status: 500, body: "oops" }]]) {
      test(`loses nothing: ${operation} fails, and Devin ${outcome}`, async () => {
        const incident = newIncident();
        bridge.devin.script({ call: "create", match: incident.id, replies: [{ ...reply, delayMs: 1000 }] });
        await bridge.resolve(incident);
        await until("Devin is asked", 60, () => bridge.devin.creates(incident.id).length === 1);
        await bridge.break({ [operation]: 1 });
        const note = event("annotated", incident);
        const refused = await bridge.pagerduty(note);
        assert.equal(refused.status, 503, refused.text);
        assert.equal((await bridge.break({}))[operation], 0, "it failed");
        await sleep(1200);
        await startsWithin(bridge, 120, incident);
        const again = (await bridge.pagerduty(note)).json.status;
        assert.ok(again === "accepted" || (operation === "alarm" && again === "duplicate"), `the sender's next attempt: ${again}`);
        const next = await bridge.pagerduty(resolved(incident.id));
        assert.equal(next.json.incident, incident.key);
        await pass(bridge, 30, 5);
        assert.equal(bridge.devin.sessions(incident.id).length, 1);
      });
    }
  }

  for (const times of [1, 2, 4]) {
    test(`an alarm is not the last one, though setting the next fails ${times}×`, async () => {
      const incident = newIncident();
      const busy = () => (void bridge.break({ alarm: times }), { status: 429, headers: { "retry-after": "30" }, body: {}, delayMs: 1000 });
      bridge.devin.script({ call: "create", match: incident.id, replies: [busy] });
      await bridge.resolve(incident);
      const before = await alarms();
      // The runtime runs an alarm that failed again, by a clock of its own.
      await until("it is set after all", 60, async () => (await alarms()) - before >= times + 1);
      await startsWithin(bridge, 120, incident, 5);
    });
  }

  test("nor does a message that is on its way", async () => {
    const incident = newIncident();
    await bridge.pagerduty(event("acknowledged", incident, early));
    const { session } = await bridge.oneSession(incident);
    bridge.devin.script({ call: "message", match: session.id, replies: [{ delayMs: 1500 }] });
    await bridge.pagerduty(resolved(incident.id, early));
    await bridge.advance(10);
    await until("Devin gets the message", 60, () => bridge.devin.calls("message", session.id).length === 1);
    await bridge.break({ put: 1 });
    assert.equal((await bridge.pagerduty(event("annotated", incident))).status, 503);
    await sleep(1700);
    await within(bridge, 300, "nothing is owed any more", async () => {
      const { timeline } = await bridge.record(incident.key);
      return timeline.some(({ what }) => what.includes("sent to the session"));
    }, 5);
    assert.equal(session.messages.length, 1);
  });
});

describe("nothing grows without a bound", { concurrency: true }, () => {
  const BOUND = 256 * 1024;
  const long = (letter) => letter.repeat(60_000);

  test("an alert that fires and recovers 80 times while Devin takes no messages", async () => {
    const bridge = await controlled({ ...AMPLE, DEDUP_WINDOW_SECONDS: "0" });
    const down = ({ call }) => (call === "message" || call === "messages" ? { status: 503, body: "Down" } : undefined);
    bridge.devin.mood = down;
    const alert = newAlert({ description: long("d"), logs: long("l"), affectedResource: long("r") });
    let incident, largest = 0;
    for (let i = 1; i <= 80; i++) {
      const fired = await send(bridge, alert);
      assert.ok(fired.status < 300, `firing ${i}: ${fired.text}`);
      incident ??= fired.json.incident;
      const over = await send(bridge, { ...alert, status: "resolved" });
      assert.ok(over.status < 300, `recovery ${i}: ${over.text}`);
      await bridge.advance(5);
      if (i % 10 === 0) largest = Math.max(largest, Buffer.byteLength(await bridge.stored(incident)));
    }
    assert.ok(largest < BOUND, `${largest} bytes`);
    assert.ok(bridge.devin.all.length > 60, "each is an incident of its own");
    bridge.devin.mood = () => undefined;
    await within(bridge, 3600, "the last session is notified", () => bridge.devin.all.at(-1).messages.length === 1, 60);
    assert.ok(bridge.devin.all.every(({ messages }) => messages.length <= 1));
  });

  test("an alert that fires and recovers 80 times while Devin is down altogether", async () => {
    const bridge = await controlled({ DEDUP_WINDOW_SECONDS: "0", WAIT_SECONDS: "0" });
    bridge.devin.mood = () => ({ status: 503, body: "Down" });
    const alert = newAlert({ description: long("d"), logs: long("l") });
    let incident;
    for (let i = 1; i <= 80; i++) {
      const fired = await send(bridge, alert);
      assert.ok(fired.status < 300, `firing ${i}: ${fired.text}`);
      incident ??= fired.json.incident;
      const over = await send(bridge, { ...alert, status: "resolved" });
      assert.ok(over.status < 300, `recovery ${i}: ${over.text}`);
      await bridge.advance(20);
    }
    const bytes = Buffer.byteLength(await bridge.stored(incident));
    assert.ok(bytes < BOUND, `${bytes} bytes`);
    assert.equal(bridge.devin.all.length, 0);
  });

  test("a PagerDuty incident with 150 long notes, resolved and reopened, while the session takes no messages", async () => {
    const bridge = await controlled({ ROUTES: JSON.stringify([{ start_on: "acknowledged" }]) });
    const incident = newIncident();
    await bridge.pagerduty(event("acknowledged", incident));
    await bridge.oneSession(incident);
    bridge.devin.mood = ({ call }) => (call === "message" ? { status: 429, headers: { "retry-after": "60" }, body: {} } : undefined);
    for (let i = 1; i <= 150; i++) {
      const what = ["annotated", "resolved", "reopened"][i % 3];
      const answer = await bridge.pagerduty(event(what, incident, ({ data }) => void (what === "annotated" && (data.content = long(`${i} `)))));
      assert.ok(answer.status < 300, `${what} ${i}: ${answer.text}`);
      if (i % 10 === 0) await bridge.advance(5);
    }
    const bytes = Buffer.byteLength(await bridge.stored(incident.key));
    assert.ok(bytes < BOUND, `${bytes} bytes`);
  });
});

test("a row of the list that can't be read is shown with what the row itself says", async () => {
  const bridge = await controlled();
  const incidents = [];
  for (let n = 0; n < 6; n++) incidents.push(await bridge.resolve());
  for (const { key } of incidents) await bridge.settled(key);
  const listings = ["", "{", "7", "{}", '{"incident":"pagerduty-Q1","state":"started"}', '{"state":"next year\'s"}'];
  for (const [n, { key }] of incidents.entries()) {
    await bridge.rows(`UPDATE incidents SET listing = '${listings[n].replaceAll("'", "''")}' WHERE incident = '${key}'`);
  }
  // Whatever the answer, the harness holds it against the contract.
  const { text } = await bridge.request("/api/incidents", { headers: ADMIN });
  const shown = JSON.parse(text).incidents;
  assert.deepEqual(shown.map(({ incident }) => incident).sort(), incidents.map(({ key }) => key).sort());
  for (const row of shown) {
    assert.deepEqual([row.state, row.sender, row.title], ["started", "pagerduty", row.incident]);
    assert.match(row.error, /can't be read/);
  }
  const page = await bridge.request("/", { headers: ADMIN });
  for (const { key } of incidents) assert.ok(page.text.includes(key));
  await bridge.rows(`UPDATE incidents SET state = 'x' WHERE incident = '${incidents[0].key}'`);
  const left = await bridge.request("/api/incidents", { headers: ADMIN });
  assert.equal(JSON.parse(left.text).incidents.length, 5);
});
