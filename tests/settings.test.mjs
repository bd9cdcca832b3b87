// Every setting is in every list of settings: in the Worker, wrangler.toml, .dev.vars.example, package.json and docs/settings.md,
// of which the tables are made from the others: UPDATE_DOCS=1 node --test tests/settings.test.mjs
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { startRuntime } from "../scripts/runtime.mjs";
import { descriptions, isSetting, settingNames, TABLES } from "../scripts/settings.mjs";
import { ROOT } from "../scripts/steps.mjs";

const PAGE = join(ROOT, "docs/settings.md");
const read = (path) => readFileSync(join(ROOT, path), "utf8");
const { vars } = parse(read("wrangler.toml"));
const variables = Object.keys(descriptions()).filter((name) => name in vars);
const secrets = Object.keys(descriptions()).filter((name) => !(name in vars));

test("the Worker asks for exactly the settings that package.json describes", async () => {
  const persistTo = mkdtempSync(join(tmpdir(), "devin-bridge-settings-"));
  const wrapper = fileURLToPath(new URL("settings-worker.js", import.meta.url));
  const tenant = { AZURE_TENANT_ID: "11111111-2222-4333-8444-555555555555", AZURE_AUDIENCE: "api://bridge" }; // Or no role is asked for.
  const runtime = await startRuntime({ persistTo, wrapper, vars: { ...tenant, ADMIN_TOKEN: "an-admin-token-of-the-test" } });
  after(async () => {
    await runtime.stop();
    rmSync(persistTo, { recursive: true, force: true });
  });
  await fetch(`${runtime.url}/health`, { headers: { authorization: "Bearer an-admin-token-of-the-test" } });
  await fetch(`${runtime.url}/api/trigger-devin`, { method: "POST", body: "{}" });
  const asked = await (await fetch(`${runtime.url}/asked`)).json();
  const bindings = ["INCIDENTS", "INCIDENT", "REGISTER", "WRONG_SECRETS"];
  // A hook's own secret has its name from the hook.
  const pattern = (name) => (name === "WEBHOOK_SECRET_PREVIOUS" ? name : name.replace(/^WEBHOOK_SECRET_.+/, "WEBHOOK_SECRET_<SENDER>"));
  const settings = new Set(asked.filter((name) => !bindings.includes(name)).map(pattern));
  assert.deepEqual([...settings].sort(), settingNames().toSorted());
});

test("wrangler.toml has every variable, .dev.vars.example every secret, and neither anything else", () => {
  assert.deepEqual(Object.keys(vars).sort(), variables.toSorted());
  const example = Array.from(read(".dev.vars.example").matchAll(/^(?:# )?([A-Z_<>]+)=""$/gm), ([, name]) => name);
  // Locally it is a secret's companion: which organisation a key is for.
  assert.deepEqual(example.filter((name) => name !== "DEVIN_ORG_ID").sort(), secrets.toSorted());
  assert.deepEqual(TABLES.toSorted(), settingNames().filter((name) => !(name in descriptions())).sort());
  const named = /# Secrets are not variables[^]*$/.exec(read("wrangler.toml"))[0];
  for (const name of secrets) assert.match(named, new RegExp(`\\b${name}(?!\\w)`));
});

test("docs/settings.md has the tables that the others make", () => {
  const cell = (text) => (text === "" ? "" : `\`${text}\``);
  const rows = (names, columns) => names.map((name) => `| \`${name}\` | ${columns(name).join(" | ")} |`);
  const described = descriptions();
  const made = {
    variables: ["| variable | default | meaning |", "|---|---|---|", ...rows(variables, (name) => [cell(vars[name]), described[name]])],
    secrets: ["| secret | meaning |", "|---|---|", ...rows(secrets, (name) => [described[name]])],
  };
  const page = readFileSync(PAGE, "utf8");
  const wanted = Object.entries(made).reduce(
    (text, [name, lines]) => text.replace(new RegExp(`(<!-- ${name}: .*-->\n)[^]*?(<!-- end -->)`), (_, before, end) => `${before}${lines.join("\n")}\n${end}`),
    page,
  );
  if (process.env.UPDATE_DOCS) writeFileSync(PAGE, wanted);
  else assert.equal(page, wanted, "UPDATE_DOCS=1 node --test tests/settings.test.mjs writes them again");
  for (const name of Object.keys(made)) assert.match(page, new RegExp(`<!-- ${name}: `));
  for (const name of TABLES) assert.ok(page.includes(`\`${name}\``), name);
});

/** What looks like a setting in the documentation and belongs to something else. */
const OTHERS = /^(CLOUDFLARE_|DEVIN_BRIDGE_CACHE$|UPDATE_DOCS$|CHROMIUM$|PROPTEST_|TF_|KIBANA_|PAGERDUTY_API_KEY$|GRAFANA_|OWNER|WEBHOOK_SECRET_)/;

test("the documentation names no variable that there isn't", () => {
  const pages = ["README.md", "SECURITY.md", ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
  const examples = new Set(["STAGING_DB_URL", "NAME_PREVIOUS", "TARGET_REPOS"]);
  for (const page of pages) {
    for (const [, name] of read(page).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)) {
      const known = isSetting(name) || isSetting(name.replace(/_PREVIOUS$/, "")) || OTHERS.test(name) || examples.has(name);
      assert.ok(known, `${page}: ${name}`);
    }
  }
});
