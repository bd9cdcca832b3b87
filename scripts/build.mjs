// Compiles the Worker into build/: index.js and index_bg.wasm. Does nothing when nothing has changed since.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { setUp, toolEnvironment, workerBuild } from "./setup.mjs";
import { main, ROOT, run, step } from "./steps.mjs";

const INPUTS = [
  "Cargo.toml",
  "Cargo.lock",
  "build.rs",
  "rust-toolchain.toml",
  "package-lock.json",
  "src",
  "prompts",
  "scripts/build.mjs",
  "scripts/setup.mjs",
];
const STAMP = join(ROOT, "build", ".inputs");
const WASM = join(ROOT, "build", "index_bg.wasm");

// A cold start loads all of it, and the free plan has a limit: growth should be a decision.
const LIMIT = 700_000;
const GZIP_LIMIT = 300_000;

export async function build() {
  await setUp();
  const inputs = hashOf(INPUTS);
  const built = existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs;
  if (!built) {
    await step("Building the Worker", () => run(workerBuild, ["--release"], { env: toolEnvironment }));
    writeFileSync(WASM, withoutNames(readFileSync(WASM)));
  }
  checkSize();
  if (!built) writeFileSync(STAMP, inputs);
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

// worker-build insists on keeping the functions' names, a fifth of the file; panics say where they are without them.
function withoutNames(wasm) {
  const kept = [wasm.subarray(0, 8)];
  for (let start = 8; start < wasm.length; ) {
    const [size, body] = number(wasm, start + 1);
    const [length, text] = number(wasm, body);
    const isNames = wasm[start] === 0 && wasm.toString("utf8", text, text + length) === "name";
    if (!isNames) kept.push(wasm.subarray(start, body + size));
    start = body + size;
  }
  return Buffer.concat(kept);
}

// A number as WebAssembly writes it (LEB128), and where the next thing begins.
function number(wasm, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = wasm[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

function checkSize() {
  const wasm = readFileSync(WASM);
  const gzip = gzipSync(wasm, { level: 9 }).length;
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
  console.log(`WASM ${kb(wasm.length)} of ${kb(LIMIT)}, gzipped ${kb(gzip)} of ${kb(GZIP_LIMIT)}`);
  if (wasm.length > LIMIT || gzip > GZIP_LIMIT) throw new Error("The WASM is larger than its limit.");
}

main(import.meta, build);
