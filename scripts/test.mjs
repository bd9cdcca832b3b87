// npm test: everything. Each runner's output is its own; the times are at the end too.
import { readdirSync } from "node:fs";
import { build } from "./build.mjs";
import { setUp, toolEnvironment, wasmPack } from "./setup.mjs";
import { main, output, ROOT, run, step } from "./steps.mjs";

const suites = readdirSync(`${ROOT}tests`)
  .filter((file) => file.endsWith(".test.mjs"))
  .map((file) => `tests/${file}`);

// The suites mostly wait (for workerd, for back-offs), so more of them than there are cores.
const NODE_TEST = ["--test", "--test-reporter=spec", "--test-concurrency=4", ...suites];

async function test() {
  const start = performance.now();
  await setUp({ tests: true });
  const env = toolEnvironment;
  await step("Unit tests on this machine", () => run("cargo", ["test", "--locked", "--quiet"], { env }));
  await step("Unit tests on wasm32", () => wasmTests(env));
  await build();
  const deploy = ["deploy", "--dry-run"];
  await step("wrangler deploy --dry-run", () => run("wrangler", deploy, { env: { ...env, WRANGLER_SEND_METRICS: "false" } }));
  await step("The Worker on workerd", () => run(process.execPath, NODE_TEST));
  console.log(`Everything passed: ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

// Only tests marked #[wasm_bindgen_test] run there, and a run without any would be a success.
async function wasmTests(env) {
  const text = await output(wasmPack, ["test", "--node", "--mode", "no-install", "--", "--lib", "--locked"], { env });
  console.log(text);
  if (text.includes("no tests to run")) throw new Error("No unit test ran on wasm32.");
}

main(import.meta, test);
