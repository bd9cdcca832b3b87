// Running other programs, and saying how long it took.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where a program is, or undefined. */
export const inPath = (program, path = process.env.PATH) =>
  path.split(delimiter).map((folder) => join(folder, program)).find(existsSync);

/** Says what is being done, does it, says how long it took. */
export async function step(name, work, say = console.log) {
  say(`• ${name}`);
  const start = performance.now();
  const result = await work();
  say(`  ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Runs a program in the project's folder with its output shown; fails unless it ends with 0. */
export function run(program, args, { env = {}, stdout = "inherit" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ["inherit", stdout, "inherit"], env: { ...process.env, ...env } });
    child.on("error", (error) => reject(missing(program, error)));
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(" ")} ended with ${signal ?? code}`));
    });
  });
}

/** Runs a program, with `input` for it to read, and gives what it printed. */
export function output(program, args, { env = {}, input = "" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    child.stdin.on("error", () => {}); // It may end without having read; how it ended tells why.
    child.stdin.end(input);
    let text = "";
    child.stdout.on("data", (data) => (text += data));
    child.on("error", (error) => reject(missing(program, error)));
    child.on("close", (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${text}\n${program} ${args.join(" ")} ended with ${code}`)),
    );
  });
}

function missing(program, error) {
  if (error.code !== "ENOENT") return error;
  return new Error(`${program} was not found. What this project needs: rustup (https://rustup.rs), a C compiler, and for the tests Python 3.11 with venv.`);
}
