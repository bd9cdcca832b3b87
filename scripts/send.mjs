// npm run send -- <sample>: one of the sample events, sent to a bridge as its sender would.
import { parseArgs } from "node:util";
import { localBridge } from "./local.mjs";
import { about, deliver, freshId, sample, sampleNames } from "./samples.mjs";
import { main } from "./steps.mjs";

const USAGE = `npm run send -- <sample> [options]

  --url URL        the bridge (default: the one that \`npm start\` runs)
  --secret SECRET  what the sender proves itself with: PAGERDUTY_SIGNING_SECRET for PagerDuty's samples, WEBHOOK_SECRET
                   for the others
  --id ID          the incident's id (default: a new one each time, so that each is a new incident)
  --count N        so many at once; with --id all of one incident
`;

async function send() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: "string" },
      secret: { type: "string" },
      id: { type: "string" },
      count: { type: "string", default: "1" },
    },
  });
  const [name] = positionals;
  if (!name) {
    const width = Math.max(...sampleNames.map((each) => each.length));
    console.log(`${USAGE}\nSamples:`);
    for (const each of sampleNames) console.log(`  ${each.padEnd(width)}  ${about(each)}`);
    return;
  }
  if (!sampleNames.includes(name)) throw new Error(`There is no sample ${name}. \`npm run send\` lists them.`);

  const local = localBridge();
  const url = values.url ?? local?.url;
  if (!url) throw new Error("No bridge runs here. Start one with `npm start`, or name one with --url and --secret.");
  const secrets =
    values.secret === undefined && url === local?.url
      ? local.secrets
      : { WEBHOOK_SECRET: values.secret, PAGERDUTY_SIGNING_SECRET: values.secret };
  if (secrets.WEBHOOK_SECRET === undefined) throw new Error("--secret is missing: what does this bridge expect?");

  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1) throw new Error("--count is a number from 1");
  const deliveries = Array.from({ length: count }, async () => {
    const { status, text } = await deliver(url, sample(name, values.id ?? freshId(name)), secrets);
    console.log(`${status} ${text}`);
    return status;
  });
  const statuses = await Promise.all(deliveries);
  if (!statuses.every((status) => status >= 200 && status < 300)) process.exitCode = 1;
}

main(import.meta, send);
