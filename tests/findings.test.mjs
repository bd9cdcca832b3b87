// What live sessions do, and what people hear of it: a finding once, a question once, and whatever comes late.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { V1_KEY, live } from "./fake-devin.mjs";
import { FakeTargets } from "./fake-targets.mjs";
import { startBridge, until } from "./harness.mjs";

const targets = await FakeTargets.start();
after(() => targets.stop());
const [bridge, old] = await Promise.all([
  startBridge(targets.vars, { controlled: true }),
  startBridge({ ...targets.vars, DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" }, { controlled: true }),
]);

const FINDING = {
  verdict: "cause_found",
  summary: "The pool of orders is exhausted.",
  root_cause: "check() keeps its connection on failure.",
  confidence: "high",
  evidence: ["orders.ts:142", "pool.active = 50 since 14:15"],
  actions: ["Merge the pull request", "Watch the pool"],
  pull_requests: ["https://github.com/octo/orders/pull/7"],
};

const hooks = (incident) => targets.calls("hook", incident).map(({ body }) => body);
const told = (incident, count) =>
  until(`${incident} has ${count} notices`, 60, () => hooks(incident).length >= count && hooks(incident));

/** A session that is listed, so that the cron trigger knows of it. */
async function started(on) {
  const { incident, sessionId } = await start(on, newAlert());
  await until("it is listed", 60, async () => (await on.record(incident)).state === "started" && (await told(incident, 1)));
  return { incident, sessionId };
}

/** The cron trigger, and then once more: what was reported is not reported again. */
async function ticks(on, count = 2) {
  for (let n = 0; n < count; n++) {
    await on.advance(300);
    await on.cron();
  }
}

test("a live session ends by waiting, with its finding and 0.0 ACUs, and falls asleep unheard", async () => {
  let acus = 0;
  bridge.devin.life = (age) => ({ ...live({ output: FINDING })(age), acus });
  const { incident } = await started(bridge);
  bridge.devin.life = undefined;
  await ticks(bridge);
  const [, ended, ...more] = await told(incident, 2);
  assert.deepEqual(more, []);
  assert.equal(ended.event, "session.ended");
  const found = `Verdict: cause found (confidence: high)
Finding: The pool of orders is exhausted.
Root cause: check() keeps its connection on failure.
To do: Merge the pull request; Watch the pool
Pull requests: https://github.com/octo/orders/pull/7
Evidence: orders.ts:142; pool.active = 50 since 14:15`;
  assert.ok(ended.message.endsWith(`\n${found}`), ended.message);
  const record = await bridge.record(incident);
  assert.deepEqual([record.acus, record.sessionDetail, record.finding.verdict], [null, "waiting_for_user", "cause found"]);
  assert.equal(record.found, "cause found: The pool of orders is exhausted.");
  const listed = JSON.parse((await bridge.request("/api/incidents?limit=50", { headers: ADMIN })).text).incidents;
  assert.equal(listed.find((row) => row.incident === incident).found, record.found);
  const list = await bridge.request("/", { headers: ADMIN });
  assert.match(list.text, /Found: cause found: The pool of orders is exhausted\./);
  assert.equal(record.postmortem, null, "a triage has none");

  acus = 2.5;
  await ticks(bridge, 16);
  const later = await until("the ACUs are known", 60, async () => {
    const record = await bridge.record(incident);
    return record.acus === 2.5 && record.sessionDetail === "inactivity" && record;
  });
  assert.deepEqual([later.sessionState, later.sessionDetail, later.endedAt], ["suspended", "inactivity", record.endedAt]);
  assert.equal(hooks(incident).length, 2);
});

test("what a session asks is reported once, and its end after it", async () => {
  const { incident, sessionId } = await started(bridge);
  bridge.devin.say(sessionId, "I am looking.");
  bridge.devin.say(sessionId, `Shall I restart it?\npassword=hunter2hunter2 ${"x".repeat(3_000)}`);
  bridge.devin.setStatus(sessionId, "running", "waiting_for_user");
  await ticks(bridge, 3);
  const [, asks, ...more] = await told(incident, 2);
  assert.deepEqual(more, []);
  assert.equal(asks.event, "session.waiting");
  assert.match(asks.message, /^Devin waits for you: .*\n[^]*\nDevin's last words: “Shall I restart it\? password=/);
  assert.ok(asks.finding.summary.length <= 500 && !asks.message.includes("hunter2"), asks.message);
  assert.equal((await bridge.record(incident)).finding, null, "a question is no finding");

  bridge.devin.setStatus(sessionId, "running", "working");
  await ticks(bridge);
  bridge.devin.setStatus(sessionId, "running", "waiting_for_user");
  bridge.devin.setWork(sessionId, { output: FINDING });
  await ticks(bridge);
  const [, , ended, ...again] = await told(incident, 3);
  assert.deepEqual([ended.event, again], ["session.ended", []]);
});

test("without output its last words are told; output and pull requests that come late are told after them", async () => {
  const { incident, sessionId } = await started(bridge);
  bridge.devin.say(sessionId, "The pool was too small; I have enlarged it.");
  bridge.devin.setStatus(sessionId, "suspended", "inactivity");
  await ticks(bridge);
  const [, ended] = await told(incident, 2);
  assert.equal(ended.event, "session.ended");
  assert.match(ended.message, /\nDevin's last words: “The pool was too small; I have enlarged it\.”$/);
  const pr = "https://github.com/octo/orders/pull/9";
  bridge.devin.setWork(sessionId, { pullRequests: [pr] });
  await ticks(bridge);
  const [, , made] = await told(incident, 3);
  assert.equal(made.event, "session.updated");
  assert.match(made.message, /\nPull requests: https:\/\/github\.com\/octo\/orders\/pull\/9 \(open\)$/);
  bridge.devin.setWork(sessionId, { output: FINDING });
  await until("the output is reported", 60, async () => {
    await ticks(bridge, 1);
    return hooks(incident).length === 4;
  });
  const [, , , found, ...more] = hooks(incident);
  assert.deepEqual([found.event, found.finding.summary, more], ["session.updated", FINDING.summary, []]);
});

test("a session that reached its limit has failed; output of any type is borne", async () => {
  const { incident, sessionId } = await started(bridge);
  bridge.devin.setStatus(sessionId, "suspended", "usage_limit_exceeded");
  bridge.devin.setWork(sessionId, { output: { summary: ["no"], confidence: 0.5, root_cause: "y ".repeat(32_000), actions: "none" } });
  await ticks(bridge);
  const [, failed] = await told(incident, 2);
  assert.equal(failed.event, "session.failed");
  assert.match(failed.message, /^Devin session failed \(usage limit exceeded\): /);
  assert.ok(failed.message.length <= 2_000, `${failed.message.length}`);
  assert.deepEqual(Object.keys(failed.finding).sort(), ["confidence", "rootCause"]);
});

for (const arrays of ["comma", "last"]) {
  test(`lists that read ids as ${arrays} leave no session unheard`, async () => {
    const all = [await started(bridge), await started(bridge), await started(bridge)];
    bridge.devin.arrays = arrays;
    for (const { sessionId } of all) bridge.devin.setStatus(sessionId, "exit");
    await ticks(bridge, 6);
    for (const { incident } of all) assert.equal((await told(incident, 2))[1].event, "session.ended");
    bridge.devin.arrays = "repeated";
  });
}

test("messages that can't be read keep no end back", async () => {
  const { incident, sessionId } = await started(bridge);
  bridge.devin.script({ call: "messages", match: sessionId, replies: [{ status: 403, body: { detail: "no" } }] });
  bridge.devin.setStatus(sessionId, "running", "waiting_for_user");
  await ticks(bridge);
  const [, asks] = await told(incident, 2);
  assert.deepEqual([asks.event, asks.finding], ["session.waiting", undefined]);
});

test("v1 says blocked", async () => {
  const { incident, sessionId } = await started(old);
  old.devin.say(sessionId, "Which one?");
  old.devin.setStatus(sessionId, "blocked");
  await ticks(old);
  const [, asks] = await told(incident, 2);
  assert.match(asks.message, /^Devin waits for you: .*\n[^]*“Which one\?”$/);
  old.devin.setWork(sessionId, { pullRequests: ["https://github.com/octo/orders/pull/8"] });
  await ticks(old);
  const [, , ended] = await told(incident, 3);
  assert.equal(ended.event, "session.ended");
});

test("why there is no session is reported once a day for each reason, with how many there are", async () => {
  const refuse = (body, detail) =>
    bridge.devin.script({ call: "create", match: body.alertId, replies: [{ status: 403, body: { detail } }] });
  const failed = async (detail) => {
    const body = newAlert();
    refuse(body, detail);
    const { json, status } = await send(bridge, body);
    assert.equal(status, 500);
    return json.incident;
  };
  const first = await failed("ManageOrgSessions is missing");
  const [notice] = await told(first, 1);
  assert.equal(notice.event, "session.failed");
  assert.match(notice.message, /^No Devin session: it failed\n[^]*\nWhy: HTTP 403: ManageOrgSessions is missing\nFailed now: 1 incident\nNotified: once today for this reason$/);
  const second = await failed("ManageOrgSessions is missing");
  const why = "webhook not notified that the session failed: they know of others today, for the same reason";
  await until("it is not notified", 60, async () => (await bridge.record(second)).timeline.some(({ what }) => what === why));
  assert.deepEqual(hooks(second), []);
  const other = await failed("The organisation is gone");
  assert.match((await told(other, 1))[0].message, /\nFailed now: 3 incidents\n/);
  await bridge.advanceToMidnight(60);
  const next = await failed("ManageOrgSessions is missing");
  await told(next, 1);
});

test("a route chooses who is notified", async () => {
  const quiet = await startBridge({ ...targets.vars, ROUTES: JSON.stringify([{ notify: "none" }]) }, { controlled: true });
  const { incident } = await start(quiet, newAlert());
  await until("it is started", 60, async () => (await quiet.record(incident)).state === "started");
  await ticks(quiet);
  assert.deepEqual(hooks(incident), []);
});

test("where the account is out of credits new sessions are held, people hear of it once, and one tries every half hour", async () => {
  const poor = await startBridge(targets.vars, { controlled: true });
  const credits = { status: "suspended", detail: "out_of_credits" };
  const first = await started(poor);
  poor.devin.setStatus(first.sessionId, credits.status, credits.detail);
  await poor.cron();
  const held = [];
  for (let n = 0; n < 3; n++) {
    const { json, status } = await send(poor, newAlert());
    assert.deepEqual([status, json.status, json.reason], [202, "accepted", "credits"], JSON.stringify(json));
    held.push(json.incident);
  }
  const [notice] = await told(held[0], 1);
  assert.equal(notice.event, "session.held");
  assert.match(notice.message, /^No Devin session yet: it is held\n[^]*Why: the account at Devin is out of credits[^]*\nHeld now: \d incidents?\n/);
  assert.deepEqual([hooks(held[1]), hooks(held[2])], [[], []]);

  const states = async () => (await Promise.all(held.map((incident) => poor.record(incident)))).map(({ state }) => state);
  const running = async (count) =>
    until(`${count} have tried`, 60, async () => (await states()).filter((state) => state === "started").length === count);
  await poor.advance(1_801);
  await running(1);
  assert.equal((await states()).filter((state) => state === "held").length, 2, "only one tries");
  // It is stopped too: the next one tries half an hour after that.
  const tried = poor.devin.all.at(-1);
  poor.devin.setStatus(tried.id, credits.status, credits.detail);
  await until("it is listed, and the end is seen", 60, async () => {
    await poor.cron();
    const records = await Promise.all(held.map((incident) => poor.record(incident)));
    return records.some(({ sessionDetail }) => sessionDetail === credits.detail);
  });
  await poor.advance(1_801);
  await running(2);
  poor.devin.setStatus(poor.devin.all.at(-1).id, "running", "working");
  await until("it is seen at work, and the last one goes", 60, async () => {
    await poor.cron();
    await poor.advance(900);
    return (await states()).every((state) => state === "started");
  });
  const after = await start(poor, newAlert());
  assert.ok(after.sessionId);
});

test("what Devin wrote is kept, shown and passed on without secrets, and only pages are links", async () => {
  const hostile = "<script>alert(1)</script> [x](javascript:alert(2)) \u202e\u001b[31mpassword=hunter2hunter2";
  const output = { verdict: hostile, summary: hostile, root_cause: hostile, actions: [hostile], pull_requests: ["javascript:alert(3)", `https://x.example/ ${hostile}`], more: { token: "f3a9c1d27b86e05f" } };
  bridge.devin.life = (age) => ({
    ...live({ output, pullRequests: ["javascript:alert(4)", `https://x.example/?password=hunter2hunter2`, "https://x.example/5"] })(age),
    ...(age >= 60_000 && { title: hostile }),
  });
  const alert = newAlert();
  const answer = { status: 200, body: { session_id: "devin-hostile", url: "javascript:alert(6)", status: hostile, status_detail: hostile, structured_output: output, pull_requests: [{ pr_url: "javascript:alert(7)", pr_state: hostile }] } };
  bridge.devin.script({ call: "create", match: alert.alertId, replies: [answer] });
  const refused = await send(bridge, alert);
  assert.deepEqual([refused.json.status, refused.json.sessionUrl], ["started", ""], refused.text);
  bridge.devin.script({ call: "get", match: "devin-hostile", replies: [answer, answer, answer] });
  const { incident } = await started(bridge);
  bridge.devin.life = undefined;
  await ticks(bridge);
  const notices = JSON.stringify(await told(incident, 2));
  const shown = [notices];
  for (const path of [`/api/incidents/${incident}`, `/incidents/${incident}`, `/api/incidents/${refused.json.incident}`, `/incidents/${refused.json.incident}`, "/", "/api/incidents"]) {
    const { text } = await bridge.request(path, { headers: ADMIN });
    shown.push(text);
    assert.doesNotMatch(text, /(href|src|action)="(?!https?:|\/|#|data:,"|\?)/, path);
  }
  for (const text of shown) {
    assert.doesNotMatch(text, /hunter2hunter2|f3a9c1d27b86e05f|\u202e|\\u001b/);
  }
  assert.match(notices, /https:\/\/x\.example\/5/);
  assert.doesNotMatch(notices, /javascript:alert\([3-7]\)/);
});
