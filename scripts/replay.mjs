// npm run replay: tries again what failed, one incident or a whole outage.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { localBridge } from "./local.mjs";
import { main, ROOT } from "./steps.mjs";

const USAGE = `npm run replay -- <incident>… | --failed | --held [options]

  --failed         every incident without a session, or with a message its session did not get, because Devin refused
                   or could not be reached for two days
  --held           every incident that waits because the day's sessions are spent
  --since WHEN     only those last heard of since then: 90m, 6h, 2d, or a date such as 2026-03-01T08:00Z
  --dry-run        only say which
  --url URL        the bridge (default: the one that \`npm start\` runs)
  --token TOKEN    its ADMIN_TOKEN (default: that variable of the environment or of .dev.vars)
`;

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** So many at once. */
const AT_ONCE = 8;

async function replay() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      failed: { type: "boolean" },
      held: { type: "boolean" },
      since: { type: "string" },
      "dry-run": { type: "boolean" },
      url: { type: "string" },
      token: { type: "string" },
    },
  });
  if (!values.failed && !values.held && positionals.length === 0) return console.log(USAGE);

  const url = values.url ?? localBridge()?.url;
  if (!url) throw new Error("No bridge runs here. Start one with `npm start`, or name one with --url and --token.");
  const token = values.token ?? process.env.ADMIN_TOKEN ?? readDevVars().ADMIN_TOKEN;
  if (!token) throw new Error("--token is missing: the bridge's ADMIN_TOKEN.");
  const bridge = new Bridge(url, token);

  const since = values.since === undefined ? 0 : time(values.since);
  const wanted = [...positionals];
  if (values.failed || values.held) {
    for (const record of await bridge.incidents()) {
      const chosen = (values.failed && isFailed(record)) || (values.held && record.state === "held");
      if (chosen && Date.parse(record.lastSeen) >= since) wanted.push(record.incident);
    }
  }
  if (values["dry-run"]) {
    for (const incident of wanted) console.log(incident);
    return console.log(`${wanted.length} would be tried again.`);
  }

  let [accepted, refused] = [0, 0];
  await atOnce(AT_ONCE, wanted, async (incident) => {
    const { status, answer } = await bridge.replay(incident);
    if (status === 202) accepted++;
    else if (status !== 200) refused++;
    console.log(`${incident}: ${answer.message ?? answer.error}`);
  });
  console.log(`${accepted} tried again, ${wanted.length - accepted - refused} had nothing to be tried, ${refused} not possible.`);
  if (refused > 0) process.exitCode = 1;
}

/** No session, or a session that did not get a message: only then does a started incident have an error. */
const isFailed = ({ state, error }) => state === "failed" || (state === "started" && error !== null);

/** A point in time, as milliseconds: a time span ago, or a date. */
function time(text) {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const at = unit ? Date.now() - count * UNITS[unit] : Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`--since ${text}: expected a time span such as 6h or a date such as 2026-03-01T08:00Z`);
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
    const response = await fetch(new URL(path, this.#url), { method, headers: this.#headers });
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

function readDevVars() {
  const file = join(ROOT, ".dev.vars");
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

main(import.meta, replay);
