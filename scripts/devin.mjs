// Whether a key for Devin is good for what the bridge does with it. Nothing is created or changed there.
import { ok, reasonOf, skipped, wrong } from "./findings.mjs";

/** How long Devin may take for an answer, in milliseconds. */
const PATIENCE = 15_000;
/** No session has this id. A message to it is refused either way, and how tells whether the key may start sessions. */
const NO_SESSION = "devin-00000000000000000000000000000000";

export class Devin {
  #base;
  #key;

  constructor(base, key) {
    const { protocol, hostname } = new URL(base);
    const local = ["127.0.0.1", "localhost"].includes(hostname);
    if (protocol !== "https:" && !local) throw new Error(`${base} is no https:// address: no key is sent there.`);
    this.#base = base.replace(/\/+$/, "");
    this.#key = key;
  }

  /** Keys that start apk_ are for API v1, which knows no organisations. */
  get isV1() {
    return this.#key.startsWith("apk_");
  }

  /** Whose key this is: { status, body: { principal_type, service_user_name, org_id, … } }. */
  self() {
    return this.#ask("GET", "/v3/self");
  }

  /** The organisations that the key can list, as { id, name }; undefined where it may list none: most may not. */
  async organizations() {
    const found = [];
    for (let after = ""; ; ) {
      const { status, body } = await this.#ask("GET", `/v3/enterprise/organizations?first=100${after}`);
      if (status !== 200) return undefined;
      found.push(...(body.items ?? []).map(({ org_id: id, name }) => ({ id, name })));
      if (!body.has_next_page || !body.end_cursor) return found;
      after = `&after=${encodeURIComponent(body.end_cursor)}`;
    }
  }

  /** A list call, as the bridge makes it to look a session up. */
  list(org) {
    return this.#ask("GET", this.isV1 ? "/v1/sessions?limit=1" : `${sessions(org)}?first=1`);
  }

  /** What a message to a session that does not exist is answered: 403 without ManageOrgSessions, 404 or 422 with it. */
  probe(org) {
    return this.#ask("POST", `${sessions(org)}/${NO_SESSION}/messages`, { message: "devin-bridge: is this permitted?" });
  }

  /** Sessions by a query as it is written. */
  sessions(org, query) {
    return this.#ask("GET", `${sessions(org)}?${query}`);
  }

  /** Starts a session. */
  create(org, request) {
    return this.#ask("POST", sessions(org), request);
  }

  /** Ends a session for good. */
  terminate(org, id) {
    return this.#ask("DELETE", `${sessions(org)}/${encodeURIComponent(id)}`);
  }

  async #ask(method, path, body) {
    const response = await this.#fetch(path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
      redirect: "manual", // A redirect would take the key along.
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  }

  async #fetch(path, init) {
    try {
      return await fetch(this.#base + path, init);
    } catch (error) {
      const message = `Devin does not answer at ${this.#base}; see that this machine reaches it, and that DEVIN_API_URL is right`;
      throw new Error(message, { cause: error.cause ?? error });
    }
  }
}

const sessions = (org) => `/v3/organizations/${encodeURIComponent(org)}/sessions`;

function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Looks at the key and the organisation that a configuration has; `note` gets each finding with its name. */
export async function examineDevin({ variables, secrets }, note) {
  const key = secrets.DEVIN_API_KEY;
  if (!key) return note("Devin", skipped("not asked without DEVIN_API_KEY"));
  const base = secrets.DEVIN_API_URL ?? (variables.DEVIN_API_URL || "https://api.devin.ai");
  const org = secrets.DEVIN_ORG_ID ?? variables.DEVIN_ORG_ID;
  try {
    const devin = new Devin(base, key);
    await (devin.isV1 ? examineV1(devin, note) : examineV3(devin, org, note));
  } catch (error) {
    note("Devin", wrong(`${base}: ${reasonOf(error)}`, "see that this machine reaches it, and that DEVIN_API_URL is right"));
  }
}

async function examineV1(devin, note) {
  const { status } = await devin.list();
  if (status === 200) note("Devin key", ok("a legacy key (API v1) that may list sessions"));
  else note("Devin key", refused("a list of sessions", status));
}

async function examineV3(devin, org, note) {
  const self = await devin.self();
  if (self.status !== 200) return note("Devin key", refused("GET /v3/self", self.status));
  const { principal_type: kind = "unknown", service_user_name, user_name, org_id: own } = self.body;
  note("Devin key", ok(`${kind} ${service_user_name ?? user_name ?? ""}`.trim()));

  const listed = await devin.organizations();
  const known = new Map((listed ?? []).map(({ id, name }) => [id, name]));
  if (own && !known.has(own)) known.set(own, undefined);
  const names = Array.from(known, ([id, name]) => (name ? `${id} (${name})` : id)).join(", ");
  if (!org) {
    const todo = names
      ? `put one of them into DEVIN_ORG_ID in wrangler.toml: ${names}`
      : "this key can list none: its id, org-…, is shown at app.devin.ai, Settings → Service Users; put it into wrangler.toml";
    return note("Devin organisation", wrong("DEVIN_ORG_ID is not set", todo));
  }
  if (listed && !known.has(org)) {
    return note("Devin organisation", wrong(`${org} is none that the key can see`, `DEVIN_ORG_ID should be one of ${names}`));
  }
  note("Devin organisation", ok(listed ? `${org}, of ${names}` : `${org}; this key can list none, so only the calls below tell`));

  const list = await devin.list(org);
  note("ViewOrgSessions", list.status === 200 ? ok("the key may list sessions") : refused("a list of sessions", list.status, "ViewOrgSessions", org));
  const { status } = await devin.probe(org);
  const may = status === 404 || status === 422;
  note("ManageOrgSessions", may ? ok("the key may start sessions and write to them") : refused("a message to a session that does not exist", status, "ManageOrgSessions", org));
}

/** What to do when Devin refuses `what`. */
function refused(what, status, permission, org) {
  const said = `Devin answers ${status} to ${what}`;
  if (status === 401) return wrong(said, "the key is wrong, expired or revoked: make a new one under Settings → Service Users");
  if (status === 403 && permission) return wrong(said, `give the service user the permission ${permission} in ${org}`);
  if (status === 403) return wrong(said, "this key is not for this API: cog_… is for v3, apk_… for v1");
  if (status === 404) return wrong(said, `see that DEVIN_API_URL${org ? ` and DEVIN_ORG_ID (${org}) are` : " is"} right`);
  return wrong(said, "Devin is busy or down: try again in a minute");
}
