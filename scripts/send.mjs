// npm run send -- <sample>: one of the sample events, sent to a bridge as its sender would.
import { basename } from "node:path";
import { address, commandLine, JSON_OPTION, main, misused, suggestion, table, WRONG } from "./cli.mjs";
import { devVarsFile, localBridge, namedDevVars, noneHere } from "./local.mjs";
import { about, deliver, freshId, sample, sampleNames } from "./samples.mjs";

const TOOL = {
  usage: "npm run send -- <sample> [options]",
  about: "Sends a sample event to a bridge, authenticated as its sender would. Without a sample: lists them.",
  options: {
    url: { value: "URL", about: "the bridge (default: the one that `npm start` runs)" },
    secret: {
      value: "SECRET",
      about: `PAGERDUTY_SIGNING_SECRET for PagerDuty's samples, WEBHOOK_SECRET for the others (default: what \`npm start\`
        made, or that variable of the environment or of .dev.vars)`,
    },
    env: { value: "NAME", about: "its secrets are in .dev.vars.NAME, not in .dev.vars" },
    id: { value: "ID", about: "the incident's id (default: a new one each time, so that each is a new incident)" },
    count: { value: "N", about: "so many at once; with --id all of one incident" },
    json: JSON_OPTION,
  },
  positionals: true,
  ok: "every answer was a 2xx",
  wrong: "one was not, or the bridge could not be reached",
  examples: [
    ["npm run send", "lists the samples"],
    ["npm run send -- pagerduty-resolved", "to the bridge that `npm start` runs"],
    ["npm run send -- alert --id 42 --count 5", "five copies of one alert: one session"],
    ["npm run send -- alert --url https://bridge.example --secret …", "to a deployed bridge"],
    ["npm run --silent send -- alert --json", "{ status, answer }; a list of them for several"],
  ],
};

async function send() {
  const { values, positionals } = commandLine(TOOL);
  const [name, extra] = positionals;
  if (!name) return list(values.json);
  if (extra) misused(`One sample at a time: ${extra} is not expected here.`);
  if (!sampleNames.includes(name)) {
    misused(`There is no sample ${name}.${suggestion(name, sampleNames)} \`npm run send\` lists them.`);
  }
  const count = Number(values.count ?? 1);
  if (!Number.isInteger(count) || count < 1) misused(`--count ${values.count}: expected a number from 1`);

  address(values.url);
  const local = localBridge(values.url, values.env);
  const url = values.url ?? local?.url;
  if (!url) misused(`${noneHere(values.env)}, or name one with --url and --secret.`);
  const { secret } = values;
  const known = local?.secrets ?? { ...namedDevVars(values.env), ...process.env };
  const secrets = secret === undefined ? known : { WEBHOOK_SECRET: secret, PAGERDUTY_SIGNING_SECRET: secret };
  const signed = sample(name).proof === "pagerduty";
  // PagerDuty's hook takes the shared secret as well, which is more often at hand.
  const proof = signed && !secrets.PAGERDUTY_SIGNING_SECRET && secrets.WEBHOOK_SECRET ? { proof: "bearer" } : {};
  if (proof.proof && !values.json) console.error("With WEBHOOK_SECRET, as PAGERDUTY_SIGNING_SECRET is not at hand.");
  const needed = signed && !proof.proof ? "PAGERDUTY_SIGNING_SECRET" : "WEBHOOK_SECRET";
  if (!secrets[needed]) misused(`The ${needed} of the bridge at ${url} is neither in the environment nor in ${basename(devVarsFile("", values.env))}: name it with --secret.`);

  const answers = await Promise.all(
    Array.from({ length: count }, async () => {
      const { status, text } = await deliver(url, { ...sample(name, values.id ?? freshId(name)), ...proof }, secrets);
      if (!values.json) console.log(`${status} ${text}`);
      if (status < 200 || status >= 300) process.exitCode = WRONG;
      return { status, answer: parse(text) };
    }),
  );
  if (values.json) console.log(JSON.stringify(count === 1 ? answers[0] : answers, null, 2));
}

function list(json) {
  const samples = sampleNames.map((name) => ({ name, about: about(name) }));
  if (json) return console.log(JSON.stringify(samples, null, 2));
  console.log(`Usage: ${TOOL.usage}   (--help tells more)\n\nSamples:`);
  console.log(table(samples.map((each) => [each.name, each.about])));
}

/** An answer as JSON; what is none, such as a proxy's page, as the text it is. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

main(import.meta, send);
