// The npm packages, as the lock file has them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "./steps.mjs";

/** Installs them. The output goes to stderr: stdout may be for an answer. */
export async function installPackages() {
  try {
    await run("npm", ["ci", "--no-progress"], { stdout: process.stderr });
  } catch (error) {
    const todo = "see above for why. They come from the registry that `npm config get registry` names; behind a proxy npm_config_proxy names that";
    throw new Error(`npm could not get the packages (${error.message}): ${todo}`);
  }
}

/**
 * Whether they are there. npm leaves a list of what it installed; everything in our lock file must be on it, except for
 * what is optional (builds for other platforms).
 */
export function packagesAreCurrent() {
  const list = "node_modules/.package-lock.json";
  if (!existsSync(join(ROOT, list))) return false;
  const packages = (file) => JSON.parse(readFileSync(join(ROOT, file), "utf8")).packages;
  const installed = packages(list);
  return Object.entries(packages("package-lock.json")).every(
    ([path, { version, optional }]) => path === "" || (optional && !installed[path]) || installed[path]?.version === version,
  );
}
