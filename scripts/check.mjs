// npm run check: what the bridge itself says of its configuration, before anything is deployed.
import { commandLine, JSON_OPTION, main, table, WRONG } from "./cli.mjs";
import {
  buildWorker,
  check,
  CONFIG_OPTION,
  describe,
  namedConfiguration,
  readConfiguration,
  ROUTE_OPTIONS,
} from "./configuration.mjs";

const TOOL = {
  usage: "npm run check [-- options]",
  about: `Checks wrangler.toml, with .dev.vars where there is one: every wrong setting, by its name and place, with what
    was found and what was expected. Nothing is sent anywhere.`,
  options: { ...ROUTE_OPTIONS, ...CONFIG_OPTION, json: JSON_OPTION },
  ok: "all is well",
  wrong: "a setting is wrong",
  examples: [
    ["npm run check", "wrangler.toml as it is"],
    ["npm run check -- --routes routes.json", "whether these routes could stand in it"],
    ["npm run --silent check -- --json", "{ ok, problems, warnings, unset }"],
  ],
};

async function checkAll() {
  const { values } = commandLine(TOOL);
  const named = namedConfiguration(values);
  await buildWorker();
  const { problems, warnings, unset } = await check(await readConfiguration(named));
  if (problems.length > 0) process.exitCode = WRONG;
  if (values.json) console.log(JSON.stringify({ ok: problems.length === 0, problems, warnings, unset }, null, 2));
  else show(problems, warnings, unset);
}

function show(problems, warnings, unset) {
  for (const problem of problems) console.log(`${describe(problem)}\n`);
  for (const warning of warnings) console.log(`warning: ${warning}\n`);
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  console.log(problems.length === 0 ? "ok" : `${count}: until that is mended, every hook answers 503.`);
  if (unset.length === 0) return;
  console.log("\nNot in .dev.vars; a deployed bridge needs them (npx wrangler secret put NAME):");
  console.log(table(unset.map(({ setting, meaning }) => [setting, meaning])));
}

main(import.meta, checkAll);
