// Amazon SNS's own signature as a proof: of the topics that SNS_TOPICS names, with a certificate that SNS itself has.
import assert from "node:assert/strict";
import { createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { AMPLE, startBridge } from "./harness.mjs";

const TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms";
const SNS = "https://sns.eu-west-1.amazonaws.com/";
const CERTIFICATE = `${SNS}SimpleNotificationService-a1.pem`;
const SUBSCRIBE = `${SNS}?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t`;

/** Something in DER. */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const spki = keys.publicKey.export({ type: "spki", format: "der" });
const empty = der(0x30);
const certificate = der(0x30, der(0x30, der(0xa0, der(2, Buffer.from([2]))), der(2, Buffer.from([1])), empty, empty, empty, empty, spki), empty, der(3, Buffer.from([0])));
const pem = `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64").replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

/** Addresses under Amazon's names at which anybody can place a certificate: in a bucket called sns, and in what the API answers. */
const FORGED = [
  "https://sns.s3.amazonaws.com/SimpleNotificationService-a1.pem",
  "https://sns.s3-eu-west-1.amazonaws.com/SimpleNotificationService-a1.pem",
  `${CERTIFICATE}?Action=GetEndpointAttributes&X-Amz-Signature=a`,
  `${SNS}a.pem`,
];

const bridge = await startBridge(
  {
    ...AMPLE,
    SNS_TOPICS: TOPIC,
    AMAZON: JSON.stringify({ [CERTIFICATE]: pem, [SUBSCRIBE]: "<ConfirmSubscriptionResponse/>", ...Object.fromEntries(FORGED.map((url) => [url, pem])) }),
  },
  { wrapper: fileURLToPath(new URL("sns-worker.js", import.meta.url)) },
);

const alarm = (name) => ({ AlarmName: name, AlarmArn: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`, NewStateValue: "ALARM", OldStateValue: "OK", NewStateReason: "Threshold crossed", Trigger: { MetricName: "Errors" } });

function signed(fields, { version = "2", change = {} } = {}) {
  const body = { Type: "Notification", MessageId: randomUUID(), TopicArn: TOPIC, Timestamp: new Date().toISOString(), SignatureVersion: version, SigningCertURL: CERTIFICATE, ...fields };
  const names = body.Type === "Notification" ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"] : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const text = names.filter((name) => name in body).map((name) => `${name}\n${body[name]}\n`).join("");
  const signature = createSign(version === "1" ? "RSA-SHA1" : "RSA-SHA256").update(text).sign(keys.privateKey, "base64");
  return { ...body, Signature: signature, ...change };
}

const post = (body, path = "/hooks/sns") => bridge.post(path, JSON.stringify(body), { "content-type": "text/plain; charset=UTF-8" });
const asked = async () => (await fetch(new URL("/asked", bridge.url))).json();

describe("SNS's signature", () => {
  for (const version of ["1", "2"]) {
    test(`version ${version} lets a message of a named topic in, without a secret`, async () => {
      const body = signed({ Subject: "ALARM", Message: JSON.stringify(alarm(`errors-${version}`)) }, { version });
      const answer = await post(body);
      assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
      assert.equal((await post(body)).json.status, "duplicate");
    });
  }

  test("confirms the subscription of a named topic", async () => {
    const answer = await post(signed({ Type: "SubscriptionConfirmation", Message: "You have chosen", Token: "t", SubscribeURL: SUBSCRIBE }));
    assert.deepEqual([answer.status, answer.json.status, answer.json.reason], [200, "ignored", "confirmation"], answer.text);
    assert.match(answer.json.message, /is confirmed/);
    assert.equal((await asked())[SUBSCRIBE], 1);
  });

  const message = { Message: JSON.stringify(alarm("refused")) };
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const refused = {
    "a changed message": signed(message, { change: { Message: JSON.stringify(alarm("else")) } }),
    "another topic": signed({ ...message, TopicArn: "arn:aws:sns:eu-west-1:999999999999:alarms" }),
    "another key": signed(message, { change: { Signature: createSign("RSA-SHA256").update("x").sign(other.privateKey, "base64") } }),
    "the other hash": signed(message, { change: { SignatureVersion: "1" } }),
    "an old message": signed({ ...message, Timestamp: new Date(Date.now() - 2 * 3_600_000).toISOString() }),
    "a certificate of somebody else": signed({ ...message, SigningCertURL: "https://sns.eu-west-1.amazonaws.com.example.com/a.pem" }),
    "a certificate on another port": signed({ ...message, SigningCertURL: "https://sns.eu-west-1.amazonaws.com:444/a.pem" }),
    ...Object.fromEntries(FORGED.map((url) => [`a certificate at ${url}`, signed({ ...message, SigningCertURL: url })])),
    "no signature": { ...signed(message), Signature: undefined },
  };
  for (const [what, body] of Object.entries(refused)) {
    test(`is refused: ${what}`, async () => {
      const answer = await post(body);
      assert.deepEqual([answer.status, answer.json.error], [401, "Unauthorized"], answer.text);
    });
  }

  test("counts at its own hook only", async () => {
    for (const path of ["/api/trigger-devin", "/hooks/alert", "/pagerduty-resolved"]) {
      assert.equal((await post(signed(message), path)).status, 401, path);
    }
  });

  test("that can't be checked at present is to be sent again, and certificates are not asked for without end", async () => {
    const missing = Array.from({ length: 30 }, (_, i) => `${SNS}SimpleNotificationService-missing${i}.pem`);
    for (const SigningCertURL of missing) {
      const answer = await post(signed({ ...message, SigningCertURL }));
      assert.equal(answer.status, 503, answer.text);
    }
    const questions = await asked();
    assert.equal(questions[CERTIFICATE], 1, "a certificate is remembered");
    assert.ok(missing.filter((url) => url in questions).length <= 8);
    assert.ok(Object.keys(questions).every((url) => url.startsWith(SNS)), Object.keys(questions).join());
  });
});
