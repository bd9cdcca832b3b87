// What the tables share. A row is { tries, send, answers, starts }:
// - tries: what it tries
// - send: { method, path, headers, body }, or { raw } for what is no HTTP; headers as an object or as pairs
// - answers: { status, json, header, prompt, text }: the status, or several that will do; the fields of the body; headers;
//   what a prompt has to hold; what the text of an answer must not hold: `not`
// - starts: the id of the incident that gets a session. Nothing else may start one.
import { SECRETS } from "../harness.mjs";

export const SECRET = SECRETS.WEBHOOK_SECRET;
export const BEARER = { authorization: `Bearer ${SECRET}` };
export const ADMIN = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` };

export const get = (path, headers = {}) => ({ method: "GET", path, headers });
export const admin = (path, headers = {}) => get(path, { ...ADMIN, ...headers });
export const post = (path, body, headers = BEARER) => ({ method: "POST", path, headers, body });
export const basic = (user, password) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` });

export const row = (tries, send, answers, starts) => ({ tries, send, answers, starts });

/** What is no HTTP never reaches the Worker: the runtime itself says so, locally with 500, or closes. */
export const NOT_HTTP = { status: [400, 500, 501, 505, undefined] };
export const NOT_FOUND = { status: 404, json: { success: false, error: "Not found" } };
export const UNAUTHORIZED = {
  status: 401,
  json: { success: false, error: "Unauthorized", message: "The secret or signature is missing or wrong." },
  header: { "www-authenticate": /^Basic realm="devin-bridge"/ },
};
export const NO_ADMIN = { status: 401, json: { error: "Unauthorized", message: "The admin token is missing or wrong." } };
export const refused = (error, details = /./) => ({ status: 400, json: { success: false, error, details } });
export const ignored = (reason) => ({ status: 200, json: { success: true, status: "ignored", reason } });

/** A sound alert with an id of its own. */
export const alert = (id, fields = {}) => ({ alertName: "disk full", severity: 2, description: "nothing left", alertId: id, ...fields });

/** A sound PagerDuty event about an incident of its own. */
export const pagerduty = (id, data = {}, event = {}) => ({
  event: {
    id: `01${id}`,
    event_type: "incident.resolved",
    occurred_at: "2026-03-04T05:06:07Z",
    data: { id, type: "incident", title: "Checkout is down", status: "resolved", ...data },
    ...event,
  },
});
