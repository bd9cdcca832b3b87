// Writes settings into the files that people keep them in, and leaves all else in there as it is.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** A value of TOML on one line, as group 2; what is before and after it as 1 and 3. */
const assignment = (name) => new RegExp(`^(\\s*${name}\\s*=\\s*)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s#"']+)(\\s*(?:#.*)?)$`);

/** wrangler.toml with other values for these variables, of an environment where one is named; `parse` reads TOML. */
export function withVariables(toml, variables, parse, env = "") {
  const table = env ? `env.${env}.vars` : "vars";
  const lines = toml.split("\n");
  let start = lines.findIndex((line) => /^\s*\[([\w.-]+)\]\s*(#.*)?$/.exec(line)?.[1] === table);
  if (start < 0) start = lines.push(`[${table}]`) - 1;
  for (const [name, value] of Object.entries(variables)) {
    const after = lines.findIndex((line, index) => index > start && /^\s*\[/.test(line));
    const end = after < 0 ? lines.length : after;
    const at = lines.findIndex((line, index) => index > start && index < end && assignment(name).test(line));
    const text = JSON.stringify(value); // TOML's texts are written as JSON's.
    if (at < 0) lines.splice(start + 1, 0, `${name} = ${text}`);
    else lines[at] = lines[at].replace(assignment(name), (_, before, _value, rest) => before + text + rest);
  }
  const written = lines.join("\n");
  const wanted = values(parse, toml) ?? {};
  const part = env ? ((wanted.env ??= {})[env] ??= {}) : wanted;
  part.vars = { ...part.vars, ...variables };
  if (!isDeepStrictEqual(values(parse, written), wanted)) {
    throw new Error(`Please set ${Object.keys(variables).join(", ")} in wrangler.toml by hand: it is written in a way that this command does not understand.`);
  }
  return written;
}

/**
 * wrangler.toml with an environment of its own for another bridge: the bindings and variables of the one at the top, of
 * which wrangler inherits none, with stores of its own; `toml` is what the text says, `stringify` writes TOML.
 */
export function withEnvironment(text, env, toml, stringify) {
  const part = {
    kv_namespaces: toml.kv_namespaces?.map(({ binding }) => ({ binding })),
    durable_objects: toml.durable_objects,
    ratelimits: toml.ratelimits,
    vars: toml.vars,
  };
  return `${text.trimEnd()}\n\n# Wrangler inherits neither bindings nor variables.\n${stringify({ env: { [env]: part } })}`;
}

/** What a TOML says, as plain objects; undefined where it can't be read. */
function values(parse, toml) {
  try {
    return JSON.parse(JSON.stringify(parse(toml)));
  } catch {
    return undefined;
  }
}

/** Puts secrets into a .dev.vars, which only its owner may read. */
export function keepSecrets(file, secrets) {
  let text = existsSync(file) ? readFileSync(file, "utf8") : "";
  for (const [name, value] of Object.entries(secrets)) {
    const line = `${name}="${value}"`;
    const present = new RegExp(`^${name}=.*$`, "m");
    text = present.test(text) ? text.replace(present, line) : `${text}${text && !text.endsWith("\n") ? "\n" : ""}${line}\n`;
  }
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600); // The mode above is for a new file only.
}
