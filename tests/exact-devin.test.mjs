// What Devin and those who are notified do late: slow answers, work that arrives after the end, alarms that run long.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../scripts/steps.mjs";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { controlled, event, lines, pass, within } from "./exact.mjs";
import { FakeTargets } from "./fake-targets.mjs";
import { AMPLE, newIncident, resolved, startBridge, until } from "./harness.mjs";

async function startTargets() {
  const targets = await FakeTargets.start();
  after(() => targets.stop());
  return targets;
}

describe("start_on = \"resolved\" with a triage", { concurrency: true }, () => {
  const contradictions = {
    "in so many words": { workflow: "triage", start_on: "resolved" },
    "of alerts": { sender: "alert", workflow: "triage", start_on: "resolved" },
    "of alerts, whose workflow it is anyway": { sender: ["azure_monitor", "kibana", "alert"], start_on: "resolved" },
  };
  for (const [what, route] of Object.entries(contradictions)) {
    test(`${what} is refused by the hooks and named by /health and npm run check`, async () => {
      const ROUTES = JSON.stringify([{ alert_name: "other" }, route]);
      const bridge = await startBridge({ ROUTES });
      assert.equal((await send(bridge, newAlert())).status, 503);
      assert.equal((await bridge.pagerduty(resolved(newIncident().id))).status, 503);
      const { problems } = JSON.parse((await bridge.request("/health", { headers: ADMIN })).text);
      assert.deepEqual(problems.map(({ setting }) => setting), ["ROUTES[2].start_on"]);
      assert.match(problems[0].expected, /triggered/);
      const { code, out } = await new Promise((resolve) => {
        const args = ["scripts/check.mjs", "--route", JSON.stringify(route), "--json"];
        const child = execFile(process.execPath, args, { cwd: ROOT }, (_, out) => resolve({ code: child.exitCode, out }));
      });
      assert.equal(code, 1, out);
      assert.deepEqual(JSON.parse(out).problems.map(({ setting }) => setting), ["ROUTES[1].start_on"]);
    });
  }

  test("is no contradiction where the workflow is PagerDuty's own", async () => {
    const bridge = await startBridge({ ROUTES: JSON.stringify([{ start_on: "resolved" }]) });
    await bridge.oneSession(await bridge.resolve());
  });
});

describe("a message to Devin and a notice do not wait for one another", { concurrency: true }, () => {
  test("the webhook is notified once, though the message takes longer than the webhook's time limit", async () => {
    const targets = await startTargets();
    const bridge = await startBridge({ NOTIFY_WEBHOOK_URL: targets.vars.NOTIFY_WEBHOOK_URL, ROUTES: JSON.stringify([{ start_on: "acknowledged" }]) });
    const incident = newIncident();
    targets.mood = () => ({ delayMs: 1500 });
    await bridge.pagerduty(event("acknowledged", incident));
    await until("the webhook is being notified", 60, () => targets.calls("hook").length === 1);
    const { sessionId } = await bridge.record(incident.key);
    bridge.devin.script({ call: "message", match: sessionId, replies: [{ delayMs: 13_000 }] });
    await bridge.pagerduty(resolved(incident.id));
    await until("Devin gets the message", 60, () => bridge.devin.calls("message").length === 1);
    assert.equal(bridge.devin.messages(sessionId).length, 0);
    await until("Devin has the message", 60, () => bridge.devin.messages(sessionId).length === 1);
    const record = await until("both are done", 60, async () => {
      const record = await bridge.record(incident.key);
      return record.followUps === 0 && lines(record).includes("webhook notified that the session started") && record;
    });
    assert.ok(!lines(record).some((line) => line.includes("not notified")), lines(record).join("\n"));
    await sleep(2500);
    assert.equal(targets.calls("hook").length, 1);
  });

  test("nor is the message sent twice, though the webhook takes longer than that", async () => {
    const targets = await startTargets();
    const bridge = await startBridge({ NOTIFY_WEBHOOK_URL: targets.vars.NOTIFY_WEBHOOK_URL, ROUTES: JSON.stringify([{ start_on: "acknowledged" }]) });
    const incident = newIncident();
    targets.mood = () => ({ delayMs: 8000 });
    // The message is due ten seconds after the end: while the webhook is still being notified of the start.
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ delayMs: 8000 }] });
    await bridge.pagerduty(event("acknowledged", incident));
    await until("Devin is asked", 60, () => bridge.devin.creates(incident.id).length === 1);
    await bridge.pagerduty(resolved(incident.id));
    await until("the webhook is being notified", 60, () => targets.calls("hook").length === 1);
    const { sessionId } = await bridge.record(incident.key);
    await until("Devin has the message", 60, () => bridge.devin.messages(sessionId).length === 1);
    await until("the webhook is notified", 60, async () => lines(await bridge.record(incident.key)).includes("webhook notified that the session started"));
    assert.deepEqual([targets.calls("hook").length, bridge.devin.calls("message").length], [1, 1]);
  });
});

describe("what a session makes after its end", { concurrency: true }, () => {
  const POSTMORTEM = { title: "Late", summary: "It took a while.", root_cause: "Patience", action_items: [] };

  test("is fetched for a day, and then no more", async () => {
    const bridge = await controlled({ ROUTES: JSON.stringify([{ structured_output: true }]) });
    const incident = await bridge.resolve();
    const { session } = await bridge.oneSession(incident);
    await within(bridge, 60, "it is listed", async () => {
      const { incidents } = JSON.parse((await bridge.request("/api/incidents", { headers: ADMIN })).text);
      return incidents[0]?.sessionId;
    });
    bridge.devin.setStatus(session.id, "exit");
    await bridge.cron();
    const endedAt = await within(bridge, 60, "it has ended", async () => (await bridge.record(incident.key)).endedAt);
    const url = "https://github.com/octo/orders/pull/7";

    /** Lets the cron trigger run twice an hour until so many hours after the end. */
    const hoursAfter = async (hours) => {
      while (bridge.now() < Date.parse(endedAt) + hours * 3_600_000) {
        await bridge.advance(1800);
        await bridge.cron();
      }
      await sleep(300);
      return bridge.record(incident.key);
    };
    bridge.devin.setWork(session.id, { pullRequests: [url] });
    const later = await hoursAfter(1);
    assert.deepEqual(later.pullRequests.map((pull) => pull.url), [url]);
    assert.equal(later.endedAt, endedAt, "it ended when it ended");

    await hoursAfter(18);
    bridge.devin.setWork(session.id, { acus: 4, output: POSTMORTEM });
    assert.deepEqual((await hoursAfter(24)).postmortem, POSTMORTEM);

    await hoursAfter(25);
    const asked = bridge.devin.calls("list").length;
    await hoursAfter(28);
    assert.equal(bridge.devin.calls("list").length, asked, "nobody is asked about any more");
  });

  test("also of an alert that has fired again since", async () => {
    const bridge = await controlled();
    const alert = newAlert();
    const first = await start(bridge, alert);
    await bridge.advance(3700);
    await start(bridge, alert);
    const shown = async () => JSON.parse((await bridge.request(`/api/incidents/${first.incident}`, { headers: ADMIN })).text);
    await within(bridge, 60, "both are listed", async () => {
      const { incidents } = JSON.parse((await bridge.request("/api/incidents", { headers: ADMIN })).text);
      return incidents.filter(({ sessionId }) => sessionId).length === 2;
    });
    bridge.devin.setStatus(first.sessionId, "exit");
    await bridge.cron();
    await within(bridge, 60, "it has ended", async () => (await shown()).endedAt);
    const url = "https://github.com/octo/orders/pull/8";
    bridge.devin.setWork(first.sessionId, { pullRequests: [url] });
    await bridge.advance(3600);
    await bridge.cron();
    await within(bridge, 60, "the pull request is listed", async () => (await shown()).pullRequests[0]?.url === url);
  });
});

test("an alarm asks for the next one long before the 15 minutes that it may run", async () => {
  const bridge = await controlled({ ...AMPLE, DEDUP_WINDOW_SECONDS: "0" });
  const { devin } = bridge;
  const busy = { status: 429, headers: { "retry-after": "600" }, body: {} };
  devin.mood = ({ call }) => (call === "message" ? busy : undefined);
  const alert = newAlert();
  for (let i = 0; i < 12; i++) {
    await start(bridge, alert);
    await send(bridge, { ...alert, status: "resolved" });
    await bridge.advance(5);
  }
  await sleep(500);
  // From here on each message takes almost two minutes by the Worker's clock.
  let slow = 0;
  devin.mood = ({ call }) => {
    if (call !== "message") return undefined;
    slow++;
    return () => (void bridge.advance(110), { delayMs: 300 });
  };
  await bridge.advance(1200);
  await until("the messages arrive", 60, () => slow >= 11 && devin.all.at(-1).messages.length === 1);
  await sleep(1000);
  const running = new Map();
  let longest = 0;
  for (const { operation, what, at } of await bridge.calls()) {
    if (operation === "begin") running.set(what, at);
    if (operation === "end") longest = Math.max(longest, at - running.get(what));
  }
  assert.ok(longest > 60_000, "the clock was moved while an alarm ran");
  assert.ok(longest < 14 * 60_000, `an alarm ran for ${(longest / 60_000).toFixed(1)} minutes`);
});

describe("a hook that waits", { concurrency: false }, () => {
  test("is woken when the session exists: a few timers, however long it waits", async () => {
    const bridge = await controlled();
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ delayMs: 3000 }] });
    await start(bridge, alert);
    const timers = (await bridge.calls()).filter(({ operation }) => operation === "timer");
    assert.ok(timers.length <= 10, `${timers.length} timers in 3 s`);
  });

  test("gives up after WAIT_SECONDS, and the work goes on", async () => {
    const bridge = await controlled({ WAIT_SECONDS: "1" });
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ delayMs: 2500 }] });
    const answer = await send(bridge, alert);
    assert.deepEqual([answer.status, answer.json.status], [202, "accepted"], answer.text);
    assert.ok(answer.ms >= 900 && answer.ms < 2400, `${answer.ms} ms`);
    await until("its session exists", 60, async () => (await bridge.record(answer.json.incident)).state === "started");
  });

  test("is woken by a refusal, by the queue and by the day's limit too", async () => {
    const bridge = await controlled({ SESSIONS_PER_MINUTE: "1", SESSIONS_PER_DAY: "2" });
    const refused = newAlert();
    bridge.devin.script({ call: "create", match: refused.alertId, replies: [{ status: 400, body: { detail: "No" }, delayMs: 300 }] });
    const answers = [await send(bridge, refused)];
    await start(bridge, newAlert());
    answers.push(await send(bridge, newAlert()));
    await pass(bridge, 120, 10);
    answers.push(await send(bridge, newAlert()));
    assert.deepEqual(answers.map(({ status }) => status), [500, 202, 202]);
    assert.match(answers[1].json.message, /queued/);
    assert.match(answers[2].json.message, /held/);
    for (const { ms } of answers) assert.ok(ms < 3000, `${ms} ms`);
  });
});
