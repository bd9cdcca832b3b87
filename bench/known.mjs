// What an event costs when 1, 1,000 and 100,000 incidents are known already: in the dedup cache and in the register, of
// which at most 1,000 have their session from today. All of it of ours as the tests control it.
import { load } from "./client.mjs";
import { having } from "./contenders.mjs";
import { alert, numbered, resolved, row } from "./events.mjs";
import { finished, inTurns, measure } from "./paths.mjs";

export const SIZES = [1, 1_000, 100_000];
const SESSIONS = 1_000;
const AT_ONCE = 100;
const COLD_STARTS = 20;

export async function known(rounds, add) {
  await having(SIZES.map((size) => ({ name: "controlled", size })), async (contenders) => {
    for (const { url } of contenders) await load(url, () => resolved("K", 0), { count: 1 });
    await Promise.all(contenders.map(finished));
    for (const contender of contenders) await fill(contender);
    const fresh = row((number) => alert(`new-${number}`));
    // In other bytes each time, or the isolate would remember the body.
    let delivery = 0;
    await inTurns(contenders, rounds, async (contender) => {
      const { size, url, idle } = contender;
      const duplicate = () => resolved("K", Math.floor(Math.random() * size), (delivery += 1));
      add("duplicate, µs", size, await measure(contender, duplicate));
      add("new incident, µs", size, await measure(contender, fresh, { follows: idle }));
      for (let start = 0; start < COLD_STARTS; start += 1) {
        await control(url, { evict: true });
        // An alert's answer waits for the session.
        add("session with a cold start of the register, ms", size, (await load(url, fresh, { count: 1 })).p50);
      }
    });
  });
}

/** Makes copies of the one incident that is known, until there are `size`. */
async function fill({ url, size, runtime }) {
  if (size === 1) return;
  const copyRows = (table, count, columns) =>
    control(url, {
      query: `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count - 1})
        INSERT INTO ${table} SELECT ${columns} FROM ${table}, n`,
    });
  const other = (column) => `replace(${column}, '0000000', printf('%07d', n))`;
  await copyRows("incidents", size, `${other("incident")}, first_seen, last_seen, state, sender, ${other("listing")}`);
  await copyRows("permits", Math.min(size, SESSIONS), "id || n, at, confirmed");

  const kv = await runtime.getKVNamespace("INCIDENTS");
  const [{ name, expiration }] = (await kv.list()).keys;
  const value = await kv.get(name);
  const copy = (number) => kv.put(numbered(name, number), numbered(value, number), { expiration });
  for (let first = 0; first < size; first += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => copy(first + index)));
  }
  // It is to read what it has now.
  await control(url, { evict: true });
}

/** Asks something of the register itself: see tests/controlled-worker.js. */
async function control(url, question) {
  const body = JSON.stringify({ binding: "REGISTER", name: "register", ...question });
  const answer = await fetch(`${url}/control/object`, { method: "POST", body });
  if (!answer.ok) throw new Error(await answer.text());
}
