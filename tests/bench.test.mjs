// That the pieces of the benchmark work. Nothing is timed here: see bench/.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../bench/client.mjs";
import { having } from "../bench/contenders.mjs";
import { alert, FORBIDDEN, IGNORED, resolved, row } from "../bench/events.mjs";
import { finished, inTurns } from "../bench/paths.mjs";
import { GOALS, report } from "../bench/report.mjs";

test("events reach the Worker, their sessions reach Devin, and repeats are duplicates", async () => {
  await having([{ name: "ours" }], async ([ours], devin) => {
    const send = (next, how = { rate: 40, seconds: 0.1 }) => load(ours.url, next, how);
    await send(row((number) => resolved("K", number)), { count: 2 });
    await finished(ours);
    const sessions = (id) => devin.creates(id).length;
    assert.deepEqual([sessions("QK0000000"), sessions("QK0000001"), devin.all.length], [1, 1, 2]);

    let delivery = 0;
    for (const next of [() => resolved("K", 1), () => resolved("K", 1, (delivery += 1)), () => IGNORED]) {
      assert.equal((await send(next)).requests, 4);
    }
    await send(() => FORBIDDEN, { count: 1, refuses: true });
    await assert.rejects(send(() => FORBIDDEN, { count: 1 }), /answered 401/);
    await finished(ours);
    assert.equal(devin.all.length, 2);
    // Its answer waits for the session.
    await send(() => alert("new"), { count: 1 });
    assert.equal(devin.all.length, 3);
  });
});

test("everyone has a turn in each round, and another one begins", async () => {
  const turns = [];
  await inTurns(["a", "b", "c"], 3, (name, round) => turns.push(`${round}${name}`));
  assert.equal(turns.join(" "), "0a 0b 0c 1b 1c 1a 2c 2a 2b");
});

test("the tables have every figure and every goal", () => {
  const results = {
    machine: "a machine",
    rounds: 3,
    paths: {
      "first request, ms": { noop: [6, 4, 5], ours: [11, 12, 13] },
      "forbidden, µs": { documented: [100], ours: [130] },
      "ignored, µs": { noop: [90], documented: [100], ours: [100] },
      "duplicate, µs": { documented: [400], ours: [101] },
      "new incident, µs": { documented: [1000], ours: [2000] },
      "2xx with Devin at 5 s, ms": { documented: [5000], ours: [5] },
      "the same: p99 at 200 a second, ms": { ours: [51] },
      "a group's next alert, µs": { ours: [500] },
      "storm of 5,000 alerts in 50 groups, s": { ours: [7] },
      "its sessions": { ours: [49] },
    },
    known: {
      "duplicate, µs": { 1: [100], 1000: [100], 100000: [111] },
      "new incident, µs": { 1: [100], 1000: [111], 100000: [100] },
      "session with a cold start of the register, ms": { 1: [10], 1000: [11], 100000: [9] },
    },
    largest: { "one text": { ms: [5] }, passwords: { ms: [10.1] } },
  };
  const text = report(results);
  const goals = text.split("**Goals**")[1].split("\n").filter((line) => line.startsWith("| ")).slice(2);
  assert.equal(goals.length, GOALS.length);
  const notMet = goals.filter((line) => line.includes("not met")).map((line) => line.split(" | ")[0].slice(2));
  assert.deepEqual(notMet, [
    "forbidden: against the documented bridge",
    "duplicate: against the documented bridge",
    "2xx with Devin at 5 s: p99 at 200 a second",
    "storm of 5,000 alerts: sessions too many or too few",
    "bodies of 1 MiB: the worst",
    "duplicate: with more known incidents, against 1",
    "new incident: with more known incidents, against 1",
  ]);
  assert.ok(text.includes("| first request, ms | 5.00 (4.00–6.00) |  | 12.0 (11.0–13.0) |"), text);
});
