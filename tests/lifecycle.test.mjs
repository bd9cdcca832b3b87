// The whole life of an incident: a session when somebody acknowledges it, one message when it is resolved.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sample } from "../scripts/samples.mjs";
import { fenced } from "./alerting.mjs";
import { AMPLE, newIncident, startBridge, until } from "./harness.mjs";

const TITLE = "Checkout answers 502: connection pool exhausted";
const INVESTIGATE =
  "A PagerDuty incident is in progress. Gather now what its postmortem will need; the postmortem itself comes later.";
const FINALIZE = "The PagerDuty incident you gathered data for has been resolved. Finish the postmortem now.";
const POSTMORTEM = "A PagerDuty incident has been resolved. Draft a postmortem.";
const UPDATE = "There is news of what you are working on.";
const EARLIER = "An earlier session gathered data while the incident was open, and can take no more messages: ";

const onAcknowledged = { ROUTES: JSON.stringify([{ start_on: "acknowledged" }]) };
const onlyGrave = [{ priority: ["P1", "P2"], start_on: "acknowledged" }, { sender: "pagerduty", ignore: true }];
const [bridge, early, choosy, mortal] = await Promise.all([
  startBridge({ ...AMPLE, ...onAcknowledged }),
  startBridge({ ROUTES: JSON.stringify([{ start_on: "triggered" }]) }),
  startBridge({ ROUTES: JSON.stringify(onlyGrave) }),
  startBridge(onAcknowledged),
]);

/** A PagerDuty event of the incident, as in samples/; `change` may alter it. */
function event(what, { id }, change = () => {}) {
  const { body } = sample(`pagerduty-${what}`, id);
  change(body.event);
  return body;
}

const note = (incident, text) => event("annotated", incident, ({ data }) => (data.content = text));
const priority = (incident, name) => event("priority-updated", incident, ({ data }) => (data.priority.summary = name));
const withPriority = (name) => ({ data }) => (data.priority.summary = name);
const reassigned = (incident, whom) =>
  event("priority-updated", incident, (event) => {
    event.event_type = "incident.reassigned";
    event.data.assignees[0].summary = whom;
  });

/** Delivers an event and checks what becomes of it: the answer's status and, for "ignored", its reason. */
async function deliver(bridge, body, status, reason) {
  const answer = await bridge.pagerduty(body);
  const code = status === "accepted" ? 202 : 200;
  assert.deepEqual([answer.status, answer.json.status, answer.json.reason], [code, status, reason], answer.text);
  return answer.json;
}

/** The session that investigates the incident, once it exists. */
async function investigated(bridge, incident, first = event("acknowledged", incident)) {
  const { message } = await deliver(bridge, first, "accepted");
  assert.equal(message, "Stored; the session is on its way.");
  const { session } = await bridge.oneSession(incident);
  assert.deepEqual([session.title, opening(session.prompt)], [`Incident: ${TITLE}`, INVESTIGATE]);
  return session;
}

/** Delivers a resolution that becomes a message to the session. */
async function concluded(bridge, session, body) {
  const answer = await deliver(bridge, body, "accepted");
  assert.equal(answer.message, "Stored; the incident's session gets a message.");
  assert.equal(answer.sessionId, session.id);
  return answer;
}

const opening = (text) => text.split("\n", 1)[0];

/** The timeline, as a prompt or a message lists it in its fence: each line with its time and who it was. */
function timeline(text) {
  const inside = fenced(text);
  const heading = inside.findIndex((line) => line.startsWith("What happened and was noted"));
  if (heading < 0 && opening(text) !== UPDATE) return [];
  return inside.slice(heading + 1).filter((line) => line.startsWith("- ")).map((line) => line.slice(2));
}

/** What was said in it: without the times and names, and without what every incident goes through. */
function news(text) {
  const said = timeline(text).map((line) => line.replace(/^\d\d:\d\d:\d\dZ On-call engineer: /, ""));
  return said.filter((line) => !["acknowledged", "resolved"].includes(line));
}

/** The texts of the messages to a session, once there are so many; a while later there are no more. */
async function messages(bridge, { id }, count, quiet = 700) {
  await until(`${count} messages`, 60, () => bridge.devin.messages(id).length >= count);
  await sleep(quiet);
  const texts = bridge.devin.messages(id).map(({ message }) => message);
  assert.equal(texts.length, count, texts.join("\n---\n"));
  return texts;
}

/** Checks that nothing but these sessions and messages were asked of Devin for the incident. */
function asked(bridge, { id, key }, sessions, messages) {
  assert.equal(bridge.devin.creates(id).length, sessions, "sessions");
  assert.equal(bridge.devin.calls("message", key).length, messages, "messages");
}

/** Checks that there is one session of the incident, with one message. */
function oneOfEach({ devin }, { id }, session) {
  assert.deepEqual(devin.sessions(id).map(({ id }) => id), [session.id]);
  assert.equal(session.messages.length, 1);
}

/** Checks what Promise.allSettled() gave; a failure is told with its name, and so are all the others. */
function assertNoneFailed(names, outcomes) {
  const failures = names.flatMap((name, i) => (outcomes[i].reason ? [`${name}: ${outcomes[i].reason.stack}`] : []));
  assert.equal(failures.length, 0, failures.join("\n\n"));
}

/** A number from 0 to 1 (exclusive) each time it is called, always the same ones for a seed. */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 30 events of one incident in random order, some of them more than once: { body, line }, with what Devin is to read. */
function story(incident, random) {
  const upTo = (most) => 1 + Math.floor(random() * most);
  const several = (count, make) => Array.from({ length: count }, (_, i) => make(i));
  const events = [
    ...["triggered", "acknowledged", "resolved"].flatMap((what) =>
      several(upTo(2), () => ({ body: event(what, incident) })),
    ),
    ...several(upTo(3), (i) => ({ body: priority(incident, `P-${i}`), line: `priority is now P-${i}` })),
    ...several(upTo(3), (i) => ({ body: reassigned(incident, `rota ${i}`), line: `reassigned to rota ${i}` })),
    ...several(5 + upTo(5), (i) => ({ body: note(incident, `observation ${i}`), line: `note: observation ${i}` })),
  ];
  while (events.length < 30) events.push(events[Math.floor(random() * events.length)]);
  for (let i = events.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [events[i], events[j]] = [events[j], events[i]];
  }
  return events;
}

/** Lives through a story, so many events at a time, and checks that Devin was asked and told everything once. */
async function live(bridge, seed) {
  const random = chance(seed);
  const incident = newIncident();
  const events = story(incident, random);
  const width = [1, 1, 3, 30][seed % 4];
  const accepted = new Map();
  const before = new Set(); // the lines that were delivered before anybody sent the resolution
  let over = false;
  for (let at = 0; at < events.length; at += width) {
    const together = events.slice(at, at + width);
    over ||= together.some(({ body }) => body.event.event_type === "incident.resolved");
    await Promise.all(
      together.map(async ({ body, line }) => {
        const answer = await bridge.pagerduty(body);
        assert.ok([200, 202].includes(answer.status), answer.text);
        assert.equal(answer.json.incident, incident.key, answer.text);
        const { id } = body.event;
        if (answer.json.status === "accepted") accepted.set(id, (accepted.get(id) ?? 0) + 1);
        if (line && !over) before.add(line);
      }),
    );
  }
  assert.deepEqual([...accepted.values()].filter((times) => times > 1), [], "the same event was accepted twice");

  // What Devin knows, not the record: fifty that ask for theirs again and again would be the storm.
  const mark = `incident:${incident.key}`;
  const session = await until("the session", 60, () => bridge.devin.all.find(({ tags }) => tags.includes(mark)));
  const whole = opening(session.prompt) === POSTMORTEM;
  const expected = whole ? [`Postmortem: ${TITLE}`, POSTMORTEM] : [`Incident: ${TITLE}`, INVESTIGATE];
  assert.deepEqual([session.title, opening(session.prompt)], expected);
  const texts = await messages(bridge, session, whole ? 0 : 1, 1500);
  if (!whole) {
    assert.equal(opening(texts[0]), FINALIZE);
    assert.ok(texts[0].endsWith(`\n\n(incident:${incident.key}, message 1)`), texts[0]);
  }
  asked(bridge, incident, 1, texts.length);
  await bridge.oneSession(incident);

  const told = [session.prompt, ...texts].flatMap(news);
  assert.deepEqual(told.filter((line, i) => told.indexOf(line) !== i), [], "sent twice");
  assert.deepEqual([...before].filter((line) => !told.includes(line)), [], "not sent");
  return whole;
}

// The first mostly waits, for the looks after a message; the others follow each other meanwhile.
describe("the life of an incident", { concurrency: 2 }, () => {
  test("the Worker killed between the two, at four points of four incidents", async () => {
    const [quiet, fresh, taken, told] = [newIncident(), newIncident(), newIncident(), newIncident()];
    const acknowledged = event("acknowledged", quiet);
    const quietSession = await investigated(mortal, quiet, acknowledged);
    await deliver(mortal, note(quiet, "Before."), "accepted");
    const takenSession = await investigated(mortal, taken);
    const toldSession = await investigated(mortal, told);
    mortal.devin.script({ call: "message", match: told.key, replies: [{ done: true, delayMs: 120_000 }] });
    const [resolvedTaken, resolvedTold] = [event("resolved", taken), event("resolved", told)];
    await concluded(mortal, toldSession, resolvedTold);
    await until("Devin has the message", 60, () => toldSession.messages.length === 1);
    await Promise.all([
      deliver(mortal, event("acknowledged", fresh), "accepted"),
      concluded(mortal, takenSession, resolvedTaken),
    ]);
    await mortal.kill();
    await mortal.start();

    const afterwards = {
      "while nothing was under way": async () => {
        await deliver(mortal, note(quiet, "After."), "accepted");
        assert.equal((await deliver(mortal, acknowledged, "duplicate")).sessionId, quietSession.id);
        await concluded(mortal, quietSession, event("resolved", quiet));
        const [text] = await messages(mortal, quietSession, 1);
        assert.deepEqual([opening(text), news(text)], [FINALIZE, ["note: Before.", "note: After."]]);
        oneOfEach(mortal, quiet, quietSession);
      },
      "right after the acknowledgement was accepted": async () => {
        const { session } = await mortal.oneSession(fresh);
        assert.equal(session.title, `Incident: ${TITLE}`);
        await concluded(mortal, session, event("resolved", fresh));
        await messages(mortal, session, 1);
        oneOfEach(mortal, fresh, session);
      },
      "right after the resolution was accepted": async () => {
        await deliver(mortal, resolvedTaken, "duplicate");
        assert.equal(opening((await messages(mortal, takenSession, 1))[0]), FINALIZE);
        oneOfEach(mortal, taken, takenSession);
      },
      "after Devin took the message, before it answered": async () => {
        await until("it is looked for", 60, () => mortal.devin.calls("messages", toldSession.id).length === 1);
        await deliver(mortal, resolvedTold, "duplicate");
        await messages(mortal, toldSession, 1);
        oneOfEach(mortal, told, toldSession);
      },
    };
    const outcomes = await Promise.allSettled(Object.values(afterwards).map((check) => check()));
    assertNoneFailed(Object.keys(afterwards), outcomes);
  });

  describe('start_on = "acknowledged"', { concurrency: true }, () => {
    test("acknowledged: a session that investigates; resolved: one message to it, with what came meanwhile", async () => {
      const incident = newIncident();
      await deliver(bridge, event("triggered", incident), "ignored", "event_type");
      await bridge.onlyIgnored(incident.key);
      const session = await investigated(bridge, incident);
      assert.deepEqual(news(session.prompt), []);
      assert.equal(session.tags.filter((tag) => tag.startsWith("incident:")).join(), `incident:${incident.key}`);

      for (const body of [
        note(incident, "The pool has 20 connections."),
        priority(incident, "P2"),
        reassigned(incident, "Database on-call"),
        note(incident, "Resolution Note: rolled back deploy 387."),
      ]) {
        const answer = await deliver(bridge, body, "accepted");
        assert.equal(answer.message, "Stored; it reaches the incident's session with its next message.");
        assert.equal(answer.sessionId, session.id);
        await deliver(bridge, body, "duplicate");
      }
      await sleep(500);
      asked(bridge, incident, 1, 0);

      const resolvedAt = "2026-03-04T05:06:07.089Z";
      await concluded(bridge, session, event("resolved", incident, (event) => {
        event.occurred_at = resolvedAt;
        event.data.priority.summary = "P2";
      }));
      const [text] = await messages(bridge, session, 1);
      assert.equal(opening(text), FINALIZE);
      assert.ok(timeline(text).every((line) => /^\d\d:\d\d:\d\dZ On-call engineer: /.test(line)), timeline(text).join("\n"));
      assert.equal(timeline(text).at(-1), "05:06:07Z On-call engineer: resolved");
      assert.deepEqual(news(text), [
        "note: The pool has 20 connections.",
        "priority is now P2",
        "reassigned to Database on-call",
        "resolution note: rolled back deploy 387.",
      ]);
      for (const line of [`Incident: "${TITLE}"`, "Priority: P2", `Resolved: ${resolvedAt}`]) {
        assert.equal(fenced(text).filter((found) => found === line).length, 1, `${line} in\n${text}`);
      }
      assert.ok(text.endsWith(`\n\n(incident:${incident.key}, message 1)`), text);
      asked(bridge, incident, 1, 1);
    });

    test("what was noted before it is acknowledged is in the prompt, and not in the message again", async () => {
      const incident = newIncident();
      await deliver(bridge, note(incident, "Customers see 502."), "ignored", "event_type");
      const session = await investigated(bridge, incident);
      assert.deepEqual(news(session.prompt), ["note: Customers see 502."]);
      await deliver(bridge, note(incident, "It began at noon."), "accepted");
      await concluded(bridge, session, event("resolved", incident));
      const [text] = await messages(bridge, session, 1);
      assert.deepEqual(news(text), ["note: It began at noon."]);
      asked(bridge, incident, 1, 1);
    });

    test("acknowledged and resolved again and again: one session, one message", async () => {
      const incident = newIncident();
      const acknowledged = event("acknowledged", incident);
      const session = await investigated(bridge, incident, acknowledged);
      for (const body of [acknowledged, event("acknowledged", incident), event("triggered", incident)]) {
        assert.equal((await deliver(bridge, body, "duplicate")).sessionId, session.id);
      }
      const resolved = event("resolved", incident);
      await concluded(bridge, session, resolved);
      for (const body of [resolved, event("resolved", incident), event("acknowledged", incident)]) {
        assert.equal((await deliver(bridge, body, "duplicate")).sessionId, session.id);
      }
      assert.equal(opening((await messages(bridge, session, 1))[0]), FINALIZE);
      for (const body of [resolved, event("resolved", incident), acknowledged]) {
        assert.equal((await deliver(bridge, body, "duplicate")).sessionId, session.id);
      }
      await messages(bridge, session, 1);
      asked(bridge, incident, 1, 1);
    });

    test("ten resolutions at once make one message", async () => {
      const incident = newIncident();
      const session = await investigated(bridge, incident);
      const bodies = Array.from({ length: 10 }, () => event("resolved", incident));
      const answers = await Promise.all(bodies.map((body) => bridge.pagerduty(body)));
      const statuses = answers.map(({ json }) => json.status).sort();
      assert.deepEqual(statuses, ["accepted", ...Array(9).fill("duplicate")]);
      await messages(bridge, session, 1);
      asked(bridge, incident, 1, 1);
    });

    test("resolved before acknowledged: one session with the whole postmortem, and nothing more", async () => {
      const incident = newIncident();
      await deliver(bridge, event("resolved", incident), "accepted");
      const { session } = await bridge.oneSession(incident);
      assert.deepEqual([session.title, opening(session.prompt)], [`Postmortem: ${TITLE}`, POSTMORTEM]);
      for (const what of ["acknowledged", "triggered", "resolved"]) {
        assert.equal((await deliver(bridge, event(what, incident), "duplicate")).sessionId, session.id);
      }
      await messages(bridge, session, 0);
      asked(bridge, incident, 1, 0);
    });

    test("resolved while Devin makes the session: the message follows it", async () => {
      const incident = newIncident();
      bridge.devin.script({ call: "create", match: incident.id, replies: [{ delayMs: 1000 }] });
      await deliver(bridge, event("acknowledged", incident), "accepted");
      await until("Devin is asked", 60, () => bridge.devin.creates(incident.id).length === 1);
      await deliver(bridge, note(incident, "Nearly done."), "accepted");
      await deliver(bridge, event("resolved", incident), "accepted");
      const { session } = await bridge.oneSession(incident);
      assert.equal(session.title, `Incident: ${TITLE}`);
      const [text] = await messages(bridge, session, 1);
      assert.deepEqual([opening(text), news(text)], [FINALIZE, ["note: Nearly done."]]);
      asked(bridge, incident, 1, 1);
    });

    test("Devin refuses the session: the resolution tries again, with the whole postmortem", async () => {
      const incident = newIncident();
      const refusal = { status: 400, body: { detail: "no such playbook" } };
      bridge.devin.script({ call: "create", match: incident.id, replies: [refusal] });
      await deliver(bridge, event("acknowledged", incident), "accepted");
      assert.equal((await bridge.settled(incident.key)).state, "failed");
      await deliver(bridge, note(incident, "Rolled back."), "ignored", "event_type");
      await deliver(bridge, event("resolved", incident), "accepted");
      await until("the session exists", 60, () => bridge.devin.sessions(incident.id).length > 0);
      const { session } = await bridge.oneSession(incident);
      assert.deepEqual([session.title, opening(session.prompt)], [`Postmortem: ${TITLE}`, POSTMORTEM]);
      assert.deepEqual(news(session.prompt), ["note: Rolled back."]);
      await messages(bridge, session, 0);
      asked(bridge, incident, 2, 0);
    });

    test("merged into another incident: ignored, with a session and without", async () => {
      const incident = newIncident();
      await deliver(bridge, event("merged", incident), "ignored", "merged");
      assert.equal(await bridge.record(incident.key), undefined);
      const session = await investigated(bridge, incident);
      await deliver(bridge, event("merged", incident), "ignored", "merged");
      await messages(bridge, session, 0);
      await concluded(bridge, session, event("resolved", incident));
      await messages(bridge, session, 1);
      asked(bridge, incident, 1, 1);
    });

    test("reopened and resolved again: one further message each time, no second session", async () => {
      const incident = newIncident();
      const session = await investigated(bridge, incident);
      await concluded(bridge, session, event("resolved", incident));
      await messages(bridge, session, 1);
      for (const number of [2, 3]) {
        const again = `It is back, ${number}.`;
        await deliver(bridge, event("reopened", incident), "accepted");
        await deliver(bridge, event("acknowledged", incident), "duplicate");
        await deliver(bridge, note(incident, again), "accepted");
        await messages(bridge, session, number - 1, 400);

        const resolved = event("resolved", incident);
        await concluded(bridge, session, resolved);
        const text = (await messages(bridge, session, number, 400)).at(-1);
        assert.equal(opening(text), UPDATE);
        assert.deepEqual(news(text), [
          "reopened",
          `note: ${again}`,
          "The incident was reopened and is resolved again.",
        ]);
        assert.ok(text.endsWith(`\n\n(incident:${incident.key}, message ${number})`), text);
        await deliver(bridge, resolved, "duplicate");
        await deliver(bridge, event("resolved", incident), "duplicate");
      }
      await messages(bridge, session, 3);
      asked(bridge, incident, 1, 3);
    });

    test("reopened while nobody resolved it: the resolution is still the first", async () => {
      const incident = newIncident();
      const session = await investigated(bridge, incident);
      await deliver(bridge, event("reopened", incident), "accepted");
      await concluded(bridge, session, event("resolved", incident));
      const [text] = await messages(bridge, session, 1);
      assert.deepEqual([opening(text), news(text)], [FINALIZE, ["reopened"]]);
      asked(bridge, incident, 1, 1);
    });
  });

  test('start_on = "triggered": the session starts when the incident is opened', async () => {
    const incident = newIncident();
    const session = await investigated(early, incident, event("triggered", incident));
    assert.equal((await deliver(early, event("acknowledged", incident), "duplicate")).sessionId, session.id);
    await concluded(early, session, event("resolved", incident));
    assert.equal(opening((await messages(early, session, 1))[0]), FINALIZE);
    asked(early, incident, 1, 1);
  });

  test('start_on = "triggered": an acknowledgement that comes first starts the session too', async () => {
    const incident = newIncident();
    const session = await investigated(early, incident);
    assert.equal((await deliver(early, event("triggered", incident), "duplicate")).sessionId, session.id);
    await messages(early, session, 0);
    asked(early, incident, 1, 0);
  });

  describe("a session that can take no message", { concurrency: true }, () => {
    const answers = (status, detail) => ({ id }) =>
      bridge.devin.script({ call: "message", match: id, replies: [{ status, body: { status, detail } }] });
    const deaths = {
      "is not found": answers(404, "Session not found"),
      "has ended": answers(409, "The session has ended"),
      "was deleted": (session) => bridge.devin.all.splice(bridge.devin.all.indexOf(session), 1),
    };
    for (const [how, die] of Object.entries(deaths)) {
      test(`because it ${how}: another with the whole postmortem and a link to the first`, async () => {
        const incident = newIncident();
        const first = await investigated(bridge, incident);
        const { sessionUrl } = await bridge.record(incident.key);
        await deliver(bridge, note(incident, "Rolled back."), "accepted");
        die(first);
        const resolved = event("resolved", incident);
        await concluded(bridge, first, resolved);

        const record = await until("the second session", 60, async () => {
          const record = await bridge.record(incident.key);
          return record.state === "started" && record.sessionId !== first.id && record;
        });
        const second = bridge.devin.sessions(incident.id).at(-1);
        assert.equal(second.id, record.sessionId);
        assert.notEqual(record.sessionUrl, sessionUrl);
        assert.deepEqual([second.title, opening(second.prompt)], [`Postmortem: ${TITLE}`, POSTMORTEM]);
        assert.deepEqual(news(second.prompt), ["note: Rolled back."]);
        assert.equal(second.prompt.split("\n").filter((line) => line === EARLIER + sessionUrl).length, 1, second.prompt);
        assert.ok(second.tags.includes(`incident:${incident.key}.2`), second.tags.join());

        for (const body of [resolved, event("resolved", incident), event("acknowledged", incident)]) {
          assert.equal((await deliver(bridge, body, "duplicate")).sessionId, second.id);
        }
        await messages(bridge, second, 0);
        asked(bridge, incident, 2, 1);

        // From here on it is the second one that gets the messages.
        await deliver(bridge, event("reopened", incident), "accepted");
        await concluded(bridge, second, event("resolved", incident));
        const [text] = await messages(bridge, second, 1);
        assert.equal(opening(text), UPDATE);
        assert.ok(text.endsWith(`\n\n(incident:${incident.key}.2, message 2)`), text);
        asked(bridge, incident, 2, 2);
      });
    }
  });

  describe("routes that ignore what is not grave", { concurrency: true }, () => {
    test("a P1 that is acknowledged, noted on, and is a P3 when it is resolved", async () => {
      const incident = newIncident();
      await deliver(choosy, note(incident, "Before there is a session."), "ignored", "route");
      const session = await investigated(choosy, incident);
      assert.deepEqual(news(session.prompt), []);
      for (const body of [note(incident, "Half of the pods are back."), priority(incident, "P3")]) {
        assert.equal((await deliver(choosy, body, "accepted")).sessionId, session.id);
      }
      await deliver(choosy, event("acknowledged", incident, withPriority("P3")), "ignored", "route");
      const resolved = event("resolved", incident, withPriority("P3"));
      await concluded(choosy, session, resolved);
      await deliver(choosy, resolved, "duplicate");
      const [text] = await messages(choosy, session, 1);
      assert.deepEqual([opening(text), news(text)], [FINALIZE, ["note: Half of the pods are back.", "priority is now P3"]]);
      assert.ok(fenced(text).includes("Priority: P3"), text);
      asked(choosy, incident, 1, 1);
    });

    test("a P3 is ignored from beginning to end", async () => {
      const incident = newIncident();
      for (const body of [
        event("triggered", incident, withPriority("P3")),
        event("acknowledged", incident, withPriority("P3")),
        note(incident, "Nobody minds."),
        priority(incident, "P4"),
        reassigned(incident, "Database on-call"),
        event("resolved", incident, withPriority("P3")),
        event("reopened", incident, withPriority("P3")),
        event("resolved", incident, withPriority("P3")),
      ]) {
        if (body.event.event_type === "incident.reassigned") body.event.data.priority.summary = "P3";
        await deliver(choosy, body, "ignored", "route");
      }
      await sleep(700);
      await choosy.onlyIgnored(incident.key);
      asked(choosy, incident, 0, 0);
    });

    test("a P3 that became a P1 too late to be acknowledged as one gets its postmortem", async () => {
      const incident = newIncident();
      await deliver(choosy, event("acknowledged", incident, withPriority("P3")), "ignored", "route");
      await deliver(choosy, priority(incident, "P1"), "ignored", "event_type");
      await deliver(choosy, event("resolved", incident), "accepted");
      const { session } = await choosy.oneSession(incident);
      assert.deepEqual([session.title, news(session.prompt)], [`Postmortem: ${TITLE}`, ["priority is now P1"]]);
      await messages(choosy, session, 0);
      asked(choosy, incident, 1, 0);
    });
  });

  test("30 events of an incident in random order, some twice: one session, or one session and one message", async () => {
    const seeds = Array.from({ length: 50 }, (_, i) => i + 1);
    const outcomes = await Promise.allSettled(seeds.map((seed) => live(bridge, seed)));
    assertNoneFailed(seeds.map((seed) => `seed ${seed}`), outcomes);
    const whole = outcomes.filter(({ value }) => value).length;
    assert.ok(whole > 0 && whole < seeds.length, `${whole} of ${seeds.length} began with the resolution: both are tried`);
  });
});
