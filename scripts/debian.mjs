// Programs of Debian's, for tests that need the real thing: unpacked into the cache beside the other tools, never
// installed, so that no rights are needed and the system stays as it is.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE, inWorkFolder } from "./cache.mjs";
import { inPath } from "./steps.mjs";

const execute = promisify(execFile);

export const hasApt = () => Boolean(inPath("apt-get") && inPath("dpkg-deb"));

/** Why programs of Debian's can't be had here, for `skip`; false where they can. */
export const missing = (...programs) =>
  hasApt() || programs.every((name) => inPath(name)) ? false : `neither ${programs.join(" and ")} nor apt-get was found`;

/** The path of a program: the machine's own, or the one in that package of Debian's. */
export async function program(name, { of }) {
  return inPath(name) ?? join(await unpacked(of, [of]), "usr", "bin", name);
}

/** Where packages are, or will be, unpacked. */
export const placeOf = (name) => join(CACHE, "debian", name);

/** The folder in which these packages are unpacked, and, where it is asked for, what they need and this machine lacks. */
export async function unpacked(name, packages, { dependencies = false } = {}) {
  const place = placeOf(name);
  if (existsSync(place)) return place;
  await inWorkFolder(async (work, putInPlace) => {
    await download(packages, dependencies, work);
    const archives = join(work, "cache", "archives");
    for (const archive of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
      await execute("dpkg-deb", ["--extract", join(archives, archive), join(work, "files")]);
    }
    putInPlace(join(work, "files"), place);
  });
  return place;
}

// Checked by apt against Debian's signatures. A machine may have no list of packages, as containers do, or an old one:
// then with one of our own.
async function download(packages, dependencies, folder) {
  const lists = join(folder, "lists");
  const archives = join(folder, "cache", "archives");
  for (const part of [lists, archives]) mkdirSync(join(part, "partial"), { recursive: true });
  const set = (name, value) => ["--option", `${name}=${value}`];
  const cache = [...set("APT::Sandbox::User", ""), ...set("Debug::NoLocking", "true"), ...set("Dir::Cache", join(folder, "cache"))];
  const get = (...args) => execute("apt-get", ["--quiet=2", ...cache, ...args], { cwd: archives });
  const fetch = (...options) =>
    dependencies
      ? get(...options, "install", "--yes", "--download-only", "--no-install-recommends", ...packages)
      : get(...options, "download", ...packages);
  try {
    await fetch();
  } catch {
    const own = set("Dir::State::lists", lists);
    await get(...own, "update");
    await fetch(...own);
  }
}
