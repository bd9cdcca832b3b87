// The routes and signatures that wrangler.toml shows as comments, uncommented.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "smol-toml";
import { newIncident, resolved, SECRETS, startBridge } from "./harness.mjs";

const examples = readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => /^# (\[\[vars\.(ROUTES|SIGNATURES|SOURCES)\]\]|[a-z_]+ = )/.test(line))
  .map((line) => line.slice(2));
const { ROUTES, SIGNATURES, SOURCES } = parse(examples.join("\n")).vars;

for (const [how, value] of [["as tables", ROUTES], ["as a JSON string", JSON.stringify(ROUTES)]]) {
  test(`the examples of wrangler.toml, ${how}`, async () => {
    const bridge = await startBridge({ ROUTES: value, SIGNATURES, SOURCES, GRAFANA_SIGNING_SECRET: "a-signing-secret-of-grafana" });
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
    const health = await bridge.request("/health", { headers });
    assert.deepEqual(JSON.parse(health.text).problems, [], health.text);

    const minor = await bridge.pagerduty(resolved(newIncident().id, ({ data }) => (data.priority.summary = "P3")));
    assert.deepEqual([minor.status, minor.json.status, minor.json.reason], [200, "ignored", "route"], minor.text);
    await bridge.oneSession(await bridge.resolve());

    const alert = { alertName: "mcp-token-expired", severity: 1, description: "expired", alertId: "1" };
    await bridge.post("/hooks/alert", JSON.stringify(alert), { "x-webhook-secret": SECRETS.WEBHOOK_SECRET });
    assert.equal(bridge.devin.creates("mcp-token-expired")[0].body.playbook_id, "playbook-mcp");
  });
}
