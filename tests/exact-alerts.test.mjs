// The second time: alerts that fire again, episode after episode, and rehearsals that know of it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { assertAnswer, HOOK, newAlert, send, start } from "./alerting.mjs";
import { controlled, event, pass, startedKeys, within } from "./exact.mjs";
import { AMPLE, newIncident, resolved } from "./harness.mjs";

const REFUSED = { status: 400, body: { detail: "No such playbook" } };
const WINDOW = 3600;
const over = (alert) => ({ ...alert, status: "resolved" });
const routed = (...routes) => controlled({ ...AMPLE, ROUTES: JSON.stringify(routes) });

/** A firing that is counted and starts nothing. */
async function counted(bridge, alert) {
  const { json, text } = await send(bridge, alert);
  assert.deepEqual([json.status, json.reason], ["ignored", "occurrences"], text);
  return json.incident;
}

// The tests of a group share a bridge and its clock, so they run one after the other.
describe("an alert with workflow = \"postmortem\"", async () => {
  const bridge = await routed({ sender: "alert", workflow: "postmortem" });

  test("gets a postmortem for each outage", async () => {
    const alert = newAlert();
    const names = [];
    for (let outage = 1; outage <= 3; outage++) {
      assert.equal((await send(bridge, alert)).json.status, "ignored");
      await bridge.advance(600);
      const { incident, session } = await start(bridge, over(alert));
      assert.match(session.title, /^Postmortem: /);
      names.push(incident);
      const repeat = await send(bridge, over(alert));
      assert.deepEqual([repeat.json.status, repeat.json.incident], ["duplicate", incident], repeat.text);
      await bridge.advance(WINDOW + 60);
    }
    assert.deepEqual(names, [names[0], `${names[0]}.2`, `${names[0]}.3`]);
    assert.deepEqual(startedKeys(bridge, names[0]), names);
  });

  test("also where only the recoveries arrive", async () => {
    const alert = newAlert();
    const { incident } = await start(bridge, over(alert));
    await bridge.advance(WINDOW - 60);
    assert.equal((await send(bridge, over(alert))).json.status, "duplicate");
    await bridge.advance(WINDOW + 60);
    assert.equal((await start(bridge, over(alert))).incident, `${incident}.2`);
  });

  test("a PagerDuty incident that is resolved again, however late, is still itself", async () => {
    const incident = await bridge.resolve();
    await bridge.oneSession(incident);
    await bridge.advance(10 * WINDOW);
    const again = await bridge.pagerduty(resolved(incident.id));
    assert.deepEqual([again.json.status, again.json.incident], ["duplicate", incident.key], again.text);
  });
});

describe("a firing that is ignored forgets nothing", async () => {
  const bridge = await routed(
    { alert_name: "over-*", workflow: "postmortem", start_on: "acknowledged" },
    { alert_name: "often-*", min_occurrences: 2, window_seconds: 60 },
  );
  for (const evicted of [false, true]) {
    const when = evicted ? ", also when its object is started anew" : "";

    test(`of a postmortem that starts when the second outage is acknowledged or over${when}`, async () => {
      const alert = newAlert({ alertName: "over-1" });
      assert.equal((await send(bridge, alert)).json.status, "ignored");
      const first = await start(bridge, over(alert));
      await bridge.advance(WINDOW + 60);
      assert.equal((await send(bridge, alert)).json.status, "ignored");
      if (evicted) await bridge.evict(first.incident);
      const second = await start(bridge, over(alert));
      assert.equal(second.incident, `${first.incident}.2`);
      assert.deepEqual(startedKeys(bridge, first.incident), [first.incident, second.incident], "each session has a tag of its own");
    });

    test(`of an alert that is counted${when}`, async () => {
      const alert = newAlert({ alertName: "often-1", affectedResource: `cluster-${evicted}` });
      const firing = () => ({ ...alert, description: `at ${bridge.now()}` });
      await counted(bridge, firing());
      const first = await start(bridge, firing());
      await bridge.advance(WINDOW + 60);
      await counted(bridge, firing());
      await send(bridge, over(alert)); // the count begins anew
      await bridge.advance(130);
      if (evicted) await bridge.evict(first.incident);
      await counted(bridge, firing());
      await bridge.advance(5);
      const second = await start(bridge, firing());
      assert.notEqual(second.incident, first.incident);
      assert.deepEqual(startedKeys(bridge, first.incident), [first.incident, second.incident], "each session has a tag of its own");
    });
  }
});

describe("an alert whose session was refused for good", async () => {
  const bridge = await controlled(AMPLE);

  test("is tried again by its next firing, at most once a minute", async () => {
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [REFUSED, REFUSED] });
    const creates = () => bridge.devin.creates(alert.alertId).length;
    assert.equal((await send(bridge, alert)).status, 500);
    for (let i = 0; i < 3; i++) {
      const { status, json } = await send(bridge, alert);
      assert.deepEqual([status, json.details], [500, "HTTP 400: No such playbook"]);
    }
    assert.equal(creates(), 1, "not within the minute");
    await pass(bridge, 61, 61);
    assert.equal((await send(bridge, alert)).status, 500);
    assert.equal(creates(), 2);
    assert.equal((await send(bridge, alert)).status, 500);
    await pass(bridge, 61, 61);
    const { session } = await start(bridge, alert);
    assert.equal(creates(), 3);
    assert.deepEqual(bridge.devin.sessions(alert.alertId), [session]);
    assert.equal((await send(bridge, alert)).json.status, "duplicate");
  });

  test("a sender that retries succeeds as soon as Devin is well, within the window", async () => {
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [REFUSED] });
    const from = bridge.now();
    const first = await send(bridge, alert);
    assert.equal(first.status, 500);
    const { status, text } = await within(bridge, 600, "it succeeds", async () => {
      const answer = await send(bridge, alert);
      return answer.status === 200 && answer;
    }, 20);
    assert.equal(status, 200, text);
    assert.ok(bridge.now() - from < 300_000, "soon");
    assert.equal(bridge.devin.sessions(alert.alertId).length, 1);
  });

  test("a session that was made unseen is found, not made again", async () => {
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ ...REFUSED, done: true }] });
    assert.equal((await send(bridge, alert)).status, 500);
    await pass(bridge, 61, 61);
    const answer = await send(bridge, alert);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(bridge.devin.sessions(alert.alertId).length, 1);
  });

  test("a recovery does not try it again", async () => {
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [REFUSED] });
    await send(bridge, alert);
    await pass(bridge, 120, 60);
    await send(bridge, over(alert));
    await pass(bridge, 60, 20);
    assert.equal(bridge.devin.creates(alert.alertId).length, 1);
  });
});

describe("with min_occurrences = 3", async () => {
  const bridge = await routed({ min_occurrences: 3, window_seconds: 3600 });
  /** Firings are counted by service and resource, so each test has a resource of its own. */
  const often = () => newAlert({ affectedResource: randomUUID() });

  test("the same bytes within two minutes count once; later they count again", async () => {
    const alert = often();
    for (let i = 0; i < 4; i++) assert.notEqual((await send(bridge, alert)).json.status, "started");
    await pass(bridge, 121, 121);
    for (let i = 0; i < 4; i++) assert.notEqual((await send(bridge, alert)).json.status, "started");
    assert.equal(bridge.devin.creates(alert.alertId).length, 0);
    await pass(bridge, 121, 121);
    await start(bridge, alert);
  });

  test("three deliveries of one firing after a 503 count once", async () => {
    const alert = often();
    // The alarm is set first, and once it is set it stays.
    for (const operation of ["alarm", "put", "put"]) {
      await bridge.break({ [operation]: 1 });
      assert.equal((await send(bridge, alert)).status, 503);
    }
    await bridge.break({});
    await counted(bridge, alert);
    await counted(bridge, { ...alert, description: "The second" });
    await start(bridge, { ...alert, description: "The third" });
  });

  test("the same firing with other bytes counts each time", async () => {
    const alert = often();
    await counted(bridge, { ...alert, description: "One" });
    await counted(bridge, { ...alert, description: "Two" });
    await start(bridge, { ...alert, description: "Three" });
  });

  test("a redelivery of the firing that started the session gets the session", async () => {
    const alert = often();
    await counted(bridge, { ...alert, description: "One" });
    await counted(bridge, { ...alert, description: "Two" });
    const { sessionId } = await start(bridge, alert);
    const again = await send(bridge, alert);
    assert.deepEqual([again.json.status, again.json.sessionId], ["duplicate", sessionId], again.text);
  });
});

describe("a dry run", async () => {
  const bridge = await routed({ alert_name: "often", min_occurrences: 2 });
  const rehearse = (bridge, body, word) => send(bridge, body, { path: `${HOOK}?dry_run${word === undefined ? "" : `=${word}`}` });
  const nothing = (name) => assert.equal(bridge.devin.creates(name).length, 0, "a session was started");

  test("is meant by 1, true, yes, on and nothing, in capitals or not", async () => {
    for (const word of ["1", "true", "TRUE", "True", "yes", "YES", "on", "On", "", undefined]) {
      const { status, json, text } = await rehearse(bridge, newAlert({ alertName: "rehearsed" }), word);
      assert.deepEqual([status, json.status], [200, "dry_run"], `${word}: ${text}`);
    }
    nothing("rehearsed");
  });

  test("is not meant by 0, false, no and off, in capitals or not", async () => {
    for (const word of ["0", "false", "FALSE", "no", "No", "off", "OFF"]) {
      const { json, text } = await rehearse(bridge, newAlert(), word);
      assert.equal(json.status, "started", `${word}: ${text}`);
    }
  });

  test("with any other word is refused, on every hook, and starts nothing", async () => {
    for (const word of ["2", "maybe", "wahr", "tru", "1%201", "%00", "null"]) {
      const { status, json, text } = await rehearse(bridge, newAlert({ alertName: "refused" }), word);
      assert.equal(status, 400, `${word}: ${text}`);
      assert.match(`${json.error} ${json.message}`, /dry_run/);
    }
    const { id, key } = newIncident();
    const answer = await bridge.pagerduty(resolved(id), {}, "/pagerduty-resolved?dry_run=perhaps");
    assert.equal(answer.status, 400, answer.text);
    assert.equal(await bridge.record(key), undefined);
    nothing("refused");
  });

  test("of a known alert tells that it is a duplicate, and of its recovery that the session would be notified", async () => {
    const alert = newAlert();
    const { incident } = await start(bridge, alert);
    const again = await rehearse(bridge, alert, "1");
    assert.deepEqual([again.json.status, again.json.decision.action, again.json.incident], ["dry_run", "duplicate", incident], again.text);
    assert.doesNotMatch(again.json.message, /would start a session/);
    const recovered = await rehearse(bridge, over(alert), "1");
    assert.deepEqual([recovered.json.status, recovered.json.incident], ["dry_run", incident], recovered.text);
    assert.doesNotMatch(recovered.json.decision.action, /start_session|ignore|duplicate/);
    assert.doesNotMatch(recovered.json.message, /would start|nothing/);
    const record = await bridge.record(incident);
    assert.deepEqual([record.seen, record.followUps], [1, 0], "nothing was stored");
    assert.equal((await send(bridge, over(alert))).json.status, "accepted");
  });

  test("of a PagerDuty event that was taken already tells that it is a duplicate", async () => {
    const incident = newIncident();
    const body = resolved(incident.id);
    await bridge.pagerduty(body);
    await bridge.oneSession(incident);
    const answer = await bridge.pagerduty(body, {}, "/pagerduty-resolved?dry_run=1");
    assert.deepEqual([answer.json.status, answer.json.decision.action], ["dry_run", "duplicate"], answer.text);
    const note = await bridge.pagerduty(event("annotated", incident), {}, "/pagerduty-resolved?dry_run=1");
    assert.equal(note.json.incident, incident.key);
    assert.doesNotMatch(note.json.decision.action, /start_session|ignore/, note.text);
  });

  test("names the next incident when the window is over", async () => {
    const alert = newAlert();
    const { incident } = await start(bridge, alert);
    await bridge.advance(WINDOW + 60);
    const answer = await rehearse(bridge, alert, "1");
    assert.deepEqual([answer.json.decision.action, answer.json.incident], ["start_session", `${incident}.2`], answer.text);
    assert.equal((await start(bridge, alert)).incident, `${incident}.2`);
  });

  test("with min_occurrences names the key that the event has, and counts what came before", async () => {
    const alert = newAlert({ alertName: "often" });
    const rehearsed = (await rehearse(bridge, alert, "1")).json;
    assert.deepEqual([rehearsed.decision.action, rehearsed.reason], ["ignore", "occurrences"], JSON.stringify(rehearsed));
    const { incident } = (await send(bridge, { ...alert, description: "One" })).json;
    assert.equal(rehearsed.incident, incident);
    const second = (await rehearse(bridge, alert, "1")).json;
    assert.deepEqual([second.decision.action, second.incident], ["start_session", incident], JSON.stringify(second));
    assertAnswer(await send(bridge, { ...alert, affectedResource: "elsewhere" }), 200, {
      success: true,
      status: "ignored",
      reason: "occurrences",
      route: 1,
      incident: (await rehearse(bridge, { ...alert, affectedResource: "elsewhere" }, "1")).json.incident,
    });
  });
});
