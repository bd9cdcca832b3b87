// Kills the runtime at random moments under load and starts it again on the same disk, in front of a Devin that is slow
// and unreliable. Afterwards everything that was answered 2xx must have come to its end, once.
import { setTimeout as sleep } from "node:timers/promises";
import { newIncident, resolved, SECRETS, startBridge, until } from "../harness.mjs";
import { sample } from "../../scripts/samples.mjs";
import { seeded } from "./chance.mjs";

/** How long the list of Devin's lags behind; with the longest answer, well within the time of three looks. */
const LIST_LAG_MS = 1500;
const SLOWEST_MS = 1500;
/** The latest moment of a kill after the runtime is up. */
const LONGEST_LIFE_MS = 900;

/**
 * Kills `kills` times, or as often as fits into `seconds`; in the end nothing more may happen for `quietMs`. Gives the
 * figures: kills, events accepted, incidents, sessions, what was lost and doubled (keys of incidents), and the seed.
 */
export async function killTest({ kills, seconds, seed, quietMs = 10_000, vars = {} }) {
  const start = performance.now();
  const chance = seeded(seed);
  const bridge = await startBridge({
    ROUTES: JSON.stringify([{ sender: "pagerduty", start_on: "acknowledged" }]),
    SESSIONS_PER_MINUTE: "10000",
    SESSIONS_PER_DAY: "100000",
    WAIT_SECONDS: "2",
    ...vars,
  });
  bridge.devin.listLagMs = LIST_LAG_MS;
  bridge.devin.mood = mood(seeded(seed + 1));

  const load = new Load(bridge, chance);
  let done = 0;
  for (; done < kills && performance.now() - start < seconds * 1000; done++) {
    const sending = load.round();
    await sleep(chance() * LONGEST_LIFE_MS);
    await bridge.kill();
    await sending;
    await restart(bridge);
  }
  const killing = performance.now() - start;

  bridge.devin.mood = () => undefined;
  bridge.devin.listLagMs = 0;
  await load.finish();
  const missing = () => load.incidents.filter((incident) => incident.accepted.size > 0 && !load.isDone(incident));
  // The longest pauses between two looks, and a back-off that has grown meanwhile.
  await until("everything accepted has come to its end", 360, () => missing().length === 0).catch(() => {});
  await sleep(quietMs);

  return {
    kills: done,
    seconds: [killing, performance.now() - start].map((ms) => Math.round(ms / 1000)),
    seed,
    deliveries: load.deliveries,
    accepted: load.incidents.reduce((sum, { accepted }) => sum + accepted.size, 0),
    incidents: load.incidents.filter(({ accepted }) => accepted.size > 0).length,
    sessions: bridge.devin.all.length,
    messages: bridge.devin.all.reduce((sum, { messages }) => sum + messages.length, 0),
    lost: missing().map(({ key }) => key),
    doubled: load.incidents.filter((incident) => load.isDoubled(incident)).map(({ key }) => key),
    broken: load.broken,
  };
}

/** The figures of killTest() for people, in lines. */
export function figures({ kills, seconds, seed, deliveries, accepted, incidents, sessions, messages, lost, doubled }) {
  return [
    `${kills} kills in ${seconds[0]} s, all settled after ${seconds[1]} s; seed ${seed}`,
    `${deliveries} deliveries, ${accepted} events accepted, of ${incidents} incidents`,
    `${sessions} sessions, ${messages} messages`,
    `${lost.length} lost, ${doubled.length} doubled`,
  ];
}

/** A Devin that answers late and often badly, whether or not it did what it was asked. */
function mood(chance) {
  return () => {
    const done = chance() < 0.5;
    const delayMs = chance() ** 3 * SLOWEST_MS;
    const kind = chance();
    if (kind < 0.7) return { done, delayMs };
    if (kind < 0.8) return { done, delayMs, status: 500 + Math.floor(chance() * 5), body: "<html>Trouble</html>" };
    if (kind < 0.85) return { delayMs, status: 429, headers: { "retry-after": "1" }, body: { detail: "Slow down" } };
    if (kind < 0.9) return { delayMs, cut: "before-read" };
    return { done, delayMs, cut: kind < 0.95 ? "after-create" : "mid-answer" };
  };
}

/** Starts it again, where it was killed. */
export async function restart(bridge) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bridge.start();
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(1000);
    }
  }
}

/** Senders: they send an event again until it is answered 2xx, some of them give up, and some repeat themselves. */
class Load {
  incidents = [];
  deliveries = 0;
  /** Answers that are against the contract. */
  broken = [];
  #unanswered = [];
  #bridge;
  #chance;

  constructor(bridge, chance) {
    this.#bridge = bridge;
    this.#chance = chance;
  }

  /** What is sent between two kills. */
  async round() {
    const again = this.#unanswered.filter(() => this.#chance() < 0.7);
    this.#unanswered = [];
    const repeated = Array.from({ length: 2 }, () => this.#any()).filter(Boolean);
    const fresh = Array.from({ length: 2 + Math.floor(this.#chance() * 4) }, () => this.#newIncident());
    await Promise.all([
      ...again.map((events) => this.#tell(events)),
      ...repeated.map((incident) => this.#tell(incident.events)),
      ...fresh.map((incident) => this.#tell(incident.events)),
    ]);
  }

  /** What was not answered in the end is sent again. */
  async finish() {
    const left = this.#unanswered;
    this.#unanswered = [];
    for (const events of left) await this.#tell(events);
    if (this.#unanswered.length > 0) this.broken.push(`${this.#unanswered.length} events are not taken by a bridge at rest`);
  }

  /** Whether Devin has all of it: the session and, where it began before the end, the message of the end. */
  isDone(incident) {
    const [session] = this.#sessions(incident);
    if (!session) return false;
    const owed = incident.accepted.has("resolved") && !this.#isWhole(session);
    return !owed || session.messages.length > 0;
  }

  isDoubled(incident) {
    const sessions = this.#sessions(incident);
    return sessions.length > 1 || sessions.some(({ messages }) => messages.length > 1);
  }

  /** Whether the session was started with the whole task: no message is owed to it. */
  #isWhole = ({ title }) => !title.startsWith("Incident: ");

  #sessions({ key }) {
    const mark = `incident:${key}`;
    return this.#bridge.devin.all.filter(({ tags }) => tags.some((tag) => tag === mark || tag.startsWith(`${mark}.`)));
  }

  #any() {
    return this.incidents[Math.floor(this.#chance() * this.incidents.length)];
  }

  #newIncident() {
    const { id, key } = newIncident();
    const kind = this.#chance();
    const end = { name: "resolved", body: resolved(id), copies: 1 + Math.floor(this.#chance() * 3) };
    const begin = { name: "acknowledged", body: sample("pagerduty-acknowledged", id).body, copies: 1 };
    const alert = { name: "alert", body: { alertName: "kill", severity: 1, description: "killed", alertId: id }, copies: 2 };
    const events = kind < 0.4 ? [end] : kind < 0.8 ? [begin, end] : [alert];
    const incident = { key: kind < 0.8 ? key : `alert-${id}`, accepted: new Set() };
    incident.events = events.map((event) => ({ ...event, incident }));
    this.incidents.push(incident);
    return incident;
  }

  /** Tells of an incident, in order; what has no answer is kept to be sent again. */
  async #tell(events) {
    for (const [index, event] of events.entries()) {
      const answers = await Promise.all(Array.from({ length: event.copies }, () => this.#deliver(event)));
      if (answers.includes(true)) event.incident.accepted.add(event.name);
      if (answers.includes(false)) return void this.#unanswered.push(events.slice(index));
    }
  }

  /** Whether it was answered 2xx. */
  async #deliver({ name, body }) {
    this.deliveries++;
    try {
      if (name !== "alert") return (await this.#bridge.pagerduty(body)).status < 300;
      const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
      return (await this.#bridge.post("/api/trigger-devin", JSON.stringify(body), headers)).status < 300;
    } catch (error) {
      if (error.code === "ERR_ASSERTION") this.broken.push(error.message);
      return false;
    }
  }
}
