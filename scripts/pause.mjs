// npm run pause: no session starts for a while, and events are kept.
import { commandLine, JSON_OPTION, main, misused } from "./cli.mjs";
import { BRIDGE_OPTIONS, moment, operatedBridge } from "./operator.mjs";

const TOOL = {
  usage: "npm run pause -- [<reason> | --lift] [options]",
  about: `Pauses a bridge: events are kept, and no session starts but those that somebody starts by hand. Afterwards they
    start in order, within SESSIONS_PER_MINUTE; what has recovered by then does not. Without a reason it says whether the
    bridge is paused.`,
  options: {
    until: { value: "WHEN", about: "when it ends by itself: 90m, 6h, 2d, or a date such as 2026-03-01T08:00Z (default: when it is lifted)" },
    lift: { about: "ends the pause" },
    ...BRIDGE_OPTIONS,
    json: JSON_OPTION,
  },
  positionals: true,
  ok: "it is as was asked for",
  wrong: "the bridge could not be reached or refused",
  examples: [
    ['npm run pause -- "Devin is being migrated" --until 6h --url https://bridge.example', "nothing starts for six hours"],
    ["npm run pause -- --lift", "the bridge that `npm start` runs goes on"],
    ["npm run --silent pause -- --json", "{ paused, reason, since, until }"],
  ],
};

async function pause() {
  const { values, positionals } = commandLine(TOOL);
  const reason = positionals.join(" ").trim();
  if (values.lift && (reason || values.until)) misused("--lift takes no reason and no --until.");
  if (values.until && !reason) misused("--until needs a reason before it: why nothing is to start.");
  const until = values.until && new Date(moment("--until", values.until, 1)).toISOString();
  const bridge = operatedBridge(values);
  const [method, body] = values.lift ? ["DELETE"] : reason ? ["POST", { reason, until }] : ["GET"];
  const state = await bridge.done(method, "/api/pause", body);
  if (values.json) return console.log(JSON.stringify(state, null, 2));
  const end = state.until ? `until ${state.until}` : "until it is lifted";
  console.log(state.paused ? `Paused since ${state.since}, ${end}: ${state.reason}` : "Not paused.");
}

main(import.meta, pause);
