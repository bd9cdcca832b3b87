// What every path answers, and what the log says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newIncident, resolved, SECRETS, startBridge, until } from "./harness.mjs";
import { V3_KEY } from "./fake-devin.mjs";
import { sample } from "../scripts/samples.mjs";

const bridge = await startBridge();
const HOOKS = ["/pagerduty-resolved", "/hooks/pagerduty"];

test("/health says ok and which version", async () => {
  const answer = await bridge.request("/health");
  assert.equal(answer.status, 200);
  const health = JSON.parse(answer.text);
  assert.equal(health.status, "ok");
  assert.match(health.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual(Object.keys(health).sort(), ["status", "version"], "more is for the administrator only");
});

test("HEAD is GET without the body", async () => {
  const answer = await bridge.request("/health", { method: "HEAD" });
  assert.deepEqual([answer.status, answer.text], [200, ""]);
});

test("an unknown path is 404", async () => {
  for (const path of ["/nothing", "/pagerduty-resolved//", "/pagerduty", "/hooks/", "/hooks/nobody"]) {
    const answer = await bridge.post(path, "{}", { "x-webhook-secret": SECRETS.WEBHOOK_SECRET });
    assert.equal(answer.status, 404, `${path}: ${answer.text}`);
  }
});

test("a slash at the end changes nothing", async () => {
  for (const path of ["/pagerduty-resolved/", "/hooks/kibana/"]) {
    const answer = await bridge.post(path, "{}", { "x-webhook-secret": SECRETS.WEBHOOK_SECRET });
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  }
});

test("a body with a Content-Encoding is 415", async () => {
  const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
  assert.equal((await bridge.post("/hooks/alert", "{}", { ...headers, "content-encoding": "gzip" })).status, 415);
  assert.equal((await bridge.post("/hooks/alert", "{}", { ...headers, "content-encoding": "identity" })).status, 400);
});

test("a wrong method is 405 and says the right one", async () => {
  for (const path of HOOKS) {
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const answer = await bridge.request(path, { method });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.get("allow"), "POST", `${method} ${path}`);
      assert.equal(JSON.parse(answer.text).success, false);
    }
  }
  const answer = await bridge.request("/health", { method: "POST", body: "{}" });
  assert.equal(answer.status, 405);
  assert.match(answer.headers.get("allow"), /\bGET\b/);
});

test("a body over 1 MiB is 413, one of exactly 1 MiB is not", async () => {
  const incident = newIncident();
  const body = JSON.stringify(resolved(incident.id));
  const mebibyte = 1024 * 1024;
  const tooLarge = await bridge.pagerduty(body.padEnd(mebibyte + 1));
  assert.equal(tooLarge.status, 413, tooLarge.text);
  assert.equal(await bridge.record(incident.key), undefined);
  const largest = await bridge.pagerduty(body.padEnd(mebibyte));
  assert.equal(largest.status, 202, largest.text);
});

test("a body over 1 MiB is 413 without a length in the header too", async () => {
  const chunk = new Uint8Array(64 * 1024).fill(32);
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 17; i++) controller.enqueue(chunk);
      controller.close();
    },
  });
  const answer = await bridge.request(HOOKS[0], {
    method: "POST",
    body,
    duplex: "half",
    headers: { "x-webhook-secret": SECRETS.WEBHOOK_SECRET },
  });
  assert.equal(answer.status, 413, answer.text);
});

test("no Content-Type is needed, and none is believed", async () => {
  for (const type of ["", "text/plain", "application/x-www-form-urlencoded", "nonsense"]) {
    const answer = await bridge.pagerduty(sample("pagerduty-acknowledged").body, { "content-type": type });
    assert.equal(answer.status, 200, answer.text);
  }
});

test("records are for those with the admin token", async () => {
  const path = "/api/incidents/pagerduty-Q1";
  for (const authorization of ["", "Bearer wrong", `Bearer ${SECRETS.WEBHOOK_SECRET}`]) {
    const answer = await bridge.request(path, { headers: { authorization } });
    assert.equal(answer.status, 401, answer.text);
  }
  const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
  assert.equal((await bridge.request(path, { headers })).status, 404);
});

test("the log has one JSON line for each decision, with LOG = all for what is ignored too, and no secret", async () => {
  const bridge = await startBridge({ LOG: "all" });
  const incident = newIncident();
  const mark = "title-that-belongs-to-the-sender";
  const before = bridge.logs.length;
  await bridge.resolve(incident, ({ data }) => (data.title = mark));
  await bridge.oneSession(incident);
  await bridge.pagerduty(resolved(incident.id));
  const ignored = newIncident();
  await bridge.pagerduty(sample("pagerduty-acknowledged", ignored.id).body);
  await bridge.post(`${HOOKS[0]}?secret=a-wrong-secret`, "{}");

  const lines = await until("the lines are there", 60, () => {
    const fresh = bridge.logs.slice(before).map(({ message }) => JSON.parse(message));
    return fresh.some(({ incident }) => incident === ignored.key) && fresh;
  });
  const of = (key) => lines.filter(({ incident }) => incident === key).map(({ status, state }) => status ?? state);
  assert.deepEqual(of(incident.key).sort(), ["accepted", "duplicate", "started"]);
  assert.deepEqual(of(ignored.key), ["ignored"]);

  const accepted = lines.find(({ status }) => status === "accepted");
  assert.equal(accepted.sender, "pagerduty");
  assert.equal(accepted.event, "incident.resolved");
  assert.ok(accepted.ms >= 0, JSON.stringify(accepted));
  const started = lines.find(({ state }) => state === "started");
  assert.match(started.session, /^devin-/);

  const everything = JSON.stringify(bridge.logs);
  for (const secret of [...Object.values(SECRETS), V3_KEY, "a-wrong-secret"]) {
    assert.ok(!everything.includes(secret), `the log has ${secret}`);
  }
  assert.ok(!everything.includes("escalation_policy"), "the log has a body");
});

test("as delivered, what is ignored has no line in the log", async () => {
  const [before, ignored] = [bridge.logs.length, newIncident()];
  const answer = await bridge.pagerduty(sample("pagerduty-acknowledged", ignored.id).body);
  assert.equal(answer.json.status, "ignored");
  const incident = await bridge.resolve();
  const lines = () => bridge.logs.slice(before).map(({ message }) => JSON.parse(message).incident);
  await until("the later line is there", 60, () => lines().includes(incident.key));
  assert.ok(!lines().includes(ignored.key));
});
