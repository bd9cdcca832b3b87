// Headers that are too large, too many, twice there, or something else in disguise.
import { alert, BEARER, get, ignored, NO_ADMIN, NOT_HTTP, post, row, SECRET, UNAUTHORIZED } from "./rows.mjs";

const OK = { status: 200, json: { status: "ok" } };
const PING = JSON.stringify({ event: { event_type: "pagey.ping" } });
const DRY = "/hooks/alert?dry_run=1";
// The runtime may read it kindly; then it is a plain GET /health, and without the name of this machine one for another.
const ODD_HTTP = { status: [200, ...NOT_HTTP.status] };
const NO_HOST = { status: [403, ...NOT_HTTP.status] };
const pairs = (...list) => list;

export default [
  row("a header of 8 KB", get("/health", { "x-large": "a".repeat(8192) }), OK),
  row("a header of 1 MB", get("/health", { "x-large": "a".repeat(1_000_000) }), [200, 400, 413, 431]),
  row("a thousand headers", get("/health", pairs(...Array.from({ length: 1000 }, (_, n) => [`x-${n}`, "a"]))), [200, 400, 431]),
  row("a header's name of 4 KB", get("/health", pairs(["x".repeat(4096), "a"])), [200, 400, 431]),
  row("a header without a name", { raw: "GET /health HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n" }, ODD_HTTP),
  row("a header without a colon", { raw: "GET /health HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n" }, ODD_HTTP),
  row("a header with NUL in it", { raw: "GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n" }, ODD_HTTP),
  row("a bare line feed between headers", { raw: "GET /health HTTP/1.1\nHost: localhost\nConnection: close\n\n" }, ODD_HTTP),
  row("a header folded over two lines", { raw: "GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n b\r\nConnection: close\r\n\r\n" }, ODD_HTTP),
  row("a header that ends the head early, encoded", get("/health", { "x-a": "a%0d%0a%0d%0a{}" }), OK),
  row("no Host", { raw: "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n" }, NO_HOST),
  row("two Hosts", get("/health", pairs(["host", "a.example"], ["host", "b.example"])), NO_HOST),
  row("HTTP/1.0", { raw: "GET /health HTTP/1.0\r\n\r\n" }, NO_HOST),
  row("HTTP/0.9", { raw: "GET /health\r\n\r\n" }, NO_HOST),
  row("HTTP/9.9", { raw: "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n" }, ODD_HTTP),
  row("TLS on the plain port", { raw: Buffer.from("160301020001000001fc0303", "hex") }, ODD_HTTP),
  row("an empty line and nothing else", { raw: "\r\n\r\n" }, ODD_HTTP),
  row("a secret twice, both wrong", post("/pagerduty-resolved", PING, pairs(["x-webhook-secret", "a"], ["x-webhook-secret", "b"])), UNAUTHORIZED),
  row("a secret twice, one right: together they are another text", post("/pagerduty-resolved", PING, pairs(["x-webhook-secret", SECRET], ["x-webhook-secret", "b"])), UNAUTHORIZED),
  row("Authorization twice", post("/pagerduty-resolved", PING, pairs(["authorization", "Bearer x"], ["authorization", `Bearer ${SECRET}`])), [400, 401]),
  row("addresses that want to be trusted", get("/api/incidents", { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "cf-connecting-ip": "127.0.0.1", forwarded: "for=127.0.0.1" }), NO_ADMIN),
  row("a path for proxies", get("/health", { "x-original-url": "/api/incidents", "x-rewrite-url": "/api/incidents" }), OK),
  row("a cookie that says it is the administrator", get("/api/incidents", { cookie: "admin=true; session=admin; token=x" }), NO_ADMIN),
  row("another encoding asked for", get("/health", { "accept-encoding": "gzip;q=0, evil" }), OK),
  row("a type that wants HTML", get("/health", { accept: "text/html" }), { ...OK, header: { "content-type": /^application\/json/ } }),
  row("half of a range", get("/health", { range: "bytes=0-0" }), OK),
  row("a condition on a version", get("/health", { "if-none-match": "*" }), OK),
  row("a type that lies", post("/pagerduty-resolved", PING, { ...BEARER, "content-type": "multipart/form-data; boundary=x" }), ignored("ping")),
  row("a character set that lies", post(DRY, JSON.stringify(alert("H1")), { ...BEARER, "content-type": "application/json; charset=utf-16" }), { status: 200, json: { status: "dry_run" } }),
  row("a wish for another protocol", get("/health", { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" }), [200, 400, 426, 500]),
  row("h2c", get("/health", { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" }), [200, 400]),
];
