// What this machine knows of bridges: the secrets in .dev.vars, and where `npm start` runs one now.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import util from "node:util";
import { misused } from "./cli.mjs";
import { ROOT } from "./steps.mjs";

const FOLDER = join(ROOT, ".wrangler");
const FILE = join(FOLDER, "local.json");
const SECRETS_FILE = join(FOLDER, "secrets.json");

/**
 * Leaves the address and the secrets of a bridge that runs here, for the other commands to find: { url, env, real, secrets }.
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

/** The one at an address; without an address the first, or the first of an environment. */
export function localBridge(url, env) {
  const wanted = url && new URL(url).origin.replace("//localhost:", "//127.0.0.1:");
  return localBridges().find((bridge) => (wanted ? bridge.url === wanted : env === undefined || bridge.env === env));
}

/** What to say where none runs here, as the beginning of a sentence. */
export const noneHere = (env) =>
  env === undefined ? "No bridge runs here. Start one with `npm start`" : `No bridge of ${env} runs here. Start one with \`npm start -- --env ${env}\``;

/** The secrets of the bridges that run here, for where there are no others: made once, so that a command line works again later. */
export function localSecrets() {
  const names = ["WEBHOOK_SECRET", "PAGERDUTY_SIGNING_SECRET", "ADMIN_TOKEN"];
  const made = Object.fromEntries(names.map((name) => [name, randomBytes(12).toString("hex")]));
  if (existsSync(SECRETS_FILE)) return { ...made, ...JSON.parse(readFileSync(SECRETS_FILE, "utf8")) };
  write(made, SECRETS_FILE);
  return made;
}

function write(content, file = FILE) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
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

/** The same for a command that is called with --env; without it of .dev.vars, where there is one. */
export function namedDevVars(env) {
  const file = devVarsFile(ROOT, env);
  if (env !== undefined && !existsSync(file)) misused(`There is no ${basename(file)} here, which --env ${env} names.`);
  return readDevVars(ROOT, env);
}

/** What to say where others than its owner can read such a file; undefined where they can't. */
export function openToOthers(file) {
  const open = existsSync(file) && (statSync(file).mode & 0o077) !== 0 && process.platform !== "win32";
  return open ? `Others on this machine can read ${basename(file)}: chmod 600 ${basename(file)}` : undefined;
}
