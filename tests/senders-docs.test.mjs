// docs/senders/*.md, tried as written: every command is run and every body sent, with nothing replaced but the address,
// the secrets, and what only the vendor can give.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parse as parseToml } from "smol-toml";
import { AMPLE, SECRETS, startBridge, until } from "./harness.mjs";
import { deliver, pagerdutySignature, sample, sampleNames } from "../scripts/samples.mjs";
import { ADMIN, assertFenced, fenced, send } from "./alerting.mjs";
import { addressed, missing, node, powershell, powershells, python, readPowershell, shell } from "./clients.mjs";

const FOLDER = new URL("../docs/senders/", import.meta.url);
const ADDRESS = "https://devin-bridge.example.workers.dev";
const SECRET = "your-webhook-secret";

const bridge = await startBridge(AMPLE);
const { devin } = bridge;

/** A page: its text, and its fenced blocks under their headings. */
class Page {
  constructor(file) {
    this.file = file;
    this.text = readFileSync(new URL(file, FOLDER), "utf8");
    this.blocks = [];
    let heading = "";
    const pattern = /^#+ (.+)$|^( *)```(\w*)\n([\s\S]*?)\n\2```$/gm;
    for (const [, title, indent, lang, body] of this.text.matchAll(pattern)) {
      if (title) heading = title;
      else this.blocks.push({ heading, lang, text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""), taken: false });
    }
  }

  /** The next block of this language under this heading. */
  take(heading, lang) {
    const block = this.blocks.find((block) => block.heading === heading && block.lang === lang && !block.taken);
    assert.ok(block, `${this.file} has no more ${lang} under "${heading}"`);
    block.taken = true;
    return block.text;
  }
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith(".md"));
const pages = Object.fromEntries(files.map((file) => [file.replace(/\.md$/, ""), new Page(file)]));
const { generic, kibana, pagerduty } = pages;
const azure = pages["azure-monitor"];

const here = (text, secret = SECRETS.WEBHOOK_SECRET) => addressed(text, { [ADDRESS]: bridge.url, [SECRET]: secret });

/** An answer with what differs from run to run made the same: the session's id. */
const settled = (text) => text.trim().replaceAll(/(devin-|sessions\/)[0-9a-f]{32}/g, "$1…");

function assertPrints(printed, documented) {
  assert.equal(settled(printed), settled(documented));
}

describe("generic.md", () => {
  test("the body: everything in it reaches Devin", async () => {
    const body = JSON.parse(generic.take("The body", "json"));
    const answer = await send(bridge, body);
    assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
    const { prompt, tags } = devin.sessions(answer.json.sessionId)[0];
    for (const [field, value] of Object.entries(body)) {
      for (const each of typeof value === "object" ? Object.values(value) : String(value).split("\n")) {
        assert.ok(fenced(prompt).some((line) => line.includes(String(each).trim())), `${field}: ${each}`);
      }
    }
    assert.ok(tags.includes("service:billing-worker-prod"), tags.join());
    const documented = generic.text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm);
    const fields = [...documented].flatMap(([, names]) => names.match(/\w+/g));
    for (const field of Object.keys(body)) if (field !== "region") assert.ok(fields.includes(field), `${field} is not in the table`);
  });

  test("curl, and the same again", { skip: missing.curl }, async () => {
    const script = here(generic.take("curl", "sh"));
    assertPrints(await shell(script), generic.take("curl", "json"));
    assertPrints(await shell(script), generic.take("curl", "json"));
  });

  test("Python", { skip: missing.python }, async () => {
    assertPrints(await python(here(generic.take("Python", "python"))), generic.take("Python", "text"));
  });

  test("Node", async () => {
    assertPrints(await node(here(generic.take("Node", "js"))), generic.take("Node", "text"));
  });

  test("PowerShell", async () => {
    const request = readPowershell(here(generic.take("PowerShell", "powershell")));
    const [first, second] = powershells;
    assertPrints((await powershell(first, request)).printed, generic.take("PowerShell", "text"));
    assert.equal((await powershell(second, request)).json.status, "duplicate");
  });

  test("a recovery of the body's alert", async () => {
    const body = JSON.parse(generic.take("When the alert is over", "json"));
    const answer = await send(bridge, body);
    assert.deepEqual([answer.status, answer.json.status], [202, "accepted"], answer.text);
    await until("the message is there", 60, () => devin.messages(answer.json.sessionId).length === 1);
    const again = await send(bridge, { ...body, alertId: "another" });
    assert.deepEqual([again.status, again.json.status, again.json.reason], [200, "ignored", "recovered"], again.text);
  });

  test("the answers to what is wrong", async () => {
    const documented = () => generic.take("Answers", "json");
    assertPrints((await send(bridge, { severity: "huge" })).text, documented());
    assertPrints((await bridge.post("/api/trigger-devin", "{}")).text, documented());
    devin.script({ call: "create", match: "a-refused-alert", replies: [{ status: 401, body: { detail: "Invalid API key" } }] });
    const refused = await send(bridge, { alertName: "a-refused-alert", severity: 1, description: "x" });
    assert.equal(refused.status, 500);
    assertPrints(refused.text, documented());
  });

  test("the dry run", { skip: missing.curl }, async () => {
    const before = devin.requests.length;
    const answer = JSON.parse(await shell(here(generic.take("Trying things out", "sh"))));
    assert.deepEqual([answer.status, answer.decision.action], ["dry_run", "start_session"]);
    assert.equal(answer.request.body.title, "Triage: disk-full");
    assertFenced(answer.prompt, ["- **Severity**: critical (Sev 0)", "- **Affected resource**: web-2"]);
    assert.equal(devin.requests.length, before);
  });

  test("the severities and statuses that it names", async () => {
    const [row] = generic.text.match(/^\| `severity` .*$/m);
    const levels = { '"1"': 1, '"Sev1"': 1, '"P1"': 0, '"P5"': 4, '"critical"': 0, '"error"': 1, '"warning"': 2, '"info"': 3, '"debug"': 4 };
    assert.deepEqual(row.match(/"\w+"/g), Object.keys(levels));
    for (const [severity, level] of Object.entries(levels)) {
      const body = { alertName: "x", severity: JSON.parse(severity), description: "x" };
      const { event } = (await send(bridge, body, { path: "/hooks/alert?dry_run=1" })).json;
      assert.equal(event.severity, level, severity);
    }
    const [statuses] = generic.text.match(/^\| `status` .*$/m);
    const words = statuses.split(" and their like")[0].match(/`(\w+)`/g).slice(1);
    assert.ok(words.length >= 5, words.join());
    for (const word of words) {
      const body = { alertName: "y", severity: 1, description: "x", status: word.replaceAll("`", "") };
      assert.equal((await send(bridge, body)).json.reason, "recovered", word);
    }
  });
});

// What Mustache makes of a template in Kibana: values escaped for a JSON string, `asJSON` of lists, sections of lists.
function render(template, view) {
  const look = (path, scope) => path.split(".").reduce((value, name) => (name === "asJSON" ? JSON.stringify(value ?? "") : value?.[name]), scope);
  const escaped = (value) => JSON.stringify(String(value ?? "")).slice(1, -1);
  const sections = template.replaceAll(/\{\{#([\w.]+)\}\}([\s\S]*?)\{\{\/\1\}\}/g, (_, path, inner) =>
    (look(path, view) ?? []).map((item) => render(inner, { ...view, ...item })).join(""),
  );
  return sections.replaceAll(/\{\{([\w.]+)\}\}/g, (_, path) => {
    const value = look(path, view);
    return path.endsWith(".asJSON") && value === '""' ? "" : escaped(value);
  });
}

const rule = { id: "7d3f2a90", name: 'Errors in "shop"', spaceId: "default", url: "https://kibana.example.com/app/r/7d3f2a90" };
const RULES = {
  "an Elasticsearch query rule": {
    date: "2026-03-04T05:06:07.089Z",
    rule,
    alert: { id: "query matched", uuid: "uuid-of-the-query-rule", actionGroup: "query matched" },
    context: { message: "Document count is 2.", hits: [{ _source: { message: 'Error: "Token\\Credential"\n\tat auth.ts:14' } }, { _source: { message: "Error: two" } }] },
  },
  "a log threshold rule": {
    date: "2026-03-04T05:06:07.089Z",
    rule: { ...rule, id: "8e4a" },
    alert: { id: "pod-1", uuid: "uuid-of-the-threshold-rule", actionGroup: "logs.threshold.fired" },
    context: { reason: "3 log entries in the last 5 mins for pod-1.", group: "pod-1", matchingDocuments: 3 },
  },
};
const recovered = (view) => ({ ...view, alert: { ...view.alert, actionGroup: "recovered" }, context: {} });

/** Posts as the connector of the page would: its method, address, headers, and basic authentication. */
const throughConnector = ({ config, secrets }, body) => {
  const path = config.url.slice(bridge.url.length);
  const authorization = `Basic ${Buffer.from(`${secrets.user}:${secrets.password}`).toString("base64")}`;
  return bridge.post(path, body, { ...config.headers, authorization });
};

describe("kibana.md", () => {
  let connector;
  let templates;

  test("the connector, made over the API", { skip: missing.curl }, async () => {
    const api = await fakeApi("POST /api/actions/connector", ({ headers, body }) => {
      assert.equal(headers.authorization, "ApiKey the-key");
      assert.equal(headers["kbn-xsrf"], "true");
      connector = body;
      return { id: "the-connector-id", ...body, secrets: undefined };
    });
    await shell(here(kibana.take("1. The connector", "sh")), { KIBANA_URL: api.url, KIBANA_API_KEY: "the-key" });
    await api.stop();
    const { name, connector_type_id, config, secrets } = connector;
    assert.deepEqual([name, connector_type_id, config.method, config.hasAuth, config.authType], ["devin-bridge", ".webhook", "post", true, "webhook-authentication-basic"]);
    assert.deepEqual([config.url, secrets], [`${bridge.url}/hooks/kibana`, { user: "kibana", password: SECRETS.WEBHOOK_SECRET }]);
    for (const field of [ADDRESS, SECRET]) assert.ok(kibana.text.includes(`| \`${field}`), `the table has no ${field}`);
  });

  test("the two bodies, in the page and over the API", async () => {
    const fired = kibana.take("When it fires", "json");
    const over = kibana.take("When it recovers", "json");
    templates = { fired, recovered: over };
    const actions = JSON.parse(kibana.take("Over the API", "json"));
    assert.deepEqual(actions.map(({ group }) => group), ["query matched", "recovered"]);
    for (const [n, template] of [fired, over].entries()) {
      assert.equal(JSON.stringify(JSON.parse(template)), actions[n].params.body);
      assert.deepEqual(actions[n].frequency, { summary: false, notify_when: "onActionGroupChange", throttle: null });
    }
  });

  for (const [name, view] of Object.entries(RULES)) {
    test(`${name}: fires, fires again, recovers`, async () => {
      const connection = connector ?? { config: { url: `${bridge.url}/hooks/kibana` }, secrets: { user: "", password: SECRETS.WEBHOOK_SECRET } };
      const body = render(templates.fired, view);
      JSON.parse(body);
      const first = await throughConnector(connection, body);
      assert.deepEqual([first.status, first.json.status], [200, "started"], first.text);
      const [{ prompt }] = devin.sessions(first.json.sessionId);
      assertFenced(prompt, [
        `- **Name**: ${view.rule.name}`,
        `- **Status**: ${view.alert.actionGroup}`,
        `- **Description**: ${view.context.reason ?? view.context.message}`,
        `- **Time**: ${view.date}`,
        `- **Link**: ${view.rule.url}`,
        ...(view.context.hits ?? []).flatMap(({ _source }) => _source.message.split("\n")),
      ]);
      const again = await throughConnector(connection, render(templates.fired, { ...view, date: "2026-03-04T05:07:07.089Z" }));
      assert.deepEqual([again.json.status, again.json.sessionId], ["duplicate", first.json.sessionId], again.text);
      const over = await throughConnector(connection, render(templates.recovered, recovered(view)));
      assert.deepEqual([over.status, over.json.status, over.json.sessionId], [202, "accepted", first.json.sessionId], over.text);
      await until("the message is there", 60, () => devin.messages(first.json.sessionId).length === 1);
      assert.match(devin.messages(first.json.sessionId)[0].message, /2026-03-04T05:06:07\.089Z/);
      // The first body would do for the recovery as well, where somebody uses it for both.
      const same = await throughConnector(connection, render(templates.fired, recovered(view)));
      assert.deepEqual([same.json.status, same.json.sessionId], ["duplicate", first.json.sessionId], same.text);
    });
  }

  test("curl", { skip: missing.curl }, async () => {
    const command = here(kibana.take("Try it", "sh"));
    assertPrints(await shell(command), kibana.take("Try it", "json"));
    // Beside a few values, what it sends is what the template gives.
    assert.deepEqual(Object.keys(JSON.parse(/'(\{[\s\S]*\})'/.exec(command)[1])), Object.keys(JSON.parse(templates.fired)));
  });

  test("the older template", async () => {
    const template = kibana.take("The older template", "json");
    for (const [name, view] of Object.entries(RULES)) {
      const answer = await send(bridge, render(template, view), { path: "/hooks/kibana" });
      assert.deepEqual([answer.status, answer.json.status], [200, "started"], `${name}: ${answer.text}`);
      assertFenced(devin.sessions(answer.json.sessionId)[0].prompt, [`- **Name**: ${view.rule.name}`, "- **Severity**: Sev 1"]);
    }
  });

  test("a body that a template broke", async () => {
    const answer = await send(bridge, kibana.take("A template that breaks", "text"), { path: "/hooks/kibana" });
    assertPrints(answer.text, kibana.take("A template that breaks", "json"));
  });

  test("the templates that it says break do", () => {
    const view = RULES["an Elasticsearch query rule"];
    const broken = {
      '"{{{context.message}}}"': (text) => `"${text}"`,
      '"n": {{context.value}}': () => `"n": `,
      '"hits": {{context.hits.asJSON}}': () => `"hits": ${render("{{context.hits.asJSON}}", view)}`,
      "{{#context.hits}}…,{{/context.hits}}": () => `"hits": [${render('{{#context.hits}}"x",{{/context.hits}}', view)}]`,
    };
    const rows = [...kibana.text.matchAll(/^\| `([^`]*\{\{[^`]*)` \(?/gm)].map(([, template]) => template);
    assert.deepEqual(rows, Object.keys(broken));
    for (const make of Object.values(broken)) assert.throws(() => JSON.parse(`{${make('a "quote"')}}`), SyntaxError);
  });
});

describe("azure-monitor.md", () => {
  const TO = `${ADDRESS}/hooks/azure-monitor?secret=${SECRET}`;

  test("a secret for an address", { skip: missing.curl }, async () => {
    const secret = (await shell(azure.take("Why the secret is in the address", "sh"))).trim();
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal(encodeURIComponent(secret), secret);
  });

  test("the action group, by the CLI and as a resource, leads to the hook", async () => {
    // What the CLI would make of it: NAME URI [usecommonalertschema] behind `--action webhook`.
    const command = azure.take("Set it up", "sh");
    const words = (await shell(`az() { printf '%s\\n' "$@"; }\n${command}`)).trim().split("\n");
    assert.deepEqual(words.slice(0, 3), ["monitor", "action-group", "create"]);
    const options = words.slice(3).join("\n").split(/^--/m).filter(Boolean).map((option) => option.trim().split("\n"));
    const byCli = Object.fromEntries(options.map(([name, ...values]) => [name, values]));
    assert.deepEqual(Object.keys(byCli), ["resource-group", "name", "short-name", "action"]);
    assert.deepEqual(byCli.action, ["webhook", "devin-bridge", TO, "usecommonalertschema"]);

    const { type, properties } = JSON.parse(azure.take("Set it up", "json"));
    assert.equal(type, "Microsoft.Insights/actionGroups");
    assert.ok(properties.groupShortName.length <= 12 && byCli["short-name"][0].length <= 12, "a short name has at most 12 characters");
    assert.deepEqual(properties.webhookReceivers, [{ name: "devin-bridge", serviceUri: TO, useCommonAlertSchema: true }]);

    const url = new URL(here(TO));
    const answer = await bridge.post(url.pathname + url.search, JSON.stringify(sample("azure-log-v2-fired").body));
    assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
  });

  test("curl: fired, and resolved", { skip: missing.curl }, async () => {
    const command = here(azure.take("Try it", "sh"));
    const printed = await shell(command);
    assertPrints(printed, azure.take("Try it", "json"));
    const { sessionId } = JSON.parse(printed);
    assertFenced(devin.sessions(sessionId)[0].prompt, ["  - condition: Average Percentage CPU GreaterThan 85, was 93.4"]);
    const resolved = command.replace('"monitorCondition": "Fired"', '"monitorCondition": "Resolved"');
    assertPrints(await shell(resolved), azure.take("Try it", "json"));
    await until("the message is there", 60, () => devin.messages(sessionId).length === 1);
  });

  test("what it says of wrong bodies and of secrets with characters that need escaping", async () => {
    const answer = await bridge.post(`/hooks/azure-monitor?secret=${SECRETS.WEBHOOK_SECRET}`, '{"schemaId": "AzureMonitorMetricAlert"}');
    assert.deepEqual([answer.status, answer.json.error], [400, "Not the common alert schema"]);
    assert.ok(azure.text.includes("400 `Not the common alert schema`"));
    const odd = await startBridge({ WEBHOOK_SECRET: "a+b&c#d%e-77aa0f13" });
    const body = JSON.stringify(sample("azure-metric-fired").body);
    assert.equal((await odd.post("/hooks/azure-monitor?secret=a+b&c#d%e-77aa0f13", body)).status, 401);
    assert.equal((await odd.post(`/hooks/azure-monitor?secret=${encodeURIComponent("a+b&c#d%e-77aa0f13")}`, body)).status, 200);
  });
});

describe("pagerduty.md", () => {
  test("the webhook, made over the API, and its test event", { skip: missing.curl }, async () => {
    let subscription;
    let pinged;
    const api = await fakeApi("POST /webhook_subscriptions", ({ headers, body }) => {
      assert.equal(headers.authorization, "Token token=the-key");
      assert.equal(headers.accept, "application/vnd.pagerduty+json;version=2");
      subscription = body.webhook_subscription;
      const delivery_method = { ...subscription.delivery_method, id: "PD", secret: SECRETS.PAGERDUTY_SIGNING_SECRET };
      return { webhook_subscription: { ...subscription, id: "PWEBHOOK", delivery_method } };
    });
    api.on("POST /webhook_subscriptions/PWEBHOOK/ping", async ({ headers }) => {
      assert.equal(headers.authorization, "Token token=the-key");
      const body = JSON.stringify(sample("pagerduty-ping").body);
      const signature = pagerdutySignature(body, SECRETS.PAGERDUTY_SIGNING_SECRET);
      pinged = await bridge.post(subscription.delivery_method.url.slice(bridge.url.length), body, { "x-pagerduty-signature": signature });
      return {};
    });
    const env = { PAGERDUTY_API_KEY: "the-key" };
    const there = (command) => command.replace("https://api.pagerduty.com", api.url);
    const made = await shell(there(addressed(pagerduty.take("Set it up", "sh"), { [ADDRESS]: bridge.url })), env);
    assert.equal(JSON.parse(made).webhook_subscription.delivery_method.secret, SECRETS.PAGERDUTY_SIGNING_SECRET);
    const { type, events, filter, delivery_method } = subscription;
    assert.deepEqual([type, events, filter.type, delivery_method.type], ["webhook_subscription", ["incident.resolved"], "service_reference", "http_delivery_method"]);
    await shell(there(pagerduty.take("Set it up", "sh")), env);
    await api.stop();
    assertPrints(pinged.text, pagerduty.take("Set it up", "json"));
  });

  test("a signed event by hand, and the same again", { skip: missing.curl }, async () => {
    const command = addressed(pagerduty.take("Try it", "sh"), { [ADDRESS]: bridge.url });
    const env = { PAGERDUTY_SIGNING_SECRET: SECRETS.PAGERDUTY_SIGNING_SECRET };
    const printed = await shell(command, env);
    assertPrints(printed, pagerduty.take("Try it", "json"));
    const { incident } = JSON.parse(printed);
    const record = await bridge.settled(incident);
    assert.deepEqual([record.state, record.title, record.service, record.priority], ["started", "Checkout answers 502", "orders-service", "P1"]);
    const documented = pagerduty.take("Try it", "json");
    await until("the dedup cache knows it", 60, async () => settled(await shell(command, env)) === settled(documented));
  });

  test("which event does what", async () => {
    const rows = [...pagerduty.text.matchAll(/^\| (`incident\.[^|]*|`pagey[^|]*) \| ([^|]+) \|/gm)].map(([, names, what]) => [names, what]);
    const expected = { "incident.resolved": undefined, "incident.triggered": "event_type", "incident.acknowledged": "event_type", "pagey.ping": "ping" };
    const samples = { "incident.resolved": "pagerduty-resolved", "incident.triggered": "pagerduty-triggered", "incident.acknowledged": "pagerduty-acknowledged", "pagey.ping": "pagerduty-ping" };
    for (const [event, reason] of Object.entries(expected)) {
      const row = rows.find(([names]) => names.includes(`\`${event}\``));
      assert.ok(row, event);
      const answer = await bridge.pagerduty(sample(samples[event]).body);
      assert.equal(answer.json.reason, reason, answer.text);
      if (reason) assert.ok(row[1].includes(`\`${reason}\``), `${event}: ${row[1]}`);
    }
    const merged = await bridge.pagerduty(sample("pagerduty-merged").body);
    assert.equal(merged.json.reason, "merged");
  });

  test("the other proofs that it names", async () => {
    const body = JSON.stringify(sample("pagerduty-acknowledged").body);
    for (const headers of [{ "x-webhook-secret": SECRETS.WEBHOOK_SECRET }, { authorization: `Basic ${btoa(`pagerduty:${SECRETS.WEBHOOK_SECRET}`)}` }]) {
      assert.equal((await bridge.post("/pagerduty-resolved", body, headers)).status, 200);
    }
    assert.ok(pagerduty.text.includes(`https://pagerduty:${SECRET}@`));
  });
});

// What each template of a page renders to.
const RENDERED = { datadog: "datadog", dynatrace: "dynatrace" };

describe("the pages of the other senders", () => {
  const others = Object.entries(pages).filter(([name]) => !["generic", "kibana", "pagerduty", "azure-monitor", "mapping"].includes(name));

  for (const [name, page] of others) {
    test(`${name}: the body that arrives starts a session, at its hook and by its shape`, async () => {
      const body = JSON.parse(page.take("A body as it arrives", "json"));
      for (const path of [`/hooks/${name}`, "/api/trigger-devin"]) {
        const { json, text } = await send(bridge, body, { path: `${path}?dry_run=1` });
        assert.equal(json.decision?.action, "start_session", `${path}: ${text}`);
        assert.match(json.incident, new RegExp(`^${name.replaceAll("-", "_")}-`));
      }
      assert.match(page.text, new RegExp(`npm run send -- ${name}`));
    });
  }

  for (const [name, file] of Object.entries(RENDERED)) {
    test(`${name}: the payload to set has the fields that are read`, () => {
      const payload = JSON.parse(pages[name].take("Set it up", "json"));
      const { body } = sample(file);
      for (const field of Object.keys(payload)) assert.ok(field in body, field);
    });
  }

  test("alertmanager: the settings lead to the hook with the secret", () => {
    const yaml = pages.alertmanager.take("Set it up", "yaml");
    assert.match(yaml, /url: https:\/\/devin-bridge\.example\.workers\.dev\/hooks\/alertmanager\n/);
    assert.match(yaml, /authorization:\n +credentials: your-webhook-secret/);
  });

  test("sns: the command subscribes the hook", async () => {
    const command = pages.sns.take("Set it up", "sh");
    const printed = await shell(`aws() { printf '%s\\n' "$@"; }\n${command}`);
    assert.match(printed, new RegExp(`\n${ADDRESS}/hooks/sns\\?secret=${SECRET}\n`));
  });

  test("zabbix: the script posts the parameters, and fails where it is refused", async () => {
    const script = here(pages.zabbix.take("Set it up", "js"));
    const sent = [];
    class HttpRequest {
      headers = {};
      addHeader(line) { const [name, value] = line.split(": "); this.headers[name] = value; }
      post(url, value) { sent.push({ url, value, headers: this.headers }); return "answer"; }
      getStatus() { return sent.length > 1 ? 503 : 200; }
    }
    const run = new Function("HttpRequest", "value", script);
    assert.equal(run(HttpRequest, "{}"), "OK");
    assert.throws(() => run(HttpRequest, "{}"), (thrown) => thrown === "answer");
    const { status } = await fetch(sent[0].url, { method: "POST", headers: sent[0].headers, body: JSON.stringify(sample("zabbix").body) });
    assert.equal(status, 200);
  });

  test("checkmk: the script sends what the site tells it", { skip: missing.python }, async () => {
    const script = pages.checkmk.take("Set it up", "python").replace(ADDRESS, bridge.url);
    const { body } = sample("checkmk");
    const environment = Object.fromEntries(Object.entries(body).map(([name, value]) => [name === "OMD_SITE" ? name : `NOTIFY_${name}`, value]));
    const printed = await python(script, { ...environment, NOTIFY_PARAMETER_1: SECRETS.WEBHOOK_SECRET });
    assert.equal(JSON.parse(printed).status, "started", printed);
  });

  test("mapping: ten lines read the body", async () => {
    const lines = pages.mapping.take("In ten lines", "toml");
    assert.ok(lines.split("\n").length <= 10);
    const mapped = await startBridge({ ...AMPLE, ...parseToml(lines).vars });
    const { json, text } = await send(mapped, JSON.parse(pages.mapping.take("In ten lines", "json")), { path: "/hooks/acme?dry_run=1" });
    assert.deepEqual([json.event?.title, json.event?.severity, json.event?.service, json.event?.source], ["Cart", 0, "cart", "acme"], text);
    const [, ...keys] = [...pages.mapping.text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) => names.match(/\w+/g)).sort();
    assert.equal(keys.length, 17);
  });
});

describe("every page", () => {
  test("routes in TOML are good ones", async () => {
    const blocks = Object.values(pages).flatMap((page) => page.blocks.filter(({ lang }) => lang === "toml"));
    assert.ok(blocks.length > 0);
    for (const block of blocks) block.taken = true;
    const all = (name) => blocks.flatMap(({ text }) => parseToml(text).vars[name] ?? []);
    const routed = await startBridge({ ROUTES: all("ROUTES"), SOURCES: all("SOURCES"), SNS_TOPICS: all("SNS_TOPICS") });
    const health = await routed.request("/health", { headers: ADMIN });
    assert.deepEqual(JSON.parse(health.text).problems, []);
  });

  test("the samples, secrets, variables and links that it names are there", () => {
    // What senders call their own things.
    const folders = ["../scripts/samples/", "../senders/"].map((folder) => new URL(folder, import.meta.url));
    const WORDS = folders.flatMap((folder) => readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"))).join();
    const config = readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8");
    const known = `${config}\n${readFileSync(new URL("../.dev.vars.example", import.meta.url), "utf8")}`;
    for (const { file, text } of Object.values(pages)) {
      for (const [, name] of text.matchAll(/npm run send -- ([\w-]+)/g)) assert.ok(sampleNames.includes(name), `${file}: ${name}`);
      for (const [name] of text.matchAll(/\b(?:[A-Z]+_)+[A-Z]+\b/g)) {
        if (["KIBANA_URL", "KIBANA_API_KEY", "PAGERDUTY_API_KEY"].includes(name) || name.startsWith("NOTIFY_")) continue;
        const own = `WEBHOOK_SECRET_${file.replace(".md", "").replaceAll("-", "_").toUpperCase()}`;
        if ([own, `${own}_PREVIOUS`].includes(name)) continue;
        if (WORDS.includes(name) || text.includes(`$${name}`)) continue;
        assert.ok(known.includes(name) || readFileSync(new URL("../src/settings.rs", import.meta.url), "utf8").includes(`"${name}"`), `${file}: ${name}`);
      }
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path, anchor] = target.split("#");
        const found = path ? new URL(path, FOLDER) : new URL(file, FOLDER);
        assert.ok(existsSync(found), `${file}: ${target}`);
        if (!anchor) continue;
        const anchors = [...readFileSync(found, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title]) => title.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-"));
        assert.ok(anchors.includes(anchor), `${file}: ${target}`);
      }
    }
  });

  test("no reason and no code but the contract's", () => {
    const contract = JSON.parse(readFileSync(new URL("../src/web/openapi.json", import.meta.url), "utf8"));
    const reasons = contract.components.schemas.Reason.enum;
    for (const { file, text } of Object.values(pages)) {
      for (const [, reason] of text.matchAll(/\(`([a-z_]+)`\)/g)) assert.ok(reasons.includes(reason), `${file}: ${reason}`);
    }
  });

  test("every sample is one that a page's hook takes", async () => {
    const answers = await Promise.all(sampleNames.map((name) => deliver(bridge.url, sample(name), SECRETS)));
    for (const { status, text } of answers) assert.ok(status < 300, text);
  });

  test("no block is left that nobody tried", { skip: missing.curl || missing.python }, () => {
    const left = Object.values(pages).flatMap(({ file, blocks }) => blocks.filter(({ taken }) => !taken).map(({ heading, lang }) => `${file}, ${heading}: ${lang}`));
    assert.deepEqual(left, []);
    assert.ok(Object.values(pages).every(({ blocks }) => blocks.length > 0));
  });
});

/** A vendor's API on 127.0.0.1: one answer for each "METHOD /path"; what an answer throws becomes a 500. */
async function fakeApi(route, answer) {
  const routes = new Map([[route, answer]]);
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const respond = routes.get(`${request.method} ${request.url}`);
    try {
      assert.ok(respond, `${request.method} ${request.url}`);
      const body = await respond({ headers: request.headers, body: text ? JSON.parse(text) : undefined });
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(body));
    } catch (error) {
      errors.push(error);
      response.writeHead(500).end(String(error));
    }
  });
  const errors = [];
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    on: (route, answer) => routes.set(route, answer),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      assert.deepEqual(errors, []);
    },
  };
}
