// npm run fuzz: tries to break what must hold for any input (crates/checks), with cargo-fuzz.
import { mkdirSync } from "node:fs";
import { commandLine, main, misused, suggestion } from "./cli.mjs";
import { output, ROOT, run, step } from "./steps.mjs";

/** Each check of crates/checks with its longest input in bytes and its dictionary. */
const CHECKS = {
  signature: [192, "signature"],
  signatures: [320, "signatures"],
  token: [448, "token"],
  pagerduty: [768, "json"],
  azure_monitor: [1024, "json"],
  kibana: [448, "json"],
  alert: [448, "json"],
  any: [512, "json"],
  mapping: [448, "json"],
  clean: [128, "text"],
  redact: [96, "text"],
  fence: [128, "text"],
  template: [192, "template"],
  routes: [256, "routes"],
};

const TOOL = {
  usage: "npm run fuzz -- [check …] [options]",
  about: `Feeds hostile input to what reads input, and checks what must hold for any. Without names all checks are taken in
    turn. It needs cargo-fuzz: cargo install cargo-fuzz --locked`,
  options: { runs: { value: "N", about: "how many inputs for each check (default: 1000000)" } },
  positionals: true,
  ok: "everything held",
  wrong: "an input broke something; it is named, and lies in fuzz/artifacts/",
  examples: [["npm run fuzz -- fence redact --runs 10000000", "two of them, thoroughly"]],
  more: `Checks: ${Object.keys(CHECKS).join(", ")}`,
};

async function fuzz() {
  const { values, positionals } = commandLine(TOOL);
  const { runs = "1000000" } = values;
  if (!/^[1-9]\d*$/.test(runs)) misused(`--runs takes a number, not ${runs}.`);
  const unknown = positionals.find((name) => !Object.hasOwn(CHECKS, name));
  if (unknown) misused(`There is no check ${unknown}.${suggestion(unknown, Object.keys(CHECKS))}`);
  await output("cargo", ["fuzz", "--version"]).catch(() => {
    throw new Error("cargo-fuzz was not found: cargo install cargo-fuzz --locked");
  });
  for (const name of positionals.length > 0 ? positionals : Object.keys(CHECKS)) {
    await step(`Fuzzing ${name}`, () => fuzzOne(name, runs));
  }
}

async function fuzzOne(name, runs) {
  const [longest, dictionary] = CHECKS[name];
  const [learnt, broken] = [`${ROOT}target/fuzz/${name}`, `${ROOT}fuzz/artifacts/${name}/`];
  for (const folder of [learnt, broken]) mkdirSync(folder, { recursive: true });
  // No sanitizer: there is no unsafe code to watch, and without one the project's own toolchain will do. Without the
  // tracing of comparisons, for which the dictionaries make up, it is several times as fast.
  const cargo = ["fuzz", "run", "--sanitizer", "none", "--no-trace-compares", "check", learnt, `fuzz/seeds/${name}`];
  const limits = [`-runs=${runs}`, `-max_len=${longest}`, `-dict=fuzz/dictionaries/${dictionary}.dict`];
  const pace = ["-entropic=0", "-reduce_inputs=0", "-print_final_stats=1", `-artifact_prefix=${broken}`];
  await run("cargo", [...cargo, "--", ...limits, ...pace], { env: { CHECK: name } });
}

main(import.meta, fuzz);
