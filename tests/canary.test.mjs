// Secrets of every kind go in, in settings and in what senders write, and everything that comes out is searched for
// them: answers, log lines, KV values, object storage on disk, and what Devin was asked. The harness does that with the
// settings' secrets for every test; here is the traffic in which they would be likeliest to slip through, and the same
// for what redaction has to find.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { ADMIN, BEARER, newAlert, send } from "./alerting.mjs";
import { found, foundAtTargets, foundInFiles, secretsOf } from "./canary.mjs";
import { document } from "./contract.mjs";
import { ORG, V1_KEY, V3_KEY } from "./fake-devin.mjs";
import { FakeTargets } from "./fake-targets.mjs";
import { newIncident, resolved, SECRETS, startBridge, until } from "./harness.mjs";

const SETTINGS = {
  WEBHOOK_SECRET_PREVIOUS: "canary-webhook-previous-41c7",
  PAGERDUTY_SIGNING_SECRET_PREVIOUS: "canary-signing-previous-8d02",
  STATUS_TOKEN: "canary-session-secret-d6f3",
  ROUTES: [{ session_secrets: ["STATUS_TOKEN"] }],
  WAIT_SECONDS: "1",
};

const refusal = (status, words) => ({ status, body: { detail: words } });

describe("the settings' secrets", { concurrency: true }, () => {
  test("are in nothing, whatever Devin says of them", async () => {
    const bridge = await startBridge(SETTINGS);
    // What a careless service or a proxy in front of it might answer.
    const echoes = [
      refusal(400, `The key ${V3_KEY} may not do that, nor may Bearer ${V3_KEY}`),
      refusal(401, { headers: { Authorization: `Bearer ${V3_KEY}` }, key: V3_KEY }),
      refusal(403, `STATUS_TOKEN=${SETTINGS.STATUS_TOKEN} is no good secret`),
      refusal(422, [{ loc: ["body", "session_secrets", 0, "value"], input: SETTINGS.STATUS_TOKEN, msg: V3_KEY }]),
      { status: 400, body: `<html>401 <pre>Authorization: Bearer ${V3_KEY}\n${SETTINGS.STATUS_TOKEN}</pre>` },
      { status: 302, headers: { location: `https://elsewhere.example/?key=${V3_KEY}` }, body: "" },
    ];
    for (const echo of echoes) {
      const alert = newAlert();
      bridge.devin.script({ call: "create", match: alert.alertId, replies: [echo] });
      const answer = await send(bridge, alert);
      assert.ok([202, 500].includes(answer.status), answer.text);
      await bridge.record(answer.json.incident);
      await bridge.request(`/api/incidents/${answer.json.incident}/replay`, { method: "POST", headers: ADMIN });
    }
    // What stays uncertain for a while, and a session whose state has the key in it.
    const incident = newIncident();
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ status: 500, body: `${V3_KEY} ${SETTINGS.STATUS_TOKEN}` }, "ok"] });
    bridge.devin.script({ call: "list", match: incident.key, replies: [refusal(500, `Bearer ${V3_KEY}`), "ok"] });
    await bridge.resolve(incident);
    const { record } = await bridge.oneSession(incident);
    bridge.devin.script({ call: "get", match: record.sessionId, replies: [{ status: 200, body: { status: `running with ${V3_KEY}` } }, refusal(401, `Bearer ${V3_KEY}`)] });
    await bridge.record(incident.key);
    await bridge.record(incident.key);
    // Its value did reach the session it is for, and only that field: the harness looks at the rest.
    const created = bridge.devin.creates().filter(({ body }) => body.session_secrets?.length > 0);
    assert.equal(created[0].body.session_secrets[0].value, SETTINGS.STATUS_TOKEN);
    await everyPath(bridge, incident.key);
  });

  test("are in nothing, whatever those say who are notified of sessions", async () => {
    const targets = await FakeTargets.start();
    after(() => targets.stop());
    const bridge = await startBridge({ ...SETTINGS, ...targets.vars });
    const { PAGERDUTY_API_TOKEN: token, NOTIFY_WEBHOOK_URL: address } = targets.vars;
    // Each knows its own.
    targets.mood = ({ call }) => ({ status: 403, body: { error: `${call === "hook" ? address : `Token token=${token}`} may not do that` } });
    const incident = await bridge.resolve();
    const { session } = await bridge.oneSession(incident);
    await until("both were asked", 60, () => targets.calls("write").length > 0 && targets.calls("hook").length > 0);
    targets.mood = () => undefined;
    bridge.devin.setStatus(session.id, "exit", `with ${V3_KEY}`);
    await bridge.cron();
    await bridge.oneSession(await bridge.resolve());
    await until("the webhook was notified", 60, () => targets.calls("hook").length > 1);
    await everyPath(bridge, incident.key);
    assert.deepEqual(foundAtTargets(secretsOf(bridge.vars), targets.requests), []);
  });

  test("are in nothing with API v1", async () => {
    const bridge = await startBridge({ ...SETTINGS, DEVIN_API_KEY: V1_KEY });
    const alert = newAlert();
    bridge.devin.script({ call: "create", match: alert.alertId, replies: [refusal(400, `The key ${V1_KEY} may not do that`)] });
    assert.equal((await send(bridge, alert)).status, 500);
    await bridge.oneSession(await bridge.resolve());
    await everyPath(bridge, "pagerduty-QNOBODY");
  });

  test("are in nothing where the settings are wrong", async () => {
    const wrong = {
      DEVIN_API_KEY: "canary-of-no-known-kind-93be",
      DEVIN_API_URL: "http://elsewhere.example",
      SESSIONS_PER_DAY: "many",
      ROUTES: [{ session_secrets: ["NOT_THERE"], severity: "x" }],
    };
    const bridge = await startBridge({ ...SETTINGS, ...wrong });
    assert.equal((await send(bridge, newAlert())).status, 503);
    const health = await bridge.request("/health", { headers: ADMIN });
    assert.ok(JSON.parse(health.text).problems.length >= 4, health.text);
    await everyPath(bridge, "pagerduty-QNOBODY");
    assert.equal(bridge.devin.requests.length, 0);
  });
});

/** Every path of the contract, with every proof and with none. */
async function everyPath(bridge, incident) {
  const proofs = [{}, BEARER, ADMIN, { authorization: `Basic ${btoa(`x:${SECRETS.ADMIN_TOKEN}`)}` }, { "x-webhook-secret": "wrong" }];
  for (const path of Object.keys(document.paths)) {
    for (const headers of proofs) {
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? JSON.stringify(newAlert()) : undefined;
        await bridge.request(`${path.replace("{key}", incident).replace("{sender}", "opsgenie")}?dry_run=1`, { method, headers, body });
      }
    }
  }
}

// The rows of the redaction's own tables, read from their sources: an example of every kind, which must be caught.
const folder = new URL("../crates/text/src/redact/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");
const STRING = /concat!\(([^)]*)\)|r#"(.*?)"#|"((?:[^"\\]|\\.)*)"/gs;
const strings = (row) => [...row.matchAll(STRING)].map(([, parts, raw, text]) => raw ?? rust(text ?? [...parts.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join("")));
// Vendors' keys, one row `"name": "pattern"…; "example"; "look-alike";` each. Blanks in an example are left out.
const VENDORS = readdirSync(new URL("vendors/", folder))
  .filter((name) => name !== "mod.rs")
  .flatMap((name) => read(`vendors/${name}`).split(/^ {4}(?=")/m).slice(1))
  .map((row) => strings(row).at(-2).replaceAll(/\\\n\s*| /g, ""));
// Kinds by their label or with code of their own: the example stands before the look-alike.
const OTHERS = ["labels.rs", "catalogue.rs"]
  .flatMap((name) => read(name).split(/^ {4}(?=label\(|shape\()/m).slice(1))
  .map((row) => strings(row.split(/^\];/m)[0]).at(-2));
const CATALOGUE = [...OTHERS, ...VENDORS];

// A Rust text is almost a JSON text.
function rust(text) {
  return JSON.parse(`"${text.replaceAll(/\\\n\s*/g, "")}"`);
}

describe("the secrets that senders write", () => {
  // What of the example the prompt does not have any more: the part between what is left before and behind the note.
  function secretIn(example, prompt) {
    const note = "[redacted: ";
    let start = example.length;
    while (start > 0 && !prompt.includes(`before\n${example.slice(0, start)}${note}`)) start--;
    let end = start;
    while (end < example.length && !prompt.includes(`]${example.slice(end)}\nafter`)) end++;
    const secret = example.slice(start, end);
    assert.ok(prompt.includes(note) && secret.length >= 5, `${example}: ${prompt}`);
    return secret;
  }

  test("are in nothing, whichever sender and field they come in", async () => {
    const bridge = await startBridge({ WAIT_SECONDS: "0" });
    const secrets = {};
    assert.ok(CATALOGUE.length > 30, `${CATALOGUE.length} rows`);
    for (const [n, example] of CATALOGUE.entries()) {
      const answer = await send(bridge, newAlert({ logs: `before\n${example}\nafter` }), { path: "/hooks/alert?dry_run=1" });
      // By line, because a line break is stored and sent in another way than it is written.
      for (const line of secretIn(example, answer.json.prompt).split("\n")) secrets[`${line}, row ${n + 1} of the catalogue`] = line;
    }
    const all = CATALOGUE.join("\n");
    const lines = Object.fromEntries(CATALOGUE.map((example, n) => [`field${n}`, example]));
    const incident = newIncident();
    const rich = ({ data, agent }) => {
      Object.assign(data, { title: `T ${CATALOGUE[2]}`, service: { summary: `S ${CATALOGUE[3]}` }, resolve_reason: all, conference_bridge: { conference_url: all } });
      data.assignees = CATALOGUE.map((example) => ({ summary: example }));
      data.body = { details: all };
      Object.assign(agent ?? {}, { summary: all });
    };
    await bridge.resolve(incident, rich);
    await bridge.oneSession(incident);
    const note = { event: { id: "01NOTE", event_type: "incident.annotated", occurred_at: new Date().toISOString(), data: { incident: { id: incident.id }, content: all } } };
    await bridge.pagerduty(note);
    await bridge.pagerduty(resolved(incident.id, rich));
    const alerts = [
      ["/hooks/alert", newAlert({ ...lines, alertName: `N ${CATALOGUE[4]}`, description: all, logs: CATALOGUE, dimensions: lines, runbook: all, url: all, team: all })],
      ["/hooks/kibana", { ruleId: all, alertUuid: "1", alertName: `K ${CATALOGUE[5]}`, ...lines, hits: CATALOGUE.map((message) => ({ _source: { message } })), logs: all }],
      ["/hooks/azure-monitor", { schemaId: "azureMonitorCommonAlertSchema", data: { essentials: { alertId: all, alertRule: `A ${CATALOGUE[6]}`, description: all }, alertContext: lines, customProperties: lines } }],
      ["/hooks/kibana", `{"source":"kibana","alertName":"broken","logs":"${all}`],
    ];
    for (const [path, body] of alerts) {
      const answer = await send(bridge, body, { path });
      assert.ok(answer.status < 300, answer.text);
      if (answer.json.incident) await bridge.settled(answer.json.incident);
      await send(bridge, body, { path: `${path}?dry_run=1` });
    }
    // Devin refuses one and repeats what it was told.
    const echoed = newAlert({ description: all });
    bridge.devin.script({ call: "create", match: echoed.alertId, replies: [() => refusal(400, `no: ${bridge.devin.creates(echoed.alertId).at(-1).body.prompt} ${all}`)] });
    const refused = await send(bridge, echoed);
    await bridge.settled(refused.json.incident);
    const list = await bridge.request("/api/incidents?limit=200", { headers: ADMIN });

    await bridge.stop();
    const leaks = [
      ...found(secrets, "the list", list.text),
      ...bridge.logs.flatMap(({ message }) => found(secrets, `the log: ${message}`, message)),
      ...bridge.devin.requests.flatMap(({ method, path, text }) => found(secrets, `${method} ${path} at Devin`, text)),
      ...foundInFiles(secrets, bridge.persistTo),
    ];
    assert.deepEqual(leaks, []);
  });
});
