// The requests that the contenders get: PagerDuty's, with the shared secret in a header, which all of them check.
import { pagerdutySignature, sample } from "../scripts/samples.mjs";

export const SECRETS = {
  WEBHOOK_SECRET: "bench-webhook-secret-5b1c",
  PAGERDUTY_SIGNING_SECRET: "bench-signing-secret-9f2e",
  ADMIN_TOKEN: "bench-admin-token-77aa",
};

/** Where the number of the incident goes: seven digits, so that every request of a kind has the same length. */
const PLACE = "0000000";

/** The id of an incident of the benchmark, anywhere in a text. */
export const INCIDENT = /QBENCH[A-Z]\d{7}/;

export const digits = (number) => String(number).padStart(PLACE.length, "0");

/** The id of incident `number` of a series, a capital letter. */
export const incidentId = (series, number) => `QBENCH${series}${digits(number)}`;

/** An HTTP request as the pieces between the places for the incident's number; `series` is a capital letter. */
export function resolved(series, headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET }) {
  return pieces(body("pagerduty-resolved", series), headers);
}

/** An event of a type that nobody uses. */
export function ignored() {
  const event = body("pagerduty-resolved", "I");
  event.event.event_type = "incident.workflow.started";
  return pieces(event, { "x-webhook-secret": SECRETS.WEBHOOK_SECRET });
}

/** One that is forbidden: its secret has the right length. */
export function forbidden() {
  const secret = SECRETS.WEBHOOK_SECRET.replaceAll(/[a-z]/g, "x");
  return pieces(body("pagerduty-resolved", "F"), { "x-webhook-secret": secret });
}

/** A resolved incident as PagerDuty signs it: always the same one, because its signature is. */
export function signed(series) {
  const { event } = body("pagerduty-resolved", series);
  const bytes = JSON.stringify({ event });
  return pieces({ event }, { "x-pagerduty-signature": pagerdutySignature(bytes, SECRETS.PAGERDUTY_SIGNING_SECRET) }, "\0");
}

function body(name, series) {
  const { body } = sample(name, incidentId(series, 0));
  body.event.id = `01BENCH${series}${PLACE}`;
  body.event.occurred_at = body.event.data.created_at = "2026-11-21T12:00:00Z";
  return body;
}

/** A request as pieces; `place` is what stands where the number goes. */
export function pieces(body, headers, place = PLACE, path = "/pagerduty-resolved") {
  const text = JSON.stringify(body);
  const head = Object.entries({
    host: "127.0.0.1",
    "user-agent": "PagerDuty-Webhook/V3.0",
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${head.join("")}\r\n${text}`.split(place);
}
