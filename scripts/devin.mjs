// Asks Devin whether a key is good for what the bridge does with it. Nothing is created or changed there.

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

  async #ask(method, path, body) {
    const response = await fetch(this.#base + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
      redirect: "manual", // A redirect would take the key along.
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
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
