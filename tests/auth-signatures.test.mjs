// SIGNATURES: hooks for senders that sign with a header of their own naming, and Standard Webhooks.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { SECRETS, startBridge } from "./harness.mjs";
import { ADMIN } from "./alerting.mjs";
import { hmac, prove, seconds, standardWebhooks } from "./signing.mjs";

const KEYS = {
  GRAFANA_SIGNING_SECRET: "grafana-signs-with-9b1d",
  GRAFANA_SIGNING_SECRET_PREVIOUS: "grafana-signed-before",
  SENTRY_CLIENT_SECRET: "sentry-signs-with-77c2",
  ROOTLY_SECRET: "rootly-signs-with-1f0e",
  ROOTLY_SECRET_PREVIOUS: "rootly-signed-before",
  SHOP_SECRET: "shop-signs-with-5d5d",
  INCIDENT_IO_SECRET: `whsec_${btoa("incident-io-secret-of-24+")}`,
  INCIDENT_IO_SECRET_PREVIOUS: `whsec_${btoa("incident-io-secret-before")}`,
};

const SIGNATURES = [
  { hooks: ["alert", "trigger-devin"], scheme: "hmac", header: "X-Grafana-Alerting-Signature", timestamp_header: "X-Grafana-Alerting-Timestamp", signed: "{timestamp}:{body}", secret: "GRAFANA_SIGNING_SECRET" },
  { hooks: "alert", scheme: "hmac", header: "Sentry-Hook-Signature", secret: "SENTRY_CLIENT_SECRET" },
  { hooks: "alert", scheme: "hmac", header: "X-Rootly-Signature", prefix: "v1=", timestamp_prefix: "t=", signed: "{timestamp}{body}", secret: "ROOTLY_SECRET" },
  { hooks: "alert", scheme: "hmac", header: "X-Shop-Signature", encoding: "base64", prefix: "sha256=", secret: "SHOP_SECRET" },
  { hooks: ["alert", "kibana"], scheme: "standard-webhooks", secret: "INCIDENT_IO_SECRET" },
];

const bridge = await startBridge({ ...KEYS, SIGNATURES });
const DRY = "/hooks/alert?dry_run=1";

const alert = (fields = {}) => JSON.stringify({ alertName: "disk-full", severity: 1, description: "/var is full", alertId: randomUUID(), ...fields });

async function letsIn(headers, body, expected, path = DRY) {
  const { answer, proof } = await prove(bridge, path, body, headers);
  assert.deepEqual([answer.status, answer.json.status], [200, "dry_run"], answer.text);
  assert.equal(proof, expected);
}

let refusal;
async function refuses(headers, body = alert(), path = DRY) {
  const { answer, proof } = await prove(bridge, path, body, headers);
  const { date, ...rest } = Object.fromEntries(answer.headers);
  refusal ??= { status: 401, text: answer.text, rest };
  assert.deepEqual({ status: answer.status, text: answer.text, rest }, refusal);
  assert.equal(proof, "none");
}

const grafana = (body, { key = KEYS.GRAFANA_SIGNING_SECRET, at = seconds(), said = at } = {}) => ({
  "x-grafana-alerting-signature": hmac(key, `${at}:${body}`),
  "x-grafana-alerting-timestamp": `${said}`,
});
const sentry = (body, key = KEYS.SENTRY_CLIENT_SECRET) => ({ "sentry-hook-signature": hmac(key, body) });
const rootly = (body, { key = KEYS.ROOTLY_SECRET, at = seconds(), said = at } = {}) => ({
  "x-rootly-signature": `t=${said},v1=${hmac(key, `${at}${body}`)}`,
});
const shop = (body) => ({ "x-shop-signature": `sha256=${hmac(KEYS.SHOP_SECRET, body, "base64")}` });
const incidentIo = (body, options) => standardWebhooks(KEYS.INCIDENT_IO_SECRET, body, options);

describe("a signature lets in, and the log tells which secret it was:", () => {
  const body = alert({ description: "\u00fc \u{1f600} as the bytes are" });
  const odd = ` {"alertName" : "x",\n"severity":1.0, "description":"\\u0041"}`;
  const good = {
    "a time in a header of its own": [grafana(body), "grafana_signing_secret"],
    "… with the previous secret": [grafana(body, { key: KEYS.GRAFANA_SIGNING_SECRET_PREVIOUS }), "grafana_signing_secret_previous"],
    "the body alone, in hex": [sentry(body), "sentry_client_secret"],
    "a time beside the signature": [rootly(body), "rootly_secret"],
    "… with the previous secret, too": [rootly(body, { key: KEYS.ROOTLY_SECRET_PREVIOUS }), "rootly_secret_previous"],
    "base64 with a prefix": [shop(body), "shop_secret"],
    "Standard Webhooks": [incidentIo(body), "incident_io_secret"],
    "Standard Webhooks with Svix's headers": [incidentIo(body, { family: "svix" }), "incident_io_secret"],
    "Standard Webhooks, previous secret": [standardWebhooks(KEYS.INCIDENT_IO_SECRET_PREVIOUS, body), "incident_io_secret_previous"],
  };
  for (const [name, [headers, proof]] of Object.entries(good)) test(name, () => letsIn(headers, body, proof));

  test("over the bytes as they are", () => letsIn(sentry(odd), odd, "sentry_client_secret"));
  test("on each hook that it is for", async () => {
    await letsIn(grafana(body), body, "grafana_signing_secret", "/api/trigger-devin?dry_run=1");
    await letsIn(incidentIo(body), body, "incident_io_secret", "/hooks/kibana?dry_run=1");
  });
  test("one of several", async () => {
    const headers = incidentIo(body);
    const signature = headers["webhook-signature"];
    for (const list of [`v1,AAAA ${signature}`, `${signature} v1,AAAA`, `v1a,zz v2,x ${signature}`]) {
      await letsIn({ ...headers, "webhook-signature": list }, body, "incident_io_secret");
    }
    const { "x-rootly-signature": two } = rootly(body);
    await letsIn({ "x-rootly-signature": `${two.replace("v1=", "v1=00,v1=")}` }, body, "rootly_secret");
  });
  test("within five minutes", async () => {
    for (const at of [seconds(-280), seconds(280)]) {
      await letsIn(grafana(body, { at }), body, "grafana_signing_secret");
      await letsIn(rootly(body, { at }), body, "rootly_secret");
      await letsIn(incidentIo(body, { at }), body, "incident_io_secret");
    }
  });
  test("and the shared secret still does", () => letsIn({ "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, body, "webhook_secret"));
});

describe("refused, all with the same answer:", () => {
  const body = alert();
  const cut = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, /signature/.test(name) ? value.slice(0, -2) : value]));
  const wrong = {
    "no signature": {},
    "another secret": grafana(body, { key: "wrong" }),
    "the shared secret as the key": sentry(body, SECRETS.WEBHOOK_SECRET),
    "another sender's secret": sentry(body, KEYS.SHOP_SECRET),
    "another body's": sentry(`${body} `),
    "old": grafana(body, { at: seconds(-310) }),
    "old, beside the signature": rootly(body, { at: seconds(-310) }),
    "old, Standard Webhooks": incidentIo(body, { at: seconds(-310) }),
    "from the future": grafana(body, { at: seconds(330) }),
    "an old one with a new time": grafana(body, { at: seconds(-310), said: seconds() }),
    "an old one with a new time beside it": rootly(body, { at: seconds(-310), said: seconds() }),
    "Standard Webhooks with another id": { ...incidentIo(body), "webhook-id": "msg_other" },
    "Standard Webhooks without an id": { ...incidentIo(body), "webhook-id": "" },
    "Standard Webhooks in another version": { ...incidentIo(body), "webhook-signature": incidentIo(body)["webhook-signature"].replace("v1,", "v1a,") },
    "no time": { ...grafana(body), "x-grafana-alerting-timestamp": "" },
    "a time that is none": { ...grafana(body), "x-grafana-alerting-timestamp": "now" },
    "half of it": cut(sentry(body)),
    "half of Standard Webhooks": cut(incidentIo(body)),
    "hex in place of base64": { "x-shop-signature": `sha256=${hmac(KEYS.SHOP_SECRET, body)}` },
    "without its prefix": { "x-shop-signature": hmac(KEYS.SHOP_SECRET, body, "base64") },
    "in another header": { "x-hub-signature": hmac(KEYS.SENTRY_CLIENT_SECRET, body) },
    "the secret itself": { "sentry-hook-signature": KEYS.SENTRY_CLIENT_SECRET },
    "the secret as the shared one": { "x-webhook-secret": KEYS.SENTRY_CLIENT_SECRET },
  };
  for (const [name, headers] of Object.entries(wrong)) test(name, () => refuses(headers, body));

  test("on a hook that it is not for", async () => {
    for (const path of ["/hooks/azure-monitor", "/hooks/kibana", "/pagerduty-resolved", "/api/trigger-devin"]) await refuses(sentry(body), body, path);
  });
  test("what is signed but no JSON gets that answer, what is not signed does not", async () => {
    assert.equal((await prove(bridge, DRY, "{", sentry("{"))).answer.status, 400);
    await refuses(sentry("["), "{");
  });
});

test("the same signed request again makes nothing new", async () => {
  for (const make of [grafana, sentry, rootly, shop, incidentIo]) {
    const body = alert();
    const headers = make(body);
    const first = await bridge.post("/hooks/alert", body, headers);
    assert.deepEqual([first.status, first.json.status], [200, "started"], first.text);
    const again = await Promise.all([1, 2, 3].map(() => bridge.post("/hooks/alert", body, headers)));
    for (const answer of again) {
      assert.deepEqual([answer.status, answer.json.status, answer.json.sessionId], [200, "duplicate", first.json.sessionId], answer.text);
    }
    assert.equal(bridge.devin.creates(JSON.parse(body).alertId).length, 1);
  }
});

test("as a JSON string it is the same", async () => {
  const other = await startBridge({ ...KEYS, SIGNATURES: JSON.stringify(SIGNATURES), WEBHOOK_SECRET: null });
  const body = alert();
  assert.equal((await other.post(DRY, body, sentry(body))).status, 200);
  assert.equal((await other.post(DRY, body, {})).status, 401);
  assert.equal((await other.post("/hooks/azure-monitor", body, sentry(body))).status, 503, "nothing is configured there");
});

test("a mistake is named, stops the hooks, and nobody gets an answer that would end the deliveries", async () => {
  const { SENTRY_CLIENT_SECRET, ...rest } = KEYS;
  const broken = await startBridge({ ...rest, SIGNATURES: [{ ...SIGNATURES[0], hooks: "alerts" }, SIGNATURES[1]] });
  const { problems } = JSON.parse((await broken.request("/health", { headers: ADMIN })).text);
  assert.deepEqual(problems.map(({ setting, found }) => [setting, found]), [
    ["SIGNATURES[1].hooks", '"alerts"'],
    ["SIGNATURES[2].secret", null],
  ]);
  assert.match(problems[0].expected, /did you mean alert\?/);
  assert.match(problems[1].expected, /npx wrangler secret put SENTRY_CLIENT_SECRET/);
  const body = alert();
  for (const headers of [{}, sentry(body), grafana(body), { "x-webhook-secret": SECRETS.WEBHOOK_SECRET }]) {
    assert.equal((await broken.post("/hooks/alert", body, headers)).status, 503);
  }
});
