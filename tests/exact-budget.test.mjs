// The budget of sessions: a turn is one session's, once; what waits is served in order, and nobody waits in vain.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { controlled, event, heldIncidents, lines, metric, pass, replay, startedKeys, startsWithin, within } from "./exact.mjs";
import { newIncident, until } from "./harness.mjs";

const REFUSED = { status: 400, body: { detail: "No such playbook" } };
const DOWN = { status: 500, body: "Internal Server Error" };
const busy = (seconds) => ({ status: 429, headers: { "retry-after": String(seconds) }, body: { detail: "Slow down" } });
const many = (reply) => Array.from({ length: 200 }, () => reply);

describe("what a known incident says delays no new one", { concurrency: true }, () => {
  for (const [limits, noisy] of [[{ SESSIONS_PER_MINUTE: "2" }, 2], [{}, 10]]) {
    test(`${noisy} alerts that repeat for 70 s, with ${limits.SESSIONS_PER_MINUTE ?? "the delivered"} sessions a minute`, async () => {
      const bridge = await controlled(limits);
      const alerts = Array.from({ length: noisy }, () => newAlert());
      for (const alert of alerts) await start(bridge, alert);
      for (let round = 1; round <= 14; round++) {
        await pass(bridge, 5, 5);
        for (const alert of alerts) assert.equal((await send(bridge, alert)).json.status, "duplicate");
      }
      const asked = bridge.now();
      const fresh = await start(bridge, newAlert());
      assert.ok(fresh.session.createdMs - asked < 1000, `${fresh.session.createdMs - asked} ms`);
      assert.deepEqual(
        [await metric(bridge, "sessions_last_minute"), await metric(bridge, "sessions_today")],
        [1, noisy + 1],
      );
      const { text } = await bridge.request("/", { headers: ADMIN });
      assert.match(text.replaceAll(/<[^>]*>/g, ""), new RegExp(`1 of ${limits.SESSIONS_PER_MINUTE ?? 10} in the last minute`));
    });
  }

  test("nor do PagerDuty's notes, resolutions and what Devin reports of the sessions", async () => {
    const bridge = await controlled({ SESSIONS_PER_MINUTE: "2", ROUTES: JSON.stringify([{ start_on: "acknowledged" }]) });
    const known = [newIncident(), newIncident()];
    for (const incident of known) await bridge.pagerduty(event("acknowledged", incident));
    const sessions = [];
    for (const incident of known) sessions.push((await bridge.oneSession(incident)).session);
    for (let round = 1; round <= 14; round++) {
      await pass(bridge, 5, 5);
      for (const incident of known) await bridge.pagerduty(event(["annotated", "resolved", "reopened"][round % 3], incident));
      for (const { id } of sessions) bridge.devin.setStatus(id, "running", `step ${round}`);
      await bridge.cron();
    }
    assert.ok(sessions.every(({ messages }) => messages.length > 0), "they were notified");
    const fresh = newIncident();
    await bridge.pagerduty(event("acknowledged", fresh));
    await bridge.oneSession(fresh, 2);
    assert.equal(await metric(bridge, "sessions_today"), 3);
  });

  test("an incident that is reported again after midnight does not count against the new day", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "2" });
    const alerts = [newAlert(), newAlert()];
    await bridge.advanceToMidnight(-600);
    for (const alert of alerts) await start(bridge, alert);
    await pass(bridge, 900, 60);
    for (const alert of alerts) assert.equal((await send(bridge, alert)).json.status, "duplicate");
    await pass(bridge, 30, 5);
    assert.equal(await metric(bridge, "sessions_today"), 0);
    await start(bridge, newAlert());
    await start(bridge, newAlert());
  });
});

describe("rows that count for nothing are gone with the next write", { concurrency: true }, () => {
  // The list, and the sessions that are asked about, are no part of the budget.
  const naming = async (bridge, name) => {
    const tables = await bridge.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'");
    const budget = tables.map(({ name }) => name).filter((name) => !/^(incidents|\w+_sessions)$/.test(name));
    const rows = await Promise.all(budget.map((table) => bridge.rows(`SELECT * FROM ${table}`)));
    return budget.filter((_, index) => JSON.stringify(rows[index]).includes(name));
  };

  for (const [when, restart] of [["restarted after midnight", true], ["alive over midnight", false]]) {
    test(`the register's object ${when}`, async () => {
      const bridge = await controlled();
      const old = [await bridge.resolve(), await bridge.resolve(), await bridge.resolve()];
      for (const incident of old) await bridge.oneSession(incident);
      assert.notDeepEqual(await naming(bridge, old[0].key), [], "its turn is counted");
      if (restart) await bridge.stop();
      if (restart) bridge.ahead += 2 * 86_400_000;
      else await bridge.advance(2 * 86_400);
      if (restart) await bridge.start();
      await bridge.oneSession(await bridge.resolve());
      for (const { key } of old) assert.deepEqual(await naming(bridge, key), [], key);
    });
  }
});

test("what the first release has counted counts on the day of the upgrade, and no longer", async () => {
  const bridge = await controlled({ SESSIONS_PER_DAY: "3" });
  await bridge.oneSession(await bridge.resolve());
  await bridge.rows("CREATE TABLE IF NOT EXISTS turns (incident TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID");
  for (const [name, ago] of [["one", 7], ["two", 3], ["yesterday's", 86_400]]) {
    await bridge.rows(`INSERT INTO turns VALUES ('pagerduty-${name.replace("'", "")}', ${bridge.now() - ago * 1000})`);
  }
  await bridge.stop();
  await bridge.start();
  assert.equal(await metric(bridge, "sessions_today"), 3);
  const [held] = await heldIncidents(bridge, 1);
  await bridge.advanceToMidnight();
  await startsWithin(bridge, 120, held, 2);
});

describe("order", { concurrency: true }, () => {
  test("a slot that is given back goes to the older incident that is held, not to a newcomer", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1" });
    const first = newIncident();
    bridge.devin.script({ call: "create", match: first.id, replies: [{ ...REFUSED, delayMs: 2000 }] });
    await bridge.resolve(first);
    await until("Devin is asked", 60, () => bridge.devin.creates(first.id).length === 1);
    const [older] = await heldIncidents(bridge, 1);
    assert.equal((await bridge.settled(first.key)).state, "failed");
    const newcomer = await bridge.resolve();
    await startsWithin(bridge, 600, older, 5);
    assert.equal((await bridge.settled(newcomer.key)).state, "held");
    assert.equal(bridge.devin.all.length, 1);
  });

  for (const [what, create, list] of [["busy", busy(3600), "ok"], ["down", DOWN, "ok"]]) {
    test(`an attempt that failed holds nothing while it waits: Devin is ${what} for one incident`, async () => {
      const bridge = await controlled({ SESSIONS_PER_DAY: "1" });
      const failing = newIncident();
      bridge.devin.script({ call: "create", match: failing.id, replies: many(create) });
      bridge.devin.script({ call: "list", match: failing.id, replies: many(list) });
      await bridge.resolve(failing);
      await until("it was tried", 60, () => bridge.devin.creates(failing.id).length === 1);
      await pass(bridge, 60);
      const next = await bridge.resolve();
      await startsWithin(bridge, 600, next, 5);
      assert.notEqual((await bridge.record(failing.key)).state, "started");
    });
  }

  test("an attempt keeps its slot while nobody knows whether it made a session, and no longer", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1" });
    const unknown = newIncident();
    bridge.devin.script({ call: "create", match: unknown.id, replies: [DOWN, ...many(busy(3600))] });
    const looks = bridge.devin.script({ call: "list", match: unknown.id, replies: many(DOWN) });
    await bridge.resolve(unknown);
    await until("it was tried", 60, () => bridge.devin.creates(unknown.id).length === 1);
    const [next] = await heldIncidents(bridge, 1);
    await pass(bridge, 600, 10);
    assert.equal((await bridge.record(next.key)).state, "held");
    looks.drop();
    await startsWithin(bridge, 1200, next, 5);
    assert.notEqual((await bridge.record(unknown.key)).state, "started");
  });

  test("in the queue, severity 0 and P1 go first, then by severity or priority, and then the oldest", async () => {
    const bridge = await controlled({ SESSIONS_PER_MINUTE: "1", WAIT_SECONDS: "0" });
    const alert = async (severity) => (await send(bridge, newAlert({ severity }))).json.incident;
    const incident = async (priority) =>
      (await bridge.resolve(newIncident(), ({ data }) => (data.priority.summary = priority))).key;
    const keys = {};
    const came = [["first", alert, 3], ["old", alert, 3], ["P2", incident, "P2"], ["P1", incident, "P1"], ["young", alert, 1], ["severity 0", alert, 0]];
    for (const [name, say, grade] of came) {
      keys[name] = await say(grade);
      await pass(bridge, 1);
      if (name === "first") await until("the first has started", 60, () => bridge.devin.all.length === 1);
    }
    await within(bridge, 600, "all have started", () => bridge.devin.all.length === came.length, 5);
    const names = startedKeys(bridge).map((key) => Object.keys(keys).find((name) => keys[name] === key));
    assert.deepEqual(names, ["first", "P1", "severity 0", "P2", "young", "old"]);
  });

  test("what is held starts after midnight: the gravest first, then in order, as the minute's rate allows", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "9", SESSIONS_PER_MINUTE: "3" });
    const today = [];
    for (let i = 0; i < 9; i++) today.push(await bridge.resolve());
    await within(bridge, 600, "today's sessions", () => bridge.devin.all.length === 9, 5);
    const low = ({ data }) => (data.priority.summary = "P3");
    const held = await heldIncidents(bridge, 7, low);
    const [grave] = await heldIncidents(bridge, 1, ({ data }) => (data.priority.summary = "P1"));
    await bridge.advanceToMidnight(-2);
    await sleep(300);
    assert.equal(bridge.devin.all.length, 9, "nothing before midnight");
    await within(bridge, 900, "all have started", () => bridge.devin.all.length === 17, 3);
    // Those of one minute start together.
    const minutes = (keys) => [keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)].map((some) => some.sort());
    assert.deepEqual(minutes(startedKeys(bridge).slice(9)), minutes([grave, ...held].map(({ key }) => key)));
    const times = bridge.devin.all.slice(9).map(({ createdMs }) => createdMs);
    for (const from of times) assert.ok(times.filter((at) => at >= from && at < from + 60_000).length <= 3, times.join());
    assert.ok(times[2] - times[0] < 180_000, "the first ones soon");
  });
});

describe("nobody comes back in step", { concurrency: true }, () => {
  /** The times for which each object has set its alarm, as so many ms after a moment. */
  const alarms = async (bridge, from) =>
    (await bridge.calls()).filter(({ operation, at }) => operation === "alarm" && at >= from).map(({ what }) => what - from);

  test("with the register away, a waiting incident asks a few times in the first minute, and then ever more seldom", async () => {
    const bridge = await controlled();
    await bridge.break({ register: 1e9 });
    const from = bridge.now();
    const incidents = Array.from({ length: 4 }, newIncident);
    for (const incident of incidents) await bridge.resolve(incident);
    await sleep(300);
    await pass(bridge, 60);
    await pass(bridge, 240, 5);
    const asked = (await bridge.calls()).filter(({ operation, what }) => operation === "register" && what !== "counts");
    const between = (start, end) => asked.filter(({ at }) => at - from >= start && at - from < end).length / incidents.length;
    assert.ok(between(0, 60_000) <= 16, `${between(0, 60_000)} requests of each in the first minute`);
    assert.ok(between(240_000, 300_000) <= 4, `${between(240_000, 300_000)} requests of each in the fifth`);
    assert.ok(between(0, 300_000) >= 3, "they do ask again");
    await bridge.break({});
    for (const incident of incidents) await startsWithin(bridge, 700, incident, 5);
  });

  test("with the register away, incidents that came together ask again at times of their own", async () => {
    const bridge = await controlled();
    await bridge.break({ register: 1e9 });
    await Promise.all(Array.from({ length: 12 }, () => bridge.pagerduty(event("resolved", newIncident()))));
    for (const seconds of [11, 30, 60, 120]) {
      await sleep(700);
      await bridge.advance(seconds); // Everybody's next attempt fails at the same moment.
    }
    const from = bridge.now();
    const last = await until("everybody has set an alarm", 60, async () => {
      const alarms = (await bridge.calls()).filter(({ operation, at }) => operation === "alarm" && at >= from);
      return alarms.length >= 12 && alarms;
    });
    const pauses = last.map(({ what, at }) => what - at);
    // Pauses of a second's range or more, in hundredths of a second: chance alone leaves fewer than six once in millions.
    assert.ok(new Set(pauses.map((ms) => Math.round(ms / 10))).size >= 6, `pauses of ${pauses.join(", ")} ms`);
  });

  test("incidents that are held wake one after the other, so many a minute as may start then", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1" });
    await bridge.oneSession(await bridge.resolve());
    const from = bridge.now();
    const held = await heldIncidents(bridge, 25);
    const midnight = 86_400_000 - (from % 86_400_000);
    const wakes = (await alarms(bridge, from)).filter((ms) => ms >= midnight && ms < midnight + 3_600_000);
    const shown = `${wakes.map((ms) => ms - midnight).join(", ")} ms after midnight`;
    assert.equal(wakes.length, held.length, shown);
    for (const [place, at] of wakes.entries()) {
      assert.ok(place === 0 || at - wakes[place - 1] >= 50, shown);
      assert.ok(wakes.filter((other) => other >= at && other < at + 60_000).length <= 10, shown);
    }
  });
});

describe("a release by hand", { concurrency: true }, () => {
  /** What the timeline says of the day's budget, and the budget itself, are of one mind. */
  async function assertTrue(bridge, { key }, before) {
    const line = lines(await bridge.record(key)).find((line) => line.startsWith("released"));
    assert.ok(line, "the timeline says that it was released");
    const free = /\b(not|no)\b/.test(line);
    assert.equal(await metric(bridge, "sessions_today"), free ? before : before + 1, line);
  }

  test("of an incident that is queued starts it at once", async () => {
    const bridge = await controlled({ SESSIONS_PER_MINUTE: "1" });
    await bridge.oneSession(await bridge.resolve());
    const queued = [await bridge.resolve(), await bridge.resolve()];
    for (const { key } of queued) await until("it is queued", 60, async () => (await bridge.record(key)).state === "queued");
    const answer = await replay(bridge, queued[1].key);
    assert.deepEqual([answer.status, answer.json.status], [202, "accepted"], answer.text);
    await bridge.oneSession(queued[1], 3);
    assert.equal((await bridge.record(queued[0].key)).state, "queued");
    await assertTrue(bridge, queued[1], 1);
    await startsWithin(bridge, 180, queued[0], 2);
  });

  test("of one that is held starts it at once, also when the minute's sessions are spent", async () => {
    const bridge = await controlled({ SESSIONS_PER_MINUTE: "1", SESSIONS_PER_DAY: "1" });
    await bridge.oneSession(await bridge.resolve());
    const [held, other] = await heldIncidents(bridge, 2);
    assert.equal((await replay(bridge, held.key)).status, 202);
    await bridge.oneSession(held, 3);
    assert.equal((await bridge.record(other.key)).state, "held");
    await assertTrue(bridge, held, 1);
  });

  test("outlives an attempt that fails: the next one needs no turn either", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1" });
    await bridge.oneSession(await bridge.resolve());
    const [held] = await heldIncidents(bridge, 1);
    bridge.devin.script({ call: "create", match: held.id, replies: [busy(2)] });
    assert.equal((await replay(bridge, held.key)).status, 202);
    await startsWithin(bridge, 30, held);
  });

  test("answers by the name it was asked for", async () => {
    const bridge = await controlled();
    const alert = newAlert();
    const { incident } = await start(bridge, alert);
    await bridge.advance(3700);
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [REFUSED] });
    const failed = await send(bridge, alert);
    assert.deepEqual([failed.status, failed.json.incident], [500, `${incident}.2`], failed.text);
    const again = await replay(bridge, `${incident}.2`);
    assert.deepEqual([again.status, again.json.incident], [202, `${incident}.2`], again.text);
    await within(bridge, 60, "the second session", () => bridge.devin.all.length === 2);
    const nothing = await replay(bridge, `${incident}.2`);
    assert.deepEqual([nothing.json.status, nothing.json.incident], ["ignored", `${incident}.2`], nothing.text);
  });
});
