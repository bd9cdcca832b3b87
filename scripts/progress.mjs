// Cargo at work on something long, in lines that are short.
import { spawn } from "node:child_process";
import { ROOT } from "./steps.mjs";

/** How often it is said how far it is where that is no terminal, in milliseconds. */
const PACE = 15_000;

/** Runs `cargo install` and says which crate of how many it compiles; where it fails, all that it said. */
export function compileCrate(name, options, env) {
  const args = ["install", name, ...options];
  // Its bar, which it shows on terminals only, is the one place where it says of how many.
  const shown = { CARGO_TERM_PROGRESS_WHEN: "always", CARGO_TERM_PROGRESS_WIDTH: "100", CARGO_TERM_COLOR: "never" };
  const child = spawn("cargo", args, { cwd: ROOT, stdio: ["ignore", "inherit", "pipe"], env: { ...process.env, ...env, ...shown } });
  const say = speaker();
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (data) => {
    text += data;
    const [, done, all] = [...data.matchAll(/\[[=> ]*\]\s+(\d+)\/(\d+)/g)].at(-1) ?? [];
    if (all) say(`  ${name}: crate ${done} of ${all}`);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
      if (code === 0) return resolve();
      const lines = text.split(/[\r\n]+/).filter((line) => line.trim() && !/^\s*(Building|Compiling|Download(ed|ing)|Fetch|Installing|Updating) /.test(line));
      reject(new Error(`${lines.join("\n")}\ncargo ${args.join(" ")} ended with ${code}`));
    });
  });
}

function speaker() {
  if (process.stdout.isTTY) return (line) => process.stdout.write(`\r\x1b[K${line}`);
  let last = Date.now();
  return (line) => {
    if (Date.now() - last < PACE) return;
    last = Date.now();
    console.log(line);
  };
}
