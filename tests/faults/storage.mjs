// Storage that fails: no session is lost or made twice by it, and nothing that could not be stored is called stored.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AMPLE, newIncident, resolved, SECRETS, startBridge, until } from "../harness.mjs";
import { admin } from "./cells.mjs";

const ALWAYS = 1e9;

/** A bridge whose storage fails on demand. */
const faultyBridge = (options) => startBridge(AMPLE, { controlled: true, ...options });

async function ledgerFails(operation) {
  const bridge = await faultyBridge();
  await bridge.break({ [operation]: ALWAYS });
  const incident = newIncident();
  const body = resolved(incident.id);
  assert.equal((await bridge.pagerduty(body)).json.status, "accepted");
  const { record } = await bridge.oneSession(incident);
  for (let i = 0; i < 3; i++) {
    const repeat = await bridge.pagerduty(body);
    assert.deepEqual([repeat.json.status, repeat.json.sessionId], ["duplicate", record.sessionId], repeat.text);
  }
  assert.ok((await bridge.break({}))[operation] < ALWAYS, "it failed");
  await until("the list is fixed", 60, async () => {
    const { incidents } = await admin(bridge, "/api/incidents?state=started");
    return incidents.length === 1 && incidents[0].seen === 4;
  });
  assert.equal(bridge.devin.creates(incident.id).length, 1);
}

async function notStored(operation) {
  const bridge = await faultyBridge();
  const incident = newIncident();
  const body = resolved(incident.id);
  await bridge.break({ [operation]: 1 });
  const refused = await bridge.pagerduty(body);
  assert.equal(refused.status, 503, refused.text);
  const again = await bridge.pagerduty(body);
  assert.ok(again.status < 300, again.text);
  await bridge.oneSession(incident);
  assert.equal(bridge.devin.creates(incident.id).length, 1);
}

/** Each case by its name. */
export const cases = {
  "the dedup cache can't be read: one session, repeats are known": () => ledgerFails("read"),
  "the dedup cache can't be written: one session, repeats are known, the list is fixed": () => ledgerFails("write"),

  async "there is no dedup cache: one session, repeats are known"() {
    const bridge = await faultyBridge({ without: ["INCIDENTS"] });
    const incident = newIncident();
    const body = resolved(incident.id);
    assert.equal((await bridge.pagerduty(body)).json.status, "accepted");
    const { record } = await bridge.oneSession(incident);
    const repeat = await bridge.pagerduty(body);
    assert.deepEqual([repeat.json.status, repeat.json.sessionId], ["duplicate", record.sessionId], repeat.text);
    await bridge.quiet();
    assert.equal(bridge.devin.creates(incident.id).length, 1);
  },

  "the object can't be reached: 503, and the next delivery is accepted": () => notStored("incident"),
  "the object can't write: 503, and the next delivery is accepted": () => notStored("put"),
  "the object can't read: 503, and the next delivery is accepted": () => notStored("get"),
  "the object can't set its alarm: 503, and the next delivery is accepted": () => notStored("alarm"),

  async "the binding of the objects is missing: 503"() {
    const bridge = await faultyBridge({ without: ["INCIDENT"] });
    const refused = await bridge.pagerduty(resolved(newIncident().id));
    assert.equal(refused.status, 503, refused.text);
    const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
    const alert = JSON.stringify({ alertName: "a", severity: 1, description: "b" });
    assert.equal((await bridge.post("/api/trigger-devin", alert, headers)).status, 503);
    assert.equal(bridge.devin.requests.length, 0);
  },

  async "writes fail at all moments of an incident's life: what was accepted has its one session"() {
    const bridge = await faultyBridge();
    const incidents = Array.from({ length: 40 }, newIncident);
    const accepted = new Set();
    let failures = 0;
    for (const [index, incident] of incidents.entries()) {
      const body = resolved(incident.id);
      const told = bridge.pagerduty(body);
      await sleep((index % 10) * 4);
      const wanted = 1 + (index % 3);
      await bridge.break({ put: wanted });
      const answers = [await told, await bridge.pagerduty(body)];
      if (answers.some(({ status }) => status < 300)) accepted.add(incident);
      await sleep(100);
      failures += wanted - (await bridge.break({})).put;
    }
    assert.ok(failures > 20 && accepted.size > 20, `${failures} failures, ${accepted.size} accepted`);
    for (const incident of accepted) await bridge.oneSession(incident, 90);
    for (const { id } of incidents) assert.ok(bridge.devin.sessions(id).length <= 1, id);
  },

  // Longer than the runtime tries an alarm again that failed: six times in about two minutes.
  async "the object can't write for three minutes: its work goes on by itself"() {
    const bridge = await faultyBridge();
    // The first write of the alarm is to fail, so it waits for its turn until then.
    await bridge.break({ register: ALWAYS });
    const incident = await bridge.resolve();
    await bridge.break({ put: ALWAYS });
    await sleep(180_000);
    const { put } = await bridge.break({});
    assert.ok(put < ALWAYS, "it failed");
    await bridge.oneSession(incident, 120);
  },

  async "the register can't be reached: events are accepted, and their sessions made when it is back"() {
    const bridge = await faultyBridge();
    await bridge.break({ register: ALWAYS });
    const incident = await bridge.resolve();
    await sleep(3000);
    assert.equal(bridge.devin.creates(incident.id).length, 0, "no session without a turn");
    assert.equal((await bridge.record(incident.key)).state, "waiting");
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
    assert.equal((await bridge.request("/api/incidents", { headers })).status, 503);
    await bridge.break({});
    await bridge.oneSession(incident, 60);
    const listed = async () => (await admin(bridge, "/api/incidents?state=started")).incidents.length === 1;
    await until("the list is fixed", 60, listed);
  },

  async "the list's own storage fails: every incident has its session"() {
    const bridge = await faultyBridge();
    const incidents = Array.from({ length: 10 }, newIncident);
    for (const incident of incidents) {
      await bridge.break({ sql: 1 });
      await bridge.resolve(incident);
      await until("it failed", 60, async () => (await bridge.break({ sql: 1 })).sql === 0);
    }
    await bridge.break({});
    for (const incident of incidents) await bridge.oneSession(incident, 60);
  },
};
