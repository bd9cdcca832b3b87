// Whether a deployed bridge can do its work: reached, configured, with its stores, and taking events.
import { connect } from "node:tls";
import { health } from "./configuration.mjs";
import { ok, reasonOf, skipped, wrong } from "./findings.mjs";
import { deliver, sample } from "./samples.mjs";

/** How far a clock may be off, in milliseconds. */
const SKEW = 60_000;
const CLOSED = "see the deployed settings below; without ADMIN_TOKEN at hand, npx wrangler tail names the problems, and npx wrangler secret list the secrets";
/** How long a bridge may take for an answer, in milliseconds. */
const PATIENCE = 15_000;

/** Looks at the bridge at `url`, as far as the secrets at hand let it; `note` gets each finding with its name. */
export async function examineBridge(url, secrets, note) {
  note("TLS", await tls(url));
  let response;
  try {
    response = await fetch(new URL("/health", url), { signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    return note("bridge", wrong(`${url.origin}: ${reasonOf(error)}`, "see that the address is right and the Worker deployed"));
  }
  const { status, version } = await response.json().catch(() => ({}));
  if (status !== "ok" && status !== "misconfigured") {
    return note("bridge", wrong(`${url.origin}/health answers ${response.status} and is no bridge`, "see that the address is the Worker's"));
  }
  note("bridge", status === "ok" ? ok(`version ${version}`) : wrong(`version ${version}, misconfigured: its hooks answer 503`, CLOSED));
  note("clock", clock(response.headers.get("date")));
  await lookInside(url, secrets.ADMIN_TOKEN, note);
  note("PagerDuty hook", await ping(url, secrets));
  note("alert hooks", await rehearsal(url, secrets.WEBHOOK_SECRET));
}

/** Whether a client that speaks TLS 1.2 and nothing newer, as PagerDuty is, gets through. */
function tls({ protocol, hostname, port }) {
  if (protocol !== "https:") return skipped("not an https:// address");
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const only = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", servername: host, timeout: PATIENCE };
    const socket = connect({ host, port: port || 443, ...only });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("secureConnect", () => end(ok(`TLS 1.2 is supported: ${socket.getCipher().standardName}`)));
    socket.once("timeout", () => end(wrong("no answer", "see that the address is right")));
    socket.once("error", (error) => end(wrong(
      `a TLS 1.2 connection fails: ${error.code ?? error.message}`,
      "PagerDuty speaks TLS 1.2 only: in Cloudflare's dashboard, SSL/TLS → Edge Certificates, set Minimum TLS Version to 1.2 or lower",
    )));
  });
}

function clock(date) {
  const off = Date.now() - Date.parse(date ?? "");
  if (Number.isNaN(off)) return skipped("the answer has no Date");
  const seconds = Math.round(Math.abs(off) / 1000);
  if (Math.abs(off) <= SKEW) return ok(`${seconds} s apart from the bridge's`);
  return wrong(`this machine's clock is ${seconds} s ${off > 0 ? "ahead of" : "behind"} the bridge's`, "set this machine's clock");
}

/** What only the administrator may see. */
async function lookInside(url, token, note) {
  if (!token) return note("inside", skipped("not asked without ADMIN_TOKEN"));
  const { problems, warnings, storage } = await health(url, token);
  if (!problems) {
    return note("ADMIN_TOKEN", wrong("the bridge does not take it", "npx wrangler secret put ADMIN_TOKEN, or put the one it has into .dev.vars"));
  }
  const said = problems.map(({ setting, expected }) => `${setting}: expected ${expected}`).join(". ");
  note("deployed settings", problems.length > 0 ? wrong(said, "fix them and deploy again") : ok(["complete", ...warnings].join("; but ")));
  const todo = "see that wrangler.toml still binds it, and deploy again";
  note("KV", storage?.ledger ? ok("the dedup cache answers") : wrong("the dedup cache (KV INCIDENTS) does not answer", todo));
  note("Durable Objects", storage?.register ? ok("the register answers") : wrong("the register (REGISTER) does not answer", todo));
}

/** The event that PagerDuty's console sends as a test. */
async function ping(url, secrets) {
  const signed = Boolean(secrets.PAGERDUTY_SIGNING_SECRET);
  if (!signed && !secrets.WEBHOOK_SECRET) return skipped("not tried without PAGERDUTY_SIGNING_SECRET or WEBHOOK_SECRET");
  const event = sample("pagerduty-ping");
  const how = signed ? "signed as PagerDuty does" : "with WEBHOOK_SECRET, as PAGERDUTY_SIGNING_SECRET is not at hand";
  const name = signed ? "PAGERDUTY_SIGNING_SECRET" : "WEBHOOK_SECRET";
  return delivered(`pagey.ping, ${how}`, name, url, signed ? event : { ...event, proof: "bearer" }, secrets, ({ reason }) => reason === "ping");
}

/** An alert that starts nothing. */
async function rehearsal(url, webhookSecret) {
  if (!webhookSecret) return skipped("not tried without WEBHOOK_SECRET");
  const event = sample("alert");
  const dry = { ...event, path: `${event.path}?dry_run=1` };
  return delivered("an alert as a dry run", "WEBHOOK_SECRET", url, dry, { WEBHOOK_SECRET: webhookSecret }, ({ success }) => success);
}

async function delivered(what, name, url, event, secrets, isGood) {
  try {
    const { status, text } = await deliver(url, event, secrets);
    const answer = parse(text);
    if (status === 200 && isGood(answer)) return ok(`${what}: ${answer.message}`);
    const said = `${what}: ${status} ${answer.message ?? answer.error ?? ""}`.trim();
    if (status === 401) return wrong(said, `the bridge has another ${name}: npx wrangler secret put ${name}`);
    if (status === 503) return wrong(said, "fix its settings and secrets, see above");
    return wrong(said, "see npx wrangler tail for why");
  } catch (error) {
    return wrong(`${what}: ${reasonOf(error)}`, "see that the bridge can be reached");
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
