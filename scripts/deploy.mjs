// npm run deploy: puts the bridge on Cloudflare, unless a setting is wrong.
import { dirname } from "node:path";
import { commandLine, main } from "./cli.mjs";
import { buildWorker, CONFIG_OPTION, namedConfiguration, readConfiguration } from "./configuration.mjs";

const TOOL = {
  usage: "npm run deploy [-- options]",
  about: `Builds the Worker, checks its settings, and deploys it with wrangler. The first deploy is easier with npm run setup,
    which sets the secrets too.`,
  options: CONFIG_OPTION,
  ok: "it is deployed",
  wrong: "a setting is wrong, and nothing was deployed, or wrangler failed",
  examples: [
    ["npm run deploy", "what is at the top of wrangler.toml"],
    ["npm run deploy -- --env staging", "its [env.staging]"],
  ],
};

async function deployIt() {
  const { values } = commandLine(TOOL);
  const named = namedConfiguration(values);
  await buildWorker();
  const configuration = await readConfiguration(named);
  // Only now: they need the npm packages.
  const { refuseWrongSettings } = await import("./check.mjs");
  const { deploy, destination, wranglerOptions } = await import("./wrangler.mjs");
  // Wrangler has it checked too, but shows what is wrong between its own words.
  await refuseWrongSettings(dirname(configuration.file));
  const { worker, account } = destination(configuration);
  console.log(`Worker   ${worker}\nAccount  ${account}\n`);
  const url = await deploy(wranglerOptions(configuration, named));
  if (url) console.log(`\nWhether all is well: npm run doctor -- --url ${url}${values.env ? ` --env ${values.env}` : ""}`);
}

main(import.meta, deployIt);
