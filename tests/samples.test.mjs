// Every sample of `npm run send`, as its sender delivers it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AMPLE, SECRETS, startBridge } from "./harness.mjs";
import { deliver, freshId, sample, sampleNames } from "../scripts/samples.mjs";

const bridge = await startBridge(AMPLE);

const send = async (name, id) => {
  const { status, text } = await deliver(bridge.url, sample(name, id), SECRETS);
  return { code: status, ...JSON.parse(text) };
};

// Everything else starts a session.
const IGNORED = {
  "pagerduty-triggered": "event_type",
  "pagerduty-acknowledged": "event_type",
  "pagerduty-annotated": "event_type",
  "pagerduty-priority-updated": "event_type",
  "pagerduty-reopened": "event_type",
  "pagerduty-merged": "merged",
  "pagerduty-ping": "ping",
  "azure-metric-resolved": "recovered",
  "kibana-recovered": "recovered",
  "alertmanager-resolved": "recovered",
};

for (const name of sampleNames) {
  const reason = IGNORED[name];
  test(`${name} is ${reason ? `ignored: ${reason}` : "answered with a session"}`, async () => {
    const answer = await send(name);
    assert.equal(answer.success, true, JSON.stringify(answer));
    if (reason) {
      assert.deepEqual([answer.code, answer.status, answer.reason], [200, "ignored", reason], JSON.stringify(answer));
      return;
    }
    // Who waits for a second or five gets no answer that waits for the session.
    const expected = /^(pagerduty|sentry)/.test(name) ? [202, "accepted"] : [200, "started"];
    assert.deepEqual([answer.code, answer.status], expected, JSON.stringify(answer));
    assert.equal((await bridge.settled(answer.incident)).state, "started");
  });
}

test("two sends of one sample are two incidents, with --id they are one", async () => {
  for (const name of ["alert", "azure-metric-fired", "kibana-es-query", "kibana-log-threshold", "kibana-recommended"]) {
    const id = freshId(name);
    const [first, second, other] = [await send(name, id), await send(name, id), await send(name)];
    assert.equal(second.status, "duplicate", JSON.stringify(second));
    assert.deepEqual([second.incident, second.sessionId], [first.incident, first.sessionId]);
    assert.notEqual(other.incident, first.incident);
  }
});
