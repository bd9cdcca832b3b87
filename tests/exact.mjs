// What the tests of exactness share: time that passes by itself, and what Devin, the list and the metrics show then.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { sample } from "../scripts/samples.mjs";
import { ADMIN } from "./alerting.mjs";
import { newIncident, startBridge } from "./harness.mjs";

/** A bridge with the settings as they are delivered, but for `vars`, whose clock can be moved. */
export const controlled = (vars = {}) => startBridge(vars, { controlled: true });

/** Lets `seconds` pass on the bridge's clock, a `step` at a time, with a moment after each for what is due then. */
export async function pass(bridge, seconds, step = 1) {
  for (let passed = 0; passed < seconds; passed += step) {
    await bridge.advance(step);
    await sleep(20);
  }
}

/** The first result of `check` that counts, while at most so many seconds pass on the bridge's clock. */
export async function within(bridge, seconds, what, check, step = 1) {
  for (let passed = 0; ; passed += step) {
    const result = await check();
    if (result) return result;
    assert.ok(passed < seconds, `not within ${seconds} s: ${what}`);
    await pass(bridge, step, step);
  }
}

/** The record once the incident has its session, while time passes; it must be the only one. */
export async function startsWithin(bridge, seconds, { id, key }, step) {
  const record = await within(bridge, seconds, `${key} has its session`, async () => {
    const record = await bridge.record(key);
    return record?.state === "started" && record;
  }, step);
  assert.deepEqual(bridge.devin.sessions(id).map((session) => session.id), [record.sessionId]);
  return record;
}

/** A value of /metrics. */
export async function metric(bridge, name) {
  const { text } = await bridge.request("/metrics", { headers: ADMIN });
  const value = new RegExp(`^devin_bridge_${name} (\\S+)$`, "m").exec(text)?.[1];
  assert.ok(value, `no ${name} in\n${text}`);
  return Number(value);
}

export const replay = (bridge, name) => bridge.post(`/api/incidents/${name}/replay`, undefined, ADMIN);

/** A PagerDuty event of the incident, as in samples/; `change` may alter it. */
export function event(what, { id }, change = () => {}) {
  const { body } = sample(`pagerduty-${what}`, id);
  change(body.event);
  return body;
}

/** Resolved incidents that are held, one after the other, each a second younger. */
export async function heldIncidents(bridge, count, change) {
  const held = [];
  for (let i = 0; i < count; i++) {
    const incident = await bridge.resolve(newIncident(), change);
    assert.equal((await bridge.settled(incident.key)).state, "held");
    held.push(incident);
    await bridge.advance(1);
  }
  return held;
}

/** The names of the incidents of Devin's sessions that begin like this, in the order of their creation. */
export const startedKeys = ({ devin }, name = "") =>
  devin.sessions(name).map(({ tags }) => tags.find((tag) => tag.startsWith("incident:")).slice("incident:".length));

export const lines = ({ timeline }) => timeline.map(({ what }) => what);
