// What an event costs, by a figure that is the same on a busy machine: a change that makes it dearer is seen here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, count, kept } from "../bench/instructions.mjs";
import { missing } from "../scripts/debian.mjs";

const elsewhere = process.platform !== "linux" || process.arch !== "x64";
const skip = elsewhere ? "the figures are those of Linux on x64" : missing("valgrind");

test("a figure that changes by more than two in a hundred is named, also where it is new or gone", () => {
  const before = { same: 1000, more: 1000, less: 1000, gone: 1000 };
  const now = { same: 1019, more: 1021, less: 979, fresh: 5 };
  assert.deepEqual(changed(before, now).map(([name]) => name), ["more", "less", "gone", "fresh"]);
});

test("each sender's sample costs the instructions it did, within two in a hundred", { skip }, async () => {
  assert.deepEqual(changed(kept(), await count()), [], "after a change that is worth it: npm run instructions -- --write");
});
