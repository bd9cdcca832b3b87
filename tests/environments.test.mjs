// Nothing that is wrong is deployed, and a second bridge is an environment of wrangler.toml.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";
import { currentNode } from "../scripts/node.mjs";
import { ROOT } from "../scripts/steps.mjs";
import { wranglerOptions } from "../scripts/wrangler.mjs";
import { deployed, place, read, setup } from "./deploying.mjs";
import { ORG, V3_KEY } from "./fake-devin.mjs";

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
  const { env, vars, kv_namespaces: namespaces, durable_objects: objects, ratelimits } = JSON.parse(JSON.stringify(parse(readFileSync(here.file, "utf8"))));
  assert.deepEqual(env.staging, { kv_namespaces: namespaces, durable_objects: objects, ratelimits, vars: { ...vars, DEVIN_ORG_ID: ORG, TARGET_REPO: "acme/shop" } });
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
