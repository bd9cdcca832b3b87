// The browser for the tests of the dashboard and its screenshots: the one that is there, or Debian's.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { run, step } from "./steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
// Chromium, and a font: without any there is no text.
const PACKAGES = ["chromium", "fonts-liberation"];
const APT = ["-qq", "-o", "Dpkg::Use-Pty=0"];

// No network but to the bridge, nothing that is written outside of a profile that is thrown away.
const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of a Chromium or Chrome, or undefined. */
export function findChromium() {
  const { CHROMIUM, PATH = "" } = process.env;
  const inPath = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return (CHROMIUM ? [CHROMIUM] : [...inPath, ...PLACES]).find(isProgram);
}

/** Installs Debian's where there is none and we may. */
export async function installChromium() {
  if (findChromium() || process.env.CHROMIUM || process.getuid?.() !== 0) return;
  await step("Installing Chromium from Debian, for the tests of the dashboard", async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update", ...APT], { env });
    await run("apt-get", ["install", "-y", "--no-install-recommends", ...APT, ...PACKAGES], { env });
  });
}

/** Starts it, without a window. */
export async function startChromium() {
  const executablePath = findChromium();
  if (!executablePath) {
    const how = "apt-get install chromium, or another way, and then CHROMIUM=<its path> where it is not in PATH";
    throw new Error(`No Chromium or Chrome was found, which the tests of the dashboard need: ${how}`);
  }
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath, args: ARGS, chromiumSandbox: process.getuid?.() !== 0 });
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
