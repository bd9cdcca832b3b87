import { test } from "node:test";
import { checkTable } from "./table.mjs";

test("docs/guarantees.md has the fault matrix as it is tested", checkTable);
