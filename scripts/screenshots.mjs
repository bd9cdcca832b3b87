// npm run screenshots: takes the pictures of the dashboard in docs/screenshots/ again.
import { build } from "./build.mjs";
import { commandLine, main } from "./cli.mjs";
import { run, step } from "./steps.mjs";
import { installTools } from "./tools.mjs";

const TOOL = {
  usage: "npm run screenshots",
  about: `Takes the pictures of the dashboard in docs/screenshots/ again: runs its tests in Chromium, with a week of made-up
    incidents, and keeps what they see. Needs Chromium or Chrome (CHROMIUM names one that is not in PATH) and Python 3.`,
  ok: "the pictures are there",
  wrong: "a page was not as the tests expect it",
  examples: [["npm run screenshots", "after a change to src/web/dashboard"]],
};

async function screenshots() {
  commandLine(TOOL);
  await installTools({ tests: true });
  await build();
  const tests = ["--test", "--test-reporter=spec", "tests/browser.test.mjs"];
  await step("Taking the pictures", () => run(process.execPath, tests, { env: { SCREENSHOTS: "docs/screenshots" } }));
}

main(import.meta, screenshots);
