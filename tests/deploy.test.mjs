// npm run setup, from the first question to the answer of the deployed bridge: with a wrangler that keeps what it is given,
// a bridge that runs with exactly that, and a fake Devin.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, test } from "node:test";
import { parseEnv } from "node:util";
import { parse } from "smol-toml";
import { currentNode } from "../scripts/node.mjs";
import { withVariables } from "../scripts/settings-files.mjs";
import { ROOT } from "../scripts/steps.mjs";
import { addressIn, deploy, secretNames, setSecrets, wranglerOptions } from "../scripts/wrangler.mjs";
import { section } from "../scripts/wrangler-file.mjs";
import { ORG, V3_KEY } from "./fake-devin.mjs";
import { startBridge, until } from "./harness.mjs";

const read = (path) => readFileSync(join(ROOT, path), "utf8");

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
async function place() {
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
async function setup({ file, path }, { args = [], answers = [], env = {} }) {
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
async function deployed(here, options) {
  let ended;
  const running = setup(here, options).then((run) => (ended = run));
  await until("the secrets are set", 60, () => here.secrets() ?? ended);
  if (!ended) {
    here.bridge.vars = { ...here.vars(options.args?.includes("--env") ? "staging" : ""), ...here.secrets() };
    await here.bridge.start();
  }
  return running;
}

test("a first deploy, asked and answered", async () => {
  const here = await place();
  const before = readFileSync(here.file, "utf8");
  const run = await deployed(here, { answers: [V3_KEY, "", "acme/shop", "SHOP", "", "yes"] });
  assert.equal(run.code, 0, run.text);

  // It listed the organisation that the key can see, and an empty answer took it.
  assert.match(run.text, /the key can see org-local \(Local\)/);
  const { DEVIN_ORG_ID, TARGET_REPO, JIRA_PROJECT, SLACK_CHANNEL } = here.vars();
  assert.deepEqual([DEVIN_ORG_ID, TARGET_REPO, JIRA_PROJECT, SLACK_CHANNEL], [ORG, "acme/shop", "SHOP", ""]);
  const comments = (toml) => toml.split("\n").filter((line) => line.startsWith("#"));
  assert.deepEqual(comments(readFileSync(here.file, "utf8")), comments(before));

  // Secrets went over stdin, and nowhere else.
  const secrets = here.secrets();
  assert.deepEqual(Object.keys(secrets).sort(), ["ADMIN_TOKEN", "DEVIN_API_KEY", "WEBHOOK_SECRET"]);
  assert.match(secrets.WEBHOOK_SECRET, /^[0-9a-f]{64}$/);
  assert.notEqual(secrets.WEBHOOK_SECRET, secrets.ADMIN_TOKEN);
  assert.deepEqual(here.calls().map(({ args }) => args.slice(0, 2).join(" ")), ["deploy --config", "secret list", "secret bulk"]);
  for (const value of Object.values(secrets)) {
    assert.ok(!run.text.includes(value), "a secret is shown");
    assert.ok(!here.calls().some(({ args }) => args.join(" ").includes(value)), "a secret is on a command line");
  }
  // What was made is kept, for its owner only; the key is not, or npm start would talk to the real Devin.
  const devVars = readFileSync(here.path(".dev.vars"), "utf8");
  assert.equal(devVars, `WEBHOOK_SECRET="${secrets.WEBHOOK_SECRET}"\nADMIN_TOKEN="${secrets.ADMIN_TOKEN}"\n`);
  assert.equal(statSync(here.path(".dev.vars")).mode & 0o777, 0o600);

  // The bridge that runs with just that answered the test event.
  assert.match(run.text, /^Answer +200 \{.*"reason":"ping"/m);
  for (const step of ["/pagerduty-resolved", "/hooks/kibana", "/hooks/azure-monitor?secret=<WEBHOOK_SECRET>", "/api/trigger-devin"]) {
    assert.ok(run.text.includes(`${here.bridge.url}${step}`), step);
  }
  assert.equal(here.bridge.devin.all.length, 0);

  // Again: what is there stays, also where .dev.vars was lost.
  rmSync(here.path(".dev.vars"));
  const again = await setup(here, { args: ["--yes"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(again.code, 0, again.text);
  assert.deepEqual(here.secrets(), secrets);
  assert.ok(!existsSync(here.path(".dev.vars")));
});

test("without questions: options and the environment, signed with what PagerDuty gave", async () => {
  const here = await place();
  const env = { DEVIN_API_KEY: V3_KEY, WEBHOOK_SECRET: "mine", ADMIN_TOKEN: "mine-too", PAGERDUTY_SIGNING_SECRET: "pagerduty's" };
  const args = ["--yes", "--org", ORG, "--repo", "acme/shop", "--jira", "SHOP", "--slack", "#oncall"];
  const run = await deployed(here, { args, env });
  assert.equal(run.code, 0, run.text);
  assert.deepEqual(here.secrets(), env);
  assert.deepEqual(here.vars().SLACK_CHANNEL, "#oncall");
  assert.ok(!existsSync(here.path(".dev.vars")));
  assert.match(run.text, /^Sent .*signed$/m);
  assert.match(run.text, /^Answer +200/m);
});

test("--dry-run says what would be done, and does nothing", async () => {
  const here = await place();
  const before = readFileSync(here.file, "utf8");
  const run = await setup(here, { args: ["--yes", "--dry-run", "--repo", "acme/shop"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(run.code, 0, run.text);
  assert.match(run.text, /^  TARGET_REPO = "acme\/shop" +into/m);
  assert.match(run.text, /^  DEVIN_ORG_ID = "org-local" +into/m);
  assert.match(run.text, /^  secret WEBHOOK_SECRET +made here/m);
  assert.deepEqual(here.calls(), []);
  assert.equal(readFileSync(here.file, "utf8"), before);

  const declined = await setup(here, { answers: [V3_KEY, "", "", "", "", "no"] });
  assert.equal(declined.code, 0, declined.text);
  assert.match(declined.text, /Nothing was done/);
  const left = await setup(here, { answers: [V3_KEY] });
  assert.equal(left.code, 1);
  assert.match(left.text, /Stopped: nothing was answered/);
  assert.deepEqual(here.calls(), []);
});

test("what is wrong is said before anything is deployed", async () => {
  const here = await place();
  const { devin } = here.bridge;
  for (const [args, key, code, said] of [
    [[], "cog_revoked", 1, /WRONG +Devin key +.*401/],
    [["--org", "org-else"], V3_KEY, 1, /DEVIN_ORG_ID should be/],
    [["--repo", "nowhere"], V3_KEY, 1, /^TARGET_REPO\n  found     "?nowhere"?\n  expected  owner\/name/m],
    [[], undefined, 2, /DEVIN_API_KEY is neither in the environment/],
    [["--org"], V3_KEY, 2, /--org needs a value: --org ORG/],
  ]) {
    const run = await setup(here, { args: ["--yes", ...args], env: { DEVIN_API_KEY: key } });
    assert.equal(run.code, code, run.text);
    assert.match(run.text.replace(/\n {20,}/g, " "), said);
  }
  devin.script({ call: "message", replies: [{ status: 403, body: {} }] });
  const forbidden = await setup(here, { args: ["--yes"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(forbidden.code, 1);
  assert.match(forbidden.text, /permission\s+ManageOrgSessions/);
  assert.deepEqual(here.calls(), []);

  writeFileSync(here.path("fails"), "");
  const failed = await setup(here, { args: ["--yes"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(failed.code, 1);
  assert.match(failed.text, /wrangler deploy .* ended with 1/);
  assert.equal(here.secrets(), undefined);
});

test("a second bridge is an environment of wrangler.toml, with secrets of its own", async () => {
  const here = await place();
  writeFileSync(here.path(".dev.vars"), 'WEBHOOK_SECRET="of-production"\nADMIN_TOKEN="of-production-too"\n');
  const before = readFileSync(here.file, "utf8");
  const planned = await setup(here, { args: ["--env", "staging", "--yes", "--dry-run"], env: { DEVIN_API_KEY: V3_KEY, CLOUDFLARE_ACCOUNT_ID: "acc" } });
  assert.equal(planned.code, 0, planned.text);
  assert.match(planned.text, /^ +Worker +devin-bridge-staging$/m);
  assert.match(planned.text, /^ +account +acc$/m);
  assert.match(planned.text, /^ +\[env\.staging\] +into /m);
  assert.equal(readFileSync(here.file, "utf8"), before);

  const run = await deployed(here, { args: ["--env", "staging", "--yes", "--repo", "acme/shop"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(run.code, 0, run.text);
  for (const { args } of here.calls()) assert.deepEqual(args.slice(-2), ["--env", "staging"]);
  const { env, vars, kv_namespaces: namespaces, durable_objects: objects } = JSON.parse(JSON.stringify(parse(readFileSync(here.file, "utf8"))));
  assert.deepEqual(env.staging, { kv_namespaces: namespaces, durable_objects: objects, vars: { ...vars, DEVIN_ORG_ID: ORG, TARGET_REPO: "acme/shop" } });
  assert.equal(vars.TARGET_REPO, "");
  assert.ok(!Object.values(here.secrets()).some((value) => value.startsWith("of-production")));
  assert.equal(statSync(here.path(".dev.vars.staging")).mode & 0o777, 0o600);
  assert.match(readFileSync(here.path(".dev.vars"), "utf8"), /of-production/);

  // Production's, now that there are two: wrangler is told that it is meant.
  assert.deepEqual(wranglerOptions({ toml: { env: { staging: {} } }, env: "" }, {}), ["--env", ""]);
  const misused = await setup(here, { args: ["--env", "Staging!", "--yes"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(misused.code, 2, misused.text);
});

test("npm run deploy says what goes where, and deploys nothing that is wrong", async () => {
  const here = await place();
  const deploy = async (...args) => {
    const PATH = [dirname(here.path("wrangler")), process.env.PATH].join(delimiter);
    const env = { ...process.env, PATH, CLOUDFLARE_ACCOUNT_ID: "acc" };
    const child = spawn(process.execPath, ["scripts/deploy.mjs", "--config", here.file, ...args], { cwd: ROOT, env });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
    return { code: await new Promise((resolve) => child.on("close", resolve)), text };
  };
  const good = await deploy();
  assert.equal(good.code, 0, good.text);
  assert.match(good.text, /^Worker +devin-bridge\nAccount +acc$/m);
  assert.deepEqual(here.calls().map(({ args }) => args), [["deploy", "--config", here.file]]);
  assert.equal((await deploy("--env", "stagin")).code, 2);

  writeFileSync(here.path("wrangler.staging.toml"), readFileSync(here.file, "utf8"));
  const copy = await deploy();
  assert.equal(copy.code, 1);
  assert.match(copy.text, /^name\n  found     "devin-bridge", which is the Worker of wrangler\.staging\.toml too$/m);
  rmSync(here.path("wrangler.staging.toml"));
  writeFileSync(here.file, `${readFileSync(here.file, "utf8")}\n[[vars.routes]]\nignore = true\n`);
  assert.match((await deploy()).text, /^routes\n.*\n  expected  did you mean ROUTES\?$/m);
  assert.equal(here.calls().length, 1);
});

test("wrangler itself deploys nothing that is wrong, and wrangler dev is left alone", async () => {
  const here = await place();
  symlinkSync(join(ROOT, "build"), here.path("build"));
  const toml = read("wrangler.toml").replace("node scripts/build.mjs", `${process.execPath} ${join(ROOT, "scripts/build.mjs")}`);
  const wrangler = async (vars) => {
    writeFileSync(here.file, toml.replace("[vars]", `[vars]\n${vars}`));
    const program = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
    const child = spawn(currentNode(), [program, "deploy", "--dry-run"], { cwd: dirname(here.file), env });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
    return { code: await new Promise((resolve) => child.on("close", resolve)), text };
  };
  const wrong = await wrangler('TARGET_REPOS = "acme/shop"');
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.text, /did you mean TARGET_REPO\?/);
  const right = await wrangler("");
  assert.equal(right.code, 0, right.text);

  writeFileSync(here.file, toml.replace("[vars]", '[vars]\nTARGET_REPOS = "acme/shop"'));
  const build = (command) =>
    spawnSync(process.execPath, [join(ROOT, "scripts/build.mjs")], { cwd: dirname(here.file), env: { ...process.env, WRANGLER_COMMAND: command } });
  assert.equal(build("dev").status, 0);
  assert.equal(build("types").status, 0);
  assert.equal(build("versions upload").status, 1);
});

test("wrangler.toml keeps everything but the values", () => {
  const toml = `name = "x"\n[vars] # all of them\nA = "1" # why\n  B = 'two'\nC = 3\n\n[[vars.ROUTES]]\nA = "other"\n`;
  const written = withVariables(toml, { A: 'say "hi"', B: "", C: "4", D: "new" }, parse);
  assert.equal(written, `name = "x"\n[vars] # all of them\nD = "new"\nA = "say \\"hi\\"" # why\n  B = ""\nC = "4"\n\n[[vars.ROUTES]]\nA = "other"\n`);
  assert.equal(withVariables('name = "x"\n', { A: "1" }, parse), 'name = "x"\n\n[vars]\nA = "1"');
  assert.throws(() => withVariables('[vars]\nA = """\nB = "1"\n"""\n', { B: "2" }, parse), /set B in wrangler\.toml by hand/);
  assert.throws(() => withVariables('vars.A = "1"\n', { A: "2" }, parse), /by hand/);
});

test("the address is the custom domain, or the one on workers.dev", () => {
  const report = (...targets) => `{"type":"wrangler-session"}\n${JSON.stringify({ type: "deploy", targets })}\n`;
  assert.equal(addressIn(report("https://devin-bridge.acme.workers.dev", "schedule: */5 * * * *")), "https://devin-bridge.acme.workers.dev");
  assert.equal(addressIn(report("https://x.acme.workers.dev", "hooks.acme.example (custom domain - zone name: acme.example)")), "https://hooks.acme.example");
  assert.equal(addressIn(report("acme.example/hooks/* (zone name: acme.example)")), undefined);
  assert.equal(addressIn(""), undefined);
});

test("the pinned wrangler does what it is asked, in front of a fake Cloudflare", async () => {
  const asked = [];
  const results = [
    [/\/secrets$/, [{ name: "ADMIN_TOKEN", type: "secret_text" }]],
    [/\/workers\/scripts$/, []],
    [/\/workers\/workers\//, { subdomain: { enabled: true, previews_enabled: false } }],
    [/\/namespaces\?/, []],
    [/\/namespaces$/, { id: "0123456789abcdef0123456789abcdef", title: "incidents" }],
    [/\/services\//, { default_environment: { script: { last_deployed_from: "wrangler" } } }],
    [/\/settings$/, { bindings: [] }],
    [/\/subdomain$/, { subdomain: "acme", enabled: true, previews_enabled: false }],
    [/\/deployments/, { deployments: [] }],
  ];
  const cloudflare = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ what: `${request.method} ${request.url.replace(/.*\/accounts\/acc/, "").replace(/\?.*/, "")}`, body });
    const [, result] = results.find(([path]) => path.test(request.url)) ?? [null, {}];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  });
  await new Promise((resolve) => cloudflare.listen(0, "127.0.0.1", resolve));
  after(() => cloudflare.close());
  Object.assign(process.env, {
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${cloudflare.address().port}/client/v4`,
    CLOUDFLARE_API_TOKEN: "token",
    CLOUDFLARE_ACCOUNT_ID: "acc",
    WRANGLER_SEND_METRICS: "false",
    NO_PROXY: "127.0.0.1",
  });

  assert.equal(await deploy([]), "https://devin-bridge.acme.workers.dev");
  assert.ok(asked.some(({ what }) => what === "POST /storage/kv/namespaces"), "it makes the namespace");
  const upload = asked.find(({ what }) => what === "PUT /workers/scripts/devin-bridge").body;
  for (const part of ["IncidentObject", "RegisterObject", "0123456789abcdef0123456789abcdef"]) assert.ok(upload.includes(part), part);

  assert.deepEqual(await secretNames([]), ["ADMIN_TOKEN"]);
  await setSecrets({ WEBHOOK_SECRET: "from stdin" }, []);
  const { what, body } = asked.at(-1);
  assert.equal(what, "PATCH /workers/scripts/devin-bridge/secrets-bulk");
  assert.match(body, /"name":"WEBHOOK_SECRET","text":"from stdin"/);
});

test("the button asks with a description for everything, and describes nothing else", () => {
  const { vars, kv_namespaces: namespaces, durable_objects: objects } = parse(read("wrangler.toml"));
  const example = read(".dev.vars.example");
  const secrets = Array.from(example.matchAll(/^(?:# )?([A-Z_]+)=""$/gm), ([, name]) => name);
  const bindings = [...namespaces.map(({ binding }) => binding), ...objects.bindings.map(({ name }) => name)];
  const described = JSON.parse(read("package.json")).cloudflare.bindings;
  const names = new Set([...Object.keys(vars), ...secrets, ...bindings]);
  assert.deepEqual(Object.keys(described).sort(), [...names].sort());
  for (const [name, { description }] of Object.entries(described)) assert.match(description, /^.{20,}\.$/, name);

  // What it asks for has to be filled in, and must not be a variable too: a Worker can't have both of one name.
  const asked = Object.keys(parseEnv(example));
  assert.deepEqual(asked.sort(), ["ADMIN_TOKEN", "DEVIN_API_KEY", "WEBHOOK_SECRET"]);
  for (const name of asked) assert.ok(!(name in vars), name);
  for (const line of example.split("\n")) assert.match(line, /^$|^# |^[A-Z_]+=""$/);
  assert.match(read("docs/deploy.md"), /\(https:\/\/deploy\.workers\.cloudflare\.com\/\?url=https:\/\/github\.com\/[\w.-]+\/[\w.-]+\)/);
});

test("the workflow deploys main to staging and tags to production, with commands that there are", () => {
  const workflow = read(".github/workflows/ci.yml");
  const { scripts } = JSON.parse(read("package.json"));
  const commands = [...workflow.matchAll(/npm run (\S+)( -- --env \w+)?/g)].map(([, name, env = ""]) => name + env);
  assert.deepEqual(commands, ["deploy -- --env staging", "deploy"]);
  for (const command of commands) assert.ok(command.split(" ")[0] in scripts, command);
  const [, test, staging, production] = workflow.split(/^  (?:test|staging|production):$/m);
  assert.match(test, /- run: \.ci\/run$/m);
  assert.match(staging, /needs: test\n +if: github\.ref == 'refs\/heads\/main' && [^]*--env staging/);
  assert.match(production, /needs: test\n +if: startsWith\(github\.ref, 'refs\/tags\/v'\) && [^]*- run: npm run deploy$/m);
});

test("on Workers Builds, which has no Rust, rustup is installed; elsewhere it is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "devin-bridge-builds-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const [bin, home, log] = ["bin", "cargo", "log"].map((name) => join(folder, name));
  mkdirSync(bin);
  symlinkSync("/bin/sh", join(bin, "sh"));
  // What sh.rustup.rs would give: a script that leaves a rustup, here one that only keeps what it is asked.
  const rustup = join(home, "bin", "rustup");
  const installer = `/bin/mkdir -p ${home}/bin
echo "#!/bin/sh" > ${rustup}
echo 'echo rustup "$@" >> ${log}' >> ${rustup}
/bin/chmod +x ${rustup}
echo installed "$@" >> ${log}`;
  writeFileSync(join(bin, "curl"), `#!/bin/sh\necho "curl $@" >> ${log}\n/bin/cat <<'END'\n${installer}\nEND\n`);
  chmodSync(join(bin, "curl"), 0o755);

  const tools = async (env) => {
    // A browser would be looked for in PATH, which has only what is needed here, and installed.
    const all = { ...process.env, PATH: bin, CARGO_HOME: home, CHROMIUM: process.execPath, ...env };
    const child = spawn(process.execPath, ["scripts/tools.mjs"], { cwd: ROOT, env: all });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
    return { code: await new Promise((resolve) => child.on("close", resolve)), text };
  };
  const here = await tools({ WORKERS_CI: undefined });
  assert.equal(here.code, 1);
  assert.match(here.text, /rustup was not found/);
  assert.ok(!existsSync(log));

  const there = await tools({ WORKERS_CI: "1" });
  assert.equal(there.code, 0, there.text);
  const [fetched, installed, ...asked] = readFileSync(log, "utf8").trim().split("\n");
  assert.match(fetched, /^curl --proto =https --tlsv1\.2 .*https:\/\/sh\.rustup\.rs$/);
  assert.match(installed, /^installed -y .*--no-modify-path$/);
  assert.match(asked.at(-1), /^rustup toolchain install [\d.]+ .*--target wasm32-unknown-unknown/);

  const again = await tools({ WORKERS_CI: "1" });
  assert.equal(again.code, 0, again.text);
  assert.equal(readFileSync(log, "utf8").match(/^curl /gm).length, 1);
});
