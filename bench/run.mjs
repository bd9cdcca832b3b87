// npm run bench: our Worker beside what one would run otherwise, in one run. docs/performance.md says how.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { build } from "../scripts/build.mjs";
import { commandLine, main, misused } from "../scripts/cli.mjs";
import { step } from "../scripts/steps.mjs";

const TOOL = {
  usage: "npm run bench [-- options]",
  about: `Measures the Worker beside what one would run otherwise, prints the tables of docs/performance.md, and writes
    everything that was measured to bench/results.json. Takes a quarter of an hour on two cores that do nothing else.`,
  options: {
    rounds: { value: "N", about: "how often each is measured, at least 5 for figures to keep (5)" },
    before: { value: "FOLDER", about: "measures the build of an earlier release beside it: a copy of its build/" },
    write: { about: "puts the tables into docs/performance.md" },
  },
  ok: "everything was measured, whether or not the goals are met",
  wrong: "something could not be measured, or a contender gave a wrong answer",
  examples: [["npm run bench -- --write", "on a quiet machine, before a release"]],
};

main(import.meta, async () => {
  const { values } = commandLine(TOOL);
  const rounds = Number(values.rounds ?? 5);
  if (!(Number.isInteger(rounds) && rounds > 0)) misused(`--rounds takes a whole number from 1, not ${values.rounds}.`);
  if (values.before) process.env.BENCH_BEFORE = resolve(values.before);
  const names = ["noop", "documented", "ours", ...(values.before ? ["before"] : [])];
  await build();
  // Only now: they need the npm packages that build() installs where they are missing.
  const { groups, paths, starts } = await import("./paths.mjs");
  const { known } = await import("./known.mjs");
  const { largest } = await import("./largest.mjs");
  const { report, write } = await import("./report.mjs");

  const [{ model }] = cpus();
  const results = { machine: `${cpus().length} cores (${model.trim()}), Node ${process.version}`, rounds };
  const into = (part) => (path, column, figure) => (((results[part] ??= {})[path] ??= {})[column] ??= []).push(figure);
  await step("Starts", () => starts(names, rounds, into("paths")));
  await step("Events", () => paths(names, rounds, into("paths")));
  await step("Groups of alerts", () => groups(rounds, into("paths")));
  await step("Events with many incidents known", () => known(rounds, into("known")));
  await step("The largest bodies", () => largest(rounds, into("largest")));
  writeFileSync(new URL("results.json", import.meta.url), JSON.stringify(results, null, 1));
  const text = report(results);
  if (values.write) write(text);
  console.log(`\n${text}\n\nEverything is in bench/results.json.`);
});
