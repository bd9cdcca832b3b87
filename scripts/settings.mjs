// The names of everything that can be set. package.json has them with their descriptions, as the "Deploy to Cloudflare"
// button asks for them; wrangler.toml has the defaults.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./steps.mjs";

const read = (file) => readFileSync(join(ROOT, file), "utf8");

/** The bindings that are no settings. */
const STORES = ["INCIDENTS", "INCIDENT", "REGISTER"];

/** The settings that are lists of tables; wrangler.toml shows each in an example. */
export const TABLES = [...new Set(Array.from(read("wrangler.toml").matchAll(/^# \[\[vars\.(\w+)\]\]/gm), ([, name]) => name))];

/** { name: description } of all variables and secrets but the tables. */
export function descriptions() {
  const { bindings } = JSON.parse(read("package.json")).cloudflare;
  const described = Object.entries(bindings).filter(([name]) => !STORES.includes(name));
  return Object.fromEntries(described.map(([name, { description }]) => [name, description]));
}

let names;
/** The names of all variables and secrets. */
export const settingNames = () => (names ??= [...Object.keys(descriptions()), ...TABLES]);

/** The secret that opens one hook only, such as WEBHOOK_SECRET_AZURE_MONITOR, may be set for any of them. */
export const isSetting = (name) => settingNames().includes(name) || /^WEBHOOK_SECRET_[A-Z0-9_]+$/.test(name);

/** Whether a setting of that name is a secret, which belongs into `wrangler secret put` and not into [vars]. */
export const isSecret = (name) => /^(DEVIN_API_KEY|NOTIFY_WEBHOOK_URL|WEBHOOK_SECRET_\w+|\w+_(SECRET|TOKEN)(_PREVIOUS)?)$/.test(name);

/** The names of the secrets that routes hand to sessions, as far as the routes can be read. */
export const sessionSecrets = ({ ROUTES }) => namesIn(ROUTES, (route) => route?.session_secrets ?? []);

/** The names of the secrets that signatures are checked with, the same. */
export const signatureSecrets = ({ SIGNATURES }) => namesIn(SIGNATURES, (signature) => signature?.secret ?? []);

/** The names of secrets that these variables make up, each with the one before it. */
export const secretsNamedIn = (variables) =>
  [...sessionSecrets(variables), ...signatureSecrets(variables)].flatMap((name) => [name, `${name}_PREVIOUS`]);

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
