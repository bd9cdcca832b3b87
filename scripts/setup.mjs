// npm run setup: the first deploy, from the key for Devin to a test event that the deployed bridge answers.
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { address, commandLine, main, misused, table, WRONG } from "./cli.mjs";
import {
  buildWorker,
  check,
  CONFIG_OPTION,
  describe,
  health,
  namedConfiguration,
  readConfiguration,
  WRANGLER_TOML,
} from "./configuration.mjs";
import { Devin, examineDevin } from "./devin.mjs";
import { show } from "./findings.mjs";
import { devVarsFile } from "./local.mjs";
import { Questions } from "./questions.mjs";
import { deliver, sample } from "./samples.mjs";
import { keepSecrets, withEnvironment, withVariables } from "./settings-files.mjs";

/** The variables that are asked for, with their options. */
const ASKED = {
  DEVIN_ORG_ID: { option: "org", value: "ORG", about: "your organisation at Devin, org-…; only with a key that starts cog_" },
  TARGET_REPO: { option: "repo", value: "REPO", about: "the repository Devin works in, as owner/name" },
  JIRA_PROJECT: { option: "jira", value: "PROJECT", about: "the JIRA project that a triage files its ticket in" },
  SLACK_CHANNEL: { option: "slack", value: "CHANNEL", about: "the Slack channel that a triage reports to" },
};
/** The secrets that people bring along, and those that are made here where there is none. */
const BROUGHT = ["DEVIN_API_KEY", "PAGERDUTY_SIGNING_SECRET"];
const MADE = ["WEBHOOK_SECRET", "ADMIN_TOKEN"];

const TOOL = {
  usage: "npm run setup [-- options]",
  about: `Walks through a first deploy: asks what it has to know, writes the variables into wrangler.toml, deploys with
    wrangler, sets the secrets, says what to do in PagerDuty, Kibana and Azure, and sends a test event. Secrets are taken
    from the environment or .dev.vars (${[...BROUGHT, ...MADE].join(", ")}); a WEBHOOK_SECRET and an ADMIN_TOKEN that
    nobody has yet are made, and kept in .dev.vars. It can be run again: what is there stays.`,
  options: {
    ...Object.fromEntries(Object.values(ASKED).map(({ option, value, about }) => [option, { value, about }])),
    url: { value: "URL", about: "the Worker's address, where wrangler does not tell it (routes on a zone of yours)" },
    yes: { about: "asks nothing" },
    "dry-run": { about: "only says what would be done; writes and deploys nothing" },
    ...CONFIG_OPTION,
  },
  ok: "the bridge is deployed and answered the test event, or with --dry-run could be",
  wrong: "a setting or the key is wrong, wrangler failed, or the bridge did not answer",
  examples: [
    ["npm run setup", "asks"],
    ["npm run setup -- --dry-run", "asks, and says what it would do"],
    ["npm run setup -- --env staging", "a second bridge, [env.staging], with secrets of its own"],
    ["DEVIN_API_KEY=… npm run setup -- --org org-… --repo acme/shop --yes", "asks nothing, for CI"],
  ],
};

/** How long a new Worker may take until it answers with its secrets, in milliseconds. */
const READY = 90_000;

async function setup() {
  const { values } = commandLine(TOOL);
  const named = namedConfiguration(values);
  const url = address(values.url);
  await buildWorker();
  const configuration = await intended(named);
  const questions = values.yes ? undefined : new Questions();
  try {
    const changes = await answers(configuration, values, questions);
    configuration.variables = { ...configuration.variables, ...changes };
    if (!(await isInOrder(configuration))) return void (process.exitCode = WRONG);
    await showPlan(configuration, changes);
    if (values["dry-run"]) return console.log("\nNothing was done.");
    if (questions && !(await questions.confirm("\nGo ahead?"))) return console.log("Nothing was done.");
    questions?.close(); // From here on the terminal is wrangler's, which may ask to sign in.
    await carryOut(configuration, { changes, named, url });
  } finally {
    questions?.close();
  }
}

/** The configuration, with `text` for the file; an environment that it does not have yet is like the one at the top. */
async function intended({ file = WRANGLER_TOML, ...named }) {
  const { environmentNames, readToml } = await import("./wrangler-file.mjs");
  const { parse, stringify } = await import("smol-toml");
  let [text, toml] = [readFileSync(file, "utf8"), readToml(file)];
  const isNew = Boolean(named.env) && !environmentNames(toml).includes(named.env);
  if (isNew) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(named.env)) misused(`--env ${named.env}: expected small letters, digits and -`);
    text = withEnvironment(text, named.env, toml, stringify);
    toml = parse(text);
  }
  return { ...(await readConfiguration({ ...named, file, toml })), text, isNew };
}

/** Asks for what is not known; completes the configuration's secrets and gives the variables that change. */
async function answers(configuration, values, questions) {
  const { variables, secrets } = configuration;
  for (const name of [...BROUGHT, ...MADE]) {
    if (process.env[name]) secrets[name] = process.env[name];
  }
  console.log("Devin: at app.devin.ai, Settings → Service Users, one with ManageOrgSessions and ViewOrgSessions.");
  secrets.DEVIN_API_KEY ??= await questions?.askHidden("  its API key (cog_… or apk_…)");
  if (!secrets.DEVIN_API_KEY) misused("DEVIN_API_KEY is neither in the environment nor in .dev.vars.");
  if (!/^(cog|apk)_/.test(secrets.DEVIN_API_KEY)) misused("That is no key of Devin's: it starts cog_, or apk_ where it is a legacy one.");

  const answered = {};
  for (const [name, { option, about }] of Object.entries(ASKED)) {
    const named = values[option];
    if (name === "DEVIN_ORG_ID") answered[name] = await organisation(configuration, named, questions);
    else if (named !== undefined || !questions) answered[name] = named ?? variables[name] ?? "";
    else answered[name] = await questions.ask(`${about}; empty: none`, variables[name]);
  }
  return Object.fromEntries(Object.entries(answered).filter(([name, value]) => value !== (variables[name] ?? "")));
}

/** The organisation: as named, or the only one that the key can see, or as answered. */
async function organisation({ variables, secrets }, wanted, questions) {
  const devin = new Devin(variables.DEVIN_API_URL || "https://api.devin.ai", secrets.DEVIN_API_KEY);
  const known = wanted ?? (variables.DEVIN_ORG_ID || secrets.DEVIN_ORG_ID || "");
  delete secrets.DEVIN_ORG_ID; // In .dev.vars it is for npm start; a deployed bridge has it as a variable.
  if (devin.isV1 || wanted) return known;
  const { status, body } = await devin.self();
  if (questions && status === 401) throw new Error("Devin answers 401 to this key: it is wrong, expired or revoked. Make a new one under Settings → Service Users.");
  const seen = (await devin.organizations()) ?? (body.org_id ? [{ id: body.org_id }] : []);
  if (seen.length > 0) console.log(`  the key can see ${seen.map(({ id, name }) => (name ? `${id} (${name})` : id)).join(", ")}`);
  const likely = known || (seen.length === 1 ? seen[0].id : "");
  return questions ? questions.ask(ASKED.DEVIN_ORG_ID.about, likely) : likely;
}

/** Whether Devin takes the key and the bridge the settings; says what is wrong. */
async function isInOrder(configuration) {
  let good = true;
  await examineDevin(configuration, (name, finding) => {
    show({ check: name, ...finding });
    good &&= finding.state !== "wrong";
  });
  const { problems } = await check(configuration);
  for (const problem of problems) console.log(`\n${describe(problem)}`);
  return good && problems.length === 0;
}

async function showPlan(configuration, changes) {
  const { file, env, secrets, isNew } = configuration;
  const { destination } = await import("./wrangler.mjs");
  const { worker, account } = destination(configuration);
  const rows = [["Worker", worker], ["account", account]];
  if (isNew) rows.push([`[env.${env}]`, `into ${file}, with bindings and variables like those at its top`]);
  rows.push(...Object.entries(changes).map(([name, value]) => [`${name} = ${JSON.stringify(value)}`, `into ${file}`]));
  rows.push(["wrangler deploy", "builds the Worker, makes its KV namespace and Durable Objects"]);
  const kept = basename(devVarsFile("", env));
  const source = (name) => (secrets[name] ? "yours" : `made here, and kept in ${kept}, unless the Worker has one already`);
  const setting = [...BROUGHT.filter((name) => secrets[name]), ...MADE];
  rows.push(...setting.map((name) => [`secret ${name}`, source(name)]));
  rows.push(["a test event", "PagerDuty's pagey.ping, which starts nothing"]);
  console.log(`\nWhat is to be done:\n${table(rows)}`);
}

async function carryOut(configuration, { changes, named, url }) {
  const { file, env, text, isNew, secrets } = configuration;
  if (isNew || Object.keys(changes).length > 0) {
    const { parse } = await import("smol-toml");
    writeFileSync(file, withVariables(text, changes, parse, env));
  }
  const { deploy, secretNames, setSecrets, wranglerOptions } = await import("./wrangler.mjs");
  const config = wranglerOptions(configuration, named);
  // Secrets afterwards: only a Worker that exists can have any, and without them its hooks answer 503.
  const reported = await deploy(config);
  const bridge = url ?? reported;
  if (!bridge) throw new Error("It is deployed, but wrangler names no address. Run it again with --url.");

  const there = await secretNames(config);
  const made = MADE.filter((name) => !secrets[name] && !there.includes(name));
  const fresh = Object.fromEntries(made.map((name) => [name, randomBytes(32).toString("hex")]));
  const devVars = devVarsFile(dirname(file), env);
  // First here, so that none is lost.
  if (made.length > 0) keepSecrets(devVars, fresh);
  Object.assign(secrets, fresh);
  const uploaded = [...BROUGHT, ...MADE].filter((name) => secrets[name]);
  await setSecrets(Object.fromEntries(uploaded.map((name) => [name, secrets[name]])), config);
  console.log(`Secrets  ${uploaded.join(", ")} are set${made.length > 0 ? `; ${made.join(" and ")} are new, and in ${devVars}` : ""}`);

  const good = (await isReady(bridge, secrets.ADMIN_TOKEN)) && (await tryIt(bridge, secrets));
  showNext(new URL(bridge).origin, env);
  if (!good) process.exitCode = WRONG;
}

/** Waits until the bridge answers, with its secrets as far as the admin token tells. */
async function isReady(bridge, token) {
  const end = Date.now() + READY;
  let said = "no answer";
  while (Date.now() < end) {
    try {
      const { status, problems } = await health(bridge, token ?? "");
      if (status === "ok" && (!token || problems?.length === 0)) return true;
      said = problems?.map(({ setting }) => `${setting} is wrong or missing`).join(", ") ?? (status === "misconfigured" ? "its settings are wrong or its secrets are not there yet" : "the ADMIN_TOKEN is not there yet");
    } catch (error) {
      said = error.cause?.code ?? error.message;
    }
    await sleep(1000);
  }
  console.log(`Bridge   ${bridge} is not ready after ${READY / 1000} s: ${said}. Look again with npm run doctor -- --url ${bridge}`);
  return false;
}

async function tryIt(bridge, secrets) {
  const event = sample("pagerduty-ping");
  const signed = Boolean(secrets.PAGERDUTY_SIGNING_SECRET);
  if (!signed && !secrets.WEBHOOK_SECRET) {
    console.log("Sent     nothing: no secret of the Worker is at hand here");
    return true;
  }
  const { status, text } = await deliver(bridge, signed ? event : { ...event, proof: "bearer" }, secrets);
  console.log(`Sent     PagerDuty's test event, pagey.ping, ${signed ? "signed" : "with WEBHOOK_SECRET"}`);
  console.log(`Answer   ${status} ${text}`);
  return status === 200;
}

function showNext(url, env) {
  const option = env ? ` --env ${env}` : "";
  console.log(`
PagerDuty      Integrations → Generic Webhooks (v3) → New Webhook
                 Webhook URL         ${url}/pagerduty-resolved
                 Event subscription  incident.resolved
               It then shows a signing secret, once: npx wrangler secret put PAGERDUTY_SIGNING_SECRET${option}

Kibana         Stack Management → Connectors → Create connector → Webhook
                 Method, URL         POST ${url}/hooks/kibana
                 Authentication      Basic, user kibana, password: WEBHOOK_SECRET
               The bodies of its actions: docs/senders/kibana.md

Azure Monitor  Alerts → Action groups → Create → Actions → Webhook
                 URI                 ${url}/hooks/azure-monitor?secret=<WEBHOOK_SECRET>
                 Enable the common alert schema: Yes

Anything else  POST ${url}/api/trigger-devin with Authorization: Bearer <WEBHOOK_SECRET>

All three with Terraform: docs/terraform. Whether all is well: npm run doctor -- --url ${url}${option}`);
}

main(import.meta, setup);
