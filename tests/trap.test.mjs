// A WASM that finds no memory in the middle of its work traps, and is replaced. What was under way in it is ended then, so
// that nobody waits for an answer that cannot come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AMPLE, newIncident, resolved, startBridge, until } from "./harness.mjs";

const bridge = await startBridge(AMPLE, { controlled: true });
await bridge.trap();
await bridge.request("/health");

const send = ({ id }) => bridge.pagerduty(resolved(id));
const traps = () => bridge.logs.filter(({ message }) => String(message).startsWith("Critical RuntimeError")).length;

/** Does something during which the WASM runs out of memory. */
async function exhausted(operations, work) {
  const before = traps();
  await bridge.exhaust(operations);
  const result = await work();
  await until(`a trap by ${JSON.stringify(operations)}`, 10, () => traps() > before);
  await bridge.exhaust({});
  return result;
}

/** Lets time pass until the incident has its session, and checks that it is the only one. */
async function starts({ id, key }) {
  await until(`${key} has a session`, 30, async () => {
    await bridge.advance(10);
    return (await bridge.record(key))?.state === "started";
  });
  assert.equal(bridge.devin.creates(id).length, 1);
}

for (const where of [{ now: true }, { read: 1 }, { incident: 1 }, { get: 1 }, { put: 1 }, { alarm: 1 }]) {
  test(`an event in whose midst the memory ends is answered 503, and taken when it comes again: ${JSON.stringify(where)}`, async () => {
    const incident = newIncident();
    const answer = await exhausted(where, () => send(incident));
    assert.equal(answer.status, 503, answer.text);
    assert.ok(answer.ms < 5_000, `${answer.ms} ms`);
    const again = await send(incident);
    assert.ok(again.status === 202 || again.json.status === "duplicate", again.text);
    await starts(incident);
  });
}

for (const where of [{ begin: 1 }, { register: 1 }, { sql: 3 }, { put: 1 }, { fetch: 1 }, { write: 1 }]) {
  test(`an alarm in whose midst the memory ends goes on, and those of others too: ${JSON.stringify(where)}`, async () => {
    const incidents = Array.from({ length: 4 }, newIncident);
    for (const incident of incidents) assert.equal((await send(incident)).status, 202);
    // All of them ask Devin at the same time.
    bridge.devin.mood = ({ call }) => (call === "create" ? { delayMs: 300, done: true } : undefined);
    await exhausted(where, async () => {
      await bridge.advance(10);
      await sleep(1_000);
    });
    bridge.devin.mood = () => undefined;
    for (const incident of incidents) await starts(incident);
  });
}
