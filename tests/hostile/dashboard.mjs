// The pages for people: what is written into their addresses must not become part of them.
import { admin, ADMIN, basic, get, post, row } from "./rows.mjs";

const HTML = { "content-type": /^text\/html/, "content-security-policy": /default-src 'none'/, "x-content-type-options": "nosniff", "cache-control": "no-store" };
const page = (status, not) => ({ status, header: HTML, not });
const SIGN_IN = { ...page(401), header: { ...HTML, "www-authenticate": /^Basic / } };
const MARKUP = /<script|<img src=x/i;
const PAGE = "/incidents/pagerduty-QNOBODY";
const replay = (headers) => post(`${PAGE}/replay`, "", headers);

export default [
  row("the list without a token", get("/"), SIGN_IN),
  row("the list with a wrong one", get("/", basic("admin", "admin")), SIGN_IN),
  row("the list with an empty one", get("/", basic("admin", "")), SIGN_IN),
  row("an incident without a token", get(PAGE), SIGN_IN),
  row("a button without a token", replay({}), SIGN_IN),
  row("which incidents there are is not revealed without a token", get("/incidents/__proto__"), SIGN_IN),
  row("markup in a filter", admin("/?state=%3Cscript%3Ealert(1)%3C/script%3E"), page(400, MARKUP)),
  row("markup out of an attribute", admin("/?sender=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"), page(400, MARKUP)),
  row("markup in the cursor", admin("/?cursor='%3E%3Cscript%3Ealert(1)%3C/script%3E"), page(400, MARKUP)),
  row("markup in a parameter nobody reads", admin("/?x=%3Cscript%3Ealert(1)%3C/script%3E"), page(200, MARKUP)),
  row("SQL in a filter", admin("/?state=held'%20OR%201=1--"), page(400)),
  row("a limit beyond all pages", admin("/?limit=999999"), page(400)),
  row("markup in an incident's name", admin("/incidents/%3Cscript%3Ealert(1)%3C%2Fscript%3E"), page(404, MARKUP)),
  row("a script in an incident's name", admin("/incidents/javascript:alert(1)"), page(404)),
  row("an incident's name with line breaks", admin("/incidents/a%0d%0aSet-Cookie:%20a=b"), { ...page(404), header: { ...HTML, "set-cookie": undefined } }),
  row("an incident's name of 4 KB", admin(`/incidents/${"Q".repeat(4096)}`), page(404)),
  row("an incident nobody knows", admin(PAGE), page(404)),
  row("a button that another site presses", replay({ ...ADMIN, "sec-fetch-site": "cross-site" }), page(403)),
  row("a button that another site's form presses", replay({ ...ADMIN, origin: "https://evil.example" }), page(403)),
  row("a button that a sandbox presses", replay({ ...ADMIN, origin: "null" }), page(403)),
  row("a button that a neighbour presses", replay({ ...ADMIN, origin: "http://bridge.test.evil.example" }), page(403)),
  row("a button for nothing", replay({ ...ADMIN, "sec-fetch-site": "same-origin" }), page(404)),
  row("a button as a link", admin(`${PAGE}/replay`), { status: 405, header: { allow: "POST" } }),
  row("the page in a frame is forbidden", admin("/"), { status: 200, header: { ...HTML, "content-security-policy": /frame-ancestors 'none'/ } }),
];
