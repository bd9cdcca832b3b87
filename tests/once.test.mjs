// One session for an incident: whatever is repeated, sent at once, or interrupted by the death of the process.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { miniflare } from "../scripts/miniflare.mjs";
import { AMPLE, newIncident, resolved, SECRETS, startBridge, until } from "./harness.mjs";

const bridge = await startBridge(AMPLE, { controlled: true });
const { devin } = bridge;

/** The dedup cache is written after the session is recorded. */
const written = (bridge) =>
  until("the dedup cache is written", 60, async () => (await bridge.calls()).some(({ operation }) => operation === "write"));

test("100 simultaneous deliveries make one session", async () => {
  const incident = newIncident();
  const body = resolved(incident.id);
  const answers = await Promise.all(Array.from({ length: 100 }, () => bridge.pagerduty(body)));

  const statuses = answers.map(({ json }) => json.status);
  assert.equal(statuses.filter((status) => status === "accepted").length, 1, statuses.join());
  assert.equal(statuses.filter((status) => status === "duplicate").length, 99, statuses.join());
  assert.ok(answers.every(({ json }) => json.incident === incident.key));

  await bridge.oneSession(incident);
  await bridge.quiet();
  assert.equal(devin.creates(incident.id).length, 1);
});

test("an incident that waits for its last words is on the list meanwhile", async () => {
  const incident = newIncident();
  assert.equal((await bridge.pagerduty(resolved(incident.id))).json.status, "accepted");
  // What the isolate has counted goes to the register after two seconds, and the line with it.
  await bridge.advance(2);
  const line = await until("it is on the list", 30, async () => {
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
    return JSON.parse((await bridge.request(`/api/incidents?q=${incident.key}`, { headers })).text).incidents[0];
  });
  assert.deepEqual([line.incident, line.state, line.seen], [incident.key, "waiting", 1]);
  assert.ok(line.waitingSince && line.nextAttempt, JSON.stringify(line));
  assert.equal(devin.creates(incident.id).length, 0);

  await bridge.advance(8);
  await bridge.oneSession(incident);
});

test("a redelivery with another X-Webhook-Id is the same incident", async () => {
  const incident = newIncident();
  const body = resolved(incident.id);
  assert.equal((await bridge.pagerduty(body, { "x-webhook-id": "first" })).json.status, "accepted");
  assert.equal((await bridge.pagerduty(body, { "x-webhook-id": "second" })).json.status, "duplicate");
  const { record } = await bridge.oneSession(incident);

  const late = await bridge.pagerduty(body, { "x-webhook-id": "third" });
  assert.equal(late.status, 200);
  assert.equal(late.json.status, "duplicate");
  assert.equal(late.json.sessionId, record.sessionId);
  assert.equal(late.json.sessionUrl, record.sessionUrl);
  assert.equal(devin.creates(incident.id).length, 1);
});

test("the same X-Webhook-Id does not make two incidents one", async () => {
  const incidents = [newIncident(), newIncident()];
  for (const { id } of incidents) {
    const answer = await bridge.pagerduty(resolved(id), { "x-webhook-id": "the-same" });
    assert.equal(answer.json.status, "accepted", answer.text);
  }
  for (const incident of incidents) await bridge.oneSession(incident);
});

test("after a trap of the WASM a new instance goes on, and the objects with it", async () => {
  const incident = newIncident();
  assert.equal((await bridge.pagerduty(resolved(incident.id))).json.status, "accepted");
  // What is under way when it traps is the runtime's to do again.
  await bridge.quiet();
  await bridge.trap();
  const answers = await Promise.all([bridge.pagerduty(resolved(incident.id)), bridge.pagerduty(resolved(incident.id))]);
  assert.deepEqual(answers.map(({ json }) => json.status), ["duplicate", "duplicate"]);
  assert.ok(bridge.logs.some(({ message }) => String(message).includes("Reinitializing")));
  await bridge.quiet();
  await bridge.trap();
  await bridge.oneSession(incident);
});

test("many incidents at once have a session each", async () => {
  const incidents = Array.from({ length: 20 }, newIncident);
  await Promise.all(incidents.flatMap(({ id }) => Array.from({ length: 5 }, () => bridge.pagerduty(resolved(id)))));
  for (const incident of incidents) await bridge.oneSession(incident);
  for (const { id } of incidents) assert.equal(devin.creates(id).length, 1);
});

test("after a restart the incident is still known", async () => {
  const bridge = await startBridge();
  const incident = await bridge.resolve();
  const { record } = await bridge.oneSession(incident);
  await bridge.stop();
  await bridge.start();
  const repeat = await bridge.pagerduty(resolved(incident.id));
  assert.deepEqual([repeat.json.status, repeat.json.sessionId], ["duplicate", record.sessionId], repeat.text);
});

test("the dedup cache alone answers a redelivery, without the incident's object", async () => {
  const bridge = await startBridge({}, { controlled: true });
  const incident = newIncident();
  const body = resolved(incident.id);
  await bridge.pagerduty(body);
  const { record } = await bridge.oneSession(incident);
  await written(bridge);
  await bridge.stop();
  rmSync(join(bridge.persistTo, "do"), { recursive: true });
  await bridge.start();
  const repeat = await bridge.pagerduty(body);
  assert.deepEqual([repeat.json.status, repeat.json.sessionId], ["duplicate", record.sessionId], repeat.text);
  assert.equal(bridge.devin.creates(incident.id).length, 1);
});

test("the dedup cache forgets an incident after RETENTION_DAYS", async () => {
  const bridge = await startBridge({ RETENTION_DAYS: "7" }, { controlled: true });
  const incident = await bridge.resolve();
  await bridge.oneSession(incident);
  await written(bridge);
  await bridge.stop();
  const storage = miniflare({
    config: { name: "reader", compatibility_date: "2026-04-01", kv_namespaces: [{ binding: "INCIDENTS" }] },
    modules: { "reader.js": "export default {}" },
    persistTo: bridge.persistTo,
  });
  const { keys } = await (await storage.getKVNamespace("INCIDENTS")).list();
  await storage.dispose();
  assert.equal(keys.length, 1);
  assert.ok(keys[0].name.includes(incident.key), keys[0].name);
  const days = (keys[0].expiration - Date.now() / 1000) / 86_400;
  assert.ok(days > 6.9 && days <= 7, `${days} days`);
});

test("an entry of the dedup cache that speaks of another incident answers nothing", async () => {
  const bridge = await startBridge(AMPLE);
  const incident = newIncident();
  const body = resolved(incident.id);
  await bridge.stop();
  const storage = miniflare({
    config: { name: "writer", compatibility_date: "2026-04-01", kv_namespaces: [{ binding: "INCIDENTS" }] },
    modules: { "writer.js": "export default {}" },
    persistTo: bridge.persistTo,
  });
  const session = { id: "devin-other", url: "https://app.devin.ai/sessions/other" };
  const entry = { incident: "pagerduty-QOTHER", session, events: [body.event.id] };
  await (await storage.getKVNamespace("INCIDENTS")).put(incident.key, JSON.stringify(entry));
  await storage.dispose();
  await bridge.start();
  const answer = await bridge.pagerduty(body);
  assert.deepEqual([answer.status, answer.json.status, answer.json.incident], [202, "accepted", incident.key], answer.text);
  await bridge.oneSession(incident);
});

test("killed right after the 202: the session is made after the restart", async () => {
  const bridge = await startBridge();
  const incidents = [];
  for (let i = 0; i < 5; i++) {
    incidents.push(await bridge.resolve());
    await bridge.kill();
    await bridge.start();
  }
  for (const incident of incidents) await bridge.oneSession(incident);
});

test("killed while Devin has the request and has done nothing: one session after the restart", async () => {
  const bridge = await startBridge();
  const incident = newIncident();
  bridge.devin.script({ call: "create", match: incident.id, replies: [{ delayMs: 120_000, cut: "before-read" }] });
  await bridge.resolve(incident);
  await until("Devin is asked", 60, () => bridge.devin.creates(incident.id).length === 1);
  assert.equal(bridge.devin.sessions(incident.id).length, 0);
  await bridge.kill();
  await bridge.start();
  await bridge.oneSession(incident);
});

test("killed after Devin made the session, before it answered: that session is found", async () => {
  const bridge = await startBridge({}, { controlled: true });
  const incident = newIncident();
  bridge.devin.script({ call: "create", match: incident.id, replies: [{ done: true, delayMs: 120_000 }] });
  await bridge.resolve(incident);
  await until("Devin has made the session", 60, () => bridge.devin.sessions(incident.id).length === 1);
  await bridge.kill();
  await bridge.start();
  await bridge.oneSession(incident);
  await bridge.quiet();
  assert.equal(bridge.devin.creates(incident.id).length, 1);
});
