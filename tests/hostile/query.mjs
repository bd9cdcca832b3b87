// Query strings.
import { BEARER, get, ignored, post, row, SECRET, UNAUTHORIZED } from "./rows.mjs";

const PING = JSON.stringify({ event: { event_type: "pagey.ping" } });
const ping = (query) => post(`/pagerduty-resolved?${query}`, PING, {});
const OK = { status: 200, json: { status: "ok" } };

export default [
  row("percent garbage", get("/health?%&%%&%zz=%u0041&=%&&&==="), OK),
  row("16 KB of nothing", get(`/health?${"a".repeat(16_384)}`), [200, 414, 431]),
  row("ten thousand parameters", get(`/health?${"a&".repeat(5_000)}`), [200, 414, 431]),
  row("bytes that are no UTF-8", get("/health?a=%ff%fe%00"), OK),
  row("the right secret", ping(`secret=${SECRET}`), ignored("ping")),
  row("the right secret, every character encoded", ping(`secret=${[...Buffer.from(SECRET)].map((byte) => `%${byte.toString(16)}`).join("")}`), ignored("ping")),
  row("the secret twice: the first counts", ping(`secret=wrong&secret=${SECRET}`), UNAUTHORIZED),
  row("the secret as a list", ping(`secret[]=${SECRET}`), UNAUTHORIZED),
  row("the secret's name in capitals", ping(`SECRET=${SECRET}`), UNAUTHORIZED),
  row("the secret's name, encoded, which is the same name", ping(`%73ecret=${SECRET}`), [200]),
  row("the secret and NUL", ping(`secret=${SECRET}%00`), UNAUTHORIZED),
  row("the secret and a blank", ping(`secret=${SECRET}+`), UNAUTHORIZED),
  row("the secret and a line break", ping(`secret=${SECRET}%0a`), UNAUTHORIZED),
  row("the secret behind a fragment", ping(`#secret=${SECRET}`), [400, 401]),
  row("the secret in the path", post(`/pagerduty-resolved;secret=${SECRET}`, PING, {}), { status: 404 }),
  row("the secret separated by semicolons", ping(`a=1;secret=${SECRET}`), UNAUTHORIZED),
  row("a wrong secret of 8 KB", ping(`secret=${"x".repeat(8192)}`), UNAUTHORIZED),
  row("a true value in place of a secret", ping("secret=true"), UNAUTHORIZED),
  row("a secret that is an object", ping("secret[$ne]=x"), UNAUTHORIZED),
  row("other names for a secret", ping(`token=${SECRET}&key=${SECRET}&access_token=${SECRET}`), UNAUTHORIZED),
  row("one question mark too many", post(`/pagerduty-resolved??secret=${SECRET}`, PING, {}), UNAUTHORIZED),
  row("an administrator by parameter", get(`/api/incidents?secret=${SECRET}&admin=1`, BEARER), { status: 401 }),
];
