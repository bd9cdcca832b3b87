// Methods nobody asked for.
import { BEARER, get, post, row } from "./rows.mjs";

const notAllowed = (allow) => ({ status: 405, json: { success: false, error: "Method not allowed" }, header: { allow } });
const HOOK = notAllowed("POST");
const PAGE = notAllowed("GET, HEAD");
const call = (method, path, body) => ({ method, path, headers: BEARER, body });

export default [
  row("reading a hook", get("/pagerduty-resolved", BEARER), HOOK),
  row("HEAD of a hook", call("HEAD", "/hooks/alert"), { status: 405, header: { allow: "POST" } }),
  ...["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"].map((method) =>
    row(`${method} on a hook`, call(method, "/hooks/alert", "{}"), HOOK),
  ),
  row("POST to /health", post("/health", "{}"), PAGE),
  row("DELETE of an incident", call("DELETE", "/api/incidents/pagerduty-Q1"), PAGE),
  row("PUT to the list", call("PUT", "/api/incidents", "{}"), PAGE),
  row("reading a replay, as a link or an image would", get("/api/incidents/pagerduty-Q1/replay"), HOOK),
  row("a browser's question whether another site may POST", { method: "OPTIONS", path: "/hooks/alert", headers: { origin: "https://evil.example", "access-control-request-method": "POST" } }, { ...HOOK, header: { allow: "POST", "access-control-allow-origin": undefined } }),
  row("a header that wants to be the method", get("/hooks/alert", { ...BEARER, "x-http-method-override": "POST" }), HOOK),
  row("a parameter that wants to be the method", get("/hooks/alert?_method=POST", BEARER), HOOK),
  row("TRACE, which echoes headers where it is known", call("TRACE", "/health"), [405, 501]),
  row("a method in small letters", call("post", "/hooks/alert", "{}"), [400, 405, 501]),
  row("a method nobody knows", call("STEAL", "/health"), [400, 405, 501]),
  ...["QUERY", "SEARCH", "PURGE", "LINK"].map((method) => row(`${method}, which is no GET`, call(method, "/health"), [405, 500, 501])),
  row("CONNECT to somewhere else", { raw: "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n" }, [400, 404, 405, 500, 501]),
];
