// The sample events of samples/, made fresh and signed as their senders would.
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { ask } from "./ask.mjs";

const FOLDER = new URL("samples/", import.meta.url);

export const sampleNames = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

const read = (name) => readFileSync(new URL(`${name}.json`, FOLDER), "utf8");

export const about = (name) => JSON.parse(read(name)).about;

/** A new incident id, shaped as the sender of the sample makes them. */
export const freshId = (name) =>
  name.startsWith("pagerduty") ? `Q${randomBytes(7).toString("hex").toUpperCase()}` : randomUUID();

/** The sample with its placeholders filled in: { path, proof, contentType, body }. */
export function sample(name, id = freshId(name)) {
  const now = Date.now();
  const values = {
    id,
    event: randomUUID(),
    now: new Date(now).toISOString(),
    earlier: new Date(now - 46 * 60_000).toISOString(),
  };
  return JSON.parse(read(name).replaceAll(/\{\{(\w+)\}\}/g, (_, field) => values[field]));
}

/** The value of PagerDuty's signature header for these bytes. */
export const pagerdutySignature = (bytes, secret) =>
  `v1=${createHmac("sha256", secret).update(bytes).digest("hex")}`;

/**
 * Sends what sample() gave to a bridge; `secrets` is { WEBHOOK_SECRET, PAGERDUTY_SIGNING_SECRET }. PagerDuty signs,
 * Azure can only put the secret into the address, everybody else sends it as a bearer token.
 */
export async function deliver(url, { path, proof, contentType = "application/json", body }, secrets) {
  const bytes = JSON.stringify(body);
  const target = new URL(path, url);
  const headers = { "content-type": contentType };
  if (proof === "pagerduty") {
    headers["x-pagerduty-signature"] = pagerdutySignature(bytes, secrets.PAGERDUTY_SIGNING_SECRET);
    headers["x-webhook-id"] = randomUUID();
    headers["user-agent"] = "PagerDuty-Webhook/V3.0";
  } else if (proof === "query") {
    target.searchParams.set("secret", secrets.WEBHOOK_SECRET);
  } else {
    headers.authorization = `Bearer ${secrets.WEBHOOK_SECRET}`;
  }
  const response = await ask(target, { method: "POST", headers, body: bytes });
  return { status: response.status, text: await response.text() };
}
