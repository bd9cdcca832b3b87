// A place to deploy from, with a wrangler that keeps what it is given, and a bridge that runs with exactly that.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after } from "node:test";
import { parse } from "smol-toml";
import { ROOT } from "../scripts/steps.mjs";
import { section } from "../scripts/wrangler-file.mjs";
import { startBridge, until } from "./harness.mjs";

export const read = (path) => readFileSync(join(ROOT, path), "utf8");

/** Keeps each call as a line of JSON in calls, and the secrets in secrets.json. */
const FAKE_WRANGLER = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const [folder, args] = [__dirname, process.argv.slice(2)];
const stdin = args[1] === "bulk" ? readFileSync(0, "utf8") : "";
appendFileSync(folder + "/calls", JSON.stringify({ args, stdin }) + "\\n");
const stored = folder + "/secrets.json";
const secrets = existsSync(stored) ? JSON.parse(readFileSync(stored, "utf8")) : {};
if (args[0] === "deploy") {
  if (existsSync(folder + "/fails")) process.exit(1);
  const targets = JSON.parse(readFileSync(folder + "/targets", "utf8"));
  appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, JSON.stringify({ type: "wrangler-session" }) + "\\n");
  appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, JSON.stringify({ type: "deploy", targets }) + "\\n");
} else if (args[1] === "list") {
  console.log(JSON.stringify(Object.keys(secrets).map((name) => ({ name, type: "secret_text" }))));
} else if (args[1] === "bulk") {
  writeFileSync(stored, JSON.stringify({ ...secrets, ...JSON.parse(stdin) }));
}
`;

/** A place to deploy from, and a bridge that starts with what was deployed. */
export async function place() {
  const bridge = await startBridge();
  await bridge.stop();
  const folder = mkdtempSync(join(tmpdir(), "devin-bridge-setup-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "wrangler.toml");
  writeFileSync(file, read("wrangler.toml").replace("https://api.devin.ai", bridge.devin.url));
  writeFileSync(join(folder, "wrangler"), FAKE_WRANGLER);
  chmodSync(join(folder, "wrangler"), 0o755);
  writeFileSync(join(folder, "targets"), JSON.stringify([bridge.url, "schedule: * * * * *"]));
  const path = (name) => join(folder, name);
  return {
    bridge,
    file,
    path,
    calls: () => (existsSync(path("calls")) ? readFileSync(path("calls"), "utf8").trim().split("\n").map((line) => JSON.parse(line)) : []),
    secrets: () => (existsSync(path("secrets.json")) ? JSON.parse(readFileSync(path("secrets.json"), "utf8")) : undefined),
    vars: (env) => section(parse(readFileSync(file, "utf8")), env).vars,
  };
}

/** Runs it with these answers: { code, text }. */
export async function setup({ file, path }, { args = [], answers = [], env = {} }) {
  const none = { DEVIN_API_KEY: undefined, WEBHOOK_SECRET: undefined, ADMIN_TOKEN: undefined, PAGERDUTY_SIGNING_SECRET: undefined };
  const PATH = [dirname(path("wrangler")), process.env.PATH].join(delimiter);
  const child = spawn(process.execPath, ["scripts/setup.mjs", "--config", file, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...none, ...env, PATH },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  child.stdin.end(answers.map((answer) => `${answer}\n`).join(""));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, text };
}

/** Runs it, and the bridge as soon as it has its secrets. */
export async function deployed(here, options) {
  let ended;
  const running = setup(here, options).then((run) => (ended = run));
  await until("the secrets are set", 120, () => here.secrets() ?? ended);
  if (!ended) {
    here.bridge.vars = { ...here.vars(options.args?.includes("--env") ? "staging" : ""), ...here.secrets() };
    await here.bridge.start();
  }
  return running;
}
