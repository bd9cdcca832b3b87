import { describe, test } from "node:test";
import { cases } from "./dead-letters.mjs";

describe("dead letters", () => {
  for (const [name, run] of Object.entries(cases)) test(name, run);
});
