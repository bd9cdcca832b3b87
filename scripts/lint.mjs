// npm run lint: what can be said of the code without running it.
import { spawnSync } from "node:child_process";
import { commandLine, main } from "./cli.mjs";
import { ROOT, run, step } from "./steps.mjs";
import { cargoDeny, installTools, toolEnvironment as env, typos } from "./tools.mjs";

const TOOL = {
  usage: "npm run lint",
  about: `Examines the code without running it: formatting, Clippy on this machine and on wasm32, the links of the
    documentation, licences and versions of the crates (deny.toml), spelling (typos.toml).`,
  ok: "there is nothing to say",
  wrong: "something is to be changed",
  examples: [["npm run lint", "all of it"], ["cargo fmt --all", "puts the formatting in order"]],
};
const CLIPPY = ["clippy", "--locked", "--quiet"];
const STRICT = ["--", "-D", "warnings"];

async function lint() {
  commandLine(TOOL);
  await installTools({ tests: true });
  const cargo = (args, more = {}) => run("cargo", args, { env: { ...env, ...more } });
  await step("Formatting", () => cargo(["fmt", "--all", "--check"]));
  await step("Clippy on this machine", () => cargo([...CLIPPY, "--all-targets", ...STRICT]));
  await step("Clippy on wasm32", () => cargo([...CLIPPY, "--package=devin-bridge", "--target=wasm32-unknown-unknown", ...STRICT]));
  const document = ["doc", "--locked", "--quiet", "--no-deps", "--document-private-items"];
  await step("Documentation", () => cargo(document, { RUSTDOCFLAGS: "-D warnings" }));
  await step("Licences and versions of the crates", () => run(cargoDeny, ["--locked", "check", "licenses", "bans", "sources"]));
  await step("Known vulnerabilities of the crates", vulnerabilities);
  await step("Spelling", () => run(typos, []));
}

// The list of vulnerabilities is a repository of its own, which not every network reaches; that is said and not an error.
function vulnerabilities() {
  const { status, stderr } = spawnSync(cargoDeny, ["--locked", "check", "advisories"], { cwd: ROOT, encoding: "utf8" });
  if (stderr.includes("failed to fetch advisory database")) return console.log("  SKIPPED: the list of vulnerabilities can't be reached");
  if (status !== 0) throw new Error(stderr);
}

main(import.meta, lint);
