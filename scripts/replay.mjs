// npm run replay: tries again what failed, one incident or a whole outage.
import { ask } from "./ask.mjs";
import { address, commandLine, JSON_OPTION, main, misused, WRONG } from "./cli.mjs";
import { localBridge, readDevVars } from "./local.mjs";

const TOOL = {
  usage: "npm run replay -- <incident>… | --failed | --held [options]",
  about: "Tries incidents again: one, or all of an outage.",
  options: {
    failed: {
      about: `every incident without a session, or with a message its session did not get, because Devin refused or
        could not be reached for two days`,
    },
    held: { about: "every incident that waits because the day's sessions are spent" },
    since: {
      value: "WHEN",
      about: "only those last heard of since then: 90m, 6h, 2d, or a date such as 2026-03-01T08:00Z",
    },
    "dry-run": { about: "only say which" },
    url: { value: "URL", about: "the bridge (default: the one that `npm start` runs)" },
    token: {
      value: "TOKEN",
      about: "its ADMIN_TOKEN (default: what `npm start` made, or that variable of the environment or of .dev.vars)",
    },
    env: { value: "NAME", about: "reads .dev.vars.NAME in place of .dev.vars" },
    json: JSON_OPTION,
  },
  positionals: true,
  ok: "all were tried again, or had nothing to be tried",
  wrong: "one could not be, or the bridge could not be reached",
  examples: [
    ["npm run replay -- --failed --dry-run --url https://bridge.example", "which would be tried again"],
    ["npm run replay -- --failed --since 6h --url https://bridge.example", "those of the last six hours"],
    ["npm run replay -- pagerduty-Q0667C1BCEA987B", "one, at the bridge that `npm start` runs"],
    ["npm run --silent replay -- --held --json", "{ incidents: [{ incident, status, message }], accepted, nothing, refused }"],
  ],
};

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** So many at once. */
const AT_ONCE = 8;

async function replay() {
  const { values, positionals } = commandLine(TOOL);
  if (!values.failed && !values.held && positionals.length === 0) misused("Which incidents?");
  const since = values.since === undefined ? 0 : time(values.since);
  address(values.url);
  const local = localBridge(values.url);
  const url = values.url ?? local?.url;
  if (!url) misused("No bridge runs here. Start one with `npm start`, or name one with --url and --token.");
  const token = values.token ?? local?.secrets.ADMIN_TOKEN ?? process.env.ADMIN_TOKEN ?? readDevVars(undefined, values.env).ADMIN_TOKEN;
  if (!token) misused("--token is missing: the bridge's ADMIN_TOKEN.");
  const bridge = new Bridge(url, token);

  const wanted = [...positionals];
  if (values.failed || values.held) {
    for (const record of await bridge.incidents()) {
      const chosen = (values.failed && isFailed(record)) || (values.held && record.state === "held");
      if (chosen && Date.parse(record.lastSeen) >= since) wanted.push(record.incident);
    }
  }
  const say = (text) => values.json || console.log(text);
  if (values["dry-run"]) {
    for (const incident of wanted) say(incident);
    say(`${wanted.length} would be tried again.`);
    if (values.json) console.log(JSON.stringify({ incidents: wanted.map((incident) => ({ incident })) }, null, 2));
    return;
  }

  const incidents = [];
  await atOnce(AT_ONCE, wanted, async (incident) => {
    const { status, answer } = await bridge.replay(incident);
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

/** No session, or a session that did not get a message: only then does a started incident have an error. */
const isFailed = ({ state, error }) => state === "failed" || (state === "started" && error !== null);

/** A point in time, as milliseconds: a time span ago, or a date. */
function time(text) {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const at = unit ? Date.now() - count * UNITS[unit] : Date.parse(text);
  if (Number.isNaN(at)) misused(`--since ${text}: expected a time span such as 6h or a date such as 2026-03-01T08:00Z`);
  return at;
}

class Bridge {
  #url;
  #headers;

  constructor(url, token) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  async incidents() {
    const all = [];
    let cursor = "";
    while (cursor !== null) {
      const { status, answer } = await this.#ask("GET", `/api/incidents?limit=200&cursor=${encodeURIComponent(cursor)}`);
      if (status !== 200) throw new Error(`${this.#url} answered ${status}: ${answer.message ?? answer.error}`);
      all.push(...answer.incidents);
      cursor = answer.cursor;
    }
    return all;
  }

  replay(incident) {
    return this.#ask("POST", `/api/incidents/${encodeURIComponent(incident)}/replay`);
  }

  async #ask(method, path) {
    const response = await ask(new URL(path, this.#url), { method, headers: this.#headers });
    const text = await response.text();
    try {
      return { status: response.status, answer: JSON.parse(text) };
    } catch {
      throw new Error(`${this.#url} answered ${response.status} and no JSON: is it a bridge?`);
    }
  }
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
