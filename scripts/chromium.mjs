// The browser for the tests of the dashboard and its screenshots: the one that is there, or Debian's.
import { accessSync, constants, existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { hasApt, placeOf, unpacked } from "./debian.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
// Chromium, and a font: without any there is no text.
const PACKAGES = ["chromium", "fonts-liberation"];
const UNPACKED = placeOf("chromium");

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
function findChromium() {
  const { CHROMIUM, PATH = "" } = process.env;
  const inPath = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return (CHROMIUM ? [CHROMIUM] : [...inPath, ...PLACES]).find(isProgram);
}

/** Whether there is none and Debian's can be had. */
export const chromiumIsMissing = () => !findChromium() && !process.env.CHROMIUM && !existsSync(UNPACKED) && hasApt();

export const unpackChromium = () => unpacked("chromium", PACKAGES, { dependencies: true });

/** Starts it, without a window. */
export async function startChromium() {
  const own = findChromium();
  if (!own && !existsSync(UNPACKED)) {
    const how = "install one, name one that is not in PATH (CHROMIUM=<its path>), or leave the tests out: npm test -- --no-browser";
    throw new Error(`No Chromium or Chrome was found, which the tests of the dashboard need: ${how}`);
  }
  const { chromium } = await import("playwright-core");
  const how = own ? { executablePath: own } : { executablePath: join(UNPACKED, "usr/lib/chromium/chromium"), env: unpackedEnvironment() };
  return chromium.launch({ ...how, args: ARGS, chromiumSandbox: process.getuid?.() !== 0 });
}

/** What a Chromium that is not installed has to be told: where its libraries and fonts are. */
function unpackedEnvironment() {
  const files = readdirSync(UNPACKED, { recursive: true, withFileTypes: true });
  const libraries = new Set(files.filter(({ name }) => /\.so(\.|$)/.test(name)).map((file) => file.parentPath));
  const fonts = join(UNPACKED, "fonts.conf");
  const folders = [join(UNPACKED, "usr/share/fonts"), "/usr/share/fonts"].map((folder) => `<dir>${folder}</dir>`);
  writeFileSync(fonts, `<fontconfig>${folders.join("")}<cachedir>${dirname(fonts)}/fonts-cache</cachedir></fontconfig>\n`);
  return { ...process.env, LD_LIBRARY_PATH: [...libraries].join(delimiter), FONTCONFIG_FILE: fonts };
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
