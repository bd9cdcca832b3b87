// What the tests on workerd share: a bridge in front of a fake Devin, and ways to talk to it as its senders do.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startRuntime } from "../scripts/runtime.mjs";
import { freshId, pagerdutySignature, sample } from "../scripts/samples.mjs";
import { found, foundAtDevin, foundInFiles, secretsOf } from "./canary.mjs";
import { checkAnswer } from "./contract.mjs";
import { FakeDevin, ORG, V3_KEY } from "./fake-devin.mjs";

export const SECRETS = {
  WEBHOOK_SECRET: "test-webhook-secret-5b1c",
  PAGERDUTY_SIGNING_SECRET: "test-signing-secret-9f2e",
  ADMIN_TOKEN: "test-admin-token-77aa",
};

/** For suites that start more sessions than the product's own limits allow. */
export const AMPLE = { SESSIONS_PER_MINUTE: "1000", SESSIONS_PER_DAY: "10000" };

const CONTROLLED = fileURLToPath(new URL("controlled-worker.js", import.meta.url));
const DAY_MS = 86_400_000;
/** So many seconds a session waits for what is said right after the end of its incident. */
const LAST_WORDS = 10;

/**
 * A bridge with a Devin of its own; both end with the test file. Its settings are those of wrangler.toml but for `vars`.
 * - controlled: its clock can be moved, and its storage can be made to fail: advance(), break(), calls()
 * - wrapper: another module in front of the Worker's own
 * - without: names of bindings it does not have
 */
export async function startBridge(vars = {}, { controlled = false, wrapper = controlled ? CONTROLLED : undefined, without = [] } = {}) {
  const bridge = new Bridge();
  bridge.devin = await FakeDevin.start();
  bridge.devin.now = () => bridge.now();
  bridge.options = { wrapper, without };
  bridge.vars = {
    ...SECRETS,
    DEVIN_API_URL: bridge.devin.url,
    DEVIN_ORG_ID: ORG,
    DEVIN_API_KEY: V3_KEY,
    ...vars,
  };
  after(async () => {
    await bridge.stop();
    await bridge.devin.stop();
    const leaks = bridge.leaks();
    rmSync(bridge.persistTo, { recursive: true, force: true });
    assert.deepEqual(leaks, [], "secrets turned up where they should not");
  });
  await bridge.start();
  return bridge;
}

class Bridge {
  persistTo = mkdtempSync(join(tmpdir(), "devin-bridge-test-"));
  /** What the Worker logged: { level, message }. */
  logs = [];
  /** How many milliseconds its clock is ahead of ours. */
  ahead = 0;
  #leaked = [];
  #runtime;

  async start() {
    this.#runtime = await startRuntime({
      ...this.options,
      persistTo: this.persistTo,
      vars: { ...this.vars, ...(this.ahead && { CLOCK_AHEAD: String(this.ahead) }) },
      port: this.port,
      onLog: (line) => this.logs.push(line),
    });
    this.url = this.#runtime.url;
    this.port = this.#runtime.port;
  }

  async stop() {
    await this.#runtime?.stop();
    this.#runtime = undefined;
  }

  /** SIGKILL. The disk stays as it is; start() goes on from there. */
  async kill() {
    await this.#runtime.kill();
    this.#runtime = undefined;
  }

  /** Runs the cron trigger. */
  async cron() {
    const { outcome } = await this.#runtime.cron();
    assert.equal(outcome, "ok");
  }

  /** The time by the bridge's clock, and Devin's. */
  now() {
    return Date.now() + this.ahead;
  }

  /** Moves the clock: what was to happen meanwhile happens now, and sees the new time. */
  async advance(seconds) {
    const milliseconds = Math.round(seconds * 1000);
    this.ahead += milliseconds;
    await this.#control("advance", { milliseconds, objects: { INCIDENT: this.#objects("Incident"), REGISTER: this.#objects("Register") } });
  }

  /** Lets so many seconds pass, for what must not come, and what is under way a moment to end. */
  async quiet(seconds = 900) {
    await sleep(200);
    await this.advance(seconds);
    await sleep(200);
  }

  /** Moves the clock to so many seconds after the next midnight (UTC). */
  advanceToMidnight(seconds = 0) {
    return this.advance((DAY_MS - (this.now() % DAY_MS)) / 1000 + seconds);
  }

  /** Lets calls of its storage fail; see controlled-worker.js. */
  break(failures) {
    return this.#control("break", failures);
  }

  /** What was called so far of its storage and its objects; see controlled-worker.js. */
  calls() {
    return this.#control("calls", null);
  }

  /** The WASM counts as broken by a trap. */
  trap() {
    return this.#control("trap", null);
  }

  /**
   * All memory of the WASM is taken at the calls named, as {put: 2}: at the second; or {now: true}. Then it traps. Not the
   * first WASM of all: trap(), and a request, come before.
   */
  exhaust(operations) {
    return this.#control("exhaust", operations);
  }

  /** Rows of the register's tables. */
  rows(query) {
    return this.#control("object", { binding: "REGISTER", name: "register", query });
  }

  /** The record of an incident as its object has stored it; `change` may alter it, or give a text to store instead. */
  async stored(key, change) {
    const record = { binding: "INCIDENT", name: key, key: "record" };
    const text = await this.#control("object", record);
    if (change) await this.#control("object", { ...record, value: change(text) });
    return text;
  }

  /** Throws the object of an incident, or the register, out of memory. */
  async evict(key) {
    const object = key ? { binding: "INCIDENT", name: key } : { binding: "REGISTER", name: "register" };
    assert.equal(await this.#control("object", { ...object, evict: true }), true);
  }

  async #control(what, question) {
    const answer = await fetch(new URL(`/control/${what}`, this.url), { method: "POST", body: JSON.stringify(question) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  }

  /** The ids of the objects of a class: each has a database of its own. */
  #objects(name) {
    const folder = join(this.persistTo, "do", `devin-bridge-${name}Object`);
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files.flatMap((file) => /^([0-9a-f]{64})\.sqlite$/.exec(file)?.[1] ?? []);
  }

  async request(path, { headers = {}, ...init } = {}) {
    const start = performance.now();
    // A connection for each request: one that was kept may be closed by the runtime just as it is used again, and a
    // POST is not sent twice by itself.
    const all = { connection: "close", "cf-connecting-ip": anyAddress(), ...headers };
    const response = await fetch(new URL(path, this.url), { headers: all, redirect: "manual", ...init });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, ms: performance.now() - start };
    checkAnswer(init.method ?? "GET", path, answer);
    this.watch(`the answer to ${init.method ?? "GET"} ${path}`, `${JSON.stringify([...response.headers])} ${text}`);
    return answer;
  }

  /** Posts to a hook. Whatever the answer, it must be what the contract says of every answer. */
  async post(path, body, headers = {}) {
    const answer = await this.request(path, { method: "POST", body, headers });
    assert.match(answer.headers.get("content-type") ?? "", /^application\/json/, answer.text);
    const json = JSON.parse(answer.text);
    assert.equal(typeof json.success, "boolean", answer.text);
    assert.equal(json.success, answer.status < 300, answer.text);
    if (answer.status < 300) {
      assert.equal(typeof json.message, "string", answer.text);
      assert.equal(typeof json.status, "string", answer.text);
    } else {
      assert.equal(typeof json.error, "string", answer.text);
    }
    if (answer.status === 503) assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/, answer.text);
    return { ...answer, json };
  }

  /** A body as PagerDuty delivers it: signed, with a delivery id that says nothing. */
  pagerduty(body, headers = {}, path = "/pagerduty-resolved") {
    const bytes = typeof body === "string" ? body : JSON.stringify(body);
    const signed = pagerdutySignature(bytes, SECRETS.PAGERDUTY_SIGNING_SECRET);
    return this.post(path, bytes, { "x-pagerduty-signature": signed, "x-webhook-id": randomUUID(), ...headers });
  }

  /**
   * Delivers a resolved incident and checks that it was accepted. The session is asked for ten seconds later: on a clock
   * that can be moved, they pass at once.
   */
  async resolve(incident = newIncident(), change) {
    const answer = await this.pagerduty(resolved(incident.id, change));
    assert.deepEqual([answer.status, answer.json.status, answer.json.incident], [202, "accepted", incident.key], answer.text);
    if (this.options.wrapper === CONTROLLED) await this.advance(LAST_WORDS);
    return incident;
  }

  /** Looks for secrets in an answer. */
  watch(place, text) {
    this.#leaked.push(...found(secretsOf(this.vars), place, text));
  }

  /** Where the secrets of this bridge turned up that should not, in all that it has answered, logged, stored and sent. */
  leaks() {
    const secrets = secretsOf(this.vars);
    return [
      ...this.#leaked,
      ...this.logs.flatMap(({ message }) => found(secrets, `the log: ${message}`, message)),
      ...foundInFiles(secrets, this.persistTo),
      ...foundAtDevin(secrets, this.devin.requests),
    ];
  }

  async record(key) {
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
    const answer = await this.request(`/api/incidents/${key}`, { headers });
    if (answer.status === 404) return undefined;
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text);
  }

  /** Checks that nothing is known of an incident but, soon, that an event of it was ignored. */
  async onlyIgnored(key) {
    const record = await this.record(key);
    assert.ok(record === undefined || record.state === "ignored", JSON.stringify(record));
  }

  /** The record once nothing more will happen to it by itself. */
  settled(key, seconds = 60) {
    return until(`${key} is settled`, seconds, async () => {
      const record = await this.record(key);
      return ["started", "failed", "held"].includes(record?.state) && record;
    });
  }

  /** Waits for the incident's session and checks that it is the only one. */
  async oneSession({ id, key }, seconds) {
    const record = await this.settled(key, seconds);
    assert.equal(record.state, "started", JSON.stringify(record));
    const sessions = this.devin.sessions(id);
    assert.deepEqual(sessions.map((session) => session.id), [record.sessionId]);
    return { record, session: sessions[0] };
  }
}

/** Of somebody who asks: every request comes from somewhere else, as far as the limit of wrong secrets is concerned. */
const anyAddress = () => `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}::1`;

/** An incident that PagerDuty has not sent yet. */
export function newIncident() {
  const id = freshId("pagerduty");
  return { id, key: `pagerduty-${id}` };
}

/** A resolved incident; `change` may alter its event. */
export function resolved(id, change = () => {}) {
  const { body } = sample("pagerduty-resolved", id);
  change(body.event);
  return body;
}

export async function until(what, seconds, check) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${what}`);
    await sleep(50);
  }
}
