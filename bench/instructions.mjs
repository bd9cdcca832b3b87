// npm run instructions: what an event costs from its body to Devin's prompt, counted by valgrind in instructions of
// this machine's build. Times are noisy, this is not: tests/instructions.test.mjs compares it with what is kept.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, main, table } from "../scripts/cli.mjs";
import { program } from "../scripts/debian.mjs";
import { sample, sampleNames } from "../scripts/samples.mjs";
import { inPath, output } from "../scripts/steps.mjs";
import { toolEnvironment } from "../scripts/tools.mjs";

const KEPT = new URL("instructions.json", import.meta.url);
const MOST_PERCENT = 2;

const TOOL = {
  usage: "npm run instructions",
  about: "Counts the instructions of each sender's sample from body to prompt, beside those in bench/instructions.json.",
  options: { write: { about: "keeps these figures" } },
  ok: `every figure is within ${MOST_PERCENT} % of the one that is kept`,
  wrong: "one is not",
  examples: [["npm run instructions -- --write", "after a change that pays, or that is worth its price"]],
};

// Of one length, as the time is: so that the same is done each time.
const ID = "1a2b3c4d-0000-4000-8000-000000000000";
const HOOKS = { "/pagerduty-resolved": "pagerduty", "/api/trigger-devin": "alert" };
const EXAMPLE = ["--release", "--locked", "--quiet", "-p", "checks", "--example", "instructions"];
// Counted only inside of `measured`; valgrind tells the sum at the end.
const CALLGRIND = ["--tool=callgrind", "--toggle-collect=instructions::measured*", "--log-fd=1"];

/** { sample: instructions } */
export async function count() {
  const built = await output("cargo", ["build", ...EXAMPLE, "--message-format=json"], { env: toolEnvironment });
  const { executable } = built.trim().split("\n").map((line) => JSON.parse(line)).find((line) => line.executable);
  const valgrind = await program("valgrind", { of: "valgrind" });
  // Debian's, unpacked, does not know where it is.
  const env = inPath("valgrind") ? {} : { VALGRIND_LIB: join(valgrind, "../../libexec/valgrind") };
  const counts = {};
  for (const name of sampleNames) {
    const { path, body } = sample(name, ID);
    const input = JSON.stringify({ hook: HOOKS[path] ?? path.slice("/hooks/".length), body });
    const said = await output(valgrind, [...CALLGRIND, "--callgrind-out-file=/dev/null", executable], { env, input });
    const [, instructions] = /Collected : (\d+)/.exec(said) ?? [];
    if (!instructions) throw new Error(`valgrind has counted nothing:\n${said}`);
    counts[name] = Number(instructions);
  }
  return counts;
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
  console.log(table(Object.keys(now).map((name) => [name, `${before[name]} kept, ${now[name]} now`])));
  const far = changed(before, now).map(([name]) => name);
  if (far.length > 0) throw new Error(`More than ${MOST_PERCENT} % off what is kept: ${far.join(", ")}`);
});
