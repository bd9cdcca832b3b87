// Folders for the state of a run. In memory where the machine has such a place: how fast its disk writes says nothing
// about Cloudflare's storage, and everybody who works on the machine shares it.
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const made = [];

/** A new folder, which is there until this process ends, if nobody removes it before. */
export function folder() {
  if (made.length === 0) removeAtTheEnd();
  const path = mkdtempSync(join(isWritable(MEMORY) ? MEMORY : tmpdir(), "devin-bridge-bench-"));
  made.push(path);
  return path;
}

function removeAtTheEnd() {
  process.on("exit", () => made.forEach((path) => rmSync(path, { recursive: true, force: true })));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
