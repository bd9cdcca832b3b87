// npm run tools: installs what the project needs and is not there yet: npm packages, the Rust toolchain, the Rust tools,
// and for the tests schemathesis, which is written in Python, and Chromium, where root may install Debian's.
// The Rust tools take minutes to compile, so they live in a cache that all clones share.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { installChromium } from "./chromium.mjs";
import { commandLine, main } from "./cli.mjs";
import { npmPackages } from "./packages.mjs";
import { output, ROOT, run, step } from "./steps.mjs";

const TOOL = {
  usage: "npm run tools",
  about: `Installs what the project needs and is not there yet: the npm packages, the Rust toolchain and the Rust tools.
    Every other command does so by itself, as far as it needs them. DEVIN_BRIDGE_CACHE names another folder for the Rust
    tools than ~/.cache/devin-bridge.`,
  ok: "everything is there",
  wrong: "something could not be installed",
  examples: [["npm run tools", "before a machine goes offline, for example"]],
};

const CACHE = process.env.DEVIN_BRIDGE_CACHE ?? join(homedir(), ".cache", "devin-bridge");

export const CARGO_HOME = process.env.CARGO_HOME ?? join(homedir(), ".cargo");

const UNFINISHED = "installing-";

const read = (file) => readFileSync(join(ROOT, file), "utf8");

const WORKER_BUILD = { crate: "worker-build", version: "0.8.7", binary: "worker-build" };
const WASM_PACK = { crate: "wasm-pack", version: "0.15.0", binary: "wasm-pack" };
// The command-line tool must be of the very version the crate was compiled with.
const WASM_BINDGEN = {
  crate: "wasm-bindgen-cli",
  version: /name = "wasm-bindgen"\nversion = "(.+)"/.exec(read("Cargo.lock"))[1],
  binary: "wasm-bindgen",
};

const SCHEMATHESIS = "tests/schemathesis/requirements.txt";
const schemathesisFolder = join(CACHE, "tools", `schemathesis-${digest(read(SCHEMATHESIS))}`);

const binFolder = ({ crate, version }) => join(CACHE, "tools", `${crate}-${version}`, "bin");
const binary = (tool) => join(binFolder(tool), tool.binary);
const npmBinary = (name) => join(ROOT, "node_modules", ".bin", name);

export const workerBuild = binary(WORKER_BUILD);
export const wasmPack = binary(WASM_PACK);
/** The Python in whose environment schemathesis is installed: `python -m schemathesis.cli`. */
export const schemathesisPython = join(schemathesisFolder, "bin", "python");
export const wasmOpt = npmBinary("wasm-opt");

/** Makes worker-build and wasm-pack use our tools; without this they download others. */
export const toolEnvironment = {
  WASM_BINDGEN_BIN: binary(WASM_BINDGEN),
  WASM_OPT_BIN: wasmOpt,
  ESBUILD_BIN: npmBinary("esbuild"),
  RUST_BACKTRACE: "0", // worker-build ends with one when a compile error was all there is to say
  PATH: [binFolder(WASM_BINDGEN), npmBinary(""), process.env.PATH, join(CARGO_HOME, "bin")].join(delimiter),
};

/** What every command needs; `tests` adds what only the tests do. */
export async function installTools({ tests = false } = {}) {
  await npmPackages();
  if (process.env.WORKERS_CI) await rustup();
  await rustToolchain();
  const tools = [WORKER_BUILD, WASM_BINDGEN, ...(tests ? [WASM_PACK] : [])];
  await rustTools(tools.filter((tool) => !existsSync(binary(tool))));
  if (tests && !existsSync(schemathesisFolder)) await installSchemathesis();
  if (tests) await installChromium();
}

/**
 * rustup itself, on Cloudflare's Workers Builds: its image has no Rust (cloudflare/workers-rs, issue 779). Everywhere else
 * that is for people to decide.
 */
async function rustup() {
  const env = toolEnvironment;
  if (await output("rustup", ["--version"], { env }).then(() => true, () => false)) return;
  const install = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none --no-modify-path";
  await step("Installing rustup", () => run("sh", ["-c", install], { env }));
}

async function rustToolchain() {
  const env = toolEnvironment;
  const file = read("rust-toolchain.toml");
  const channel = /channel = "(.+)"/.exec(file)[1];
  const target = /targets = \["(.+)"\]/.exec(file)[1];
  const installed = await output("rustup", ["toolchain", "list"], { env });
  if (installed.split("\n").some((line) => line.startsWith(channel))) {
    const parts = await output("rustup", ["component", "list", "--installed", "--toolchain", channel], { env });
    if (["rustfmt", "clippy", `rust-std-${target}`].every((part) => parts.includes(part))) return;
  }
  const args = ["--profile", "minimal", "--component", "rustfmt,clippy", "--target", target, "--no-self-update"];
  await step(`Installing Rust ${channel}`, () => run("rustup", ["toolchain", "install", channel, ...args], { env }));
}

async function rustTools(missing) {
  if (missing.length === 0) return;
  await inWorkFolder(async (work) => {
    for (const tool of missing) {
      const name = `${tool.crate} ${tool.version}`;
      await step(`Compiling ${name} (a minute or two, once; kept in ${CACHE})`, () => compile(tool, work));
    }
  });
}

// Each tool is made in a folder of this run and then renamed into its place, so that what is in its place is complete,
// and two of us at once do not meet.
async function inWorkFolder(install) {
  mkdirSync(join(CACHE, "tools"), { recursive: true });
  removeOld();
  const work = mkdtempSync(join(CACHE, UNFINISHED));
  const removeWork = () => rmSync(work, { recursive: true, force: true });
  const stop = () => process.exit(130);
  process.on("exit", removeWork);
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await install(work);
  process.off("SIGINT", stop).off("SIGTERM", stop).off("exit", removeWork);
  removeWork();
}

async function compile(tool, work) {
  const made = join(work, tool.crate);
  await run("cargo", ["install", tool.crate, "--version", tool.version, "--locked", "--quiet", "--root", made], {
    env: {
      PATH: toolEnvironment.PATH,
      // Tools that run for seconds need not be optimised: this halves the minutes. One target folder, so that the
      // crates they share are compiled once.
      CARGO_TARGET_DIR: join(work, "target"),
      CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
      CARGO_PROFILE_RELEASE_LTO: "off",
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
    },
  });
  putInPlace(made, join(CACHE, "tools", `${tool.crate}-${tool.version}`));
}

async function installSchemathesis() {
  const install = async (work) => {
    const made = join(work, "schemathesis");
    await run("python3", ["-m", "venv", made]);
    const options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"];
    await run(join(made, "bin", "python"), ["-m", "pip", "install", ...options, "-r", SCHEMATHESIS]);
    putInPlace(made, schemathesisFolder);
  };
  await step("Installing schemathesis (once; needs Python 3.11 with venv)", () => inWorkFolder(install));
}

function putInPlace(made, place) {
  try {
    renameSync(made, place);
  } catch (error) {
    // Another of us was there first.
    if (!existsSync(place)) throw error;
  }
}

function digest(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

// What was left by runs that were killed.
function removeOld() {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const old = name.startsWith(UNFINISHED) && Date.now() - statSync(path).mtimeMs > 24 * 3600_000;
    if (old) rmSync(path, { recursive: true, force: true });
  }
}

main(import.meta, () => {
  commandLine(TOOL);
  return installTools({ tests: true });
});
