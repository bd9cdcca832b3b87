// The fault matrix: whatever Devin answers, or fails to answer, to each kind of call, and what must become of the
// incident. Data only: cells.mjs tries it on the Worker, table.mjs writes it into docs/guarantees.md, and the lifecycle's
// own test (crates/outbound/src/devin/faults.rs) reads it there.
import { readFileSync } from "node:fs";

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
export const OUTCOMES = JSON.parse(readFileSync(new URL("outcomes.json", import.meta.url), "utf8"));

/** An error in the API version's shape, in Devin's words. */
const error = (status, words, headers) => (api) => ({
  status,
  headers: { ...(api === "v3" && { "content-type": "application/problem+json" }), ...headers },
  body: api === "v3" ? { type: "about:blank", title: "Refused", status, detail: words } : { detail: words },
});

const HTML = "<html><body><h1>Something</h1></body></html>";
const busy = (headers) => error(429, "Too many requests", headers);
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();

// What is the same for many replies.
const DONE = { create: "found", again: "found", message: "arrived" };
const NOT_DONE = { create: "again", again: "again", message: "sentAgain" };
const BUSY = { create: "later", again: "later", message: "sentLater" };
const REFUSED = { create: "failed", again: "failed", message: "unsent" };
const LATER = { look: "seenLater", lookMessage: "seenMessageLater" };
const NEVER = { look: { v3: "lookFailed", v1: "asked" }, lookMessage: "lookMessageFailed" };
const GONE = { ...REFUSED, message: "succeeded", ...NEVER };

/**
 * The replies: the rows.
 * - give: the answer as fake-devin.mjs takes it, or what gives it for "v1" or "v3"; `redirect` gets the address of a
 *   host that is not Devin's
 * - words: what the record's error must hold where the outcome says so
 * - pause: [at least, at most] ms until the call is made again
 * - slow: no sender waits that long
 * - times: it is given so often in a row (1 where absent)
 * - and for each of the CALLS the name of the outcome, or one for each API version; absent: the reply makes no sense
 */
export const REPLIES = [
  {
    name: "200",
    give: "ok",
    create: "started",
    again: "started",
    message: "sent",
    look: "seen",
    lookMessage: "seenMessage",
  },
  { name: "200 that is not JSON, done", give: { done: true, status: 200, body: HTML }, ...DONE, ...LATER },
  { name: "200 that is not JSON, nothing done", give: { status: 200, body: HTML }, ...NOT_DONE, ...LATER },
  {
    name: "200 without a `session_id`, done",
    give: { done: true, status: 200, body: {} },
    ...DONE,
    message: "sent",
    ...LATER,
  },
  { name: "200 without a `session_id`, nothing done", give: { status: 200, body: {} }, create: "again", again: "again" },
  {
    name: "400: too long",
    give: error(400, "Prompt is too long. Must be less than 30000 characters."),
    words: "Prompt is too long. Must be less than 30000 characters.",
    ...GONE,
  },
  { name: "401", give: error(401, "Invalid API key"), words: "Invalid API key", ...REFUSED, ...NEVER },
  { name: "402", give: error(402, "Out of credits"), words: "Out of credits", ...REFUSED, ...NEVER },
  { name: "403", give: error(403, "ManageOrgSessions is missing"), words: "ManageOrgSessions is missing", ...REFUSED, ...NEVER },
  { name: "404", give: error(404, "Not found here"), words: "Not found here", ...GONE, lookMessage: "gone" },
  {
    name: "409, done",
    give: (api) => ({ done: true, ...error(409, "In conflict")(api) }),
    create: "found",
    again: "found",
  },
  {
    name: "409, nothing done",
    give: error(409, "In conflict"),
    words: "In conflict",
    ...GONE,
    create: "again",
    again: "again",
  },
  { name: "410", give: error(410, "Gone for good"), words: "Gone for good", ...GONE, lookMessage: "gone" },
  {
    name: "422, a problem (RFC 9457)",
    give: {
      status: 422,
      headers: { "content-type": "application/problem+json" },
      body: { title: "Unprocessable", status: 422, errors: [{ loc: ["body", "tags", 0], msg: "Not an allowed tag" }] },
    },
    words: "body.tags.0: Not an allowed tag",
    ...GONE,
  },
  {
    name: "422, FastAPI's list",
    give: { status: 422, body: { detail: [{ loc: ["body", "prompt"], msg: "Too odd", type: "value_error" }] } },
    words: "body.prompt: Too odd",
    ...GONE,
  },
  { name: "429, `Retry-After: 3`", give: busy({ "retry-after": "3" }), pause: [3000, 12_000], ...BUSY, ...LATER },
  {
    name: "429, `Retry-After` a date 5 s ahead",
    give: (api) => () => busy({ "retry-after": inSeconds(5) })(api),
    pause: [4000, 14_000],
    ...BUSY,
    ...LATER,
  },
  ...["864000", "0", "-5", "soon", new Date(4e12).toUTCString()].map((absurd) => ({
    name: `429, \`Retry-After: ${absurd}\` (our own pause then)`,
    give: busy({ "retry-after": absurd }),
    pause: [900, 10_000],
    ...BUSY,
    ...LATER,
  })),
  { name: "429 without `Retry-After`", give: busy(), pause: [900, 10_000], ...BUSY, ...LATER },
  {
    name: "429: too many concurrent sessions",
    give: error(429, "You exceeded your concurrent session limit of 5"),
    pause: [900, 10_000],
    ...BUSY,
    ...LATER,
  },
  { name: "500, done", give: { done: true, status: 500, body: "Internal Server Error" }, ...DONE, ...LATER },
  { name: "500, nothing done", give: { status: 500, body: "Internal Server Error" }, ...NOT_DONE, ...LATER },
  { name: "502 in HTML, done", give: { done: true, status: 502, body: HTML }, ...DONE, ...LATER },
  { name: "502 in HTML, nothing done", give: { status: 502, body: HTML }, ...NOT_DONE, ...LATER },
  { name: "503, done", give: (api) => ({ done: true, ...error(503, "Down for a moment")(api) }), ...DONE, ...LATER },
  { name: "503, nothing done", give: error(503, "Down for a moment"), ...NOT_DONE, ...LATER },
  ...[301, 302, 303, 307, 308].map((status) => ({
    name: `${status} to another host, never followed`,
    give: (_api, elsewhere) => ({ status, headers: { location: elsewhere }, body: "" }),
    words: "a redirect, which is not followed",
    ...REFUSED,
    ...NEVER,
  })),
  {
    name: "a stall of 90 s, done at its start",
    give: { done: true, delayMs: 90_000 },
    slow: true,
    ...DONE,
    ...LATER,
  },
  {
    name: "a stall of 90 s, then cut, nothing done",
    give: { delayMs: 90_000, cut: "before-read" },
    slow: true,
    ...NOT_DONE,
    ...LATER,
  },
  {
    name: "a stall of 90 s, done at its end",
    give: { delayMs: 90_000 },
    slow: true,
    create: "foundLate",
    again: "foundLate",
    message: "arrivedLate",
  },
  { name: "a connection cut before the request is read", give: { cut: "before-read" }, ...NOT_DONE, ...LATER },
  { name: "a connection cut when it is done", give: { cut: "after-create" }, ...DONE, ...LATER },
  { name: "a connection cut in the middle of the answer", give: { cut: "mid-answer" }, ...DONE, ...LATER },
  {
    name: "200, but the session is not in the list yet: twice",
    give: (api) => ({ status: 200, body: api === "v3" ? { items: [], has_next_page: false } : { sessions: [] } }),
    times: 2,
    look: "seenThird",
  },
];

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
