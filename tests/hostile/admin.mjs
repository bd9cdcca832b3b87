// The operators' API.
import { admin, ADMIN, get, NO_ADMIN, NOT_FOUND, post, row, SECRET } from "./rows.mjs";

const list = (query) => admin(`/api/incidents?${query}`);
const bad = (name) => ({ status: 400, json: { success: false, error: "Bad query", message: new RegExp(`^${name} is `) } });
const PAGE = { status: 200, json: { incidents: [], cursor: null } };
const REPLAY = "/api/incidents/pagerduty-QNOBODY/replay";
const replay = (headers) => post(REPLAY, "", { ...ADMIN, ...headers });
const FORBIDDEN = { status: 403, json: { success: false, error: "Forbidden" } };

export default [
  ...["0", "-1", "201", "1e2", "1.5", "0x10", "99999999999999999999", "ten", "%00", "1;DROP%20TABLE%20incidents"].map((limit) =>
    row(`limit=${limit}`, list(`limit=${limit}`), bad("limit")),
  ),
  row("the largest limit", list("limit=200&state=held"), PAGE),
  row("no limit in limit", list("limit=&state=held"), PAGE),
  row("the limit twice: the first counts", list("limit=1&limit=0&state=held"), PAGE),
  row("SQL in the state", list("state=held'%20OR%20'1'='1"), bad("state")),
  row("a state of 8 KB", list(`state=${"x".repeat(8192)}`), bad("state")),
  row("a state in capitals", list("state=HELD"), bad("state")),
  row("SQL in the sender", list("sender=pagerduty'--"), bad("sender")),
  row("a sender that is every object's", list("sender=__proto__"), bad("sender")),
  row("a cursor of the first moment", list("cursor=0.x"), PAGE),
  row("a cursor that is none", list("cursor=next"), bad("cursor")),
  row("SQL in the cursor's time", list("cursor=1%20OR%201=1.x"), bad("cursor")),
  row("SQL in the cursor's name", list("cursor=1.x'%20OR%20'1'='1"), bad("cursor")),
  row("a cursor before all time", list("cursor=-9223372036854775808.x"), bad("cursor")),
  row("a cursor after all time", list("cursor=9223372036854775807.x&state=held"), bad("cursor")),
  row("a cursor beyond any number", list("cursor=99999999999999999999999.x"), bad("cursor")),
  row("a cursor of 8 KB", list(`cursor=1.${"x".repeat(8192)}`), bad("cursor")),
  row("a cursor with NUL", list("cursor=1.%00"), bad("cursor")),
  ...["__proto__", "constructor", "pagerduty", "pagerduty-", "-", "%00", "pagerduty-Q1%00", "pagerduty-Q1%0a", "pagerduty-%C3%BC", "%2e%2e%2f", "'%20OR%201=1--", "{key}", "*"].map((key) =>
    row(`the incident ${key}`, admin(`/api/incidents/${key}`), NOT_FOUND),
  ),
  row("an incident's name of 4 KB", admin(`/api/incidents/pagerduty-${"Q".repeat(4096)}`), NOT_FOUND),
  row("an incident nobody knows", admin("/api/incidents/pagerduty-QNOBODY"), NOT_FOUND),
  row("the billionth occurrence of it", admin("/api/incidents/pagerduty-QNOBODY.999999999999"), NOT_FOUND),
  row("HTML in a name comes back as JSON", admin(encodeURI("/api/incidents/<img src=x onerror=alert(1)>")), {
    ...NOT_FOUND,
    header: { "content-type": /^application\/json/, "x-content-type-options": "nosniff" },
  }),
  row("a guess at the admin token", get("/api/incidents", { authorization: "Bearer guess" }), NO_ADMIN),
  row("a guess at a replay", post(REPLAY, "", { authorization: "Bearer guess" }), NO_ADMIN),
  row("the shared secret as the admin token", get("/metrics", { authorization: `Bearer ${SECRET}` }), NO_ADMIN),
  row("a replay of nothing", replay({}), NOT_FOUND),
  row("a replay from another site", replay({ "sec-fetch-site": "cross-site", origin: "https://evil.example" }), FORBIDDEN),
  row("a replay from a neighbour", replay({ "sec-fetch-site": "same-site" }), FORBIDDEN),
  row("a replay from a site that is none", replay({ "sec-fetch-site": "evil" }), FORBIDDEN),
  row("a replay from two sites", post(REPLAY, "", [...Object.entries(ADMIN), ["sec-fetch-site", "same-origin"], ["sec-fetch-site", "cross-site"]]), FORBIDDEN),
  row("a replay of many", post("/api/incidents/*/replay", "", ADMIN), NOT_FOUND),
  row("a replay with a body of 1 MiB, which nobody reads", post(REPLAY, "x".repeat(1024 * 1024), ADMIN), NOT_FOUND),
];
