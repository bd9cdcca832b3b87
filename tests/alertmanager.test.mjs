// Debian's Alertmanager as the client: what it really sends, and when it sends it again.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { missing, placeOf, program } from "../scripts/debian.mjs";
import { AMPLE, SECRETS, startBridge, until } from "./harness.mjs";

const NAME = "prometheus-alertmanager";

const bridge = await startBridge(AMPLE);
const cleanups = [];

describe("Alertmanager", { skip: missing(NAME) }, () => {
  let gate;
  let pair;

  before(async () => {
    gate = await startGate(bridge.url);
    // They don't know of each other, so that both send everything: the worst that a pair can do.
    pair = await Promise.all([startAlertmanager(gate.url), startAlertmanager(gate.url)]);
  });

  after(async () => {
    for (const clean of cleanups.reverse()) await clean();
  });

  const sessions = (id) => bridge.devin.sessions(id);
  const alert = (id, labels = {}) => ({
    labels: { alertname: `Slow-${id}`, severity: "critical", service: "checkout", ...labels },
    annotations: { summary: "Checkout is slow", description: `p95 is above 2 s (${id})` },
    generatorURL: "https://prometheus.example/graph",
  });
  const post = (alerts, to = pair) => Promise.all(to.map((one) => one.post(alerts)));
  const answers = (id) => gate.seen.filter(({ request }) => request.includes(id));

  test("each alert of a group gets one session, whatever is repeated and however many Alertmanagers watch it", async () => {
    const id = randomUUID();
    const alerts = ["web-1", "web-2"].map((instance) => alert(id, { instance }));
    await post(alerts);
    await until("both alerts have their sessions", 60, () => sessions(id).length === 2);
    await until("both have sent it, and again", 60, () => answers(id).length >= 4);
    assert.equal(sessions(id).length, 2);
    for (const { status, request } of answers(id)) {
      assert.ok(status === 200 || status === 202, `${status}`);
      assert.equal(JSON.parse(request).alerts.length, 2);
    }
    const prompts = sessions(id).map(({ prompt }) => prompt);
    for (const instance of ["web-1", "web-2"]) assert.equal(prompts.filter((prompt) => prompt.includes(`Affected resource**: ${instance}`)).length, 1);
    assert.ok(prompts.every((prompt) => prompt.includes("critical (Sev 0)") && prompt.includes("Checkout is slow")));
  });

  test("a session hears once that its alert is resolved", async () => {
    const id = randomUUID();
    await post([alert(id)]);
    const [session] = await until("it has its session", 60, () => sessions(id).length === 1 && sessions(id));
    await post([{ ...alert(id), endsAt: new Date().toISOString() }]);
    await until("the session is notified", 60, () => bridge.devin.messages(session.id).length > 0);
    await until("both have said that it is over", 60, () => answers(id).filter(({ request }) => request.includes('"status":"resolved"')).length >= 2);
    const messages = bridge.devin.messages(session.id);
    assert.equal(messages.length, 1, JSON.stringify(messages));
    assert.match(messages[0].message, /has recovered/);
    assert.equal(sessions(id).length, 1);
  });

  test("what is answered 503 is sent again, and then has one session", async () => {
    const id = randomUUID();
    gate.refuse(2, id);
    await post([alert(id)], pair.slice(0, 1));
    await until("it has its session", 60, () => sessions(id).length === 1);
    assert.deepEqual(answers(id).slice(0, 2).map(({ status }) => status), [503, 503]);
    assert.equal(sessions(id).length, 1);
  });
});

/** What stands between Alertmanager and the bridge: keeps what passes, and answers 503 to what has these words, as often as it is asked to. */
async function startGate(url) {
  const gate = { seen: [], left: 0, refuse: (times, words) => Object.assign(gate, { left: times, words }) };
  const server = createServer(async (incoming, outgoing) => {
    let request = "";
    for await (const chunk of incoming) request += chunk;
    const answer = (status, text = "") => {
      gate.seen.push({ request, status });
      outgoing.writeHead(status).end(text);
    };
    if (gate.left > 0 && request.includes(gate.words)) {
      gate.left -= 1;
      return answer(503);
    }
    const { authorization } = incoming.headers;
    try {
      const response = await fetch(`${url}${incoming.url}`, { method: incoming.method, headers: { authorization }, body: request });
      answer(response.status, await response.text());
    } catch {
      // The bridge ends before the last delivery does: as for a real client, nobody is there.
      outgoing.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return Object.assign(gate, { url: `http://127.0.0.1:${server.address().port}` });
}

async function startAlertmanager(url) {
  const folder = mkdtempSync(join(tmpdir(), "devin-bridge-alertmanager-"));
  const config = {
    route: { receiver: "devin", group_by: ["alertname"], group_wait: "500ms", group_interval: "1s", repeat_interval: "2s" },
    receivers: [
      { name: "devin", webhook_configs: [{ url: `${url}/hooks/alertmanager`, send_resolved: true, http_config: { authorization: { credentials: SECRETS.WEBHOOK_SECRET } } }] },
    ],
  };
  writeFileSync(join(folder, "alertmanager.yml"), JSON.stringify(config)); // JSON is YAML
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const address = await listening(folder);
  const post = async (alerts) => {
    const response = await fetch(`${address}/api/v2/alerts`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(alerts) });
    assert.equal(response.status, 200, await response.text());
  };
  return { post };
}

/** The address of one that runs. Somebody else may take the port before it does: then it ends, and another port is tried. */
async function listening(folder, attempts = 5) {
  const port = await freePort();
  const args = [`--config.file=${folder}/alertmanager.yml`, `--storage.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, "--cluster.listen-address=", "--log.level=error"];
  const child = spawn(await alertmanager(), args, { stdio: "inherit" });
  const ended = once(child, "exit");
  cleanups.push(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const address = `http://127.0.0.1:${port}`;
  const isReady = () => fetch(`${address}/-/ready`).then(({ ok }) => ok, () => false);
  await until("Alertmanager is ready", 60, async () => child.exitCode !== null || (await isReady()));
  if (child.exitCode === null) return address;
  assert.ok(attempts > 1, "Alertmanager has ended");
  return listening(folder, attempts - 1);
}

const INSTALLED = "/usr/share/prometheus/alertmanager";

/**
 * The program. It looks for its templates where Debian installs them, and nothing else says where; so one that is only
 * unpacked gets a copy that looks into a folder with a name as long.
 */
let found;
const alertmanager = () => (found ??= prepared());

async function prepared() {
  const path = await program(NAME, { of: NAME });
  if (!path.startsWith(placeOf(NAME))) return path;
  const folder = `/tmp/${randomUUID().replaceAll("-", "").slice(0, INSTALLED.length - "/tmp/".length)}`;
  cpSync(join(placeOf(NAME), INSTALLED), folder, { recursive: true });
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, "alertmanager");
  writeFileSync(copy, readFileSync(path).toString("latin1").replaceAll(INSTALLED, folder), "latin1");
  chmodSync(copy, 0o755);
  return copy;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
