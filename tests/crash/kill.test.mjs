// The long kill test: `npm run test:crash`. KILLS, SECONDS and SEED change what it does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { figures, killTest } from "./kill.mjs";

const { KILLS = "200", SECONDS = "600", SEED = String(Date.now() % 1e9) } = process.env;

test(`killed ${KILLS} times: nothing accepted is lost, nothing is made twice`, async (t) => {
  const result = await killTest({ kills: Number(KILLS), seconds: Number(SECONDS), seed: Number(SEED) });
  for (const line of figures(result)) t.diagnostic(line);
  const { broken, lost, doubled } = result;
  assert.deepEqual({ broken, lost, doubled }, { broken: [], lost: [], doubled: [] });
  assert.equal(result.kills, Number(KILLS), "in the time there is");
});
