// wrangler.toml: what it says of each environment, and what the bridge itself can't see to be wrong in it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "smol-toml";
import { nearest } from "./cli.mjs";
import { isSecret, isSetting, secretsNamedIn, settingNames, TABLES } from "./settings.mjs";
import { ROOT } from "./steps.mjs";

/** Every environment must have them: wrangler inherits no bindings. */
const BINDINGS = [
  ["kv_namespaces", "INCIDENTS", ({ kv_namespaces: list }) => list?.some?.(({ binding }) => binding === "INCIDENTS")],
  ...["INCIDENT", "REGISTER"].map((name) => [
    "durable_objects.bindings",
    name,
    ({ durable_objects: objects }) => objects?.bindings?.some?.((object) => object.name === name),
  ]),
];

export function readToml(path) {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path}: ${error.message}`);
  }
}

/** The names of the environments; the one at the top of the file has none. */
export const environmentNames = (toml) => ["", ...Object.keys(toml.env ?? {})];

/** What is at the top of the file, or in [env.NAME]. */
export const section = (toml, env) => (env ? toml.env[env] : toml);

/** The name of the Worker that an environment is deployed as. */
export const workerName = (toml, env) => section(toml, env).name ?? (env ? `${toml.name}-${env}` : toml.name);

/** What is wrong with an environment of a file, as { setting, found, expected }. */
export function structureProblems({ file, toml, env }) {
  const part = section(toml, env);
  return [
    ...unknownVariables(part.vars ?? {}),
    ...unknownKeys(part, env),
    ...missingBindings(toml, part, env),
    ...sharedName(file, toml, env),
  ];
}

/** A sentence for each secret that is set in [vars], where everybody who may read the file or the Worker's settings sees it. */
export function secretWarnings({ toml, env }) {
  const vars = section(toml, env).vars ?? {};
  const found = Object.keys(vars).filter((name) => vars[name] !== "" && (isSecret(name) || secretsNamedIn(vars).includes(name)));
  const option = env ? ` --env ${env}` : "";
  return found.map((name) => `${name} is set in [${env ? `env.${env}.` : ""}vars], where everybody who reads the settings sees it: take it out, and npx wrangler secret put ${name}${option}`);
}

// The bridge never asks for a name that it does not know, so only the file can tell of one.
function unknownVariables(vars) {
  return Object.keys(vars)
    .filter((name) => !isSetting(name) && !secretsNamedIn(vars).includes(name))
    .map((name) => {
      const meant = nearest(name, settingNames());
      const expected = meant ? `did you mean ${meant}?` : "a setting of the bridge (docs/settings.md); this one does nothing";
      return { setting: name, found: "a variable that the bridge does not have", expected };
    });
}

// Wrangler only warns of a key that it does not know, and deploys without it.
function unknownKeys(part, env) {
  const known = keysOfWrangler(env);
  const place = env ? `env.${env}.` : "";
  const wrong = (key, expected) => ({ setting: `${place}${key}`, found: "a key that wrangler does not have", expected });
  const problems = [];
  for (const [key, value] of Object.entries(part)) {
    if (!known.includes(key)) problems.push(wrong(key, inVars(key, place) ?? didYouMean(key, known)));
    if (["vars", "env"].includes(key) || !isTable(value)) continue;
    for (const inner of Object.keys(value).filter(isSetting)) {
      problems.push(wrong(`${key}.${inner}`, inVars(inner, place)));
    }
  }
  return problems;
}

const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Where a setting belongs, if that is what a key was meant to be. */
function inVars(key, place) {
  const meant = isSetting(key) ? key : nearest(key, settingNames());
  if (!meant) return undefined;
  return TABLES.includes(meant) ? `did you mean [[${place}vars.${meant}]]?` : `did you mean ${meant} in [${place}vars]?`;
}

function didYouMean(key, known) {
  const meant = nearest(key, known);
  return meant ? `did you mean ${meant}?` : "a key that wrangler has, or none";
}

function keysOfWrangler(env) {
  const schema = JSON.parse(readFileSync(join(ROOT, "node_modules", "wrangler", "config-schema.json"), "utf8"));
  return Object.keys(schema.definitions[env ? "RawEnvironment" : "RawConfig"].properties);
}

// At the top only of a file that deploys something: others may hold nothing but settings to try.
function missingBindings(toml, part, env) {
  if (!env && !toml.main) return [];
  return BINDINGS.filter(([, , has]) => !has(part)).map(([key, name]) => ({
    setting: `${env ? `env.${env}.` : ""}${key}`,
    found: `no binding ${name}`,
    expected: env ? `[[env.${env}.${key}]] for ${name}, as at the top of the file: wrangler inherits no bindings` : `[[${key}]] for ${name}`,
  }));
}

// Deploying the one would overwrite the other, and use the secrets that the other has.
function sharedName(file, toml, env) {
  const name = workerName(toml, env);
  if (!name) return [];
  const others = neighbours(file).flatMap((path) => {
    const other = path === resolve(file) ? toml : readToml(path);
    return environmentNames(other)
      .filter((each) => !(path === resolve(file) && each === env))
      .map((each) => [workerName(other, each), `${basename(path)}${each ? `, [env.${each}]` : ""}`]);
  });
  return others
    .filter(([each]) => each === name)
    .map(([, where]) => ({
      setting: env ? `env.${env}.name` : "name",
      found: `"${name}", which is the Worker of ${where} too`,
      expected: "another name: each deploy would overwrite the other, and get its secrets. A second bridge is best an [env.…] of wrangler.toml: docs/operations.md",
    }));
}

function neighbours(file) {
  const folder = dirname(resolve(file));
  const names = readdirSync(folder).filter((name) => /^wrangler.*\.toml$/.test(name));
  return [...new Set([resolve(file), ...names.map((name) => join(folder, name))])].filter(existsSync);
}
