// npm start and npm run send, as a person uses them. --fake, because the person may have a real key in .dev.vars.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { until } from "./harness.mjs";
import { ROOT } from "../scripts/steps.mjs";

function script(name, ...args) {
  const child = spawn(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT });
  const running = { child, text: "" };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (running.text += data));
  running.code = new Promise((resolve) => child.on("close", resolve));
  return running;
}

test("npm start -- --once shows a session and ends with 0", async () => {
  const start = script("start", "--once", "--fake");
  assert.equal(await start.code, 0, start.text);
  for (const part of [/^Bridge +http:/m, /^Answer +202 /m, /^Session +devin-/m, /^Title +\S/m, /^Tags +.*pagerduty-postmortem/m]) {
    assert.match(start.text, part);
  }
  assert.match(start.text, /A PagerDuty incident has been resolved/);
});

test("npm start stays, npm run send reaches it, Ctrl-C leaves nothing behind", async () => {
  const start = script("start", "--fake");
  try {
    await until("it is up", 60, () => start.text.includes("Ctrl-C"));
    const [bridge, devin] = start.text.match(/http:\/\/127\.0\.0\.1:\d+/g);

    const good = script("send", "pagerduty-resolved", "--count", "3");
    assert.equal(await good.code, 0, good.text);
    assert.equal(good.text.match(/^202 /gm).length, 3, good.text);
    const same = script("send", "pagerduty-resolved", "--count", "3", "--id", "QSAMESAME");
    assert.equal(await same.code, 0, same.text);
    assert.equal(same.text.match(/"status":"accepted"/g).length, 1, same.text);
    const bad = script("send", "pagerduty-resolved", "--url", bridge, "--secret", "wrong");
    assert.equal(await bad.code, 1);
    assert.match(bad.text, /^401 /);

    start.child.kill("SIGINT");
    assert.equal(await start.code, 0, start.text);
    for (const url of [bridge, devin]) await assert.rejects(fetch(url), url);
  } finally {
    start.child.kill("SIGKILL");
  }
});

test("npm run send lists the samples", async () => {
  const list = script("send");
  assert.equal(await list.code, 0);
  for (const sender of ["pagerduty-resolved", "azure-metric-fired", "kibana-recommended", "alert"]) {
    assert.match(list.text, new RegExp(`^  ${sender} +\\S`, "m"));
  }
});
