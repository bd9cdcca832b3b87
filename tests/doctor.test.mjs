// npm run doctor against a bridge on workerd and a fake Devin: what is right is ok, and what is wrong comes with what to do.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { examineBridge } from "../scripts/bridge.mjs";
import { examineDevin } from "../scripts/devin.mjs";
import { probeDevin } from "../scripts/probe.mjs";
import { ROOT } from "../scripts/steps.mjs";
import { FakeDevin, ORG, V1_KEY, V3_KEY } from "./fake-devin.mjs";
import { SECRETS, startBridge } from "./harness.mjs";

const bridge = await startBridge();
const { devin } = bridge;
const folder = mkdtempSync(join(tmpdir(), "devin-bridge-doctor-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const config = (vars = {}) => {
  const lines = Object.entries({ DEVIN_API_URL: devin.url, DEVIN_ORG_ID: ORG, ...vars });
  const file = join(mkdtempSync(join(folder, "config-")), "wrangler.toml");
  writeFileSync(file, `[vars]\n${lines.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join("\n")}\n`);
  return file;
};

const ALL = { DEVIN_API_KEY: V3_KEY, ...SECRETS };

/** Runs it: { code, out, err }, and with --json what it found by name. */
function doctor(secrets, vars, ...args) {
  return new Promise((resolve) => {
    const names = ["DEVIN_API_KEY", ...Object.keys(SECRETS)];
    const none = Object.fromEntries(names.map((name) => [name, undefined]));
    const env = { ...process.env, ...none, ...secrets };
    const line = ["scripts/doctor.mjs", "--config", config(vars), ...args];
    const child = execFile(process.execPath, line, { cwd: ROOT, env }, (_, out, err) => {
      if (args.includes("--json") && !out) throw new Error(err);
      const found = args.includes("--json") && new Map(JSON.parse(out).checks.map((check) => [check.check, check]));
      resolve({ code: child.exitCode, out, err, found });
    });
  });
}

/** What one part of it finds, without a process of its own: by name, and whether anything is wrong. */
async function find(examine, ...args) {
  const found = new Map();
  await examine(...args, (name, finding) => found.set(name, finding));
  return found;
}
const findDevin = (secrets, vars) =>
  find(examineDevin, { variables: { DEVIN_API_URL: devin.url, DEVIN_ORG_ID: ORG, ...vars }, secrets: { ...ALL, ...secrets } });
const findBridge = (secrets, url) => find(examineBridge, new URL(url), secrets);

const states = (found) => Object.fromEntries(Array.from(found, ([name, { state }]) => [name, state]));

/** A server before the bridge; `change` may alter its answers. */
async function before(makeServer, change = (answer) => answer) {
  const server = makeServer(async (request, response) => {
    const body = [];
    for await (const chunk of request) body.push(chunk);
    const { host, connection, "content-length": _, ...headers } = request.headers;
    const init = { method: request.method, headers, body: body.length > 0 ? Buffer.concat(body) : undefined };
    const answer = await fetch(new URL(request.url, bridge.url), init);
    const now = new Date().toUTCString(); // Cloudflare says it; workerd alone does not.
    const { date, text } = change({ path: request.url, date: now, text: await answer.text() });
    response.writeHead(answer.status, { "content-type": "application/json", date });
    response.end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  return server.address().port;
}

test("before a deploy: settings, secrets, key and organisation are right", async () => {
  const { code, found, err } = await doctor(ALL, {}, "--json");
  assert.equal(code, 0, err);
  assert.deepEqual(states(found), {
    settings: "ok",
    DEVIN_API_KEY: "ok",
    WEBHOOK_SECRET: "ok",
    PAGERDUTY_SIGNING_SECRET: "ok",
    ADMIN_TOKEN: "ok",
    "Devin key": "ok",
    "Devin organisation": "ok",
    ViewOrgSessions: "ok",
    ManageOrgSessions: "ok",
  });
  assert.match(found.get("Devin key").said, /service_user local/);
  assert.match(found.get("Devin organisation").said, /org-local \(Local\)/);
  assert.equal(devin.all.length, 0);
});

test("after a deploy: the bridge, its stores, its clock, and its hooks", async () => {
  const { code, out, err } = await doctor(ALL, {}, "--url", bridge.url);
  assert.equal(code, 0, out + err);
  for (const line of [
    /^ok +bridge +version \d/m,
    /^- +clock +the answer has no Date/m,
    /^ok +deployed settings +complete/m,
    /^ok +KV +the dedup cache answers/m,
    /^ok +Durable Objects +the register answers/m,
    /^ok +PagerDuty hook +pagey\.ping, signed as PagerDuty does: The test event arrived/m,
    /^ok +alert hooks +an alert as a dry run/m,
    /^- +TLS +not an https/m,
  ]) {
    assert.match(out, line);
  }
  for (const secret of Object.values(ALL)) assert.ok(!out.includes(secret), secret);
  assert.equal(devin.all.length, 0);
});

test("without secrets, it says which are missing and what to do", async () => {
  const bare = await doctor({}, {});
  assert.equal(bare.code, 1);
  assert.match(bare.out, /^WRONG +DEVIN_API_KEY +neither in the environment nor in \.dev\.vars → at app\.devin\.ai/m);
  assert.match(bare.out, /^- +PAGERDUTY_SIGNING_SECRET/m);
  assert.match(bare.out, /^- +Devin +not asked/m);

  // A deployed bridge has its secrets, and this machine need not.
  const there = await doctor({}, {}, "--url", bridge.url, "--json");
  assert.equal(there.code, 0, there.out);
  assert.equal(there.found.get("bridge").state, "ok");
  assert.equal(there.found.get("PagerDuty hook").state, "skipped");

  // Without PagerDuty's secret, the shared one proves the test event.
  const { WEBHOOK_SECRET } = SECRETS;
  const shared = await findBridge({ WEBHOOK_SECRET }, bridge.url);
  assert.match(shared.get("PagerDuty hook").said, /with WEBHOOK_SECRET.*The test event arrived/);
});

test("settings that are wrong are named", async () => {
  const { code, found } = await doctor(ALL, { WAIT_SECONDS: "soon" }, "--json");
  assert.equal(code, 1);
  assert.match(found.get("settings").said, /WAIT_SECONDS; found "?soon"?; expected/);
  assert.match(found.get("settings").todo, /wrangler\.toml/);
});

for (const [what, secrets, vars, check, said, todo] of [
  ["a key that Devin does not know", { DEVIN_API_KEY: "cog_revoked" }, {}, "Devin key", /401/, /make a new one/],
  ["a legacy key that Devin does not know", { DEVIN_API_KEY: "apk_revoked" }, {}, "Devin key", /401/, /make a new one/],
  ["no organisation", {}, { DEVIN_ORG_ID: "" }, "Devin organisation", /not set/, /one of them .*: org-local \(Local\)/],
  ["another organisation", {}, { DEVIN_ORG_ID: "org-else" }, "Devin organisation", /none that the key can see/, /org-local/],
  ["no Devin there", {}, { DEVIN_API_URL: "http://127.0.0.1:9" }, "Devin", /ECONNREFUSED|bad port/, /DEVIN_API_URL/],
  ["an address that is not safe", {}, { DEVIN_API_URL: "http://devin.example" }, "Devin", /no https:\/\/ address/, /DEVIN_API_URL/],
]) {
  test(`Devin: ${what}`, async () => {
    const found = await findDevin(secrets, vars);
    assert.equal(found.get(check).state, "wrong");
    assert.match(found.get(check).said, said);
    assert.match(found.get(check).todo, todo);
  });
}

test("Devin: a legacy key", async () => {
  const found = await findDevin({ DEVIN_API_KEY: V1_KEY }, {});
  assert.deepEqual(states(found), { "Devin key": "ok" });
  assert.match(found.get("Devin key").said, /API v1/);
});

test("Devin: permissions that are missing, and a key that lists no organisations", async () => {
  const forbidden = { status: 403, body: { title: "Forbidden", status: 403 } };
  devin.script({ call: "organizations", replies: [forbidden] });
  devin.script({ call: "list", replies: [forbidden] });
  devin.script({ call: "message", replies: [forbidden] });
  const found = await findDevin();
  assert.deepEqual([found.get("Devin organisation").state, found.get("ViewOrgSessions").state], ["ok", "wrong"]);
  assert.match(found.get("ViewOrgSessions").todo, /permission ViewOrgSessions in org-local/);
  assert.match(found.get("ManageOrgSessions").todo, /permission ManageOrgSessions in org-local/);

  devin.script({ call: "message", replies: [{ status: 422, body: {} }, { status: 503, body: {} }] });
  assert.equal((await findDevin()).get("ManageOrgSessions").state, "ok");
  const down = (await findDevin()).get("ManageOrgSessions");
  assert.equal(down.state, "wrong");
  assert.match(down.todo, /try again/);
});

test("the bridge: secrets that differ, a clock that is off, stores that fail, something else at the address", async () => {
  const wrongSecrets = { PAGERDUTY_SIGNING_SECRET: "old", WEBHOOK_SECRET: "old", ADMIN_TOKEN: "old" };
  const found = await findBridge(wrongSecrets, bridge.url);
  assert.match(found.get("ADMIN_TOKEN").said, /does not take it/);
  assert.match(found.get("PagerDuty hook").said, /401/);
  assert.match(found.get("PagerDuty hook").todo, /npx wrangler secret put PAGERDUTY_SIGNING_SECRET/);
  assert.match(found.get("alert hooks").todo, /npx wrangler secret put WEBHOOK_SECRET/);

  const ill = await before(createHttpServer, ({ path, text }) => {
    const storage = { ledger: false, register: false };
    const problems = [{ setting: "DEVIN_API_KEY", found: null, expected: "a Devin API key" }];
    const changed = path === "/health" ? JSON.stringify({ ...JSON.parse(text), problems, storage }) : text;
    return { date: new Date(Date.now() - 3600_000).toUTCString(), text: changed };
  });
  const sick = await findBridge(ALL, `http://127.0.0.1:${ill}`);
  assert.match(sick.get("clock").said, /36\d\d s ahead of/);
  assert.match(sick.get("deployed settings").said, /DEVIN_API_KEY: expected a Devin API key/);
  assert.deepEqual([sick.get("KV").state, sick.get("Durable Objects").state], ["wrong", "wrong"]);

  assert.match((await findBridge(ALL, devin.url)).get("bridge").said, /401 and is no bridge/);
  assert.match((await findBridge(ALL, "http://127.0.0.1:9")).get("bridge").todo, /address/);
  assert.equal((await doctor(ALL, {}, "--url", "nowhere")).code, 2);
});

test("TLS: 1.2 is what PagerDuty speaks", async () => {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const trusting = { ...ALL, NODE_EXTRA_CA_CERTS: cert };

  const open = await before((handler) => createHttpsServer(options, handler));
  const good = await doctor(trusting, {}, "--url", `https://localhost:${open}`, "--json");
  assert.equal(good.code, 0, good.out);
  assert.match(good.found.get("TLS").said, /TLS 1\.2 is supported/);
  assert.match(good.found.get("clock").said, /^\d s apart/);
  assert.equal(good.found.get("PagerDuty hook").state, "ok");

  const closed = await before((handler) => createHttpsServer({ ...options, minVersion: "TLSv1.3" }, handler));
  const locked = await doctor(trusting, {}, "--url", `https://localhost:${closed}`, "--json");
  assert.equal(locked.code, 1);
  assert.match(locked.found.get("TLS").todo, /Minimum TLS Version to 1\.2/);
  assert.equal(locked.found.get("bridge").state, "ok");
});

test("a probe finds out what the documents do not say, with one session that it ends", async () => {
  const fake = await FakeDevin.start();
  after(() => fake.stop());
  const probe = (secrets = {}) =>
    find(probeDevin, { variables: { DEVIN_API_URL: fake.url, DEVIN_ORG_ID: ORG }, secrets: { ...ALL, ...secrets } });
  const alone = await probe();
  assert.equal(alone.get("probe: tags").said, "a tag of our own is kept");
  assert.match(alone.get("probe: lists of ids").said, /no other session/);
  for (const [arrays, said] of [
    ["repeated", "session_ids=a&session_ids=b: both; session_ids=a,b: none"],
    ["comma", "session_ids=a&session_ids=b: the first only; session_ids=a,b: both"],
    ["last", "session_ids=a&session_ids=b: the last only; session_ids=a,b: none"],
  ]) {
    fake.arrays = arrays;
    assert.equal((await probe()).get("probe: lists of ids").said, said);
  }
  fake.allowedTags = [];
  assert.match((await probe()).get("probe: tags").said, /was left out: only certain tags are allowed/);
  fake.script({ call: "create", replies: [{ status: 422, body: { detail: "tag not allowed" } }] });
  const refused = await probe();
  assert.deepEqual([refused.get("probe: tags").state, refused.has("probe: its session")], ["wrong", false]);
  fake.script({ call: "terminate", replies: [{ status: 403, body: {} }] });
  assert.match((await probe()).get("probe: its session").todo, /app\.devin\.ai/);
  assert.equal(fake.all.length, 6);
  assert.equal(fake.all.filter(({ status }) => status === "exit").length, 5);
  assert.ok(fake.requests.every(({ query }) => !query.has("devin_id")));
  assert.deepEqual(states(await probe({ DEVIN_API_KEY: V1_KEY })), { probe: "skipped" });
  const { code, out } = await doctor(ALL, { DEVIN_API_URL: fake.url }, "--probe");
  assert.equal(code, 0, out);
  assert.match(out, /^ok +probe: its session +devin-\w+ is ended$/m);
});
