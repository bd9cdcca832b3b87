// npm run preview and npm run check, as somebody uses them who reads no Rust: change a route, look, mend it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sample, sampleNames } from "../scripts/samples.mjs";
import { ROOT } from "../scripts/steps.mjs";

const folder = mkdtempSync(join(tmpdir(), "devin-bridge-tools-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

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
  assert.doesNotMatch(changed.out, /stand-in/);

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

test("both tell how they are used", async () => {
  for (const name of ["preview", "check"]) {
    const help = await tool(name, "--help");
    assert.equal(help.code, 0);
    assert.match(help.out, new RegExp(`^npm run ${name}`));
  }
});

test("the README lists every setting", () => {
  const [readme, settings] = ["README.md", "src/settings.rs"].map((path) => readFileSync(join(ROOT, path), "utf8"));
  const names = Array.from(settings.matchAll(/"([A-Z][A-Z_]+)"/g), ([, name]) => name);
  assert.ok(names.length >= 20, names.join(" "));
  for (const name of names) assert.ok(readme.includes(`\`${name}\``), name);
});
