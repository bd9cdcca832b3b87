// A quick slice of `npm run test:crash`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { figures, killTest } from "./crash/kill.mjs";

test("killed a few times under load: nothing accepted is lost, nothing is made twice", async (t) => {
  const result = await killTest({ kills: 6, seconds: 20, seed: Date.now() % 1e9, quietMs: 3000 });
  for (const line of figures(result)) t.diagnostic(line);
  const { broken, lost, doubled } = result;
  assert.deepEqual({ broken, lost, doubled }, { broken: [], lost: [], doubled: [] });
});
