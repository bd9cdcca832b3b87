// Instructions for a duplicate, where the machine lets us count them: many virtual ones do not.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { CONTENDERS } from "./contenders.mjs";
import { short } from "./figures.mjs";
import { measure, NONE_NEW } from "./paths.mjs";
import { resolved } from "./events.mjs";

const EVENT = ["-x", ",", "-e", "instructions"];

/** A line for the report. */
export async function instructions(contenders) {
  const { error, stderr = "" } = spawnSync("perf", ["stat", ...EVENT, "true"], { encoding: "utf8" });
  if (error || !counted(stderr)) return "**Instructions**: not counted, this machine has no `perf` or does not count them.";
  const figures = [];
  for (const contender of contenders) {
    const perf = spawn("perf", ["stat", ...EVENT, "-p", String(contender.pid)], { stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    perf.stderr.on("data", (data) => (text += data));
    const { requests } = await measure(contender, { pieces: resolved("K"), numbers: NONE_NEW });
    perf.kill("SIGINT");
    await once(perf, "close");
    figures.push(`${CONTENDERS[contender.name].title} ${short(counted(text) / requests / 1000)} thousand`);
  }
  return `**Instructions for a duplicate**, of the whole process: ${figures.join("; ")}`;
}

/** What perf counted; 0 where it could not. */
const counted = (text) => Number(/^(\d+),/m.exec(text)?.[1] ?? 0);
