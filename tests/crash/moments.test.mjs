// Killed while a call is on its way to Devin: before Devin has read it, and when it is done. What must become of the incident is
// a cell as in the fault matrix; the simulator plays the same cells (crates/simulator/tests/matrix.rs).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { APIS, outcomeOf, runCells } from "../faults/cells.mjs";
import { CALLS } from "../faults/matrix.mjs";
import { restart } from "./kill.mjs";

const MOMENTS = JSON.parse(readFileSync(new URL("moments.json", import.meta.url), "utf8"));
/** Longer than it takes to kill a runtime. */
const DEAD_BY_THEN_MS = 5_000;
const QUIET_MS = 5_000;

describe("killed in the middle of a call", { concurrency: 3 }, () => {
  for (const api of APIS) {
    for (const moment of MOMENTS) {
      for (const call of Object.keys(CALLS)) {
        test(`${moment.name}: ${CALLS[call]}, API ${api}`, async () => {
          const cell = { reply: { ...moment, give: dies(moment) }, call, outcome: outcomeOf(moment, call, api) };
          const { results } = await runCells(api, [cell], QUIET_MS);
          assert.deepEqual(results[0].problems, []);
        });
      }
    }
  }
});

/** A reply that nobody is there to hear. */
const dies = ({ reply }) => (_api, _elsewhere, bridge) => () => {
  bridge.kill().then(() => restart(bridge));
  return { cut: reply.cut, done: reply.cut === "after-create", delayMs: DEAD_BY_THEN_MS };
};
