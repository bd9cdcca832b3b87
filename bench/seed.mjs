// Makes many known incidents of one. It runs in the place of our Worker, on the storage that ours has left with incident
// 0 in it, and copies what the dedup cache and the register have of that: POST /?count=…
import { DurableObject } from "cloudflare:workers";

const PLACE = "0000000";
const AT_ONCE = 100;
/** So many of the sessions were started today; the others were on the days before. */
const PERMITS = 1_000;

export default {
  async fetch(request, env) {
    const count = Number(new URL(request.url).searchParams.get("count"));
    const { keys } = await env.INCIDENTS.list();
    if (keys.length !== 1) throw new Error(`The dedup cache has ${keys.length} incidents, not one`);
    const [{ name, expiration }] = keys;
    const value = await env.INCIDENTS.get(name);
    for (let first = 1; first < count; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => first + index);
      await Promise.all(some.map((number) => env.INCIDENTS.put(filled(name, number), filled(value, number), { expiration })));
    }
    const rows = await env.REGISTER.get(env.REGISTER.idFromName("register")).copy(count);
    return Response.json({ rows });
  },
};

const filled = (text, number) => text.replaceAll(PLACE, String(number).padStart(PLACE.length, "0"));

export class RegisterObject extends DurableObject {
  copy(count) {
    const { sql } = this.ctx.storage;
    for (const [table, most] of [["incidents", count], ["permits", Math.min(count, PERMITS)]]) {
      const columns = sql.exec(`SELECT name, type FROM pragma_table_info('${table}')`).toArray();
      const copied = columns.map(({ name, type }) => {
        // What does not have the number in it and must be there once.
        if (name === "id") return "id || number";
        return type === "TEXT" ? `replace(${name}, '${PLACE}', printf('%07d', number))` : name;
      });
      sql.exec(
        `WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)
         INSERT INTO ${table} SELECT ${copied} FROM ${table}, numbers WHERE number < ?`,
        most,
        most,
      );
    }
    return sql.exec("SELECT count(*) AS rows FROM incidents").one().rows;
  }
}
