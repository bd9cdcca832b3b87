// Where `npm start` leaves the address and the invented secrets of the bridge it runs, so that `npm run send` finds it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./steps.mjs";

const FOLDER = join(ROOT, ".wrangler");
const FILE = join(FOLDER, "local.json");

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
