// The largest bodies that a hook takes, of the kinds that cost most to read. A route ignores what they say, so what is
// measured is the hook alone: reading, checking, redacting, routing, answering.
import { having } from "./contenders.mjs";
import { request } from "./events.mjs";
import { inTurns, measure } from "./paths.mjs";

/** A body may have so many bytes and alerts. */
const [MOST, ALERTS] = [1024 * 1024, 100];

/** `unit`, as often as there is room for it in JSON. */
const full = (unit, room) => unit.repeat(Math.floor(room / (Buffer.byteLength(JSON.stringify(unit)) - 2)));

const list = (count, one) => Array.from({ length: count }, (_, number) => one(number));
const alert = (fields) => ({ alertName: "largest", severity: 1, description: "d", ...fields });
const alerts = (fields) => list(ALERTS, (number) => alert({ alertId: `a${number}`, ...fields(MOST / ALERTS - 100) }));
const described = (unit) => alerts((room) => ({ description: full(unit, room) }));
const labelled = (unit, count) =>
  alerts((room) => ({ labels: Object.fromEntries(list(count, (number) => [number, full(unit, room / count - 10)])) }));

const BODIES = {
  "one text": alert({ description: full("disk is full on web-3; ", MOST - 100) }),
  "passwords in 100 alerts": described("password: hunter2-x9 "),
  "JSON in JSON in 100 alerts": described('{"a":"b"} '),
  "escapes in 100 alerts": described("\\u003d%3D&lt;"),
  "SQL in 100 alerts": described("identified by '"),
  "options in 100 alerts": described(" --token a"),
  "20 labels in each of 100 alerts": labelled("disk is full on web-3; ", 20),
  "20 labels of labels in each of 100 alerts": labelled("key=", 20),
  "20 labels of line breaks in each of 100 alerts": labelled("\n", 20),
  "200 labels in each of 100 alerts": labelled("k=", 200),
};

/** Milliseconds of CPU time for each of them. */
export async function largest(rounds, add) {
  await having([{ name: "ours", variables: { ROUTES: [{ ignore: true }] } }], async ([ours]) => {
    const requests = Object.entries(BODIES).map(([name, body]) => [name, request("/hooks/alert", body)]);
    await inTurns(requests, rounds, async ([name, body]) => {
      add(name, "ms", (await measure(ours, () => body)) / 1000);
    });
  });
}
