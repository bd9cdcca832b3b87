// When a firing is the same incident as the last one: DEDUP_WINDOW_SECONDS, and a recovery in between.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AMPLE, SECRETS, startBridge, until } from "./harness.mjs";
import { sample } from "../scripts/samples.mjs";
import { ADMIN, assertAnswer, newAlert, rehearse, send, start } from "./alerting.mjs";

const [bridge, none] = await Promise.all([
  startBridge(AMPLE, { controlled: true }),
  startBridge({ ...AMPLE, DEDUP_WINDOW_SECONDS: "0" }),
]);
/** The window's length by default, and a little. */
const [WITHIN, AFTER] = [3500, 3700];

/** The messages of a session, once there are so many; a while later there are no more. */
async function messages(bridge, sessionId, count) {
  await until(`${count} messages`, 60, () => bridge.devin.messages(sessionId).length >= count);
  await sleep(300);
  const texts = bridge.devin.messages(sessionId).map(({ message }) => message);
  assert.equal(texts.length, count, texts.join("\n---\n"));
  return texts;
}

/** The rows of the list whose names begin like this, once there are so many and each has its session. */
const listed = (bridge, name, count) =>
  until(`${count} started incidents are listed`, 60, async () => {
    const answer = await bridge.request("/api/incidents?limit=100", { headers: ADMIN });
    const rows = JSON.parse(answer.text).incidents.filter(({ incident }) => incident.startsWith(name));
    return rows.length === count && rows.every(({ state }) => state === "started") && rows;
  });

// One after the other, because they share a clock.
describe("the window", () => {
  test("of an hour reaches from one firing to the next, however many there are; after it the alert is a new incident", async () => {
    const alert = newAlert();
    const first = await start(bridge, alert);
    for (let seen = 2; seen <= 3; seen++) {
      await bridge.advance(WITHIN); // the second repeat comes more than the window after the first
      const answer = await send(bridge, alert);
      const { incident, sessionId, sessionUrl } = first;
      assertAnswer(answer, 200, { success: true, status: "duplicate", incident, sessionId, sessionUrl });
      assert.equal((await bridge.record(incident)).seen, seen);
    }
    await bridge.advance(AFTER);
    const second = await start(bridge, alert);
    assert.equal(second.incident, `${first.incident}.2`);
    assert.notEqual(second.sessionId, first.sessionId);
    assert.equal((await bridge.record(second.incident)).seen, 1);
    const repeat = await send(bridge, alert);
    assert.deepEqual([repeat.json.status, repeat.json.sessionId], ["duplicate", second.sessionId], repeat.text);
    assert.equal(bridge.devin.creates(alert.alertId).length, 2);
  });

  test("both incidents are listed, each with its own session", async () => {
    const alert = newAlert();
    const first = await start(bridge, alert);
    await bridge.advance(AFTER);
    const second = await start(bridge, alert);
    const rows = await listed(bridge, first.incident, 2);
    assert.deepEqual(
      rows.map(({ incident, sessionId }) => [incident, sessionId]),
      [second, first].map(({ incident, sessionId }) => [incident, sessionId]),
    );
  });

  test("each of them can be looked up by its name", async () => {
    const alert = newAlert();
    const first = await start(bridge, alert);
    await bridge.advance(AFTER);
    const second = await start(bridge, alert);
    const latest = await bridge.record(second.incident);
    assert.deepEqual([latest.incident, latest.sessionId], [second.incident, second.sessionId]);
    const earlier = await bridge.record(first.incident);
    assert.deepEqual([earlier?.incident, earlier?.sessionId], [first.incident, first.sessionId], "another incident's record");
  });

  test("of no length: every firing is an incident of its own", async () => {
    const alert = newAlert();
    const names = [];
    for (let i = 0; i < 3; i++) {
      names.push((await start(none, alert)).incident);
      await sleep(20);
    }
    assert.deepEqual(names, [names[0], `${names[0]}.2`, `${names[0]}.3`]);
    await listed(none, names[0], 3);
  });

  test("an incident without a session yet is never followed by a second one", async () => {
    const alert = newAlert();
    none.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 429, body: {} }, { delayMs: 500 }] });
    const first = send(none, alert);
    await until("Devin is asked", 60, () => none.devin.creates(alert.alertId).length === 1);
    const second = await send(none, alert);
    assert.equal(second.json.status, "duplicate", second.text);
    assert.equal((await first).json.sessionId, second.json.sessionId);
    assert.equal(none.devin.sessions(alert.alertId).length, 1);
  });

  test("after a refusal by Devin, the alert is tried anew when the window is over", async () => {
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 400, body: { detail: "no such playbook" } }] });
    const refused = await send(bridge, alert);
    assert.deepEqual([refused.status, refused.json.details], [500, "HTTP 400: no such playbook"], refused.text);
    await bridge.advance(AFTER);
    const { incident } = await start(bridge, alert);
    assert.equal(incident, `${refused.json.incident}.2`);
  });
});

const generic = newAlert({ alertId: undefined });
const firing = {
  "the generic alert": ["/hooks/alert", (id) => ({ ...generic, alertId: id }), (id) => ({ ...generic, alertId: id, status: "resolved" })],
  "Azure Monitor": ["/hooks/azure-monitor", (id) => sample("azure-metric-fired", id).body, (id) => sample("azure-metric-resolved", id).body],
  Kibana: ["/hooks/kibana", (id) => sample("kibana-recommended", id).body, (id) => sample("kibana-recovered", id).body],
};

describe("a recovery", { concurrency: true }, () => {
  for (const [sender, [path, fired, recovered]] of Object.entries(firing)) {
    describe(sender, { concurrency: true }, () => {
      const newId = () => newAlert().alertId;

      test("without a session it is ignored, and leaves only its line", async () => {
        const id = newId();
        const { incident } = await rehearse(bridge, fired(id), { path });
        const answer = await send(bridge, recovered(id), { path });
        const { message } = assertAnswer(answer, 200, { success: true, status: "ignored", reason: "recovered", incident });
        assert.equal(message, "The alert recovered, and there is no session to notify.");
        await bridge.onlyIgnored(incident);
        assert.equal(bridge.devin.creates(id).length, 0);
      });

      test("a session gets one short message, once", async () => {
        const id = newId();
        const { incident, sessionId, sessionUrl } = await start(bridge, fired(id), { path });
        const answer = await send(bridge, recovered(id), { path });
        const { message } = assertAnswer(answer, 202, { success: true, status: "accepted", incident, sessionId, sessionUrl });
        assert.equal(message, "Stored; the incident's session gets a message.");

        const again = await send(bridge, recovered(id), { path });
        assertAnswer(again, 200, { success: true, status: "duplicate", incident, sessionId, sessionUrl });
        const [text] = await messages(bridge, sessionId, 1);
        assert.match(text, /^The alert you are working on has recovered\.$/m);
        assert.ok(text.length < 2000, `${text.length} characters`);
        assert.equal(bridge.devin.creates(id).length, 1);
        assert.equal((await bridge.record(incident)).seen, 3);
      });

      test("begins the window anew: the next firing in it is the same incident, and its session will hear of it", async () => {
        const id = newId();
        const { incident, sessionId } = await start(bridge, fired(id), { path });
        await send(bridge, recovered(id), { path });
        await messages(bridge, sessionId, 1);
        const again = await send(bridge, fired(id), { path });
        assert.deepEqual([again.json.status, again.json.incident, again.json.sessionId], ["accepted", incident, sessionId], again.text);
        assert.equal((await bridge.record(incident)).followUps, 1);
        assert.equal(bridge.devin.creates(id).length, 1);
      });

      test("while the session is on its way, it is notified when it exists", async () => {
        const id = newId();
        bridge.devin.script({ call: "create", match: id, replies: [{ delayMs: 1000 }] });
        const first = send(bridge, fired(id), { path });
        await until("Devin is asked", 60, () => bridge.devin.creates(id).length === 1);
        const answer = await send(bridge, recovered(id), { path });
        assert.equal(answer.json.success, true, answer.text);
        const { sessionId } = (await first).json;
        await messages(bridge, sessionId, 1);
        assert.equal(bridge.devin.creates(id).length, 1);
      });

      test("and the next firing right behind it: one incident, one session, and how it stands in the end", async () => {
        const id = newId();
        const { incident } = await start(bridge, fired(id), { path });
        const [over, second] = await Promise.all([
          send(bridge, recovered(id), { path }),
          sleep(30).then(() => send(bridge, fired(id), { path })),
        ]);
        assert.equal(over.json.success, true, over.text);
        assert.deepEqual([second.json.success, second.json.incident], [true, incident], second.text);
        // Of the recovery's message, where it is on its way already, and of the firing that came behind it.
        const { followUps } = await bridge.record(incident);
        assert.ok(followUps <= 2, String(followUps));
        assert.equal(bridge.devin.creates(id).length, 1);
      });
    });
  }
});

for (const word of ["resolved", "Resolved", "recovered", "ok", "OK", "closed", "cleared", "normal"]) {
  test(`status ${word} is a recovery`, async () => {
    const answer = await send(bridge, newAlert({ status: word }));
    assert.deepEqual([answer.json.status, answer.json.reason], ["ignored", "recovered"], answer.text);
  });
}

test("a status nobody has heard of fires", async () => {
  for (const status of ["firing", "ALARM", "degraded", "unresolved", "not ok", ""]) {
    const { prompt } = await rehearse(bridge, newAlert({ status }));
    if (status) assert.ok(prompt.includes(`- **Status**: ${status}`), prompt);
  }
});

test("the admin's token is the only one that reads records", async () => {
  const { incident } = await start(bridge, newAlert());
  for (const authorization of ["", `Bearer ${SECRETS.WEBHOOK_SECRET}`]) {
    assert.equal((await bridge.request(`/api/incidents/${incident}`, { headers: { authorization } })).status, 401);
  }
});
