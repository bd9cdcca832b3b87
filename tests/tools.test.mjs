// The npm commands, as somebody uses them who reads no Rust: change a route, look, fix it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SECRETS, startBridge } from "./harness.mjs";
import { sample, sampleNames } from "../scripts/samples.mjs";
import { ROOT } from "../scripts/steps.mjs";
import { environmentNames, readToml, structureProblems } from "../scripts/wrangler-file.mjs";

const folder = mkdtempSync(join(tmpdir(), "devin-bridge-tools-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const read = (path) => readFileSync(join(ROOT, path), "utf8");

/** Runs a tool to its end: { code, out, err }. */
function tool(name, ...args) {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

const json = ({ out, err }) => {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`no JSON: ${out}${err}`);
  }
};

test("preview shows every sample", async () => {
  const shown = await tool("preview", ...sampleNames, "--json", "--routes", file("none.json", []));
  assert.equal(shown.code, 0, shown.err);
  const answers = json(shown);
  assert.equal(answers.length, sampleNames.length);
  for (const [index, answer] of answers.entries()) {
    const name = sampleNames[index];
    assert.equal(answer.success, true, `${name}: ${JSON.stringify(answer)}`);
    if (/-(merged|ping)$/.test(name)) {
      assert.equal(answer.status, "ignored", name);
      continue;
    }
    assert.equal(answer.status, "dry_run", name);
    assert.ok(answer.prompt.length > 500, name);
    assert.equal(answer.request.body.prompt, answer.prompt, name);
    assert.match(answer.decision.routes.at(-1).text, /no route matches/, name);
  }
});

test("a change to a route shows", async () => {
  const before = await tool("preview", "pagerduty-resolved", "--routes", file("none.json", []));
  assert.equal(before.code, 0, before.err);
  assert.match(before.out, /^Incident +pagerduty-Q/m);
  assert.match(before.out, /^Decides +no route matches/m);
  assert.match(before.out, /^Outcome +.*would start a session/m);
  assert.match(before.out, /^Title +Postmortem: Checkout answers 502/m);
  assert.match(before.out, /^Tags +.*pagerduty-postmortem/m);
  assert.match(before.out, /^A PagerDuty incident has been resolved\. Draft a postmortem\.$/m);
  assert.doesNotMatch(before.out, /in Spanish/);

  const routes = file(
    "routes.toml",
    `[[vars.ROUTES]]
service = "billing*"
ignore = true

[[vars.ROUTES]]
team = "Orders"
title = "{{priority}}: {{title}}"
playbook_id = "playbook-orders"
session_secrets = ["STAGING_DB_URL"]
language = "Spanish"
post_to = "a page in our Notion workspace"
`,
  );
  const changed = await tool("preview", "pagerduty-resolved", "--routes", routes);
  assert.equal(changed.code, 0, changed.err);
  assert.match(changed.out, /^Passed +route 1: service is "orders-service", wanted "billing\*"$/m);
  assert.match(changed.out, /^Decides +route 2: every condition is met$/m);
  assert.match(changed.out, /^Title +P1: Checkout answers 502/m);
  assert.match(changed.out, /^ +playbook_id "playbook-orders"$/m);
  assert.match(changed.out, /Post the postmortem as a page in our Notion workspace/);
  assert.match(changed.out, /Write the postmortem in Spanish/);
  assert.ok(!changed.out.includes(btoa("placeholder for")), "the secret that is not at hand is shown");

  const ignored = await tool("preview", "pagerduty-resolved", "--routes", file("ignore.json", [{ ignore: true }]));
  assert.equal(ignored.code, 0, ignored.err);
  assert.match(ignored.out, /^Outcome +.*would be ignored/m);
  assert.match(ignored.out, /^Reason +route: Route 1 ignores it/m);
});

test("preview takes files, and knows PagerDuty's and everybody else's", async () => {
  const alert = { alertName: "queue-depth", severity: 2, description: "4000 messages wait" };
  const files = [
    file("alert.json", alert),
    file("several.json", [alert, { ...alert, alertName: "queue-age" }]),
    file("azure.json", sample("azure-metric-fired").body),
    file("pagerduty.json", sample("pagerduty-resolved").body),
  ];
  const none = file("none.json", []);
  const [one, several, azure, pagerduty] = json(await tool("preview", ...files, "--json", "--routes", none));
  assert.match(one.incident, /^alert-/);
  assert.deepEqual(several.results.map(({ request }) => request.body.title), ["Triage: queue-depth", "Triage: queue-age"]);
  assert.match(azure.incident, /^azure_monitor-/);
  assert.match(pagerduty.incident, /^pagerduty-Q/);

  const kibana = await tool("preview", files[0], "--sender", "kibana", "--routes", none);
  assert.match(kibana.out, /^Incident +kibana-/m);
});

test("preview ends with 1 when the bridge refuses, with 2 when it is called wrongly", async () => {
  const none = file("none.json", []);
  const refused = await tool("preview", file("bad.json", { alertName: "x" }), "--routes", none);
  assert.equal(refused.code, 1, refused.err);
  assert.match(refused.out, /^Refused +Missing required field: severity/m);

  const misconfigured = await tool("preview", "alert", "--routes", file("wrong.json", [{ severity: "bad" }]));
  assert.equal(misconfigured.code, 1, misconfigured.err);
  assert.match(misconfigured.err, /^ROUTES\[1\]\.severity$/m);

  for (const args of [[], ["no-such-sample"], ["alert", "--sender", "nobody"], ["alert", "--routes", "nowhere"], ["--x"]]) {
    const wrong = await tool("preview", ...args);
    assert.equal(wrong.code, 2, args.join(" "));
    assert.match(wrong.err, /^Usage: npm run preview/m);
  }
});

test("check names every wrong setting of a route, where it is and what was expected", async () => {
  const routes = file("wrong.json", [
    { service: "billing*", playbook_id: "playbook-billing" },
    { service: "orders*", severity: "high", playbok_id: "playbook-orders", repos: ["acme/orders", "acme"] },
  ]);
  const checked = await tool("check", "--routes", routes);
  assert.equal(checked.code, 1, checked.err);
  assert.match(checked.out, /^ROUTES\[2\]\.severity\n  found     "high"\n  expected  0 \(critical\) to 4/m);
  assert.match(checked.out, /^ROUTES\[2\]\.playbok_id\n  found     .*\n  expected  .*did you mean playbook_id\?/m);
  assert.match(checked.out, /^ROUTES\[2\]\.repos\[2\]\n  found     "acme"\n  expected  owner\/name/m);
  assert.match(checked.out, /^3 problems/m);

  const data = json(await tool("check", "--routes", routes, "--json"));
  assert.equal(data.ok, false);
  assert.deepEqual(
    data.problems.map(({ setting }) => setting).sort(),
    ["ROUTES[2].playbok_id", "ROUTES[2].repos[2]", "ROUTES[2].severity"],
  );
});

test("check finds nothing wrong with the configuration as it is", async () => {
  const checked = await tool("check");
  assert.equal(checked.code, 0, checked.out + checked.err);
  assert.match(checked.out, /^ok$/m);
});

test("check says where TOML and JSON break, and ends with 2 when it is called wrongly", async () => {
  const toml = await tool("check", "--routes", file("broken.toml", '[[vars.ROUTES]]\nservice = "x'));
  assert.equal(toml.code, 1);
  assert.match(toml.err, /broken\.toml: Invalid TOML document/);
  const broken = await tool("check", "--routes", file("broken.json", '[{"service": "x",}]'));
  assert.equal(broken.code, 1);
  assert.match(broken.out, /breaks at line 1, column 18/);
  for (const args of [["extra"], ["--routes", "nowhere"], ["--x"]]) {
    assert.equal((await tool("check", ...args)).code, 2, args.join(" "));
  }
});

test("routes given inline are those of a file", async () => {
  const routes = [{ service: "billing*", ignore: true }, { team: "Orders", playbook_id: "playbook-orders" }];
  const inline = routes.flatMap((route) => ["--route", JSON.stringify(route)]);
  const shown = await tool("preview", "pagerduty-resolved", ...inline);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /^Passed +route 1: service is "orders-service", wanted "billing\*"$/m);
  assert.match(shown.out, /^Decides +route 2: every condition is met$/m);
  assert.match(shown.out, /^ +playbook_id "playbook-orders"$/m);

  const checked = json(await tool("check", "--route", '{"severity": "bad"}', "--json"));
  assert.deepEqual(checked.problems.map(({ setting }) => setting), ["ROUTES[1].severity"]);

  for (const [args, said] of [
    [["--route", "{service: 1}"], /--route 1 is no JSON object: \{service: 1\}/],
    [["--route", "{}", "--route", "[]"], /--route 2 is no JSON object/],
    [["--route", "{}", "--routes", file("none.json", [])], /Either --routes or --route/],
  ]) {
    const wrong = await tool("preview", "alert", ...args);
    assert.equal(wrong.code, 2, wrong.err);
    assert.match(wrong.err, said);
  }
});

test("--config names another wrangler.toml, whose .dev.vars lies beside it", async () => {
  const config = file("wrangler.toml", '[vars]\nTARGET_REPO = "nowhere"\n');
  file(".dev.vars", 'DEVIN_API_KEY="apk_mine"\n');
  const checked = json(await tool("check", "--config", config, "--json"));
  assert.deepEqual(checked.problems.map(({ setting }) => setting), ["TARGET_REPO"]);
  assert.ok(!checked.unset.some(({ setting }) => setting === "DEVIN_API_KEY"), JSON.stringify(checked.unset));
});

test("check names what the Worker can't see: names that nobody knows, bindings that are missing", async () => {
  const top = read("wrangler.toml");
  for (const [name, more, setting, expected] of [
    ["a variable", '[vars]\nTARGET_REPOS = "acme/shop"\n', "TARGET_REPOS", "did you mean TARGET_REPO?"],
    ["a variable that is like none", '[vars]\nENVIRONMENT_NAME = "x"\n', "ENVIRONMENT_NAME", /does nothing/],
    ["a table in small letters", "[[vars.routes]]\nignore = true\n", "routes", "did you mean ROUTES?"],
    ["a table of its own", "[[ROUTES]]\nignore = true\n", "ROUTES", "did you mean [[vars.ROUTES]]?"],
    ["a setting at the top", 'SLACK_CHANNELS = "#ops"\n', "SLACK_CHANNELS", "did you mean SLACK_CHANNEL in [vars]?"],
    ["a setting in another table", '[limits]\nTARGET_REPO = "acme/shop"\n', "limits.TARGET_REPO", "did you mean TARGET_REPO in [vars]?"],
    ["[var]", '[var]\nTARGET_REPO = "acme/shop"\n', "var", "did you mean vars?"],
    ["an environment's variable", '[env.staging.vars]\nTARGET_REPOS = "x"\n', "TARGET_REPOS", "did you mean TARGET_REPO?"],
    ["an environment's table", `[[env.staging.ROUTES]]\nignore = true\n`, "env.staging.ROUTES", "did you mean [[env.staging.vars.ROUTES]]?"],
    ["an environment without stores", '[env.staging.vars]\nTARGET_REPO = "a/b"\n', "env.staging.kv_namespaces", /\[\[env\.staging\.kv_namespaces\]\] for INCIDENTS/],
    ["an environment of the same name", '[env.staging]\nname = "devin-bridge"\n', "env.staging.name", /another name/],
    ["no objects", top.replace(/\[\[durable_objects[^]*?(?=\[\[migrations)/, ""), "durable_objects.bindings", /\[\[durable_objects\.bindings\]\] for INCIDENT/],
  ]) {
    const config = join(mkdtempSync(join(folder, "named-")), "wrangler.toml");
    writeFileSync(config, more.startsWith("name") ? more : `name = "devin-bridge"\n${more}`);
    const toml = readToml(config);
    const problems = environmentNames(toml).flatMap((env) => structureProblems({ file: config, toml, env }));
    const problem = problems.find((each) => each.setting === setting);
    assert.ok(problem, `${name}: ${JSON.stringify(problems)}`);
    if (typeof expected === "string") assert.equal(problem.expected, expected, name);
    else assert.match(problem.expected, expected, name);
  }
  const both = file("both.toml", '[vars]\nTARGET_REPOS = "x"\n[env.staging.vars]\nTARGET_REPO = "x"\n');
  const found = ({ problems }) => problems.map(({ setting, environment }) => [environment, setting]);
  const staging = [["staging", "env.staging.kv_namespaces"], ["staging", "env.staging.durable_objects.bindings"], ["staging", "env.staging.durable_objects.bindings"], ["staging", "TARGET_REPO"]];
  assert.deepEqual(found(json(await tool("check", "--config", both, "--json"))), [[undefined, "TARGET_REPOS"], ...staging]);
  assert.deepEqual(found(json(await tool("check", "--config", both, "--env", "staging", "--json"))), staging);
  assert.match((await tool("check", "--env", "stagging")).err, /There is no \[env\.stagging\] in /);
});

test("what a route hands on and what a signature is checked with may be variables of any name", async () => {
  const config = file("named.toml", `[vars]
SHOP_TOKEN = "x"
[[vars.ROUTES]]
session_secrets = ["SHOP_TOKEN"]
`);
  assert.deepEqual(json(await tool("check", "--config", config, "--json")).problems, []);
});

const TOOLS = ["start", "send", "preview", "replay", "pause", "check", "doctor", "setup", "build", "lint", "fuzz", "test", "tools", "screenshots", "deploy"];

for (const name of TOOLS) {
  test(`${name}: --help, and what is not understood`, async () => {
    const help = await tool(name, "--help");
    assert.equal(help.code, 0, help.err);
    assert.match(help.out, new RegExp(`^npm (run )?${name}`));
    assert.match(help.out, /^Options:\n(.*\n)*  --help /m);
    assert.match(help.out.replaceAll("\n", " "), /Ends with 0 when .+, with 1 when .+, with 2 when it was called wrongly\./);
    assert.match(help.out, /^Examples:\n  \w/m);

    const unknown = await tool(name, "--hellp");
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /^There is no option --hellp\. Did you mean --help\?\nUsage: npm /);
    assert.equal(unknown.out, "");
    const valued = await tool(name, "--help=me");
    assert.equal(valued.code, 2);
    assert.match(valued.err, /--help takes no value/);
  });
}

test("what takes no arguments says so, what needs a value too", async () => {
  for (const name of ["start", "check", "doctor", "setup", "build", "test", "tools"]) {
    const extra = await tool(name, "more");
    assert.equal(extra.code, 2, name);
    assert.match(extra.err, /^more is not expected here/);
  }
  for (const args of [["--url"], ["--url", "--json"], ["--count", "none"], ["--count", "0"], ["alert", "extra"]]) {
    const wrong = await tool("send", "alert", ...args);
    assert.equal(wrong.code, 2, args.join(" "));
    assert.match(wrong.err, /--url needs a value: --url URL|--count .*: expected a number from 1|is not expected here/);
  }
  assert.match((await tool("send", "pagerduty-resolve")).err, /no sample pagerduty-resolve\. Did you mean pagerduty-resolved\?/);
  for (const name of ["send", "replay", "doctor", "setup"]) {
    const { code, err } = await tool(name, ...(name === "send" ? ["alert"] : name === "replay" ? ["--failed"] : []), "--url", "bridge.example");
    assert.equal(code, 2, name);
    assert.match(err, /^--url bridge\.example: expected an address such as https:/);
  }
  assert.equal((await tool("replay")).code, 2);
  assert.match((await tool("replay", "--failed", "--since", "soon")).err, /--since soon: expected a time span/);
  assert.match((await tool("preview", "alert", "--sender", "kibanna")).err, /no sender kibanna\. Did you mean kibana\?/);
});

test("every tool is an npm script, and every npm script is documented", () => {
  const [scripts, docs] = [JSON.parse(read("package.json")).scripts, read("docs/tools.md")];
  for (const name of TOOLS) assert.equal(scripts[name], `node scripts/${name}.mjs`);
  for (const name of Object.keys(scripts)) assert.match(docs, new RegExp(`npm (run )?${name}\\b`), name);
});

test("send and replay print what came of it as JSON", async () => {
  const bridge = await startBridge();
  const sent = (...args) => tool("send", ...args, "--url", bridge.url, "--json");
  const first = await sent("alert", "--secret", SECRETS.WEBHOOK_SECRET);
  assert.equal(first.code, 0, first.err);
  const { status, answer } = json(first);
  assert.deepEqual([status, answer.status], [200, "started"]);
  const three = json(await sent("pagerduty-ping", "--secret", SECRETS.PAGERDUTY_SIGNING_SECRET, "--count", "3"));
  assert.deepEqual(three.map(({ status, answer }) => [status, answer.reason]), Array(3).fill([200, "ping"]));
  const refused = await sent("alert", "--secret", "wrong");
  assert.equal(refused.code, 1);
  assert.equal(json(refused).status, 401);
  assert.deepEqual(json(await tool("send", "--json")).map(({ name }) => name), sampleNames);

  const replay = (...args) => tool("replay", ...args, "--url", bridge.url, "--token", SECRETS.ADMIN_TOKEN, "--json");
  const done = await replay(answer.incident, "alert-hffffffffffffffffffffffffffffffff");
  assert.equal(done.code, 1, done.err);
  const { incidents, ...counts } = json(done);
  assert.deepEqual(counts, { accepted: 0, nothing: 1, refused: 1 });
  assert.deepEqual(incidents.map(({ status }) => status).sort(), [200, 404]);
  assert.deepEqual(json(await replay("--failed", "--dry-run")), { incidents: [] });
  const stranger = await tool("replay", "--failed", "--url", bridge.url, "--token", "wrong");
  assert.equal(stranger.code, 1);
  assert.match(stranger.err, /answered 401/);
});

/** The same with an answer to what it asks. */
function answered(answer, name, ...args) {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
    child.stdin.end(answer);
  });
}

test("pause says how it is, pauses and lifts; replay --held names the number and asks", async () => {
  const bridge = await startBridge({ WAIT_SECONDS: "0" });
  const options = ["--url", bridge.url, "--token", SECRETS.ADMIN_TOKEN];
  const pause = (...args) => tool("pause", ...args, ...options);
  assert.equal((await pause()).out, "Not paused.\n");
  assert.match((await pause("Devin", "moves", "--until", "6h")).out, /^Paused since \S+Z, until \S+Z: Devin moves\n$/);
  const { since, ...state } = json(await pause("Devin moves on", "--json"));
  assert.deepEqual(state, { paused: true, reason: "Devin moves on", until: null });
  for (const wrong of [["--lift", "now"], ["--until", "6h"], ["x", "--until", "soon"]]) assert.equal((await pause(...wrong)).code, 2, wrong);
  const keys = [];
  for (const severity of [3, 1, 2]) {
    const body = JSON.stringify({ alertName: `held ${severity}`, severity, description: "d" });
    const { json: answer } = await bridge.post("/hooks/alert", body, { authorization: `Bearer ${SECRETS.WEBHOOK_SECRET}` });
    keys.push(answer.incident);
    assert.equal((await bridge.settled(answer.incident)).reason, "paused");
  }
  const replay = (answer, ...args) => answered(answer, "replay", "--held", ...args, ...options);
  const no = await replay("no\n");
  assert.deepEqual([no.code, bridge.devin.all.length], [0, 0], no.err);
  assert.match(no.out, /This starts 3 sessions at once[^]*Nothing was started/);
  assert.equal((await replay("")).code, 1, "no answer is none");
  assert.equal((await replay("", "--json")).code, 2, "JSON has no room for a question");
  assert.equal((await replay("", "--limit", "none")).code, 2);
  const one = await replay("yes\n", "--limit", "1");
  assert.match(one.out, /This starts a session at once[^]*1 tried again/);
  assert.ok(one.out.includes(keys[1]), "the gravest first");
  assert.deepEqual(json(await replay("", "--yes", "--json")).accepted, 2);
  assert.equal((await pause("--lift")).out, "Not paused.\n");
});
