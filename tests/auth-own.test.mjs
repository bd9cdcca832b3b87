// Secrets of one hook, weak secrets, operators' tokens, plain http.
import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, test } from "node:test";
import { newIncident, SECRETS, startBridge, until } from "./harness.mjs";
import { ADMIN } from "./alerting.mjs";
import { seconds } from "./signing.mjs";
import { createHmac } from "node:crypto";
import { sample } from "../scripts/samples.mjs";

const OWN = "azure-monitor-alone-2b7e";
const VIEWER = "viewer-token-of-ours-e7c1";
const WHSEC = `whsec_${btoa("a-secret-that-signs-alerts")}`;
const bridge = await startBridge({
  WEBHOOK_SECRET_AZURE_MONITOR: OWN,
  VIEWER_TOKEN: VIEWER,
  STANDARD_SECRET: WHSEC,
  SIGNATURES: [{ hooks: "alert", scheme: "standard-webhooks", secret: "STANDARD_SECRET" }],
});
const viewer = { authorization: `Bearer ${VIEWER}` };
const AZURE = JSON.stringify(sample("azure-metric-fired").body);

describe("a secret of one hook", () => {
  test("opens that hook, in any carrier, and the log names it", async () => {
    for (const [path, headers] of [
      [`/hooks/azure-monitor?dry_run&secret=${OWN}`, {}],
      ["/hooks/azure-monitor?dry_run", { "x-webhook-secret": OWN }],
      ["/hooks/azure-monitor?dry_run", { authorization: `Bearer ${SECRETS.WEBHOOK_SECRET}` }],
    ]) {
      assert.equal((await bridge.post(path, AZURE, headers)).status, 200, path);
    }
    await until("the log names it", 60, () => bridge.logs.some(({ message }) => message.includes('"proof":"webhook_secret_azure_monitor"')));
  });

  test("opens no other", async () => {
    for (const path of ["/api/trigger-devin", "/hooks/alert", "/hooks/kibana", "/hooks/pagerduty", "/pagerduty-resolved"]) {
      const answer = await bridge.post(`${path}?dry_run&secret=${OWN}`, AZURE, { "x-webhook-secret": OWN });
      assert.equal(answer.status, 401, path);
    }
    assert.equal((await bridge.request("/api/incidents", { headers: { authorization: `Bearer ${OWN}` } })).status, 401);
  });

  test("is no secret of sessions", async () => {
    const one = await startBridge({ WEBHOOK_SECRET_AZURE_MONITOR: OWN, ROUTES: [{ sender: "alert", session_secrets: ["WEBHOOK_SECRET_AZURE_MONITOR"] }] });
    const health = JSON.parse((await one.request("/health", { headers: ADMIN })).text);
    assert.deepEqual(health.problems.map(({ setting }) => setting), ["ROUTES[1].session_secrets[1]"]);
  });
});

test("a signed alert can't be cut into an id and another body", async () => {
  const now = `${seconds()}`;
  const forged = encodeURIComponent(JSON.stringify({ alertName: "forged", severity: 0, description: "run this" }));
  const said = JSON.stringify({ alertName: "sound", severity: 3, description: `x.${now}.payload=${forged}&` });
  const signed = `msg_1.${seconds() - 86_400}.${said}`;
  const signature = createHmac("sha256", Buffer.from(WHSEC.slice(6), "base64")).update(signed).digest("base64");
  const cut = signed.indexOf(`.${now}.`);
  const headers = {
    "webhook-id": signed.slice(0, cut).replaceAll(/[^\x20-\x7e]/g, ""),
    "webhook-timestamp": now,
    "webhook-signature": `v1,${signature}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  const answer = await bridge.post("/hooks/alert?dry_run", signed.slice(cut + now.length + 2), headers);
  assert.equal(answer.status, 401, answer.text);
});

const MISCONFIGURED =
  "Wrong settings: 1. Nothing is taken until they are fixed; npm run doctor names them, and /health with the ADMIN_TOKEN.";

describe("weak secrets close the hooks, and are named to the administrator", () => {
  const cases = {
    WEBHOOK_SECRET: ["x", "too short"],
    PAGERDUTY_SIGNING_SECRET: ["your-signing-secret", "a placeholder"],
    WEBHOOK_SECRET_KIBANA: [SECRETS.WEBHOOK_SECRET, "the same as WEBHOOK_SECRET"],
    VIEWER_TOKEN: [SECRETS.ADMIN_TOKEN, "the same as ADMIN_TOKEN"],
    ADMIN_TOKEN: [SECRETS.WEBHOOK_SECRET, "the same as WEBHOOK_SECRET"],
  };
  for (const [name, [value, found]] of Object.entries(cases)) {
    test(`${name} is ${found}`, async () => {
      const one = await startBridge({ [name]: value });
      // What a weak secret opens shows whatever else it opens, so the search for it in answers would find it.
      one.vars = { ...one.vars, [name]: undefined };
      for (const headers of [{}, { "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, { "x-webhook-secret": value }]) {
        const { status, json } = await one.post("/hooks/alert", "{}", headers);
        assert.deepEqual([status, json.error], [503, "Configuration"]);
        assert.equal(json.message, MISCONFIGURED, "strangers are not told which");
      }
      const token = name === "ADMIN_TOKEN" ? value : SECRETS.ADMIN_TOKEN;
      const admin = { authorization: `Bearer ${token}` };
      const health = await one.request("/health", { headers: admin });
      const { status, problems } = JSON.parse(health.text);
      assert.deepEqual([health.status, status], [503, "misconfigured"]);
      assert.deepEqual(problems.map((problem) => [problem.setting, problem.found]), [[name, found]]);
      assert.match(problems[0].expected, new RegExp(`npx wrangler secret put ${name}`));
      assert.equal((await one.request("/api/incidents", { headers: admin })).status, name.endsWith("TOKEN") ? 503 : 200);
    });
  }
});

test("/health says misconfigured while no hook has a secret, and the hooks which command gives them one", async () => {
  const none = await startBridge({ WEBHOOK_SECRET: null, PAGERDUTY_SIGNING_SECRET: null });
  const plain = await none.request("/health");
  assert.deepEqual([plain.status, JSON.parse(plain.text).status], [503, "misconfigured"]);
  assert.deepEqual(Object.keys(JSON.parse(plain.text)).sort(), ["status", "version"]);
  const { problems } = JSON.parse((await none.request("/health", { headers: ADMIN })).text);
  assert.deepEqual(problems.map(({ setting, found }) => [setting, found]), [["WEBHOOK_SECRET", null]]);
  for (const path of ["/api/trigger-devin", "/hooks/alert", "/pagerduty-resolved"]) {
    const { status, json } = await none.post(path, "{}");
    assert.equal(status, 503);
    assert.match(json.message, /^No secret is set for this hook yet: npx wrangler secret put WEBHOOK_SECRET/);
  }
  const page = await none.request("/", { headers: ADMIN });
  assert.match(page.text, /the hooks answer 503/);
  assert.match(page.text, /npx wrangler secret put WEBHOOK_SECRET/);
});

test("only a previous secret, a number and a route by title are warnings", async () => {
  const one = await startBridge({
    WEBHOOK_SECRET: null,
    WEBHOOK_SECRET_PREVIOUS: "test-webhook-secret-before",
    WEBHOOK_SECRET_KIBANA: 918273645546372,
    ROUTES: [{ alert_name: "db", repos: ["o/r"] }],
  });
  const health = JSON.parse((await one.request("/health", { headers: ADMIN })).text);
  assert.deepEqual([health.status, health.problems.map(({ setting }) => setting)], ["misconfigured", ["WEBHOOK_SECRET_KIBANA"]]);
  const begins = ["WEBHOOK_SECRET_PREVIOUS is set and WEBHOOK_SECRET is not", "WEBHOOK_SECRET_KIBANA is a number", "ROUTES[1]: repos for"];
  for (const begin of begins) assert.ok(health.warnings.some((warning) => warning.startsWith(begin)), begin);
});

describe("operators", () => {
  test("the viewer reads everything and never acts", async () => {
    const incident = newIncident();
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ status: 422, body: { detail: "no" } }] });
    await bridge.resolve(incident);
    await bridge.settled(incident.key);
    for (const path of ["/api/incidents", `/api/incidents/${incident.key}`, "/metrics", "/", `/incidents/${incident.key}`]) {
      assert.equal((await bridge.request(path, { headers: viewer })).status, 200, path);
    }
    for (const path of [`/api/incidents/${incident.key}/replay`, `/incidents/${incident.key}/replay`]) {
      assert.equal((await bridge.request(path, { method: "POST", headers: viewer })).status, 403, path);
    }
    assert.equal((await bridge.record(incident.key)).state, "failed");
    const page = async (headers) => (await bridge.request(`/incidents/${incident.key}`, { headers })).text;
    assert.doesNotMatch(await page(viewer), /method="post"/);
    assert.match(await page(ADMIN), /method="post"/);
    const health = JSON.parse((await bridge.request("/health", { headers: viewer })).text);
    assert.deepEqual([health.status, health.problems], ["ok", []]);
  });

  test("guesses are logged and counted, and say nothing of what was guessed", async () => {
    const GUESS = "a-guess-never-to-be-seen";
    for (let n = 0; n < 20; n++) {
      const path = ["/api/incidents", "/metrics", "/", "/health"][n % 4];
      const answer = await bridge.request(path, { headers: { authorization: `Bearer ${GUESS}` } });
      assert.equal(answer.status, path === "/health" ? 200 : 401);
    }
    const lines = () => bridge.logs.filter(({ message }) => message.includes('"log":"operator"'));
    await until("the log has them all", 60, () => lines().length === 20 + 1);
    assert.ok(!JSON.stringify(bridge.logs).includes(GUESS));
    const counted = async () => {
      await bridge.post("/hooks/alert", "{}", { "x-webhook-secret": SECRETS.WEBHOOK_SECRET });
      const { text } = await bridge.request("/metrics", { headers: viewer });
      return text.includes('devin_bridge_requests_refused_total{reason="operator_token"} 21\n');
    };
    await until("they are counted", 60, counted);
  });
});

describe("an address that has sent too many wrong secrets", () => {
  const guess = "a-guess-and-no-more-3f20";
  const from = (address, secret) => ({ "cf-connecting-ip": address, "x-webhook-secret": secret, authorization: `Bearer ${secret}` });
  const alert = (id) => JSON.stringify({ alertName: id, alertId: id, severity: 2, description: "d", source: "s" });

  test("gets 429 at the hooks, and its alerts are taken all the same", async () => {
    const one = await startBridge({}, { controlled: true });
    const api = (address, token = SECRETS.ADMIN_TOKEN) => one.request("/api/incidents", { headers: { "cf-connecting-ip": address, authorization: `Bearer ${token}` } });
    const codes = [];
    // The platform's minutes begin with the clock's, so that two limits may be needed to see one.
    for (let n = 0; n < 130 && codes.at(-1) !== 429; n++) codes.push((await one.post("/hooks/alert", "{}", from("192.0.2.7", guess))).status);
    assert.ok(codes.length > 60 && codes.slice(0, -1).every((code) => code === 401), codes.join());
    const taken = await one.post("/hooks/alert", alert("taken"), from("192.0.2.7", SECRETS.WEBHOOK_SECRET));
    assert.equal(taken.json.status, "started", taken.text);
    assert.equal((await api("192.0.2.7")).status, 200, "any web page can have an operator's browser guess at a hook");
  });

  test("and too many wrong tokens opens nothing of the operators' for a minute", async () => {
    const one = await startBridge({}, { controlled: true });
    const api = (address, token = SECRETS.ADMIN_TOKEN) => one.request("/api/incidents", { headers: { "cf-connecting-ip": address, authorization: `Bearer ${token}` } });
    const codes = [];
    for (let n = 0; n < 130 && codes.at(-1) !== 429; n++) codes.push((await api("192.0.2.7", guess)).status);
    assert.ok(codes.length > 60 && codes.slice(0, -1).every((code) => code === 401), codes.join());
    const refused = await api("192.0.2.7");
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "60"]);
    assert.equal((await one.request("/health", { headers: { "cf-connecting-ip": "192.0.2.7" } })).status, 200);
    assert.equal((await one.post("/hooks/alert", alert("taken"), { "cf-connecting-ip": "192.0.2.7", "x-webhook-secret": guess })).status, 401, "hooks are counted apart");
    const page = await one.request("/", { headers: { "cf-connecting-ip": "192.0.2.7", accept: "text/html", authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` } });
    assert.deepEqual([page.status, page.headers.get("content-type")], [429, "text/html; charset=utf-8"]);
    assert.equal((await api("192.0.2.8")).status, 200);
    assert.equal((await api("192.0.2.8", guess)).status, 401);
    await one.advance(61);
    assert.equal((await api("192.0.2.7")).status, 200);
  });

  test("because another site had the browser open addresses with a token in them keeps nobody out who comes from elsewhere", async () => {
    const one = await startBridge({}, { controlled: true });
    const api = async (site, token = SECRETS.ADMIN_TOKEN) => {
      const headers = { "cf-connecting-ip": "192.0.2.7", authorization: `Bearer ${token}`, ...(site && { "sec-fetch-site": site }) };
      return (await one.request("/api/incidents", { headers })).status;
    };
    const codes = [];
    for (let n = 0; n < 130 && codes.at(-1) !== 429; n++) codes.push(await api(n % 2 ? "cross-site" : "same-site", guess));
    assert.ok(codes.length > 60 && codes.slice(0, -1).every((code) => code === 401), codes.join());
    assert.deepEqual([await api("cross-site"), await api("none"), await api("same-origin"), await api()], [429, 200, 200, 200]);
    assert.equal(await api("none", guess), 401);
  });

  test("is not counted where the deployment has no such limit", async () => {
    const one = await startBridge({}, { without: ["WRONG_SECRETS"] });
    for (let n = 0; n < 130; n++) assert.equal((await one.post("/hooks/alert", "{}", from("192.0.2.7", guess))).status, 401);
  });
});

/** Asks for a path under another name, as a client does that came by DNS. */
function asked(host, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(`${bridge.url}/hooks/alert?dry_run&secret=${SECRETS.WEBHOOK_SECRET}`, { method: "POST", headers: { host, ...headers } }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sent.on("error", reject);
    sent.end("{}");
  });
}

test("plain http is refused but for this machine", async () => {
  for (const host of ["bridge.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.168.1.2"]) {
    const answer = await asked(host);
    assert.deepEqual([answer.status, JSON.parse(answer.text).error], [403, "https required"], host);
  }
  for (const host of ["localhost", "127.0.0.1:8787", "[::1]:8787"]) {
    const answer = await asked(host);
    assert.equal(answer.status, 400, `${host}: ${answer.text}`);
    assert.equal(answer.headers["strict-transport-security"], undefined);
  }
});
