// More than may be started: the rate holds, everybody has an answer and, in order, a turn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newIncident, SECRETS, startBridge, until } from "../harness.mjs";
import { admin } from "./cells.mjs";
import { keysOfSessions, mostInAMinute, storm } from "./storm.mjs";

const senderOf = (key) => key.slice(0, key.indexOf("-"));

test("a storm: 5,000 deliveries of 250 incidents at 50 connections", async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  const perMinute = 100;
  const { bridge, keys, seconds } = await storm({ deliveries: 5000, incidents: 250, connections: 50, perMinute, seed });
  t.diagnostic(`5,000 answers of 2xx in ${seconds.toFixed(0)} s, seed ${seed}`);
  await until("the queue is listed", 60, async () => (await admin(bridge, "/api/incidents?state=queued&limit=200")).incidents.length > 0);

  await until("every incident has a session", 240, () => bridge.devin.all.length >= keys.length);
  const created = keysOfSessions(bridge);
  assert.deepEqual([...created].sort(), [...keys].sort(), "one session each");
  const most = mostInAMinute(bridge);
  t.diagnostic(`${created.length} sessions, at most ${most} in any 60 s`);
  assert.ok(most <= perMinute, `${most} in 60 s`);

  // In the order in which they came, but for those that came at the same time. Each sender's for themselves: a resolved
  // incident of PagerDuty's waits ten seconds for its last words, and what is graver goes first.
  for (const sender of new Set(keys.map(senderOf))) {
    const [came, went] = [keys, created].map((all) => all.filter((key) => senderOf(key) === sender));
    const away = went.map((key, place) => Math.abs(came.indexOf(key) - place));
    const mean = away.reduce((sum, each) => sum + each, 0) / away.length;
    t.diagnostic(`${sender}: ${mean.toFixed(1)} places from its turn in the mean, ${Math.max(...away)} at most`);
    assert.ok(mean <= 25, `${sender}: ${mean} places from its turn in the mean`);
  }

  await until("the list is up to date", 60, async () => {
    const { cursor } = await admin(bridge, "/api/incidents?state=started&limit=200");
    const rest = await admin(bridge, `/api/incidents?state=started&limit=200&cursor=${cursor ?? ""}`);
    return cursor !== null && rest.incidents.length === keys.length - 200;
  });
});

test("over the day's limit: held, listed, released by a replay", async () => {
  const bridge = await startBridge({ SESSIONS_PER_DAY: "3" });
  for (let i = 0; i < 3; i++) await bridge.oneSession(await bridge.resolve());
  const held = Array.from({ length: 3 }, newIncident);
  for (const incident of held) await bridge.resolve(incident);
  for (const { key } of held) assert.equal((await bridge.settled(key)).state, "held");
  const { incidents } = await admin(bridge, "/api/incidents?state=held");
  assert.deepEqual(incidents.map(({ incident }) => incident).sort(), held.map(({ key }) => key).sort());
  assert.equal(bridge.devin.all.length, 3);

  const told = await bridge.post(
    "/api/trigger-devin",
    JSON.stringify({ alertName: "one too many", severity: 1, description: "held", alertId: "1" }),
    { "x-webhook-secret": SECRETS.WEBHOOK_SECRET },
  );
  assert.deepEqual([told.status, told.json.status], [202, "accepted"], told.text);
  assert.match(told.json.message, /held until midnight UTC/);

  const replay = () => {
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
    return bridge.post(`/api/incidents/${held[0].key}/replay`, undefined, headers);
  };
  const answers = await Promise.all(Array.from({ length: 5 }, replay));
  assert.ok(answers.some(({ status, json }) => status === 202 && json.status === "accepted"), answers[0].text);
  await bridge.oneSession(held[0]);
  assert.equal((await bridge.record(held[1].key)).state, "held");
  assert.equal(bridge.devin.all.length, 4);
});

test("a turn whose session was not created is free for the next", async () => {
  const bridge = await startBridge({ SESSIONS_PER_DAY: "2" });
  for (let i = 0; i < 4; i++) {
    const incident = newIncident();
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ status: 400, body: { detail: "No" } }] });
    await bridge.resolve(incident);
    assert.equal((await bridge.settled(incident.key)).state, "failed");
  }
  for (let i = 0; i < 2; i++) await bridge.oneSession(await bridge.resolve());
  const { state } = await bridge.settled((await bridge.resolve()).key);
  assert.equal(state, "held");
});
