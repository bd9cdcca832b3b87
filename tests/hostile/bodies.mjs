// Bodies that are no body, too much of one, or odd JSON. PagerDuty's are never refused once they are proved; what people
// write themselves is refused with what is wrong.
import { gzipSync } from "node:zlib";
import { alert, BEARER, ignored, NOT_HTTP, pagerduty, post, refused, row, SECRET } from "./rows.mjs";

const MEBIBYTE = 1024 * 1024;
const ALERT = "/hooks/alert";
const DRY = "/hooks/alert?dry_run=1";
const PAGERDUTY = "/pagerduty-resolved";
const NOT_JSON = refused("Invalid JSON body");
const UNREADABLE = ignored("unreadable");
const TOO_LARGE = { status: 413, json: { success: false, error: "Body too large" } };
const REHEARSED = { status: 200, json: { status: "dry_run" } };
const text = JSON.stringify;
const sound = text(alert("BODY"));
const head = (path, ...lines) => [`POST ${path} HTTP/1.1`, "Host: localhost", `X-Webhook-Secret: ${SECRET}`, "Connection: close", ...lines, "", ""].join("\r\n");
const CHUNKED = "Transfer-Encoding: chunked";
/** A body in chunks of so many bytes. */
const chunks = (body, size) => `${body.match(new RegExp(`[^]{1,${size}}`, "g"))?.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("") ?? ""}0\r\n\r\n`;
/** The sound alert with one field more, as JSON text. */
const having = (field) => `${sound.slice(0, -1)},${field}}`;

export default [
  row("no body, to people's hook", post(ALERT, ""), NOT_JSON),
  row("no body, to PagerDuty's hook", post(PAGERDUTY, ""), UNREADABLE),
  row("no body, to Kibana's hook", post("/hooks/kibana", ""), ignored("unreadable")),
  row("no body, to Azure's hook", post("/hooks/azure-monitor", ""), NOT_JSON),
  row("no body, to the hook for all", post("/api/trigger-devin", ""), NOT_JSON),
  ...["null", "true", "42", '"text"'].map((body) => row(`${body} is no alert`, post(ALERT, body), NOT_JSON)),
  ...["null", "true", "42", '"text"', "[]", "{}"].map((body) => row(`${body} is no event`, post(PAGERDUTY, body), ignored("event_type"))),
  row("an empty list of alerts", post(ALERT, "[]"), refused("The list of alerts is empty", undefined)),
  row("an empty alert", post(ALERT, "{}"), refused("Missing required field: alertName")),
  row("a list of lists", post(ALERT, "[[]]"), NOT_JSON),
  row("101 alerts", post(ALERT, text(Array.from({ length: 101 }, () => alert("MANY")))), refused("Too many alerts")),
  row("two good alerts and a bad one: the good ones are kept", post(DRY, text([alert("T1"), alert("T2"), {}])), { status: 200, json: { success: true, message: "3 events, 1 of them refused; see results for each." } }),
  row("100,000 lists in each other", post(ALERT, "[".repeat(100_000) + "]".repeat(100_000)), NOT_JSON),
  row("100,000 objects in each other", post(ALERT, '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000)), NOT_JSON),
  row("100,000 objects in each other, to PagerDuty's hook", post(PAGERDUTY, '{"event":'.repeat(100_000) + "1" + "}".repeat(100_000)), UNREADABLE),
  row("100,000 lists that never end", post(PAGERDUTY, "[".repeat(100_000)), UNREADABLE),
  row("120 objects in each other: what can still be read", post(DRY, having(`"deep":${'{"a":'.repeat(120)}1${"}".repeat(120)}`)), REHEARSED),
  row("a number of a million digits", post(DRY, having(`"big":${"9".repeat(500_000)}`)), [200, 400]),
  row("1e999 stays as it was written", post(DRY, having('"big":1e999')), { ...REHEARSED, prompt: ["1e999"] }),
  row("-1e999 to PagerDuty's hook", post(PAGERDUTY, '{"event":-1e999}'), ignored("event_type")),
  row("an incident with 1e999 beside what counts", post(`${PAGERDUTY}?dry_run=1`, '{"event":{"event_type":"incident.resolved","data":{"id":"QENDLESS","title":"t","custom":1e999}}}'), { ...REHEARSED, json: { incident: "pagerduty-QENDLESS" } }),
  row("a severity of 1e308", post(DRY, '{"alertName":"a","description":"d","severity":1e308}'), REHEARSED),
  row("a severity of -0", post(DRY, '{"alertName":"a","description":"d","severity":-0,"alertId":"m0"}'), REHEARSED),
  row("NaN, which is no JSON", post(ALERT, having('"n":NaN')), NOT_JSON),
  row("a number in hexadecimal", post(ALERT, having('"n":0x10')), NOT_JSON),
  row("a field twice: the last one counts", post(DRY, having('"alertName":"the second name"')), { ...REHEARSED, prompt: ["the second name"] }),
  row("ten thousand fields of one name", post(DRY, having(Array(10_000).fill('"x":1').join(","))), REHEARSED),
  row("ten thousand fields of different names", post(DRY, having(Array.from({ length: 10_000 }, (_, n) => `"f${n}":${n}`).join(","))), REHEARSED),
  row("a field without a name", post(DRY, having('"":"nameless"')), REHEARSED),
  row("a name of 100 KB", post(DRY, having(`"${"n".repeat(100_000)}":1`)), REHEARSED),
  row("half of a surrogate pair", post(DRY, having('"logs":"cut \\ud83d here"')), { ...REHEARSED, prompt: ["cut \\ud83d here"] }),
  row("the wrong half first", post(DRY, having('"logs":"\\udc00\\ud800"')), REHEARSED),
  row("NUL as an escape", post(DRY, having('"logs":"a\\u0000b"')), { ...REHEARSED, not: "\\u0000" }),
  row("NUL as a byte", post(ALERT, `${sound}\0`), NOT_JSON),
  row("bytes that are no UTF-8 are taken for Latin-1", post(DRY, Buffer.from(having('"logs":"caf\xe9"'), "latin1")), { ...REHEARSED, prompt: ["café"] }),
  row("nothing but bytes that are no UTF-8", post(ALERT, Buffer.alloc(1000, 0xff)), NOT_JSON),
  row("UTF-16", post(DRY, Buffer.from(sound, "utf16le")), REHEARSED),
  row("a byte order mark", post(DRY, `\uFEFF${sound}`), REHEARSED),
  row("two byte order marks", post(ALERT, `\uFEFF\uFEFF${sound}`), NOT_JSON),
  row("something behind the end", post(ALERT, `${sound} trailing`), NOT_JSON),
  row("a second document", post(ALERT, `${sound}${sound}`), NOT_JSON),
  row("a comma at the end", post(ALERT, `${sound.slice(0, -1)},}`), NOT_JSON),
  row("single quotes", post(ALERT, sound.replaceAll('"', "'")), NOT_JSON),
  row("a comment", post(ALERT, `/* hello */${sound}`), NOT_JSON),
  row("a line break within a text", post(ALERT, having('"logs":"a\nb"')), NOT_JSON),
  row("what protects against hijacking of JSON", post(ALERT, `)]}',\n${sound}`), NOT_JSON),
  row("XML with an entity of a file", post(ALERT, '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'), { ...NOT_JSON, not: "root:" }),
  row("YAML", post(ALERT, "alertName: a\nseverity: 1\ndescription: d"), NOT_JSON),
  row("a form with the alert", post(DRY, `payload=${encodeURIComponent(sound)}`), REHEARSED),
  row("a text with a form's field in it", post(ALERT, `disk full&payload=${encodeURIComponent(sound)}&`), NOT_JSON),
  row("broken JSON with a form's field in it", post(ALERT, `{"alertName": "x&payload=${encodeURIComponent(sound)}&"`), NOT_JSON),
  row("a form in a form", post(ALERT, `payload=${encodeURIComponent(`payload=${encodeURIComponent(sound)}`)}`), NOT_JSON),
  row("a form with percent garbage", post(ALERT, "payload=%7B%zz%"), NOT_JSON),
  row("packed with gzip, which no sender does: not unpacked, so no bomb", post(ALERT, gzipSync(Buffer.alloc(10 * MEBIBYTE)), { ...BEARER, "content-encoding": "gzip" }), [415]),
  row("packed with gzip, without a word about it", post(ALERT, gzipSync(Buffer.alloc(10 * MEBIBYTE))), NOT_JSON),
  row("a type of compression that is none", post(DRY, sound, { ...BEARER, "content-encoding": "evil" }), [415]),
  row("one byte more than 1 MiB", post(ALERT, sound.padEnd(MEBIBYTE + 1)), TOO_LARGE),
  row("exactly 1 MiB", post(DRY, sound.padEnd(MEBIBYTE)), REHEARSED),
  row("exactly 1 MiB in one text", post(DRY, having(`"logs":"${"x".repeat(MEBIBYTE - sound.length - 10)}"`)), REHEARSED),
  row("1 MiB of quotes, which double in a prompt", post(DRY, having(`"logs":"${'\\"'.repeat(500_000)}"`)), REHEARSED),
  row("too large and without a secret: not a byte is looked at", post(ALERT, " ".repeat(MEBIBYTE + 1), {}), TOO_LARGE),
  row("a length of 100 MB, and nothing sent: refused at once", { raw: head(ALERT, "Content-Length: 100000000") }, TOO_LARGE),
  row("a length that is no number", { raw: `${head(ALERT, "Content-Length: many")}{}` }, NOT_HTTP),
  row("a negative length", { raw: `${head(ALERT, "Content-Length: -1")}{}` }, NOT_HTTP),
  row("two lengths", { raw: `${head(ALERT, "Content-Length: 2", "Content-Length: 3")}{}` }, NOT_HTTP),
  row("a length and chunks: whose end counts?", { raw: `${head(PAGERDUTY, "Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\nGET /api/incidents HTTP/1.1\r\n\r\n` }, [200, 400]),
  row("chunks of a size that is none", { raw: `${head(ALERT, "Transfer-Encoding: chunked")}zz\r\n{}\r\n0\r\n\r\n` }, NOT_HTTP),
  row("chunks of a size beyond any number", { raw: `${head(ALERT, "Transfer-Encoding: chunked")}ffffffffffffffffff\r\n{}` }, NOT_HTTP),
  row("chunks without end", { raw: head(ALERT, "Transfer-Encoding: chunked"), endless: `10000\r\n${"x".repeat(65_536)}\r\n` }, TOO_LARGE),
  row("an encoding of transfer that is none", { raw: `${head(ALERT, "Transfer-Encoding: evil")}{}` }, NOT_HTTP),
  row("a good event in chunks of one byte", { raw: head(PAGERDUTY, CHUNKED) + chunks(text(pagerduty("QCHUNKS", {}, { event_type: "pagey.ping" })), 1) }, ignored("ping")),
  row("no chunk at all", { raw: head(ALERT, CHUNKED) + chunks("", 1) }, NOT_JSON),
  row("exactly 1 MiB in chunks", { raw: head(DRY, CHUNKED) + chunks(sound.padEnd(MEBIBYTE), 50_000) }, REHEARSED),
  row("one byte more than 1 MiB in chunks", { raw: head(ALERT, CHUNKED) + chunks(sound.padEnd(MEBIBYTE + 1), 50_000) }, TOO_LARGE),
  row("300 KB in chunks of one byte, which once took 1.5 GB of memory and half a minute", { raw: head(DRY, CHUNKED) + chunks(sound.padEnd(300_000), 1) }, REHEARSED),
];
