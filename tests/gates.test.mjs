// What keeps a session from starting: that the incident is over, its route's budget, a pause, and an approval that nobody gave.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ADMIN, newAlert, send } from "./alerting.mjs";
import { controlled, metric, replay, startedKeys, within } from "./exact.mjs";
import { FakeTargets } from "./fake-targets.mjs";
import { until } from "./harness.mjs";

const resolvedAlert = (alert) => ({ ...alert, status: "resolved" });

describe("nothing is spent on what is over", { concurrency: true }, () => {
  test("50 are held, 49 recover, the budget opens: one session", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1", WAIT_SECONDS: "0" });
    await send(bridge, newAlert());
    await until("today's session", 60, () => bridge.devin.all.length === 1);
    const alerts = Array.from({ length: 50 }, () => newAlert());
    const keys = [];
    for (const alert of alerts) keys.push((await send(bridge, alert)).json.incident);
    for (const key of keys) assert.equal((await bridge.settled(key)).state, "held");
    for (const [index, alert] of alerts.entries()) {
      if (index === 17) continue;
      const { status, json } = await send(bridge, resolvedAlert(alert));
      assert.deepEqual([status, json.status, json.reason], [200, "ignored", "recovered_first"], json.message);
    }
    await bridge.advanceToMidnight();
    await within(bridge, 300, "its session", () => bridge.devin.all.length === 2, 5);
    await bridge.quiet(3600);
    await bridge.advanceToMidnight();
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, 2);
    assert.ok(bridge.devin.all[1].tags.includes(`incident:${keys[17]}`), bridge.devin.all[1].tags.join());
    const { state, reason, sessionId } = await bridge.record(keys[18]);
    assert.deepEqual([state, reason, sessionId], ["ignored", "recovered_first", null]);
    assert.deepEqual([await metric(bridge, 'incidents{state="held"}'), await metric(bridge, "queue_length")], [0, 0]);
  });

  test("what fires again starts a session after all, which hears of both", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "1", WAIT_SECONDS: "0" });
    await send(bridge, newAlert());
    await until("today's session", 60, () => bridge.devin.all.length === 1);
    const alert = newAlert();
    const { incident } = (await send(bridge, alert)).json;
    assert.equal((await bridge.settled(incident)).state, "held");
    assert.equal((await send(bridge, resolvedAlert(alert))).json.reason, "recovered_first");
    const again = await send(bridge, alert);
    assert.deepEqual([again.json.status, again.json.incident], ["accepted", incident], again.text);
    await bridge.advanceToMidnight();
    await within(bridge, 300, "its session", () => bridge.devin.all.length === 2, 5);
    assert.match(bridge.devin.creates(incident).at(-1).body.prompt, /fires again, episode 2/);
  });

  test("a create that is under way is not cut off, but its session hears of the recovery", async () => {
    const bridge = await controlled({ WAIT_SECONDS: "0" });
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ delayMs: 1500 }] });
    await send(bridge, alert);
    await until("Devin is asked", 60, () => bridge.devin.creates(alert.alertId).length === 1);
    const over = await send(bridge, resolvedAlert(alert));
    assert.deepEqual([over.status, over.json.status], [202, "accepted"], over.text);
    await bridge.settled(over.json.incident);
    await within(bridge, 120, "the message", () => bridge.devin.all[0]?.messages.length === 1, 5);
    assert.equal(bridge.devin.all.length, 1);
  });
});

const held = async (bridge, key, reason) => {
  const record = await bridge.settled(key);
  assert.deepEqual([record.state, record.reason], ["held", reason], JSON.stringify(record));
};

describe("budgets", { concurrency: true }, () => {
  test("a noisy route at its cap does not delay another, and goes on at midnight", async () => {
    const ROUTES = JSON.stringify([{ service: "noisy*", sessions_per_day: 2 }]);
    const bridge = await controlled({ ROUTES, WAIT_SECONDS: "0", SESSIONS_PER_MINUTE: "100" });
    const noisy = Array.from({ length: 8 }, (_, n) => newAlert({ service: "noisy-api", severity: n === 7 ? 0 : 3 }));
    const keys = [];
    for (const alert of noisy) {
      keys.push((await send(bridge, alert)).json.incident);
      await bridge.settled(keys.at(-1));
    }
    for (const key of keys.slice(2)) await held(bridge, key, "route_budget");
    const asked = bridge.now();
    const quiet = await send(bridge, newAlert({ service: "orders" }));
    assert.equal((await bridge.settled(quiet.json.incident)).state, "started");
    assert.ok(bridge.devin.all.at(-1).createdMs - asked < 5000);
    assert.equal((await send(bridge, noisy[3])).json.status, "duplicate");
    assert.equal(await metric(bridge, 'held{reason="route_budget"}'), 6);
    // A restart forgets nothing of what is spent.
    await bridge.stop();
    await bridge.start();
    const late = await send(bridge, newAlert({ service: "noisy-db", severity: 3 }));
    await held(bridge, late.json.incident, "route_budget");
    const before = bridge.devin.all.length;
    await bridge.advanceToMidnight();
    await within(bridge, 300, "two more", () => bridge.devin.all.length === before + 2, 5);
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, before + 2);
    assert.deepEqual(startedKeys(bridge).slice(-2).sort(), [keys[7], keys[2]].sort(), "severity 0 first, then the oldest");
  });

  test("some of a day's sessions are for severity 0 and P1 only", async () => {
    const bridge = await controlled({ SESSIONS_PER_DAY: "3", SESSIONS_RESERVED: "1", WAIT_SECONDS: "0" });
    const keys = [];
    for (let n = 0; n < 3; n++) keys.push((await send(bridge, newAlert({ severity: 2 }))).json.incident);
    const states = [];
    for (const key of keys) states.push((await bridge.settled(key)).state);
    assert.deepEqual(states.sort(), ["held", "started", "started"]);
    const grave = await send(bridge, newAlert({ severity: 0 }));
    assert.equal((await bridge.settled(grave.json.incident)).state, "started");
  });
});

describe("a pause", { concurrency: true }, () => {
  const ask = async (bridge, method, body) => {
    const { status, text } = await bridge.request("/api/pause", { method, headers: ADMIN, body: body && JSON.stringify(body) });
    return { status, json: JSON.parse(text) };
  };

  test("that would end centuries from now is refused, and there is none", async () => {
    const bridge = await controlled();
    for (const until of ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", new Date(bridge.now() + 367 * 86_400_000).toISOString()]) {
      assert.equal((await ask(bridge, "POST", { reason: "for ever", until })).status, 400, until);
    }
    assert.equal((await ask(bridge, "GET")).json.paused, false);
    const until = new Date(bridge.now() + 365 * 86_400_000).toISOString();
    assert.deepEqual([(await ask(bridge, "POST", { reason: "a year", until })).json.until, (await ask(bridge, "GET")).json.until], [until, until]);
  });

  test("keeps everything, starts nothing, survives a restart, and is lifted: they go in order", async () => {
    const bridge = await controlled({ WAIT_SECONDS: "0", SESSIONS_PER_MINUTE: "2" });
    const begun = await ask(bridge, "POST", { reason: "Devin moves" });
    assert.deepEqual([begun.status, begun.json.paused, begun.json.reason, begun.json.until], [200, true, "Devin moves", null]);
    const alerts = [3, 3, 1, 3, 0].map((severity) => newAlert({ severity }));
    const keys = [];
    for (const alert of alerts) {
      const { status, json } = await send(bridge, alert);
      assert.equal(status, 202);
      keys.push(json.incident);
      await held(bridge, json.incident, "paused");
      await bridge.advance(1);
    }
    const sixth = await send(bridge, newAlert());
    await held(bridge, sixth.json.incident, "paused");
    await bridge.stop();
    await bridge.start();
    assert.equal((await ask(bridge, "GET")).json.reason, "Devin moves");
    await bridge.quiet(7200);
    await bridge.advanceToMidnight();
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, 0);
    const health = JSON.parse((await bridge.request("/health", { headers: ADMIN })).text);
    assert.equal(health.pause.reason, "Devin moves");
    assert.deepEqual([await metric(bridge, "paused"), await metric(bridge, 'held{reason="paused"}')], [1, 6]);
    assert.match((await bridge.request("/", { headers: ADMIN })).text, /Paused: no session starts[^]*Devin moves/);
    // One recovers, one is started by hand.
    assert.equal((await send(bridge, resolvedAlert(alerts[1]))).json.reason, "recovered_first");
    assert.equal((await replay(bridge, keys[3])).status, 202);
    await until("the one by hand", 60, () => bridge.devin.all.length === 1);
    assert.deepEqual((await ask(bridge, "DELETE")).json, { paused: false, reason: null, since: null, until: null });
    await within(bridge, 600, "all others", () => bridge.devin.all.length === 5, 5);
    const order = startedKeys(bridge).slice(1);
    assert.ok(order.indexOf(keys[4]) < order.indexOf(keys[0]) && order.indexOf(keys[2]) < order.indexOf(keys[0]), order.join());
    assert.ok(!order.includes(keys[1]));
    const times = bridge.devin.all.slice(1).map(({ createdMs }) => createdMs);
    for (const from of times) assert.ok(times.filter((at) => at >= from && at < from + 60_000).length <= 2, times.join());
  });

  test("ends by itself, may be prolonged, and is refused to those who only read", async () => {
    const bridge = await controlled({ WAIT_SECONDS: "0", VIEWER_TOKEN: "test-viewer-token-3d1e", SESSIONS_PER_DAY: "5" });
    const at = (seconds) => new Date(bridge.now() + seconds * 1000).toISOString();
    const first = (await ask(bridge, "POST", { reason: "a", until: at(3600) })).json;
    const alert = await send(bridge, newAlert());
    await held(bridge, alert.json.incident, "paused");
    await bridge.advance(1800);
    const prolonged = (await ask(bridge, "POST", { reason: "b", until: at(7200) })).json;
    assert.deepEqual([prolonged.reason, prolonged.since], ["b", first.since]);
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, 0);
    await within(bridge, 4000, "its session", () => bridge.devin.all.length === 1, 60);
    assert.equal((await ask(bridge, "GET")).json.paused, false);
    const viewer = { authorization: "Bearer test-viewer-token-3d1e" };
    const status = async (method, headers, body) => (await bridge.request("/api/pause", { method, headers, body })).status;
    assert.equal(await status("GET", viewer), 200);
    for (const method of ["POST", "DELETE"]) {
      assert.equal(await status(method, viewer, method === "POST" ? '{"reason":"x"}' : undefined), 403);
      assert.equal(await status(method, {}, undefined), 401);
      assert.equal(await status(method, { ...ADMIN, origin: "https://evil.example" }, undefined), 403);
    }
    assert.equal(await status("GET", {}), 401);
    for (const body of ["", "{}", '{"reason":" "}', '{"reason":"x","until":"soon"}', '{"reason":"x","until":"2020-01-01T00:00:00Z"}', '{"reason":"x","for":1}']) {
      assert.equal(await status("POST", ADMIN, body), 400, body);
    }
    assert.equal((await ask(bridge, "GET")).json.paused, false);
  });

  test("on the dashboard", async () => {
    const bridge = await controlled();
    const post = (path, body, headers = {}) => bridge.request(path, {
      method: "POST", body, headers: { ...ADMIN, "content-type": "application/x-www-form-urlencoded", ...headers },
    });
    assert.match((await bridge.request("/pause", { headers: ADMIN })).text, /<form class="filters" method="post" action="\/pause">/);
    assert.equal((await post("/pause", "reason=too+much&hours=4")).status, 303);
    const page = (await bridge.request("/pause", { headers: ADMIN })).text;
    assert.match(page, /action="\/resume"[^]*value="too much"/);
    assert.equal((await post("/pause", "reason=&hours=4")).status, 400);
    assert.equal((await post("/pause", "reason=x&hours=5")).status, 400);
    assert.equal((await post("/resume", "", { origin: "https://evil.example" })).status, 403);
    assert.equal((await post("/pause", "reason=x&hours=0", { origin: "https://evil.example" })).status, 403);
    assert.equal((await post("/pause", "reason=x&hours=0", { authorization: "Bearer wrong" })).status, 401);
    assert.equal((await post("/resume", "", { authorization: "Bearer wrong" })).status, 401);
    assert.equal((await ask(bridge, "GET")).json.reason, "too much");
    assert.equal((await post("/resume", "")).status, 303);
    assert.equal((await ask(bridge, "GET")).json.paused, false);
  });
});

describe("a person's approval", { concurrency: true }, () => {
  const approving = async (vars = {}) => {
    const targets = await FakeTargets.start();
    after(() => targets.stop());
    const ROUTES = JSON.stringify([{ service: "payments*", approve: true }]);
    const bridge = await controlled({ ...targets.vars, ROUTES, WAIT_SECONDS: "0", SESSIONS_PER_DAY: "1", ...vars });
    return { bridge, targets };
  };
  const alert = () => newAlert({ service: "payments-api" });

  test("is asked for once, with a link that does nothing; three clicks at once are one session", async () => {
    const { bridge, targets } = await approving();
    const body = alert();
    const { status, json } = await send(bridge, body);
    assert.equal(status, 202);
    await held(bridge, json.incident, "approval");
    assert.deepEqual([(await send(bridge, body)).json.status], ["duplicate"]);
    const [hook] = await until("people are notified", 30, () => targets.calls("hook").length > 0 && targets.calls("hook"));
    const page = `${bridge.url}/incidents/${json.incident}`.replace(/([^:])\/\//, "$1/");
    assert.equal(hook.body.event, "session.approval");
    assert.ok(hook.body.message.startsWith(`Devin session waits for approval: ${page}\n`), hook.body.message);
    for (let n = 0; n < 2; n++) assert.match((await bridge.request(new URL(page).pathname, { headers: ADMIN })).text, />Approve</);
    await bridge.stop();
    await bridge.start();
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, 0);
    // It counts when it is approved, and whatever the limits say.
    await until("today's only session", 60, async () => {
      const other = await send(bridge, newAlert({ service: "orders" }));
      return (await bridge.settled(other.json.incident)).state === "started";
    });
    const clicks = await Promise.all([1, 2, 3].map(() => replay(bridge, json.incident)));
    assert.equal(clicks.filter(({ status }) => status === 202).length, 1, clicks.map(({ text }) => text).join());
    await until("its session", 60, () => bridge.devin.sessions(body.alertId).length === 1);
    await bridge.quiet(3600);
    assert.equal(bridge.devin.creates(body.alertId).length, 1);
    assert.equal(targets.calls("hook").filter(({ body }) => body.event === "session.approval").length, 1);
    assert.equal(await metric(bridge, "sessions_today"), 2);
  });

  test("is waited for for a day, is not part of a bulk release, and is asked for anew after the window", async () => {
    const { bridge, targets } = await approving();
    const body = alert();
    const { json } = await send(bridge, body);
    await held(bridge, json.incident, "approval");
    const release = await bridge.request("/release-held", { headers: ADMIN });
    assert.match(release.text, /There is none/);
    await bridge.advance(86_400);
    const over = await until("it is over", 60, async () => {
      const record = await bridge.record(json.incident);
      return record.state === "ignored" && record;
    });
    assert.deepEqual([over.reason, over.sessionId], ["approval_expired", null]);
    assert.equal((await replay(bridge, json.incident)).json.status, "ignored");
    const anew = await send(bridge, body);
    assert.deepEqual([anew.status, anew.json.incident], [202, `${json.incident}.2`], anew.text);
    await held(bridge, anew.json.incident, "approval");
    const asked = () => targets.calls("hook").filter(({ body }) => body.event === "session.approval");
    await until("they are notified again", 30, () => asked().length === 2);
    // What recovers needs no approval any more.
    assert.equal((await send(bridge, resolvedAlert(body))).json.reason, "recovered_first");
    assert.equal((await replay(bridge, anew.json.incident)).json.status, "ignored");
    await bridge.quiet(3600);
    assert.equal(bridge.devin.all.length, 0);
  });
});
