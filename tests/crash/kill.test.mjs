// The long kill test: `npm run test:crash`. KILLS, SECONDS and SEED change what it does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { V1_KEY } from "../fake-devin.mjs";
import { figures, killTest } from "./kill.mjs";

const { KILLS = "200", SECONDS = "600", SEED = String(Date.now() % 1e9) } = process.env;
const V1 = { DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" };

for (const [api, vars, kills] of [
  ["v3", {}, Number(KILLS)],
  ["v1", V1, Math.ceil(Number(KILLS) / 5)],
]) {
  test(`API ${api}, killed ${kills} times: nothing accepted is lost, nothing is made twice`, async (t) => {
    const result = await killTest({ kills, seconds: Number(SECONDS), seed: Number(SEED), vars });
    for (const line of figures(result)) t.diagnostic(line);
    const { broken, lost, doubled } = result;
    assert.deepEqual({ broken, lost, doubled }, { broken: [], lost: [], doubled: [] });
    assert.equal(result.kills, kills, "in the time there is");
  });
}
