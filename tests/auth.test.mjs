// Who may call PagerDuty's hook: the four ways to carry the shared secret, and PagerDuty's signature.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newIncident, resolved, SECRETS, startBridge } from "./harness.mjs";
import { pagerdutySignature, sample } from "../scripts/samples.mjs";

const { WEBHOOK_SECRET: SHARED, PAGERDUTY_SIGNING_SECRET: SIGNING } = SECRETS;
const OLD_SHARED = "test-webhook-secret-before";
const OLD_SIGNING = "test-signing-secret-before";
const HOOK = "/pagerduty-resolved";

// Ignored when it is let in, so that these tests start no sessions.
const BODY = JSON.stringify(sample("pagerduty-acknowledged").body);
const sign = (secret, body = BODY) => ({ "x-pagerduty-signature": pagerdutySignature(body, secret) });
const basic = (user, password) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });

const both = await startBridge({
  WEBHOOK_SECRET_PREVIOUS: OLD_SHARED,
  PAGERDUTY_SIGNING_SECRET_PREVIOUS: OLD_SIGNING,
});

async function letsIn(bridge, headers, path = HOOK, body = BODY) {
  const answer = await bridge.post(path, body, headers);
  assert.deepEqual([answer.status, answer.json.status], [200, "ignored"], answer.text);
}

async function refuses(bridge, headers, path = HOOK, body = BODY) {
  const answer = await bridge.post(path, body, headers);
  assert.deepEqual([answer.status, answer.json.error], [401, "Unauthorized"], answer.text);
}

describe("the shared secret", () => {
  for (const secret of [SHARED, OLD_SHARED]) {
    const which = secret === SHARED ? "current" : "previous";
    test(`${which}, as X-Webhook-Secret`, () => letsIn(both, { "x-webhook-secret": secret }));
    test(`${which}, as a bearer token`, () => letsIn(both, { authorization: `Bearer ${secret}` }));
    test(`${which}, as a password`, () => letsIn(both, basic("anyone", secret)));
    test(`${which}, in the address`, () => letsIn(both, {}, `${HOOK}?secret=${secret}`));
  }
  test("a scheme is read without regard to case", () => letsIn(both, { authorization: `bearer ${SHARED}` }));

  const wrong = {
    "none at all": [{}],
    "another one": [{ "x-webhook-secret": "something-else" }],
    "an empty one": [{ "x-webhook-secret": "" }],
    "the beginning of it": [{ "x-webhook-secret": SHARED.slice(0, -1) }],
    "with something after it": [{ "x-webhook-secret": `${SHARED}x` }],
    "in other capitals": [{ "x-webhook-secret": SHARED.toUpperCase() }],
    "as a user name": [basic(SHARED, "")],
    "Basic that is not base64": [{ authorization: "Basic %%%" }],
    "a bare Authorization header": [{ authorization: SHARED }],
    "an empty bearer token": [{ authorization: "Bearer " }],
    "empty in the address": [{}, `${HOOK}?secret=`],
    "wrong in the address": [{}, `${HOOK}?secret=no&secret_=${SHARED}`],
    "the signing secret in its place": [{ "x-webhook-secret": SIGNING }],
    "the admin token in its place": [{ authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` }],
  };
  for (const [name, [headers, path]] of Object.entries(wrong)) {
    test(`refused: ${name}`, () => refuses(both, headers, path));
  }
});

describe("PagerDuty's signature", () => {
  const good = pagerdutySignature(BODY, SIGNING);
  const bad = (n) => `v1=${String(n).repeat(64)}`;
  const header = (value) => ({ "x-pagerduty-signature": value });

  test("with the current secret", () => letsIn(both, sign(SIGNING)));
  test("with the previous secret", () => letsIn(both, sign(OLD_SIGNING)));
  for (const position of [0, 1, 2]) {
    const three = [bad(1), bad(2), bad(3)];
    three[position] = good;
    test(`one good of three, at place ${position + 1}`, () => letsIn(both, header(three.join(","))));
  }
  test("beside versions of the future", () => letsIn(both, header(`v2=abc,${good},v0=def`)));
  test("over the bytes as they are, whatever they look like", async () => {
    const odd = JSON.stringify(JSON.parse(BODY), null, 3).replace('"event"', '"\\u0065vent"');
    await letsIn(both, sign(SIGNING, odd), HOOK, odd);
  });

  const wrong = {
    "three bad ones": [bad(1), bad(2), bad(3)].join(","),
    "another version of it": good.replace("v1=", "v2="),
    "without a version": good.replace("v1=", ""),
    "half of it": good.slice(0, 40),
    "empty": "v1=",
    "not hexadecimal": `v1=${"z".repeat(64)}`,
    "with the shared secret": pagerdutySignature(BODY, SHARED),
    "of another body": pagerdutySignature(`${BODY} `, SIGNING),
  };
  for (const [name, value] of Object.entries(wrong)) {
    test(`refused: ${name}`, () => refuses(both, header(value)));
  }
});

test("what is refused leaves no trace", async () => {
  const incident = newIncident();
  await refuses(both, sign("wrong"), HOOK, JSON.stringify(resolved(incident.id)));
  assert.equal(await both.record(incident.key), undefined);
  assert.equal(both.devin.creates(incident.id).length, 0);
});

test("with only a signing secret the shared secret opens nothing", async () => {
  const bridge = await startBridge({ WEBHOOK_SECRET: null });
  await letsIn(bridge, sign(SIGNING));
  await refuses(bridge, { "x-webhook-secret": SHARED });
  await refuses(bridge, { "x-webhook-secret": "" });
});

test("with only a shared secret signatures open nothing", async () => {
  const bridge = await startBridge({ PAGERDUTY_SIGNING_SECRET: null });
  await letsIn(bridge, { "x-webhook-secret": SHARED });
  await refuses(bridge, sign(SIGNING));
  await refuses(bridge, sign(""));
});

for (const [name, value] of [["missing", null], ["empty", ""]]) {
  test(`with both secrets ${name} nothing is processed: 503`, async () => {
    const bridge = await startBridge({ WEBHOOK_SECRET: value, PAGERDUTY_SIGNING_SECRET: value });
    const incident = newIncident();
    const body = JSON.stringify(resolved(incident.id));
    for (const headers of [{}, { "x-webhook-secret": "" }, sign("", body), sign(SIGNING, body)]) {
      const answer = await bridge.post(HOOK, body, headers);
      assert.equal(answer.status, 503, answer.text);
    }
    assert.equal(await bridge.record(incident.key), undefined);
    assert.equal(bridge.devin.creates(incident.id).length, 0);
  });
}
