// Devin can't be reached at all: its name is not known, or nobody listens. Every incident waits and goes on afterwards.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newIncident, resolved, SECRETS, until } from "../harness.mjs";
import { acknowledged, APIS, startWatched } from "./cells.mjs";
import { OUTAGES } from "./matrix.mjs";

const WORDS = "no answer from Devin";
const FAILING = Array.from({ length: 100 }, () => ({ status: 500, body: "Internal Server Error" }));
const DONE_UNSEEN = { done: true, status: 500, body: "Internal Server Error" };
const BUSY = { status: 429, headers: { "retry-after": "15" }, body: { detail: "Slow down" } };

describe("outages", { concurrency: true }, () => {
  for (const api of APIS) {
    for (const outage of OUTAGES) test(`${outage.name}, API ${api}`, () => through(outage, api));
  }
});

async function through({ how }, api) {
  const { bridge, watch } = await startWatched(api, { WAIT_SECONDS: "5" });
  const { devin } = bridge;
  const started = (key) => watch.until(`${key} has its session`, key, 30, ({ listing }) => listing?.state === "started");
  const scripts = [];
  const failing = (call, match) => scripts.push(devin.script({ call, match, replies: FAILING }));

  // Incidents that have come so far: with a session, with one that must be looked for, busy, with a message on its way.
  const [create, again, look, message, lookMessage] = Array.from({ length: 5 }, newIncident);
  for (const incident of [message, lookMessage]) {
    await bridge.pagerduty(acknowledged(incident));
    await started(incident.key);
  }
  const [told, toldUnseen] = [message, lookMessage].map(({ key }) => watch.of(key).sessions[0]);
  devin.script({ call: "create", match: again.id, replies: [BUSY] });
  devin.script({ call: "create", match: look.id, replies: [DONE_UNSEEN] });
  failing("list", look.id);
  devin.script({ call: "message", match: toldUnseen.id, replies: [DONE_UNSEEN] });
  failing(api === "v3" ? "messages" : "get", toldUnseen.id);
  await bridge.resolve(again);
  await bridge.resolve(look);
  await bridge.pagerduty(resolved(lookMessage.id));
  await until("they have come so far", 60, () => watch.of(look.key).sessions.length === 1 && toldUnseen.messages.length === 1);

  await OUT[how](bridge);
  await bridge.resolve(create);
  const answer = await bridge.pagerduty(resolved(message.id));
  assert.deepEqual([answer.status, answer.json.status], [202, "accepted"], answer.text);
  const alert = { alertName: "outage", severity: 1, description: "tried", alertId: newIncident().id };
  const headers = { "x-webhook-secret": SECRETS.WEBHOOK_SECRET };
  const waiting = await bridge.post("/api/trigger-devin", JSON.stringify(alert), headers);
  assert.deepEqual([waiting.status, waiting.json.status], [202, "accepted"], waiting.text);
  assert.ok(waiting.ms < 10_000, `${waiting.ms} ms`);

  const tried = async ({ key }, state) => {
    await until(`${key} is tried in vain`, 60, async () => {
      const record = await bridge.record(key);
      assert.equal(record.state, state);
      return record.timeline.some(({ what }) => what.includes(WORDS)) || record.error?.includes(WORDS);
    });
  };
  const alerted = { key: `alert-${alert.alertId}` };
  await Promise.all([
    ...[create, again, look, alerted].map((incident) => tried(incident, "waiting")),
    ...[message, lookMessage].map((incident) => tried(incident, "started")),
  ]);
  assert.equal(devin.all.length, 3);

  for (const script of scripts) script.drop();
  await BACK[how](bridge);
  for (const { key } of [create, again, look, alerted]) {
    await watch.until(`${key} has its session`, key, 60, ({ listing }) => listing?.state === "started");
  }
  await until("the message has arrived", 60, () => told.messages.length > 0);
  await until("the other message was looked for", 60, async () => {
    const { timeline } = await bridge.record(lookMessage.key);
    return timeline.some(({ what }) => what.includes("sent to the session"));
  });
  for (const { key } of [create, again, look, alerted, message, lookMessage]) assert.equal(watch.of(key).sessions.length, 1, key);
  assert.deepEqual([told.messages.length, toldUnseen.messages.length], [1, 1]);
  assert.deepEqual([watch.of(look.key).creates.length, watch.of(lookMessage.key).sends.length], [1, 1]);
  watch.stop();
}

const OUT = { refused: ({ devin }) => devin.stop(), unknown: (bridge) => restart(bridge, "https://devin.invalid") };
const BACK = { refused: ({ devin }) => devin.restart(), unknown: (bridge) => restart(bridge, bridge.devin.url) };

async function restart(bridge, url) {
  await bridge.stop();
  bridge.vars.DEVIN_API_URL = url;
  await bridge.start();
}
