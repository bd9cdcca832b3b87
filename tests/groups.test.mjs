// Groups: a route's group_by makes one incident of many alerts. One outage, one session, and nobody in it unnamed.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { AMPLE, startBridge, until } from "./harness.mjs";
import { ADMIN, BEARER, send } from "./alerting.mjs";

const ROUTES = [
  { "label.node": "patient-*", group_by: ["label.node"], group_wait_seconds: 60 },
  { group_by: ["label.node"], title: "{{title}}" },
];
const bridge = await startBridge({ ...AMPLE, ROUTES }, { controlled: true });

/** So many alerts of a node, each with a name of its own. */
const alerts = (node, count, severity = "warning") =>
  Array.from({ length: count }, (_, n) => ({
    labels: { alertname: `Alert${String(n).padStart(3, "0")}`, node, service: `service-${n % 7}`, severity },
    fingerprint: `${node}-${n}`,
    startsAt: new Date(bridge.now() - 60_000 + n).toISOString(),
  }));

/** Delivers alerts in one body, as Alertmanager does; what became of each. */
async function deliver(alerts, status = "firing") {
  const endsAt = status === "firing" ? "0001-01-01T00:00:00Z" : new Date(bridge.now()).toISOString();
  const body = {
    version: "4", status, receiver: "devin", groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: "",
    alerts: alerts.map((alert) => ({
      status, annotations: { summary: "It fails" }, endsAt, generatorURL: `https://prometheus.example/${alert.fingerprint}`, ...alert,
    })),
  };
  const answer = await bridge.post("/hooks/alertmanager", JSON.stringify(body), BEARER);
  assert.ok([200, 202].includes(answer.status), answer.text);
  return answer.json.results ?? [answer.json];
}

async function list(query) {
  const answer = await bridge.request(`/api/incidents?${query}`, { headers: ADMIN });
  return JSON.parse(answer.text).incidents;
}

/** The list's rows of these words, once there is one that fits. */
const listed = (words, fits) =>
  until(`${words} is listed`, 60, async () => {
    const rows = await list(`q=${words}`);
    return rows.length > 0 && fits(rows[0]) && rows;
  });

/** Everything the session of an incident was told: its prompt and its messages. */
function told(sessionId) {
  const [session] = bridge.devin.sessions(sessionId);
  return [session.prompt, ...bridge.devin.messages(sessionId).map(({ message }) => message)];
}

const shuffled = (items) => items.map((item) => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
const named = (text, count) => Array.from({ length: count }, (_, n) => text.includes(`Alert${String(n).padStart(3, "0")}`)).filter(Boolean).length;

// One after the other, because they share a clock.
describe("a group", () => {
  test("of forty alerts, each twice and shuffled, while the runtime is killed twice, is one session that names all", async () => {
    const [one, other] = [`patient-${randomUUID()}`, `patient-${randomUUID()}`];
    const parts = shuffled([...alerts(one, 40), ...alerts(one, 40), ...alerts(other, 3), ...alerts(other, 3)]);
    const incidents = new Set();
    for (let at = 0; at < parts.length; at += 11) {
      if (at === 22 || at === 55) {
        await bridge.kill();
        await bridge.start();
      }
      for (const { incident, group } of await deliver(parts.slice(at, at + 11))) {
        incidents.add(incident);
        assert.match(group, /^label\.node=patient-/);
      }
    }
    assert.equal(incidents.size, 2);
    assert.deepEqual(bridge.devin.all, [], "it waits for the others");
    await bridge.advance(61);
    const rows = await listed(one, ({ state }) => state === "started");
    assert.deepEqual([rows.length, rows[0].alertCount, rows[0].alerts.length], [1, 40, 40]);
    assert.match(rows[0].incident, /^group-h[0-9a-f]{32}$/);
    await listed(other, ({ state }) => state === "started");
    assert.equal(bridge.devin.all.length, 2, "two nodes, two sessions");
    const texts = told(rows[0].sessionId);
    assert.ok(texts.length <= 4, `${texts.length - 1} messages`);
    assert.equal(named(texts[0], 40), 40, texts[0]);
    assert.match(bridge.devin.sessions(rows[0].sessionId)[0].title, /^Triage: Alert\d{3} and 39 more$/);
    for (const alert of ["Alert039", `${one}-39`]) {
      assert.ok((await list(`q=${alert}`)).some(({ incident }) => incident === rows[0].incident), `q=${alert}`);
    }
    const page = await bridge.request(`/incidents/${rows[0].incident}`, { headers: ADMIN });
    assert.equal(named(page.text, 40), 40);
  });

  test("tells its session of those that join and recover in a message a minute, and is over when all are", async () => {
    const node = `node-${randomUUID()}`;
    const all = alerts(node, 30);
    const [first] = await deliver(all.slice(0, 1));
    const started = await listed(node, ({ state }) => state === "started");
    for (const alert of all.slice(1)) await deliver([alert]);
    await deliver(all.slice(0, 10), "resolved");
    const { sessionId } = started[0];
    await bridge.advance(61);
    await until("the message", 60, () => told(sessionId).length === 2);
    assert.equal(named(told(sessionId)[1], 30), 30, told(sessionId)[1]);
    assert.match(told(sessionId)[1], /fired at .*, recovered at .*: Alert009/);
    await deliver(all.slice(10), "resolved");
    await bridge.advance(61);
    await until("the recovery", 60, () => told(sessionId).length === 3);
    assert.match(told(sessionId)[2], /^All alerts of the incident you are working on have recovered\./);
    const record = await bridge.record(first.incident);
    assert.ok(record.alerts.every(({ state }) => state === "recovered"), JSON.stringify(record.alerts));
    const [again] = await deliver(alerts(node, 1));
    assert.deepEqual([again.incident, again.status], [first.incident, "accepted"], "within the window it is the same");
    await bridge.advance(3_700);
    const [next] = await deliver([{ ...all[7], startsAt: new Date(bridge.now()).toISOString() }]);
    assert.equal(next.incident, `${first.incident}.2`);
  });

  test("never holds severity 0 back, also when it joins while the group waits", async () => {
    const node = `patient-${randomUUID()}`;
    await deliver(alerts(node, 3));
    const waiting = await bridge.record((await deliver(alerts(node, 3)))[0].incident);
    assert.equal(waiting.state, "waiting");
    await deliver([{ ...alerts(node, 1, "critical")[0], fingerprint: "worst" }]);
    const [row] = await listed(node, ({ state }) => state === "started");
    assert.equal(row.severity, 0);
    assert.equal(named(told(row.sessionId)[0], 3), 3);
  });

  test("is shown whole where a sender writes a time of another age", async () => {
    const node = `node-${randomUUID()}`;
    const [alert] = alerts(node, 1);
    // An hour later, in UTC, than the last that RFC 3339 can write.
    const [{ incident }] = await deliver([{ ...alert, startsAt: "9999-12-31T23:59:59-01:00" }]);
    const record = await bridge.record(incident);
    assert.ok(Math.abs(Date.parse(record.alerts[0].startedAt) - bridge.now()) < 60_000, JSON.stringify(record.alerts));
  });

  test("spans senders; what lacks a value is an incident of its own; a dry run says what would be", async () => {
    const node = `node-${randomUUID()}`;
    const generic = { alertName: "disk-full", alertId: randomUUID(), severity: 2, description: "It is full", labels: { node: ` ${node.toUpperCase()} ` } };
    const [ofAlertmanager] = await deliver(alerts(node, 1));
    const rehearsed = await send(bridge, generic, { path: "/api/trigger-devin?dry_run=1" });
    assert.deepEqual([rehearsed.json.incident, rehearsed.json.decision.action, rehearsed.json.group], [ofAlertmanager.incident, "message", `label.node=${node}`], rehearsed.text);
    assert.doesNotMatch(rehearsed.text, /Alert000|It fails/, "what others have sent is not shown to whoever may send one of them");
    assert.match(rehearsed.json.prompt, /disk-full/);
    const joined = await send(bridge, generic);
    assert.deepEqual([joined.json.incident, joined.json.group], [ofAlertmanager.incident, `label.node=${node}`], joined.text);
    for (const labels of [{}, { node: " " }]) {
      const alone = await send(bridge, { ...generic, alertId: randomUUID(), labels });
      assert.match(alone.json.incident, /^alert-/);
      assert.equal(alone.json.group, undefined);
    }
  });
});
