// Tries the fault matrix on the Worker: an incident for each cell, all at once, in front of one fake Devin.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sample } from "../../scripts/samples.mjs";
import { V1_KEY } from "../fake-devin.mjs";
import { AMPLE, newIncident, resolved, SECRETS, startBridge, until } from "../harness.mjs";
import { CALLS, OUTCOMES, REPLIES } from "./matrix.mjs";

export const APIS = ["v3", "v1"];
/** PagerDuty's hook does not wait for the session; the other one does. */
const ALERT = "a sender that waits";
/** After the last cell is done, nothing more may happen in this time. */
const QUIET_MS = 12_000;
const COUNTS = ["creates", "looks", "sends", "messageLooks"];

const NOTHING_DONE = { status: 503, body: "Down for a moment" };
const DONE_UNSEEN = { done: true, status: 500, body: "Internal Server Error" };

/** The outcome of a cell by name, or undefined where the matrix has none. */
export function outcomeOf(reply, call, api) {
  const name = reply[call];
  return typeof name === "string" ? name : name?.[api];
}

/** The cells of an API version: { reply, call, sender, outcome }. */
export function cellsOf(api) {
  return REPLIES.flatMap((reply) =>
    Object.keys(CALLS).flatMap((call) => {
      const outcome = outcomeOf(reply, call, api);
      if (!outcome) return [];
      assert.ok(OUTCOMES[outcome], `${reply.name} has an unknown outcome: ${outcome}`);
      const cell = { reply, call, outcome };
      return call === "create" ? [cell, { ...cell, sender: ALERT }] : [cell];
    }),
  );
}

/** A bridge for the matrix and what Devin sees of it. */
export async function startWatched(api, vars = {}) {
  const bridge = await startBridge({
    ...AMPLE,
    ROUTES: JSON.stringify([{ sender: "pagerduty", start_on: "acknowledged" }]),
    // Less than a stall, more than everything else takes.
    WAIT_SECONDS: "45",
    ...(api === "v1" && { DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" }),
    ...vars,
  });
  return { bridge, watch: new Watch(bridge) };
}

/** Runs the cells and gives, for each, what was wrong; nothing is a success. */
export async function runCells(api, cells, quietMs = QUIET_MS) {
  const elsewhere = await startElsewhere();
  const { bridge, watch } = await startWatched(api);
  const runs = cells.map((cell) => new Run(api, cell, bridge, watch, elsewhere.url));
  await Promise.all(
    runs.map(async (run, index) => {
      await sleep(index * 25);
      await run.attempt(() => run.go());
    }),
  );
  await sleep(quietMs);
  await watch.look();
  for (const run of runs) run.actual = run.counted();
  await Promise.all(runs.map((run) => run.attempt(() => run.check())));
  for (const run of runs.filter(({ problems }) => problems.length > 0)) run.problems.push(await run.story());
  watch.stop();
  const results = runs.map(({ cell, problems }) => ({ cell, problems }));
  return { results, strayRequests: elsewhere.requests };
}

/** Another host, to which a redirect leads. */
async function startElsewhere() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
    response.end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}/v3/stolen`, requests };
}

/** Keeps count, for each incident, of what Devin was asked and what the bridge lists. */
export class Watch {
  #bridge;
  #incidents = new Map();
  #requests = 0;
  #sessions = 0;
  #stopped = false;

  constructor(bridge) {
    this.#bridge = bridge;
    (async () => {
      while (!this.#stopped) {
        await this.look();
        await sleep(300);
      }
    })();
    after(() => this.stop());
  }

  stop() {
    this.#stopped = true;
  }

  /** { creates, looks, sends, messageLooks, sessions, listing } of an incident. */
  of(key) {
    if (!this.#incidents.has(key)) {
      const calls = Object.fromEntries(COUNTS.map((count) => [count, []]));
      this.#incidents.set(key, { ...calls, sessions: [], listing: undefined });
    }
    return this.#incidents.get(key);
  }

  until(what, key, seconds, check) {
    return until(what, seconds, () => check(this.of(key)));
  }

  async look() {
    const listed = await this.#listed();
    // All at once from here on, so that nobody sees a session listed that is not counted yet.
    for (const listing of listed) this.of(listing.incident).listing = listing;
    const { devin } = this.#bridge;
    for (; this.#sessions < devin.all.length; this.#sessions++) {
      const session = devin.all[this.#sessions];
      this.of(keyIn(session.tags)).sessions.push(session);
    }
    for (; this.#requests < devin.requests.length; this.#requests++) {
      const request = devin.requests[this.#requests];
      const { call, body, query, sessionId } = request;
      const session = sessionId && devin.all.find(({ id }) => id === sessionId);
      const key = keyIn(body?.tags ?? session?.tags ?? query.getAll("tags"));
      const kind = { create: "creates", list: "looks", message: "sends", messages: "messageLooks", get: "messageLooks" }[call];
      if (key && kind) this.of(key)[kind].push(request);
    }
  }

  async #listed() {
    const listed = [];
    let cursor = "";
    while (cursor !== null) {
      const page = await admin(this.#bridge, `/api/incidents?limit=200&cursor=${cursor}`).catch(() => undefined);
      if (!page) return []; // the bridge is down for a while
      listed.push(...page.incidents);
      cursor = page.cursor;
    }
    return listed;
  }
}

/** The incident's key in the correlation tag; that of its later sessions has a number at its end. */
function keyIn(tags) {
  const mark = tags.find((tag) => tag.startsWith("incident:"));
  return mark?.slice("incident:".length).replace(/\.\d+$/, "");
}

export async function admin(bridge, path, init = {}) {
  const answer = await bridge.request(path, { headers: { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` }, ...init });
  return JSON.parse(answer.text);
}

/** A delivery of the incident, the same event each time. */
export function acknowledged({ id }) {
  return sample("pagerduty-acknowledged", id).body;
}

class Run {
  problems = [];

  constructor(api, cell, bridge, watch, elsewhere) {
    Object.assign(this, { api, cell, bridge, watch });
    const { give } = cell.reply;
    this.reply = typeof give === "function" ? give(api, elsewhere, bridge) : give;
    this.outcome = OUTCOMES[cell.outcome];
    const incident = newIncident();
    this.incident = cell.sender === ALERT ? { id: incident.id, key: `alert-${incident.id}` } : incident;
  }

  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.problems.push(error.message);
    }
  }

  /** What the bridge says happened. */
  async story() {
    const record = await this.bridge.record(this.incident.key);
    return (record?.timeline ?? []).map(({ at, what }) => `  ${at} ${what}`).join("\n");
  }

  get seen() {
    return this.watch.of(this.incident.key);
  }

  get named() {
    return this.seen.sessions.find(({ id }) => id === this.seen.listing?.sessionId);
  }

  script(call, match, ...replies) {
    this.bridge.devin.script({ call, match, replies });
  }

  /** Leads the incident to the call in question, and waits for what must become of it. */
  async go() {
    const { call, reply } = this.cell;
    const { id, key } = this.incident;
    const given = Array.from({ length: reply.times ?? 1 }, () => this.reply);
    if (call === "create") this.script("create", id, ...given);
    if (call === "again") this.script("create", id, NOTHING_DONE, ...given);
    if (call === "look") {
      this.script("create", id, DONE_UNSEEN);
      this.script("list", id, ...given);
    }
    if (call === "message" || call === "lookMessage") {
      const first = await this.bridge.pagerduty(acknowledged(this.incident));
      assert.deepEqual([first.status, first.json.status], [202, "accepted"], first.text);
      await this.watch.until(`${key} has its session`, key, 30, ({ listing }) => listing?.state === "started");
      const session = this.named.id;
      if (call === "message") this.script("message", session, ...given);
      else {
        this.script("message", session, DONE_UNSEEN);
        this.script(this.api === "v3" ? "messages" : "get", session, ...given);
      }
    }
    this.body = this.cell.sender === ALERT ? alertOf(id) : resolved(id);
    this.told = await this.deliver();
    // At once: a minute later it would be tried anew.
    if (this.told.status === 500) this.repeated = await this.deliver();
    this.expected = this.expect();
    await this.watch
      .until("", key, 300, () => this.#isThere())
      .catch(() => this.problems.push("it took too long"));
  }

  deliver() {
    if (this.cell.sender !== ALERT) return this.bridge.pagerduty(this.body);
    const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
    return this.bridge.post("/api/trigger-devin", JSON.stringify(this.body), headers);
  }

  /** What is to be counted in the end, the way there included. */
  expect() {
    const { outcome, cell } = this;
    const way = {
      again: { creates: 1, looks: 3 },
      message: { creates: 1 },
      look: { creates: 1 },
      lookMessage: { creates: 1, sends: 1 },
    }[cell.call];
    return {
      ...Object.fromEntries(COUNTS.map((count) => [count, (outcome[count] ?? 0) + (way?.[count] ?? 0)])),
      sessions: outcome.sessions ?? 1,
      state: outcome.state ?? "started",
      reason: null,
      messages: outcome.messages ?? 0,
    };
  }

  counted() {
    const { seen } = this;
    return {
      ...Object.fromEntries(COUNTS.map((count) => [count, seen[count].length])),
      sessions: seen.sessions.length,
      state: seen.listing?.state,
      reason: seen.listing?.reason,
      messages: this.named?.messages.length ?? 0,
    };
  }

  #isThere() {
    const [actual, { expected }] = [this.counted(), this];
    return [...COUNTS, "sessions", "messages"].every((name) => actual[name] >= expected[name]) && actual.state === expected.state;
  }

  async check() {
    const { cell, outcome, seen, told, actual, expected } = this;
    const { reply } = cell;
    assert.ok(told, "the event was not delivered");
    const failed = expected.state === "failed";
    const wrong = Object.keys(expected).filter((name) => actual[name] !== expected[name]);
    assert.ok(wrong.length === 0, wrong.map((name) => `${name}: ${actual[name]} instead of ${expected[name]}`).join(", "));

    const first = cell.sender === ALERT ? (reply.slow ? [202, "accepted"] : outcome.waiting) : [202, "accepted"];
    assert.deepEqual([told.status, told.json.status ?? null], first, told.text);
    assert.equal(told.json.incident, this.incident.key);

    const record = await this.bridge.record(this.incident.key);
    const words = outcome.words ? reply.words : undefined;
    if (words) assert.ok(record.error?.includes(words), `error: ${record.error}`);
    else assert.equal(record.error, null);
    if (words) assert.ok(record.timeline.some(({ what }) => what.includes(words)), "the timeline has Devin's words");
    if (told.status === 500) assert.ok(told.json.details.includes(words), told.text);
    assert.equal(record.sessionId, failed ? null : this.named.id);
    if (outcome.linked) this.#checkLinked();
    if (reply.pause && outcome.says) this.#checkPause();

    const again = this.repeated ?? (await this.deliver());
    const repeated = failed && cell.sender === ALERT ? [500, null] : [200, "duplicate"];
    assert.deepEqual([again.status, again.json.status ?? null], repeated, again.text);
    if (failed) assert.ok(again.json.details.includes(words), again.text);
    else assert.equal(again.json.sessionId, record.sessionId, again.text);

    if (outcome.replay) await this.#replay();
    assert.equal((await this.replay()).json.status, "ignored", "a replay of what has not failed");
    assert.equal(seen.sessions.length, outcome.replay?.sessions ?? expected.sessions);
  }

  /** The new session has the whole task, and where the first one is. */
  #checkLinked() {
    const [first] = this.seen.sessions;
    const second = this.named;
    assert.notEqual(first.id, second.id);
    assert.ok(second.prompt.includes(`/sessions/${first.id.slice("devin-".length)}`), "a link to the first session");
    assert.match(second.title, /^Postmortem: /);
  }

  #checkPause() {
    const calls = { create: "creates", again: "creates", message: "sends", look: "looks", lookMessage: "messageLooks" };
    const [before, next] = this.seen[calls[this.cell.call]].slice(this.cell.call === "again" ? 1 : 0);
    const [least, most] = this.cell.reply.pause;
    const pause = next.at - before.at;
    assert.ok(pause >= least && pause <= most, `${pause} ms between two calls`);
  }

  replay() {
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
    return this.bridge.post(`/api/incidents/${this.incident.key}/replay`, undefined, headers);
  }

  async #replay() {
    const { sessions, messages = 0 } = this.outcome.replay;
    assert.equal((await this.replay()).status, 202);
    await this.watch
      .until("", this.incident.key, 30, ({ listing }) => listing.state === "started" && listing.error === null)
      .catch(() => assert.fail(`not repaired by a replay: ${JSON.stringify(this.seen.listing)}`));
    assert.deepEqual([this.seen.sessions.length, this.named.messages.length], [sessions, messages]);
  }
}

function alertOf(alertId) {
  return { alertName: "fault-matrix", severity: 1, description: "tried", alertId };
}
