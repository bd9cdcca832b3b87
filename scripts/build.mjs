// Compiles the Worker into build/: index.js and index_bg.wasm. Does nothing when nothing has changed since.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { commandLine, main } from "./cli.mjs";
import { ROOT, run, step } from "./steps.mjs";
import { CARGO_HOME, installTools, mustHaveCompiler, toolEnvironment, wasmOpt, workerBuild } from "./tools.mjs";

const TOOL = {
  usage: "npm run build",
  about: "Compiles the Worker into build/ where its sources have changed, and prints its size.",
  ok: "it is built",
  wrong: "it could not be built",
  examples: [["npm run build", "then for example node --test tests/once.test.mjs"]],
};
const INPUTS = [
  "Cargo.toml",
  "Cargo.lock",
  "build.rs",
  "rust-toolchain.toml",
  "package-lock.json",
  "crates",
  "src",
  "prompts",
  "scripts/build.mjs",
  "scripts/tools.mjs",
];
/** The commands of wrangler that put something on Cloudflare. It says which one of its commands has this build done. */
const DEPLOYS = ["deploy", "versions upload"];
const STAMP = join(ROOT, "build", ".inputs");
const WASM = join(ROOT, "build", "index_bg.wasm");

// Where crates lie on this machine is nobody's business, and the paths in panics are longer than the messages.
// SHA-256 in a loop is 6 KB smaller than written out.
const RUSTFLAGS = [`--remap-path-prefix=${CARGO_HOME}/registry/src=`, '--cfg=sha2_backend_soft="compact"'].join(" ");

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
  await installTools();
  const inputs = hashOf(INPUTS);
  const built = existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs;
  if (!built) {
    mustHaveCompiler();
    await step("Building the Worker", () => run(workerBuild, ["--release", "--", "--package=devin-bridge"], { env: { ...toolEnvironment, RUSTFLAGS } }));
    await step("Shrinking it", () => run(wasmOpt, [WASM, "-o", WASM, ...SHRINK]));
  }
  if (!built) writeFileSync(STAMP, inputs);
  const { raw, gzip } = sizes();
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
  console.log(`WASM ${kb(raw)}, gzipped ${kb(gzip)}`);
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
