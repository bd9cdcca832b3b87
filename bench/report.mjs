// The results as tables in Markdown, for the terminal and for docs/performance.md.
import { readFileSync, writeFileSync } from "node:fs";
import { CONTENDERS } from "./contenders.mjs";
import { short, shown, spread } from "./figures.mjs";
import { GOALS } from "./goals.mjs";
import { SIZES } from "./known.mjs";
import { DIRECT } from "./paths.mjs";

const DOCUMENT = new URL("../docs/performance.md", import.meta.url);
const [BEGIN, END] = ["<!-- bench: begin -->", "<!-- bench: end -->"];

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map((_, index) => (index ? "--:" : "---"))), ...rows.map(row)].join("\n");

/** A figure of one contender's rounds: its median, and the smallest and largest. */
const cell = (rounds, figure) => (rounds ? shown(spread(rounds.map((round) => round[figure]))) : "");

export function report(results) {
  const { machine, rounds, paths } = results;
  const contenders = Object.keys(CONTENDERS);
  const titles = contenders.map((name) => CONTENDERS[name].title);
  const compared = (names, figure) =>
    table(["", ...titles], names.map((name) => [name, ...contenders.map((contender) => cell(paths[name]?.[contender], figure))]));
  const started = contenders.filter((name) => paths.start[name]);
  const same = ["forbidden", "ignored", "duplicate"];
  const all = [...same, "duplicate, signed", ...same.map((path) => path + DIRECT), "storm", "new"];

  return [
    `${machine}; ${rounds} rounds; the median, and in brackets the smallest and the largest.`,
    "**CPU time of the process for an event, in µs** (of `storm` and `new` with everything that follows the answer; `direct`: without Miniflare's own Worker in front)",
    compared(all, "cpu"),
    "**Events a second**, 16 at a time, each answered before the next",
    compared(all, "rate"),
    "**Milliseconds until the answer**, median; `slow Devin`: Devin answers after 5 s, 20 new incidents a second",
    compared(["duplicate", "new", "slow Devin", "slow Devin, 200 a second"], "p50"),
    "**The same, 99th percentile**",
    compared(["duplicate", "new", "slow Devin", "slow Devin, 200 a second"], "p99"),
    "**Milliseconds from a new incident to Devin being asked for its session**, median",
    compared(["new, to the session"], "p50"),
    "**CPU time of ours for an event, in µs, with so many incidents known**",
    table(
      ["", ...SIZES.map((size) => size.toLocaleString("en"))],
      ["duplicate, known", "any of the known", "new, known"].map((name) => [
        name,
        ...SIZES.map((size) => cell(paths[name]?.[size], "cpu")),
      ]),
    ),
    `**Groups**: the next alert of a group takes ${cell(paths["next of a group"]?.ours, "cpu")} µs of CPU time; 5,000 alerts of 50 groups are all taken after ${cell(paths["storm of groups"]?.ours, "seconds")} s, and have ${cell(paths["storm of groups"]?.ours, "sessions")} sessions.`,
    "**Bodies of 1 MiB**: CPU time of ours for one that a route ignores, in ms",
    table(
      ["", "ms"],
      Object.entries(paths["largest body"]).map(([name, measured]) => [name, cell(measured.map(({ cpu }) => ({ ms: cpu / 1000 })), "ms")]),
    ),
    "**Start of workerd**",
    table(
      ["", ...started.map((name) => CONTENDERS[name].title)],
      [
        ["first request, ms", ...started.map((name) => cell(paths.start[name], "first"))],
        ["CPU until its answer, ms", ...started.map((name) => cell(paths.start[name], "cpu"))],
      ],
    ),
    `**Memory of our isolate**: ${results.memory.map(({ events, mib, wasmMib }) => `${short(mib)} MiB (WASM ${short(wasmMib)}) after ${events.toLocaleString("en")} events`).join(", ")}`,
    `**Size**: WASM ${short(results.size.kb)} KB, gzipped ${short(results.size.gzipKb)} KB; script ${short(results.size.scriptKb)} KB`,
    "**Goals**",
    table(["goal", "wanted", "measured", "", "direct", ""], GOALS.map((goal) => judged(goal, results))),
  ].join("\n\n");
}

function judged({ name, goal, unit = "", met, of, direct }, results) {
  const judge = (figure) => [`${figure < 0.1 ? figure.toFixed(4) : short(figure)}${unit}`, met(figure) ? "met" : "**not met**"];
  return [name, goal, ...judge(of(results)), ...(direct ? judge(direct(results)) : ["", ""])];
}

/** Puts the tables into the documentation, between its two marks. */
export function write(text) {
  const document = readFileSync(DOCUMENT, "utf8");
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md has no ${BEGIN} … ${END}`);
  writeFileSync(DOCUMENT, `${document.slice(0, begin + BEGIN.length)}\n${text}\n${document.slice(end)}`);
}

