// What the tests of alerts share: bodies, and ways to send them and to look at what became of them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { SECRETS } from "./harness.mjs";

export const HOOK = "/api/trigger-devin";
export const BEARER = { authorization: `Bearer ${SECRETS.WEBHOOK_SECRET}` };
export const ADMIN = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };

/** A generic alert nobody has sent yet. */
export const newAlert = (fields = {}) => ({
  alertName: "token-refresh-failing",
  alertId: randomUUID(),
  severity: 1,
  description: "The access token expires and is not refreshed",
  ...fields,
});

/** Posts a body (JSON unless it is text or bytes) with the shared secret. */
export function send(bridge, body, { path = HOOK, headers = {} } = {}) {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  return bridge.post(path, raw ? body : JSON.stringify(body), { ...BEARER, "content-type": "application/json", ...headers });
}

/** What a body would start: the dry run's answer, which must promise a session. */
export async function rehearse(bridge, body, { path = HOOK, headers } = {}) {
  const answer = await send(bridge, body, { path: `${path}?dry_run=1`, headers });
  assert.deepEqual([answer.status, answer.json.status, answer.json.decision.action], [200, "dry_run", "start_session"], answer.text);
  return answer.json;
}

/** Sends a body and checks the documented answer: 200 with the session that Devin made of it. */
export async function start(bridge, body, options) {
  const answer = await send(bridge, body, options);
  assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
  const session = bridge.devin.sessions(answer.json.sessionId)[0];
  assert.equal(session?.id, answer.json.sessionId, "Devin has no such session");
  return { ...answer.json, session };
}

export function assertAnswer(answer, status, fields) {
  const { message, details, route, ...rest } = answer.json;
  // Which route decided is only compared where it is expected.
  if ("route" in fields) rest.route = route;
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(rest, fields, answer.text);
  return { message, details };
}

/** The lines of a prompt that begin with a number, of the list of tasks. */
export const steps = (prompt) => prompt.split("\n").filter((line) => /^\d+\. /.test(line));

/** The lines between the markers of a prompt's fences. */
export function fenced(prompt) {
  const open = /^<<<UNTRUSTED ([0-9a-f]+)$/m.exec(prompt);
  assert.ok(open, prompt);
  const inside = [];
  let within = false;
  for (const line of prompt.split("\n")) {
    if (line === `UNTRUSTED ${open[1]}>>>`) within = false;
    else if (line === open[0]) within = true;
    else if (within) inside.push(line);
  }
  assert.equal(within, false, "a fence is not closed");
  return inside;
}

/** Checks that every line stands in a prompt's fences, as it is. */
export function assertFenced(prompt, lines) {
  const inside = fenced(prompt);
  for (const line of lines) assert.ok(inside.includes(line), `no line ${JSON.stringify(line)} in\n${inside.join("\n")}`);
}

/** Nothing that a program says where a value is missing. */
export const assertNothingMissing = (prompt) => assert.doesNotMatch(prompt, /undefined|null|None|NaN|Some\(|\[object|\{\{/);
