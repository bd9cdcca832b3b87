// What is counted, what the list shows of ignored events, and /metrics as Prometheus itself reads it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sample } from "../scripts/samples.mjs";
import { ADMIN, BEARER, HOOK, newAlert, send, start } from "./alerting.mjs";
import { missing, program } from "../scripts/debian.mjs";
import { AMPLE, newIncident, resolved, SECRETS, startBridge, until } from "./harness.mjs";

const DOCS = fileURLToPath(new URL("../docs/prometheus/", import.meta.url));
const bridge = await startBridge(AMPLE);
const { devin } = bridge;

/** The metrics as a map from each sample's name with its labels to its value. */
async function scrape(one = bridge) {
  const answer = await one.request("/metrics", { headers: ADMIN });
  assert.equal(answer.status, 200, answer.text);
  const lines = answer.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

/** What has changed between two scrapes, without what stands for the present. */
const growth = (before, now) =>
  Object.fromEntries(
    [...now]
      .filter(([name]) => /_(total|count)\b/.test(name))
      .map(([name, value]) => [name.replace("devin_bridge_", ""), value - before.get(name)])
      .filter(([, change]) => change !== 0),
  );

const acknowledged = (id) => sample("pagerduty-acknowledged", id).body;

async function list(query, one = bridge) {
  const answer = await one.request(`/api/incidents?${new URLSearchParams(query)}`, { headers: ADMIN });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
}

/** The list's line of an incident, once it is as wanted. */
const listed = (key, is) =>
  until(`${key} is listed`, 60, async () => (await list({ q: key })).incidents.find((row) => row.incident === key && is(row)));

describe("/metrics", () => {
  test("is for those with the admin token, and for reading", async () => {
    for (const authorization of ["", "Bearer wrong", `Bearer ${SECRETS.WEBHOOK_SECRET}`]) {
      assert.equal((await bridge.request("/metrics", { headers: { authorization } })).status, 401);
    }
    const basic = { authorization: `Basic ${btoa(`prometheus:${SECRETS.ADMIN_TOKEN}`)}` };
    const answer = await bridge.request("/metrics", { headers: basic });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const head = await bridge.request("/metrics", { method: "HEAD", headers: ADMIN });
    assert.deepEqual([head.status, head.text], [200, ""]);
    const post = await bridge.request("/metrics", { method: "POST", headers: ADMIN });
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
  });

  test("counts each event once, by what became of it", async () => {
    const before = await scrape();
    const incident = await bridge.resolve();
    await bridge.oneSession(incident);
    await bridge.pagerduty(resolved(incident.id));
    await bridge.pagerduty(acknowledged(newIncident().id));
    await bridge.pagerduty(sample("pagerduty-ping").body);
    const alert = newAlert();
    devin.script({ call: "create", match: alert.alertId, replies: [{ status: 429, body: {} }] });
    const { incident: key } = await start(bridge, alert);
    await send(bridge, [alert, { ...alert, status: "resolved" }]);
    await until("the session is notified", 60, () => devin.requests.some(({ call, text }) => call === "message" && text.includes(key)));
    const refused = newAlert();
    devin.script({ call: "create", match: refused.alertId, replies: [{ status: 401, body: { detail: "no" } }] });
    assert.equal((await send(bridge, refused)).status, 500);
    await send(bridge, "{");
    await bridge.post(HOOK, "{}", { authorization: "Bearer wrong" });
    await send(bridge, newAlert(), { path: `${HOOK}?dry_run=1` });
    const expected = {
      'events_received_total{sender="pagerduty"}': 4,
      'events_received_total{sender="alert"}': 4,
      'events_accepted_total{sender="pagerduty"}': 1,
      'events_accepted_total{sender="alert"}': 3,
      'events_duplicate_total{sender="pagerduty"}': 1,
      'events_duplicate_total{sender="alert"}': 1,
      'events_ignored_total{reason="event_type"}': 1,
      'events_ignored_total{reason="ping"}': 1,
      'requests_refused_total{reason="unauthorized"}': 1,
      'requests_refused_total{reason="bad_body"}': 1,
      'sessions_started_total{sender="pagerduty"}': 1,
      'sessions_started_total{sender="alert"}': 1,
      'incidents_failed_total{cause="refused"}': 1,
      'retries_total{cause="busy"}': 1,
      'messages_total{outcome="sent"}': 1,
      session_start_seconds_count: 2,
    };
    const now = await until("everything is counted", 60, async () => {
      const now = await scrape();
      return now.get('devin_bridge_messages_total{outcome="sent"}') > before.get('devin_bridge_messages_total{outcome="sent"}') && now;
    });
    assert.deepEqual(growth(before, now), expected);
    const bucket = (metrics, le) => metrics.get(`devin_bridge_session_start_seconds_bucket{le="${le}"}`);
    assert.equal(bucket(now, "+Inf") - bucket(before, "+Inf"), 2);
    // One session had to be asked for again after a second, one waited ten for what is said after the end.
    assert.deepEqual(["1", "10", "30"].map((le) => bucket(now, le) - bucket(before, le)), [0, 1, 2]);
    assert.equal(now.get('devin_bridge_incidents{state="failed"}') - before.get('devin_bridge_incidents{state="failed"}'), 1);
    assert.equal(now.get("devin_bridge_sessions_today") - before.get("devin_bridge_sessions_today"), 2);
    assert.equal(now.get("devin_bridge_sessions_per_minute_limit"), 1000);
  });

  test("counts outlive the Worker", async () => {
    const one = await startBridge();
    await one.oneSession(await one.resolve());
    const started = 'devin_bridge_sessions_started_total{sender="pagerduty"}';
    await until("it is counted", 60, async () => (await scrape(one)).get(started) === 1);
    await one.stop();
    await one.start();
    const now = await scrape(one);
    assert.equal(now.get(started), 1);
    assert.equal(now.get('devin_bridge_events_accepted_total{sender="pagerduty"}'), 1);
  });

  test("shows what waits", async () => {
    const one = await startBridge({ SESSIONS_PER_MINUTE: "1", SESSIONS_PER_DAY: "3" });
    await one.oneSession(await one.resolve());
    await one.resolve();
    await one.resolve();
    const now = await until("two wait", 60, async () => {
      const now = await scrape(one);
      return now.get("devin_bridge_queue_length") === 2 && now.get("devin_bridge_oldest_waiting_seconds") >= 1 && now;
    });
    assert.ok(now.get("devin_bridge_oldest_waiting_seconds") < 30);
    const shown = ["sessions_today", "sessions_per_day_limit", "sessions_last_minute", "sessions_per_minute_limit"];
    assert.deepEqual(shown.map((name) => now.get(`devin_bridge_${name}`)), [1, 3, 1, 1]);
  });

  test("a wrong setting is counted too, and does not hide the rest", async () => {
    const one = await startBridge({ WAIT_SECONDS: "soon", MAX_ACU_LIMIT: "-1" });
    assert.equal((await send(one, newAlert())).status, 503);
    const now = await scrape(one);
    assert.equal(now.get("devin_bridge_configuration_problems"), 2);
    assert.equal(now.get('devin_bridge_requests_refused_total{reason="not_configured"}'), 1);
  });

  test("does not exist without ADMIN_TOKEN", async () => {
    const one = await startBridge({ ADMIN_TOKEN: null });
    assert.equal((await one.request("/metrics", { headers: ADMIN })).status, 404);
  });

  test("who proves nothing touches no storage", async () => {
    const one = await startBridge();
    const guesses = Array.from({ length: 50 }, (_, n) => one.post(HOOK, JSON.stringify(newAlert()), { "x-webhook-secret": `${n}` }));
    for (const { status } of await Promise.all(guesses)) assert.equal(status, 401);
    await sleep(3000);
    // The runtime makes a file for each object that was ever called, and one of its own for each class.
    const files = readdirSync(join(one.persistTo, "do"), { recursive: true }).filter((file) => file.endsWith(".sqlite"));
    assert.deepEqual(files.filter((file) => !file.endsWith("metadata.sqlite")), []);
    // The next request that is proven brings them along.
    assert.equal((await scrape(one)).get('devin_bridge_requests_refused_total{reason="unauthorized"}'), 50);
  });
});

describe("ignored events on the list", () => {
  test("have a line with the reason, until the incident has one of its own", async () => {
    const triggered = (id) => sample("pagerduty-triggered", id).body;
    const { id, key } = newIncident();
    await bridge.pagerduty(triggered(id));
    const row = await listed(key, () => true);
    const { title, service, firstSeen, lastSeen, ...rest } = row;
    assert.ok(title && service && firstSeen === lastSeen);
    const { routing, ...record } = await bridge.record(key);
    assert.deepEqual(routing, ["no route matches; the defaults decide"]);
    assert.deepEqual(record, row);
    assert.deepEqual(rest, {
      incident: key,
      sender: "pagerduty",
      severity: null,
      priority: row.priority,
      url: row.url,
      state: "ignored",
      reason: "event_type",
      route: null,
      sessionId: null,
      sessionUrl: null,
      followUps: 0,
      seen: 1,
      waitingSince: null,
      waitsSince: null,
      found: null,
      nextAttempt: null,
      alertCount: null,
      alerts: [],
      error: null,
      sessionState: null,
      sessionDetail: null,
      pullRequests: [],
      acus: null,
      endedAt: null,
    });

    await bridge.pagerduty(triggered(id));
    const again = await listed(key, ({ seen }) => seen === 2);
    assert.deepEqual([again.state, again.firstSeen], ["ignored", firstSeen]);

    await bridge.resolve({ id, key });
    await bridge.oneSession({ id, key });
    const own = await listed(key, ({ state }) => state === "started");
    assert.deepEqual([own.seen, own.reason], [1, null]);
    await bridge.pagerduty(triggered(id));
    await bridge.pagerduty(triggered(newIncident().id));
    await sleep(2500);
    assert.deepEqual(await listed(key, () => true), own);
    assert.deepEqual((await list({ q: key })).incidents.length, 1);
  });

  test("can be filtered by their state, also those that a route ignores", async () => {
    const one = await startBridge({ ROUTES: JSON.stringify([{ alert_name: "noise", ignore: true }]) });
    const noise = newAlert({ alertName: "noise password=hunter2hunter2" });
    const { json } = await send(one, noise);
    assert.deepEqual([json.status, json.reason], ["ignored", "route"]);
    await start(one, newAlert());
    const [row, ...more] = await until("it is listed", 60, async () => {
      const { incidents } = await list({ state: "ignored" }, one);
      return incidents.length > 0 && incidents;
    });
    assert.deepEqual(more, []);
    assert.deepEqual([row.incident, row.reason, row.sender, row.severity], [json.incident, "route", "alert", 1]);
    assert.doesNotMatch(JSON.stringify(row), /hunter2/);
  });

  test("are cut down to the newest thousand", async () => {
    const one = await startBridge({ ROUTES: JSON.stringify([{ ignore: true }]) });
    const batch = () => Array.from({ length: 100 }, () => newAlert());
    // Each body waits until the one before has been told: what comes in between is only counted.
    for (let told = 0; told < 1300; told += 100) {
      assert.equal((await send(one, batch())).status, 200);
      await scrape(one);
    }
    const last = batch();
    await send(one, last);
    await scrape(one);
    let count = 0;
    let cursor = "";
    const ids = new Set();
    do {
      const page = await list({ state: "ignored", limit: "200", cursor }, one);
      page.incidents.forEach(({ incident }) => ids.add(incident));
      count += page.incidents.length;
      cursor = page.cursor;
    } while (cursor);
    assert.equal(ids.size, count);
    assert.ok(count >= 1000 && count <= 1100, `${count} lines`);
    assert.equal((await scrape(one)).get('devin_bridge_events_ignored_total{reason="route"}'), 1400);
  });
});

describe("the list's filter by text", () => {
  test("finds keys, titles and services, whatever their case, and takes no letter for a wildcard", async () => {
    const mark = `Zürich 100%_${newIncident().id}`;
    const incidents = [];
    for (let i = 0; i < 5; i++) {
      incidents.push(await bridge.resolve(newIncident(), ({ data }) => (data.title = `${mark} down`)));
    }
    for (const incident of incidents) await bridge.oneSession(incident);
    await bridge.resolve(newIncident(), ({ data }) => (data.title = mark.replace("%_", "xy")));
    const keys = async (query) => (await list(query)).incidents.map(({ incident }) => incident).sort();
    const expected = incidents.map(({ key }) => key).sort();
    await until("they are listed", 60, async () => (await keys({ q: mark })).length === 5);
    assert.deepEqual(await keys({ q: mark.toLowerCase() }), expected);
    assert.deepEqual(await keys({ q: mark, state: "started", sender: "pagerduty" }), expected);
    assert.deepEqual(await keys({ q: mark, sender: "alert" }), []);
    assert.deepEqual(await keys({ q: incidents[0].key.toUpperCase() }), [incidents[0].key]);
    assert.deepEqual(await keys({ q: `${mark}'; DROP TABLE incidents; --` }), []);
    assert.deepEqual(await keys({ q: "x".repeat(2000) }), []);
    const { service } = (await list({ q: mark })).incidents[0];
    assert.ok((await keys({ q: service.toUpperCase() })).includes(expected[0]));

    const paged = [];
    let cursor = "";
    do {
      const page = await list({ q: mark, limit: "2", cursor });
      paged.push(...page.incidents.map(({ incident }) => incident));
      cursor = page.cursor;
    } while (cursor);
    assert.deepEqual(paged.sort(), expected);
  });
});

describe("with Prometheus itself", { skip: missing("prometheus", "promtool") }, () => {
  let promtool;
  before(async () => (promtool = await program("promtool", { of: "prometheus" })));

  const run = (args, input = "") =>
    new Promise((resolve, reject) => {
      const done = (error, stdout, stderr) => (error ? reject(new Error(`${error.message}\n${stdout}${stderr}`)) : resolve(stdout + stderr));
      execFile(promtool, args, { cwd: DOCS, timeout: 60_000 }, done).stdin.end(input);
    });

  test("promtool finds nothing wrong with the metrics", async () => {
    const { text } = await bridge.request("/metrics", { headers: ADMIN });
    assert.equal(await run(["check", "metrics"], text), "");
  });

  test("promtool finds nothing wrong with the alerts, and they fire when they should", async () => {
    assert.match(await run(["check", "rules", "alerts.yml"]), /SUCCESS/);
    assert.match(await run(["test", "rules", "alerts.test.yml"]), /SUCCESS/);
  });

  test("Prometheus reads the Worker's metrics, the alerts, and every query of the dashboard", async () => {
    const prometheus = await startPrometheus();
    const target = await until("Prometheus has read the metrics twice", 60, async () => {
      const [target] = (await prometheus("targets")).activeTargets;
      const { result } = await prometheus("query", { query: "count_over_time(devin_bridge_build_info[1m]) > 1" });
      return result.length > 0 && target;
    });
    assert.deepEqual([target.health, target.lastError], ["up", ""]);

    const metrics = await scrape();
    const shown = new Set([...metrics.keys()].map((name) => name.replace(/\{.*/, "")));
    const rules = (await prometheus("rules")).groups.flatMap((group) => group.rules);
    assert.ok(rules.length >= 9);
    const dashboard = JSON.parse(readFileSync(join(DOCS, "dashboard.json"), "utf8"));
    const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(queries.length > 20);
    for (const text of [...rules.map(({ query }) => query), ...queries]) {
      for (const [name] of text.matchAll(/devin_bridge_\w+/g)) assert.ok(shown.has(name), `there is no ${name}: ${text}`);
    }
    for (const expr of queries) {
      const query = expr.replaceAll("$job", ".*").replaceAll("$__rate_interval", "1m");
      const { result } = await prometheus("query", { query });
      assert.ok(result.length > 0, `nothing for ${query}`);
    }
    await until("every alert was looked at", 60, async () => {
      const states = (await prometheus("rules")).groups.flatMap((group) => group.rules.map(({ health }) => health));
      return states.every((health) => health === "ok");
    });
  });

  test("the dashboard is one that Grafana loads: panels with targets, and its data source a variable", () => {
    const dashboard = JSON.parse(readFileSync(join(DOCS, "dashboard.json"), "utf8"));
    assert.ok(dashboard.schemaVersion >= 36 && dashboard.title && dashboard.uid && dashboard.id === null);
    const [variable] = dashboard.templating.list;
    assert.deepEqual([variable.name, variable.type, variable.query], ["datasource", "datasource", "prometheus"]);
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { title, datasource, gridPos, targets } of dashboard.panels) {
      assert.ok(title && targets.length > 0 && gridPos.x + gridPos.w <= 24);
      for (const one of [datasource, ...targets.map((target) => target.datasource)]) {
        assert.deepEqual(one, { type: "prometheus", uid: "${datasource}" });
      }
      const refs = targets.map(({ refId }) => refId);
      assert.equal(new Set(refs).size, refs.length);
    }
  });

  /** Starts Prometheus with docs/monitoring.md's configuration, and gives a way to ask its API. */
  async function startPrometheus() {
    const folder = mkdtempSync(join(tmpdir(), "devin-bridge-prometheus-"));
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [join(DOCS, "alerts.yml")],
      scrape_configs: [
        {
          job_name: "devin-bridge",
          authorization: { credentials: SECRETS.ADMIN_TOKEN },
          static_configs: [{ targets: [new URL(bridge.url).host] }],
        },
      ],
    };
    writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config)); // JSON is YAML
    const port = await freePort();
    const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`];
    const child = spawn(await program("prometheus", { of: "prometheus" }), [...args, "--log.level=warn"], { stdio: "inherit" });
    after(async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    });
    const ask = async (path, query = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(query)}`);
      const { status, data, error } = await response.json();
      assert.equal(status, "success", `${JSON.stringify(query)}: ${error}`);
      return data;
    };
    await until("Prometheus is ready", 60, () => ask("status/buildinfo").then(() => true, () => child.exitCode !== null));
    assert.equal(child.exitCode, null, "Prometheus has ended");
    return ask;
  }
});

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
