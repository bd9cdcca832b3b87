// The requests that the contenders get: { path, headers, body }. All contenders check the secret in the header.
import { sample } from "../scripts/samples.mjs";

export const SECRETS = {
  WEBHOOK_SECRET: "bench-webhook-secret-5b1c",
  PAGERDUTY_SIGNING_SECRET: "bench-signing-secret-9f2e",
  ADMIN_TOKEN: "bench-admin-token-77aa",
};

export function request(path, body, secret = SECRETS.WEBHOOK_SECRET) {
  const headers = { "content-type": "application/json", "x-webhook-secret": secret };
  return { path, headers, body: typeof body === "string" ? body : JSON.stringify(body) };
}

const PAGERDUTY = "/pagerduty-resolved";
/** What is said of incident 0, of another: seven digits, so that all requests of a kind have the same length. */
export const numbered = (text, number) => text.replaceAll("0000000", String(number).padStart(7, "0"));

const { body } = sample("pagerduty-resolved", "QSERIES0000000");
body.event.id = "01EVENT0000000";
const RESOLVED = JSON.stringify({ ...body, delivery: "DELIVERY" });

/** A resolved incident of PagerDuty's: a capital letter and a number. The same event may be said in other bytes. */
export function resolved(series, number, delivery = 0) {
  const text = RESOLVED.replaceAll("SERIES", series).replace("DELIVERY", delivery);
  return request(PAGERDUTY, numbered(text, number));
}

/** One whose secret is wrong, but of the right length. */
export const FORBIDDEN = request(PAGERDUTY, RESOLVED, SECRETS.WEBHOOK_SECRET.replaceAll(/[a-z]/g, "x"));

/** An event of a type that nobody uses. */
export const IGNORED = request(PAGERDUTY, { event: { ...body.event, event_type: "incident.workflow.started" } });

/** An alert, of which a session is made at once. */
export const alert = (alertId, service) =>
  request("/hooks/alert", { alertName: "disk full", alertId, service, severity: 1, description: "A disk is full." });

/** `one(0)`, then `one(1)`, and so on. */
export function row(one) {
  let number = 0;
  return () => one(number++);
}
