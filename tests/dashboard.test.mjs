// The dashboard's pages as they come over HTTP. What a browser makes of them is in browser.test.mjs.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ADMIN, newAlert, send, start } from "./alerting.mjs";
import { sample } from "../scripts/samples.mjs";
import { AMPLE, newIncident, SECRETS, startBridge, until } from "./harness.mjs";

const LARGEST_PAGE = 100_000;

const bridge = await startBridge(AMPLE);

const get = (path, { on = bridge, headers = ADMIN } = {}) => on.request(path, { headers });
const post = (path, headers = {}) =>
  bridge.request(path, { method: "POST", headers: { ...ADMIN, ...headers } });

/** A page that is there, and is one that needs nothing but itself. */
async function page(path, options) {
  const answer = await get(path, options);
  assert.equal(answer.status, 200, answer.text);
  assert.ok(Buffer.byteLength(answer.text) < LARGEST_PAGE, `${path} has ${Buffer.byteLength(answer.text)} bytes`);
  assertStrict(answer);
  return answer.text;
}

function assertStrict({ headers, text }) {
  assert.equal(headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("referrer-policy"), "same-origin");
  assert.equal(headers.get("set-cookie"), null);
  const policy = headers.get("content-security-policy").split("; ");
  const style = /<style>(.*?)<\/style>/s.exec(text)[1];
  const hash = createHash("sha256").update(style).digest("base64");
  assert.deepEqual(policy, [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "img-src data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]);
  assert.doesNotMatch(text, /<script|<iframe|<img|\bon[a-z]+="|\bstyle="|\bsrc="|@import|url\(/);
  const links = [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href);
  for (const href of links) assert.match(href, /^(https?:\/\/|\/|#main$)/);
}

/** The list's rows, as texts of their cells. */
function rows(html) {
  const body = /<tbody>(.*?)<\/tbody>/s.exec(html)?.[1] ?? "";
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell]) => textOf(cell)),
  );
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };
const textOf = (html) =>
  html.replace(/<small>/g, " | ").replace(/<[^>]*>/g, "").replace(/&(lt|gt|quot|amp);/g, (entity) => ENTITIES[entity]);

/** An alert that Devin refuses. */
async function refused(fields, words = "Not your organisation") {
  const alert = newAlert(fields);
  bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 403, body: { detail: words } }] });
  const answer = await send(bridge, alert);
  assert.equal(answer.status, 500, answer.text);
  return { alert, incident: answer.json.incident };
}

/** The list once it shows the incident in that state. */
const listed = (query, incident, state) =>
  until(`${incident} is listed as ${state}`, 60, async () => {
    const html = await page(`/?${query}`);
    const row = rows(html)[[...html.matchAll(/href="\/incidents\/([^"?]+)/g)].findIndex(([, key]) => key === incident)];
    return row?.[3].startsWith(state) && { html, row };
  });

test("the dashboard is for those with the admin token", async () => {
  const basic = (pair) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` });
  for (const path of ["/", "/incidents/pagerduty-Q1"]) {
    for (const headers of [{}, { authorization: "Bearer wrong" }, basic(`admin:${SECRETS.WEBHOOK_SECRET}`)]) {
      const answer = await get(path, { headers });
      assert.equal(answer.status, 401, answer.text);
      assert.match(answer.headers.get("www-authenticate"), /^Basic realm=/);
      assertStrict(answer);
    }
    const status = path === "/" ? 200 : 404;
    for (const headers of [ADMIN, basic(`anybody:${SECRETS.ADMIN_TOKEN}`), basic(`:${SECRETS.ADMIN_TOKEN}`)]) {
      assert.equal((await get(path, { headers })).status, status, path);
    }
  }
  const unsigned = await bridge.request("/incidents/pagerduty-Q1/replay", { method: "POST" });
  assert.equal(unsigned.status, 401);
  assert.equal((await get("/incidents/pagerduty-Q1/replay")).status, 405);
  assert.equal((await post("/")).status, 405);
});

test("without an admin token there is no dashboard", async () => {
  const closed = await startBridge({ ADMIN_TOKEN: null });
  for (const path of ["/", "/incidents/pagerduty-Q1"]) {
    const answer = await get(path, { on: closed });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get("www-authenticate"), null);
  }
});

test("an empty list says how to send a first event, and that works", async () => {
  const fresh = await startBridge();
  const html = await page("/", { on: fresh });
  assert.match(html, /No incident yet/);
  const [, origin, body] = /curl -H "Authorization: Bearer \$WEBHOOK_SECRET" (\S+)\/api\/trigger-devin \\\n {2}-d '(.+)'/.exec(textOf(html));
  assert.equal(origin, new URL(fresh.url).origin);
  const answer = await send(fresh, body);
  assert.equal(answer.json.status, "started", answer.text);
  await until("it is listed", 60, async () => rows(await page("/", { on: fresh })).length === 1);
});

test("a row says what, from whom, how grave, where it stands, why, and how often", async () => {
  const alert = newAlert({ alertName: "dashboard-row", service: "billing", priority: "P1" });
  const { incident, sessionUrl } = await start(bridge, alert);
  await send(bridge, alert);
  const { html, row } = await listed("q=dashboard-row", incident, "started");
  assert.match(row[0], /^\d\d? [A-Z][a-z]{2} \d\d:\d\d( .* local)? \| \d+ s ago$/);
  assert.equal(row[1], "dashboard-row | alert · billing");
  assert.equal(row[2], "P1");
  assert.equal(row[4], "Session");
  assert.ok(html.includes(`href="${sessionUrl}"`));
  await until("the second firing is counted", 60, async () => {
    const [again] = rows(await page("/?q=dashboard-row"));
    return again[5] === "2×";
  });

  const { incident: failed } = await refused({ alertName: "dashboard-refused" });
  const { row: failure } = await listed("q=dashboard-refused", failed, "failed");
  assert.match(failure[3], /^failed \| .*Not your organisation/);
});

test("the list is narrowed by state, sender and text", async () => {
  const mark = `narrow-${Date.now()}`;
  const { incident: started } = await start(bridge, newAlert({ alertName: `${mark}-a` }));
  const { incident: failed } = await refused({ alertName: `${mark}-b` });
  const resolved = newIncident();
  await bridge.resolve(resolved, ({ data }) => (data.title = `${mark}-c`));
  await listed(`q=${mark}`, started, "started");
  await listed(`q=${mark}`, failed, "failed");
  await listed(`q=${mark}`, resolved.key, "started");

  const titles = async (query) => rows(await page(`/?${query}`)).map(([, title]) => title.split(" | ")[0]);
  assert.deepEqual(await titles(`q=${mark}`), [`${mark}-c`, `${mark}-b`, `${mark}-a`]);
  assert.deepEqual(await titles(`q=${mark}&state=failed`), [`${mark}-b`]);
  assert.deepEqual(await titles(`q=${mark}&state=&sender=pagerduty`), [`${mark}-c`]);
  const nothing = await page(`/?q=${mark}&state=held&sender=alert`);
  assert.match(nothing, /No incident fits/);
  assert.match(nothing, /<option value="held" selected>/);
  assert.match(nothing, /<option selected>alert</);
  assert.ok(nothing.includes(`value="${mark}"`));
});

test("an incident whose session is still to get a message is following up", async () => {
  const incident = newIncident();
  const slow = await startBridge({ ROUTES: JSON.stringify([{ sender: "pagerduty", start_on: "acknowledged" }]) });
  await slow.pagerduty(sample("pagerduty-acknowledged", incident.id).body);
  await slow.oneSession(incident);
  slow.devin.mood = ({ call }) => call === "message" && { status: 429, headers: { "retry-after": "600" }, body: { detail: "Slow down" } };
  await slow.resolve(incident);
  const html = await until("it is listed as following up", 60, async () => {
    const html = await page("/?state=following_up", { on: slow });
    return rows(html).length === 1 && html;
  });
  assert.match(rows(html)[0][3], /^following up/);
  assert.equal(rows(await page("/?state=started", { on: slow })).length, 1);
  assert.match(textOf(await page(`/incidents/${incident.key}`, { on: slow })), /message 1 not delivered yet: .*Slow down/);
});

test("what came in and what became of it is drawn and listed in numbers", async () => {
  const busy = await startBridge({ SESSIONS_PER_DAY: "40" });
  const alert = newAlert();
  await start(busy, alert);
  await send(busy, alert);
  const html = await until("both are counted", 60, async () => {
    const html = await page("/", { on: busy });
    return /Duplicates<\/th><td>.*?<\/td><td>1<\/td>/.test(html) && /Sessions started<\/th><td>.*?<\/td><td>1<\/td>/.test(html) && html;
  });
  assert.equal(html.match(/<path d="M\d+ 40h[^"]+z"/g).length, 6, "three outcomes, for a day and for a week");
  assert.match(textOf(html), /1 of 40 sessions/);
  const numbers = /Numbers by hour<\/summary>.*?<tbody>(.*?)<\/tbody>/s.exec(html)[1];
  assert.match(numbers, /<td>1<\/td><td>1<\/td><td>0<\/td><td>0<\/td><td>1<\/td><td>0<\/td>/);
});

test("an incident's page has its timeline, its prompt and its session", async () => {
  const { incident, session, sessionUrl } = await start(bridge, newAlert({ alertName: "dashboard-page" }));
  bridge.devin.setStatus(session.id, "running", "waiting_for_user");
  const html = await page(`/incidents/${incident}`);
  const text = textOf(html);
  assert.match(text, /alert received: a session is wanted/);
  assert.ok(text.includes(`session ${session.id} started`));
  assert.ok(text.includes(session.prompt), "the whole prompt");
  assert.match(text, /waiting_for_user/);
  assert.ok(html.includes(`href="${sessionUrl}"`));
  assert.ok(html.includes(`href="/api/incidents/${incident}"`));
  assert.doesNotMatch(html, /<form/);
  const unknown = await get("/incidents/pagerduty-QNOBODY");
  assert.equal(unknown.status, 404);
  assertStrict(unknown);
});

test("a page does not wait long for a Devin that does not answer", async () => {
  const { incident, session } = await start(bridge, newAlert({ alertName: "dashboard-silence" }));
  bridge.devin.script({ call: "get", match: session.id, replies: [{ delayMs: 30_000 }] });
  const begun = Date.now();
  const text = textOf(await page(`/incidents/${incident}`));
  assert.match(text, /No details from Devin.*nothing within 5 s/);
  assert.ok(Date.now() - begun < 15_000);
  assert.ok(text.includes(`session ${session.id} started`));
});

test("a failed incident is tried again from its page", async () => {
  const { alert, incident } = await refused({ alertName: "dashboard-replay" });
  const html = await page(`/incidents/${incident}`);
  assert.match(html, new RegExp(`<form method="post" action="/incidents/${incident}/replay"><button>Try again<`));
  const answer = await post(`/incidents/${incident}/replay`, { origin: new URL(bridge.url).origin });
  assert.deepEqual([answer.status, answer.headers.get("location")], [303, `/incidents/${incident}`]);
  await bridge.oneSession({ id: alert.alertName, key: incident });
  assert.match(textOf(await page(`/incidents/${incident}`)), /replayed/);
});

test("no other site can have something replayed", async () => {
  const { incident } = await refused({ alertName: "dashboard-cross-site" });
  const own = new URL(bridge.url).origin;
  const from = (site, origin) => ({ ...(site && { "sec-fetch-site": site }), ...(origin && { origin }) });
  const others = [
    from("cross-site", own),
    from("same-site"),
    from(undefined, "https://evil.example"),
    from(undefined, "null"),
    from(undefined, own.replace("http:", "https:")),
    from(undefined, `${own}.evil.example`),
  ];
  for (const headers of others) {
    for (const path of [`/incidents/${incident}/replay`, `/api/incidents/${incident}/replay`]) {
      const answer = await post(path, headers);
      assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)} ${answer.text}`);
    }
  }
  assert.equal((await bridge.record(incident)).state, "failed");
  for (const headers of [from("same-origin", "null"), from("none"), from(undefined, own), {}]) {
    assert.equal((await post(`/incidents/${incident}/replay`, headers)).status, 303, JSON.stringify(headers));
  }
});

test("a held incident is released from its page", async () => {
  const poor = await startBridge({ SESSIONS_PER_DAY: "1" });
  await start(poor, newAlert());
  const answer = await send(poor, newAlert({ alertName: "dashboard-held" }));
  assert.equal(answer.status, 202, answer.text);
  const path = `/incidents/${answer.json.incident}`;
  const html = await until("it is held", 60, async () => {
    const html = await page(path, { on: poor });
    return html.includes("Release now") && html;
  });
  assert.match(textOf(html), /held: today's sessions are spent/);
  const released = await poor.request(`${path}/replay`, { method: "POST", headers: ADMIN });
  assert.equal(released.status, 303);
  await poor.oneSession({ id: "dashboard-held", key: answer.json.incident });
});

test("hostile text is text", async () => {
  const title = `</title><script>alert(1)</script><img src=x onerror="alert(2)">' \u202Egnp.exe\u0000 &lt;b&gt; {{7*7}}`;
  const alert = newAlert({ alertName: title, service: `"><svg onload=alert(3)>`, priority: `<b>P1</b>`, description: title });
  const detail = `<script>alert(4)</script>"'>`;
  const evil = { session_id: "devin-evil\"><script>", url: "javascript:alert(5)", status: "new" };
  bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 200, body: evil }] });
  const { json } = await send(bridge, alert);
  bridge.devin.script({ call: "get", match: "evil", replies: [{ status: 404, body: { detail } }] });
  const own = await page(`/incidents/${json.incident}`);
  assert.ok(textOf(own).includes(detail), own);
  const { incident } = await refused({ alertName: `refused ${title}` }, detail);
  await listed("q=refused", incident, "failed");
  const all = await page("/");
  for (const html of [own, await page(`/incidents/${incident}`), all, await page(`/?q=${encodeURIComponent(title)}`)]) {
    assert.doesNotMatch(html, /<script|<img|<b>P1|<svg on|\u0000|href="javascript/);
    assert.ok(html.includes("&lt;script&gt;") || html.includes("No incident fits"), html);
  }
});

test("50 rows of the longest texts, and the pages of those incidents, stay under 100 KB", async () => {
  const crowded = await startBridge({ ...AMPLE, WAIT_SECONDS: "0", REDACT_EMAILS: "off" });
  const words = (text) => text.repeat(2_000).slice(0, 8_000);
  crowded.devin.mood = ({ call }) => call === "create" && { status: 403, body: { detail: words(`<"&"> `) } };
  const texts = [words(`<"&"> `), words("Größe & Übermaß "), words("障害が発生しました "), words("🚨 down "), words("plain words ")];
  const alerts = Array.from({ length: 51 }, (_, n) =>
    newAlert({ alertName: texts[n % texts.length], service: words(`"&" `), priority: words("P & "), description: texts[n % texts.length], logs: texts[n % texts.length].repeat(3) }),
  );
  const answers = await Promise.all(alerts.map((alert) => send(crowded, alert)));
  const incidents = answers.map(({ json }) => json.incident);
  const html = await until("all have failed", 60, async () => {
    const html = await page("/?state=failed", { on: crowded });
    return rows(html).length === 50 && html.includes("cursor=") && html;
  });
  const older = /href="(\/\?state=failed&amp;cursor=[^"]+)"/.exec(html)[1].replace("&amp;", "&");
  const second = await until("the 51st has failed", 60, async () => {
    const second = await page(older, { on: crowded });
    return rows(second).length === 1 && second;
  });
  assert.match(second, /href="\/\?state=failed">Newest</);
  const pages = await Promise.all(incidents.map((incident) => page(`/incidents/${incident}`, { on: crowded })));
  assert.ok(pages.some((html) => html.includes("Only its beginning")));
});
