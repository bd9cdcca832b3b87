// The fault matrix: whatever Devin answers, or fails to answer, to each kind of call, and what must become of the
// incident. Data only: cells.mjs tries it on the Worker, the simulator plays the same cells (crates/simulator/src/matrix.rs),
// table.mjs writes it into docs/guarantees.md, and the lifecycle's own test (crates/outbound/src/devin/faults.rs) reads it
// there.
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

/** The calls that a reply is given to: the columns. */
export const CALLS = {
  create: "the first create",
  again: "a second create (the first was answered 503 and had done nothing)",
  message: "the message that the incident is resolved",
  look: "the look-up of a session (the create was answered 500 and had made it)",
  lookMessage: "the look-up of a message (the send was answered 500 and had delivered it)",
};

/**
 * What must become of an incident. Counted from the moment of the call that the reply is given to:
 * - creates, looks, sends, messageLooks: how many calls of each kind, that one included; absent: none
 * and at the end:
 * - sessions: how many Devin holds for the incident (1 where absent)
 * - state: the record's (started where absent); its `error` is Devin's words where `words`, else null
 * - messages: how many the session that the record names has got (0 where absent)
 * - replay: what a replay leads to afterwards, as sessions and messages
 * - waiting: what a sender was told that waits for the session, unless it took too long; whoever does not wait was told
 *   202 accepted in any case
 */
export const OUTCOMES = read("outcomes.json");

/** A reply of replies.json as fake-devin.mjs takes it, by the API version and the address of a host that is not Devin's. */
const give = (reply) => (api, elsewhere) => (reply ? () => answer(reply, api, elsewhere) : "ok");

function answer({ words, html, body, bodies, problem, retryAfter, retryInSeconds, elsewhere: away, ...reply }, api, elsewhere) {
  if (reply.status === undefined) return reply;
  const headers = {
    ...((problem || (words && api === "v3")) && { "content-type": "application/problem+json" }),
    ...(retryAfter && { "retry-after": retryAfter }),
    ...(retryInSeconds && { "retry-after": new Date(Date.now() + retryInSeconds * 1000).toUTCString() }),
    ...(away && { location: elsewhere }),
  };
  const error = api === "v3" ? { type: "about:blank", title: "Refused", status: reply.status, detail: words } : { detail: words };
  const text = html ? "<html><body><h1>Something</h1></body></html>" : "";
  return { ...reply, headers, body: words ? error : (bodies?.[api] ?? body ?? text) };
}

/**
 * The replies: the rows. The simulator reads them from the same file (crates/simulator/src/matrix.rs).
 * - reply: what Devin does; absent: what is right
 *     status, body or bodies by API version   the answer; html: a page instead; words: an error in the version's shape
 *     retryAfter, retryInSeconds              `Retry-After` as it is, or as the date so many seconds ahead
 *     elsewhere                               a redirect to a host that is not Devin's
 *     done, delayMs, cut                      as fake-devin.mjs takes them
 * - words: what the record's error must hold where the outcome says so
 * - pause: [at least, at most] ms until the call is made again
 * - slow: no sender waits that long
 * - times: it is given so often in a row (1 where absent)
 * - and for each of the CALLS the name of the outcome, or one for each API version; absent: the reply makes no sense
 */
export const REPLIES = read("replies.json").map(({ reply, ...row }) => ({ ...row, give: give(reply) }));

/** Devin can't be reached, for as long as it takes: tried in outages.test.mjs. */
const UNREACHABLE = {
  create: "tried until Devin is back, then started",
  again: "tried until Devin is back, then started",
  message: "tried until Devin is back, then sent",
  look: "looked for until Devin is back, then found",
  lookMessage: "looked for until Devin is back, then found",
};
export const OUTAGES = [
  { name: "DNS failure", how: "unknown", ...UNREACHABLE },
  { name: "connection refused", how: "refused", ...UNREACHABLE },
];
