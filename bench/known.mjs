// What an event costs when 1, 1,000 and 100,000 incidents are known already: in the dedup cache and in the list.
import { rmSync } from "node:fs";
import { start } from "./contenders.mjs";
import { resolved } from "./events.mjs";
import { folder } from "./folder.mjs";
import { measure, tell, turns } from "./paths.mjs";

export const SIZES = [1, 1_000, 100_000];
/** As many of the known ones are reported again, over and over; as many with each size, or the sizes could not be compared. */
const REPEATED = 1;

/** Storage in which `count` incidents of series K have their sessions. */
export async function storageWith(count, devin) {
  const state = folder();
  const run = async (name, work) => {
    const contender = await start(name, { devin: devin.url, persistTo: state });
    try {
      await work(contender);
    } finally {
      await contender.stop();
    }
  };
  await run("ours", (ours) => tell(ours, "K", 1));
  await run("seed", async ({ url }) => {
    const answer = await fetch(`${url}/?count=${count}`);
    const text = await answer.text();
    if (!answer.ok || JSON.parse(text).rows !== count) throw new Error(`Making ${count} known incidents failed: ${text}`);
  });
  return state;
}

/** Measures ours on each of the storages, taking turns: { size: folder }. */
export async function known(folders, devin, rounds, add) {
  const contenders = [];
  for (const [size, folder] of Object.entries(folders)) {
    contenders.push({ ...(await start("ours", { devin: devin.url, persistTo: folder })), size: Number(size) });
  }
  // What the objects read from storage when they start is no event's.
  for (const contender of contenders) await tell(contender, "W", 1);
  let first = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of turns(contenders, round)) {
      const { size } = contender;
      // Longer than elsewhere: what is to be seen is smaller than what a second differs from the next.
      const same = { pieces: resolved("K"), seconds: 2 };
      const repeated = { known: Math.min(size, REPEATED), first: 0, newShare: 0 };
      add("duplicate, known", String(size), await measure(contender, { ...same, numbers: repeated }));
      const any = { known: size, first: 0, newShare: 0 };
      add("any of the known", String(size), await measure(contender, { ...same, numbers: any }));
      const fresh = { known: 0, first, newShare: 1 };
      const result = await measure(contender, { pieces: resolved("N"), numbers: fresh, untilIdle: true });
      add("new, known", String(size), result);
      first += result.requests;
    }
  }
  for (const contender of contenders) await contender.stop();
}

export const remove = (folders) => Object.values(folders).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
