// npm run check: what the bridge itself says of its configuration, before anything is deployed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, parseEnv } from "node:util";
import { main, ROOT } from "./steps.mjs";

const USAGE = `npm run check [-- options]

Checks wrangler.toml, with .dev.vars where there is one: every wrong setting, by its name and place, with what was found
and what was expected. Nothing is sent anywhere.

  --routes FILE  these routes in place of wrangler.toml's: JSON, or TOML with [[vars.ROUTES]]
  --json         { ok, problems, warnings, unset } (npm run --silent check -- --json)
  --help         this

Ends with 0 when all is well, with 1 when something is wrong, with 2 when it was called wrongly.
`;

const ADMIN_TOKEN = "admin-token-of-the-check";

async function check() {
  const { values } = usage(USAGE);
  await buildWorker();
  const configuration = await readConfiguration(values.routes);
  const bridge = await startConfigured(configuration);
  try {
    const { problems, warnings } = await health(bridge);
    warnings.push(...unknownVariables(configuration));
    const unset = stillUnset(configuration);
    if (problems.length > 0) process.exitCode = 1;
    if (values.json) {
      console.log(JSON.stringify({ ok: problems.length === 0, problems, warnings, unset }, null, 2));
    } else {
      show(problems, warnings, unset);
    }
  } finally {
    await bridge.stop();
  }
}

function show(problems, warnings, unset) {
  for (const problem of problems) console.log(`${describe(problem)}\n`);
  for (const warning of warnings) console.log(`warning: ${warning}\n`);
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  console.log(problems.length === 0 ? "ok" : `${count}: until that is mended, every hook answers 503.`);
  if (unset.length === 0) return;
  console.log("\nNot in .dev.vars; a deployed bridge needs them (npx wrangler secret put NAME):");
  const width = Math.max(...unset.map(({ setting }) => setting.length));
  for (const { setting, meaning } of unset) console.log(`  ${setting.padEnd(width)}  ${meaning}`);
}

/** A problem as /health tells it, in three lines. */
export const describe = ({ setting, found, expected }) =>
  `${setting}\n  found     ${found ?? "nothing"}\n  expected  ${expected}`;

/** What is wrong with a bridge's configuration, in its own words. */
export async function health(bridge) {
  const response = await fetch(`${bridge.url}/health`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  const { problems, warnings } = await response.json();
  return { problems, warnings };
}

/** parseArgs for both tools: --help shows the usage, and a mistake ends them with 2. */
export function usage(text, options, allowPositionals = false) {
  let parsed;
  try {
    const common = { routes: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } };
    parsed = parseArgs({ allowPositionals, options: { ...common, ...options } });
  } catch (error) {
    misused(error.message, text);
  }
  const { help, routes } = parsed.values;
  if (help) {
    console.log(text);
    process.exit(0);
  }
  if (routes !== undefined && !existsSync(routes)) misused(`There is no file ${routes}.`, text);
  return parsed;
}

export function misused(mistake, text) {
  console.error(`${mistake}\nUsage: ${text.split("\n")[0]}   (--help tells more)`);
  process.exit(2);
}

/** Builds the Worker where its sources have changed. All of it is told on stderr: stdout is for the answer. */
export async function buildWorker() {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, stdio });
  createInterface(child.stdout).on("line", (line) => line.startsWith("WASM ") || console.error(line));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error("The Worker could not be built.");
}

/**
 * What would be deployed: { variables, secrets }, the variables of wrangler.toml and what .dev.vars adds; `routesFile`
 * has other routes. Needs the npm packages, so call it after buildWorker().
 */
export async function readConfiguration(routesFile) {
  const { parse } = await import("smol-toml");
  const toml = (file) => {
    try {
      return parse(readFileSync(file, "utf8"));
    } catch (error) {
      throw new Error(`${file}: ${error.message}`);
    }
  };
  const variables = { ...toml(join(ROOT, "wrangler.toml")).vars };
  if (routesFile) {
    // The bridge takes JSON as it is, and says what is wrong with it.
    const isToml = extname(routesFile) === ".toml";
    variables.ROUTES = isToml ? (toml(routesFile).vars?.ROUTES ?? []) : readFileSync(routesFile, "utf8");
  }
  return { variables, secrets: readDevVars() };
}

/**
 * The Worker with this configuration, on the local runtime. It gets stand-ins for the secrets, so that it could not
 * talk to Devin if it wanted to: `more` and those that are missing.
 */
export async function startConfigured({ variables, secrets }, more = {}) {
  const { startRuntime } = await import("./runtime.mjs");
  const vars = { ...variables, ...secrets, ...more, ADMIN_TOKEN };
  vars.DEVIN_API_KEY = standIn(vars);
  for (const name of sessionSecrets(vars.ROUTES)) vars[name] ??= "stand-in";
  const persistTo = mkdtempSync(join(tmpdir(), "devin-bridge-check-"));
  process.on("exit", () => rmSync(persistTo, { recursive: true, force: true }));
  return startRuntime({ persistTo, vars });
}

// A key is told by how it begins, and one that begins cog_ needs the organisation.
function standIn({ DEVIN_API_KEY: key, DEVIN_ORG_ID: org }) {
  const begins = ["cog_", "apk_"].find((start) => key?.startsWith(start));
  if (key && !begins) return "a-key-of-no-known-kind";
  return `${begins ?? (org ? "cog_" : "apk_")}stand-in`;
}

/** The names of the secrets that routes hand to sessions, as far as the routes can be read. */
function sessionSecrets(routes) {
  let list = routes;
  try {
    list = typeof routes === "string" ? JSON.parse(routes) : routes;
  } catch {
    // The bridge says so.
  }
  const names = [list ?? []].flat().flatMap((route) => route?.session_secrets ?? []);
  return names.filter((name) => typeof name === "string");
}

function stillUnset({ variables, secrets }) {
  const unset = [];
  const missing = (setting, meaning) => unset.push({ setting, meaning });
  if (!secrets.DEVIN_API_KEY) {
    missing("DEVIN_API_KEY", "Devin's API key: cog_… or apk_…");
    if (!variables.DEVIN_ORG_ID && !secrets.DEVIN_ORG_ID) {
      missing("DEVIN_ORG_ID", "in wrangler.toml, and only for a key that starts cog_: the organisation's id, org-…");
    }
  }
  if (!secrets.WEBHOOK_SECRET) missing("WEBHOOK_SECRET", "what alerts prove themselves with; without it their hooks answer 503");
  if (!secrets.PAGERDUTY_SIGNING_SECRET) missing("PAGERDUTY_SIGNING_SECRET", "only for PagerDuty: what it signs with");
  if (!secrets.ADMIN_TOKEN) missing("ADMIN_TOKEN", "opens /api/incidents and the problems in /health");
  for (const name of sessionSecrets(variables.ROUTES)) {
    if (!secrets[name]) missing(name, "a route's session_secrets names it");
  }
  return unset;
}

// The bridge never asks for a name it does not know, so only the file can tell of one. Every name it knows stands in
// its settings.
function unknownVariables({ variables }) {
  const source = readFileSync(join(ROOT, "src", "settings.rs"), "utf8");
  const known = new Set(Array.from(source.matchAll(/"([A-Z][A-Z_]+)"/g), ([, name]) => name));
  const unknown = Object.keys(variables).filter((name) => !known.has(name));
  return unknown.map((name) => `${name} in wrangler.toml is no setting of the bridge, so it does nothing`);
}

function readDevVars() {
  const file = join(ROOT, ".dev.vars");
  if (!existsSync(file)) return {};
  return Object.fromEntries(Object.entries(parseEnv(readFileSync(file, "utf8"))).filter(([, value]) => value !== ""));
}

main(import.meta, check);
