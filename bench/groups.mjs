// Alerts that a route makes one incident of: what the next of a group costs, and a storm of them.
import { Connection } from "./connection.mjs";
import { start } from "./contenders.mjs";
import { pieces, SECRETS } from "./events.mjs";
import { finished, measure } from "./paths.mjs";

const STORM = { alerts: 5000, groups: 50, connections: 16 };

const alert = (alertId, service) => ({ alertName: "disk full", alertId, service, severity: 1, description: "The disk of a node is full." });
const request = (alertId, service) => pieces(alert(alertId, service), { "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, undefined, "/hooks/alert");

/** The next alerts of one group; and 5,000 alerts of 50 groups: { seconds, refused, sessions }. */
export async function groups(devin, rounds, add) {
  const ours = await start("ours", { devin: devin.url, more: { ROUTES: [{ group_by: ["service"] }] } });
  try {
    for (let round = 0; round < rounds; round += 1) {
      const next = request("next-0000000", `service-${round}`);
      add("next of a group", "ours", await measure(ours, { pieces: next, numbers: { known: 0, first: 0, newShare: 1 }, untilIdle: true }));
      add("storm of groups", "ours", await storm(ours, devin, round));
    }
  } finally {
    await ours.stop();
  }
}

async function storm(ours, devin, round) {
  const { hostname, port } = new URL(ours.url);
  let [number, refused] = [0, 0];
  await devin.created();
  const send = async () => {
    const connection = new Connection(hostname, Number(port));
    while (number < STORM.alerts) {
      const name = `storm-${round}-${number % STORM.groups}`;
      const [text] = request(`${name}-${(number += 1)}`, name);
      if ((await connection.ask(text)) > 299) refused += 1;
    }
    connection.end();
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: STORM.connections }, send));
  const seconds = (performance.now() - begun) / 1000;
  await finished(ours);
  return { seconds, refused, sessions: (await devin.created()).length };
}
