// What the configuration makes of a triage: its steps, playbooks, secrets, who may ask, and how its session fares.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { AMPLE, startBridge, until } from "./harness.mjs";
import { V1_KEY } from "./fake-devin.mjs";
import { sample } from "../scripts/samples.mjs";
import { ADMIN, assertAnswer, assertNothingMissing, HOOK, newAlert, rehearse, send, start, steps } from "./alerting.mjs";

const STAGING = `staging-secret-${randomUUID()}`;
const OTHER = `other-secret-${randomUUID()}`;
const ECHOED = `echoed-secret-${randomUUID()}`;

// The endpoint's documentation picks a playbook by a part of the alert's name; the first that fits wins.
const ROUTES = [
  { alert_name: "auth-error", playbook_id: "playbook_auth_123" },
  { alert_name: "timeout", playbook_id: "playbook_perf_456" },
  { alert_name: "null-reference", playbook_id: "playbook_bug_789" },
  { alert_name: "queue-*-full", playbook_id: "playbook_queue", repos: ["acme/queue", "https://github.com/acme/lib"] },
  { alert_name: "needs-secrets", session_secrets: ["STAGING_DB_URL", "OTHER_TOKEN"] },
  { alert_name: "echoed", session_secrets: ["ECHOED"] },
  { severity: ">3", sender: "alert", ignore: true },
];
const whole = {
  TARGET_REPO: "https://github.com/acme/shop",
  JIRA_PROJECT: "SRE",
  SLACK_CHANNEL: "#alerts",
  DEVIN_PLAYBOOK_ID: "devin-triage-workflow",
  ROUTES: JSON.stringify(ROUTES),
  STAGING_DB_URL: STAGING,
  OTHER_TOKEN: OTHER,
  ECHOED,
};

const [bare, bridge, v1, open] = await Promise.all([
  startBridge(),
  startBridge({ ...AMPLE, ...whole }),
  startBridge({ ...AMPLE, ...whole, DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" }),
  startBridge({ WEBHOOK_SECRET: null, PAGERDUTY_SIGNING_SECRET: null, ALLOW_UNAUTHENTICATED: "true" }),
]);

/** The body of the create call that an alert leads to. */
async function created(bridge, alert) {
  await start(bridge, alert);
  const [create, ...more] = bridge.devin.creates(alert.alertId);
  assert.deepEqual(more, []);
  return create.body;
}

const TASKS = ["Analyze the error and identify root cause", "Create a fix with proper error handling", "Write tests for the fix", "Create a Pull Request"];
const number = (tasks) => tasks.map((task, n) => `${n + 1}. ${task}`);

describe("the steps", { concurrency: true }, () => {
  const alert = () => newAlert({ logs: "Error: x" });

  test("with TARGET_REPO, JIRA_PROJECT and SLACK_CHANNEL as documented", async () => {
    const { prompt } = await created(bridge, alert());
    assertNothingMissing(prompt);
    assert.deepEqual(steps(prompt), [
      "1. Clone the repository: https://github.com/acme/shop",
      "2. Analyze the error and identify root cause",
      "3. Create a fix with proper error handling",
      "4. Write tests for the fix",
      "5. Create a Pull Request",
      "6. Create a JIRA ticket: SRE",
      "7. Post to Slack: #alerts",
    ]);
    const order = ["You are an SRE triaging a production alert.", "## Alert Details", "## Error Logs", "## Your Tasks", "Begin triage."];
    assert.deepEqual(prompt.split("\n").filter((line) => order.includes(line)), order);
  });

  test("without them, and renumbered", async () => {
    const { prompt } = await created(bare, alert());
    assertNothingMissing(prompt);
    assert.deepEqual(steps(prompt), number(TASKS));
    assert.doesNotMatch(prompt, /JIRA|Slack|Clone/);
  });

  test("with only one of them; a blank one is none", async () => {
    const { prompt } = await rehearse(await startBridge({ SLACK_CHANNEL: "#sre", JIRA_PROJECT: "  " }), alert());
    assertNothingMissing(prompt);
    assert.deepEqual(steps(prompt), number([...TASKS, "Post to Slack: #sre"]));
  });

  test("of every sender's sample, without a gap and without undefined", async () => {
    for (const name of ["alert", "azure-metric-fired", "azure-log-v1-fired", "azure-log-v2-fired", "azure-service-health", "azure-prometheus", "kibana-es-query", "kibana-log-threshold", "kibana-recommended"]) {
      const { path, body } = sample(name);
      for (const [one, expected] of [[bare, 4], [bridge, 7]]) {
        const { prompt } = await rehearse(one, body, { path });
        assertNothingMissing(prompt);
        assert.deepEqual(steps(prompt).map((step) => Number.parseInt(step)), Array.from({ length: expected }, (_, n) => n + 1), name);
      }
    }
  });

  test("of what only informs: its impact, and no Pull Request", async () => {
    const planned = sample("azure-service-health");
    planned.body.data.alertContext.properties.incidentType = "Maintenance";
    for (const { path, body } of [sample("azure-activity-log"), planned]) {
      const { prompt } = await rehearse(bare, body, { path });
      assertNothingMissing(prompt);
      assert.match(prompt, /1\. Find out what of ours this touches/);
      assert.match(prompt, /3\. Open no Pull Request/);
      assert.doesNotMatch(prompt, /Create a Pull Request|Create a fix/);
    }
  });
});

describe("TARGET_REPO", () => {
  test("is v3's repos, as owner/name", async () => {
    assert.deepEqual((await created(bridge, newAlert())).repos, ["acme/shop"]);
  });

  test("none, none", async () => {
    assert.ok(!("repos" in (await created(bare, newAlert()))));
  });

  test("v1 has no such field; its prompt names it", async () => {
    const body = await created(v1, newAlert());
    assert.ok(!("repos" in body));
    assert.equal(body.idempotent, true);
    assert.equal(steps(body.prompt)[0], "1. Clone the repository: https://github.com/acme/shop");
  });

  test("a route's repos take its place", async () => {
    assert.deepEqual((await created(bridge, newAlert({ alertName: "queue-7-full" }))).repos, ["acme/queue", "acme/lib"]);
  });
});

describe("playbooks by the alert's name, from ROUTES as a JSON string", { concurrency: true }, () => {
  for (const [alertName, expected] of [
    ["auth-error", "playbook_auth_123"],
    ["prod auth-error in west", "playbook_auth_123"],
    ["AUTH-ERROR", "playbook_auth_123"],
    ["gateway-timeout", "playbook_perf_456"],
    ["timeout after auth-error", "playbook_auth_123"],
    ["null-reference", "playbook_bug_789"],
    ["queue-orders-full", "playbook_queue"],
    ["the queue-orders-full", "devin-triage-workflow"],
    ["anything else", "devin-triage-workflow"],
  ]) {
    test(`${alertName}: ${expected}`, async () => {
      assert.equal((await created(bridge, newAlert({ alertName }))).playbook_id, expected);
      assert.equal((await created(v1, newAlert({ alertName }))).playbook_id, expected);
    });
  }

  test("the same for Azure's and Kibana's alerts", async () => {
    const azure = sample("azure-metric-fired").body;
    azure.data.essentials.alertRule = "shop-timeout";
    const kibana = { ...sample("kibana-recommended").body, alertName: "Too many timeouts" };
    for (const body of [azure, kibana]) {
      const { sessionId } = await start(bridge, body);
      assert.equal(bridge.devin.sessions(sessionId)[0].playbook_id, "playbook_perf_456");
    }
  });

  test("without a route and without DEVIN_PLAYBOOK_ID there is none", async () => {
    assert.ok(!("playbook_id" in (await created(bare, newAlert()))));
  });

  test("a dry run tells which route decides and why the others do not", async () => {
    const { decision } = await rehearse(bridge, newAlert({ alertName: "gateway-timeout" }));
    assert.deepEqual(decision.routes, [
      { route: 1, decides: false, text: 'route 1: alert_name is "gateway-timeout", wanted "auth-error" in it' },
      { route: 2, decides: true, text: "route 2: every condition is met" },
    ]);
  });

  test("a route can ignore what is mild", async () => {
    const alert = newAlert({ severity: 4 });
    const answer = await send(bridge, alert);
    const { message } = assertAnswer(answer, 200, { success: true, status: "ignored", reason: "route", route: 7, incident: answer.json.incident });
    assert.equal(message, "Route 7 ignores it.");
    assert.equal(bridge.devin.creates(alert.alertId).length, 0);
    await bridge.onlyIgnored(answer.json.incident);
  });
});

describe("a session's secrets, by name", { concurrency: true }, () => {
  for (const [api, one] of [["v3", bridge], ["v1", v1]]) {
    test(`their values go to Devin with the create call and nowhere else: ${api}`, async () => {
      const alert = newAlert({ alertName: "needs-secrets" });
      one.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 429, body: {} }] });
      const { incident } = await start(one, alert);
      const creates = one.devin.creates(alert.alertId);
      assert.equal(creates.length, 2);
      for (const { body } of creates) {
        assert.deepEqual(body.session_secrets, [
          { key: "STAGING_DB_URL", value: STAGING, sensitive: true },
          { key: "OTHER_TOKEN", value: OTHER, sensitive: true },
        ]);
        assert.ok(!body.prompt.includes(STAGING));
      }
      const dry = await send(one, alert, { path: `${HOOK}?dry_run=1` });
      const record = await one.request(`/api/incidents/${incident}`, { headers: ADMIN });
      const list = await one.request("/api/incidents", { headers: ADMIN });
      const health = await one.request("/health", { headers: ADMIN });
      for (const text of [dry.text, record.text, list.text, health.text, JSON.stringify(one.logs)]) {
        for (const secret of [STAGING, OTHER]) assert.ok(!text.includes(secret), text);
      }
      for (const request of one.devin.requests.filter(({ call }) => call !== "create")) {
        for (const secret of [STAGING, OTHER]) assert.ok(!request.text.includes(secret), request.text);
      }
    });
  }

  test("other alerts get none", async () => {
    assert.ok(!("session_secrets" in (await created(bridge, newAlert()))));
  });

  test("not even where Devin's refusal repeats what it was sent", async () => {
    const alert = newAlert({ alertName: "echoed" });
    const echo = { status: 422, body: { detail: [{ loc: ["body", "session_secrets", 0, "value"], input: { value: ECHOED }, type: "string_type" }] } };
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [echo] });
    const answer = await send(bridge, alert);
    assert.equal(answer.status, 500, answer.text);
    const record = await bridge.request(`/api/incidents/${answer.json.incident}`, { headers: ADMIN });
    for (const text of [answer.text, record.text, JSON.stringify(bridge.logs)]) assert.ok(!text.includes(ECHOED), text);
  });

  test("a name without a secret behind it stops the hooks, and /health names it", async () => {
    const one = await startBridge({ ROUTES: JSON.stringify([{ session_secrets: ["NOT_THERE"] }]) });
    const answer = await send(one, newAlert());
    assertAnswer(answer, 503, { success: false, error: "Configuration" });
    const { problems } = JSON.parse((await one.request("/health", { headers: ADMIN })).text);
    assert.deepEqual(problems, [
      { setting: "ROUTES[1].session_secrets", found: null, expected: "the Worker secret NOT_THERE: npx wrangler secret put NOT_THERE" },
    ]);
  });

  test("a value in place of a name, and the bridge's own secrets, stop the hooks too", async () => {
    const one = await startBridge({ ROUTES: [{ alert_name: "a", session_secrets: [{ key: "A", value: STAGING }] }, { session_secrets: ["DEVIN_API_KEY"] }] });
    assertAnswer(await send(one, newAlert()), 503, { success: false, error: "Configuration" });
    const health = await one.request("/health", { headers: ADMIN });
    assert.deepEqual(
      JSON.parse(health.text).problems.map(({ setting }) => setting),
      ["ROUTES[1].session_secrets[1]", "ROUTES[2].session_secrets[1]"],
    );
    assert.ok(!health.text.includes(STAGING) && !JSON.stringify(one.logs).includes(STAGING), health.text);
  });
});

describe("ALLOW_UNAUTHENTICATED", { concurrency: true }, () => {
  test("lets anybody in while there is no secret", async () => {
    for (const path of [HOOK, "/hooks/alert", "/hooks/kibana"]) {
      const answer = await open.post(path, JSON.stringify(newAlert()));
      assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
    }
  });

  const WARNING = "ALLOW_UNAUTHENTICATED is on: while no secret is configured, anybody who knows the address can start sessions";

  test("is reported loudly in /health, to the administrator, and in the log", async () => {
    const health = JSON.parse((await open.request("/health", { headers: ADMIN })).text);
    assert.deepEqual([health.problems, health.warnings], [[], [WARNING]]);
    assert.deepEqual(Object.keys(JSON.parse((await open.request("/health")).text)).sort(), ["status", "version"]);
    await until("the log has it", 60, () =>
      open.logs.some(({ message }) => {
        const { level, log, what } = JSON.parse(message);
        return level === "warn" && log === "warning" && what === WARNING;
      }),
    );
    await open.post(HOOK, JSON.stringify(newAlert()));
    const proofs = open.logs.map(({ message }) => JSON.parse(message)).filter(({ log }) => log === "event");
    assert.ok(proofs.length > 0 && proofs.every(({ proof }) => proof === "none"));
  });

  test("off, nothing is said and nothing is open", async () => {
    const health = JSON.parse((await bare.request("/health", { headers: ADMIN })).text);
    assert.deepEqual([health.problems, health.warnings], [[], []]);
    assert.ok(!JSON.stringify(bare.logs).includes("ALLOW_UNAUTHENTICATED"));
  });

  test("a secret closes the hooks all the same", async () => {
    const one = await startBridge({ ALLOW_UNAUTHENTICATED: "true" });
    const answer = await one.post(HOOK, JSON.stringify(newAlert()));
    assertAnswer(answer, 401, { success: false, error: "Unauthorized" });
  });

  test("without it and without a secret: 503, and nothing is processed", async () => {
    const one = await startBridge({ WEBHOOK_SECRET: null });
    const alert = newAlert();
    for (const path of [HOOK, "/hooks/alert", "/hooks/azure-monitor", "/hooks/kibana"]) {
      const answer = await one.post(path, JSON.stringify(alert), { authorization: "Bearer " });
      const { message } = assertAnswer(answer, 503, { success: false, error: "Not configured" });
      assert.equal(message, "No secret is set for this hook yet: npx wrangler secret put WEBHOOK_SECRET");
    }
    assert.equal(one.devin.requests.length, 0);
  });
});

describe("how the session fares", { concurrency: true }, () => {
  const shown = async (one, incident) => (await one.record(incident)).session;

  test("v3: status and status_detail, also such as nobody has heard of", async () => {
    const { incident, sessionId } = await start(bridge, newAlert());
    for (const [status, detail] of [
      ["new", null],
      ["running", "working"],
      ["suspended", "waiting_for_user"],
      ["exit", "finished"],
      ["error", "out_of_credits"],
      ["dreaming", "of_electric_sheep"],
    ]) {
      bridge.devin.setStatus(sessionId, status, detail);
      const session = await shown(bridge, incident);
      assert.deepEqual([session.session_id, session.status, session.status_detail], [sessionId, status, detail]);
      assert.equal((await bridge.record(incident)).state, "started");
    }
  });

  test("v1: status_enum, also such as nobody has heard of", async () => {
    const { incident, sessionId } = await start(v1, newAlert());
    for (const status of ["working", "blocked", "finished", "expired", "suspend_requested", "resumed", "running", "dreaming"]) {
      v1.devin.setStatus(sessionId, status);
      const session = await shown(v1, incident);
      assert.deepEqual([session.session_id, session.status_enum], [sessionId, status]);
    }
  });

  test("v1: a recovery reaches the session as a message", async () => {
    const alert = newAlert();
    const { incident, sessionId } = await start(v1, alert);
    const answer = await send(v1, { ...alert, status: "resolved" });
    assert.deepEqual([answer.status, answer.json.incident, answer.json.sessionId], [202, incident, sessionId], answer.text);
    const [message] = await until("the message is there", 60, () => {
      const calls = v1.devin.calls("message", sessionId);
      return calls.length > 0 && calls;
    });
    assert.equal(message.path, `/v1/sessions/${sessionId}/message`);
    assert.match(message.body.message, /^The alert you are working on has recovered\.$/m);
  });

  test("values of other types are shown as they are", async () => {
    const { incident, sessionId } = await start(bridge, newAlert());
    const odd = { session_id: sessionId, status: 7, status_detail: { why: ["?"] } };
    bridge.devin.script({ call: "get", match: sessionId, replies: [{ status: 200, body: odd }] });
    const { session_id, status, status_detail } = await shown(bridge, incident);
    assert.deepEqual({ session_id, status, status_detail }, odd);
  });

  test("where Devin does not say, the record is there all the same", async () => {
    const { incident, sessionId } = await start(bridge, newAlert());
    for (const [reply, words] of [
      [{ status: 404, body: { detail: "Session not found" } }, "HTTP 404: Session not found"],
      [{ status: 500, body: "oops" }, "HTTP 500: oops"],
      [{ status: 429, body: { detail: "slow down" } }, "HTTP 429: slow down"],
    ]) {
      bridge.devin.script({ call: "get", match: sessionId, replies: [reply] });
      const record = await bridge.record(incident);
      assert.deepEqual([record.state, record.sessionId, record.session], ["started", sessionId, { error: words }]);
    }
    // The runtime itself asks again where a connection that was kept is cut: once for each that it has.
    const cuts = bridge.devin.script({ call: "get", match: sessionId, replies: Array(20).fill({ cut: "before-read" }) });
    const cut = await bridge.record(incident);
    cuts.drop();
    assert.deepEqual([cut.state, cut.sessionId], ["started", sessionId]);
    assert.match(cut.session.error, /^no answer from Devin: /);
    bridge.devin.script({ call: "get", match: sessionId, replies: [{ status: 200, body: "<html>hello</html>" }] });
    const html = await bridge.record(incident);
    assert.deepEqual([html.state, html.sessionId, html.session], ["started", sessionId, null]);
  });

  test("a session's conversation is not part of its state", async () => {
    const { incident, sessionId } = await start(v1, newAlert());
    const messages = Array.from({ length: 200 }, (_, n) => ({ type: "devin_message", event_id: `${n}`, message: `words ${n}` }));
    const body = { session_id: sessionId, status_enum: "blocked", title: "t", messages };
    v1.devin.script({ call: "get", match: sessionId, replies: [{ status: 200, body }] });
    const { session } = await v1.record(incident);
    assert.equal(session.status_enum, "blocked");
    assert.ok(!JSON.stringify(session).includes("words 199"), "the conversation is passed on");
  });

  test("while there is no session it is null", async () => {
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 403, body: { detail: "no" } }] });
    const answer = await send(bridge, alert);
    const record = await bridge.record(answer.json.incident);
    assert.deepEqual([record.state, record.session, record.sessionId, record.prompt.includes(alert.alertId)], ["failed", null, null, true]);
  });
});

test("what the record of an alert has", async () => {
  const alert = newAlert({ priority: "P1", service: "billing" });
  const { incident, session } = await start(bridge, alert);
  const { timeline, firstSeen, lastSeen, session: state, routing, ...record } = await bridge.record(incident);
  assert.ok(routing.length > 0 && routing.every((line) => typeof line === "string"), routing);
  assert.deepEqual(record, {
    incident,
    sender: "alert",
    title: alert.alertName,
    service: "billing",
    severity: 1,
    priority: "P1",
    state: "started",
    reason: null,
    route: null,
    url: null,
    nextAttempt: null,
    canGiveUp: false,
    sessionId: session.id,
    sessionUrl: `https://app.devin.ai/sessions/${session.id.slice("devin-".length)}`,
    followUps: 0,
    seen: 1,
    waitingSince: null,
    waitsSince: null,
    found: null,
    alertCount: null,
    alerts: [],
    error: null,
    sessionState: null,
    sessionDetail: null,
    pullRequests: [],
    acus: null,
    endedAt: null,
    postmortem: null,
    finding: null,
    prompt: session.prompt,
    replayable: false,
  });
  assert.deepEqual(timeline.map(({ what }) => what), ["alert received: a session is wanted", `session ${session.id} started`]);
  for (const time of [firstSeen, lastSeen, ...timeline.map(({ at }) => at)]) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  assert.equal(state.status, "new");
  assert.equal((await bridge.request(`/api/incidents/${incident}`)).status, 401);
});
