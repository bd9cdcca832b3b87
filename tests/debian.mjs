// Programs of Debian's, for tests that need the real thing: unpacked into the cache beside the other tools, never
// installed, so that no rights are needed and the system stays as it is.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const CACHE = process.env.DEVIN_BRIDGE_CACHE ?? join(homedir(), ".cache", "devin-bridge");
const found = (program) => process.env.PATH.split(delimiter).map((folder) => join(folder, program)).find(existsSync);

/** Why programs of Debian's can't be had here, for `skip`; false where they can. */
export const missing = (...programs) =>
  found("apt-get") || programs.every(found) ? false : `neither ${programs.join(" and ")} nor apt-get was found`;

/** The path of a program: the machine's own, or the one in that package of Debian's. */
export async function program(name, { of }) {
  const own = found(name);
  if (own) return own;
  const place = join(CACHE, "debian", of);
  if (!existsSync(place)) await unpack(of, place);
  return join(place, "usr", "bin", name);
}

// Aside, and then moved into its place: what is there is complete.
async function unpack(of, place) {
  mkdirSync(join(CACHE, "debian"), { recursive: true });
  const aside = mkdtempSync(join(CACHE, "installing-"));
  try {
    await download(of, aside);
    const [archive] = readdirSync(aside).filter((file) => file.endsWith(".deb"));
    await execute("dpkg-deb", ["--extract", join(aside, archive), join(aside, "files")]);
    renameSync(join(aside, "files"), place);
  } catch (error) {
    // Another test may have been there first.
    if (!existsSync(place)) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

// Checked by apt against Debian's signatures. A machine may have no list of packages, as containers do: then with one of
// our own.
async function download(of, folder) {
  const get = (...args) => execute("apt-get", ["--option", "APT::Sandbox::User=", ...args], { cwd: folder });
  try {
    await get("download", of);
  } catch {
    const own = ["--option", `Dir::State::lists=${folder}/lists`, "--option", `Dir::Cache=${folder}/cache`];
    mkdirSync(join(folder, "lists", "partial"), { recursive: true });
    mkdirSync(join(folder, "cache", "archives", "partial"), { recursive: true });
    await get(...own, "update");
    await get(...own, "download", of);
  }
}
