// Runs cells of the matrix and reports them: a test for each reply and API version.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runCells } from "./cells.mjs";
import { CALLS } from "./matrix.mjs";

/** `cells`: the cells to run, by API version; `quietMs`: for how long nothing more may happen afterwards. */
export async function testCells(cells, quietMs) {
  const apis = Object.keys(cells);
  const runs = await Promise.all(apis.map((api) => runCells(api, cells[api], quietMs)));
  apis.forEach((api, index) => {
    const { results, strayRequests } = runs[index];
    describe(`API ${api}, ${results.length} cells`, () => {
      for (const reply of new Set(results.map(({ cell }) => cell.reply))) {
        test(reply.name, () => {
          const wrong = results.filter(({ cell, problems }) => cell.reply === reply && problems.length > 0);
          assert.ok(wrong.length === 0, wrong.map(explain).join("\n\n"));
        });
      }
      test("no request followed a redirect", () => assert.deepEqual(strayRequests, []));
    });
  });
}

function explain({ cell, problems }) {
  const { call, outcome, sender } = cell;
  return `given to ${CALLS[call]}${sender ? `, ${sender}` : ""}; expected: ${outcome}\n${problems.join("\n")}`;
}
