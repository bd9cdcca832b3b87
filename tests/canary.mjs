// Where a bridge's secrets turn up that should not: the harness looks in everything that every test has made.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is a secret among a bridge's settings: { name: value }; of an address that is one, the part behind the host. */
export function secretsOf(vars) {
  const secret = ([name, value]) => /SECRET|TOKEN|_KEY$|WEBHOOK_URL/.test(name) && typeof value === "string" && value.length >= 8;
  const telling = ([name, value]) => [name, URL.canParse(value) ? new URL(value).pathname : value];
  return Object.fromEntries(Object.entries(vars).filter(secret).map(telling));
}

/** Which secrets stand in a text or in bytes, each as a sentence. */
export function found(secrets, place, content) {
  const bytes = Buffer.from(content);
  return Object.entries(secrets)
    .filter(([, value]) => bytes.includes(value))
    .map(([name]) => `${name} in ${place}`);
}

/** The same for every file of a folder: what KV and the Durable Objects have stored, the database's log included. */
export function foundInFiles(secrets, folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .flatMap((file) => found(secrets, file, readFileSync(file)));
}

/**
 * The same for what Devin was asked. The key is for the Authorization header, and what a route hands to its sessions
 * (`session_secrets`) for that field of a new session; nothing is for anywhere else.
 */
export function foundAtDevin(secrets, requests) {
  return requests.flatMap((request) => {
    const handed = (request.body?.session_secrets ?? []).map(({ value }) => value);
    const text = handed.reduce((rest, value) => rest.replaceAll(JSON.stringify(value), '""'), request.text);
    return foundInRequest(secrets, { ...request, text }, { header: "DEVIN_API_KEY" });
  });
}

/** The same for what was sent to those who are notified: PagerDuty has its token, the webhook is its address. */
export function foundAtTargets(secrets, requests) {
  return requests.flatMap((request) =>
    foundInRequest(secrets, request, request.call === "hook" ? { text: "NOTIFY_WEBHOOK_URL" } : { header: "PAGERDUTY_API_TOKEN" }),
  );
}

// `own`: which secret belongs into the Authorization header, and which into the address and the body.
function foundInRequest(secrets, { method, path, headers: { authorization = "", ...headers }, text }, own) {
  const without = (name) => Object.fromEntries(Object.entries(secrets).filter(([each]) => each !== name));
  const place = `${method} ${path}`;
  return [
    ...found(without(own.header), place, authorization),
    ...found(without(own.text), place, `${JSON.stringify(headers)} ${text}`),
  ];
}
