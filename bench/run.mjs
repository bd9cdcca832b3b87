// npm run bench: our Worker beside what one would run otherwise, in one run on one machine. docs/performance.md says how.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { build } from "../scripts/build.mjs";
import { commandLine, main, misused } from "../scripts/cli.mjs";
import { ROOT, run, step } from "../scripts/steps.mjs";

const TOOL = {
  usage: "npm run bench [-- options]",
  about: `Measures the Worker beside what one would run otherwise, prints the tables of docs/performance.md, and writes
    everything that was measured to bench/results.json. Takes less than 10 minutes on two cores with nothing else to do.`,
  options: {
    rounds: { value: "N", about: "how often each is measured, at least 5 for figures to keep (5)" },
    before: { value: "FOLDER", about: "measures the build of an earlier release beside it: a copy of its build/" },
    write: { about: "puts the tables into docs/performance.md" },
  },
  ok: "everything was measured, whether or not the goals are met",
  wrong: "something could not be measured, or a contender gave a wrong answer",
  examples: [["npm run bench -- --write", "on a quiet machine, before a release"]],
};

const RESULTS = new URL("results.json", import.meta.url);
const EVENTS = 100_000;

async function bench() {
  const { values } = commandLine(TOOL);
  const rounds = Number(values.rounds ?? 5);
  if (!(Number.isInteger(rounds) && rounds > 0)) misused(`--rounds takes a whole number from 1, not ${values.rounds}.`);
  if (values.before) process.env.BENCH_BEFORE = resolve(values.before);
  const begun = performance.now();
  await build();
  await installRivals();
  // Only now: they need the npm packages that build() installs where they are missing.
  const { CONTENDERS, start } = await import("./contenders.mjs");
  const { startDevin } = await import("./devin.mjs");
  const { memory, size, starts } = await import("./isolate.mjs");
  const { known, remove, SIZES, storageWith } = await import("./known.mjs");
  const { groups } = await import("./groups.mjs");
  const { largestBodies } = await import("./largest.mjs");
  const { HAS_WRK } = await import("./load.mjs");
  const { changing, KNOWN, slowDevin, tell, unchanging, warmUp } = await import("./paths.mjs");
  const { report, write } = await import("./report.mjs");

  const results = { machine: machine(HAS_WRK), rounds, paths: {} };
  const add = (path, contender, result) => ((results.paths[path] ??= {})[contender] ??= []).push(result);
  const devin = await startDevin();
  const running = [];
  const folders = {};
  try {
    await step("Starts", () => starts(["limit", "ours", ...(values.before ? ["before"] : [])], devin, rounds, add));
    for (const name of Object.keys(CONTENDERS)) running.push(await start(name, { devin: devin.url }));
    const bridges = running.filter(({ name }) => name !== "limit");
    for (const bridge of bridges) await tell(bridge, "K", KNOWN);
    await step("Warming up", () => warmUp(running));
    await step("Forbidden, ignored, duplicate", () => unchanging(running, rounds, add));
    await step("New incidents, storms", () => changing(bridges, devin, rounds, add));
    await step("A Devin that takes 5 s", () => slowDevin(bridges, devin, rounds, add));
    await step("Groups of alerts", () => groups(devin, rounds, add));
    await step("The largest bodies", () => largestBodies(devin, rounds, add));
    while (running.length > 0) await running.pop().stop();

    const [one, some, most] = SIZES;
    // Beside each other, because neither is timed.
    await step("Making known incidents; memory", async () => {
      for (const size of [one, some]) folders[size] = await storageWith(size, devin);
      const made = storageWith(most, devin);
      results.memory = await memory(folders[some], some, EVENTS, devin);
      folders[most] = await made;
    });
    await step("Events with many incidents known", () => known(folders, devin, rounds, add));
    results.size = size();
  } finally {
    for (const contender of running) await contender.stop();
    remove(folders);
    devin.stop();
    writeFileSync(RESULTS, JSON.stringify(results, null, 1));
  }

  const text = report(results);
  if (values.write) write(text);
  console.log(`\n${text}\n\nEverything is in bench/results.json; it took ${Math.round((performance.now() - begun) / 1000)} s.`);
}

async function installRivals() {
  const list = new URL("node_modules/.package-lock.json", import.meta.url);
  const wanted = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8")).packages;
  const installed = existsSync(list) ? JSON.parse(readFileSync(list, "utf8")).packages : {};
  const current = Object.entries(wanted).every(([path, { version }]) => path === "" || installed[path]?.version === version);
  if (!current) await step("Installing Express", () => run("npm", ["ci", "--no-progress", "--prefix", `${ROOT}bench`]));
}

function machine(hasWrk) {
  const [{ model }, ...others] = cpus();
  return `${others.length + 1} cores (${model.trim()}), Node ${process.version}, load from ${hasWrk ? "wrk" : "bench/client.mjs"}`;
}

main(import.meta, bench);
