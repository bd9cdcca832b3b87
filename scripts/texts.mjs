// The texts beside the WASM: the files of prompts/ and senders/, as the module build/texts.js. A change of them needs no
// compiler.
import { existsSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./steps.mjs";

/** The folders, and how the names of their files end. */
const FOLDERS = { prompts: [".md", ".schema.json"], senders: [".json"] };
const MODULE = join(ROOT, "build", "texts.js");
/** How long the folders must be quiet, as editors write in several steps. */
const QUIET_MS = 100;

/** Writes the module where it has changed, and gives its content. */
export function writeTexts() {
  const content = `export default ${JSON.stringify(readTexts(), null, 1)};\n`;
  if (!existsSync(MODULE) || readFileSync(MODULE, "utf8") !== content) writeFileSync(MODULE, content);
  return content;
}

function readTexts() {
  const texts = {};
  for (const [folder, endings] of Object.entries(FOLDERS)) {
    const names = readdirSync(join(ROOT, folder)).filter((name) => endings.some((ending) => name.endsWith(ending)));
    for (const name of names.sort()) texts[`${folder}/${name}`] = readText(`${folder}/${name}`);
  }
  return texts;
}

function readText(path) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(join(ROOT, path)));
  } catch (error) {
    throw new Error(error.code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? `${path} is no UTF-8: save it as UTF-8` : `${path} cannot be read: ${error.message}`);
  }
}

/** Of the problems in /health, those of these files. */
export const textProblems = (problems) =>
  problems.filter(({ setting }) => Object.keys(FOLDERS).some((folder) => setting.startsWith(`${folder}/`)));

/** Calls `changed` after each change of the folders, never twice at once. */
export function watchTexts(changed) {
  let timer;
  let last = Promise.resolve();
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (last = last.then(changed)), QUIET_MS);
  };
  const watchers = Object.keys(FOLDERS).map((folder) => watch(join(ROOT, folder), soon));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
    return last;
  };
}
