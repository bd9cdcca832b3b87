// Load on one contender, from a process of its own: wrk where it is installed, otherwise client.mjs.
import { execFile, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { folder } from "./folder.mjs";

const CONNECTIONS = 16;
const CLIENT = fileURLToPath(new URL("client.mjs", import.meta.url));

export const HAS_WRK = spawnSync("wrk", ["--version"]).error === undefined;

/**
 * Sends requests one after the other on each of 16 connections for `seconds`:
 * { requests, seconds, refused, p50, p99 }, latencies in milliseconds; `refused` counts answers that are no 2xx.
 * - pieces: the request, to be joined by the incident's number
 * - numbers: which incident is next, see client.mjs
 */
export async function closedLoop(url, { pieces, numbers, seconds }) {
  const plan = { url, pieces, numbers, seconds, connections: CONNECTIONS };
  return HAS_WRK ? wrk(plan) : client(plan);
}

/** Sends `rate` requests a second, whatever becomes of them, for `seconds`. Latencies count from when each was due. */
export async function openLoop(url, { pieces, numbers, rate, seconds }) {
  return client({ url, pieces, numbers, rate, seconds });
}

async function client(plan) {
  const child = fork(CLIENT);
  let result;
  child.once("message", (message) => (result = message));
  child.send(plan);
  const [code] = await once(child, "exit");
  if (!result) throw new Error(`bench/client.mjs ended with ${code} before it had a result`);
  return result;
}

async function wrk({ url, pieces, numbers, seconds, connections }) {
  const place = folder();
  try {
    const script = join(place, "load.lua");
    writeFileSync(script, lua(pieces, numbers));
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout=30s", "-s", script, url];
    const { stdout } = await promisify(execFile)("wrk", args);
    return JSON.parse(/^\{.*\}$/m.exec(stdout)[0]);
  } finally {
    rmSync(place, { recursive: true });
  }
}

// The same choice of numbers as in client.mjs.
function lua(pieces, { known, first, newShare }) {
  const quoted = pieces.map((piece) => `"${[...Buffer.from(piece)].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")}"`);
  return `
local pieces = { ${quoted.join(", ")} }
local next_new = ${first}
math.randomseed(${first} + 1)
function request()
  local number
  if ${newShare} > 0 and math.random() < ${newShare} then
    number = next_new
    next_new = next_new + 1
  else
    number = math.random(${Math.max(known, 1)}) - 1
  end
  return table.concat(pieces, string.format("%07d", number))
end
function done(summary, latency)
  io.write(string.format('{"requests":%d,"seconds":%f,"refused":%d,"p50":%f,"p99":%f}\\n', summary.requests,
    summary.duration / 1e6, summary.errors.status, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
`;
}
