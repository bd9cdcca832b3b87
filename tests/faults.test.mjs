// A quick slice of `npm run test:faults`, and that docs/guarantees.md has the table of what is tested there.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "./harness.mjs";
import { admin, cellsOf } from "./faults/cells.mjs";
import { cases as deadLetters } from "./faults/dead-letters.mjs";
import { testCells } from "./faults/report.mjs";
import { cases as storage } from "./faults/storage.mjs";
import { keysOfSessions, storm } from "./faults/storm.mjs";
import { checkTable } from "./faults/table.mjs";

const QUICK = { v3: ["create", "message"], v1: ["look", "lookMessage"] };
const quick = (api) => cellsOf(api).filter(({ call, sender, reply }) => QUICK[api].includes(call) && !sender && !reply.slow);

test("docs/guarantees.md has the fault matrix as it is tested", checkTable);

describe("faults", { concurrency: 3 }, () => {
  testCells({ v3: quick("v3"), v1: quick("v1") }, 4_000);

  test("a small storm: an answer for each delivery, and no more sessions than the rate", async () => {
    const perMinute = 30;
    const { bridge, keys, anotherAlert } = await storm({ deliveries: 400, incidents: 40, connections: 20, perMinute, seed: 1 });
    await until("the queue is listed", 60, async () => {
      const { incidents } = await admin(bridge, "/api/incidents?state=queued");
      return incidents.length === keys.length - perMinute;
    });
    const created = keysOfSessions(bridge);
    assert.equal(created.length, perMinute);
    assert.equal(new Set(created).size, perMinute);
    // Whose incidents are left is chance; the next alert surely waits.
    const { json } = await anotherAlert();
    assert.match(json.message, /queued behind \d+/);
  });

  for (const name of [
    "there is no dedup cache: one session, repeats are known",
    "the object can't write: 503, and the next delivery is accepted",
  ]) {
    test(name, storage[name]);
  }
  test("ten replays at once try it once", deadLetters["ten replays at once try it once"]);
});
