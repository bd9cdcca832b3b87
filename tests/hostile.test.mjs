// Requests that nobody means well: each row of the tables in hostile/ gets the answer that stands there, nothing hangs,
// the Worker stays up, and only the rows that say so start a session.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { fenced } from "./alerting.mjs";
import { startBridge, until } from "./harness.mjs";

const SECONDS = 15;

const folder = new URL("hostile/", import.meta.url);
const names = readdirSync(folder).filter((file) => file !== "rows.mjs").sort();
const tables = await Promise.all(names.map(async (file) => [file.slice(0, -".mjs".length), (await import(new URL(file, folder))).default]));
const rows = tables.flatMap(([, rows]) => rows);

// All from one address, which is tested elsewhere.
const bridge = await startBridge({ WAIT_SECONDS: "0" }, { without: ["WRONG_SECRETS"] });

for (const [table, rows] of tables) {
  test(`${table}: ${rows.length} requests`, async (t) => {
    for (const row of rows) await t.test(row.tries, () => attempt(row));
  });
}

test("there are at least two hundred", () => assert.ok(rows.length >= 200, `${rows.length}`));

test("only the rows that say so started a session", async () => {
  const wanted = rows.flatMap(({ starts }) => starts ?? []);
  await until("the sessions are there", 60, () => bridge.devin.all.length >= wanted.length);
  const answer = await bridge.request("/api/incidents?limit=200", { headers: { authorization: `Bearer ${bridge.vars.ADMIN_TOKEN}` } });
  const listed = JSON.parse(answer.text).incidents.filter(({ state }) => state !== "ignored");
  assert.equal(listed.length, wanted.length, answer.text);
  assert.equal(bridge.devin.all.length, wanted.length, JSON.stringify(bridge.devin.all.map(({ title }) => title)));
});

async function attempt({ send, answers }) {
  const expected = Array.isArray(answers) ? { status: answers } : answers;
  // What is half a request may wait for its other half.
  const patience = [expected.status].flat().includes(undefined) ? 1 : SECONDS;
  const answer = await exchange(send, patience);
  const shown = `${answer.status} ${JSON.stringify(answer.headers)} ${answer.body.slice(0, 2000)}`;
  assert.ok([expected.status].flat().includes(answer.status), shown);
  assert.doesNotMatch(answer.body, /panicked|RuntimeError|unreachable|\.rs:\d/, shown);
  for (const [name, value] of Object.entries(expected.header ?? {})) assertMatches(answer.headers[name], value, `${name}: ${shown}`);
  if (expected.not) assertNot(answer.body, expected.not);
  if (expected.json || expected.prompt) {
    const json = JSON.parse(answer.body);
    assertMatches(json, expected.json ?? {}, shown);
    assertPrompt(json, expected);
  }
  const health = await bridge.request("/health");
  assert.equal(health.status, 200, "the Worker does not answer any more");
}

/** Every field that is expected is there: equal, matching, or (undefined) absent. */
function assertMatches(actual, expected, shown) {
  if (expected instanceof RegExp) return assert.match(String(actual), expected, shown);
  if (expected === null || typeof expected !== "object") return assert.equal(actual, expected, shown);
  if (Array.isArray(expected) && expected.length === 0) return assert.deepEqual(actual, [], shown);
  for (const [name, value] of Object.entries(expected)) assertMatches(actual?.[name], value, `${name} of ${shown}`);
}

function assertNot(text, unwanted) {
  const found = unwanted instanceof RegExp ? unwanted.test(text) : text.includes(unwanted);
  assert.ok(!found, `${unwanted} in ${text}`);
}

// What a dry run would have sent: whole, short enough, with the hostile text where it belongs.
function assertPrompt({ prompt, request }, { prompt: shown = [], fenced: inside = [], not, title, request: fields = {} }) {
  if (prompt === undefined) return;
  assert.ok(prompt.length < 30_000, `${prompt.length} characters`);
  const lines = fenced(prompt).join("\n");
  for (const text of shown) assert.ok(prompt.includes(text), `no ${text} in ${prompt}`);
  for (const text of inside) assert.ok(text instanceof RegExp ? text.test(lines) : lines.includes(text), `no ${text} in the fence of ${prompt}`);
  const outside = prompt.replaceAll(/^<<<UNTRUSTED (\w+)$.*?^UNTRUSTED \1>>>$/gms, "");
  for (const text of inside) if (typeof text === "string") assert.ok(!outside.includes(text), `${text} is outside of the fence of ${prompt}`);
  if (not) assertNot(prompt, not);
  const call = JSON.parse(JSON.stringify(request.body));
  assertMatches(call, fields, JSON.stringify(call));
  if (title) {
    assert.ok(call.title.length <= 250, call.title);
    assert.doesNotMatch(call.title, /[\p{Cc}\p{Cf}\u2028\u2029]/u, call.title);
    if (not) assertNot(call.title, not);
  }
}

/** Sends a request byte by byte as it is; gives { status, headers, body }, without a status where nothing came back. */
function exchange({ method, path, headers = {}, body = "", raw, endless }, patience) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  const bytes = Buffer.from(body);
  const known = pairs.map(([name]) => name.toLowerCase());
  const own = [["host", "localhost"], ["connection", "close"], ["content-length", bytes.length]].filter(
    ([name]) => !known.includes(name) && (name !== "content-length" || method !== "GET"),
  );
  const head = [`${method} ${path} HTTP/1.1`, ...[...own, ...pairs].map(([name, value]) => `${name}: ${value}`), "", ""];
  const { hostname, port } = new URL(bridge.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = Buffer.alloc(0);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answerIn(received));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      if (patience < SECONDS) resolve(answerIn(received));
      else reject(new Error(`No answer within ${SECONDS} s: ${received}`));
    }, patience * 1000);
    socket.on("data", (data) => {
      received = Buffer.concat([received, data]);
      if (complete(received)) end();
    });
    // A server that has said what it thinks may close while we still send.
    socket.on("error", end);
    socket.on("close", end);
    socket.write(raw === undefined ? Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), bytes]) : Buffer.from(raw, "latin1"));
    // With pauses: a write to a closed connection would end it before its answer is read.
    const more = () => {
      if (socket.destroyed) return;
      socket.write(endless);
      setTimeout(more, 5);
    };
    if (endless) more();
  });
}

function parts(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  return { status: Number(first.split(" ")[1]), headers, rest: bytes.subarray(end + 4) };
}

function complete(bytes) {
  const answer = parts(bytes);
  if (!answer) return false;
  const length = answer.headers["content-length"];
  return length === undefined ? answer.rest.includes("0\r\n\r\n") : answer.rest.length >= Number(length);
}

function answerIn(bytes) {
  const answer = parts(bytes);
  if (!answer) return { status: undefined, headers: {}, body: bytes.toString("latin1") };
  let body = answer.rest;
  if (answer.headers["transfer-encoding"] === "chunked") {
    const chunks = [];
    for (let at = 0; ; ) {
      const end = body.indexOf("\r\n", at);
      const length = end < 0 ? 0 : Number.parseInt(body.subarray(at, end).toString("latin1"), 16);
      if (!length) break;
      chunks.push(body.subarray(end + 2, end + 2 + length));
      at = end + 2 + length + 2;
    }
    body = Buffer.concat(chunks);
  }
  return { status: answer.status, headers: answer.headers, body: body.toString() };
}
