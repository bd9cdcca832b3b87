// Entra ID tokens of Azure's secure webhooks, with a tenant on this machine that publishes real RSA keys.
import assert from "node:assert/strict";
import { createHmac, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, describe, test } from "node:test";
import { SECRETS, startBridge, until } from "./harness.mjs";
import { AUDIENCE, claims, claimsV1, newKey, prove, ROLE, seconds, startTenant, TENANT, token } from "./signing.mjs";
import { sample } from "../scripts/samples.mjs";

const key = newKey("key-1");
const stranger = newKey("key-1");
const HOOK = "/hooks/azure-monitor";

// One bridge has one memory of the tenant's keys, and asks once a minute: who needs another memory starts another.
const tenant = await startTenant(key, newKey("key-2"));
const bridge = await startBridge(tenant.vars);

const alert = () => JSON.stringify(sample("azure-metric-fired").body);
const bearer = (text) => ({ authorization: `Bearer ${text}` });
const post = (headers, { to = bridge, path = `${HOOK}?dry_run=1`, body = alert() } = {}) => to.post(path, body, headers);

async function letsIn(text, options) {
  const answer = await post(bearer(text), options);
  assert.deepEqual([answer.status, answer.json.status], [200, "dry_run"], answer.text);
}

let refusal;
/** 401, and the same bytes and headers for everybody. */
async function refuses(headers, options) {
  const answer = await post(headers, options);
  const { date, ...rest } = Object.fromEntries(answer.headers);
  refusal ??= { status: 401, text: answer.text, rest };
  assert.deepEqual({ status: answer.status, text: answer.text, rest }, refusal);
}

test("Azure's token starts a session", async () => {
  const { answer, proof } = await prove(bridge, HOOK, alert(), bearer(token(key, claims(tenant))));
  assert.deepEqual([answer.status, answer.json.status, proof], [200, "started", "entra_token"], answer.text);
  assert.equal(bridge.devin.sessions(answer.json.sessionId).length, 1);
});

test("of both versions, with the audience as a GUID and as a URI, for both hooks of Azure", async () => {
  for (const path of [`${HOOK}?dry_run=1`, "/api/trigger-devin?dry_run=1"]) {
    for (const make of [claims, claimsV1]) {
      for (const aud of [AUDIENCE, `api://${AUDIENCE}`]) await letsIn(token(key, make(tenant, { aud })), { path });
    }
  }
});

test("the keys are the tenant's, asked for once", () => {
  assert.deepEqual(tenant.asked.map(({ path }) => path), [`/${TENANT}/discovery/v2.0/keys`]);
  assert.equal(tenant.asked[0].headers.authorization, undefined);
});

test("a clock may be five minutes off", async () => {
  await letsIn(token(key, claims(tenant, { exp: seconds(-240) })));
  await letsIn(token(key, claims(tenant, { nbf: seconds(240) })));
});

describe("refused, all with the same answer:", { concurrency: true }, () => {
  const good = () => token(key, claims(tenant));
  const [header, payload, signature] = good().split(".");
  const publicPem = key.publicKey.export({ type: "spki", format: "pem" });
  const hs256 = (secret) => token(key, claims(tenant), { alg: "HS256" }, (text) => createHmac("sha256", secret).update(text).digest());
  const changed = (change, make = claims) => token(key, make(tenant, change));
  const wrong = {
    "nothing": undefined,
    "alg none, unsigned": token(key, claims(tenant), { alg: "none" }, () => ""),
    "alg none, signed all the same": token(key, claims(tenant), { alg: "none" }),
    "HS256 with the public key as PEM": hs256(publicPem),
    "HS256 with the public key as JWK": hs256(JSON.stringify(key.jwk)),
    "HS256 with the modulus": hs256(Buffer.from(key.jwk.n, "base64url")),
    "RS256 said, HMAC made": token(key, claims(tenant), {}, (text) => createHmac("sha256", publicPem).update(text).digest()),
    "RS512": token(key, claims(tenant), { alg: "RS512" }, (text) => sign("sha512", Buffer.from(text), key.privateKey)),
    "PS256": token(key, claims(tenant), { alg: "PS256" }),
    "signed by a stranger with our key's id": token(stranger, claims(tenant)),
    "a key that the token brings along": token(stranger, claims(tenant), { jwk: stranger.jwk }),
    "a key that the tenant does not have": token({ ...stranger, kid: "key-of-nobody" }, claims(tenant)),
    "the signature of another token": `${header}.${payload}.${token(key, claims(tenant, { jti: "x" })).split(".")[2]}`,
    "no signature": `${header}.${payload}.`,
    "a changed claim": `${header}.${Buffer.from(JSON.stringify(claims(tenant, { jti: "x" }))).toString("base64url")}.${signature}`,
    "a critical header": token(key, claims(tenant), { crit: ["exp"] }),
    "a foreign tenant": changed({ tid: "99999999-2222-4333-8444-555555555555" }),
    "a foreign issuer": changed({ iss: "https://login.microsoftonline.com/99999999-2222-4333-8444-555555555555/v2.0" }),
    "an issuer elsewhere": changed({ iss: `https://evil.example/${TENANT}/v2.0` }),
    "another audience": changed({ aud: "99999999-7777-4888-9999-aaaaaaaaaaaa" }),
    "another caller": changed({ azp: "99999999-5575-4561-ac7f-899cc907d62a" }),
    "another caller, v1.0": changed({ appid: "99999999-5575-4561-ac7f-899cc907d62a" }, claimsV1),
    "no caller": changed({ azp: undefined }),
    "another role": changed({ roles: ["Reader"] }),
    "no role": changed({ roles: undefined }),
    "the role as a scope": changed({ roles: undefined, scp: ROLE }),
    "expired": changed({ exp: seconds(-301) }),
    "without an end": changed({ exp: undefined }),
    "not yet": changed({ nbf: seconds(330) }),
    "half a token": good().slice(0, 200),
    "a long token": `${good()}${"A".repeat(20_000)}`,
  };
  for (const [name, text] of Object.entries(wrong)) test(name, () => refuses(text === undefined ? {} : bearer(text)));

  test("as Basic", () => refuses({ authorization: `Basic ${btoa(`azure:${good()}`)}x` }));
  test("in another header", () => refuses({ "x-webhook-secret": good() }));
  test("a wrong shared secret", () => refuses({ "x-webhook-secret": "wrong" }));
  for (const path of ["/pagerduty-resolved", "/hooks/alert", "/hooks/kibana"]) {
    test(`a good one at ${path}`, () => refuses(bearer(good()), { path }));
  }
});

test("the log tells which part was wrong, and nothing of the token", async () => {
  const text = token(key, claims(tenant, { aud: "another" }));
  await refuses(bearer(text));
  const told = () => JSON.stringify(bridge.logs);
  await until("the log tells of it", 60, () => told().includes("none: the token's aud"));
  for (const part of text.split(".")) assert.ok(!told().includes(part));
});

test("guesses cost no look at the keys, and an unknown key at most one a minute", () => {
  assert.equal(tenant.asked.length, 1, "the keys came less than a minute ago");
});

test("the shared secret stays good", async () => {
  const answer = await post({}, { path: `${HOOK}?dry_run=1&secret=${SECRETS.WEBHOOK_SECRET}` });
  assert.equal(answer.status, 200, answer.text);
});

test("many at once on a cold start are one look at the keys, and all get in", async () => {
  const slow = await startTenant(key);
  const { reply } = slow;
  slow.reply = (response) => setTimeout(reply, 500, response);
  const cold = await startBridge(slow.vars);
  await Promise.all(Array.from({ length: 10 }, () => letsIn(token(key, claims(slow)), { to: cold })));
  assert.equal(slow.asked.length, 1);
});

test("who could not pass anyway does not make us ask", async () => {
  const quiet = await startTenant(key);
  const cold = await startBridge(quiet.vars);
  for (const change of [{ tid: "x" }, { aud: "x" }, { azp: "x" }, { roles: [] }, { exp: seconds(-600) }, { iss: "x" }]) {
    await refuses(bearer(token(key, claims(quiet, change))), { to: cold });
  }
  await refuses(bearer(token(key, claims(quiet), { alg: "none" })), { to: cold });
  await refuses(bearer("a.b.c"), { to: cold });
  assert.equal(quiet.asked.length, 0);
});

describe("while the tenant does not answer with keys the token can't be checked: 503, and it is asked no more for a minute", { concurrency: true }, () => {
  let elsewhere = 0;
  const other = createServer((_, response) => {
    elsewhere += 1;
    response.end(JSON.stringify({ keys: [key.jwk] }));
  });
  after(() => other.close());

  const replies = {
    "500": (response) => response.writeHead(500).end("oops"),
    "no JSON": (response) => response.end("<html>"),
    "more than 256 KiB": (response) => response.end(JSON.stringify({ keys: [key.jwk], padding: "x".repeat(256 * 1024) })),
    "a redirect": (response) => response.writeHead(302, { location: `http://127.0.0.1:${other.address().port}/` }).end(),
    "nothing for 5 s": () => {},
    "a connection cut": (response) => response.socket.destroy(),
  };
  for (const [name, reply] of Object.entries(replies)) {
    test(name, async () => {
      if (!other.listening) await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
      const broken = await startTenant(key);
      const { reply: normal } = broken;
      broken.reply = reply;
      const cold = await startBridge(broken.vars);
      for (let i = 0; i < 3; i++) {
        const answer = await post(bearer(token(key, claims(broken))), { to: cold });
        assert.deepEqual([answer.status, answer.json.error], [503, "No keys"], answer.text);
        assert.ok(answer.ms < 8000, `${answer.ms} ms`);
        broken.reply = normal;
      }
      assert.equal(broken.asked.length, 1);
      assert.equal(elsewhere, 0, "a redirect was followed");
      assert.equal((await post({ "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, { to: cold })).status, 200);
      await refuses(bearer(token(key, claims(broken, { aud: "x" }))), { to: cold });
    });
  }
});

test("a new key is found after a minute, and the old one is gone", async () => {
  const [old, fresh] = [newKey("old"), newKey("fresh")];
  const rolling = await startTenant(old);
  const cold = await startBridge(rolling.vars, { controlled: true });
  await letsIn(token(old, claims(rolling)), { to: cold });
  rolling.keys = [fresh];
  await cold.advance(55);
  await refuses(bearer(token(fresh, claims(rolling))), { to: cold });
  assert.equal(rolling.asked.length, 1);
  await cold.advance(6);
  await letsIn(token(fresh, claims(rolling)), { to: cold });
  await refuses(bearer(token(old, claims(rolling))), { to: cold });
  assert.equal(rolling.asked.length, 2);
});
