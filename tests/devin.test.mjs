// What Devin answers, or fails to answer, and what becomes of the incident.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AMPLE, newIncident, startBridge } from "./harness.mjs";

const bridge = await startBridge(AMPLE);
const { devin } = bridge;

const problem = (status, title, detail) => ({
  status,
  headers: { "content-type": "application/problem+json" },
  body: { type: "about:blank", title, status, detail },
});

/** An incident whose create calls are answered like this. */
async function incidentWith(...replies) {
  const incident = newIncident();
  devin.script({ call: "create", match: incident.id, replies });
  return bridge.resolve(incident);
}

/** How often the incident's session, which exists by now, was looked for by its tag. */
function searchesFor({ id }) {
  const [session] = devin.sessions(id);
  return devin.calls("list", session.tags.find((tag) => tag.startsWith("incident:"))).length;
}

const stalled = newIncident();

test("while Devin takes 30 s the sender has its answer within a second", async () => {
  await bridge.request("/health");
  devin.script({ call: "create", match: stalled.id, replies: [{ delayMs: 30_000 }] });
  const start = performance.now();
  await bridge.resolve(stalled);
  const ms = performance.now() - start;
  assert.ok(ms < 1000, `${ms} ms`);
  assert.equal(devin.sessions(stalled.id).length, 0);
});

// Each test has an incident of its own, so they need not wait for each other.
describe("Devin's answers", { concurrency: true }, () => {
  test("… and its session when Devin is done", async () => {
    await bridge.oneSession(stalled, 90);
  });

  test("503 twice, then fine", async () => {
    const incident = await incidentWith({ status: 503, body: "busy" }, problem(503, "Service Unavailable", "busy"));
    await bridge.oneSession(incident, 60);
    assert.equal(devin.creates(incident.id).length, 3);
    assert.ok(searchesFor(incident) >= 2, "each 503 was looked up before the next try");
  });

  const created = {
    "500 in plain text": { done: true, status: 500, body: "Internal Server Error" },
    "502 in HTML": { done: true, status: 502, body: "<html><h1>Bad gateway</h1></html>" },
    "504 as a problem": { done: true, ...problem(504, "Gateway Timeout", "upstream timed out") },
    "200 that is not JSON": { done: true, status: 200, body: "<html>welcome</html>" },
    "200 without a session": { done: true, status: 200, body: {} },
    "a connection cut after it": { cut: "after-create" },
    "a connection cut in the middle of the answer": { cut: "mid-answer" },
  };
  for (const [name, reply] of Object.entries(created)) {
    test(`the session was created, but the answer was ${name}: it is found by its tag`, async () => {
      const incident = await incidentWith(reply);
      await bridge.oneSession(incident, 60);
      assert.equal(devin.creates(incident.id).length, 1);
      assert.ok(searchesFor(incident) >= 1);
    });
  }

  test("a connection cut before anything happened is tried again", async () => {
    const incident = await incidentWith({ cut: "before-read" });
    await bridge.oneSession(incident, 60);
    assert.equal(devin.creates(incident.id).length, 2);
  });

  test("the session is found although the first searches fail", async () => {
    const bridge = await startBridge();
    const { devin } = bridge;
    const incident = newIncident();
    devin.script({ call: "create", match: incident.id, replies: [{ done: true, status: 500, body: "oops" }] });
    const searches = devin.script({
      call: "list",
      replies: [{ status: 500, body: "oops" }, { cut: "before-read" }, { status: 200, body: "<html>" }],
    });
    await bridge.resolve(incident);
    await bridge.oneSession(incident, 90);
    assert.equal(devin.creates(incident.id).length, 1);
    assert.equal(searches.left(), 0);
  });

  test("another incident's session in the search's answer is not taken for this one's", async () => {
    const bridge = await startBridge();
    const { devin } = bridge;
    const { session } = await bridge.oneSession(await bridge.resolve());
    const found = { session_id: session.id, url: "https://app.devin.ai/sessions/x", status: "running", tags: session.tags };
    const incident = newIncident();
    devin.script({ call: "create", match: incident.id, replies: [{ done: true, status: 500, body: "oops" }] });
    devin.script({ call: "list", replies: [{ status: 200, body: { items: [found, found], has_next_page: false, total: 2 } }] });
    await bridge.resolve(incident);
    const record = await bridge.settled(incident.key, 60);
    assert.notEqual(record.sessionId, session.id);
  });

  const final = {
    "401": [problem(401, "Unauthorized", "The API key has expired"), "The API key has expired"],
    "403": [problem(403, "Forbidden", "ManageOrgSessions is needed"), "ManageOrgSessions is needed"],
    "404": [problem(404, "Not Found", "No such organization"), "No such organization"],
    "400 with only a title": [{ status: 400, body: { title: "Unknown platform", status: 400 } }, "Unknown platform"],
    "422 with a list": [
      { status: 422, body: { detail: [{ loc: ["body", "tags"], msg: "too many tags", type: "value_error" }] } },
      "too many tags",
    ],
    "410 in a shape nobody has heard of": [{ status: 410, body: { reason: { text: "a riddle" } } }, "a riddle"],
    "402 in HTML": [{ status: 402, body: "<html>Out of credits</html>" }, "Out of credits"],
  };
  for (const [name, [reply, words]] of Object.entries(final)) {
    test(`${name} is final, recorded in Devin's words`, async () => {
      const incident = await incidentWith(reply);
      const record = await bridge.settled(incident.key);
      assert.equal(record.state, "failed");
      assert.ok(record.error.includes(words), record.error);
      await sleep(4000);
      assert.equal(devin.creates(incident.id).length, 1);
      assert.equal(devin.sessions(incident.id).length, 0);
      assert.ok(bridge.logs.some(({ message }) => message.includes(incident.key) && message.includes(words)));
    });
  }

  const wait = async (incident) => {
    await bridge.oneSession(incident, 60);
    const [first, second, ...more] = devin.creates(incident.id);
    assert.deepEqual(more, []);
    return second.at - first.at;
  };

  test("429 is tried again after Retry-After", async () => {
    const incident = await incidentWith({ ...problem(429, "Too Many Requests", "slow down"), headers: { "retry-after": "3" } });
    const ms = await wait(incident);
    assert.ok(ms >= 2900 && ms < 6000, `${ms} ms`);
    assert.equal(searchesFor(incident), 0, "a refused request was never processed: nothing to look for");
  });

  test("429 with a date in Retry-After", async () => {
    const date = new Date(Date.now() + 15_000).toUTCString();
    const incident = await incidentWith({ status: 429, headers: { "retry-after": date }, body: {} });
    await wait(incident);
    const late = devin.creates(incident.id)[1].at - Date.parse(date);
    assert.ok(late >= 0 && late < 4000, `${late} ms`);
  });

  test("429 without Retry-After is tried again after about a second, then later", async () => {
    const refusal = { status: 429, body: { detail: "You exceeded your concurrent session limit of 5" } };
    const incident = await incidentWith(refusal, refusal);
    await bridge.oneSession(incident, 60);
    const at = devin.creates(incident.id).map((create) => create.at);
    assert.equal(at.length, 3);
    assert.ok(at[1] - at[0] >= 400 && at[1] - at[0] < 4000, `${at[1] - at[0]} ms`);
    assert.ok(at[2] - at[1] >= 400 && at[2] - at[1] < 8000, `${at[2] - at[1]} ms`);
  });

  test("fields and values nobody has heard of yet do no harm", async () => {
    const body = { session_id: "devin-fromthefuture", url: "https://app.devin.ai/sessions/x", status: "dreaming", moods: [1] };
    const incident = await incidentWith({ status: 200, body });
    const record = await bridge.settled(incident.key);
    assert.deepEqual([record.state, record.sessionId], ["started", "devin-fromthefuture"]);
  });
});
