// The results as tables in Markdown, for the terminal and for docs/performance.md, and what is wanted of them.
import { readFileSync, writeFileSync } from "node:fs";
import { SIZES } from "./known.mjs";

const DOCUMENT = new URL("../docs/performance.md", import.meta.url);
const [BEGIN, END] = ["<!-- bench: begin -->", "<!-- bench: end -->"];

const median = (figures) => figures.toSorted((a, b) => a - b)[figures.length >> 1];
const of = (path, column = "ours") => ({ paths }) => median(paths[path][column]);
const ratio = (one, other) => (results) => one(results) / other(results);
const against = (rival, path) => ratio(of(path), of(path, rival));
const grown = (path) => ({ known }) =>
  Math.max(...SIZES.slice(1).map((size) => median(known[path][size]) / median(known[path][1])));
const worst = ({ largest }) => Math.max(...Object.values(largest).map(({ ms }) => median(ms)));

/** Each: what it is about, the most that is wanted, the figure of the results, its unit. */
export const GOALS = [
  ["ignored: against the documented bridge", 1, against("documented", "ignored, µs")],
  ["forbidden: against the documented bridge", 1.2, against("documented", "forbidden, µs")],
  ["duplicate: against the documented bridge", 0.25, against("documented", "duplicate, µs")],
  ["new incident: against the documented bridge", 2, against("documented", "new incident, µs")],
  ["a group's next alert: against a new incident", 0.5, ratio(of("a group's next alert, µs"), of("new incident, µs"))],
  ["first request: against 200 to everything", 3, against("noop", "first request, ms")],
  ["2xx with Devin at 5 s: against the documented bridge", 0.02, against("documented", "2xx with Devin at 5 s, ms")],
  ["2xx with Devin at 5 s: p99 at 200 a second", 50, of("the same: p99 at 200 a second, ms"), " ms"],
  ["storm of 5,000 alerts: 2xx to all", 15, of("storm of 5,000 alerts in 50 groups, s"), " s"],
  ["storm of 5,000 alerts: sessions too many or too few", 0, (results) => Math.abs(of("its sessions")(results) - 50)],
  ["bodies of 1 MiB: the worst", 10, worst, " ms"],
  ["duplicate: with more known incidents, against 1", 1.1, grown("duplicate, µs")],
  ["new incident: with more known incidents, against 1", 1.1, grown("new incident, µs")],
  ["session with a cold start of the register: the same", 1.1, grown("session with a cold start of the register, ms")],
];

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) =>
  [row(head), row(head.map((_, index) => (index ? "--:" : "---"))), ...rows.map(row)].join("\n");
const short = (number) => number.toFixed([100, 10, 0.1, 0].findIndex((least) => Math.abs(number) >= least));

/** `12.3 (11.0–14.9)`: the median, the smallest, and the largest. */
const shown = (figures) =>
  figures ? `${short(median(figures))} (${short(Math.min(...figures))}–${short(Math.max(...figures))})` : "";

function measured(part, columns) {
  const rows = Object.entries(part).map(([path, by]) => [path, ...columns.map((name) => shown(by[name]))]);
  return table(["", ...columns], rows);
}

export function report(results) {
  const { machine, rounds, paths, known, largest } = results;
  const goals = GOALS.map(([about, most, figure, unit = ""]) => {
    const value = figure(results);
    return [about, `≤ ${most}${unit}`, short(value) + unit, value <= most ? "met" : "**not met**"];
  });
  return [
    `${machine}; ${rounds} rounds; the median, the smallest and the largest. µs are those of CPU time for one event.`,
    measured(paths, Object.keys(paths["ignored, µs"])),
    "**With so many known incidents**",
    measured(known, SIZES),
    "**Bodies of 1 MiB** that a route ignores, CPU time",
    measured(largest, ["ms"]),
    "**Goals**",
    table(["", "wanted", "measured", ""], goals),
  ].join("\n\n");
}

/** Puts the tables into the documentation, between its two marks. */
export function write(text) {
  const document = readFileSync(DOCUMENT, "utf8");
  const [before, after] = [document.split(BEGIN)[0], document.split(END)[1]];
  if (after === undefined) throw new Error(`docs/performance.md has no ${BEGIN} … ${END}`);
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n${text}\n${END}${after}`);
}
