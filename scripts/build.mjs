// Makes the Worker in build/: bridge.js and index_bg.wasm, compiled where what they are made of has changed, texts.js, and
// index.js, which is src/entry.js.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { commandLine, main } from "./cli.mjs";
import { packagesAreCurrent } from "./packages.mjs";
import { ROOT, run, step } from "./steps.mjs";
import { textProblems, writeTexts } from "./texts.mjs";
import { CARGO_HOME, installTools, mustHaveCompiler, toolEnvironment, wasmOpt, workerBuild } from "./tools.mjs";

const TOOL = {
  usage: "npm run build",
  about: `Makes the Worker in build/: compiles it where its sources have changed, puts the prompts beside it, checks them,
    and prints its size.`,
  ok: "it is built",
  wrong: "it could not be built",
  examples: [["npm run build", "then for example node --test tests/once.test.mjs"]],
};
/** What is compiled. */
const INPUTS = [
  "Cargo.toml",
  "Cargo.lock",
  "build.rs",
  "rust-toolchain.toml",
  "package-lock.json",
  ...["engine", "inbound", "incident", "outbound", "text"].map((crate) => `crates/${crate}`),
  "src",
  "scripts/build.mjs",
  "scripts/tools.mjs",
];
/** The commands of wrangler that put something on Cloudflare. It says which one of its commands has this build done. */
const DEPLOYS = ["deploy", "versions upload"];
/** What the Worker was compiled from, … */
const STAMP = join(ROOT, "build", ".inputs");
/** … and with which texts it was found to be in order. */
const CHECKED = join(ROOT, "build", ".checked");
const ENTRY = join(ROOT, "build", "index.js");
/** What the compiler calls like that. */
const BRIDGE = join(ROOT, "build", "bridge.js");
const WASM = join(ROOT, "build", "index_bg.wasm");

// Where crates lie on this machine is nobody's business, and the paths in panics are longer than the messages.
const RUSTFLAGS = `--remap-path-prefix=${CARGO_HOME}/registry/src=`;

// Not by way of worker-build, which insists on keeping the functions' names: without them the result is a fifth smaller,
// and panics say where they are all the same. A function that is called once is not put into its caller where it has
// more than a few instructions: that would save 2 % and cost 5 % of what is left after compression.
const SHRINK = [
  // Classes that the crate `worker` offers to JavaScript, of which nobody here makes an object: 8 KB.
  ["containerstartupoptions", "intounderlying", "minifyconfig", "r2range"].map((name) => `--remove-exports=*${name}*`),
  ["-Oz", "--one-caller-inline-max-function-size=20"],
  // While they still have names: like beside like compresses better, by 1 %.
  ["--reorder-functions-by-name", "--strip-debug", "--strip-producers"],
  // What Rust and wasm-bindgen use, and nothing that is newer than the runtime.
  ["bulk-memory", "exception-handling", "multivalue", "mutable-globals", "nontrapping-float-to-int"].map(enable),
  ["reference-types", "sign-ext"].map(enable),
].flat();

export async function build() {
  const inputs = hashOf(INPUTS);
  const compiled = holds(STAMP, inputs);
  // What is built needs no tools to be run, only the npm packages.
  if (!compiled || !packagesAreCurrent()) await installTools({ compiler: !compiled });
  if (!compiled) {
    mustHaveCompiler();
    await step("Building the Worker", () => run(workerBuild, ["--release", "--", "--package=devin-bridge"], { env: { ...toolEnvironment, RUSTFLAGS } }));
    await step("Shrinking it", () => run(wasmOpt, [WASM, "-o", WASM, ...SHRINK]));
    const entry = readFileSync(join(ROOT, "src", "entry.js"), "utf8");
    // Another build may have done it in the meantime.
    if (readFileSync(ENTRY, "utf8") !== entry) {
      renameSync(ENTRY, BRIDGE);
      writeFileSync(ENTRY, entry);
    }
    writeFileSync(STAMP, inputs);
  }
  const checked = createHash("sha256").update(inputs).update(writeTexts()).digest("hex");
  // In wrangler dev a change is to be seen at once; there the Worker itself names a mistake, and the hooks answer 503.
  if (process.env.WRANGLER_COMMAND !== "dev" && !holds(CHECKED, checked)) {
    await checkTexts();
    writeFileSync(CHECKED, checked);
  }
  const { raw, gzip } = sizes();
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
  console.log(`WASM ${kb(raw)}, gzipped ${kb(gzip)}`);
}

const holds = (file, text) => existsSync(file) && readFileSync(file, "utf8") === text;

/** Fails where the Worker finds a mistake in a prompt or a mapping. */
async function checkTexts() {
  const { describe, health, startConfigured } = await import("./configuration.mjs");
  const bridge = await startConfigured({ variables: {}, secrets: {} });
  try {
    const problems = textProblems((await health(bridge.url, bridge.token)).problems ?? []);
    if (problems.length > 0) throw new Error(problems.map(describe).join("\n\n"));
  } finally {
    await bridge.stop();
  }
}

function enable(feature) {
  return `--enable-${feature}`;
}

function hashOf(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(ROOT, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
    } else {
      const content = readFileSync(full);
      hash.update(`${path}\0${content.length}\0`).update(content);
    }
  };
  paths.forEach(add);
  return hash.digest("hex");
}

/** The size of what was built, in bytes. */
export function sizes() {
  const wasm = readFileSync(WASM);
  return { raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length };
}

main(import.meta, async () => {
  commandLine(TOOL);
  await build();
  if (!DEPLOYS.includes(process.env.WRANGLER_COMMAND)) return;
  const { refuseWrongSettings } = await import("./check.mjs");
  await refuseWrongSettings(process.cwd());
});
