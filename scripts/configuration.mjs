// The configuration as it would be deployed, and what the bridge itself says of it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { createInterface } from "node:readline";
import { misused, suggestion } from "./cli.mjs";
import { readDevVars } from "./local.mjs";
import { sessionSecrets, signatureSecrets } from "./settings.mjs";
import { ROOT } from "./steps.mjs";

export const WRANGLER_TOML = join(ROOT, "wrangler.toml");
const ADMIN_TOKEN = "admin-token-of-the-check";
/** In place of a secret that is not at hand: long, no other's, and base64, which Standard Webhooks wants. */
const placeholderFor = (name) => btoa(`placeholder for ${name}, which is not at hand`);

/** The options of every tool that reads the configuration. */
export const CONFIG_OPTION = {
  config: { value: "FILE", about: "this in place of wrangler.toml, with the .dev.vars that lies beside it" },
  env: { value: "NAME", about: "its environment [env.NAME], with .dev.vars.NAME" },
};
export const ROUTE_OPTIONS = {
  routes: { value: "FILE", about: "these routes in place of wrangler.toml's: JSON, or TOML with [[vars.ROUTES]]" },
  route: {
    value: "JSON",
    multiple: true,
    about: `a route in place of wrangler.toml's, such as '{"service": "billing*", "ignore": true}'; several in their order`,
  },
};

/** Builds the Worker where its sources have changed. Its output goes to stderr: stdout is for the answer. */
export async function buildWorker() {
  const stdio = ["ignore", "pipe", "inherit"];
  const { WRANGLER_COMMAND: _, ...env } = process.env; // Its check is for wrangler.
  const child = spawn(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, stdio, env });
  createInterface(child.stdout).on("line", (line) => line.startsWith("WASM ") || console.error(line));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error("The Worker could not be built.");
}

/** The file, the environment and the routes that the options name, as readConfiguration() takes them. */
export function namedConfiguration({ config, env, routes, route }) {
  for (const file of [config, routes]) {
    if (file !== undefined && !existsSync(file)) misused(`There is no file ${file}.`);
  }
  if (routes !== undefined && route !== undefined) misused("Either --routes or --route, not both.");
  for (const [index, text] of (route ?? []).entries()) {
    if (!isObject(text)) misused(`--route ${index + 1} is no JSON object: ${text}`);
  }
  return { file: config, env, routesFile: routes, routes: route && `[${route.join(",")}]` };
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
 * What would be deployed: { file, toml, env, variables, secrets }: the variables of wrangler.toml, or of its [env.ENV],
 * and what .dev.vars or .dev.vars.ENV adds. `toml` is in place of what the file holds. Needs the npm packages, so call it
 * after buildWorker().
 */
export async function readConfiguration({ file = WRANGLER_TOML, toml, env = "", routesFile, routes } = {}) {
  const { environmentNames, readToml, section } = await import("./wrangler-file.mjs");
  toml ??= readToml(file);
  const known = environmentNames(toml);
  if (!known.includes(env)) misused(`There is no [env.${env}] in ${file}.${suggestion(env, known)}`);
  const variables = { ...section(toml, env).vars };
  if (routes) variables.ROUTES = routes;
  if (routesFile) {
    // The bridge takes JSON as it is, and says what is wrong with it.
    const isToml = extname(routesFile) === ".toml";
    variables.ROUTES = isToml ? (readToml(routesFile).vars?.ROUTES ?? []) : readFileSync(routesFile, "utf8");
  }
  return { file, toml, env, variables, secrets: readDevVars(dirname(file), env) };
}

/** The configurations of all environments of a file, or of the one that is named. */
export async function readConfigurations(named) {
  if (named.env !== undefined || named.routes || named.routesFile) return [await readConfiguration(named)];
  const { environmentNames, readToml } = await import("./wrangler-file.mjs");
  const all = environmentNames(readToml(named.file ?? WRANGLER_TOML));
  return Promise.all(all.map((env) => readConfiguration({ ...named, env })));
}

/** These variables, for startRuntime() to run the Worker with, and none of those at the top of wrangler.toml. */
export async function withoutOthers(variables) {
  const { readToml } = await import("./wrangler-file.mjs");
  const others = Object.keys(readToml(WRANGLER_TOML).vars).map((name) => [name, null]);
  return { ...Object.fromEntries(others), ...variables };
}

/**
 * The Worker with this configuration, on the local runtime; `token` of what it gives opens it. It gets placeholders for the
 * secrets, so that it could not talk to Devin if it wanted to: `more` and those that are missing.
 */
export async function startConfigured({ variables, secrets }, more = {}) {
  const { startRuntime } = await import("./runtime.mjs");
  const vars = { ...(await withoutOthers(variables)), ...secrets, ...more };
  vars.ADMIN_TOKEN ||= ADMIN_TOKEN;
  vars.DEVIN_API_KEY = placeholderKey(vars);
  for (const name of [...sessionSecrets(vars), ...signatureSecrets(vars)]) vars[name] ??= placeholderFor(name);
  if (!vars.WEBHOOK_SECRET_PREVIOUS) vars.WEBHOOK_SECRET ||= placeholderFor("WEBHOOK_SECRET");
  const persistTo = mkdtempSync(join(tmpdir(), "devin-bridge-check-"));
  process.on("exit", () => rmSync(persistTo, { recursive: true, force: true }));
  return { ...(await startRuntime({ persistTo, vars })), token: vars.ADMIN_TOKEN };
}

/** What a bridge says of its configuration: { status, version, problems, warnings, storage }; without a token the first two. */
export async function health(url, token) {
  const response = await fetch(new URL("/health", url), { headers: { authorization: `Bearer ${token}` } });
  return response.json();
}

/** What is wrong with a configuration, and which secrets are not at hand: { problems, warnings, unset }. */
export async function check(configuration) {
  const { secretWarnings, structureProblems } = await import("./wrangler-file.mjs");
  const bridge = await startConfigured(configuration);
  try {
    const { problems, warnings } = await health(bridge.url, bridge.token);
    const { env } = configuration;
    const all = [...structureProblems(configuration), ...problems].map((problem) => (env ? { ...problem, environment: env } : problem));
    return { problems: all, warnings: [...secretWarnings(configuration), ...warnings], unset: stillUnset(configuration) };
  } finally {
    await bridge.stop();
  }
}

/** As far as a configuration is deployed: without the secrets that are only at hand here, but for the kind of the key. */
export function deployedPart({ secrets: { DEVIN_API_KEY: key }, ...configuration }) {
  return { ...configuration, secrets: /^(apk|cog)_/.test(key) ? { DEVIN_API_KEY: key } : {} };
}

/** A problem as /health tells it, in three lines. */
export const describe = ({ setting, environment, found, expected }) =>
  `${setting}${environment ? ` (environment ${environment})` : ""}\n  found     ${found ?? "nothing"}\n  expected  ${expected}`;

// A key is recognised by how it begins, and one that begins cog_ needs the organisation.
function placeholderKey({ DEVIN_API_KEY: key, DEVIN_ORG_ID: org }) {
  const begins = ["cog_", "apk_"].find((start) => key?.startsWith(start));
  if (key && !begins) return "a-key-of-no-known-kind";
  return `${begins ?? (org ? "cog_" : "apk_")}${placeholderFor("DEVIN_API_KEY")}`;
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
  if (!secrets.WEBHOOK_SECRET) missing("WEBHOOK_SECRET", "the secret that alert senders authenticate with; without it their hooks answer 503");
  if (!secrets.PAGERDUTY_SIGNING_SECRET) missing("PAGERDUTY_SIGNING_SECRET", "only for PagerDuty: what it signs with");
  if (!secrets.ADMIN_TOKEN) missing("ADMIN_TOKEN", "opens /api/incidents and the problems in /health");
  for (const name of sessionSecrets(variables)) {
    if (!secrets[name]) missing(name, "a route's session_secrets names it");
  }
  for (const name of signatureSecrets(variables)) {
    if (!secrets[name]) missing(name, "SIGNATURES names it: what a sender signs with");
  }
  return unset;
}
