// Writes settings into the files that people keep them in, and leaves all else in there as it is.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** A value of TOML on one line, as group 2; what stands before and after it as 1 and 3. */
const assignment = (name) => new RegExp(`^(\\s*${name}\\s*=\\s*)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s#"']+)(\\s*(?:#.*)?)$`);

/** wrangler.toml with other values for these variables; `parse` reads TOML. */
export function withVariables(toml, variables, parse) {
  const lines = toml.split("\n");
  let start = lines.findIndex((line) => /^\s*\[vars\]\s*(#.*)?$/.test(line));
  if (start < 0) start = lines.push("[vars]") - 1;
  for (const [name, value] of Object.entries(variables)) {
    const after = lines.findIndex((line, index) => index > start && /^\s*\[/.test(line));
    const end = after < 0 ? lines.length : after;
    const at = lines.findIndex((line, index) => index > start && index < end && assignment(name).test(line));
    const text = JSON.stringify(value); // TOML's texts are written as JSON's.
    if (at < 0) lines.splice(start + 1, 0, `${name} = ${text}`);
    else lines[at] = lines[at].replace(assignment(name), (_, before, _value, rest) => before + text + rest);
  }
  const written = lines.join("\n");
  const before = values(parse, toml);
  if (!isDeepStrictEqual(values(parse, written), { ...before, vars: { ...before.vars, ...variables } })) {
    throw new Error(`Please set ${Object.keys(variables).join(", ")} in wrangler.toml by hand: it is written in a way not understood here.`);
  }
  return written;
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
