// Schemathesis reads /openapi.json and sends what the document allows, what it forbids, and what stands at its edges, to
// the Worker as it runs: once as somebody with all credentials and once as somebody with none. Every check that it has
// is on: answers and their headers are as documented, what is allowed is taken, what is forbidden is refused, no method
// or path does more than the document says, nothing is open that should be closed, and nothing is a server error.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { schemathesisPython } from "../scripts/tools.mjs";
import { AMPLE, SECRETS, startBridge } from "./harness.mjs";

// One worker: what makes up the requests is not made for threads.
const OPTIONS = "--checks all --phases examples,coverage,fuzzing,stateful --max-examples 10 --seed 1 --continue-on-failure --workers 1 --request-timeout 30 --no-color";
const SECONDS = 180;

// It leaves a cache where it runs.
const folder = mkdtempSync(join(tmpdir(), "devin-bridge-schemathesis-"));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "nobody.toml"), "");
writeFileSync(
  join(folder, "everybody.toml"),
  `[auth.openapi]
sharedHeader = { api_key = "${SECRETS.WEBHOOK_SECRET}" }
adminBearer = { bearer = "${SECRETS.ADMIN_TOKEN}" }

# A pause until a time that is over is refused: the document can't say what is over.
[[operations]]
include-name = "POST /api/pause"

[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400"]
`,
);

describe("schemathesis finds nothing", { concurrency: true }, () => {
  test("with all credentials", async () => {
    const bridge = await startBridge({ ...AMPLE, WAIT_SECONDS: "0" }, { without: ["WRONG_SECRETS"] });
    const said = await schemathesis("everybody.toml", bridge.url);
    // Signing out is a 401, whoever does it: that is how a browser forgets the token.
    assert.match(said, /Authentication failed: 1 operation [^\n]*\s+401 Unauthorized \(1 operation\):\s+- GET \/sign-out\n/);
    assert.ok(bridge.devin.all.length > 0, `no session was started:\n${said}`);
  });

  test("with none", async () => {
    const bridge = await startBridge({ ...AMPLE, WAIT_SECONDS: "0" }, { without: ["WRONG_SECRETS"] });
    const said = await schemathesis("nobody.toml", bridge.url);
    assert.match(said, /Authentication failed/);
    assert.equal(bridge.devin.requests.length, 0, said);
  });
});

/** Runs it; gives what it said, and fails where it found anything or tested little. */
async function schemathesis(config, url) {
  const args = ["-m", "schemathesis.cli", "--config-file", config, "run", `${url}/openapi.json`, ...OPTIONS.split(" ")];
  const child = spawn(schemathesisPython, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], timeout: SECONDS * 1000 });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", () => reject(new Error(`${schemathesisPython} is not there: npm run tools`)));
    child.on("close", (...ended) => resolve(ended));
  });
  assert.equal(code, 0, `${signal ?? ""}\n${said}`);
  const [, count] = /(\d+) passed/.exec(said.slice(said.indexOf("Test cases:"))) ?? [];
  assert.ok(Number(count) > 500, said);
  return said;
}
