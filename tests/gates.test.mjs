// What keeps a session from starting: that the incident is over.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newAlert, send, start } from "./alerting.mjs";
import { controlled, metric, within } from "./exact.mjs";
import { until } from "./harness.mjs";

const resolvedAlert = (alert) => ({ ...alert, status: "resolved" });

describe("nothing is spent on what is over", { concurrency: true }, () => {
  test("50 are held, 49 recover, the budget opens: one session", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1", WAIT_SECONDS: "0" });
    await send(bridge, newAlert());
    await until("today's session", 60, () => bridge.devin.all.length === 1);
    const alerts = Array.from({ length: 50 }, () => newAlert());
    const keys = [];
    for (const alert of alerts) keys.push((await send(bridge, alert)).json.incident);
    for (const key of keys) assert.equal((await bridge.settled(key)).state, "held");
    for (const [index, alert] of alerts.entries()) {
      if (index === 17) continue;
      const { status, json } = await send(bridge, resolvedAlert(alert));
      assert.deepEqual([status, json.status, json.reason], [200, "ignored", "recovered_first"], json.message);
    }
    await bridge.advanceToMidnight();
    await within(bridge, 300, "its session", () => bridge.devin.all.length === 2, 5);
    await bridge.quiet(3600);
    await bridge.advanceToMidnight();
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, 2);
    assert.ok(bridge.devin.all[1].tags.includes(`incident:${keys[17]}`), bridge.devin.all[1].tags.join());
    const { state, reason, sessionId } = await bridge.record(keys[18]);
    assert.deepEqual([state, reason, sessionId], ["ignored", "recovered_first", null]);
    assert.deepEqual([await metric(bridge, 'incidents{state="held"}'), await metric(bridge, "queue_length")], [0, 0]);
  });

  test("what fires again starts a session after all, which hears of both", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1", WAIT_SECONDS: "0" });
    await send(bridge, newAlert());
    await until("today's session", 60, () => bridge.devin.all.length === 1);
    const alert = newAlert();
    const { incident } = (await send(bridge, alert)).json;
    assert.equal((await bridge.settled(incident)).state, "held");
    assert.equal((await send(bridge, resolvedAlert(alert))).json.reason, "recovered_first");
    const again = await send(bridge, alert);
    assert.deepEqual([again.json.status, again.json.incident], ["accepted", incident], again.text);
    await bridge.advanceToMidnight();
    await within(bridge, 300, "its session", () => bridge.devin.all.length === 2, 5);
    assert.match(bridge.devin.creates(incident).at(-1).body.prompt, /fires again, episode 2/);
  });

  test("a create that is under way is not cut off, but its session hears of the recovery", async () => {
    const bridge = await controlled({ WAIT_SECONDS: "0" });
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ delayMs: 1500 }] });
    await send(bridge, alert);
    await until("Devin is asked", 60, () => bridge.devin.creates(alert.alertId).length === 1);
    const over = await send(bridge, resolvedAlert(alert));
    assert.deepEqual([over.status, over.json.status], [202, "accepted"], over.text);
    await within(bridge, 120, "the message", () => bridge.devin.all[0]?.messages.length === 1, 5);
    assert.equal(bridge.devin.all.length, 1);
  });
});
