// Load on one contender, from a process of its own.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const CONNECTIONS = 16;
const CLIENT = fileURLToPath(new URL("client.mjs", import.meta.url));

/**
 * Sends requests one after the other on each of 16 connections for `seconds`:
 * { requests, seconds, refused, p50, p99 }, latencies in milliseconds; `refused` counts answers that are no 2xx.
 * - pieces: the request, to be joined by the incident's number
 * - numbers: which incident is next, see client.mjs
 */
export const closedLoop = (url, { pieces, numbers, seconds }) => client({ url, pieces, numbers, seconds, connections: CONNECTIONS });

/** Sends `rate` requests a second, whatever becomes of them, for `seconds`. Latencies count from when each was due. */
export const openLoop = (url, { pieces, numbers, rate, seconds }) => client({ url, pieces, numbers, rate, seconds });

async function client(plan) {
  const child = fork(CLIENT);
  let result;
  child.once("message", (message) => (result = message));
  child.send(plan);
  const [code] = await once(child, "exit");
  if (!result) throw new Error(`bench/client.mjs ended with ${code} before it had a result`);
  return result;
}
