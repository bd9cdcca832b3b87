// What this machine knows of bridges: the secrets in .dev.vars, and where `npm start` runs one now.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import util from "node:util";
import { ROOT } from "./steps.mjs";

const FOLDER = join(ROOT, ".wrangler");
const FILE = join(FOLDER, "local.json");

/**
 * Leaves the address and the secrets of a bridge that runs here, for the other commands to find: { url, real, secrets }.
 * Gives what takes it away again.
 */
export function rememberLocal(bridge) {
  const mine = ({ pid }) => pid === process.pid;
  write([...localBridges(), { ...bridge, pid: process.pid }]);
  return () => write(localBridges().filter((each) => !mine(each)));
}

/** The bridges that run here now, the one that was started first at the front. */
export function localBridges() {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")).filter(({ pid }) => runs(pid));
  } catch {
    return [];
  }
}

/** The one at an address, or, without an address, the first. */
export function localBridge(url) {
  return localBridges().find((bridge) => url === undefined || new URL(url).origin === bridge.url);
}

function write(bridges) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FILE, JSON.stringify(bridges), { mode: 0o600 });
}

function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM"; // It does, for somebody else.
  }
}

/** The file that holds an environment's secrets: .dev.vars or .dev.vars.ENV, as wrangler has it. */
export const devVarsFile = (folder = ROOT, env = "") => join(folder, env ? `.dev.vars.${env}` : ".dev.vars");

/** What that file holds, as far as it is filled in. */
export function readDevVars(folder, env) {
  const file = devVarsFile(folder, env);
  if (!existsSync(file)) return {};
  return Object.fromEntries(Object.entries(util.parseEnv(readFileSync(file, "utf8"))).filter(([, value]) => value !== ""));
}

/** What to say where others than its owner can read such a file; undefined where they can't. */
export function openToOthers(file) {
  const open = existsSync(file) && (statSync(file).mode & 0o077) !== 0 && process.platform !== "win32";
  return open ? `Others on this machine can read ${basename(file)}: chmod 600 ${basename(file)}` : undefined;
}
