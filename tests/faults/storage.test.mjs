import { describe, test } from "node:test";
import { cases } from "./storage.mjs";

describe("storage that fails", { concurrency: 2 }, () => {
  for (const [name, run] of Object.entries(cases)) test(name, run);
});
