// What this machine knows of bridges: the secrets in .dev.vars, and where `npm start` runs one now.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import util from "node:util";
import { ROOT } from "./steps.mjs";

const FOLDER = join(ROOT, ".wrangler");
const FILE = join(FOLDER, "local.json");

/** Leaves the address and the invented secrets of the bridge that `npm start` runs, for `npm run send` to find. */
export function rememberLocal(bridge) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FILE, JSON.stringify(bridge), { mode: 0o600 });
}

export const forgetLocal = () => rmSync(FILE, { force: true });

/** { url, secrets } of the bridge that runs now, or undefined. */
export function localBridge() {
  try {
    return JSON.parse(readFileSync(FILE, "utf8"));
  } catch {
    return undefined;
  }
}

/** What .dev.vars holds, as far as it is filled in. */
export function readDevVars(folder = ROOT) {
  const file = join(folder, ".dev.vars");
  if (!existsSync(file)) return {};
  return Object.fromEntries(Object.entries(util.parseEnv(readFileSync(file, "utf8"))).filter(([, value]) => value !== ""));
}
