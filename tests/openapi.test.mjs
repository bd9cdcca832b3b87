// The contract for programs: that it is served, is a sound document, and has every answer there is. That answers are as
// it says is checked with every request of every test: see contract.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { ADMIN, BEARER, newAlert, send } from "./alerting.mjs";
import { document, documentedAnswers, seen } from "./contract.mjs";
import { AMPLE, newIncident, startBridge, until } from "./harness.mjs";

const bridge = await startBridge(AMPLE);

test("it is served to anybody, as it stands in src/web/openapi.json", async () => {
  const answer = await bridge.request("/openapi.json");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type"), /^application\/json/);
  assert.deepEqual(JSON.parse(answer.text), document);
});

test("every reference leads somewhere, and every part is referred to", () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/"\$ref":"#\/components\/(\w+\/\w+)"/g)].map(([, place]) => place));
  for (const name of [...text.matchAll(/\{"(\w+)":\[\]\}/g)].map(([, name]) => name)) used.add(`securitySchemes/${name}`);
  const parts = Object.entries(document.components).flatMap(([kind, parts]) => Object.keys(parts).map((name) => `${kind}/${name}`));
  assert.deepEqual([...used].sort(), parts.sort());
});

test("every example is what its schema says", () => {
  const ajv = new Ajv2020({ strict: false, formats: { "date-time": true } });
  ajv.addSchema(document, "contract");
  let checked = 0;
  const walk = (value, pointer) => {
    if (value === null || typeof value !== "object") return;
    if (value.schema) {
      const examples = Object.values(value.examples ?? {}).map((example) => resolve(example).value);
      for (const example of value.example === undefined ? examples : [value.example, ...examples]) {
        const validate = ajv.compile({ $ref: `contract#${pointer}/schema` });
        assert.ok(validate(example), `${pointer}: ${ajv.errorsText(validate.errors)}`);
        checked += 1;
      }
    }
    for (const [name, part] of Object.entries(value)) walk(part, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  };
  walk(document, "");
  assert.ok(checked > 6, `${checked} examples`);
});

const resolve = (value) =>
  value.$ref ? value.$ref.split("/").slice(1).reduce((part, name) => part[name], document) : value;

// What only a broken storage answers; tests/faults has it.
const NOT_SEEN = documentedAnswers().filter((answer) => /(incidents|metrics|give-up|-held|-failed|pause|resume|GET \/ )/.test(answer) && answer.endsWith(" 503"));

test("every documented answer is given, and no other", async () => {
  const hooks = Object.keys(document.paths).filter((path) => path.includes("hook") || path.includes("trigger") || path.includes("resolved"));
  const post = (path, body, headers = BEARER) => bridge.post(path, typeof body === "string" ? body : JSON.stringify(body), headers);
  const bodies = {
    "/hooks/azure-monitor": (id) => ({ schemaId: "azureMonitorCommonAlertSchema", data: { essentials: { alertId: id } } }),
    "/hooks/pagerduty": pagerduty,
    "/hooks/opsgenie": (id) => ({ action: "Create", alert: { alertId: id, message: id } }),
    "/pagerduty-resolved": pagerduty,
  };
  const body = (path, id) => (bodies[path] ?? ((id) => newAlert({ alertId: id, source: "kibana" })))(id);
  const closed = await startBridge({ WEBHOOK_SECRET: null, PAGERDUTY_SIGNING_SECRET: null, ADMIN_TOKEN: null });
  for (const documented of hooks) {
    const path = documented.replace("{sender}", "opsgenie");
    const id = newIncident().id;
    await post(path, body(path, id));
    await post(path, body(path, id));
    await post(`${path}?dry_run=1`, body(path, id));
    await post(`${path}?dry_run=perhaps`, body(path, id));
    await post(path, [body(path, newIncident().id), body(path, newIncident().id)]);
    await post(path, body(path, id), {});
    await post(path, " ".repeat(1024 * 1024 + 1));
    await post(path, `[${"{},".repeat(101)}{}]`);
    await post(path, Array.from({ length: 101 }, () => body(path, id)));
    await bridge.request(path);
    const refused = newIncident().id;
    bridge.devin.script({ call: "create", match: refused, replies: [{ status: 400, body: { detail: "no" } }] });
    await post(path, body(path, refused));
    await post(path, "{}", { ...BEARER, "content-encoding": "gzip" });
    assert.equal((await closed.post(path, "{}")).status, 503);
    await guess(path, "POST");
  }
  await post("/hooks/nobody", "{}");
  const incident = await bridge.resolve();
  const { session } = await bridge.oneSession(incident);
  bridge.devin.setStatus(session.id, "exit");
  bridge.devin.setWork(session.id, { output: { title: "t" } });
  await until("the postmortem is there", 60, async () => {
    await bridge.cron();
    return (await bridge.record(incident.key)).postmortem;
  });
  const failed = newIncident();
  bridge.devin.script({ call: "create", match: failed.id, replies: [{ status: 400, body: { detail: "no" } }] });
  await bridge.resolve(failed);
  assert.equal((await bridge.settled(failed.key)).state, "failed");
  const at = (path) => path.replace("{key}", incident.key);
  for (const path of Object.keys(document.paths).filter((path) => !hooks.includes(path))) {
    for (const method of ["GET", "POST", "DELETE"].filter((method) => document.paths[path][method.toLowerCase()])) {
      await bridge.request(at(path), { method, headers: ADMIN });
      await bridge.request(`${at(path)}?most=0`, { method, headers: ADMIN });
      await bridge.request(at(path), { method });
      await bridge.request(at(path), { method, headers: { ...ADMIN, "sec-fetch-site": "cross-site" } });
      await bridge.request(path.replace("{key}", "pagerduty-QNOBODY"), { method, headers: ADMIN });
      await bridge.request(at(path), { method: "PUT" });
      await guess(at(path), method);
      await closed.request(at(path), { method });
    }
  }
  await bridge.request("/api/pause", { method: "POST", headers: ADMIN, body: JSON.stringify({ reason: "a move" }) });
  await bridge.request("/pause", { method: "POST", headers: ADMIN, body: "reason=a+move&hours=1" });
  await bridge.request("/api/pause", { headers: ADMIN });
  await bridge.request("/give-up?state=nobody", { headers: ADMIN });
  await bridge.request("/give-up", { method: "POST", headers: ADMIN, body: `incident=${failed.key}` });
  await bridge.request("/api/incidents?limit=0", { headers: ADMIN });
  await bridge.request("/?state=nobody", { headers: ADMIN });
  await bridge.request(`/api/incidents/${failed.key}/replay`, { method: "POST", headers: ADMIN });
  const expected = documentedAnswers().filter((answer) => !NOT_SEEN.includes(answer));
  assert.deepEqual([...seen].sort(), expected.sort());
});

/** Offers a wrong secret from one address until that is too many. */
async function guess(path, method) {
  const headers = { "cf-connecting-ip": "192.0.2.66", authorization: "Bearer a-guess-and-no-more" };
  await until("it was too many", 60, async () => (await bridge.request(path, { method, headers })).status !== 401 || path === "/openapi.json");
}

const pagerduty = (id) => ({ event: { event_type: "incident.resolved", data: { id, type: "incident", title: "t" } } });
