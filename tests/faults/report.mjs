// Runs cells of the matrix and reports them: a test for each reply and API version.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runCells } from "./cells.mjs";
import { CALLS } from "./matrix.mjs";

/** `cells`: the cells to run, by API version; `quietMs`: for how long nothing more may happen afterwards. */
export function testCells(cells, quietMs) {
  describe("the fault matrix", { concurrency: true }, () => {
    for (const [api, ofApi] of Object.entries(cells)) {
      describe(`API ${api}`, { concurrency: 1 }, () => testApi(api, ofApi, quietMs));
    }
  });
}

function testApi(api, cells, quietMs) {
  let run;
  // All of them at once, so not each in its own test.
  test(`${cells.length} incidents`, async () => {
    run = await runCells(api, cells, quietMs);
  });
  for (const reply of new Set(cells.map((cell) => cell.reply))) {
    test(reply.name, () => {
      const wrong = run.results.filter(({ cell, problems }) => cell.reply === reply && problems.length > 0);
      assert.ok(wrong.length === 0, wrong.map(explain).join("\n\n"));
    });
  }
  test("no request followed a redirect", () => assert.deepEqual(run.strayRequests, []));
}

function explain({ cell, problems }) {
  const { call, outcome, sender } = cell;
  return `given to ${CALLS[call]}${sender ? `, ${sender}` : ""}; expected: ${outcome}\n${problems.join("\n")}`;
}
