// The largest bodies that a hook takes, of the kinds that cost most to read. A route ignores what they say, so what is
// measured is the hook alone: reading, checking, redacting, routing, answering.
import { pagerdutySignature, sample } from "../scripts/samples.mjs";
import { start } from "./contenders.mjs";
import { pieces, SECRETS } from "./events.mjs";
import { measure } from "./paths.mjs";

const MOST = 1024 * 1024;

/** `unit`, again and again. */
const full = (unit, room = MOST) => unit.repeat(Math.floor(room / (Buffer.byteLength(JSON.stringify(unit)) - 2)));

const alert = (fields) => ({ alertName: "largest", alertId: "largest", severity: 1, description: "d", ...fields });

/** As many alerts as a body may have, each with so many labels of `unit`. */
const labelled = (unit, count) =>
  Array.from({ length: 100 }, (_, n) => {
    const labels = Array.from({ length: count }, (_, label) => [`label${label}`, full(unit, MOST / 100 / count - 40)]);
    return alert({ alertId: `a${n}`, labels: Object.fromEntries(labels) });
  });

/** As many members as a body may have, with `unit` in each. */
const list = (unit) => Array.from({ length: 100 }, (_, n) => alert({ alertId: `a${n}`, description: full(unit, MOST / 100 - 300) }));

function pagerduty() {
  const { body } = sample("pagerduty-resolved", "QLARGEST");
  body.event.data.title = full("cart answers 502 ", MOST - 4000);
  const signature = pagerdutySignature(JSON.stringify(body), SECRETS.PAGERDUTY_SIGNING_SECRET);
  return pieces(body, { "x-pagerduty-signature": signature }, "\0", "/pagerduty-resolved");
}

const ALERTS = {
  "one text": alert({ description: full("disk is full on web-3; ", MOST - 300) }),
  "one text of labels": alert({ description: full("key=", MOST - 300) }),
  "labels in 100 alerts": list("key="),
  "passwords in 100 alerts": list("password: hunter2-x9 "),
  "JSON in JSON in 100 alerts": list('{"a":"b"} '),
  "tokens in 100 alerts": list(`eyJ${"a".repeat(60)}.`),
  "base64 in 100 alerts": list("QUJDREVGR0g="),
  "brackets in 100 alerts": list("<<<UNTRUSTED>>> "),
  "escapes in 100 alerts": list("\\u003d%3D&lt;"),
  "Cyrillic in 100 alerts": list("диск "),
  "letters that look like others in 100 alerts": list("ＵＮＴＲＵЅТЕD » "),
  "hashes in 100 alerts": list("$2a$"),
  "SQL in 100 alerts": list("identified by '"),
  "options in 100 alerts": list(" --token a"),
  "Kubernetes in 100 alerts": list("kind: Secret data: "),
  "keys in base64 in 100 alerts": list("a2V5PWtleT1rZXk9a2V5PWtleT1rZXk9"),
  "20 labels in each of 100 alerts": labelled("disk is full on web-3; ", 20),
  "20 labels of labels in each of 100 alerts": labelled("key=", 20),
  "20 labels of line breaks in each of 100 alerts": labelled("\n", 20),
  "200 labels in each of 100 alerts": labelled("k=", 200),
  "log lines": alert({ errorLogs: Array.from({ length: 9000 }, (_, n) => `2026-05-04T10:00:00Z web-3 request ${n} failed: token=abcdef0123456789abcdef0123456789 after 30 s`) }),
  "fields": alert(Object.fromEntries(Array.from({ length: 38_000 }, (_, n) => [`field${n}`, `value ${n}`]))),
  "deep": alert({ more: JSON.parse(`${'{"a":'.repeat(100)}"x"${"}".repeat(100)}`), text: full('{"a":[', MOST - 4000) }),
};

/** The requests, by what is in them. */
export const largest = () => ({
  ...Object.fromEntries(
    Object.entries(ALERTS).map(([name, body]) => [name, pieces(body, { "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, "\0", "/hooks/alert")]),
  ),
  "signed by PagerDuty": pagerduty(),
});

/** Measures ours with each of them, without Miniflare's own Worker in front. */
export async function largestBodies(devin, rounds, add) {
  const { direct, stop, ...ours } = await start("ours", { devin: devin.url, more: { ROUTES: [{ ignore: true }] } });
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, pieces] of Object.entries(largest())) {
      add("largest body", name, await measure({ ...ours, url: direct }, { pieces }));
    }
  }
  await stop();
}
