// Too much at once: the rate holds, everybody has an answer and a turn, in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newIncident, resolved, SECRETS, startBridge, until } from "../harness.mjs";
import { admin } from "./cells.mjs";
import { shuffled, seeded } from "../crash/chance.mjs";

const DELIVERIES = 5000;
const INCIDENTS = 250;
const CONNECTIONS = 50;
const PER_MINUTE = 100;

test(`a storm: ${DELIVERIES} deliveries of ${INCIDENTS} incidents at ${CONNECTIONS} connections`, async (t) => {
  const bridge = await startBridge({ SESSIONS_PER_MINUTE: String(PER_MINUTE) });
  // Every fifth is an alert, whose sender waits and so hears of the queue.
  const incidents = Array.from({ length: INCIDENTS }, (_, index) => {
    const { id, key } = newIncident();
    if (index % 5 > 0) {
      const body = resolved(id);
      return { key, deliver: () => bridge.pagerduty(body) };
    }
    const body = JSON.stringify({ alertName: "storm", severity: 1, description: "too much", alertId: id });
    const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
    return { key: `alert-${id}`, deliver: () => bridge.post("/api/trigger-devin", body, headers) };
  });
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  t.diagnostic(`seed ${seed}`);
  const deliveries = shuffled(
    Array.from({ length: DELIVERIES }, (_, index) => incidents[index % INCIDENTS]),
    seeded(seed),
  );

  const start = performance.now();
  const answers = [];
  const first = new Map();
  const left = deliveries.values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const incident of left) {
        const answer = await incident.deliver();
        answers.push(answer);
        if (!first.has(incident.key)) first.set(incident.key, first.size);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  t.diagnostic(`${answers.length} answers in ${seconds.toFixed(0)} s, ${(answers.length / seconds).toFixed(0)} a second`);
  assert.equal(answers.length, DELIVERIES);
  assert.ok(answers.every(({ status }) => status >= 200 && status < 300));

  const queued = answers.filter(({ json }) => /queued behind \d+/.test(json.message));
  assert.ok(queued.length > 0, "somebody is told of the queue");
  assert.ok(queued.every(({ status, json }) => status === 202 && json.status === "accepted"));
  const listed = await admin(bridge, "/api/incidents?state=queued&limit=200");
  assert.ok(listed.incidents.length > 0, "the queue is listed");

  const sessions = () => bridge.devin.all;
  await until("every incident has a session", 240, () => sessions().length >= INCIDENTS);
  const keys = sessions().map(({ tags }) => tags.find((tag) => tag.startsWith("incident:")).slice("incident:".length));
  assert.deepEqual([...keys].sort(), incidents.map(({ key }) => key).sort(), "one session each");

  const times = sessions().map(({ createdMs }) => createdMs);
  const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
  t.diagnostic(`${sessions().length} sessions, at most ${most} in any 60 s`);
  assert.ok(most <= PER_MINUTE, `${most} in 60 s`);

  // In the order in which they came, but for those that came at the same time.
  const away = keys.map((key, place) => Math.abs(first.get(key) - place));
  const mean = away.reduce((sum, each) => sum + each, 0) / away.length;
  t.diagnostic(`from its place in the order: ${mean.toFixed(1)} places in the mean, ${Math.max(...away)} at most`);
  assert.ok(mean <= 25 && Math.max(...away) <= 100, `${mean} in the mean, ${Math.max(...away)} at most`);

  const settled = await until("the list is up to date", 30, async () => {
    const { incidents } = await admin(bridge, "/api/incidents?state=started&limit=200");
    return incidents.length === 200 && incidents;
  });
  assert.ok(settled.every(({ error }) => error === null));
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

  const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
  const replayed = await bridge.post(`/api/incidents/${held[0].key}/replay`, undefined, headers);
  assert.deepEqual([replayed.status, replayed.json.status], [202, "accepted"], replayed.text);
  await until("the released one has its session", 20, () => bridge.devin.sessions(held[0].id).length === 1);
  assert.equal((await bridge.record(held[0].key)).state, "started");
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
