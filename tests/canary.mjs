// Where a bridge's secrets turn up that should not: the harness looks in everything that every test has made.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is a secret among a bridge's settings: { name: value }. */
export function secretsOf(vars) {
  const secret = ([name, value]) => /SECRET|TOKEN|KEY|_URL$/.test(name) && name !== "DEVIN_API_URL" && typeof value === "string" && value.length >= 8;
  return Object.fromEntries(Object.entries(vars).filter(secret));
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
  return requests.flatMap(({ method, path, headers: { authorization = "", ...headers }, body, text }) => {
    const place = `${method} ${path} at Devin`;
    const { DEVIN_API_KEY: _, ...others } = secrets;
    const handed = (body?.session_secrets ?? []).map(({ value }) => value);
    const rest = handed.reduce((rest, value) => rest.replaceAll(JSON.stringify(value), '""'), text);
    return [
      ...found(secrets, place, `${JSON.stringify(headers)} ${rest}`),
      ...found(others, place, authorization),
    ];
  });
}
