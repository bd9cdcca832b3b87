// Proofs that are none. Every refusal is the same.
import { createHmac } from "node:crypto";
import { SECRETS } from "../harness.mjs";
import { admin, alert, basic, BEARER, get, ignored, NO_ADMIN, post, row, SECRET, UNAUTHORIZED } from "./rows.mjs";

const PING = JSON.stringify({ event: { event_type: "pagey.ping" } });
const HOOK = "/pagerduty-resolved";
const sign = (body, secret = SECRETS.PAGERDUTY_SIGNING_SECRET, algorithm = "sha256") => createHmac(algorithm, secret).update(body).digest("hex");
const ping = (headers) => post(HOOK, PING, headers);
const signed = (value) => ping({ "x-pagerduty-signature": value });
const bearer = (value) => ping({ authorization: value });
const good = sign(PING);
const jwt = (head, claims, signature = "") => [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).concat(signature).join(".");

export default [
  row("nothing", ping({}), UNAUTHORIZED),
  row("every carrier at once, all wrong", post(`${HOOK}?secret=a`, PING, { "x-webhook-secret": "b", authorization: "Bearer c", "x-pagerduty-signature": "v1=d" }), UNAUTHORIZED),
  row("an empty secret in every carrier", post(`${HOOK}?secret=`, PING, { "x-webhook-secret": "", authorization: "Bearer ", "x-pagerduty-signature": "v1=" }), UNAUTHORIZED),
  row("one right carrier among wrong ones is enough", post(`${HOOK}?secret=a`, PING, { "x-webhook-secret": SECRET, authorization: "Bearer c" }), ignored("ping")),
  row("the secret less its last character", ping({ "x-webhook-secret": SECRET.slice(0, -1) }), UNAUTHORIZED),
  row("the secret and one character more", ping({ "x-webhook-secret": `${SECRET}x` }), UNAUTHORIZED),
  row("the secret twice in one text", ping({ "x-webhook-secret": `${SECRET}${SECRET}` }), UNAUTHORIZED),
  row("the secret in capitals", ping({ "x-webhook-secret": SECRET.toUpperCase() }), UNAUTHORIZED),
  row("the secret in quotes", ping({ "x-webhook-secret": `"${SECRET}"` }), UNAUTHORIZED),
  row("the secret with a letter that looks the same", ping({ "x-webhook-secret": Buffer.from(SECRET.replace("e", "е")).toString("latin1") }), UNAUTHORIZED),
  row("the secret's SHA-256", ping({ "x-webhook-secret": createHmac("sha256", "").update(SECRET).digest("hex") }), UNAUTHORIZED),
  row("the name of the setting", ping({ "x-webhook-secret": "WEBHOOK_SECRET" }), UNAUTHORIZED),
  row("a template of the setting", ping({ "x-webhook-secret": "${WEBHOOK_SECRET} {{env.WEBHOOK_SECRET}}" }), UNAUTHORIZED),
  row("words that some languages take for true", ping({ "x-webhook-secret": "true" }), UNAUTHORIZED),
  row("undefined", ping({ "x-webhook-secret": "undefined" }), UNAUTHORIZED),
  row("SQL", ping({ "x-webhook-secret": "' OR '1'='1" }), UNAUTHORIZED),
  row("a secret of 8 KB", ping({ "x-webhook-secret": "x".repeat(8192) }), UNAUTHORIZED),
  row("bytes beyond ASCII", ping({ "x-webhook-secret": "\xff\xfe\xe9" }), UNAUTHORIZED),
  row("the admin token opens no hook", bearer(`Bearer ${SECRETS.ADMIN_TOKEN}`), UNAUTHORIZED),
  row("the signing secret opens no hook", bearer(`Bearer ${SECRETS.PAGERDUTY_SIGNING_SECRET}`), UNAUTHORIZED),
  row("Devin's key opens no hook", bearer("Bearer cog_local_fake_key"), UNAUTHORIZED),
  row("a scheme nobody knows", bearer(`Token ${SECRET}`), UNAUTHORIZED),
  row("no scheme", bearer(SECRET), UNAUTHORIZED),
  row("a scheme and nothing", bearer("Bearer"), UNAUTHORIZED),
  row("the scheme twice", bearer(`Bearer Bearer ${SECRET}`), UNAUTHORIZED),
  row("two secrets in a list", bearer(`Bearer x, Bearer ${SECRET}`), UNAUTHORIZED),
  row("Digest", bearer('Digest username="a", response="b"'), UNAUTHORIZED),
  row("Basic without a colon", bearer(`Basic ${Buffer.from(SECRET).toString("base64")}`), UNAUTHORIZED),
  row("Basic with the secret as the user", ping(basic(SECRET, "")), UNAUTHORIZED),
  row("Basic with the secret behind a second colon", ping(basic("a", `b:${SECRET}`)), UNAUTHORIZED),
  row("Basic that is no base64", bearer("Basic !!!!"), UNAUTHORIZED),
  row("Basic that is half of base64", bearer("Basic YQ"), UNAUTHORIZED),
  row("Basic of bytes that are no text", bearer(`Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString("base64")}`), UNAUTHORIZED),
  row("Basic of 64 KB", bearer(`Basic ${Buffer.alloc(9000, "a:").toString("base64")}`), UNAUTHORIZED),
  row("a token that says it is signed with nothing", bearer(`Bearer ${jwt({ alg: "none", typ: "JWT" }, { roles: ["ActionGroupsSecureWebhook"], exp: 9999999999 })}`), UNAUTHORIZED),
  row("a token signed with the shared secret", bearer(`Bearer ${jwt({ alg: "HS256" }, { exp: 9999999999 }, "AAAA")}`), UNAUTHORIZED),
  row("a token of two parts", bearer("Bearer e30.e30"), UNAUTHORIZED),
  row("a token of a thousand parts", bearer(`Bearer ${"e30.".repeat(1000)}`), UNAUTHORIZED),
  row("a signature by another secret", signed(`v1=${sign(PING, "other")}`), UNAUTHORIZED),
  row("a signature by the empty secret", signed(`v1=${sign(PING, "")}`), UNAUTHORIZED),
  row("a signature by the shared secret", signed(`v1=${sign(PING, SECRET)}`), UNAUTHORIZED),
  row("the signature of another body", signed(`v1=${sign(`${PING} `)}`), UNAUTHORIZED),
  row("the signature with one digit changed", signed(`v1=${good.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))}`), UNAUTHORIZED),
  row("the first half of the signature", signed(`v1=${good.slice(0, 32)}`), UNAUTHORIZED),
  row("the signature and one byte more", signed(`v1=${good}00`), UNAUTHORIZED),
  row("the signature of version 2", signed(`v2=${good}`), UNAUTHORIZED),
  row("the signature without a version", signed(good), UNAUTHORIZED),
  row("the signature in base64", signed(`v1=${Buffer.from(good, "hex").toString("base64")}`), UNAUTHORIZED),
  row("a signature with SHA-1", signed(`v1=${sign(PING, undefined, "sha1")}`), UNAUTHORIZED),
  row("a thousand signatures, the right one last: not looked for that far", signed(`${"v1=00,".repeat(1000)}v1=${good}`), UNAUTHORIZED),
  row("the right signature on a hook that takes none", post("/hooks/alert", PING, { "x-pagerduty-signature": `v1=${good}` }), UNAUTHORIZED),
  row("the right signature of a body that was changed since", post(HOOK, PING.replace("ping", "pong"), { "x-pagerduty-signature": `v1=${good}` }), UNAUTHORIZED),
  row("a body that is not JSON and not proved is not read", post("/hooks/alert", "{", {}), UNAUTHORIZED),
  row("a body that would be refused and is not proved tells nothing", post("/hooks/alert", "{}", { "x-webhook-secret": "x" }), UNAUTHORIZED),
  row("a dry run needs the proof too", post("/hooks/alert?dry_run=1", JSON.stringify(alert("AUTH")), {}), UNAUTHORIZED),
  row("the list without a token", get("/api/incidents"), NO_ADMIN),
  row("the list with the shared secret", get("/api/incidents", BEARER), NO_ADMIN),
  row("the list with the token in the address", get(`/api/incidents?secret=${SECRETS.ADMIN_TOKEN}&token=${SECRETS.ADMIN_TOKEN}`), NO_ADMIN),
  row("the list with the token in the hooks' header", get("/api/incidents", { "x-webhook-secret": SECRETS.ADMIN_TOKEN }), NO_ADMIN),
  row("the list with the token as the user's name", get("/api/incidents", basic(SECRETS.ADMIN_TOKEN, "")), NO_ADMIN),
  row("the list with the token and a blank", get("/api/incidents", { authorization: `Bearer ${SECRETS.ADMIN_TOKEN} x` }), NO_ADMIN),
  row("the problems in /health are for the administrator", get("/health", BEARER), { status: 200, json: { status: "ok", problems: undefined, warnings: undefined } }),
  row("a replay without a token", post("/api/incidents/pagerduty-Q1/replay", "", {}), NO_ADMIN),
  row("which incidents there are is not revealed without a token", get("/api/incidents/pagerduty-QNOBODY"), NO_ADMIN),
  row("the token itself is good", admin("/api/incidents?limit=1"), { status: 200 }),
];
