// What is asked of wrangler. Secrets reach it over stdin, so that no list of processes and no history shows them.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { currentPath } from "./node.mjs";
import { output, ROOT, run } from "./steps.mjs";
import { environmentNames, section, workerName } from "./wrangler-file.mjs";

const PATH = [currentPath(), join(ROOT, "node_modules", ".bin")].join(delimiter);

/** The options that name a file and an environment, for any command of wrangler's. */
export function wranglerOptions({ file, toml, env }, named) {
  // Where there are several, wrangler wants to know also that the one at the top is meant.
  const several = environmentNames(toml).length > 1;
  return [...(named.file ? ["--config", file] : []), ...(several ? ["--env", env] : [])];
}

/** Where a deploy goes: the Worker's name, and the account as far as it is known before wrangler asks for it. */
export function destination({ toml, env }) {
  const { CLOUDFLARE_ACCOUNT_ID: id = section(toml, env).account_id ?? toml.account_id } = process.env;
  const chosen = join(ROOT, "node_modules", ".cache", "wrangler", "wrangler-account.json");
  const account = existsSync(chosen) ? JSON.parse(readFileSync(chosen, "utf8")).account : undefined;
  if (id) return { worker: workerName(toml, env), account: account?.id === id ? `${account.name} (${id})` : id };
  return { worker: workerName(toml, env), account: account ? `${account.name} (${account.id})` : "the one that wrangler is signed in to" };
}

/** Deploys, and gives the Worker's address; undefined where it has none that wrangler tells. */
export async function deploy(config) {
  const folder = mkdtempSync(join(tmpdir(), "devin-bridge-deploy-"));
  try {
    const report = join(folder, "deploy.json");
    await run("wrangler", ["deploy", ...config], { env: { PATH, WRANGLER_OUTPUT_FILE_PATH: report } });
    return addressIn(readFileSync(report, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The address in wrangler's report: a line of JSON for each thing it did, of which the one of the type "deploy" has
 * `targets`: addresses, custom domains, patterns of routes, schedules.
 */
export function addressIn(report) {
  const entries = report.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const targets = entries.findLast(({ type }) => type === "deploy")?.targets ?? [];
  const [domain] = targets.flatMap((target) => /^(\S+) \(custom domain/.exec(target)?.[1] ?? []);
  return domain ? `https://${domain}` : targets.find((target) => /^https?:\/\/\S+$/.test(target));
}

/** The names of the secrets that the Worker has. */
export async function secretNames(config) {
  const text = await output("wrangler", ["secret", "list", "--format", "json", ...config], { env: { PATH } });
  return JSON.parse(text.slice(text.indexOf("["))).map(({ name }) => name);
}

export function setSecrets(secrets, config) {
  return output("wrangler", ["secret", "bulk", ...config], { env: { PATH }, input: JSON.stringify(secrets) });
}
