// The dashboard in a real Chromium: as people use it, without scripts, on a large and a small screen, in light and dark.
// With SCREENSHOTS=<folder> it keeps pictures there: npm run screenshots.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { startChromium } from "../scripts/chromium.mjs";
import { sample } from "../scripts/samples.mjs";
import { run } from "../scripts/steps.mjs";
import { newAlert, send, start } from "./alerting.mjs";
import { newIncident, SECRETS, startBridge, until } from "./harness.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = process.env.SCREENSHOTS;
const LOOKS = [1280, 390].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));
const PLACES = ["eu-1", "eu-2", "us-1", "us-2"];
const NOT_ALLOWED = "This service user has no permission to create sessions: ManageOrgSessions";
const ROUTES = [
  { sender: "pagerduty", start_on: "acknowledged" },
  { alert_name: "checkout-latency", min_occurrences: 3 },
];

const bridge = await startBridge({ ROUTES: JSON.stringify(ROUTES), SESSIONS_PER_MINUTE: "100", SESSIONS_PER_DAY: "8", WAIT_SECONDS: "5" });
const wrong = await startBridge({ SESSIONS_PER_DAY: "many" });
const browser = await startChromium();
after(() => browser.close());

/** What happened before somebody looks. */
async function story() {
  const checkout = newIncident();
  await bridge.pagerduty(sample("pagerduty-acknowledged", checkout.id).body);
  const { session } = await bridge.oneSession(checkout);
  bridge.devin.setStatus(session.id, "running", "working");
  await bridge.resolve(checkout);
  const disk = newAlert({ alertName: "disk-full", service: "postgres-eu-1", severity: 1, description: "/var is at 98 %" });
  await start(bridge, disk);
  await send(bridge, disk);
  await start(bridge, newAlert({ alertName: "token-refresh-failing", service: "sso-gateway", severity: 0 }));
  await start(bridge, sample("azure-metric-fired").body);
  await send(bridge, newAlert({ alertName: "checkout-latency", service: "storefront", severity: 2 }));
  const failed = await Promise.all(PLACES.map((place) => fails(`payment-queue-stalled-${place}`)));
  for (let left = 8 - 4; left > 0; left--) await start(bridge, newAlert({ alertName: "pod-restarts", service: `worker-${left}`, severity: 3 }));
  const held = [];
  for (const place of PLACES) {
    const { json } = await send(bridge, newAlert({ alertName: `certificate-expires-${place}`, service: "edge", priority: "P3" }));
    held.push(json.incident);
  }
  await until("all of it is listed", 60, async () => (await listed("held")) === LOOKS.length && (await listed("failed")) === LOOKS.length);
  return { checkout, failed, held };
}

async function fails(alertName) {
  const alert = newAlert({ alertName, service: "payments", severity: 1, description: "No message was taken for 10 minutes" });
  bridge.devin.script({ call: "create", match: alert.alertId, replies: [{ status: 403, body: { detail: NOT_ALLOWED } }] });
  return { alertName, incident: (await send(bridge, alert)).json.incident };
}

async function listed(state) {
  const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };
  return JSON.parse((await bridge.request(`/api/incidents?state=${state}`, { headers })).text).incidents.length;
}

/** A page in a browser of its own, which fails the test where it asks for more than itself or has something to complain of. */
async function open({ width, colorScheme }, { password = SECRETS.ADMIN_TOKEN, scripts = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width > 600 ? 860 : 844 },
    colorScheme,
    deviceScaleFactor: 1,
    javaScriptEnabled: scripts,
    httpCredentials: password === null ? undefined : { username: "operator", password },
  });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  const visit = async (path) => {
    const requests = [];
    const note = (request) => requests.push(request.url());
    page.on("request", note);
    const response = await page.goto(new URL(path, bridge.url).href);
    page.off("request", note);
    assert.deepEqual(requests, [response.url()], "one request a page");
    return response;
  };
  return { context, page, visit, complaints };
}

/** Clicks what leads to a page, and waits for that page. */
const follow = (page, what) => Promise.all([page.waitForEvent("domcontentloaded"), what.click()]);

/** Fails where axe finds anything, or the page is wider than the screen. */
async function assertSound(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate("axe.run({ resultTypes: ['violations'] })");
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ""}`).join("\n  ")}`);
  assert.deepEqual(found, [], `axe on ${what}`);
  const [wide, high] = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]");
  assert.ok(wide <= high, `${what} is ${wide} wide on a screen of ${high}`);
}

const picture = (page, name) => PICTURES && page.screenshot({ path: join(PICTURES, `${name}.png`) });

const told = await story();
if (PICTURES) {
  // A week that the pictures can show, in the place of the last minute.
  await bridge.stop();
  await run("python3", ["tests/past.py", bridge.persistTo]);
  await bridge.start();
  for (const look of LOOKS) {
    const { context, page, visit } = await open(look);
    await visit("/");
    await page.screenshot({ path: join(PICTURES, `list-${look.width}-${look.colorScheme}.png`) });
    await context.close();
  }
}

for (const look of LOOKS.filter(({ colorScheme }) => colorScheme === "light")) test(`all of it can be done with the keyboard, ${look.width} wide`, async () => {
  const { context, page, visit } = await open(look);
  const focused = () => page.evaluate("document.activeElement.textContent.trim()").catch(() => "");
  const tabTo = async (text) => {
    for (let keys = 0; keys < 200; keys++) {
      await page.keyboard.press("Tab");
      if ((await focused()) === text) return;
    }
    assert.fail(`no Tab leads to ${text}`);
  };
  await visit("/");
  await tabTo("Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo("More filters");
  await page.keyboard.press("Enter");
  assert.equal(await page.getByLabel("Service", { exact: true }).isVisible(), true);
  await page.getByLabel("Text in title, service or key").focus();
  const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
  assert.notEqual(outline, "none", "the focus can't be seen");
  await page.keyboard.type("disk-full");
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
  await tabTo("disk-full");
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
  assert.match(await page.locator("h1").innerText(), /disk-full/);
  await tabTo("All incidents");
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
  assert.match(page.url(), /q=disk-full/);
  await context.close();
});

test("a browser that signs out has forgotten the token", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const at = (path) => new URL(path, bridge.url);
  const status = async (url) => {
    const response = await page.goto(url.href).catch((error) => error);
    return response instanceof Error ? "refused" : response.status();
  };
  const first = at("/");
  [first.username, first.password] = ["operator", SECRETS.ADMIN_TOKEN];
  assert.equal(await status(first), 200);
  assert.equal(await status(at("/?state=failed")), 200, "it remembers");
  assert.ok([401, "refused"].includes(await status(at("/sign-out"))));
  assert.ok([401, "refused"].includes(await status(at("/"))), "it has forgotten");
  await context.close();
});

test("nobody sees anything without the token", async () => {
  for (const password of [null, SECRETS.WEBHOOK_SECRET]) {
    const { context, page, visit } = await open(LOOKS[0], { password });
    const response = await visit("/").catch((error) => error);
    const seen = response instanceof Error ? response.message : await page.content();
    assert.ok(/INVALID_AUTH_CREDENTIALS|Unauthorized/.test(seen), seen);
    assert.ok(!seen.includes("disk-full"));
    await context.close();
  }
});

for (const [index, look] of LOOKS.entries()) {
  const name = `${look.width}-${look.colorScheme}`;

  test(`${name}: every page is sound and says the same to a screen reader`, async () => {
    const { context, page, visit, complaints } = await open(look, { scripts: true });
    for (const path of ["/", "/?q=nothing-is-called-this", "/?sender=alert&until=2999-01-01T00:00", "/release-held", `/incidents/${told.checkout.key}`, `/incidents/${told.failed[index].incident}`]) {
      await visit(path);
      await assertSound(page, `${path} at ${name}`);
    }
    await page.goto(new URL("/", wrong.url).href);
    await assertSound(page, `wrong settings at ${name}`);
    const missing = await visit("/incidents/pagerduty-QNOBODY");
    assert.equal(missing.status(), 404);
    await assertSound(page, `an unknown incident at ${name}`);
    await visit("/");
    await page.locator("summary").first().click();
    await assertSound(page, `the numbers at ${name}`);

    // As Chromium tells it to a screen reader: the small screen's cards are still a table.
    const cdp = await context.newCDPSession(page);
    const { nodes } = await cdp.send("Accessibility.getFullAXTree");
    const named = (role) => nodes.filter((node) => !node.ignored && node.role?.value === role).map((node) => node.name?.value);
    for (const header of ["First seen", "Incident", "Severity", "State", "Session", "Seen"]) assert.ok(named("columnheader").includes(header), header);
    assert.ok(named("rowheader").some((header) => header.includes("disk-full")));
    assert.ok(named("banner").length === 1 && named("main").length === 1 && named("contentinfo").length === 1);
    assert.ok(named("image").some((label) => /^by hour, at most \d+$/.test(label)), named("image").join());
    // A 404 is a complaint of the browser's own.
    assert.deepEqual(complaints.filter((text) => !text.includes("404")), []);
    await context.close();
  });

  test(`${name}: find an incident, read its timeline, try a failed one again, release a held one`, async () => {
    const { context, page, visit, complaints } = await open(look);
    await visit("/");
    await page.getByLabel("State").selectOption("failed");
    await page.getByLabel("Text in title, service or key").fill(told.failed[index].alertName);
    await follow(page, page.getByRole("button", { name: "Filter" }));
    const found = page.locator(".incidents tbody tr");
    assert.equal(await found.count(), 1);
    assert.match(await found.innerText(), /failed/);
    await follow(page, page.getByRole("link", { name: told.failed[index].alertName }));
    assert.match(await page.locator(".timeline").innerText(), /alert received: a session is wanted[\s\S]*failed: .*ManageOrgSessions/);
    if (name === "390-dark") await picture(page, `failed-${name}`);
    await follow(page, page.getByRole("button", { name: "Try again" }));
    assert.equal(new URL(page.url()).pathname, `/incidents/${told.failed[index].incident}`);
    assert.match(await page.locator(".timeline").innerText(), /replayed/);
    // The day's sessions are spent, so it waits like the other one.
    for (const incident of [told.failed[index].incident, told.held[index]]) {
      await until(`${incident} is held`, 60, async () => {
        await visit(`/incidents/${incident}`);
        return page.getByRole("button", { name: "Release now" }).isVisible();
      });
      await follow(page, page.getByRole("button", { name: "Release now" }));
      assert.match(await page.locator(".timeline").innerText(), /released/);
      await until(`${incident} has its session`, 60, async () => {
        await visit(`/incidents/${incident}`);
        return (await page.locator(".standing").innerText()).includes("started");
      });
      assert.equal(await page.getByRole("button").count(), 0);
    }
    await visit(`/incidents/${told.checkout.key}`);
    if (name === "1280-light") await picture(page, `incident-${name}`);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}
