// What an operator looks for at three in the morning and does about it, on the dashboard and in the API.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { startBridge, until } from "./harness.mjs";

const VIEWER = "viewer-token-of-ours-e7c1";
const ROUTES = [
  { service: "noise-*", ignore: true },
  { service: "billing", severity: "<=1", max_acu_limit: 5 },
];
const bridge = await startBridge({
  ROUTES: JSON.stringify(ROUTES),
  SESSIONS_PER_MINUTE: "1000",
  SESSIONS_PER_DAY: "10000",
  WAIT_SECONDS: "2",
  VIEWER_TOKEN: VIEWER,
});

const get = (path, { on = bridge, headers = ADMIN } = {}) => on.request(path, { headers });
const post = (path, { on = bridge, headers = ADMIN } = {}) => on.request(path, { method: "POST", headers });
const list = async (query, on = bridge) => JSON.parse((await get(`/api/incidents?${query}`, { on })).text).incidents;

const BUSY = { status: 429, headers: { "retry-after": "3000" }, body: { detail: "Slow down" } };

/** An alert that waits, because Devin wants to be left alone for 50 minutes. */
async function waiting(on, fields) {
  const alert = newAlert(fields);
  on.devin.script({ call: "create", match: alert.alertId, replies: [BUSY] });
  const { json } = await send(on, alert);
  await until("it waits", 60, async () => (await on.record(json.incident)).error);
  return { alert, incident: json.incident };
}

test("which route decided, and why not the ones before, is in the answer, the record and on the page", async () => {
  const { json } = await send(bridge, newAlert({ service: "billing", severity: 1 }));
  assert.equal(json.route, 2);
  const record = await bridge.record(json.incident);
  assert.equal(record.route, 2);
  assert.deepEqual(record.routing, ['route 1: service is "billing", wanted "noise-*"', "route 2: every condition is met"]);
  const { text } = await get(`/incidents/${json.incident}`);
  assert.match(text, /route 1: service is &quot;billing&quot;, wanted &quot;noise-\*&quot;/);

  const { json: other } = await send(bridge, newAlert({ service: "else" }));
  assert.equal(other.route, undefined);
  assert.deepEqual((await bridge.record(other.incident)).routing.at(-1), "no route matches; the defaults decide");

  const { json: ignored } = await send(bridge, newAlert({ alertName: "noisy", service: "noise-1" }));
  assert.deepEqual([ignored.status, ignored.reason, ignored.route], ["ignored", "route", 1]);
  const shown = await until("it is listed", 60, async () => {
    const answer = await get(`/api/incidents/${ignored.incident}`);
    return answer.status === 200 && JSON.parse(answer.text);
  });
  assert.deepEqual([shown.route, shown.routing], [1, ["route 1: every condition is met"]]);
  const [line] = await list("q=noisy");
  assert.deepEqual([line.route, line.routing], [1, undefined]);
  assert.match((await get("/?q=noisy")).text, /route 1 ignores it/);
});

test("the page links to the incident at its sender", async () => {
  const url = "https://monitoring.example/alerts/7";
  const { incident } = await start(bridge, newAlert({ alertName: "linked", url }));
  assert.equal((await bridge.record(incident)).url, url);
  assert.ok((await get(`/incidents/${incident}`)).text.includes(`href="${url}"`));
  await until("the list has it", 60, async () => (await get("/?q=linked")).text.includes(`href="${url}"`));
});

test("a page says as of when it is and loads itself again, until somebody stops it", async () => {
  const { incident } = await start(bridge, newAlert());
  for (const path of ["/?state=started&q=a", `/incidents/${incident}?state=started`]) {
    const page = await get(path);
    assert.equal(page.headers.get("refresh"), "60");
    assert.match(page.text, /As of <time/);
    const stop = /href="([^"]+)">Stop</.exec(page.text)[1].replaceAll("&amp;", "&");
    assert.ok(stop.startsWith(path.split("?")[0]) && stop.includes("state=started"), stop);
    const stopped = await get(stop);
    assert.equal(stopped.headers.get("refresh"), null);
    assert.match(stopped.text, /Refresh every minute/);
  }
  assert.equal((await get("/incidents/pagerduty-QNOBODY")).headers.get("refresh"), null);
});

test("what waits says when it goes on; it is tried at once, or abandoned for good", async () => {
  const { alert, incident } = await waiting(bridge, { alertName: "waits" });
  const record = await bridge.record(incident);
  assert.deepEqual([record.state, record.replayable, record.canGiveUp], ["waiting", true, true]);
  const minutes = (new Date(record.nextAttempt) - Date.now()) / 60_000;
  assert.ok(minutes > 45 && minutes < 51, `${minutes}`);
  const page = (await get(`/incidents/${incident}?q=waits`)).text;
  assert.match(page, /Next attempt in \d\d min\./);
  assert.match(page, new RegExp(`action="/incidents/${incident}/replay\\?q=waits"><button>Try now<`));
  const tried = await post(`/incidents/${incident}/replay?q=waits`);
  assert.deepEqual([tried.status, tried.headers.get("location")], [303, `/incidents/${incident}?q=waits`]);
  await bridge.oneSession({ id: alert.alertName, key: incident });

  const { alert: second, incident: other } = await waiting(bridge, { alertName: "abandoned" });
  const gaveUp = await post(`/incidents/${other}/give-up`);
  assert.deepEqual([gaveUp.status, gaveUp.headers.get("location")], [303, `/incidents/${other}`]);
  const failed = await bridge.record(other);
  assert.deepEqual([failed.state, failed.error, failed.canGiveUp], ["failed", "gave up by hand", false]);
  const again = await send(bridge, second);
  assert.deepEqual([again.status, again.json.status, again.json.incident], [200, "duplicate", other], "nobody has to send it again");
  assert.equal(bridge.devin.sessions(other).length, 0);
  assert.equal((await post(`/incidents/${other}/give-up`)).status, 303, "again, it does nothing");
  assert.equal((await post(`/incidents/pagerduty-QNOBODY/give-up`)).status, 404);
  assert.equal((await post(`/api/incidents/${other}/replay`)).status, 202);
  await bridge.oneSession({ id: second.alertName, key: other });
});

test("all that are held are released, and all that failed tried again, with the number and a second click", async () => {
  const poor = await startBridge({ SESSIONS_PER_DAY: "1", WAIT_SECONDS: "2" });
  await start(poor, newAlert());
  const held = [];
  for (let left = 3; left > 0; left--) held.push((await send(poor, newAlert())).json.incident);
  await until("three are held", 60, async () => (await list("state=held", poor)).length === 3);
  const page = (await get("/", { on: poor })).text;
  assert.match(page, /Today&#39;s sessions are spent|Today's sessions are spent/);
  assert.match(page, /SESSIONS_PER_DAY/);
  assert.match(page, /<a class="button" href="\/release-held">Release all 3…</);
  const confirm = (await get("/release-held", { on: poor })).text;
  assert.match(confirm, /<form method="post" action="\/release-held\?most=3"><button>Release all 3</);
  assert.equal(poor.devin.sessions().length, 1, "a look does nothing");
  // One more is held meanwhile: no more are released than were shown.
  held.push((await send(poor, newAlert())).json.incident);
  await until("four are held", 60, async () => (await list("state=held", poor)).length === 4);
  const released = await post("/release-held?most=3", { on: poor });
  assert.deepEqual([released.status, released.headers.get("location")], [303, "/"]);
  await until("three have their sessions", 60, () => poor.devin.sessions().length === 4);
  assert.deepEqual((await list("state=held", poor)).map(({ incident }) => incident), [held[3]], "the newest waits");

  poor.devin.mood = ({ call }) => call === "create" && { status: 403, body: { detail: "no" } };
  await post(`/incidents/${held[3]}/replay`, { on: poor });
  await until("it failed", 60, async () => (await list("state=failed", poor)).length === 1);
  assert.match((await get("/", { on: poor })).text, /href="\/retry-failed">Try all 1 failed again…</);
  poor.devin.mood = () => undefined;
  assert.equal((await post("/retry-failed?most=1", { on: poor })).status, 303);
  await until("it is tried again", 60, async () => (await list("state=failed", poor)).length === 0);
});

test("somebody gives up at once on those that a page of the list shows, after a look at each of them, and on no other", async () => {
  const flooded = await startBridge({ SESSIONS_PER_DAY: "1", WAIT_SECONDS: "2", VIEWER_TOKEN: VIEWER });
  const hold = async (fields) => (await send(flooded, newAlert(fields))).json.incident;
  const states = async () => (await list("limit=200", flooded)).map(({ incident, state }) => [incident, state]);
  await start(flooded, newAlert());
  const real = await hold({ service: "checkout", alertName: "checkout is down" });
  const noise = [];
  for (let left = 3; left > 0; left--) noise.push(await hold({ service: "noise", alertName: `<b>noise</b> ${left}` }));
  await until("four are held", 60, async () => (await list("state=held", flooded)).length === 4);

  const narrowed = "state=held&service=noise";
  assert.doesNotMatch((await get("/?service=noise", { on: flooded })).text, /Give up on/, "a list of all states has no such button");
  assert.match((await get(`/?${narrowed}`, { on: flooded })).text, /<a class="button" href="\/give-up\?state=held&amp;service=noise">Give up on the 3 shown…</);
  const confirm = (await get(`/give-up?${narrowed}`, { on: flooded })).text;
  assert.match(confirm, /<h1>Give up on 3\?</);
  assert.match(confirm, /&lt;b&gt;noise&lt;\/b&gt; 1/);
  const [, action] = /<form method="post" action="([^"]+)">/.exec(confirm);
  const form = new URLSearchParams([...confirm.matchAll(/name="incident" value="([^"]+)"/g)].map(([, name]) => ["incident", name]));
  assert.deepEqual(form.getAll("incident").sort(), [...noise].sort());
  assert.doesNotMatch((await get("/give-up?state=started", { on: flooded })).text, /name="incident"/);

  const give = (body, headers) =>
    flooded.request(action.replaceAll("&amp;", "&"), {
      method: "POST",
      headers: { ...ADMIN, "content-type": "application/x-www-form-urlencoded", ...headers },
      body: String(body),
    });
  const viewer = { authorization: `Bearer ${VIEWER}` };
  assert.doesNotMatch((await get(`/?${narrowed}`, { on: flooded, headers: viewer })).text, /class="button"/);
  assert.doesNotMatch((await get(`/give-up?${narrowed}`, { on: flooded, headers: viewer })).text, /<button/);
  for (const [headers, code] of [[viewer, 403], [{ authorization: "" }, 401], [{ "sec-fetch-site": "cross-site" }, 403], [{ origin: "https://else.example" }, 403]]) {
    assert.equal((await give(form, headers)).status, code);
  }
  const many = Array.from({ length: 51 }, () => `incident=${noise[0]}`).join("&");
  for (const wrong of ["", "incidents=x", many]) assert.equal((await give(wrong)).status, 400, wrong);
  assert.equal((await give(`incident=&incident=nobody&incident=../x&incident=alert-h${"0".repeat(32)}`)).status, 303, "what is unknown is in nobody's way");
  assert.equal((await states()).filter(([, state]) => state === "held").length, 4, "all of them still wait");

  // One more comes meanwhile: it was not shown.
  const late = await hold({ service: "noise", alertName: "noise 0" });
  await until("five are held", 60, async () => (await list("state=held", flooded)).length === 5);
  const given = await Promise.all([give(form), give(form)]);
  for (const answer of given) assert.deepEqual([answer.status, answer.headers.get("location")], [303, `/?${narrowed}`]);
  await until("three have failed", 60, async () => (await list("state=failed", flooded)).length === 3);
  for (const incident of noise) assert.equal((await flooded.record(incident)).error, "gave up by hand");
  assert.deepEqual((await list("state=held", flooded)).map(({ incident }) => incident).sort(), [real, late].sort());
  assert.equal(flooded.devin.sessions().length, 1);
});

test("who may only read sees no button, and none of them works", async () => {
  const viewer = { authorization: `Bearer ${VIEWER}` };
  const { incident } = await waiting(bridge, { alertName: "looked-at" });
  for (const path of ["/", "/?state=waiting", `/incidents/${incident}`, "/release-held", "/retry-failed"]) {
    const page = await get(path, { headers: viewer });
    assert.equal(page.status, 200, path);
    assert.doesNotMatch(page.text, /method="post"|class="button"/, path);
  }
  for (const path of [`/incidents/${incident}/replay`, `/incidents/${incident}/give-up`, "/release-held?most=9", "/retry-failed?most=9"]) {
    assert.equal((await post(path, { headers: viewer })).status, 403, path);
    assert.equal((await post(path, { headers: {} })).status, 401, path);
    assert.equal((await post(path, { headers: { ...ADMIN, "sec-fetch-site": "cross-site" } })).status, 403, path);
  }
  assert.equal((await post("/release-held")).status, 400, "without the number that was shown");
  assert.equal((await bridge.record(incident)).state, "waiting");
});

test("the list is narrowed by service, severity and time, and one comes back to the same list", async () => {
  const mark = `filters-${Date.now()}`;
  await start(bridge, newAlert({ alertName: `${mark}-a`, service: "Checkout", severity: 0 }));
  const { incident } = await start(bridge, newAlert({ alertName: `${mark}-b`, service: "search", severity: 2, priority: "P2" }));
  const titles = async (query) => (await list(`q=${mark}&${query}`)).map(({ title }) => title.slice(mark.length));
  await until("both are listed", 60, async () => (await titles("")).length === 2);
  assert.deepEqual(await titles("service=checkout"), ["-a"]);
  assert.deepEqual(await titles("severity=2"), ["-b"]);
  assert.deepEqual(await titles("severity=p2"), ["-b"]);
  assert.deepEqual(await titles("since=1h"), ["-b", "-a"]);
  assert.deepEqual(await titles(`since=${new Date(Date.now() + 60_000).toISOString()}`), []);
  assert.deepEqual(await titles("until=1h"), []);
  const asked = `q=${mark}&since=24h`;
  const page = (await get(`/?${asked}`)).text;
  const link = new RegExp(`href="(/incidents/${incident}[^"]*)"`).exec(page)[1].replaceAll("&amp;", "&");
  const back = /href="([^"]+)">All incidents</.exec((await get(link)).text)[1].replaceAll("&amp;", "&");
  assert.deepEqual([...new URL(back, bridge.url).searchParams].sort(), [...new URLSearchParams(asked)].sort());
  assert.match(page, /<option value="24h" selected>/);
});

test("a parameter that the API does not know is refused and named", async () => {
  const { incident } = await start(bridge, newAlert());
  for (const path of ["/api/incidents?status=failed", `/api/incidents/${incident}?verbose`, `/api/incidents/${incident}/postmortem?as=md`]) {
    const answer = await get(path);
    assert.equal(answer.status, 400, path);
    assert.match(JSON.parse(answer.text).message, /"(status|verbose|as)" is no parameter of this path: expected/);
    assert.equal((await get(path, { headers: {} })).status, 401, "not for strangers");
  }
  assert.equal((await post(`/api/incidents/${incident}/replay?force=1`)).status, 400);
  assert.equal((await get("/api/incidents?since=yesterday")).status, 400);
});

test("what is wrong with the settings stands above the list, each with its remedy", async () => {
  const wrong = await startBridge({ SESSIONS_PER_DAY: "many", WEBHOOK_SECRET: null, PAGERDUTY_SIGNING_SECRET: null });
  const page = await get("/", { on: wrong });
  assert.equal(page.status, 200);
  assert.match(page.text, /role="alert"/);
  assert.match(page.text, /SESSIONS_PER_DAY is many, expected a whole number/);
  assert.match(page.text, /wrangler secret put WEBHOOK_SECRET/);
  const health = await get("/health", { on: wrong, headers: {} });
  assert.deepEqual([health.status, JSON.parse(health.text).status], [503, "misconfigured"]);
});

test("a browser gets pages for what is not there, and can leave", async () => {
  const browser = { accept: "text/html,application/xhtml+xml" };
  const missing = await get("/incident/7", { headers: browser });
  assert.deepEqual([missing.status, missing.headers.get("content-type")], [404, "text/html; charset=utf-8"]);
  assert.match(missing.text, /There is nothing at \/incident\/7\./);
  assert.equal(JSON.parse((await get("/incident/7", { headers: {} })).text).error, "Not found");
  assert.match((await get("/")).text, /<a href="\/sign-out">Sign out</);
  const left = await get("/sign-out");
  assert.equal(left.status, 401);
  assert.match(left.headers.get("www-authenticate"), /^Basic realm=/);
});

test("local time stands beside UTC", async () => {
  const there = await startBridge({}, { controlled: true });
  await start(there, newAlert());
  const headers = { ...ADMIN, "test-timezone": "Asia/Kolkata" };
  const page = await until("it is listed", 60, async () => {
    const { text } = await get("/", { on: there, headers });
    return text.includes("/incidents/") && text;
  });
  const [, utc, local] = /<time datetime="([^"]+)Z">[^<]*<\/time> <time class="local" datetime="([^"]+)\+05:30">/.exec(page);
  assert.equal(new Date(`${local}Z`) - new Date(`${utc}Z`), 5.5 * 3_600_000);
  assert.match(page, /Local ones are those of Asia\/Kolkata/);
  for (const zone of ["Nowhere/Land", "UTC"]) {
    const { status, text } = await get("/", { on: there, headers: { ...ADMIN, "test-timezone": zone } });
    assert.deepEqual([status, /class="local"/.test(text)], [200, false], zone);
  }
});
