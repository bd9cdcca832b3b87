// Too much at once: many deliveries of few incidents, in random order.
import assert from "node:assert/strict";
import { AMPLE, newIncident, resolved, SECRETS, startBridge } from "../harness.mjs";
import { seeded, shuffled } from "../crash/chance.mjs";

/**
 * Sends `deliveries` of `incidents`, over so many `connections`, to a bridge that may start `perMinute` sessions. Gives
 * the bridge, its answers, and the incidents' keys in the order of their first answers.
 */
export async function storm({ deliveries, incidents, connections, perMinute, seed }) {
  const bridge = await startBridge({ ...AMPLE, SESSIONS_PER_MINUTE: String(perMinute) });
  const senders = Array.from({ length: incidents }, (_, index) => sender(bridge, index));
  const all = Array.from({ length: deliveries }, (_, index) => senders[index % incidents]);
  const left = shuffled(all, seeded(seed)).values();

  const start = performance.now();
  const answers = [];
  const keys = new Set();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const { key, deliver } of left) {
        answers.push(await deliver());
        keys.add(key);
      }
    }),
  );
  assert.equal(answers.length, deliveries);
  const refused = answers.find(({ status }) => status < 200 || status > 299);
  assert.equal(refused, undefined, refused?.text);
  const queued = answers.filter(({ json }) => /queued behind \d+/.test(json.message));
  assert.ok(queued.every(({ status, json }) => status === 202 && json.status === "accepted"));
  return { bridge, keys: [...keys], seconds: (performance.now() - start) / 1000, anotherAlert: () => sender(bridge, 0).deliver() };
}

/** Every fifth incident is an alert, whose sender waits and so hears of the queue. */
function sender(bridge, index) {
  const { id, key } = newIncident();
  if (index % 5 > 0) {
    const body = resolved(id);
    return { key, deliver: () => bridge.pagerduty(body) };
  }
  const body = JSON.stringify({ alertName: "storm", severity: 1, description: "too much", alertId: id });
  const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
  return { key: `alert-${id}`, deliver: () => bridge.post("/api/trigger-devin", body, headers) };
}

/** The incidents' keys of Devin's sessions, in the order of their creation. */
export function keysOfSessions({ devin }) {
  return devin.all.map(({ tags }) => tags.find((tag) => tag.startsWith("incident:")).slice("incident:".length));
}

/** The most sessions that were created within any 60 s. */
export function mostInAMinute({ devin }) {
  const times = devin.all.map(({ createdMs }) => createdMs);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
}
