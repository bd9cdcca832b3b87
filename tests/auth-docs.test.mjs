// docs/authentication.md, tried as written: every command is run and every setting used; `az`, which wants an account, is
// a fake that checks what it is asked.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { parse } from "smol-toml";
import { SECRETS, startBridge, until } from "./harness.mjs";
import { ADMIN } from "./alerting.mjs";
import { addressed, missing, shell } from "./clients.mjs";
import { AUDIENCE, claims, hmac, newKey, prove, seconds, standardWebhooks, startTenant, TENANT, token } from "./signing.mjs";
import { sample, sampleNames } from "../scripts/samples.mjs";

const FOLDER = new URL("../docs/", import.meta.url);
const page = readFileSync(new URL("authentication.md", FOLDER), "utf8");

const blocks = [];
let heading = "";
for (const [, title, lang, text] of page.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)\n```$/gm)) {
  if (title) heading = title;
  else blocks.push({ heading, lang, text });
}

/** The next block of this language under this heading. */
function take(heading, lang) {
  const block = blocks.find((block) => block.heading === heading && block.lang === lang && !block.taken);
  assert.ok(block, `no more ${lang} under "${heading}"`);
  block.taken = true;
  return block.text;
}

const ADDRESS = "https://devin-bridge.example.workers.dev";
const KEY = "a-signing-secret-of-the-test";
const WHSEC = `whsec_${btoa("a-secret-of-24-bytes-or-more")}`;

/** What each sender adds to a request, and the heading of its settings. */
const senders = {
  Grafana: (body, at = seconds()) => ({ "X-Grafana-Alerting-Timestamp": `${at}`, "X-Grafana-Alerting-Signature": hmac(KEY, `${at}:${body}`) }),
  Sentry: (body) => ({ "Sentry-Hook-Signature": hmac(KEY, body) }),
  Rootly: (body, at = seconds()) => ({ "X-Rootly-Signature": `t=${at},v1=${hmac(KEY, `${at}${body}`)}` }),
  FireHydrant: (body) => ({ "fh-signature": hmac(KEY, body) }),
  "incident.io, Svix and other Standard Webhooks": (body) => standardWebhooks(WHSEC, body),
  "GitHub's way, and a program of your own": (body) => ({ "X-Hub-Signature-256": `sha256=${hmac(KEY, body)}` }),
};

const tables = Object.keys(senders).map((heading) => parse(take(heading, "toml")).vars.SIGNATURES).flat();
const keys = Object.fromEntries(tables.map(({ scheme, secret }) => [secret, scheme === "standard-webhooks" ? WHSEC : KEY]));
const azure = parse(take("Azure secure webhooks", "toml")).vars;
const signingKey = newKey("the-key");
const tenant = await startTenant(signingKey);
const own = /^npx wrangler secret put (WEBHOOK_SECRET_\w+) /.exec(take("A secret for one hook", "sh"))[1];
const OWN_SECRET = "opens-azure-monitor-and-no-other";
const bridge = await startBridge({ ...keys, ...azure, [own]: OWN_SECRET, SIGNATURES: tables, AZURE_AUTHORITY: tenant.url });

/** What the log says of the requests that a command makes. */
async function proofOf(act) {
  const lines = () => bridge.logs.map(({ message }) => message).filter((line) => line.includes('"proof"'));
  const before = lines().length;
  const result = await act();
  await until("the log tells of it", 60, () => lines().length > before);
  return [result, JSON.parse(lines().at(-1)).proof];
}
const alert = () => JSON.stringify({ alertName: "disk-full", severity: 1, description: "/var is at 98 %", alertId: randomUUID() });

test("the settings have no problem", async () => {
  const health = JSON.parse((await bridge.request("/health", { headers: ADMIN })).text);
  assert.deepEqual(health.problems, []);
});

describe("a sender is let in by its own table:", () => {
  for (const [index, [name, headers]] of Object.entries(senders).entries()) {
    test(name, async () => {
      for (const hook of [tables[index].hooks].flat()) {
        const path = hook === "trigger-devin" ? "/api/trigger-devin" : `/hooks/${hook}`;
        const example = sampleNames.find((sample) => sample.startsWith(hook));
        const body = hook === "trigger-devin" ? alert() : JSON.stringify(sample(example).body);
        const { answer, proof } = await prove(bridge, `${path}?dry_run=1`, body, headers(body));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(proof, tables[index].secret.toLowerCase());
      }
    });
  }
});

test("a body that is no alert is let in, and the answer says what was expected", async () => {
  const body = JSON.stringify({ event: { type: "incident.created" }, data: {} });
  const { answer } = await prove(bridge, "/hooks/rootly", body, senders.Rootly(body));
  assert.deepEqual([answer.status, answer.json.error], [400, "Missing required field: data.id"], answer.text);
});

describe("commands", { skip: missing.curl }, () => {
  test("the shared secret", async () => {
    const command = addressed(take("The shared secret", "sh"), { [ADDRESS]: bridge.url, "your-webhook-secret": SECRETS.WEBHOOK_SECRET });
    const [printed, proof] = await proofOf(() => shell(command));
    assert.deepEqual([JSON.parse(printed).status, proof], ["dry_run", "webhook_secret"]);
  });

  test("a signature by hand", async () => {
    const command = addressed(take("Grafana", "sh"), { [ADDRESS]: bridge.url, "your-signing-secret": KEY });
    const [printed, proof] = await proofOf(() => shell(command));
    assert.equal(proof, "grafana_signing_secret");
    const settled = (text) => text.trim().replaceAll(/(devin-|sessions\/)[0-9a-f]{32}/g, "$1…");
    assert.equal(settled(printed), settled(take("Grafana", "json")));
  });
});

test("the carriers of the shared secret", async () => {
  const rows = [...page.matchAll(/^\| `(Authorization: Bearer|X-Webhook-Secret:|Authorization: Basic|\?secret=)/gm)].map(([, name]) => name);
  assert.equal(rows.length, 4);
});

test("a secret for one hook opens what its name says", async () => {
  const body = JSON.stringify(sample("azure-metric-fired").body);
  const { answer, proof } = await prove(bridge, `/hooks/azure-monitor?dry_run=1&secret=${OWN_SECRET}`, body, {});
  assert.deepEqual([answer.status, proof], [200, own.toLowerCase()], answer.text);
});

describe("Azure", () => {
  const folder = mkdtempSync(join(tmpdir(), "devin-bridge-az-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("the commands make an application, its role, and give Azure Monitor that role", async () => {
    const log = join(folder, "log");
    const answers = [
      [/^ad app create .*--query appId/s, AUDIENCE],
      [/^ad sp show --id 461e8683\S+ --query id/, "the-service-principal-of-azure"],
      [/^ad sp show --id 6666\S+ --query id/, "the-service-principal-of-the-bridge"],
      [/^ad sp show --id 6666\S+ --query appRoles/, "the-role"],
    ];
    const fake = `#!${process.execPath}
const args = process.argv.slice(2);
require("node:fs").appendFileSync(${JSON.stringify(log)}, JSON.stringify(args) + "\\n");
const answers = [${answers.map(([pattern, text]) => `[${pattern}, ${JSON.stringify(text)}]`).join()}];
const found = answers.find(([pattern]) => pattern.test(args.join(" ")));
if (found) console.log(found[1]);
`;
    writeFileSync(join(folder, "az"), fake, { mode: 0o755 });
    const script = `${take("Azure secure webhooks", "sh")}\n${take("Azure secure webhooks", "sh")}`;
    await shell(script, { PATH: `${folder}:${process.env.PATH}` });
    const calls = readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const option = (call, name) => call[call.indexOf(name) + 1];
    const [role] = JSON.parse(option(calls[0], "--app-roles"));
    assert.deepEqual([role.value, role.allowedMemberTypes, role.isEnabled], ["ActionGroupsSecureWebhook", ["Application"], true]);
    assert.deepEqual(calls[1].slice(0, 6), ["ad", "app", "update", "--id", AUDIENCE, "--identifier-uris"]);
    assert.equal(option(calls[1], "--identifier-uris"), `api://${AUDIENCE}`);
    const last = calls.at(-1);
    assert.equal(option(last, "--url"), "https://graph.microsoft.com/v1.0/servicePrincipals/the-service-principal-of-azure/appRoleAssignments");
    const expected = { principalId: "the-service-principal-of-azure", resourceId: "the-service-principal-of-the-bridge", appRoleId: "the-role" };
    assert.deepEqual(JSON.parse(option(last, "--body")), expected);
  });

  test("the template names the same tenant and application as the settings, and its token is let in", async () => {
    const { properties } = JSON.parse(take("Azure secure webhooks", "json"));
    const [receiver] = properties.webhookReceivers;
    assert.deepEqual([receiver.tenantId, receiver.identifierUri, receiver.useAadAuth, receiver.useCommonAlertSchema], [azure.AZURE_TENANT_ID, `api://${azure.AZURE_AUDIENCE}`, true, true]);
    assert.deepEqual([azure.AZURE_TENANT_ID, azure.AZURE_AUDIENCE], [TENANT, AUDIENCE]);
    const path = new URL(receiver.serviceUri).pathname;
    const text = token(signingKey, claims(tenant, { aud: receiver.identifierUri }));
    const headers = { authorization: `Bearer ${text}` };
    const { answer, proof } = await prove(bridge, path, JSON.stringify(sample("azure-metric-fired").body), headers);
    assert.deepEqual([answer.status, answer.json.status, proof], [200, "started", "entra_token"], answer.text);
  });

  test("the parts of a token that it explains are those that the log names", async () => {
    const wrong = { iss: { iss: "x" }, tid: { tid: "x" }, aud: { aud: "x" }, appid: { azp: "x" }, roles: { roles: [] }, exp: { exp: 1 }, nbf: { nbf: 9e9 } };
    for (const [part, change] of Object.entries(wrong)) {
      const text = token(signingKey, claims(tenant, change));
      const { answer, proof } = await prove(bridge, "/hooks/azure-monitor", "{}", { authorization: `Bearer ${text}` });
      assert.deepEqual([answer.status, proof], [401, `none: the token's ${part}`]);
      assert.match(page, new RegExp(`^\\| .*\`${part}\`.* \\|`, "m"));
    }
  });
});

test("no block is left that nobody tried", { skip: missing.curl }, () => {
  assert.deepEqual(blocks.filter(({ taken }) => !taken), []);
});
