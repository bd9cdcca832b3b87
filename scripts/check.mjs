// npm run check: what the bridge itself says of its configuration, before anything is deployed.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { commandLine, JSON_OPTION, main, table, WRONG } from "./cli.mjs";
import {
  buildWorker,
  check,
  CONFIG_OPTION,
  deployedPart,
  describe,
  namedConfiguration,
  readConfigurations,
  ROUTE_OPTIONS,
} from "./configuration.mjs";

const TOOL = {
  usage: "npm run check [-- options]",
  about: `Checks wrangler.toml and its environments, with .dev.vars where there is one: every wrong setting, by its name and
    place, with what was found and what was expected. Nothing is sent anywhere.`,
  options: { ...ROUTE_OPTIONS, ...CONFIG_OPTION, json: JSON_OPTION },
  ok: "all is well",
  wrong: "a setting is wrong",
  examples: [
    ["npm run check", "wrangler.toml as it is"],
    ["npm run check -- --env staging", "only what its [env.staging] has"],
    ["npm run check -- --routes routes.json", "whether these routes would be right in it"],
    ["npm run --silent check -- --json", "{ ok, problems, warnings, unset }"],
  ],
};

async function checkAll() {
  const { values } = commandLine(TOOL);
  const named = namedConfiguration(values);
  await buildWorker();
  const checked = await Promise.all((await readConfigurations(named)).map(check));
  const problems = checked.flatMap((one) => one.problems);
  const warnings = [...new Set(checked.flatMap((one) => one.warnings))];
  const [{ unset }] = checked;
  if (problems.length > 0) process.exitCode = WRONG;
  if (values.json) console.log(JSON.stringify({ ok: problems.length === 0, problems, warnings, unset }, null, 2));
  else show(problems, warnings, unset, values.env);
}

function show(problems, warnings, unset, env) {
  for (const problem of problems) console.log(`${describe(problem)}\n`);
  for (const warning of warnings) console.log(`warning: ${warning}\n`);
  console.log(problems.length === 0 ? "ok" : `${count(problems)}: until that is fixed, every hook answers 503.`);
  if (unset.length === 0) return;
  const option = env ? ` --env ${env}` : "";
  console.log(`\nNot in .dev.vars${env ? `.${env}` : ""}; a deployed bridge needs them (npx wrangler secret put NAME${option}):`);
  console.log(table(unset.map(({ setting, meaning }) => [setting, meaning])));
}

const count = ({ length }) => `${length} problem${length === 1 ? "" : "s"}`;

/** Fails where something that \`wrangler deploy\` may put on Cloudflare from a folder has settings that are wrong. */
export async function refuseWrongSettings(folder) {
  const files = readdirSync(folder).filter((name) => /^wrangler.*\.toml$/.test(name));
  const configurations = await Promise.all(files.map((name) => readConfigurations({ file: join(folder, name) })));
  const checked = await Promise.all(configurations.flat().map((one) => check(deployedPart(one))));
  const problems = checked.flatMap((one) => one.problems);
  if (problems.length === 0) return;
  throw new Error(`${problems.map(describe).join("\n\n")}\n\n${count(problems)}: nothing is deployed until that is fixed.`);
}

main(import.meta, checkAll);
