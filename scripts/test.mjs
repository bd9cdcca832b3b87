// npm test: everything. Each runner's output is its own; the times are at the end too.
import { readdirSync } from "node:fs";
import { build } from "./build.mjs";
import { commandLine, main } from "./cli.mjs";
import { ROOT, run, step } from "./steps.mjs";
import { supplyChain } from "./supply-chain.mjs";
import { installTools, toolEnvironment } from "./tools.mjs";

const TOOL = {
  usage: "npm test",
  about: `Runs everything: the checks of npm's packages (licences, install scripts, known vulnerabilities), the
    unit tests on this machine, the build, wrangler deploy --dry-run, and the Worker
    on workerd. What it needs and is not there yet it gets first, and says what goes where.`,
  options: { "no-browser": { about: "leaves out the tests of the dashboard in Chromium" } },
  ok: "everything passed",
  wrong: "something failed",
  examples: [
    ["npm test", "everything"],
    ["npm test -- --no-browser", "where there is no Chromium, and none can be had"],
    ["cargo test routing", "the unit tests with `routing` in their name"],
    ["node --test tests/once.test.mjs", "one suite on workerd; npm run build first"],
  ],
};

const BROWSER = "tests/browser.test.mjs";
const SUITES = readdirSync(`${ROOT}tests`)
  .filter((file) => file.endsWith(".test.mjs"))
  .map((file) => `tests/${file}`);

// The suites mostly wait (for workerd, for back-offs), so more of them than there are cores.
const NODE_TEST = ["--test", "--test-reporter=spec", "--test-concurrency=5"];

async function test() {
  const browser = !commandLine(TOOL).values["no-browser"];
  const start = performance.now();
  await installTools({ tests: true, browser });
  const env = toolEnvironment;
  await step("What it is made of", supplyChain);
  await step("Unit tests on this machine", () => run("cargo", ["test", "--locked", "--quiet"], { env }));
  await build();
  const deploy = ["deploy", "--dry-run"];
  await step("wrangler deploy --dry-run", () => run("wrangler", deploy, { env: { ...env, WRANGLER_SEND_METRICS: "false" } }));
  await step("The Worker on workerd", () => run(process.execPath, [...NODE_TEST, ...SUITES.filter((suite) => browser || suite !== BROWSER)]));
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(browser ? `Everything passed: ${seconds} s` : `Everything but ${BROWSER} passed, which --no-browser left out: ${seconds} s`);
}

main(import.meta, test);
