// The look for a session that may exist: by its tag or its title, through all pages, in a list that lags behind.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { V1_KEY } from "../fake-devin.mjs";
import { newIncident, resolved, startBridge, until } from "../harness.mjs";

const APIS = { v3: {}, v1: { DEVIN_API_KEY: V1_KEY, DEVIN_ORG_ID: "" } };
const DONE_UNSEEN = { done: true, status: 500, body: "Internal Server Error" };

/** An incident whose session exists, which the bridge is not told; `others` newer sessions come before it in the list. */
async function unseen(bridge, others = 0) {
  const incident = newIncident();
  bridge.devin.script({ call: "create", match: incident.id, replies: [DONE_UNSEEN] });
  await bridge.resolve(incident);
  await until("Devin has made the session", 60, () => bridge.devin.sessions(incident.id).length === 1);
  for (let i = 0; i < others; i++) {
    const other = newIncident();
    const title = `Postmortem: Checkout answers 502 [incident:${other.key}]`;
    bridge.devin.all.push({ id: `devin-${other.id}`, createdMs: Date.now(), status: "running", title, tags: [], messages: [] });
  }
  return incident;
}

describe("looking for a session", { concurrency: 3 }, () => {
  for (const [api, vars] of Object.entries(APIS)) {
    test(`without tags, API ${api}: it is found by its title`, async () => {
      const bridge = await startBridge({ ...vars, TAGS: "off" });
      const incident = await unseen(bridge);
      const { session } = await bridge.oneSession(incident);
      assert.deepEqual(session.tags, []);
      assert.equal(bridge.devin.creates(incident.id).length, 1);
      const repeat = await bridge.pagerduty(resolved(incident.id));
      assert.equal(repeat.json.sessionId, session.id);
    });

    test(`without tags, API ${api}: it is found on the third page`, async () => {
      const bridge = await startBridge({ ...vars, TAGS: "off" });
      const incident = await unseen(bridge, 250);
      await bridge.oneSession(incident);
      assert.equal(bridge.devin.creates(incident.id).length, 1);
      assert.equal(bridge.devin.calls("list").length, 3);
    });

    test(`API ${api}: it is found although the list shows it only after 9 s`, async () => {
      const bridge = await startBridge(vars);
      bridge.devin.listLagMs = 9000;
      const incident = await unseen(bridge);
      await bridge.oneSession(incident, 40);
      assert.equal(bridge.devin.creates(incident.id).length, 1);
      assert.equal(bridge.devin.calls("list").length, 3);
    });
  }

  test("the list is longer than anybody reads: no second session is made", async () => {
    const bridge = await startBridge({ TAGS: "off" });
    const incident = await unseen(bridge, 1500);
    const record = await bridge.settled(incident.key, 40);
    assert.equal(record.state, "failed");
    assert.match(record.error, /may exist/);
    assert.equal(bridge.devin.creates(incident.id).length, 1);
  });
});
