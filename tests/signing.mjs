// What the tests of authentication share: every way to sign a body, tokens and the tenant that signs them.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after } from "node:test";
import { until } from "./harness.mjs";

/** Posts to a hook, and waits for the line of the log that tells of it: its answer and its proof. One at a time. */
export async function prove(bridge, path, body, headers) {
  const lines = () => bridge.logs.map(({ message }) => message).filter((line) => line.includes('"proof"'));
  const before = lines().length;
  const answer = await bridge.post(path, body, headers);
  await until("the log tells of it", 60, () => lines().length > before);
  return { answer, proof: JSON.parse(lines().at(-1)).proof };
}

export const seconds = (offset = 0) => Math.floor(Date.now() / 1000) + offset;

export const hmac = (key, text, encoding = "hex") => createHmac("sha256", key).update(text).digest(encoding);

/** The headers of Standard Webhooks; `secret` begins whsec_. */
export function standardWebhooks(secret, body, { id = "msg_2b7", at = seconds(), family = "webhook" } = {}) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = `v1,${hmac(key, `${id}.${at}.${body}`, "base64")}`;
  return { [`${family}-id`]: id, [`${family}-timestamp`]: `${at}`, [`${family}-signature`]: signature };
}

const base64url = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const TENANT = "11111111-2222-4333-8444-555555555555";
export const AUDIENCE = "66666666-7777-4888-9999-aaaaaaaaaaaa";
export const AZURE_MONITOR = "461e8683-5575-4561-ac7f-899cc907d62a";
export const ROLE = "ActionGroupsSecureWebhook";

/** A key of the tenant: { kid, privateKey, jwk }. */
export function newKey(kid) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, use: "sig", x5t: kid };
  return { kid, privateKey, publicKey, jwk };
}

/** A tenant of Entra ID on 127.0.0.1. `reply` may be replaced: it gets the response to write. */
export async function startTenant(...keys) {
  const tenant = { keys, asked: [] };
  tenant.reply = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: tenant.keys.map(({ jwk }) => jwk) }));
  };
  const server = createServer((request, response) => {
    tenant.asked.push({ path: request.url, headers: request.headers });
    tenant.reply(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  tenant.url = `http://127.0.0.1:${server.address().port}`;
  tenant.vars = { AZURE_TENANT_ID: TENANT, AZURE_AUDIENCE: AUDIENCE, AZURE_AUTHORITY: tenant.url };
  return tenant;
}

/** The claims of Azure Monitor's token: v2.0 unless `change` makes them others; undefined takes one away. */
export const claims = (tenant, change = {}) => ({
  aud: AUDIENCE,
  iss: `${tenant.url}/${TENANT}/v2.0`,
  iat: seconds(-10),
  nbf: seconds(-10),
  exp: seconds(3600),
  azp: AZURE_MONITOR,
  azpacr: "2",
  oid: "22222222-2222-4333-8444-555555555555",
  roles: [ROLE],
  sub: "22222222-2222-4333-8444-555555555555",
  tid: TENANT,
  ver: "2.0",
  ...change,
});

/** The same as a v1.0 token has them. */
export const claimsV1 = (tenant, change = {}) =>
  claims(tenant, { aud: `api://${AUDIENCE}`, iss: `https://sts.windows.net/${TENANT}/`, azp: undefined, appid: AZURE_MONITOR, ver: "1.0", ...change });

/** A token signed with a key; `header` changes its header, `signed` signs it otherwise. */
export function token(key, claims, header = {}, signed = (text) => sign("sha256", Buffer.from(text), key.privateKey)) {
  const text = `${base64url({ typ: "JWT", alg: "RS256", kid: key.kid, x5t: key.kid, ...header })}.${base64url(claims)}`;
  return `${text}.${Buffer.from(signed(text)).toString("base64url")}`;
}
