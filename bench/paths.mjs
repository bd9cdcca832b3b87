// What the contenders do with events, in rounds in which they take turns.
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "./connection.mjs";
import { digits, forbidden, ignored, incidentId, resolved, signed } from "./events.mjs";
import { median } from "./figures.mjs";
import { closedLoop, openLoop } from "./load.mjs";
import { idle } from "./process.mjs";

/** How many incidents of series K are reported beforehand; the duplicates are about them. */
export const KNOWN = 100;
const SECONDS = 1;
export const NONE_NEW = { known: KNOWN, first: 0, newShare: 0 };
const SLOW_MS = 5_000;
/** What the names of paths end with where the load goes to the Worker itself. */
export const DIRECT = ", direct";

/** Our bridge waits so long for the note with which somebody resolves an incident. */
const LAST_WORDS_MS = 10_500;

/** When a contender has done all that follows its answers. */
export async function finished(contender) {
  if (["ours", "before"].includes(contender.name)) await sleep(LAST_WORDS_MS);
  await idle(contender.pid);
}

/** Tells a contender of the first `count` incidents of a series, one after the other, and checks each answer. */
export async function tell(contender, series, count) {
  const { hostname, port } = new URL(contender.url);
  const connection = new Connection(hostname, Number(port));
  for (let number = 0; number < count; number += 1) {
    const status = await connection.ask(resolved(series).join(digits(number)));
    if (status > 299) throw new Error(`${contender.name} answered ${status} to ${incidentId(series, number)}`);
  }
  connection.end();
  await finished(contender);
}

/**
 * One measurement: { rate, cpu, p50, p99 }: requests a second, microseconds of CPU a request, milliseconds. With
 * `untilIdle` the CPU time that is spent after the answers counts too.
 */
export async function measure(contender, { pieces, numbers = NONE_NEW, seconds = SECONDS, refuses = false, untilIdle = false }) {
  await idle(contender.pid);
  const before = contender.cpu();
  const { requests, seconds: took, refused, p50, p99 } = await closedLoop(contender.url, { pieces, numbers, seconds });
  if (untilIdle) await finished(contender);
  const cpu = ((contender.cpu() - before) * 1000) / requests;
  if (refused !== (refuses ? requests : 0)) throw new Error(`${contender.name} refused ${refused} of ${requests} requests`);
  return { rate: requests / took, cpu, p50, p99, requests };
}

const SAME = {
  forbidden: { pieces: forbidden(), refuses: true },
  ignored: { pieces: ignored() },
  duplicate: { pieces: resolved("K") },
};

/** Each of the paths on which nothing changes, without looking: V8 compiles what is used much only while it is used. */
export async function warmUp(contenders) {
  for (const plan of Object.values(SAME)) {
    for (const contender of contenders) await closedLoop(contender.url, { numbers: NONE_NEW, seconds: SECONDS, ...plan });
  }
}

/** The paths on which nothing changes: they can be run as often as wanted. Each Worker with Miniflare's in front and without. */
export async function unchanging(contenders, rounds, add) {
  const ways = [
    ["", contenders],
    [DIRECT, contenders.filter(({ direct }) => direct).map((contender) => ({ ...contender, url: contender.direct }))],
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const [path, plan] of Object.entries(SAME)) {
      for (const [way, these] of ways) {
        for (const contender of turns(these, round)) {
          const refuses = plan.refuses && contender.name !== "limit";
          add(path + way, contender.name, await measure(contender, { ...plan, refuses }));
        }
      }
    }
    const ours = contenders.find(({ name }) => name === "ours");
    add("duplicate, signed", "ours", await measure(ours, { pieces: signed("K") }));
  }
}

/** New incidents, one of ten new in a storm, and the time until Devin is asked for the session. */
export async function changing(contenders, devin, rounds, add) {
  const first = { new: 0, storm: 0 };
  for (let round = 0; round < rounds; round += 1) {
    for (const [path, series, newShare] of [["new", "N", 1], ["storm", "K", 0.1]]) {
      for (const contender of turns(contenders, round)) {
        const numbers = { known: KNOWN, first: KNOWN + first[path], newShare };
        const result = await measure(contender, { pieces: resolved(series), numbers, untilIdle: true });
        add(path, contender.name, result);
        first[path] += result.requests;
      }
    }
    for (const contender of turns(contenders, round)) {
      await devin.created();
      const numbers = { known: 0, first: round * 1000, newShare: 1 };
      const { starts } = await openLoop(contender.url, { pieces: resolved("S"), numbers, rate: 20, seconds: 2 });
      await finished(contender);
      const created = new Map(await devin.created());
      const waits = starts.map(([number, start]) => created.get(incidentId("S", number)) - start);
      add("new, to the session", contender.name, { p50: median(waits), p99: Math.max(...waits) });
    }
  }
}

/** How long a sender waits for its 2xx while Devin takes 5 s, at 20 new incidents a second; then ours alone at 200. */
export async function slowDevin(contenders, devin, rounds, add) {
  await devin.delay(SLOW_MS);
  for (let round = 0; round < rounds; round += 1) {
    const wait = async (path, contender, series, rate, seconds) => {
      const numbers = { known: 0, first: round * 10_000, newShare: 1 };
      const { p50, p99, refused } = await openLoop(contender.url, { pieces: resolved(series), numbers, rate, seconds });
      add(path, contender.name, { p50, p99, refused });
    };
    // At once, because they mostly wait.
    await Promise.all(contenders.map((contender) => wait("slow Devin", contender, "D", 20, 1)));
    const ours = contenders.find(({ name }) => name === "ours");
    await wait("slow Devin, 200 a second", ours, "E", 200, 2);
    await sleep(SLOW_MS);
    await idle(ours.pid);
  }
  await devin.delay(0);
}

/** Another one begins in each round. */
export const turns = (contenders, round) => contenders.map((_, index) => contenders[(index + round) % contenders.length]);
