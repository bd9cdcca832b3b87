// Every cell of the fault matrix, with both versions of Devin's API.
import { APIS, cellsOf } from "./cells.mjs";
import { testCells } from "./report.mjs";

testCells(Object.fromEntries(APIS.map((api) => [api, cellsOf(api)])));
