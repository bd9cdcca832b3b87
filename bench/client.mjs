// A small HTTP client for load: a library's would need more of the cores that are measured. Its parent sends a plan:
// - url, seconds
// - pieces: the request, to be joined by the incident's number
// - numbers: { known, first, newShare }: a share of the requests is about new incidents, numbered from `first`; the
//   others are about one of the `known` first ones
// - connections: how many send one request after the other; or rate: how many requests a second are sent in any case
// It answers { requests, seconds, refused, p50, p99 }, for a rate with starts: [[number, epoch ms]].
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "./connection.mjs";
import { digits } from "./events.mjs";

process.once("message", async (plan) => {
  process.send(await load(plan), () => process.disconnect());
});

async function load({ url, pieces, numbers, seconds, connections, rate }) {
  const { hostname: host, port } = new URL(url);
  const idle = [];
  const latencies = [];
  const starts = [];
  let refused = 0;
  let nextNew = numbers.first;

  const choose = () =>
    Math.random() < numbers.newShare ? nextNew++ : Math.floor(Math.random() * Math.max(numbers.known, 1));

  const send = async (due) => {
    const number = choose();
    if (rate) starts.push([number, performance.timeOrigin + due]);
    let connection = idle.pop();
    while (connection?.closed) connection = idle.pop();
    connection ??= new Connection(host, Number(port));
    const request = pieces.join(digits(number));
    // A connection that breaks is what a machine does that has far too much to do: a refusal, after all that time.
    const status = await connection.ask(request).catch(() => 0);
    latencies.push(performance.now() - due);
    if (status < 200 || status > 299) refused += 1;
    if (status > 0) idle.push(connection);
  };

  const begun = performance.now();
  const end = begun + seconds * 1000;
  if (rate) {
    const sent = [];
    for (let due = begun; due < end; due += 1000 / rate) {
      const early = due - performance.now();
      if (early > 1) await sleep(early);
      sent.push(send(due));
    }
    await Promise.all(sent);
  } else {
    const worker = async () => {
      while (performance.now() < end) await send(performance.now());
    };
    await Promise.all(Array.from({ length: connections }, worker));
  }
  const took = (performance.now() - begun) / 1000;
  idle.forEach((connection) => connection.end());

  latencies.sort((a, b) => a - b);
  const percentile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { requests: latencies.length, seconds: took, refused, p50: percentile(0.5), p99: percentile(0.99), starts };
}
