// A thread for each incident at Slack: one root, whatever Slack loses, refuses or somebody deletes.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ADMIN, newAlert, start } from "./alerting.mjs";
import { BOT, FakeSlack } from "./fake-slack.mjs";
import { startBridge, until } from "./harness.mjs";

const slack = await FakeSlack.start();
after(() => slack.stop());
const bridge = await startBridge(slack.vars, { controlled: true });

const moods = new Map();
slack.mood = (request) => [...moods].find(([match]) => request.text.includes(match))?.[1](request);

const HOSTILE = "<!channel> *all* <http://evil.example|here> @everyone `code`";
const shown = ({ blocks }) => blocks.map(({ text }) => text.text).join("\n");
const timeline = async (incident) => (await bridge.record(incident)).timeline.map(({ what }) => what);
const told = (incident, what, times = 1) =>
  until(`Slack hears that the session of ${incident} ${what}`, 60, async () => {
    await bridge.advance(15);
    const line = `Slack notified that the session ${what}`;
    return (await timeline(incident)).filter((found) => found === line).length >= times;
  });

/** The session goes on to this state, with this work, and the cron trigger sees it. */
async function becomes(sessionId, detail, work = {}) {
  bridge.devin.setStatus(sessionId, "running", detail);
  bridge.devin.setWork(sessionId, work);
  await bridge.advance(300);
  await bridge.cron();
}

test("the root says how the incident stands, and replies tell the rest", async () => {
  const { incident, sessionId, sessionUrl } = await start(bridge, newAlert({ description: "d", alertName: HOSTILE }));
  await told(incident, "started");
  const [root, ...more] = slack.roots(incident);
  assert.deepEqual([more, slack.replies(root)], [[], []]);
  assert.equal(root.blocks[0].text.text, `*Devin session started*: <${sessionUrl}>`);
  assert.deepEqual(root.metadata.event_payload, { incident, number: 0 });

  bridge.devin.say(sessionId, `Which one? ${HOSTILE}`);
  await becomes(sessionId, "waiting_for_user");
  await told(incident, "waits for somebody");
  await becomes(sessionId, "waiting_for_user", { output: { summary: `Found it. ${HOSTILE}`, actions: ["Merge it"] } });
  await told(incident, "ended");
  const [asks, ended, ...others] = slack.replies(root);
  assert.deepEqual(others, []);
  assert.match(shown(asks), /^\*Devin waits for you\*: .*\nDevin's last words: “Which one\? /);
  assert.match(shown(ended), /^\*Devin session ended\*: .*\nFinding: Found it\./);
  assert.match(shown(root), /^\*Devin session ended\*: .*\nIncident: .*\n[^]*Finding: Found it\. /);

  await becomes(sessionId, "waiting_for_user", { output: { summary: "It was the pool.", actions: [] } });
  await told(incident, "has more to show");
  assert.equal(slack.roots(incident).length, 1);
  assert.equal(slack.replies(root).length, 2, "the reply with the end says it now");
  assert.match(shown(ended), /Finding: It was the pool\./);

  for (const { blocks, text, mrkdwn } of slack.messages) {
    assert.ok(!/[<>]/.test(text) && mrkdwn === false, text);
    for (const { text: part } of blocks) {
      const ours = part.type === "mrkdwn" && part.verbatim && /^\*[^*<]+\*: <https:[^<>|]+>$/.test(part.text);
      assert.ok(ours || (part.type === "plain_text" && part.emoji === false), JSON.stringify(part));
    }
  }
  assert.ok(!(await bridge.request(`/api/incidents/${incident}`)).text.includes(BOT));
});

test("a root whose answer is lost, or whose look-up fails too, is not posted twice", async () => {
  const alert = newAlert();
  let [posts, looks] = [2, 2];
  moods.set(alert.alertId.slice(0, 12), () => undefined);
  const mood = ({ call }) => {
    if (call === "chat.postMessage" && posts-- > 0) return { cut: true, done: posts === 0 };
    if (call === "conversations.history" && looks-- > 0) return { error: "internal_error" };
  };
  moods.set("", mood);
  const { incident } = await start(bridge, alert);
  await told(incident, "started");
  moods.delete("");
  assert.equal(slack.roots(incident).length, 1);
});

test("where the look-up is refused the root stays in doubt, and the next notice looks again", async () => {
  let [posts, refuse] = [1, true];
  moods.set("", ({ call }) => {
    if (call === "chat.postMessage" && posts-- > 0) return { cut: true, done: true };
    if (call === "conversations.history" && refuse) return { error: "missing_scope" };
  });
  const { incident, sessionId } = await start(bridge, newAlert());
  const gaveUp = "Slack not notified that the session started: Slack: missing_scope";
  await until("it gives up on that", 60, async () => (await bridge.advance(15), (await timeline(incident)).includes(gaveUp)));
  refuse = false;
  bridge.devin.say(sessionId, "Done.");
  await becomes(sessionId, "finished");
  await told(incident, "ended");
  moods.delete("");
  assert.equal(slack.roots(incident).length, 1);
  assert.match(shown(slack.roots(incident)[0]), /Devin session ended/);
});

test("a lost reply does not come twice", async () => {
  const { incident, sessionId } = await start(bridge, newAlert());
  await told(incident, "started");
  let posts = 1;
  moods.set("", ({ call }) => (call === "chat.postMessage" && posts-- > 0 ? { status: 500, body: "oops", done: true } : undefined));
  bridge.devin.say(sessionId, "Which one?");
  await becomes(sessionId, "waiting_for_user");
  await told(incident, "waits for somebody");
  moods.delete("");
  const [root] = slack.roots(incident);
  assert.equal(slack.replies(root).length, 1);
  assert.ok(slack.calls("conversations.replies", root.ts).length >= 1);
});

test("a deleted root makes one new one", async () => {
  const { incident, sessionId } = await start(bridge, newAlert());
  await told(incident, "started");
  slack.delete(slack.roots(incident)[0]);
  bridge.devin.say(sessionId, "Done.");
  await becomes(sessionId, "finished");
  await told(incident, "ended");
  assert.equal(slack.roots(incident).length, 1);
  assert.match(shown(slack.roots(incident)[0]), /Devin's last words: “Done\.”/);
});

test("429 is waited for, and where Slack refuses the bridge gives up, in Slack's words", async () => {
  let posts = 2;
  moods.set("", ({ call }) => (call === "chat.postMessage" && posts-- > 0 ? { status: 429, headers: { "retry-after": "7" }, body: { ok: false, error: "ratelimited" } } : undefined));
  const first = await start(bridge, newAlert());
  await told(first.incident, "started");
  assert.equal(slack.roots(first.incident).length, 1);
  moods.set("", ({ call }) => (call === "chat.postMessage" ? { error: "is_archived" } : undefined));
  const { incident } = await start(bridge, newAlert());
  const line = "Slack not notified that the session started: Slack: is_archived";
  await until("the bridge gave up", 60, async () => (await timeline(incident)).includes(line));
  moods.delete("");
  assert.equal(slack.roots(incident).length, 0);
});

test("a channel by its name is refused", async () => {
  const wrong = await startBridge({ ...slack.vars, SLACK_NOTIFY_CHANNEL: "#ops" });
  const { problems } = JSON.parse((await wrong.request("/health", { headers: ADMIN })).text);
  assert.deepEqual(problems.map(({ setting, found }) => [setting, found]), [["SLACK_NOTIFY_CHANNEL", "#ops"]]);
});
