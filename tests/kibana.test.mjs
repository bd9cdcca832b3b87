// Kibana's webhook connector: the documented template, the recommended one, and bodies that a template broke.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { AMPLE, SECRETS, startBridge } from "./harness.mjs";
import { sample } from "../scripts/samples.mjs";
import { assertAnswer, assertFenced, assertNothingMissing, fenced, HOOK, newAlert, rehearse, send, start } from "./alerting.mjs";

const [bridge, strict] = await Promise.all([
  startBridge(AMPLE),
  startBridge({ ROUTES: JSON.stringify([{ sender: "kibana", accept_unreadable: false }]) }),
]);
const { devin } = bridge;
const PATH = "/hooks/kibana";

/** The prompt of a body, on both paths. */
async function prompt(body) {
  const { prompt, incident } = await rehearse(bridge, body, { path: PATH });
  assertNothingMissing(prompt);
  assert.equal((await rehearse(bridge, body)).incident, incident, "the general path sees another incident");
  return prompt;
}

// The documented template as Kibana renders it; `change` is what another rule type gives.
const documented = (change) => ({
  alertName: "Errors in the log",
  alertId: "query matched",
  severity: 1,
  description: "",
  source: "kibana",
  signalType: "log",
  firedTime: "2026-03-04T05:06:07.089Z",
  groupByField: "",
  matchedDocuments: "",
  logs: "",
  ...change,
});

const recommended = (change) => ({ ...sample("kibana-recommended").body, ...change });

describe("the documented template", () => {
  test("of an ES query rule: no description, no group, the hits' messages", async () => {
    const text = await prompt(documented({ logs: 'Error: "Token\\Credential"\n\tat auth.ts:14\n\nError: again\n\n' }));
    assertFenced(text, [
      "- **Name**: Errors in the log",
      "- **Severity**: Sev 1",
      "- **Time**: 2026-03-04T05:06:07.089Z",
      "- **Noticed by**: kibana",
      "- **Signal**: log",
      'Error: "Token\\Credential"',
      "\tat auth.ts:14",
      "Error: again",
    ]);
    assert.doesNotMatch(text, /\*\*Description\*\*|matchedDocuments|group/);
  });

  test("of a log threshold rule: a reason, a group, a count as a text, no hits", async () => {
    const reason = "3 log entries in the last 5 mins for pod-1. Alert when > 1.";
    const text = await prompt(documented({ alertId: "pod-1", description: reason, groupByField: "pod-1", matchedDocuments: "3" }));
    assertFenced(text, [`- **Description**: ${reason}`, "  - group: pod-1", "  - matchedDocuments: 3"]);
    assert.doesNotMatch(text, /## Error Logs/);
  });

  test("under the content type that Kibana sends when none is configured", async () => {
    const body = documented({ alertName: randomUUID() });
    const { session } = await start(bridge, body, { path: PATH, headers: { "content-type": "application/x-www-form-urlencoded" } });
    assert.equal(session.title, `Triage: ${body.alertName}`);
  });

  test("with the secret as a password, as the connector's basic authentication sends it", async () => {
    const body = JSON.stringify(documented({ alertName: randomUUID() }));
    const answer = await bridge.post(PATH, body, { authorization: `Basic ${btoa(`kibana:${SECRETS.WEBHOOK_SECRET}`)}` });
    assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
  });

  test("is distinguished from a generic alert by its source or by what only it has", async () => {
    for (const body of [documented(), documented({ source: "Kibana" }), documented({ source: undefined }), documented({ source: "elastic" })]) {
      assert.match((await rehearse(bridge, body)).incident, /^kibana-/);
    }
    assert.match((await rehearse(bridge, newAlert())).incident, /^alert-/);
  });
});

describe("the recommended template", () => {
  test("the hits in a string are log lines", async () => {
    const text = await prompt(recommended());
    assertFenced(text, [
      "- **Name**: Errors in the shop's log",
      "- **Description**: Document count is 2 in the last 5m. Alert when greater than 0.",
      "- **Status**: query matched",
      "  - ruleId: 7d3f2a90-5c1e-4b7a-9f00-aa11bb22cc33",
      "  - spaceId: default",
      "Error: cart 8812 has no owner",
      "Error: cart 9120 has no owner",
    ]);
    assert.match(text, /^- \*\*Link\*\*: https:\/\/kibana\.example\.com\/app\/management\/\S+$/m);
    assert.doesNotMatch(text, /_index|shop-logs/);
  });

  test("as an array too, with times, the newest last, and stack traces", async () => {
    const hits = [
      { _source: { "@timestamp": "2026-03-04T05:06:09Z", message: "second" } },
      { _source: { "@timestamp": "2026-03-04T05:06:08Z", error: { message: "first", stack_trace: "at a.ts:1\nat b.ts:2" } } },
      { fields: { "@timestamp": ["2026-03-04T05:06:10Z"], message: ["third"] } },
    ];
    for (const value of [hits, JSON.stringify(hits)]) {
      const inside = fenced(await prompt(recommended({ hits: value })));
      const at = inside.indexOf("2026-03-04T05:06:08Z first");
      assert.deepEqual(inside.slice(at, at + 5), [
        "2026-03-04T05:06:08Z first",
        "at a.ts:1",
        "at b.ts:2",
        "2026-03-04T05:06:09Z second",
        "2026-03-04T05:06:10Z third",
      ]);
    }
  });

  test("of a rule without hits", async () => {
    const text = await prompt(recommended({ hits: "", description: "CPU is 93 %", status: "metrics.threshold.fired" }));
    assert.doesNotMatch(text, /## Error Logs|hits/);
    assertFenced(text, ["- **Status**: metrics.threshold.fired"]);
  });

  test("hits that are no JSON are shown as they are", async () => {
    assertFenced(await prompt(recommended({ hits: '{"a":1},{"b":2}' })), ['{"a":1},{"b":2}']);
  });

  test("it says nothing of a severity, so the prompt does not either", async () => {
    const { session, incident } = await start(bridge, recommended(), { path: PATH });
    assert.doesNotMatch(session.prompt, /\*\*Severity\*\*/);
    assert.equal((await bridge.record(incident)).severity, null);
  });
});

describe("other bodies", () => {
  test("Watcher's and a machine learning job's flat ones", async () => {
    const watcher = { alertName: "heap", severity: 2, source: "watcher", message: "Heap is at 91 %", watchId: "heap-watch" };
    assertFenced((await rehearse(bridge, watcher, { path: PATH })).prompt, [
      "- **Name**: heap",
      "- **Description**: Heap is at 91 %",
      "- **Noticed by**: watcher",
      "  - watchId: heap-watch",
    ]);
    const job = { source: "elastic-ml", severity: 0, jobId: "rare-logins", message: "Unusual login" };
    assertFenced((await rehearse(bridge, job, { path: PATH })).prompt, ["- **Name**: rare-logins", "- **Severity**: Sev 0", "- **Description**: Unusual login"]);
  });

  test("a body without anything in it is ignored", async () => {
    for (const body of ["{}", "[]", "null", '"text"', "17", '{"alertName": "", "logs": null}', "[[], {}]"]) {
      const answer = await send(bridge, body, { path: PATH });
      const { message } = assertAnswer(answer, 200, { success: true, status: "ignored", reason: "no_incident" });
      assert.equal(message, "The body holds no alert.");
    }
  });
});

describe("identity", () => {
  const of = async (body) => (await rehearse(bridge, body, { path: PATH })).incident;
  const distinct = async (bodies) => {
    const names = await Promise.all(bodies.map(of));
    assert.equal(new Set(names).size, names.length, names.join("\n"));
  };

  test("ruleId and alertUuid", async () => {
    const first = recommended();
    const same = { ...first, alertName: "renamed", status: "x", firedTime: "2026-03-04T09:00:00Z", hits: "", alertId: "other" };
    assert.equal(await of(same), await of(first));
    await distinct([first, { ...first, alertUuid: randomUUID() }, { ...first, ruleId: randomUUID() }]);
  });

  test("of the documented template its name, id and group, because its id says little", async () => {
    const first = documented();
    assert.equal(await of({ ...first, firedTime: "later", logs: "other", description: "other" }), await of(first));
    await distinct([
      first,
      documented({ alertName: "Other errors" }),
      documented({ alertId: "*" }),
      documented({ alertId: "pod-1", groupByField: "pod-1" }),
      documented({ alertId: "pod-2", groupByField: "pod-2" }),
    ]);
  });

  test("of a flat body what identifies a generic alert, but not the same incident", async () => {
    const flat = { alertName: "a", source: "watcher", affectedResource: "b" };
    await distinct([flat, { ...flat, alertName: "b" }, { ...flat, source: "x" }, { ...flat, affectedResource: "a" }]);
    const generic = await rehearse(bridge, { ...flat, severity: 1, description: "x" }, { path: "/hooks/alert" });
    assert.notEqual(generic.incident, await of(flat));
  });

  test("a repeat on every check is a duplicate, and is counted", async () => {
    const body = recommended({ alertUuid: randomUUID() });
    const { incident, sessionId, sessionUrl } = await start(bridge, body, { path: PATH });
    for (let minute = 1; minute <= 3; minute++) {
      const answer = await send(bridge, { ...body, firedTime: `2026-03-04T05:0${minute}:00Z` }, { path: PATH });
      assertAnswer(answer, 200, { success: true, status: "duplicate", incident, sessionId, sessionUrl });
    }
    assert.equal((await bridge.record(incident)).seen, 4);
    assert.equal(devin.creates(body.alertUuid).length, 1);
  });
});

// How hand-edited templates break: three braces, a line break typed into a string, a variable without quotes or value.
// Each with the text before the character at which it is no longer JSON.
const broken = (name) => {
  const whole = JSON.stringify(documented({ alertName: name, logs: "LOGS" }), null, 1);
  const body = (from, to) => whole.replace(from, to);
  const until = (text, end) => text.slice(0, text.indexOf(end) + end.length);
  const all = {
    "three braces": [body('"LOGS"', '"Error: "Token\\Credential"\n\tat auth.ts:14\\n"'), '"Error: "'],
    "a line break in a string": [body("LOGS", "Error: one\n\n"), "Error: one"],
    "a trailing comma": [body('"LOGS"', '["a",]'), '["a",'],
    "a variable that rendered to nothing": [body('"LOGS"', ""), '"logs": \n'],
    "objects without a list": [body('"LOGS"', '{\\"message\\":\\"x\\"},{\\"message\\":\\"y\\"}'), '"logs": {'],
    "letters of more than one byte before it": [body('"LOGS"', '"Gerät" überhitzt'), '"Gerät" '],
  };
  return Object.fromEntries(Object.entries(all).map(([how, [text, end]]) => [how, { body: text, good: until(text, end) }]));
};

describe("a body that a template broke", () => {
  for (const how of Object.keys(broken("x"))) {
    test(`${how}: a triage with the raw text, and the answer says at which byte`, async () => {
      const name = `broken-${randomUUID()}`;
      const { body, good } = broken(name)[how];
      assert.throws(() => JSON.parse(body), SyntaxError);
      // The offending character, counted in bytes from 1, and its place in its line.
      const byte = Buffer.byteLength(good) + 1;
      const lines = good.split("\n");
      const place = `byte ${byte} (line ${lines.length}, column ${Buffer.byteLength(lines.at(-1)) + 1})`;
      const answer = await send(bridge, body, { path: PATH });
      assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
      const [, found] = /^Devin session created successfully\. The body is not JSON \(.* at (byte .*)\), so it is passed on as text\. Please put every value of the action's template in double quotes and double braces\.$/.exec(answer.json.message);
      assert.equal(found, place);

      const [session] = devin.sessions(answer.json.sessionId);
      assert.equal(session.title, `Triage: ${name}`);
      assertFenced(session.prompt, [`- **Name**: ${name}`, "- **Severity**: Sev 1", "- **Noticed by**: kibana"]);
      assert.ok(fenced(session.prompt).join("\n").includes(body.trim()), session.prompt);

      const again = await send(bridge, body, { path: HOOK });
      assert.deepEqual([again.status, again.json.status, again.json.sessionId], [200, "duplicate", session.id], again.text);
      assert.match(again.json.message, /^This incident already has its Devin session\. The body is not JSON \(.* at byte \d+ /);
    });
  }

  test("is the same incident as the whole one", async () => {
    const name = `broken-${randomUUID()}`;
    const { incident } = await start(bridge, documented({ alertName: name }), { path: PATH });
    const answer = await send(bridge, broken(name)["three braces"].body, { path: PATH });
    assert.deepEqual([answer.json.status, answer.json.incident], ["duplicate", incident], answer.text);
  });

  test("that says it is a recovery is one", async () => {
    const body = recommended({ alertUuid: randomUUID() });
    const { incident, sessionId } = await start(bridge, body, { path: PATH });
    const recovered = `${JSON.stringify({ ...body, status: "recovered" }).slice(0, -1)},}`;
    const answer = await send(bridge, recovered, { path: PATH });
    assert.deepEqual([answer.status, answer.json.status, answer.json.incident, answer.json.sessionId], [202, "accepted", incident, sessionId], answer.text);
  });

  test("because Kibana could not render it at all", async () => {
    const body = `error rendering mustache template "{{#context.hits}}${randomUUID()}": Unclosed section "context.hits" at 16`;
    const answer = await send(bridge, body, { path: HOOK });
    assertAnswer(answer, 200, { success: true, status: "ignored", reason: "unreadable" });
    assert.match(answer.json.message, /expected value at byte 1 \(line 1, column 1\).*double braces/);
    const named = `error rendering mustache template "{\"alertName\": \"broken-${randomUUID()}\"}": Unclosed section`;
    const kept = await send(bridge, named, { path: PATH });
    assert.deepEqual([kept.status, kept.json.status], [200, "started"], kept.text);
    const [session] = devin.sessions(kept.json.sessionId);
    assertFenced(session.prompt, [named]);
  });

  test("and broke off", async () => {
    const body = '{"source": "kibana", "alertName": "broken off"';
    const answer = await send(bridge, body, { path: PATH });
    assert.match(answer.json.message, /\(EOF while parsing an object at byte 46 \(line 1, column 46\)\)/);
  });

  test("and is no text either", async () => {
    const bytes = Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0x80, 0x22, ...Buffer.from(randomUUID())]);
    assertAnswer(await send(bridge, bytes, { path: PATH }), 200, { success: true, status: "ignored", reason: "unreadable" });
  });

  test("is kept within bounds", async () => {
    const name = `broken-${randomUUID()}`;
    const body = `{"source": "kibana", "alertName": "${name}", "logs": "${"x".repeat(900_000)}\nthe last line`;
    const answer = await send(bridge, body, { path: PATH });
    assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
    const [{ prompt }] = devin.sessions(answer.json.sessionId);
    assert.ok(prompt.length < 30_000, `${prompt.length}`);
    assertFenced(prompt, ["the last line"]);
  });

  test("and is empty: ignored", async () => {
    for (const body of ["", "  \n"]) {
      assertAnswer(await send(bridge, body, { path: PATH }), 200, { success: true, status: "ignored", reason: "unreadable" });
    }
  });

  test("a route can refuse it: ignored, with the reason", async () => {
    const name = `broken-${randomUUID()}`;
    const { body } = broken(name)["three braces"];
    for (const path of [PATH, HOOK]) {
      const answer = await send(strict, body, { path });
      assert.deepEqual([answer.status, answer.json.status, answer.json.reason], [200, "ignored", "route"], answer.text);
      assert.match(answer.json.message, /^Route 1 accepts no unreadable body\. The body is not JSON \(.* at byte \d+ /);
    }
    assert.equal(strict.devin.creates(name).length, 0);
    await start(strict, documented({ alertName: name }), { path: PATH });
  });

  test("on the general path only what looks like Kibana's", async () => {
    assertAnswer(await send(bridge, '{"alertName": "x", "severity": }'), 400, { success: false, error: "Invalid JSON body" });
  });
});

test("the record of an alert and of its recovery", async () => {
  const id = randomUUID();
  const { incident, sessionId } = await start(bridge, sample("kibana-recommended", id).body, { path: PATH });
  const { sender, title, state, seen } = await bridge.record(incident);
  assert.deepEqual({ sender, title, state, seen }, { sender: "kibana", title: "Errors in the shop's log", state: "started", seen: 1 });
  await send(bridge, sample("kibana-recovered", id).body, { path: PATH });
  const after = await bridge.record(incident);
  assert.deepEqual([after.seen, after.sessionId], [2, sessionId]);
});

test("an answer is never null, which Kibana could not read, and always has a message", async () => {
  for (const [path, body, headers] of [
    [PATH, "{}", {}],
    [PATH, "{}", { authorization: "Bearer wrong" }],
    [PATH, "x".repeat(1024 * 1024 + 1), {}],
    ["/hooks/nothing", "{}", {}],
    [HOOK, "{", {}],
  ]) {
    const { json } = await send(bridge, body, { path, headers });
    assert.equal(typeof json.message, "string");
    assert.notEqual(json.message, "");
  }
});
