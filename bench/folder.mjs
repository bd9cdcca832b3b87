// Folders for the state of a run. In memory where the machine has such a place: how fast its disk writes says nothing
// about Cloudflare's storage, and everybody who works on the machine shares it.
import { accessSync, constants, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";

export function folder() {
  return mkdtempSync(join(isWritable(MEMORY) ? MEMORY : tmpdir(), "devin-bridge-bench-"));
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
