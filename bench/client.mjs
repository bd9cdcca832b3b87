// Load on a contender, from this process: what it costs is not in the contender's CPU time.
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const CONNECTIONS = 16;

/** Sends a request of events.mjs: the status of the answer, 0 where the connection breaks. */
function ask(url, { path, headers, body }, agent) {
  return new Promise((resolve) => {
    const asked = request(url + path, { method: "POST", headers, agent });
    asked.on("response", (answer) => answer.resume().on("end", () => resolve(answer.statusCode)));
    asked.on("error", () => resolve(0));
    asked.end(body);
  });
}

/**
 * Sends what `next` gives, for `seconds` or as many as `count` says: on each of 16 connections one after the other; or
 * `rate` a second, whatever becomes of them, and then latencies count from when each was due.
 * Gives { requests, seconds, p50, p99 }, latencies in milliseconds. Each answer must be a 2xx, with `refuses` none may.
 */
export async function load(url, next, { seconds = Infinity, count = Infinity, rate, refuses = false }) {
  const agent = new Agent({ keepAlive: true });
  const latencies = [];
  let requests = 0;
  const send = async (due) => {
    requests += 1;
    const status = await ask(url, next(), agent);
    latencies.push(performance.now() - due);
    const taken = status >= 200 && status <= 299;
    if (status === 0 || taken === refuses) throw new Error(`${url} answered ${status}`);
  };
  const begun = performance.now();
  const goesOn = (now) => requests < count && now < begun + seconds * 1000;
  const oneByOne = async () => {
    while (goesOn(performance.now())) await send(performance.now());
  };
  const sent = rate ? [] : Array.from({ length: CONNECTIONS }, oneByOne);
  for (let due = begun; rate && goesOn(due); due += 1000 / rate) {
    await sleep(Math.max(due - performance.now(), 0));
    sent.push(send(due));
  }
  await Promise.all(sent);
  agent.destroy();
  const took = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const percentile = (share) => latencies[Math.floor((latencies.length - 1) * share)];
  return { requests, seconds: took, p50: percentile(0.5), p99: percentile(0.99) };
}
