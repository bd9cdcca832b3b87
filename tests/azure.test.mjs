// Azure Monitor's common alert schema: each service's variant of it, as its test action and its documentation have it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { AMPLE, SECRETS, startBridge } from "./harness.mjs";
import { sample } from "../scripts/samples.mjs";
import { assertAnswer, assertFenced, assertNothingMissing, fenced, HOOK, newAlert, rehearse, send, start } from "./alerting.mjs";

const bridge = await startBridge(AMPLE);
const { devin } = bridge;
const PATH = "/hooks/azure-monitor";

const SUBSCRIPTION = "/subscriptions/11111111-2222-4333-8444-555555555555";
const VAULT = `${SUBSCRIPTION}/resourcegroups/shop-prod/providers/microsoft.keyvault/vaults/shop-keys`;

/** A body of the schema; `essentials` over what every variant has. */
const alert = (essentials, alertContext, customProperties) => ({
  schemaId: "azureMonitorCommonAlertSchema",
  data: {
    essentials: {
      alertId: `${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/${randomUUID()}`,
      alertRule: "the-rule",
      severity: "Sev3",
      signalType: "Metric",
      monitorCondition: "Fired",
      monitoringService: "Platform",
      alertTargetIDs: [VAULT],
      configurationItems: ["shop-keys"],
      originAlertId: randomUUID(),
      firedDateTime: "2026-03-04T05:06:07.1234567Z",
      description: "Something is wrong",
      essentialsVersion: "1.0",
      alertContextVersion: "1.0",
      ...essentials,
    },
    alertContext,
    ...(customProperties !== undefined && { customProperties }),
  },
});

/** The prompt of a body, with what every prompt must be. */
async function prompt(body) {
  const { prompt, incident } = await rehearse(bridge, body, { path: PATH });
  assertNothingMissing(prompt);
  assert.match(incident, /^azure_monitor-h[0-9a-f]{32}$/);
  assert.equal((await rehearse(bridge, body)).incident, incident, "the general path sees another incident");
  return prompt;
}

describe("what Devin gets", () => {
  test("a metric: rule, resource, condition with metric and threshold, dimensions, window", async () => {
    const text = await prompt(sample("azure-metric-fired").body);
    assertFenced(text, [
      "- **Name**: shop-web-cpu",
      "- **Severity**: Sev 2",
      "- **Description**: CPU of a web server is above 85 %",
      "- **Status**: Fired",
      "- **Affected resource**: shop-web-2",
      "- **Noticed by**: azure-monitor",
      "- **Signal**: Metric",
      "  - ResourceId: shop-web-2",
      "  - team: shop",
      "  - condition: Average Percentage CPU GreaterThan 85, was 93.4, of Microsoft.Compute/virtualMachines",
      `  - targets: ${SUBSCRIPTION}/resourcegroups/shop-prod/providers/microsoft.compute/virtualmachines/shop-web-2`,
      "  - monitoring service: Platform",
    ]);
    assert.match(text, /^ {2}- window: \S+Z to \S+Z \(PT5M\)$/m);
  });

  test("several criteria, a dynamic threshold, a web test", async () => {
    const criterion = { metricName: "Latency", metricNamespace: null, operator: "GreaterThan", timeAggregation: "Average", dimensions: [] };
    const text = await prompt(
      alert({}, {
        properties: null,
        conditionType: "DynamicThresholdCriteria",
        condition: {
          windowSize: "PT15M",
          allOf: [
            { ...criterion, threshold: "0.4", metricValue: 0.9, alertSensitivity: "High", failingPeriods: { numberOfEvaluationPeriods: 4, minFailingPeriodsToAlert: 3 } },
            { ...criterion, metricName: "Failed Location", threshold: "2", metricValue: 5, webTestName: "shop-front", dimensions: [{ name: "Region", value: "West Europe" }] },
          ],
        },
      }),
    );
    assertFenced(text, [
      "  - condition: Average Latency GreaterThan 0.4, was 0.9, in 3 of 4 periods, sensitivity High",
      "  - condition: Average Failed Location GreaterThan 2, was 5, web test shop-front",
      "  - Region: West Europe",
      "  - window: PT15M",
    ]);
  });

  test("a log alert V1: query, count, links and the rows that were found", async () => {
    const text = await prompt(sample("azure-log-v1-fired").body);
    assertFenced(text, [
      "- **Severity**: Sev 3",
      "  - condition: Number of results, Greater Than 0, results found: 2",
      "  - query: ImportLog_CL | where Level_s == 'error'",
      "  - AffectedConfigurationItems: import-job",
      "- **Link**: https://portal.azure.com#@example/blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/q/sample-filtered",
    ]);
    const rows = fenced(text).filter((line) => line.startsWith("TimeGenerated: "));
    assert.match(rows[0], /^TimeGenerated: \S+Z, Level_s: error, Message: row 1180: price is not a number$/);
    assert.match(rows[1], /^TimeGenerated: \S+Z, Level_s: error, Message: row 2044: unknown currency$/);
    assert.equal(rows.length, 2);
  });

  test("of many rows the first twenty", async () => {
    const { body } = sample("azure-log-v1-fired");
    body.data.alertContext.SearchResults.tables[0].rows = Array.from({ length: 57 }, (_, n) => ["t", "error", `row ${n}`]);
    const rows = fenced(await prompt(body)).filter((line) => /Message: row|more rows/.test(line));
    assert.equal(rows[0], "TimeGenerated: t, Level_s: error, Message: row 0");
    assert.deepEqual(rows.slice(-2), ["TimeGenerated: t, Level_s: error, Message: row 19", "(37 more rows left out)"]);
    assert.equal(rows.length, 21);
  });

  test("a log alert V1 that is too large brings no rows", async () => {
    const { body } = sample("azure-log-v1-fired");
    delete body.data.alertContext.SearchResults;
    body.data.alertContext.IncludedSearchResults = "False";
    const text = await prompt(body);
    assert.doesNotMatch(text, /## Error Logs/);
    assertFenced(text, ["  - query: ImportLog_CL | where Level_s == 'error'"]);
  });

  test("a log alert V2: query, condition, dimensions and links, no rows", async () => {
    const text = await prompt(sample("azure-log-v2-fired").body);
    assertFenced(text, [
      "- **Severity**: Sev 1",
      "- **Affected resource**: payment-api",
      "- **Link**: https://portal.azure.com#@example/blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/q/sample-filtered",
      "  - AppRoleName: payment-api",
      "  - condition: Count GreaterThan 5, was 17, in 1 of 1 periods",
      "  - query: AppExceptions | where AppRoleName == 'payment-api'",
      "  - search results: https://portal.azure.com#@example/blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/q/sample-filtered",
      "  - search results (API): https://api.loganalytics.io/v1/workspaces/99999999-aaaa-4bbb-8ccc-dddddddddddd/query?query=AppExceptions",
    ]);
    assert.doesNotMatch(text, /## Error Logs/);
  });

  test("a long link is whole, or is not called one", async () => {
    for (const length of [600, 900, 1900, 5000]) {
      const { body } = sample("azure-log-v2-fired");
      const link = `https://portal.azure.com#@example/blade/Logs/q/${"aB3%2F".repeat(length / 6)}/end`;
      body.data.alertContext.condition.allOf[0].linkToFilteredSearchResultsUI = link;
      const lines = fenced(await prompt(body));
      const shown = lines.filter((line) => line.startsWith("- **Link**: ")).map((line) => line.slice("- **Link**: ".length));
      assert.ok(shown.every((url) => url === link), `of ${link.length} characters: ${shown}`);
      if (length < 1000) assert.deepEqual(shown, [link]);
    }
  });

  test("the documented example: V2 by its name, with the rows of a V1", async () => {
    const body = alert(
      { alertRule: "mcp-error-detection", severity: "Sev1", signalType: "Log", monitoringService: "Log Alerts V2" },
      {
        conditionType: "LogQueryCriteria",
        condition: { windowSize: "PT5M", allOf: [{ searchQuery: "ContainerLog | where LogEntry contains 'Error'", metricValue: 3 }] },
        SearchResults: {
          tables: [
            {
              name: "PrimaryResult",
              columns: [{ name: "TimeGenerated", type: "datetime" }, { name: "LogEntry", type: "string" }],
              rows: [["2024-02-06T11:58:23.456Z", "Error: TokenCredentialAuthenticationError..."]],
            },
          ],
        },
      },
    );
    assertFenced(await prompt(body), [
      "- **Name**: mcp-error-detection",
      "  - query: ContainerLog | where LogEntry contains 'Error'",
      "  - condition: value, was 3",
      "TimeGenerated: 2024-02-06T11:58:23.456Z, LogEntry: Error: TokenCredentialAuthenticationError...",
    ]);
  });

  test("a simple log alert: its event's names and values", async () => {
    const text = await prompt(
      alert({ signalType: "Log", monitoringService: "Simple Log Alert" }, {
        properties: null,
        conditionType: "SimpleLogAlertCriteria",
        condition: {
          windowSize: null,
          allOf: [
            {
              searchQuery: "AppTraces | where SeverityLevel >= 3",
              metricMeasureColumn: null,
              operator: null,
              threshold: null,
              timeAggregation: null,
              dimensions: null,
              metricValue: null,
              failingPeriods: null,
              event: [
                [{ name: "TimeGenerated", value: "2026-03-04T05:06:07Z" }, { name: "Message", value: "queue is full" }],
                [{ name: "Message", value: "queue is still full" }, { name: "Nothing", value: null }],
              ],
            },
          ],
        },
      }),
    );
    assertFenced(text, [
      "  - query: AppTraces | where SeverityLevel >= 3",
      "TimeGenerated: 2026-03-04T05:06:07Z, Message: queue is full",
      "Message: queue is still full",
    ]);
  });

  test("the activity log: what was done, to what, with which outcome; no claims", async () => {
    const { body } = sample("azure-activity-log");
    body.data.alertContext.claims = '{"name":"Somebody","ipaddr":"203.0.113.7"}';
    body.data.alertContext.httpRequest = '{"clientIpAddress":"203.0.113.7"}';
    const text = await prompt(body);
    assertFenced(text, [
      "- **Name**: vm-restarted",
      "- **Severity**: Sev 4",
      "- **Signal**: Activity Log",
      "- **Affected resource**: shop-web-2",
      "  - action: Microsoft.Compute/virtualMachines/restart/action",
      "  - operationName: Microsoft.Compute/virtualMachines/restart/action",
      "  - level: Informational",
      "  - status: Succeeded",
      "  - eventCategory: Administrative",
    ]);
    assert.doesNotMatch(text, /Somebody|203\.0\.113\.7|operator@example\.com/);
  });

  for (const service of ["Policy", "Autoscale", "Security"]) {
    test(`the activity log's kin: ${service}`, async () => {
      const text = await prompt(
        alert({ severity: "Sev4", signalType: "ActivityLog", monitoringService: `Activity Log - ${service}` }, {
          authorization: { action: "some/action", scope: VAULT },
          channels: "Operation",
          claims: null,
          caller: "8f2b",
          eventSource: service,
          eventTimestamp: "2026-03-04T05:06:07.1234567Z",
          level: "Warning",
          operationName: `${service} operation`,
          properties: { hierarchy: "", message: `${service} says so`, policies: '[{"policyDefinitionName":"tags-required"}]', Threshold: 3 },
          status: "Active",
          subStatus: null,
        }),
      );
      assertFenced(text, [
        "- **Signal**: ActivityLog",
        `  - operationName: ${service} operation`,
        `  - message: ${service} says so`,
        '  - policies: [{"policyDefinitionName":"tags-required"}]',
        "  - caller: 8f2b",
        "  - level: Warning",
      ]);
    });
  }

  test("service health: numbers for level and channels, HTML as text, services by their names", async () => {
    const text = await prompt(sample("azure-service-health").body);
    assertFenced(text, [
      "- **Name**: azure-health: Storage: latency in West Europe",
      "- **Severity**: Sev 4",
      "- **Affected resource**: 11111111-2222-4333-8444-555555555555",
      "  - title: Storage: latency in West Europe",
      "  - communication: Starting at 08:00 UTC some requests to storage accounts are slow.",
      "  - impactedServices: Storage (West Europe)",
      "  - level: 3",
      "  - eventSource: 2",
      "  - stage: Active",
    ]);
    assert.doesNotMatch(text, /<b>|<p>/);
  });

  test("service health that says Resolved inside is over; impactedServices as a list", async () => {
    const { body } = sample("azure-service-health");
    body.data.alertContext.status = "Resolved";
    const over = await send(bridge, body, { path: `${PATH}?dry_run=1` });
    assert.deepEqual([over.json.decision.action, over.json.reason], ["ignore", "recovered"], over.text);
    body.data.alertContext.status = "Active";
    body.data.alertContext.properties.impactedServices = [{ ServiceName: "Storage", ImpactedRegions: [{ RegionName: "West Europe" }, { RegionName: "Global" }] }];
    assertFenced(await prompt(body), ["  - impactedServices: Storage (West Europe, Global)", "  - status: Active"]);
  });

  test("resource health", async () => {
    const text = await prompt(
      alert({ monitoringService: "Resource Health", signalType: "Activity Log", severity: "Sev4", description: "" }, {
        channels: "Admin, Operation",
        level: "Critical",
        operationName: "Microsoft.Resourcehealth/healthevent/Activated/action",
        properties: {
          title: "Rebooted by Platform",
          details: null,
          currentHealthStatus: "Unavailable",
          previousHealthStatus: "Available",
          type: "Downtime",
          cause: "PlatformInitiated",
        },
        status: "Active",
      }),
    );
    assertFenced(text, [
      "- **Description**: Rebooted by Platform",
      "  - currentHealthStatus: Unavailable",
      "  - previousHealthStatus: Available",
      "  - cause: PlatformInitiated",
      "  - level: Critical",
    ]);
  });

  test("a smart detector", async () => {
    const text = await prompt(
      alert({ monitoringService: "SmartDetector", signalType: "Log", alertRule: "Failure anomalies", description: null }, {
        DetectionSummary: "An abnormal rise in failed requests",
        FormattedOccurrenceTime: "2026-03-04T05:06:07Z",
        DetectedValue: "9.21%",
        NormalValue: "0.4% (over the last 30 minutes)",
        PresentationInsightEventRequest: "/subscriptions/x/query",
        SmartDetectorId: "FailureAnomaliesDetector",
        SmartDetectorName: "Failure Anomalies",
        AnalysisTimestamp: "2026-03-04T05:06:07Z",
      }),
    );
    assertFenced(text, [
      "- **Description**: An abnormal rise in failed requests",
      "  - DetectedValue: 9.21%",
      "  - NormalValue: 0.4% (over the last 30 minutes)",
      "  - SmartDetectorName: Failure Anomalies",
    ]);
  });

  test("Prometheus: expression, labels, annotations", async () => {
    const text = await prompt(sample("azure-prometheus").body);
    assertFenced(text, [
      "- **Name**: KubePodCrashLooping",
      "  - pod: cart-6d5f8-4q2zt",
      "  - namespace: shop",
      "  - severity: warning",
      "  - expression: increase(kube_pod_container_status_restarts_total[10m]) > 3",
      "  - expressionValue: 5",
      "  - for: PT5M",
      "  - summary: cart-6d5f8-4q2zt restarted 5 times in 10 minutes",
    ]);
  });

  test("a budget: no severity, no signal, no targets", async () => {
    const text = await prompt(
      alert(
        {
          alertId: `${SUBSCRIPTION}/providers/Microsoft.CostManagement/alerts/${randomUUID()}`,
          alertRule: null,
          severity: null,
          signalType: null,
          monitoringService: "CostAlerts",
          alertTargetIDs: null,
          configurationItems: ["budgets"],
          originAlertId: null,
          description: "Your spend for budget shop-monthly is over its limit",
        },
        { AlertCategory: "Budgets", AlertData: { Scope: SUBSCRIPTION, ThresholdType: "Actual", BudgetName: "shop-monthly", SpentAmount: "1200.5", BudgetThreshold: "1000", Unit: "EUR" } },
      ),
    );
    assertFenced(text, ["- **Name**: shop-monthly", "  - SpentAmount: 1200.5", "  - BudgetThreshold: 1000", "  - ThresholdType: Actual"]);
    assert.doesNotMatch(text, /\*\*Severity\*\*/);
  });

  test("custom properties, once also where they are sent twice", async () => {
    const { body } = sample("azure-metric-fired");
    body.data.alertContext.properties = { team: "shop", runbook: "https://wiki.example.com/cpu" };
    body.data.customProperties = { team: "shop", runbook: "https://wiki.example.com/cpu", extra: { a: [1] } };
    const inside = fenced(await prompt(body));
    for (const line of ["  - team: shop", "  - runbook: https://wiki.example.com/cpu", '  - extra: {"a":[1]}']) {
      assert.deepEqual(inside.filter((each) => each === line), [line]);
    }
  });

  test("times with seven digits stay as they are", async () => {
    assertFenced(await prompt(alert({}, null)), ["- **Time**: 2026-03-04T05:06:07.1234567Z"]);
  });

  for (const level of [0, 1, 2, 3, 4]) {
    test(`Sev${level}`, async () => {
      const body = alert({ severity: `Sev${level}` }, {});
      assertFenced(await prompt(body), [`- **Severity**: Sev ${level}`]);
      const { incident } = await start(bridge, body, { path: PATH });
      assert.equal((await bridge.record(incident)).severity, level);
    });
  }

  test("a new kind of alert nobody has heard of", async () => {
    const text = await prompt(alert({ monitoringService: "Quantum Alerts" }, { qubits: 7, noise: { level: "high" }, list: ["a", "b"] }));
    assertFenced(text, ["  - qubits: 7", '  - noise: {"level":"high"}', "  - list: a, b", "  - monitoring service: Quantum Alerts"]);
  });
});

describe("nulls and absent fields", () => {
  const identity = ["alertId", "alertRule", "properties", "correlationId"];
  for (const name of ["azure-metric-fired", "azure-log-v1-fired", "azure-log-v2-fired", "azure-activity-log", "azure-service-health", "azure-prometheus"]) {
    test(`of ${name}, one after the other and all at once`, async () => {
      const whole = sample(name).body;
      const bodies = [];
      for (const part of ["essentials", "alertContext"]) {
        for (const field of Object.keys(whole.data[part])) {
          if (identity.includes(field)) continue;
          for (const change of ["null", "absent", "of another type"]) {
            const body = structuredClone(whole);
            if (change === "null") body.data[part][field] = null;
            else if (change === "absent") delete body.data[part][field];
            else body.data[part][field] = Array.isArray(whole.data[part][field]) ? { odd: 1 } : [17, { odd: null }];
            bodies.push(body);
          }
        }
      }
      const empty = structuredClone(whole);
      for (const part of ["essentials", "alertContext"]) {
        for (const field of Object.keys(empty.data[part])) if (!identity.includes(field)) empty.data[part][field] = null;
      }
      bodies.push(empty);
      // What an entry of the activity log belongs to is in its context.
      if (!whole.data.essentials.signalType?.startsWith("Activity")) {
        bodies.push({ ...whole, data: { ...whole.data, alertContext: null } }, { ...whole, data: { essentials: whole.data.essentials } });
      }

      const results = [];
      for (let i = 0; i < bodies.length; i += 100) {
        const answer = await send(bridge, bodies.slice(i, i + 100), { path: `${PATH}?dry_run=1` });
        assert.equal(answer.status, 200, answer.text);
        results.push(...(answer.json.results ?? [answer.json]));
      }
      assert.equal(results.length, bodies.length);
      const { incident } = await rehearse(bridge, whole, { path: PATH });
      for (const [n, result] of results.entries()) {
        const shown = JSON.stringify(bodies[n]);
        assert.equal(result.decision.action, "start_session", shown);
        // With the event's id gone an alert on the activity log is recognised by its rule.
        if (name !== "azure-activity-log") assert.equal(result.incident, incident, shown);
        assert.doesNotMatch(result.prompt, /undefined|\bnull\b(?!})|None|Some\(|\[object/, shown);
      }
    });
  }
});

describe("identity", () => {
  const of = async (body) => (await rehearse(bridge, body, { path: PATH })).incident;

  test("alertId, in any case", async () => {
    const body = alert({}, {});
    const shouting = structuredClone(body);
    shouting.data.essentials.alertId = body.data.essentials.alertId.toUpperCase();
    Object.assign(shouting.data.essentials, { alertRule: "renamed", firedDateTime: "2026-03-04T09:00:00Z", originAlertId: "other" });
    assert.equal(await of(shouting), await of(body));
    assert.notEqual(await of(alert({}, {})), await of(body));
  });

  test("of an alert on the activity log the rule and the correlationId; without one the event, because its alertId may be the rule's", async () => {
    const { body } = sample("azure-activity-log");
    const other = structuredClone(body);
    other.data.alertContext.eventDataId = randomUUID();
    assert.equal(await of(other), await of(body));
    other.data.alertContext.correlationId = randomUUID();
    assert.notEqual(await of(other), await of(body));
    const bare = structuredClone(other);
    for (const one of [bare, other]) one.data.alertContext.correlationId = null;
    bare.data.alertContext.eventDataId = randomUUID();
    assert.notEqual(await of(bare), await of(other));
    assert.equal(await of(structuredClone(body)), await of(body));
  });

  test("without an alertId the origin and the time, or the rule, the targets and the time", async () => {
    const origin = alert({ alertId: null, originAlertId: "origin-1" }, {});
    const later = alert({ alertId: null, originAlertId: "origin-1", firedDateTime: "2026-03-04T06:00:00Z" }, {});
    assert.notEqual(await of(later), await of(origin));
    const rule = (fields) => alert({ alertId: null, originAlertId: null, ...fields }, {});
    assert.equal(await of(rule()), await of(rule()));
    const others = [rule({ alertRule: "b" }), rule({ alertTargetIDs: ["/x"] }), rule({ firedDateTime: "2026-03-04T06:00:00Z" }), origin];
    const names = await Promise.all([rule(), ...others].map(of));
    assert.equal(new Set(names).size, names.length);
  });

  test("nothing that identifies it is refused", async () => {
    const body = alert({ alertId: null, originAlertId: "", alertRule: " ", alertTargetIDs: [] }, {});
    const answer = await send(bridge, body, { path: PATH });
    assertAnswer(answer, 400, { success: false, error: "Missing required field: data.essentials.alertId" });
  });

  test("the same alert through two action groups has one session", async () => {
    const body = sample("azure-metric-fired").body;
    const answers = await Promise.all([send(bridge, body, { path: PATH }), send(bridge, body), send(bridge, body, { path: PATH })]);
    assert.deepEqual(answers.map(({ json }) => json.status).sort(), ["duplicate", "duplicate", "started"]);
    assert.equal(new Set(answers.map(({ json }) => json.sessionId)).size, 1);
    assert.equal(devin.creates(body.data.essentials.alertId).length, 1);
  });
});

describe("bodies that are not the common schema", () => {
  const refused = async (body, path = PATH) => {
    const answer = await send(bridge, body, { path });
    const { details } = assertAnswer(answer, 400, { success: false, error: "Not the common alert schema" });
    assert.match(details, /Enable the common alert schema/);
  };

  test("the formats of the services themselves", async () => {
    const bodies = [
      { schemaId: "AzureMonitorMetricAlert", data: { version: "2.0", status: "Activated", context: {} } },
      { schemaId: "Microsoft.Insights/activityLogs", data: { status: "Activated", context: {} } },
      { schemaId: "Microsoft.Insights/LogAlert", data: {} },
    ];
    for (const body of bodies) for (const path of [PATH, HOOK]) await refused(body, path);
    await refused({ SubscriptionId: "1", AlertRuleName: "x" });
    await refused({});
  });

  test("a log alert whose author shaped it into a generic one", async () => {
    const body = newAlert({ source: "azure-monitor" });
    const { session, incident } = await start(bridge, body, { path: PATH });
    assert.match(incident, /^alert-/);
    assertFenced(session.prompt, ["- **Name**: token-refresh-failing"]);
  });

  test("no JSON", async () => {
    const answer = await send(bridge, "{", { path: PATH });
    const { details } = assertAnswer(answer, 400, { success: false, error: "Invalid JSON body" });
    assert.equal(details, "The body is not JSON: EOF while parsing an object at byte 1 (line 1, column 1).");
  });
});

test("the secret in the address, as an action group sends it", async () => {
  const body = sample("azure-metric-fired").body;
  const headers = { "content-type": "application/json; charset=utf-8" };
  const answer = await bridge.post(`${PATH}?secret=${encodeURIComponent(SECRETS.WEBHOOK_SECRET)}`, JSON.stringify(body), headers);
  assert.deepEqual([answer.status, answer.json.status], [200, "started"], answer.text);
  assert.ok(!JSON.stringify(bridge.logs).includes(SECRETS.WEBHOOK_SECRET), "the log has the secret");
});

test("the record of a fired alert, and after its recovery", async () => {
  const id = randomUUID();
  const { incident, sessionId } = await start(bridge, sample("azure-metric-fired", id).body, { path: PATH });
  const { sender, title, severity, state, seen, service, priority } = await bridge.record(incident);
  assert.deepEqual(
    { sender, title, severity, state, seen, service, priority },
    { sender: "azure_monitor", title: "shop-web-cpu", severity: 2, state: "started", seen: 1, service: null, priority: null },
  );
  assert.deepEqual(devin.sessions(sessionId)[0].tags.slice(1), ["alert-triage", "service:shop-web-2"]);
  await send(bridge, sample("azure-metric-resolved", id).body, { path: PATH });
  const after = await bridge.record(incident);
  assert.deepEqual([after.state, after.seen, after.sessionId], ["started", 2, sessionId]);
  assert.deepEqual(after.timeline.map(({ what }) => what).filter((what) => / received: /.test(what)), [
    "Fired received: a session is wanted",
    "Resolved received: the session gets a message",
  ]);
});
