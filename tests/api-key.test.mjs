// Devin's API key: it goes to DEVIN_API_URL's host and nowhere else, and no call is longer or larger than is said.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, describe, test } from "node:test";
import { event } from "./exact.mjs";
import { newIncident, resolved, startBridge, until } from "./harness.mjs";
import { V3_KEY } from "./fake-devin.mjs";

/** A server on 127.0.0.1 that answers as it is told, with what it was asked in `asked`. */
async function listen(answer) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push({ method: request.method, path: request.url, key: request.headers.authorization });
    request.resume();
    answer(request, response, asked.length);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, port: server.address().port, url: `http://127.0.0.1:${server.address().port}` };
}

const creates = ({ asked }) => asked.filter(({ method }) => method === "POST");

describe("the key", { concurrency: true }, () => {
  test("follows no redirect: not to another host, nor to another port, nor with a get", async () => {
    const other = await listen((_, response) => response.end("{}"));
    const statuses = [301, 302, 303, 307, 308];
    const location = `http://localhost:${other.port}/v3`;
    const devin = await listen((_, response, count) => response.writeHead(statuses[count - 1] ?? 500, { location }).end());
    const bridge = await startBridge({ DEVIN_API_URL: devin.url });
    for (const [index] of statuses.entries()) {
      const { key } = await bridge.resolve();
      assert.equal((await bridge.settled(key)).state, "failed");
      assert.equal(creates(devin).length, index + 1);
    }
    assert.ok(devin.asked.every(({ key }) => key === `Bearer ${V3_KEY}`));
    assert.deepEqual(other.asked, []);
  });

  test("goes to no address that is not https, unless it is this machine", async () => {
    const other = await listen((_, response) => response.end("{}"));
    for (const address of [`http://127.0.0.2:${other.port}`, `http://127.0.0.1:1@127.0.0.2:${other.port}`]) {
      const bridge = await startBridge({ DEVIN_API_URL: address });
      const answer = await bridge.pagerduty(JSON.stringify({ event: { id: newIncident().id } }));
      assert.deepEqual([answer.status, answer.json.error], [503, "Configuration"], address);
    }
    assert.deepEqual(other.asked, []);
  });

  test("is used for one call at a time, of which no more than 1 MiB is read", async () => {
    let sent = 0;
    const devin = await listen((request, response) => {
      if (request.method === "GET") return response.end(JSON.stringify({ items: [], has_next_page: false }));
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(64 * 1024, " ");
      const more = () => {
        while (sent < 64 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
        response.end();
      };
      response.on("drain", more);
      more();
    });
    const bridge = await startBridge({ DEVIN_API_URL: devin.url });
    await bridge.resolve();
    await until("it was looked for, because nobody knows whether it was created", 60, () => devin.asked.some(({ method }) => method === "GET"));
    assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes were taken`);
  });

  test("half of it, where an answer breaks off, is not shown either", async () => {
    const bridge = await startBridge();
    const incident = newIncident();
    const half = V3_KEY.slice(0, -4);
    const before = `no such key: ${half}`;
    const body = `${before}${V3_KEY.slice(-4)}${"x".repeat(before.length - 4)}`;
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ status: 400, body, cut: "mid-answer" }] });
    await bridge.resolve(incident);
    const record = await bridge.settled(incident.key);
    assert.equal(record.state, "failed");
    assert.match(record.error, /^HTTP 400/);
    assert.ok(!JSON.stringify(record).includes(half), record.error);
  });

  test("a call that is not answered ends after 60 s", { timeout: 120_000 }, async () => {
    let ended;
    const devin = await listen((request) => {
      const start = performance.now();
      request.socket.on("close", () => (ended ??= performance.now() - start));
    });
    const bridge = await startBridge({ DEVIN_API_URL: devin.url });
    await bridge.resolve();
    await until("the call has ended", 80, () => ended !== undefined);
    assert.ok(ended > 55_000 && ended < 66_000, `${ended} ms`);
  });

  for (const drips of ["head", "body"]) {
    test(`an answer whose ${drips} drips ends after 60 s, and what it was about is done once`, { timeout: 240_000 }, async () => {
      const bridge = await startBridge({ ROUTES: JSON.stringify([{ start_on: "acknowledged" }]) });
      const { devin } = bridge;
      const begins = async (incident) => {
        await bridge.pagerduty(event("acknowledged", incident));
        return until(`${incident.key} has its session`, 200, async () => {
          const record = await bridge.record(incident.key);
          return record?.state === "started" && record;
        });
      };
      const lost = { done: true, status: 500, body: "oops" };
      const started = async (calls) => {
        const incident = newIncident();
        for (const call of calls) devin.script({ call, match: call === "list" ? incident.key : incident.id, replies: [{ drips, done: true }] });
        if (!calls.includes("create")) devin.script({ call: "create", match: incident.id, replies: [lost] });
        await begins(incident);
        assert.equal(devin.creates(incident.id).length, 1, calls.join());
      };
      const told = async (call) => {
        const incident = newIncident();
        const { sessionId } = await begins(incident);
        if (call === "messages") devin.script({ call: "message", match: sessionId, replies: [lost] });
        devin.script({ call, match: sessionId, replies: [{ drips, done: true }] });
        await bridge.pagerduty(resolved(incident.id));
        await until("the message is known to have arrived", 200, async () => devin.messages(sessionId).length > 0 && (await bridge.record(incident.key)).followUps === 0);
        assert.equal(devin.messages(sessionId).length, 1, call);
      };
      await Promise.all([started(["create"]), started(["list"]), told("message"), told("messages")]);
    });
  }
});
