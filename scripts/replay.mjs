// npm run replay: tries again what failed, one incident or a whole outage.
import { commandLine, JSON_OPTION, main, misused, WRONG } from "./cli.mjs";
import { BRIDGE_OPTIONS, moment, operatedBridge } from "./operator.mjs";
import { Questions } from "./questions.mjs";

const TOOL = {
  usage: "npm run replay -- <incident>… | --failed | --held [options]",
  about: "Retries incidents: one, or all of an outage.",
  options: {
    failed: {
      about: `every incident without a session, or with a message its session did not get, because Devin refused or
        could not be reached for two days`,
    },
    held: {
      about: `every incident that is held because the day's sessions or its route's are spent, or the bridge is paused: each
        starts a session at once, so their number is asked about first. What waits for approval is not among them`,
    },
    yes: { about: "asks nothing" },
    limit: { value: "N", about: "at most so many, the gravest first and then those that have waited longest" },
    since: {
      value: "WHEN",
      about: "only those last heard of since then: 90m, 6h, 2d, or a date such as 2026-03-01T08:00Z",
    },
    "dry-run": { about: "only say which" },
    ...BRIDGE_OPTIONS,
    json: JSON_OPTION,
  },
  positionals: true,
  ok: "all were tried again, or had nothing to be tried",
  wrong: "one could not be, or the bridge could not be reached",
  examples: [
    ["npm run replay -- --failed --dry-run --url https://bridge.example", "which would be tried again"],
    ["npm run replay -- --failed --since 6h --url https://bridge.example", "those of the last six hours"],
    ["npm run replay -- pagerduty-Q0667C1BCEA987B", "one, at the bridge that `npm start` runs"],
    ["npm run replay -- --held --limit 5", "asks, and then starts the five gravest of those that are held"],
    ["npm run --silent replay -- --held --yes --json", "{ incidents: [{ incident, status, message }], accepted, nothing, refused }"],
  ],
};

/** So many at once. */
const AT_ONCE = 8;

async function replay() {
  const { values, positionals } = commandLine(TOOL);
  if (!values.failed && !values.held && positionals.length === 0) misused("Which incidents?");
  const since = values.since === undefined ? 0 : moment("--since", values.since, -1);
  const limit = values.limit === undefined ? Infinity : Number(values.limit);
  if (!(limit >= 1) || (values.limit && !Number.isInteger(limit))) misused(`--limit ${values.limit}: expected a whole number from 1 on`);
  if (values.held && values.json && !values.yes && !values["dry-run"]) misused("--held asks before it starts anything: with --json add --yes.");
  const bridge = operatedBridge(values);

  const wanted = [...positionals];
  if (values.failed || values.held) {
    const chosen = (record) => (values.failed && isFailed(record)) || (values.held && isHeld(record));
    const records = (await bridge.incidents()).filter((record) => chosen(record) && Date.parse(record.lastSeen) >= since);
    wanted.push(...records.sort(inOrder).map(({ incident }) => incident));
  }
  wanted.splice(limit);
  const say = (text) => values.json || console.log(text);
  if (values["dry-run"]) {
    for (const incident of wanted) say(incident);
    say(`${wanted.length} would be tried again.`);
    if (values.json) console.log(JSON.stringify({ incidents: wanted.map((incident) => ({ incident })) }, null, 2));
    return;
  }
  if (values.held && wanted.length > 0 && !values.yes && !(await isMeant(wanted.length))) {
    say("Nothing was started.");
    return;
  }

  const incidents = [];
  await atOnce(AT_ONCE, wanted, async (incident) => {
    const { status, answer } = await bridge.ask("POST", `/api/incidents/${encodeURIComponent(incident)}/replay`);
    const message = answer.message ?? answer.error;
    incidents.push({ incident, status, message });
    say(`${incident}: ${message}`);
  });
  const accepted = incidents.filter(({ status }) => status === 202).length;
  const nothing = incidents.filter(({ status }) => status === 200).length;
  const refused = incidents.length - accepted - nothing;
  say(`${accepted} tried again, ${nothing} had nothing to be tried, ${refused} not possible.`);
  if (values.json) console.log(JSON.stringify({ incidents, accepted, nothing, refused }, null, 2));
  if (refused > 0) process.exitCode = WRONG;
}

async function isMeant(number) {
  const questions = new Questions();
  const sessions = number === 1 ? "a session" : `${number} sessions`;
  const answer = await questions.ask(`This starts ${sessions} at once, whatever the limits and a pause say. Go on? (yes or no)`);
  questions.close();
  return /^y(es)?$/i.test(answer);
}

/** No session, or a session that did not get a message: only then does a started incident have an error. */
const isFailed = ({ state, error }) => state === "failed" || (state === "started" && error !== null);

/** Each incident is approved by itself. */
const isHeld = ({ state, reason }) => state === "held" && reason !== "approval";

/** As the bridge would start them: severity 0 and P1 first, then by severity or priority, then who has waited longest. */
function inOrder(one, other) {
  const waited = ({ waitingSince, firstSeen }) => Date.parse(waitingSince ?? firstSeen);
  return rank(one) - rank(other) || waited(one) - waited(other);
}

function rank({ severity, priority }) {
  const [, level] = /^P(\d+)$/i.exec(priority?.trim() ?? "") ?? [];
  if (level === "1") return 0;
  return severity ?? (level >= 1 ? Math.min(level - 1, 4) : 2);
}

/** Does `work` for all items, at most `count` of them at once. */
async function atOnce(count, items, work) {
  const left = items.values();
  const workers = Array.from({ length: count }, async () => {
    for (const item of left) await work(item);
  });
  await Promise.all(workers);
}

main(import.meta, replay);
