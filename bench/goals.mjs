// The goals: each compares medians of the same run. `of` gives the figure, `met` says whether it is good enough.
import { CONTENDERS } from "./contenders.mjs";
import { median } from "./figures.mjs";
import { DIRECT } from "./paths.mjs";

const at = (results, path, contender, figure) =>
  median((results.paths[path]?.[contender] ?? []).map((round) => round[figure]));

const ratio = (results, path, figure, one, other) => at(results, path, one, figure) / at(results, path, other, figure);

const most = (limit, unit = "") => ({ goal: `≤ ${limit}${unit}`, unit, met: (figure) => figure <= limit });

/** A goal of a path that is measured with and without Miniflare's Worker in front. */
const both = (path, name, limit, figure, other) => ({
  name,
  ...limit,
  of: (results) => ratio(results, path, figure, "ours", other),
  direct: (results) => ratio(results, path + DIRECT, figure, "ours", other),
});

/** Milliseconds of the body that costs most. */
const worstBody = (results) =>
  Math.max(...Object.keys(results.paths["largest body"]).map((name) => at(results, "largest body", name, "cpu"))) / 1000;

const BEFORE = CONTENDERS.before && [
  ...["forbidden", "ignored", "duplicate"].map((path) => both(path, `${path}: CPU, against the release before`, most(1.05), "cpu", "before")),
  { name: "new: CPU, against the release before", ...most(1.05), of: (results) => ratio(results, "new", "cpu", "ours", "before") },
  { name: "first request after the start, against the release before", ...most(1.2), of: (results) => ratio(results, "start", "first", "ours", "before") },
];

export const GOALS = [
  ...(BEFORE ?? []),
  both("forbidden", "forbidden: CPU, against the documented Worker", most(1.2), "cpu", "worker"),
  both("ignored", "ignored: CPU, against the documented Worker", most(1), "cpu", "worker"),
  both("duplicate", "duplicate: CPU, against the documented Worker", most(0.25), "cpu", "worker"),
  { name: "new: CPU with all that follows, against the documented Worker", ...most(2), of: (r) => ratio(r, "new", "cpu", "ours", "worker") },
  { name: "next alert of a group: CPU, against a new incident", ...most(0.5), of: (r) => at(r, "next of a group", "ours", "cpu") / at(r, "new", "ours", "cpu") },
  { name: "storm of 5,000 alerts in 50 groups", ...most(15, " s"), of: (r) => at(r, "storm of groups", "ours", "seconds") },
  { name: "sessions of that storm beyond 50, and alerts that were refused", ...most(0), of: (r) => at(r, "storm of groups", "ours", "sessions") - 50 + at(r, "storm of groups", "ours", "refused") },
  { name: "largest bodies: CPU of the worst", ...most(10, " ms"), of: worstBody },
  ...["worker", "express"].map((rival) => ({
    name: `time to 2xx of a new incident, Devin at 5 s, against ${rival === "worker" ? "the documented Worker" : "Express"}`,
    ...most(0.02),
    of: (r) => ratio(r, "slow Devin", "p50", "ours", rival),
  })),
  { name: "p99 of that at 200 a second", ...most(50, " ms"), of: (r) => at(r, "slow Devin, 200 a second", "ours", "p99") },
  { name: "CPU of a duplicate at 1,000 known incidents, against 1", ...most(1.1), of: (r) => ratio(r, "duplicate, known", "cpu", "1000", "1") },
  { name: "CPU of a duplicate at 100,000, against 1", ...most(1.1), of: (r) => ratio(r, "duplicate, known", "cpu", "100000", "1") },
  { name: "CPU of a new incident at 1,000 known incidents, against 1", ...most(1.1), of: (r) => ratio(r, "new, known", "cpu", "1000", "1") },
  { name: "CPU of a new incident at 100,000, against 1", ...most(1.1), of: (r) => ratio(r, "new, known", "cpu", "100000", "1") },
  { name: "first request after the start, against 200 to everything", ...most(3), of: (r) => ratio(r, "start", "first", "ours", "limit") },
  {
    name: "CPU of the start beyond that of 200 to everything",
    ...most(30, " ms"),
    of: (r) => at(r, "start", "ours", "cpu") - at(r, "start", "limit", "cpu"),
  },
  { name: "memory of the isolate after 100,000 events", ...most(20, " MiB"), of: (r) => r.memory.at(-1).mib },
];
