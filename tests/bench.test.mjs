// That the pieces of the benchmark work. Nothing is timed here: see bench/.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { start } from "../bench/contenders.mjs";
import { startDevin } from "../bench/devin.mjs";
import { forbidden, ignored, incidentId, resolved, signed } from "../bench/events.mjs";
import { GOALS } from "../bench/goals.mjs";
import { openLoop } from "../bench/load.mjs";
import { DIRECT, tell } from "../bench/paths.mjs";
import { report } from "../bench/report.mjs";

test("events reach the Worker, their sessions reach Devin, and repeats are duplicates", async () => {
  const devin = await startDevin();
  after(() => devin.stop());
  const ours = await start("ours", { devin: devin.url });
  after(() => ours.stop());
  await tell(ours, "K", 2);
  assert.deepEqual((await devin.created()).map(([id]) => id).sort(), [incidentId("K", 0), incidentId("K", 1)]);

  assert.equal((await fetch(`${ours.direct}/health`)).status, 200);

  const send = (pieces, numbers) => openLoop(ours.url, { pieces, numbers, rate: 40, seconds: 0.1 });
  const known = { known: 2, first: 0, newShare: 0 };
  for (const [pieces, refused] of [[resolved("K"), 0], [signed("K"), 0], [ignored(), 0], [forbidden(), 4]]) {
    const result = await send(pieces, known);
    assert.equal(result.requests, 4);
    assert.equal(result.refused, refused);
  }
  assert.deepEqual(await devin.created(), []);
  assert.equal((await send(resolved("N"), { known: 0, first: 7, newShare: 1 })).refused, 0);
});

test("the tables have every goal", () => {
  const rounds = [{ rate: 2, cpu: 1, p50: 1, p99: 1, first: 1 }];
  const all = { limit: rounds, worker: rounds, express: rounds, ours: rounds, 1: rounds, 1000: rounds, 100000: rounds };
  const same = ["forbidden", "ignored", "duplicate"];
  const names = [...same, ...same.map((path) => path + DIRECT), "slow Devin", "slow Devin, 200 a second", "duplicate, known", "new, known", "start", "new", "largest body"];
  const paths = Object.fromEntries(names.map((name) => [name, all]));
  const memory = [{ events: 100_000, mib: 21, wasmMib: 2 }];
  const text = report({ machine: "a machine", rounds: 1, paths, memory, size: { kb: 500, gzipKb: 200, scriptKb: 30 } });
  for (const { name } of GOALS) assert.ok(text.includes(`| ${name} |`), name);
  assert.match(text, /memory of the isolate after 100,000 events \| ≤ 20 MiB \| 21.0 MiB \| \*\*not met\*\* \|  \|  \|/);
  assert.match(text, /largest bodies: CPU of the worst \| ≤ 10 ms \| 0.0010 ms \| met \|  \|  \|/);
});
