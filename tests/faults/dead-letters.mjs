// What failed for good: how it looks, and how it is brought back.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { ROOT } from "../../scripts/steps.mjs";
import { V3_KEY } from "../fake-devin.mjs";
import { AMPLE, newIncident, resolved, SECRETS, startBridge, until } from "../harness.mjs";
import { acknowledged, admin } from "./cells.mjs";

const WORDS = "Invalid API key";
const WRONG_KEY = "cog_expired_key";
const FROM_ACKNOWLEDGED = JSON.stringify([{ sender: "pagerduty", start_on: "acknowledged" }]);

function replay(bridge, key) {
  return bridge.post(`/api/incidents/${key}/replay`, undefined, { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` });
}

async function restart(bridge, vars) {
  await bridge.stop();
  Object.assign(bridge.vars, vars);
  await bridge.start();
}

/** npm run replay, as an operator calls it. */
function runReplay(bridge, args, env = { ADMIN_TOKEN: SECRETS.ADMIN_TOKEN }) {
  return new Promise((resolve) => {
    const all = ["run", "--silent", "replay", "--", "--url", bridge.url, ...args];
    const child = spawn("npm", all, { cwd: ROOT, env: { ...process.env, ...env } });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
    child.on("close", (code) => resolve({ code, text }));
  });
}

/** Each case by its name. */
export const cases = {
  async "a dead letter has Devin's last words and every attempt's time"() {
    const bridge = await startBridge();
    const incident = newIncident();
    const replies = [{ status: 429, body: { detail: "Slow down" } }, { status: 403, body: { detail: "Not your organisation" } }];
    bridge.devin.script({ call: "create", match: incident.id, replies });
    await bridge.resolve(incident);
    const record = await bridge.settled(incident.key);
    assert.equal(record.state, "failed");
    assert.match(record.error, /Not your organisation/);
    assert.equal(record.sessionId, null);

    const attempts = bridge.devin.creates(incident.id);
    assert.equal(attempts.length, 2);
    for (const [index, words] of ["Slow down", "Not your organisation"].entries()) {
      const line = record.timeline.find(({ what }) => what.includes(words));
      assert.ok(line, JSON.stringify(record.timeline));
      assert.ok(Math.abs(Date.parse(line.at) - attempts[index].at) < 5000, line.at);
    }
    const listed = await until("it is listed as failed", 60, async () => {
      const { incidents } = await admin(bridge, "/api/incidents?state=failed");
      return incidents.find(({ incident: key }) => key === incident.key);
    });
    assert.equal(listed.error, record.error);
  },

  async "ten replays at once try it once"() {
    const bridge = await startBridge({}, { controlled: true });
    const incident = newIncident();
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ status: 401, body: { detail: WORDS } }] });
    await bridge.resolve(incident);
    assert.equal((await bridge.settled(incident.key)).state, "failed");

    const answers = await Promise.all(Array.from({ length: 10 }, () => replay(bridge, incident.key)));
    const statuses = answers.map(({ json }) => json.status);
    assert.equal(statuses.filter((status) => status === "accepted").length, 1, statuses.join());
    assert.equal(statuses.filter((status) => status === "ignored").length, 9, statuses.join());
    await bridge.oneSession(incident);
    await bridge.quiet();
    assert.equal(bridge.devin.creates(incident.id).length, 2);
    assert.equal((await replay(bridge, incident.key)).json.status, "ignored");
  },

  async "a replay finds the session that exists after all, and makes no other"() {
    const bridge = await startBridge();
    const incident = newIncident();
    bridge.devin.script({ call: "create", match: incident.id, replies: [{ done: true, status: 500, body: "oops" }] });
    bridge.devin.script({ call: "list", match: incident.id, replies: [{ status: 403, body: { detail: "ViewOrgSessions" } }] });
    await bridge.resolve(incident);
    const record = await bridge.settled(incident.key);
    assert.equal(record.state, "failed");
    assert.match(record.error, /may exist.*ViewOrgSessions/);
    assert.equal((await replay(bridge, incident.key)).status, 202);
    await bridge.oneSession(incident);
    assert.equal(bridge.devin.creates(incident.id).length, 1);
  },

  async "the key is fixed: a replay starts the session"() {
    const bridge = await startBridge({ DEVIN_API_KEY: WRONG_KEY });
    const incident = await bridge.resolve();
    const failed = await bridge.settled(incident.key);
    assert.equal(failed.state, "failed");
    assert.match(failed.error, new RegExp(WORDS));

    // Nobody has fixed it yet: it fails again, in the same words.
    assert.equal((await replay(bridge, incident.key)).status, 202);
    await until("it has failed again", 60, async () => {
      const record = await bridge.record(incident.key);
      return record.state === "failed" && record.timeline.filter(({ what }) => what.includes(WORDS)).length >= 2;
    });

    await restart(bridge, { DEVIN_API_KEY: V3_KEY });
    assert.equal((await replay(bridge, incident.key)).status, 202);
    const { record } = await bridge.oneSession(incident);
    assert.equal(record.error, null);
  },

  async "npm run replay -- --failed brings back a whole outage"() {
    const bridge = await startBridge({ ...AMPLE, ROUTES: FROM_ACKNOWLEDGED });
    // One whose session is to miss its message, one that is well, …
    const [untold, well] = [newIncident(), newIncident()];
    for (const incident of [untold, well]) {
      await bridge.pagerduty(acknowledged(incident));
      await bridge.settled(incident.key);
    }
    // … and then the key expires.
    await restart(bridge, { DEVIN_API_KEY: WRONG_KEY });
    await bridge.pagerduty(resolved(untold.id));
    const lost = Array.from({ length: 30 }, newIncident);
    for (const incident of lost) await bridge.resolve(incident);
    for (const incident of lost) assert.equal((await bridge.settled(incident.key)).state, "failed");
    await until("the message has failed", 60, async () => (await bridge.record(untold.key)).error !== null);
    await until("the list knows", 60, async () => {
      const { incidents } = await admin(bridge, "/api/incidents?limit=200");
      return incidents.filter(({ error }) => error !== null).length === lost.length + 1;
    });
    const asked = bridge.devin.creates("").length;

    const wrong = await runReplay(bridge, ["--failed"], { ADMIN_TOKEN: "wrong" });
    assert.equal(wrong.code, 1, wrong.text);
    assert.match(wrong.text, /401/);
    const future = await runReplay(bridge, ["--failed", "--since", new Date(Date.now() + 60_000).toISOString()]);
    assert.match(future.text, /^0 tried again/m);
    const dry = await runReplay(bridge, ["--failed", "--since", "1h", "--dry-run"]);
    assert.match(dry.text, /^31 would be tried again/m);
    assert.equal(bridge.devin.creates("").length, asked, "nothing was tried so far");

    await restart(bridge, { DEVIN_API_KEY: V3_KEY });
    const { code, text } = await runReplay(bridge, ["--failed", "--since", "1h", "--token", SECRETS.ADMIN_TOKEN], {});
    assert.equal(code, 0, text);
    assert.match(text, /^31 tried again, 0 had nothing to be tried, 0 not possible/m);
    for (const incident of lost) await bridge.oneSession(incident);
    const session = bridge.devin.sessions(untold.key)[0];
    await until("the message has arrived", 60, () => session.messages.length === 1);
    assert.equal(bridge.devin.sessions(well.key)[0].messages.length, 0);
    assert.equal(bridge.devin.all.length, lost.length + 2);

    const again = await runReplay(bridge, ["--failed"]);
    assert.match(again.text, /^0 tried again/m);
    const one = await runReplay(bridge, [lost[0].key]);
    assert.match(one.text, /^0 tried again, 1 had nothing to be tried/m);
  },
};
