// npm run doctor: everything that has to be right before an incident becomes a session, looked at in its order.
import { examineBridge } from "./bridge.mjs";
import { address, commandLine, JSON_OPTION, main, WRONG } from "./cli.mjs";
import { buildWorker, check, CONFIG_OPTION, describe, namedConfiguration, readConfiguration } from "./configuration.mjs";
import { examineDevin } from "./devin.mjs";
import { ok, show, skipped, wrong } from "./findings.mjs";
import { localBridge } from "./local.mjs";
import { probeDevin } from "./probe.mjs";

const SECRETS = ["DEVIN_API_KEY", "WEBHOOK_SECRET", "PAGERDUTY_SIGNING_SECRET", "ADMIN_TOKEN"];

const TOOL = {
  usage: "npm run doctor [-- options]",
  about: `Looks at the settings, the secrets and the key for Devin, and with --url at a bridge that is deployed. Each line
    says ok, or what is wrong and what to do. Secrets are read from the environment (${SECRETS.join(", ")}) or from
    .dev.vars. No session is started without --probe.`,
  options: {
    url: { value: "URL", about: "the deployed bridge: health, storage, clock, TLS, and a PagerDuty test event, pagey.ping" },
    probe: { about: "starts one session, which does nothing and is ended at once, and finds out what Devin's documents do not say" },
    strict: { about: "ends with 1 also where something could not be looked at" },
    ...CONFIG_OPTION,
    json: JSON_OPTION,
  },
  ok: "all is well",
  wrong: "something has to be fixed, or with --strict was not looked at",
  examples: [
    ["npm run doctor", "settings, secrets, key and organisation, before a deploy"],
    ["npm run doctor -- --url https://devin-bridge.example.workers.dev", "and the bridge, after it"],
    ["npm run doctor -- --url http://127.0.0.1:8787", "the bridge that `npm start` runs, with the secrets that it made"],
    ["npm run doctor -- --probe", "and how this Devin reads lists of ids and tags: worth reporting"],
    ["npm run --silent doctor -- --json", "{ ok, checks: [{ check, state, said, todo }] }; state is ok, wrong or skipped"],
  ],
};

async function doctor() {
  const { values } = commandLine(TOOL);
  const named = namedConfiguration(values);
  const url = address(values.url);
  await buildWorker();
  const configuration = await readConfiguration(named);
  const local = url && localBridge(url);
  for (const name of SECRETS) {
    const value = process.env[name] ?? local?.secrets[name];
    if (value) configuration.secrets[name] = value;
  }

  const checks = [];
  const note = (name, result) => {
    checks.push({ check: name, ...result });
    if (!values.json) show(checks.at(-1));
  };
  await look(configuration, url, note);
  if (values.probe) await probeDevin(configuration, note);
  const count = (wanted) => checks.filter(({ state }) => state === wanted).length;
  const healthy = count("wrong") === 0 && !(values.strict && count("skipped") > 0);
  if (!healthy) process.exitCode = WRONG;
  if (!values.json) console.log(`\n${count("ok")} ok, ${count("wrong")} wrong, ${count("skipped")} not looked at`);
  if (values.json) console.log(JSON.stringify({ ok: healthy, checks }, null, 2));
}

async function look(configuration, url, note) {
  note("settings", await settings(configuration));
  for (const name of SECRETS) note(name, secret(name, configuration.secrets[name], url));
  await examineDevin(configuration, note);
  if (url) await examineBridge(url, configuration.secrets, note);
}

async function settings(configuration) {
  const { problems, warnings } = await check(configuration);
  const said = problems.map((problem) => describe(problem).replaceAll("\n", ";").replace(/\s+/g, " ")).join(". ");
  if (problems.length > 0) return wrong(said, "fix them in wrangler.toml; npm run check shows them one by one");
  return ok(["right", ...warnings].join("; but "));
}

/** Whether it is at hand here. What a deployed bridge has, only its answers tell. */
function secret(name, value, url) {
  if (value) return ok("at hand");
  if (url) return skipped("not at hand here; the bridge's answers below show what it has");
  if (name === "PAGERDUTY_SIGNING_SECRET") return skipped("not at hand; only PagerDuty needs it, and shows it when its webhook is made");
  return wrong("neither in the environment nor in .dev.vars", TODO[name]);
}

const TODO = {
  DEVIN_API_KEY: "at app.devin.ai, Settings → Service Users, make one with ManageOrgSessions and ViewOrgSessions, and put its key into .dev.vars",
  WEBHOOK_SECRET: "make one (openssl rand -hex 32) and put it into .dev.vars; npm run setup does both",
  ADMIN_TOKEN: "make one (openssl rand -hex 32) and put it into .dev.vars; npm run setup does both",
};

main(import.meta, doctor);
