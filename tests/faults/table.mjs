// The fault matrix as the table of docs/guarantees.md.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { APIS, outcomeOf } from "./cells.mjs";
import { CALLS, OUTAGES, OUTCOMES, REPLIES } from "./matrix.mjs";

const PAGE = new URL("../../docs/guarantees.md", import.meta.url);
const BEGIN = "<!-- matrix -->\n";
const END = "<!-- /matrix -->\n";

const HEADINGS = {
  create: "first create",
  again: "second create",
  message: "message",
  look: "look-up of a session",
  lookMessage: "look-up of a message",
};

/** Checks that the page has the matrix as it is; writes it there where UPDATE_DOCS is set. */
export function checkTable() {
  const text = readFileSync(PAGE, "utf8");
  const [begin, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  const right = `${text.slice(0, begin)}${table()}${text.slice(end)}`;
  if (process.env.UPDATE_DOCS) writeFileSync(PAGE, right);
  else assert.equal(text, right, "stale: UPDATE_DOCS=1 node --test tests/faults/table.test.mjs");
}

function table() {
  const calls = Object.keys(CALLS);
  const rows = [
    ["Devin's reply", ...calls.map((call) => HEADINGS[call])],
    ["---", ...calls.map(() => "---")],
    ...REPLIES.map((reply) => [reply.name, ...calls.map((call) => cell(reply, call))]),
    ...OUTAGES.map((outage) => [outage.name, ...calls.map((call) => outage[call])]),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function cell(reply, call) {
  const [v3, v1] = APIS.map((api) => OUTCOMES[outcomeOf(reply, call, api)]?.says ?? "–");
  return v3 === v1 ? v3 : `v3: ${v3}; v1: ${v1}`;
}
