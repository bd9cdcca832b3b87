// What the contenders do with events, in rounds in which they take turns.
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "./client.mjs";
import { having, isRival } from "./contenders.mjs";
import { alert, FORBIDDEN, IGNORED, resolved, row } from "./events.mjs";

/** The duplicates are about so many incidents. */
const KNOWN = 100;
/** Our bridge waits so long for the note with which somebody resolves an incident. */
const LAST_WORDS_MS = 10_500;
const SLOW_MS = 5_000;

/** Does `work` with each of them in each round, in which another one begins. */
export async function inTurns(all, rounds, work) {
  for (let turn = 0; turn < rounds * all.length; turn += 1) {
    const round = Math.floor(turn / all.length);
    await work(all[(turn + round) % all.length], round);
  }
}

/** When a contender has done all that follows its answers. */
export async function finished(contender) {
  if (!isRival(contender)) await sleep(LAST_WORDS_MS);
  await contender.idle();
}

/** Microseconds of CPU time for one of a second's requests; of what follows its answer, what `follows` waits for. */
export async function measure(contender, next, { follows, ...how } = {}) {
  await contender.idle();
  const before = contender.cpu();
  const { requests } = await load(contender.url, next, { seconds: 1, ...how });
  await follows?.(contender);
  return ((contender.cpu() - before) * 1000) / requests;
}

/** The first request after the start, with its connection. */
export async function starts(names, rounds, add) {
  await inTurns(names, rounds, (name) =>
    having([{ name }], async ([{ url }], devin) => {
      // The client is to be warm.
      await load(devin.url, () => IGNORED, { count: 100, refuses: true });
      add("first request, ms", name, (await load(url, () => IGNORED, { count: 1 })).p50);
    }),
  );
}

/** What changes nothing; new incidents; and how long a sender waits for its 2xx while Devin takes 5 s. */
export async function paths(names, rounds, add) {
  await having(names.map((name) => ({ name })), async (contenders, devin) => {
    const bridges = contenders.filter(({ name }) => name !== "noop");
    for (const { url } of bridges) await load(url, row((number) => resolved("K", number)), { count: KNOWN });
    await Promise.all(bridges.map(finished));
    const duplicate = () => resolved("K", Math.floor(Math.random() * KNOWN));
    const unchanging = { forbidden: () => FORBIDDEN, ignored: () => IGNORED, duplicate };
    for (const [path, next] of Object.entries(unchanging)) {
      // V8 compiles what is used much only while it is used.
      const how = ({ name }) => ({ refuses: path === "forbidden" && name !== "noop" });
      for (const contender of contenders) await measure(contender, next, how(contender));
      await inTurns(contenders, rounds, async (contender) => {
        add(`${path}, µs`, contender.name, await measure(contender, next, how(contender)));
      });
    }

    const fresh = row((number) => resolved("N", number));
    await inTurns(bridges, rounds, async (bridge) => {
      add("new incident, µs", bridge.name, await measure(bridge, fresh, { follows: finished }));
    });

    devin.mood = ({ call }) => (call === "create" ? { delayMs: SLOW_MS } : "ok");
    const ours = bridges.find(({ name }) => name === "ours");
    for (let round = 0; round < rounds; round += 1) {
      // All at once, because they mostly wait.
      const wait = async ({ name, url }) =>
        add("2xx with Devin at 5 s, ms", name, (await load(url, fresh, { rate: 20, seconds: 1 })).p50);
      await Promise.all(bridges.map(wait));
      add("the same: p99 at 200 a second, ms", ours.name, (await load(ours.url, fresh, { rate: 200, seconds: 2 })).p99);
      await sleep(SLOW_MS);
      await ours.idle();
    }
  });
}

/** Alerts that a route makes one incident of: what the next of a group costs, and a storm of them. */
export async function groups(rounds, add) {
  await having([{ name: "ours", variables: { ROUTES: [{ group_by: ["service"] }] } }], async ([ours], devin) => {
    await inTurns([ours], rounds, async ({ name, url }, round) => {
      const next = row((number) => alert(`next-${round}-${number}`, `next-${round}`));
      add("a group's next alert, µs", name, await measure(ours, next, { follows: finished }));
      const storm = row((number) => alert(`storm-${round}-${number}`, `storm-${round}-${number % 50}`));
      add("storm of 5,000 alerts in 50 groups, s", name, (await load(url, storm, { count: 5000 })).seconds);
    });
    await finished(ours);
    add("its sessions", ours.name, devin.creates("storm-").length / rounds);
  });
}
