// Folders for the state of a run. In memory where the machine has such a place: how fast its disk writes says nothing
// about Cloudflare's storage, and everybody who works on the machine shares it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const made = [];

/** A new folder, which is there until this process ends, if nobody removes it before. */
export function folder() {
  if (made.length === 0) removeAtTheEnd();
  const path = newFolder();
  made.push(path);
  return path;
}

function removeAtTheEnd() {
  process.on("exit", () => made.forEach((path) => rmSync(path, { recursive: true, force: true })));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
}

function newFolder() {
  const name = "devin-bridge-bench-";
  try {
    return mkdtempSync(join(MEMORY, name));
  } catch {
    return mkdtempSync(join(tmpdir(), name));
  }
}
