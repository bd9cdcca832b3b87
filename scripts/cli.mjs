// The command line of every tool: its options, --help, what is said of mistakes, and how it ends.
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import util from "node:util";
import { isOld, runWithCurrentNode } from "./node.mjs";

/** How every tool ends: all is well, something is wrong, it was called wrongly. */
export const [OK, WRONG, MISUSED] = [0, 1, 2];

const WIDTH = 100;
const HELP = { about: "this" };
/** The option of every tool that prints results. */
export const JSON_OPTION = { about: "the result as JSON (with npm run --silent nothing else is on stdout)" };

/** It was called wrongly. */
class Misuse extends Error {}

/** How the tool that runs is called. */
let usage;

/** Ends a tool with 2. */
export function misused(mistake) {
  throw new Misuse(mistake);
}

/**
 * Reads the command line: { values, positionals }. A tool is
 * - usage: how it is called
 * - about: what it does
 * - options: by name { about, value, multiple }; `value` says what the option takes, without it the option is a switch
 * - positionals: whether it takes anything else
 * - ok, wrong: when it ends with 0 and with 1
 * - examples: commands, each with what it does
 * - more: what --help says at the end
 */
export function commandLine(tool) {
  usage = tool.usage;
  const known = { ...tool.options, help: HELP };
  if (asksForHelp()) {
    console.log(help(tool, known));
    process.exit(OK);
  }
  const types = Object.entries(known).map(([name, { value, multiple = false }]) => [
    name,
    { type: value ? "string" : "boolean", multiple },
  ]);
  // Not strict: its messages neither name what was probably meant nor what an option takes.
  const parsed = util.parseArgs({ options: Object.fromEntries(types), strict: false, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind === "option") checkOption(token, known);
    if (token.kind === "positional" && !tool.positionals) misused(`${token.value} is not expected here.${takenByNpm(Object.keys(known))}`);
  }
  const taken = takenByNpm(Object.keys(known).filter((name) => parsed.values[name] === undefined));
  if (taken) misused(taken.trim());
  return parsed;
}

/**
 * What to say where npm has taken an option for itself, because no `--` is before it: it then only leaves it in the
 * environment, and without `--dry-run` a command would do what it was only to say.
 */
function takenByNpm(names) {
  const { npm_lifecycle_event: script, ...env } = process.env;
  const left = (name) => env[`npm_config_${name.replaceAll("-", "_")}`];
  const taken = names.find((name) => left(name) || (name.startsWith("no-") && left(name.slice(3)) === ""));
  return taken && script ? ` npm has taken --${taken} for itself: put -- before the options, as in npm run ${script} -- --${taken}` : "";
}

const asksForHelp = () => process.argv.slice(2).some((argument) => ["--help", "-h"].includes(argument));

function checkOption({ name, rawName, value, inlineValue }, known) {
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!option) misused(`There is no option ${rawName}.${suggestion(rawName, Object.keys(known).map((each) => `--${each}`))}`);
  const missing = value === undefined || (!inlineValue && value.startsWith("-"));
  if (option.value && missing) misused(`${rawName} needs a value: ${rawName} ${option.value}`);
  if (!option.value && value !== undefined) misused(`${rawName} takes no value.`);
}

/** The value of --url as a URL; undefined where it was not given. */
export function address(text) {
  if (text === undefined) return undefined;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    misused(`--url ${text}: expected an address such as https://devin-bridge.example.workers.dev`);
  }
  return new URL(text);
}

/** " Did you mean …?", where a name is near enough. */
export function suggestion(name, names) {
  const meant = nearest(name, names);
  return meant ? ` Did you mean ${meant}?` : "";
}

/** The name that was probably meant: one that is near enough, whatever its case. */
export function nearest(name, names) {
  const [meant] = names
    .map((each) => ({ each, edits: distance(name.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, edits }) => edits <= Math.max(2, each.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return meant?.each;
}

/** How many characters must be put in, taken out or changed to make one text of the other. */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, character] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (character === to[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length];
}

function help({ about, ok, wrong, examples, more }, known) {
  const lines = Object.entries(known).map(([name, { value, about: text }]) => [
    value ? `--${name} ${value}` : `--${name}`,
    text,
  ]);
  const parts = [
    usage,
    wrap(about, "").join("\n"),
    `Options:\n${table(lines)}`,
    wrap(`Ends with ${OK} when ${ok}, with ${WRONG} when ${wrong}, with ${MISUSED} when it was called wrongly.`, "").join("\n"),
    `Examples:\n${examples.map(([command, what]) => `  ${command}\n      ${what}`).join("\n")}`,
  ];
  return [...parts, ...(more ? [more] : [])].join("\n\n");
}

/** Two columns, the second broken into lines. */
export function table(rows) {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = " ".repeat(width + 4);
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${wrap(right, indent).join("\n")}`).join("\n");
}

/** The lines of a text, all but the first after an indent. */
export function wrap(text, indent) {
  const room = Math.max(40, WIDTH - indent.length);
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line, index) => (index === 0 ? line : indent + line));
}

/** What is said of an error, with what to do where the system's own words only name a code. */
export function explained({ code, path, message, cause }) {
  if (path && ["EACCES", "EDQUOT", "ENOSPC", "EPERM", "EROFS"].includes(code)) {
    return `${path} can't be read or written (${code}): see that you may do both here, and that the disk is not full`;
  }
  return `${message}${cause ? `: ${cause.message}` : ""}`;
}

/** Runs a tool's main function when the tool was called by name rather than imported. */
export function main(meta, work) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== realpathSync(fileURLToPath(meta.url))) return;
  // Whoever reads the output may stop reading, as head does.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  Promise.resolve().then(isOld && !asksForHelp() ? runWithCurrentNode : work).catch((error) => {
    const misuse = error instanceof Misuse;
    console.error(`${misuse ? "" : "\n"}${explained(error)}`);
    if (misuse) console.error(`Usage: ${usage}   (--help tells more)`);
    process.exit(misuse ? MISUSED : WRONG);
  });
}
