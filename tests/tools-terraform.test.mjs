// The Terraform of docs/terraform, read by HashiCorp's own parser and held against the providers' schemas, of which
// terraform-schemas.json has the part that matters here, with its source: the providers come from a registry of their own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "@cdktn/hcl2json";
import { ROOT } from "../scripts/steps.mjs";

const read = (path) => readFileSync(join(ROOT, path), "utf8");
const SCHEMAS = JSON.parse(read("tests/terraform-schemas.json"));
/** What every resource may have, whatever its provider. */
const META = ["count", "for_each", "depends_on", "lifecycle", "provider"];

const load = (name) => parse("main.tf", read(`docs/terraform/${name}/main.tf`));
const [pagerduty, kibana, azure] = await Promise.all(["pagerduty", "kibana", "azure"].map(load));
const { paths } = JSON.parse(read("src/web/openapi.json"));

/** What is wrong with a configuration. */
function mistakes(configuration) {
  const found = [];
  const { source, version } = Object.values(configuration.terraform[0].required_providers[0])[0];
  const schema = SCHEMAS[source];
  for (const kind of ["resource", "data"]) {
    for (const [type, instances] of Object.entries(configuration[kind] ?? {})) {
      const known = schema[kind]?.[type];
      if (!known) found.push(`${kind} ${type} is none of ${source} ${version}`);
      for (const [name, [body]] of Object.entries(instances)) {
        if (known) found.push(...inBlock(body, known, `${type}.${name}`));
      }
    }
  }
  return [...found, ...dangling(configuration, schema)];
}

function inBlock(body, { required = [], optional = [], computed = [], blocks = {} }, where) {
  const found = [];
  const { dynamic = {}, ...written } = body;
  for (const name of required) if (!(name in written)) found.push(`${where}.${name} is missing`);
  for (const [name, value] of Object.entries(written)) {
    if (name in blocks) value.forEach((each, index) => found.push(...inBlock(each, blocks[name], `${where}.${name}[${index}]`)));
    else if (computed.includes(name)) found.push(`${where}.${name} can't be set`);
    else if (![...required, ...optional, ...META].includes(name)) found.push(`${where}.${name} does not exist`);
  }
  for (const [name, [{ content }]] of Object.entries(dynamic)) {
    if (name in blocks) found.push(...inBlock(content[0], blocks[name], `${where}.dynamic.${name}`));
    else found.push(`${where}.${name} is no block`);
  }
  for (const [name, { needed }] of Object.entries(blocks)) {
    if (needed && !(name in written) && !(name in dynamic)) found.push(`${where}.${name} is missing`);
  }
  return found;
}

/** References to what is not there. */
function dangling(configuration, schema) {
  const found = [];
  const text = JSON.stringify(configuration);
  const locals = Object.assign({}, ...(configuration.locals ?? []));
  for (const [, kind, name] of text.matchAll(/\b(var|local)\.(\w+)/g)) {
    if (!(name in ((kind === "var" ? configuration.variable : locals) ?? {}))) found.push(`there is no ${kind}.${name}`);
  }
  for (const kind of ["resource", "data"]) {
    for (const [type, known] of Object.entries(schema[kind] ?? {})) {
      const attributes = [known.required, known.optional, known.computed].flat();
      for (const [, name, attribute] of text.matchAll(new RegExp(`\\b${type}\\.(\\w+)(?:\\[\\*\\])?\\.(\\w+)`, "g"))) {
        if (!configuration[kind]?.[type]?.[name]) found.push(`there is no ${type}.${name}`);
        if (!attributes.includes(attribute)) found.push(`${type} has no ${attribute}`);
      }
    }
  }
  return found;
}

for (const [name, configuration] of Object.entries({ pagerduty, kibana, azure })) {
  test(`${name}: nothing that the provider does not know, and all that it wants`, () => {
    assert.deepEqual(mistakes(configuration), []);
    const [[source, known]] = Object.entries(SCHEMAS).filter(([each]) => JSON.stringify(configuration).includes(`"${each}"`));
    assert.match(known.source, /\/blob\/[0-9a-f]{40}\//, source);
    for (const [variable, [{ description, type }]] of Object.entries(configuration.variable)) {
      assert.ok(description && type, variable);
    }
    const secrets = Object.entries(configuration.variable).filter(([variable]) => variable.includes("secret"));
    for (const [variable, [{ sensitive }]] of secrets) assert.equal(sensitive, true, variable);
  });
}

test("what is wrong would be found", async () => {
  const broken = async (from, to, configuration = "azure") => {
    const text = read(`docs/terraform/${configuration}/main.tf`);
    assert.ok(text.includes(from), from);
    return mistakes(await parse("main.tf", text.replace(from, to)));
  };
  assert.deepEqual(await broken("short_name ", "shortname "), [
    "azurerm_monitor_action_group.devin_bridge.short_name is missing",
    "azurerm_monitor_action_group.devin_bridge.shortname does not exist",
  ]);
  assert.match((await broken('short_name          = "devin"', 'short_name = "devin"\nid = "x"'))[0], /\.id can't be set/);
  assert.match((await broken('"aad_auth" {', '"aad" {'))[0], /webhook_receiver\[0\]\.aad is no block/);
  assert.match((await broken("object_id      = aad_auth", "object = aad_auth"))[0], /dynamic\.aad_auth\.object_id is missing/);
  assert.match((await broken("var.resource_group", "var.group"))[0], /no var\.group/);
  assert.match((await broken("devin_bridge.id", "devin_bridge.uuid"))[0], /has no uuid/);
  assert.match((await broken('"pagerduty_webhook_subscription"', '"pagerduty_webhook"', "pagerduty"))[0], /resource pagerduty_webhook is none/);
  assert.match((await broken("filter {", "filters {", "pagerduty")).join(), /filter is missing/);
  await assert.rejects(broken("events      = var.events", "events = = var.events", "pagerduty"));
});

test("they send to paths that the bridge has, and in the way it expects", () => {
  const { delivery_method: [method], filter: [filter] } = pagerduty.resource.pagerduty_webhook_subscription.devin_bridge[0];
  assert.equal(method.url, "${var.bridge_url}/pagerduty-resolved");
  assert.deepEqual(method.custom_header, [{ name: "X-Webhook-Secret", value: "${var.webhook_secret}" }]);
  assert.match(filter.type, /account_reference.*service_reference/);
  assert.match(kibana.resource.elasticstack_kibana_action_connector.devin_bridge[0].config, /"\$\{var\.bridge_url\}\/hooks\/kibana"/);
  assert.equal(azure.locals[0].hook, "${var.bridge_url}/hooks/azure-monitor");
  assert.equal(azure.resource.azurerm_monitor_action_group.devin_bridge[0].webhook_receiver[0].use_common_alert_schema, true);
  for (const path of ["/pagerduty-resolved", "/hooks/kibana", "/hooks/azure-monitor"]) assert.ok(paths[path].post ?? paths[path].$ref, path);
});

test("Kibana's actions are those that docs/senders/kibana.md describes", () => {
  const [fires, recovers] = Array.from(read("docs/senders/kibana.md").matchAll(/```json\n(\{\n  "source"[^`]*)```/g), ([, body]) => JSON.parse(body));
  assert.deepEqual(kibana.locals[0], { fires, recovers });
  const { actions } = kibana.resource.elasticstack_kibana_alerting_rule.errors[0];
  assert.deepEqual(actions.map(({ group }) => group), ["query matched", "recovered"]);
  for (const [index, name] of ["fires", "recovers"].entries()) {
    assert.equal(actions[index].params, `\${jsonencode({ body = jsonencode(local.${name}) })}`);
    assert.deepEqual(actions[index].frequency, [{ summary: false, notify_when: "onActionGroupChange" }]);
  }
});
