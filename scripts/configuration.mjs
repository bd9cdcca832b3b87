// The configuration as it would be deployed, and what the bridge itself says of it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { createInterface } from "node:readline";
import { misused } from "./cli.mjs";
import { readDevVars } from "./local.mjs";
import { ROOT } from "./steps.mjs";

const ADMIN_TOKEN = "admin-token-of-the-check";

/** The options of every tool that reads the configuration. */
export const CONFIG_OPTION = {
  config: { value: "FILE", about: "this in place of wrangler.toml, with the .dev.vars that lies beside it" },
};
export const ROUTE_OPTIONS = {
  routes: { value: "FILE", about: "these routes in place of wrangler.toml's: JSON, or TOML with [[vars.ROUTES]]" },
  route: {
    value: "JSON",
    multiple: true,
    about: `a route in place of wrangler.toml's, such as '{"service": "billing*", "ignore": true}'; several in their order`,
  },
};

/** Builds the Worker where its sources have changed. All of it is told on stderr: stdout is for the answer. */
export async function buildWorker() {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, stdio });
  createInterface(child.stdout).on("line", (line) => line.startsWith("WASM ") || console.error(line));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error("The Worker could not be built.");
}

/** The file and the routes that the options name, as readConfiguration() takes them. */
export function namedConfiguration({ config, routes, route }) {
  for (const file of [config, routes]) {
    if (file !== undefined && !existsSync(file)) misused(`There is no file ${file}.`);
  }
  if (routes !== undefined && route !== undefined) misused("Either --routes or --route, not both.");
  for (const [index, text] of (route ?? []).entries()) {
    if (!isObject(text)) misused(`--route ${index + 1} is no JSON object: ${text}`);
  }
  return { file: config, routesFile: routes, routes: route && `[${route.join(",")}]` };
}

function isObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/**
 * What would be deployed: { variables, secrets }, the variables of wrangler.toml and what .dev.vars adds. Needs the npm
 * packages, so call it after buildWorker().
 */
export async function readConfiguration({ file = join(ROOT, "wrangler.toml"), routesFile, routes } = {}) {
  const { parse } = await import("smol-toml");
  const toml = (path) => {
    try {
      return parse(readFileSync(path, "utf8"));
    } catch (error) {
      throw new Error(`${path}: ${error.message}`);
    }
  };
  const variables = { ...toml(file).vars };
  if (routes) variables.ROUTES = routes;
  if (routesFile) {
    // The bridge takes JSON as it is, and says what is wrong with it.
    const isToml = extname(routesFile) === ".toml";
    variables.ROUTES = isToml ? (toml(routesFile).vars?.ROUTES ?? []) : readFileSync(routesFile, "utf8");
  }
  return { variables, secrets: readDevVars(dirname(file)) };
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
  // Standard Webhooks takes base64 only.
  for (const name of signatureSecrets(vars.SIGNATURES)) vars[name] ??= btoa("stand-in");
  const persistTo = mkdtempSync(join(tmpdir(), "devin-bridge-check-"));
  process.on("exit", () => rmSync(persistTo, { recursive: true, force: true }));
  return startRuntime({ persistTo, vars });
}

/** What a bridge says of its configuration: { problems, warnings, storage }. */
export async function health(url, token = ADMIN_TOKEN) {
  const response = await fetch(new URL("/health", url), { headers: { authorization: `Bearer ${token}` } });
  return response.json();
}

/** What is wrong with a configuration, and which secrets are not at hand: { problems, warnings, unset }. */
export async function check(configuration) {
  const bridge = await startConfigured(configuration);
  try {
    const { problems, warnings } = await health(bridge.url);
    return { problems, warnings: [...warnings, ...unknownVariables(configuration)], unset: stillUnset(configuration) };
  } finally {
    await bridge.stop();
  }
}

/** A problem as /health tells it, in three lines. */
export const describe = ({ setting, found, expected }) =>
  `${setting}\n  found     ${found ?? "nothing"}\n  expected  ${expected}`;

// A key is told by how it begins, and one that begins cog_ needs the organisation.
function standIn({ DEVIN_API_KEY: key, DEVIN_ORG_ID: org }) {
  const begins = ["cog_", "apk_"].find((start) => key?.startsWith(start));
  if (key && !begins) return "a-key-of-no-known-kind";
  return `${begins ?? (org ? "cog_" : "apk_")}stand-in`;
}

/** The names of the secrets that routes hand to sessions, as far as the routes can be read. */
const sessionSecrets = (routes) => namesIn(routes, (route) => route?.session_secrets ?? []);

/** The names of the secrets that signatures are checked with, the same. */
const signatureSecrets = (signatures) => namesIn(signatures, (signature) => signature?.secret ?? []);

function namesIn(tables, names) {
  let list = tables;
  try {
    list = typeof tables === "string" ? JSON.parse(tables) : tables;
  } catch {
    // The bridge says so.
  }
  const found = [list ?? []].flat().flatMap(names);
  return found.filter((name) => typeof name === "string");
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
  for (const name of signatureSecrets(variables.SIGNATURES)) {
    if (!secrets[name]) missing(name, "SIGNATURES names it: what a sender signs with");
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
