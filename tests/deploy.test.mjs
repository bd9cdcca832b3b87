// npm run setup, from the first question to the answer of the deployed bridge: with a wrangler that keeps what it is given,
// a bridge that runs with exactly that, and a fake Devin.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseEnv } from "node:util";
import { parse } from "smol-toml";
import { withVariables } from "../scripts/settings-files.mjs";
import { ROOT } from "../scripts/steps.mjs";
import { addressIn, deploy, secretNames, setSecrets } from "../scripts/wrangler.mjs";
import { deployed, place, read, setup } from "./deploying.mjs";
import { ORG, V3_KEY } from "./fake-devin.mjs";

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
  const env = { DEVIN_API_KEY: V3_KEY, WEBHOOK_SECRET: "of-my-own-making-1", ADMIN_TOKEN: "of-my-own-making-2", PAGERDUTY_SIGNING_SECRET: "what PagerDuty's page gave" };
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
    [[], "my-key", 2, /That is no key of Devin's/],
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

  // Somebody who is asked is asked nothing more.
  const asked = await setup(here, { answers: ["cog_revoked"] });
  assert.equal(asked.code, 1);
  assert.match(asked.text, /Devin answers 401 to this key/);
  assert.doesNotMatch(asked.text, /the repository Devin works in/);

  writeFileSync(here.path("fails"), "");
  const failed = await setup(here, { args: ["--yes"], env: { DEVIN_API_KEY: V3_KEY } });
  assert.equal(failed.code, 1);
  assert.match(failed.text, /wrangler deploy .* ended with 1/);
  assert.equal(here.secrets(), undefined);
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
  const secrets = Array.from(example.matchAll(/^(?:# )?([A-Z_<>]+)=""$/gm), ([, name]) => name);
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
