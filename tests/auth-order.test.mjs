// Size first, then authentication, then parsing: what fails it is not parsed, logged or stored, and guessing costs nothing.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { newIncident, resolved, SECRETS, startBridge, until } from "./harness.mjs";
import { hmac, newKey, startTenant, token, claims } from "./signing.mjs";
import { pagerdutySignature } from "../scripts/samples.mjs";

const HOOKS = ["/pagerduty-resolved", "/hooks/pagerduty", "/api/trigger-devin", "/hooks/alert", "/hooks/azure-monitor", "/hooks/kibana"];
const SIGNATURES = [{ hooks: "alert", scheme: "hmac", header: "X-Signature", timestamp_header: "X-Time", signed: "{timestamp}.{body}", secret: "SOME_SECRET" }];

const key = newKey("key");
const tenant = await startTenant(key);
const bridge = await startBridge({ ...tenant.vars, SIGNATURES, SOME_SECRET: "some-secret-of-ours-3c3c" });

const MARK = "never-to-be-seen-5e5e";
const BODY = JSON.stringify({ alertName: MARK, severity: 1, description: MARK, event: { id: MARK } });
const DAY_AGO = `${Math.floor(Date.now() / 1000) - 86_400}`;

const WRONG = [
  {},
  { "x-webhook-secret": MARK },
  { authorization: `Bearer ${MARK}` },
  { authorization: `Basic ${btoa(`x:${MARK}`)}` },
  { authorization: `Bearer ${token(key, claims(tenant, { aud: MARK }))}` },
  { authorization: `Bearer ${token(key, claims(tenant), { alg: "none" })}` },
  { "x-pagerduty-signature": pagerdutySignature(BODY, MARK) },
  { "x-signature": hmac("wrong", `${DAY_AGO}.${BODY}`), "x-time": DAY_AGO },
  { "x-signature": hmac("some-secret-of-ours-3c3c", `${DAY_AGO}.${BODY}`), "x-time": DAY_AGO },
];

/** Every file that KV and the Durable Objects have on disk. */
const stored = () =>
  readdirSync(bridge.persistTo, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(bridge.persistTo.length + 1))
    .filter((path) => /^(kv|do)/.test(path));

test("whatever was wrong, the answer is the same to the byte, and nothing is stored, asked or told", async () => {
  await bridge.request("/health");
  const before = stored();
  const answers = new Set();
  for (const path of HOOKS) {
    for (const headers of WRONG) {
      for (const body of [BODY, `{"broken": "${MARK}`, ""]) {
        const answer = await bridge.post(`${path}?secret=${MARK}`, body, headers);
        const { date, ...rest } = Object.fromEntries(answer.headers);
        answers.add(JSON.stringify([answer.status, answer.text, rest]));
      }
    }
  }
  assert.equal(answers.size, 1, [...answers].join("\n"));
  assert.match([...answers][0], /^\[401,/);
  assert.deepEqual(stored(), before);
  assert.equal(tenant.asked.length, 0);
  assert.equal(bridge.devin.requests.length, 0);
  const told = () => bridge.logs.filter(({ message }) => message.includes('"code":401')).length;
  await until("the log tells of all of them", 60, () => told() === HOOKS.length * WRONG.length * 3);
  assert.ok(!JSON.stringify(bridge.logs).includes(MARK));
});

test("… while one that is let in is stored, so that the test above could fail", async () => {
  const before = stored();
  await bridge.oneSession(await bridge.resolve());
  assert.ok(stored().some((path) => path.startsWith("do") && !before.includes(path)), stored().join());
  assert.ok(stored().some((path) => path.startsWith("kv") && !before.includes(path)), stored().join());
});

test("a size that is declared comes before authentication; one that is not is looked at where the body is needed", async () => {
  const large = "x".repeat(1024 * 1024 + 1);
  const streamed = async (path, headers) =>
    (await bridge.request(path, { method: "POST", body: new Blob([large]).stream(), duplex: "half", headers })).status;
  // Who goes on sending a body that nobody reads may find the connection closed before the answer was read.
  const unsent = async (path) => {
    const call = request(new URL(path, bridge.url), { method: "POST" });
    call.flushHeaders();
    const [response] = await once(call, "response");
    call.destroy();
    return response.statusCode;
  };
  for (const path of HOOKS) {
    assert.equal((await bridge.post(path, large)).status, 413);
    assert.equal(await unsent(path), 401);
    assert.equal(await streamed(path, { "x-webhook-secret": SECRETS.WEBHOOK_SECRET }), 413);
  }
  assert.equal(await streamed("/hooks/pagerduty", { "x-pagerduty-signature": `v1=${"0".repeat(64)}` }), 413);
});

test("a request that was let in tells nothing of its secret", async () => {
  const body = JSON.stringify(resolved(newIncident().id));
  for (const headers of [{ "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, { "x-pagerduty-signature": pagerdutySignature(body, SECRETS.PAGERDUTY_SIGNING_SECRET) }]) {
    assert.ok((await bridge.post(HOOKS[0], body, headers)).status < 300);
  }
  for (const secret of [SECRETS.WEBHOOK_SECRET, SECRETS.PAGERDUTY_SIGNING_SECRET, "some-secret-of-ours-3c3c"]) {
    assert.ok(!JSON.stringify(bridge.logs).includes(secret));
  }
});
