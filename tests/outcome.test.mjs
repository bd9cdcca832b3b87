// What became of the sessions: a cron trigger asks Devin, the incident keeps it, and people are notified.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { V1_KEY } from "./fake-devin.mjs";
import { FakeTargets } from "./fake-targets.mjs";
import { AMPLE, newIncident, startBridge, until } from "./harness.mjs";

const targets = await FakeTargets.start();
after(() => targets.stop());
const structured = JSON.stringify([{ sender: "pagerduty", structured_output: true }]);
const [bridge, refiring, crowded, old] = await Promise.all([
  startBridge({ ...targets.vars, ROUTES: structured }, { controlled: true }),
  startBridge({ ...targets.vars, DEDUP_WINDOW_SECONDS: "0" }),
  startBridge(AMPLE),
  startBridge({ ...targets.vars, DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" }),
]);

const listed = async (bridge) => JSON.parse((await bridge.request("/api/incidents?limit=200", { headers: ADMIN })).text).incidents;
const asked = (bridge) => bridge.devin.calls("list");
const listing = async (bridge, key) => (await listed(bridge)).find(({ incident }) => incident === key);
const lines = ({ timeline }) => timeline.map(({ what }) => what);

/** Waits until the list has so many incidents with a session: only then does the cron trigger know of them. */
const known = (bridge, count) =>
  until(`${count} sessions are listed`, 60, async () => {
    const incidents = await listed(bridge);
    return incidents.filter(({ state }) => state === "started").length >= count && incidents;
  });

const POSTMORTEM = {
  title: "Pool exhausted — orders",
  date: "2026-02-10",
  duration_minutes: 46,
  severity: "P1",
  summary: "One order in eight failed.\n# Not a heading",
  timeline: [{ time: "14:15 UTC", event: "Deploy #387" }],
  root_cause: "`check()` leaks connections.",
  action_items: [{ description: "Close them", done: true }, { description: "Watch the <pool>" }],
};

test("a session is asked about while it is open, all in one list, and people hear of its end once", async () => {
  await bridge.cron();
  assert.equal(asked(bridge).length, 0, "nothing is open, and nothing was asked");

  const [incident, other] = [await bridge.resolve(), await bridge.resolve()];
  await known(bridge, 2);
  const { sessionId } = await bridge.record(incident.key);
  const second = (await bridge.record(other.key)).sessionId;
  const before = await bridge.record(incident.key);
  assert.deepEqual([before.sessionState, before.endedAt, before.pullRequests, before.acus], [null, null, [], null]);

  bridge.devin.setStatus(sessionId, "running", "waiting_for_user");
  bridge.devin.setWork(sessionId, { acus: 1.25 });
  bridge.devin.say(sessionId, "Which <!channel> environment?");
  await bridge.cron();
  assert.equal(asked(bridge).length, 1);
  const [{ query, path }] = asked(bridge);
  assert.equal(path, "/v3/organizations/org-local/sessions");
  assert.deepEqual(query.getAll("session_ids").sort(), [sessionId, second].sort());
  const waiting = await until("the list knows", 60, async () => {
    const line = await listing(bridge, incident.key);
    return line.sessionState && line;
  });
  assert.deepEqual([waiting.sessionState, waiting.sessionDetail, waiting.endedAt], ["running", "waiting_for_user", null]);

  const asks = "Devin waits for you: ";
  const quoted = "Devin's last words: “Which <!channel> environment?”";
  await until("people are notified that it waits", 60, async () => targets.calls("hook", incident.id).length === 2 && targets.notes.get(incident.id).length === 2);
  assert.equal(targets.notes.get(incident.id)[1].content, `${asks}${before.sessionUrl}\n${quoted}\nPosted by devin-bridge.`);
  assert.equal(targets.calls("hook", incident.id)[1].body.event, "session.waiting");
  assert.ok(Date.parse(waiting.waitsSince));
  await bridge.cron();

  bridge.devin.setStatus(sessionId, "running", "finished");
  const pr = "https://github.com/octo/orders/pull/388";
  bridge.devin.setWork(sessionId, { acus: 3.5, pullRequests: [pr], output: POSTMORTEM });
  const reason = await bridge.request(`/api/incidents/${incident.key}/postmortem`, { headers: ADMIN });
  assert.equal(reason.status, 404);
  assert.match(JSON.parse(reason.text).message, /no structured postmortem/);
  await bridge.cron();
  const record = await until("people are notified", 60, async () => {
    const record = await bridge.record(incident.key);
    return lines(record).filter((line) => line.endsWith("notified that the session ended")).length === 2 && record;
  });
  assert.deepEqual([record.state, record.sessionState, record.sessionDetail, record.acus], ["started", "running", "finished", 3.5]);
  assert.deepEqual(record.pullRequests, [{ url: pr, state: "open" }]);
  assert.ok(Math.abs(Date.parse(record.endedAt) - bridge.now()) < 60_000, record.endedAt);
  assert.ok(lines(record).includes("session ended: finished"));
  assert.deepEqual(record.postmortem, POSTMORTEM);

  const [, , note] = targets.notes.get(incident.id);
  assert.equal(
    note.content,
    `Devin session ended (finished): ${record.sessionUrl}
Finding: One order in eight failed. # Not a heading
Root cause: \`check()\` leaks connections.
To do: Watch the <pool>
Pull requests: ${pr} (open)
ACUs: 3.5
Posted by devin-bridge.`,
  );
  assert.deepEqual(record.finding, {
    summary: "One order in eight failed. # Not a heading",
    rootCause: "`check()` leaks connections.",
    actions: ["Watch the <pool>"],
  });
  const [, , hook, ...more] = targets.calls("hook", incident.id);
  assert.deepEqual(more, []);
  assert.deepEqual([hook.body.event, hook.body.acus, hook.body.pullRequests], ["session.ended", 3.5, record.pullRequests]);
  assert.match(hook.body.message, /^Devin session ended \(finished\): /);

  // The other one goes on; this one may still open a pull request for a day.
  await until("the list knows", 60, async () => (await listing(bridge, incident.key)).endedAt);
  await bridge.cron();
  assert.ok(asked(bridge).at(-1).query.getAll("session_ids").includes(second));
  bridge.devin.setStatus(second, "exit");
  await bridge.cron();
  await until("the list knows", 60, async () => (await listing(bridge, other.key)).endedAt);
  await bridge.advance(86_400 + 600);
  await bridge.cron();
  const count = asked(bridge).length;
  await bridge.cron();
  assert.equal(asked(bridge).length, count, "nothing is open any more");
  assert.equal(targets.calls("hook", incident.id).length, 3);

  const markdown = await bridge.request(`/api/incidents/${incident.key}/postmortem`, { headers: ADMIN });
  assert.deepEqual([markdown.status, markdown.headers.get("content-type")], [200, "text/markdown; charset=utf-8"]);
  assert.equal(
    markdown.text,
    `# Postmortem: Pool exhausted — orders
**Date:** 2026-02-10 | **Duration:** 46 minutes | **Severity:** P1

## Summary
One order in eight failed.
\\# Not a heading

## Timeline
- 14:15 UTC — Deploy #387

## Root Cause
\`check()\` leaks connections.

## Action Items
- [x] Close them
- [ ] Watch the \\<pool\\>
`,
  );
  const none = await bridge.request(`/api/incidents/${other.key}/postmortem`, { headers: ADMIN });
  assert.equal(none.status, 404);
  const stranger = await bridge.request(`/api/incidents/${incident.key}/postmortem`);
  assert.deepEqual([stranger.status, JSON.parse(stranger.text).error], [401, "Unauthorized"]);
});

test("an answer that fails or can't be read changes nothing but the log", async () => {
  const incident = await bridge.resolve();
  const { sessionId } = await until("its session", 60, async () => {
    const line = await listing(bridge, incident.key);
    return line?.sessionId && line;
  });
  bridge.devin.setStatus(sessionId, "exit");
  const replies = [{ status: 500, body: "down" }, { status: 200, body: "<html>" }, { status: 429, body: {} }, { cut: "mid-answer" }];
  bridge.devin.script({ call: "list", match: sessionId, replies });
  // Where a list came that can't be read, each session is asked about.
  const single = bridge.devin.script({ call: "get", match: sessionId, replies: [replies[1], replies[3]] });
  for (const _ of replies) await bridge.cron();
  assert.equal(single.left(), 0);
  assert.equal((await listing(bridge, incident.key)).endedAt, null);
  const warnings = bridge.logs.filter(({ message }) => /the sessions (is not known|are asked about one by one)/.test(message));
  assert.equal(warnings.length, replies.length, JSON.stringify(warnings));
  await bridge.cron();
  await until("the list knows", 60, async () => (await listing(bridge, incident.key)).endedAt);
});

test("of an alert that has fired again, the session of the first time is heard of too", async () => {
  const alert = newAlert();
  const first = await start(refiring, alert);
  await sleep(20);
  const second = await start(refiring, alert);
  assert.notEqual(first.sessionId, second.sessionId);
  await known(refiring, 2);
  refiring.devin.setStatus(first.sessionId, "exit");
  refiring.devin.setWork(first.sessionId, { acus: 2 });
  await refiring.cron();
  const line = await until("the list knows", 60, async () => {
    const line = await listing(refiring, first.incident);
    return line.endedAt && line;
  });
  assert.deepEqual([line.sessionState, line.acus, line.sessionId], ["exit", 2, first.sessionId]);
  const ended = await until("the webhook is notified", 60, () => targets.calls("hook", '"session.ended"').find(({ body }) => body.sessionId === first.sessionId));
  assert.equal(ended.body.incident, first.incident);
  const current = await refiring.record(second.incident);
  assert.deepEqual([current.incident, current.endedAt, current.state], [second.incident, null, "started"]);
});

test("of more than a hundred open sessions those come first that were asked about the longest time ago", async () => {
  const [most, all] = [100, 104];
  await Promise.all(Array.from({ length: all }, () => send(crowded, newAlert())));
  await known(crowded, all);
  const ids = async () => {
    await crowded.cron();
    return asked(crowded).at(-1).query.getAll("session_ids");
  };
  const [first, second] = [await ids(), await ids()];
  assert.deepEqual([first.length, second.length], [most, most]);
  assert.equal(new Set([...first, ...second]).size, all, "everyone's turn comes");
  assert.ok(asked(crowded).at(-1).text.length < 8_000);
});

test("API v1 tells it in its own words", async () => {
  const incident = newIncident();
  await old.resolve(incident);
  const [{ sessionId }] = await known(old, 1);
  old.devin.setStatus(sessionId, "finished");
  old.devin.setWork(sessionId, { pullRequests: ["https://github.com/octo/orders/pull/9"] });
  await old.cron();
  assert.equal(asked(old).at(-1).path, "/v1/sessions");
  const record = await until("it has ended", 60, async () => {
    const record = await old.record(incident.key);
    return record.endedAt && record;
  });
  assert.deepEqual([record.sessionState, record.sessionDetail, record.acus], ["finished", null, null]);
  assert.deepEqual(record.pullRequests, [{ url: "https://github.com/octo/orders/pull/9", state: null }]);
});

test("what one session has made keeps nobody from hearing of the others", async () => {
  const deep = JSON.parse("[".repeat(200) + "]".repeat(200));
  const many = Array.from({ length: 60_000 }, () => ({ "": 0 }));
  for (const output of [deep, many]) {
    const [odd, other] = [await bridge.resolve(), await bridge.resolve()];
    await until("both have their sessions", 60, async () => {
      const records = await Promise.all([odd, other].map(({ key }) => listing(bridge, key)));
      return records.every((record) => record?.sessionId);
    });
    bridge.devin.setWork((await bridge.record(odd.key)).sessionId, { output });
    bridge.devin.setStatus((await bridge.record(other.key)).sessionId, "exit", "finished");
    await bridge.cron();
    assert.ok((await bridge.record(other.key)).endedAt);
    assert.ok(bridge.logs.some(({ message }) => message.includes("asked about one by one")));
    bridge.devin.setWork((await bridge.record(odd.key)).sessionId, { output: null });
    bridge.devin.setStatus((await bridge.record(odd.key)).sessionId, "exit", "finished");
    await bridge.cron();
    assert.ok((await bridge.record(odd.key)).endedAt);
  }
});
