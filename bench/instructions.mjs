// npm run instructions: what an event costs from its body to Devin's prompt, counted by valgrind in instructions of this
// machine's build. Times are noisy, this figure is not: tests/instructions.test.mjs compares it with the one that is kept.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, main, table } from "../scripts/cli.mjs";
import { unpacked } from "../scripts/debian.mjs";
import { sample, sampleNames } from "../scripts/samples.mjs";
import { inPath, output } from "../scripts/steps.mjs";
import { toolEnvironment } from "../scripts/tools.mjs";

const KEPT = new URL("instructions.json", import.meta.url);
const MOST_PERCENT = 2;

const TOOL = {
  usage: "npm run instructions",
  about: "Counts the instructions of each sender's sample from body to prompt, beside those kept in bench/instructions.json.",
  options: { write: { about: "keeps these figures" } },
  ok: `every figure is within ${MOST_PERCENT} % of the one that is kept`,
  wrong: "one is not",
  examples: [["npm run instructions -- --write", "after a change that pays, or that is worth its price"]],
};

// Of one length, as the time is: so that the same is done each time.
const ID = "1a2b3c4d-0000-4000-8000-000000000000";
const HOOKS = { "/pagerduty-resolved": "pagerduty", "/api/trigger-devin": "alert" };
const hookOf = (path) => HOOKS[path] ?? path.slice("/hooks/".length);

/** { sample: instructions } */
export async function count() {
  const built = ["build", "--release", "--locked", "--quiet", "-p", "checks", "--example", "instructions", "--message-format", "json"];
  const lines = (await output("cargo", built, { env: toolEnvironment })).trim().split("\n");
  const { executable } = lines.map((line) => JSON.parse(line)).find((line) => line.executable);
  const tool = await valgrind();
  const counts = {};
  for (const name of sampleNames) counts[name] = await instructionsOf(sample(name, ID), executable, tool);
  return counts;
}

/** Collected only inside of `measured`, of which valgrind tells the sum at the end. */
async function instructionsOf({ path, body }, executable, { command, env }) {
  const how = ["--tool=callgrind", "--toggle-collect=instructions::measured*", "--callgrind-out-file=/dev/null", "--log-fd=1"];
  const said = await output(command, [...how, executable], { env, input: JSON.stringify({ hook: hookOf(path), body }) });
  const found = /Collected : (\d+)/.exec(said);
  if (!found) throw new Error(`valgrind has counted nothing:\n${said}`);
  return Number(found[1]);
}

/** The machine's own valgrind, or Debian's, unpacked. */
async function valgrind() {
  const own = inPath("valgrind");
  if (own) return { command: own, env: {} };
  const folder = await unpacked("valgrind", ["valgrind"]);
  const library = join(folder, "usr", "libexec", "valgrind");
  return { command: join(folder, "usr", "bin", "valgrind"), env: { VALGRIND_LIB: library } };
}

/** What is kept. */
export const kept = () => JSON.parse(readFileSync(KEPT, "utf8"));

/** The samples whose figure is further from the kept one than it may be, or that have none: [name, kept, counted]. */
export function changed(before, now) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const isFar = (name) => !(Math.abs(now[name] / before[name] - 1) <= MOST_PERCENT / 100);
  return names.filter(isFar).map((name) => [name, before[name], now[name]]);
}

main(import.meta, async () => {
  const { write } = commandLine(TOOL).values;
  const now = await count();
  if (write) writeFileSync(KEPT, `${JSON.stringify(now, null, 2)}\n`);
  const before = kept();
  console.log(table(Object.keys(now).map((name) => [name, String(before[name]), String(now[name])])));
  const far = changed(before, now);
  for (const [name, was, is] of far) console.error(`${name}: ${is} instructions, ${was} are kept`);
  if (far.length > 0) process.exitCode = 1;
});
