// The folder for what takes long to get, shared by all clones: tools that are compiled, packages that are unpacked.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

export const CACHE = process.env.DEVIN_BRIDGE_CACHE ?? join(homedir(), ".cache", "devin-bridge");

const UNFINISHED = "installing-";

/**
 * Makes something in a folder of this run, and then renames it into its place, so that what is in its place is complete,
 * and two of us at once do not meet. `make` gets the folder and a way to put what it made into place.
 */
export async function inWorkFolder(make) {
  const work = newFolder();
  const removeWork = () => rmSync(work, { recursive: true, force: true });
  const stop = () => process.exit(130);
  process.on("exit", removeWork);
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await make(work, putInPlace);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop).off("exit", removeWork);
    removeWork();
  }
}

function newFolder() {
  try {
    mkdirSync(CACHE, { recursive: true });
    removeOld();
    return mkdtempSync(join(CACHE, UNFINISHED));
  } catch (error) {
    throw new Error(`${CACHE} can't be written to (${error.code}). Name another folder: DEVIN_BRIDGE_CACHE=<folder>`);
  }
}

function putInPlace(made, place) {
  mkdirSync(dirname(place), { recursive: true });
  try {
    renameSync(made, place);
  } catch (error) {
    // Another of us was there first.
    if (!existsSync(place)) throw error;
  }
}

// What was left by runs that were killed.
function removeOld() {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const old = name.startsWith(UNFINISHED) && Date.now() - statSync(path).mtimeMs > 24 * 3600_000;
    if (old) rmSync(path, { recursive: true, force: true });
  }
}
