// The four examples of the endpoint's documentation, as they are written there but for the address and the secret.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SECRETS, startBridge } from "./harness.mjs";
import { ADMIN, assertFenced } from "./alerting.mjs";
import { addressed, missing, node, powershell, powershells, printedByNode, printedByPython, python, readPowershell, shell } from "./clients.mjs";

const bridge = await startBridge();
const { devin } = bridge;

const CURL = String.raw`curl -X POST https://your-webhook-endpoint/api/trigger-devin \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer your-webhook-secret" \
  -d '{
    "alertName": "manual-test-alert",
    "severity": 1,
    "description": "Testing the webhook integration",
    "source": "curl-test",
    "logs": "Error: Test error at test.ts:42"
  }'`;

const PYTHON = `import requests

response = requests.post(
    "https://your-webhook-endpoint/api/trigger-devin",
    headers={
        "Content-Type": "application/json",
        "Authorization": "Bearer your-webhook-secret"
    },
    json={
        "alertName": "python-test-alert",
        "severity": 1,
        "description": "Testing from Python",
        "source": "python-script",
        "logs": "Error: Test error"
    }
)

print(response.json())
# {'success': True, 'sessionId': 'session_...', 'sessionUrl': 'https://app.devin.ai/...'}`;

const NODE = `const response = await fetch("https://your-webhook-endpoint/api/trigger-devin", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "Authorization": "Bearer your-webhook-secret"
  },
  body: JSON.stringify({
    alertName: "nodejs-test-alert",
    severity: 1,
    description: "Testing from Node.js",
    source: "nodejs-script",
    logs: "Error: Test error"
  })
});

const data = await response.json();
console.log(data);`;

const POWERSHELL = `$body = @{
    alertName = "powershell-test-alert"
    severity = 1
    description = "Testing from PowerShell"
    source = "powershell-script"
    logs = "Error: Test error"
} | ConvertTo-Json

$response = Invoke-RestMethod -Uri "https://your-webhook-endpoint/api/trigger-devin" \`
    -Method Post \`
    -Headers @{
        "Content-Type" = "application/json"
        "Authorization" = "Bearer your-webhook-secret"
    } \`
    -Body $body

$response`;

const at = (example, secret = SECRETS.WEBHOOK_SECRET) =>
  addressed(example, { "https://your-webhook-endpoint": bridge.url, "your-webhook-secret": secret });

const CLIENTS = {
  curl: { run: async (secret) => JSON.parse(await shell(at(CURL, secret))), alert: "manual-test-alert", source: "curl-test", skip: missing.curl },
  "Python's requests": {
    run: async (secret) => printedByPython(await python(at(PYTHON, secret))),
    alert: "python-test-alert",
    source: "python-script",
    skip: missing.python,
  },
  "Node's fetch": { run: async (secret) => printedByNode(await node(at(NODE, secret))), alert: "nodejs-test-alert", source: "nodejs-script" },
};
for (const edition of powershells) {
  CLIENTS[edition] = {
    run: async (secret) => (await powershell(edition, readPowershell(at(POWERSHELL, secret)))).json,
    alert: "powershell-test-alert",
    source: "powershell-script",
  };
}

/** Checks a printed answer as documented, and gives the session. */
function assertPrinted(printed, status, sessions) {
  assert.equal(sessions.length, 1);
  const { incident, details, ...answer } = printed;
  if (status === "duplicate") assert.match(details, /^Recognised by source=[\w-]+, alertName=[\w-]+\.$/);
  assert.match(incident, /^alert-h[0-9a-f]{32}$/);
  assert.deepEqual(answer, {
    success: true,
    status,
    sessionId: sessions[0].id,
    sessionUrl: `https://app.devin.ai/sessions/${sessions[0].id.slice("devin-".length)}`,
    message: status === "started" ? "Devin session created successfully" : "This incident already has its Devin session.",
  });
}

for (const [client, { run, alert, source, skip = false }] of Object.entries(CLIENTS)) {
  describe(client, { skip }, () => {
    const sessions = () => devin.sessions(alert);
    test("prints the session", async () => {
      // Both editions of PowerShell send the same alert.
      const expected = sessions().length === 0 ? "started" : "duplicate";
      assertPrinted(await run(), expected, sessions());
      assertFenced(sessions()[0].prompt, [`- **Name**: ${alert}`, "- **Severity**: Sev 1", `- **Noticed by**: ${source}`]);
      assert.ok(sessions()[0].prompt.includes("Error: Test error"));
    });

    test("prints the same session when it runs again", async () => {
      assertPrinted(await run(), "duplicate", sessions());
    });

    test("prints why it is refused", async () => {
      assert.deepEqual(await run("another-secret"), {
        success: false,
        error: "Unauthorized",
        message: "The secret or signature is missing or wrong.",
      });
    });
  });
}

test("what PowerShell 5.1 makes of text is understood", async () => {
  const request = readPowershell(at(POWERSHELL));
  request.fields = { ...request.fields, alertName: "it's <Größe> & co.", description: "naïve café" };
  for (const edition of powershells) {
    const { status, json } = await powershell(edition, request);
    assert.equal(status, 200, JSON.stringify(json));
    const answer = await bridge.request(`/api/incidents/${json.incident}`, { headers: ADMIN });
    assert.equal(JSON.parse(answer.text).title, "it's <Größe> & co.");
    assertFenced(devin.sessions(json.sessionId)[0].prompt, ["- **Name**: it's <Größe> & co.", "- **Description**: naïve café"]);
  }
  assert.equal(devin.creates("it's <Größe>").length, 1);
});
