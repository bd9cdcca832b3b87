// A Devin API to try the bridge against: v3 and v1 as documented, on 127.0.0.1, with everything it was asked on record.
// It can misbehave on demand; see script().
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const ORG = "org-local";
export const V3_KEY = "cog_local_fake_key";
export const V1_KEY = "apk_local_fake_key";

const ENDED = ["exit", "error"];

export class FakeDevin {
  /** Every request: { at, api, call, method, path, query, headers, body, sessionId }. */
  requests = [];
  /** How long a new session is missing from the list. */
  listLagMs = 0;
  /** How many sessions may be alive; more are refused with 429. */
  concurrencyLimit = Infinity;
  /** Misbehaviour at large: request => an answer as in script(), or undefined. Asked where no script has one. */
  mood = () => undefined;
  /**
   * How lists of ids are read: "repeated" (`ids=a&ids=b`), "comma" (`ids=a,b`; of repeated ones only the first) or "last"
   * (of repeated ones only the last). Nobody knows which of them Devin does.
   */
  arrays = "repeated";
  /** The tags that the organisation allows; others are left out of a new session. */
  allowedTags = undefined;
  /** What a session lives through, as live(), of every session that is created from now on. */
  life = undefined;
  /** The time; a bridge whose clock is moved moves this one along. */
  now = () => Date.now();

  #sessions = [];
  #scripts = [];
  // No time limit: a connection that ends just as it is used again is a fault too, but not one to have by accident.
  #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    // A client that dies in the middle of its request has no answer to get.
    this.#serve(request, response).catch((error) => {
      if (error.code !== "ECONNRESET") throw error;
    });
  });

  static async start(port = 0) {
    const devin = new FakeDevin();
    await devin.#listen(port);
    devin.url = `http://127.0.0.1:${devin.#server.address().port}`;
    return devin;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens again, where it did before stop(), with everything it knew. */
  restart() {
    return this.#listen(Number(new URL(this.url).port));
  }

  #listen(port) {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  /**
   * The next answers to one kind of call ("create", "list", "get", "message", "messages", "self", "organizations"), in
   * order; `match` is
   * a part of the path, query or body, so that each incident can have a script of its own. An answer is "ok" or any of
   *   status, headers, body   this instead of what would be right (body: text, or a value sent as JSON)
   *   delayMs                 this much later
   *   done: true              but what was asked for is done, and at once
   *   cut: "before-read"      the connection ends and nothing is done; with delayMs, after that time
   *   cut: "after-create"     the connection ends after what was asked for is done
   *   cut: "mid-answer"       … in the middle of the answer
   *   drips: "head", "body"   the answer comes byte by byte, and never ends
   * or a function that gives one when it is needed. What script() gives tells how many answers are left, and can drop
   * those.
   */
  script({ call, match = "", replies }) {
    const script = { call, match, replies: [...replies] };
    this.#scripts.push(script);
    return { left: () => script.replies.length, drop: () => (script.replies.length = 0) };
  }

  /** All sessions, oldest first. */
  get all() {
    return this.#sessions;
  }

  sessions(match = "") {
    return this.#sessions.filter((session) => JSON.stringify(session).includes(match));
  }

  calls(call, match = "") {
    return this.requests.filter((request) => request.call === call && request.text.includes(match));
  }

  creates(match) {
    return this.calls("create", match);
  }

  messages(sessionId) {
    return this.#find(sessionId).messages;
  }

  /** What became of a session: status and, for v3, status_detail. */
  setStatus(sessionId, status, detail) {
    Object.assign(this.#find(sessionId), { status, detail });
  }

  /** Devin writes something in a session. */
  say(sessionId, message) {
    const at = seconds(this.now());
    this.#find(sessionId).messages.push({ event_id: id("event"), source: "devin", message, created_at: at });
  }

  /** What a session has made: { pullRequests: [url], acus, output }. */
  setWork(sessionId, work) {
    Object.assign(this.#find(sessionId), work);
  }

  async #serve(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url, this.url);
    const route = findRoute(request.method, url.pathname);
    const record = {
      at: this.now(),
      api: url.pathname.split("/")[1],
      call: route?.call,
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: parse(text),
      sessionId: route?.sessionId && decodeURIComponent(route.sessionId),
      text: `${decodeURIComponent(request.url)} ${text}`,
    };
    this.requests.push(record);

    const script = this.#scripts.find(
      ({ call, match, replies }) => replies.length > 0 && call === record.call && record.text.includes(match),
    );
    if (script?.replies.length === 1) this.#scripts.splice(this.#scripts.indexOf(script), 1);
    const scripted = script?.replies.shift() ?? this.mood(record) ?? "ok";
    const reply = typeof scripted === "function" ? scripted() : scripted;
    if (reply.cut === "before-read") {
      await sleep(reply.delayMs ?? 0, undefined, { ref: false });
      return request.socket.destroy();
    }

    const instead = reply.status !== undefined;
    const early = reply.done ? this.#answer(record) : undefined;
    if (reply.delayMs) await sleep(reply.delayMs, undefined, { ref: false });
    const right = early ?? (instead ? undefined : this.#answer(record));
    if (reply.cut === "after-create") return request.socket.destroy();

    const { status, body, headers = {} } = instead ? reply : right;
    if (reply.drips) return drip(response, status, JSON.stringify(body ?? null), reply.drips);
    const json = typeof body !== "string";
    const bytes = Buffer.from(json ? JSON.stringify(body ?? null) : body);
    const type = json ? "application/json" : "text/html";
    response.writeHead(status, { "content-type": type, "content-length": bytes.length, ...headers });
    if (reply.cut === "mid-answer") {
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
    } else {
      response.end(bytes);
    }
  }

  // The answer a Devin in good health would give.
  #answer(request) {
    const api = request.api === "v3" ? v3 : v1;
    const key = request.headers.authorization?.replace(/^Bearer /, "");
    if (key !== V3_KEY && key !== V1_KEY) return api.error(401, "Invalid API key");
    if (key !== api.key) return api.error(403, "This kind of API key is not supported here");
    if (!request.call || (api === v3 && !OUTSIDE.includes(request.call) && request.path.split("/")[3] !== ORG)) {
      return api.error(404, "Not found");
    }
    switch (request.call) {
      case "self":
        return ok({ principal_type: "service_user", service_user_id: "su-local", service_user_name: "local", org_id: ORG });
      case "organizations":
        return ok({ items: [{ org_id: ORG, name: "Local" }], end_cursor: null, has_next_page: false, total: 1 });
      case "create":
        return this.#create(api, request);
      case "list":
        this.#live();
        return api.list(this.#visible(request.query), request.query);
    }
    this.#live();
    const session = this.#find(request.sessionId);
    if (!session) return api.error(404, "Session not found");
    switch (request.call) {
      case "get":
        return ok(api.session(session, true));
      case "terminate":
        session.status = "exit";
        return ok(api === v3 ? api.session(session) : null);
      case "archive":
        session.archived = true;
        return ok(api.session(session));
      case "messages":
        return ok(page(session.messages, request.query, ({ event_id }) => event_id));
      case "message": {
        const { message } = request.body ?? {};
        if (typeof message !== "string") return api.invalid("message", "Field required");
        session.messages.push({ event_id: id("event"), source: "user", message, created_at: seconds(this.now()) });
        if (session.status === "suspended") session.status = "running";
        return ok(api === v3 ? api.session(session) : null);
      }
    }
  }

  /** Every session that has a life is as far as that says. */
  #live() {
    for (const session of this.#sessions) {
      if (session.life) Object.assign(session, session.life(this.now() - session.createdMs));
    }
  }

  #create(api, { body }) {
    if (typeof body?.prompt !== "string") return api.invalid("prompt", "Field required");
    if (body.prompt.length >= 30_000) return api.error(400, "Prompt is too long. Must be less than 30000 characters.");
    const unknown = Object.keys(body).find((name) => !api.fields.includes(name));
    if (unknown) return api.invalid(unknown, "Extra inputs are not permitted");
    if ((body.tags ?? []).length > 50) return api.invalid("tags", "List should have at most 50 items");
    if (body.max_acu_limit != null && !(Number.isInteger(body.max_acu_limit) && body.max_acu_limit > 0)) {
      return api.invalid("max_acu_limit", "Input should be a valid integer greater than 0");
    }
    const same = api === v1 && body.idempotent && this.#sessions.find(({ prompt }) => prompt === body.prompt);
    if (same) return ok({ ...api.created(same), is_new_session: false });
    if (this.#sessions.filter(({ status }) => !ENDED.includes(status)).length >= this.concurrencyLimit) {
      return api.error(429, `You exceeded your concurrent session limit of ${this.concurrencyLimit}`);
    }
    const session = {
      id: id("devin"),
      createdMs: this.now(),
      status: "new",
      title: null,
      playbook_id: null,
      ...body,
      tags: (body.tags ?? []).filter((tag) => this.allowedTags?.includes(tag) ?? true),
      messages: [],
    };
    this.#sessions.push(session);
    if (this.life) Object.defineProperty(session, "life", { value: this.life });
    return ok(api.created(session));
  }

  // Newest first. Several tags mean "any of them", so that a client which relies on "all of them" is found out.
  #visible(query) {
    const tags = this.#array(query, "tags");
    const ids = this.#array(query, "session_ids");
    const after = Number(query.get("created_after") ?? 0);
    return this.#sessions
      .filter(
        (session) =>
          this.now() - session.createdMs >= this.listLagMs &&
          (tags.length === 0 || tags.some((tag) => session.tags.includes(tag))) &&
          (ids.length === 0 || ids.includes(session.id)) &&
          seconds(session.createdMs) >= after &&
          query.get("is_archived") !== "true",
      )
      .reverse();
  }

  #array(query, name) {
    const all = [...query.getAll(name), ...query.getAll(`${name}[]`)];
    if (this.arrays === "comma") return all.slice(0, 1).flatMap((text) => text.split(","));
    return this.arrays === "last" ? all.slice(-1) : all;
  }

  #find(sessionId) {
    return this.#sessions.find((session) => session.id === sessionId || session.id === `devin-${sessionId}`);
  }
}

/** Answers byte by byte, of which the last never comes: more and more of the head, or blanks before a body. */
function drip(response, status, body, what) {
  const { socket } = response;
  const head = `HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n`;
  socket.write(what === "head" ? `${head}x-endless: ` : `${head}\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`);
  const more = setInterval(() => socket.write(what === "head" ? "x" : "1\r\n \r\n"), 500);
  socket.once("close", () => clearInterval(more)).on("error", () => {});
}

const ROUTES = [
  ["POST", /^\/(?:v3\/organizations\/[^/]+|v1)\/sessions$/, "create"],
  ["GET", /^\/(?:v3\/organizations\/[^/]+|v1)\/sessions$/, "list"],
  ["GET", /^\/(?:v3\/organizations\/[^/]+|v1)\/sessions\/([^/]+)$/, "get"],
  ["GET", /^\/v3\/organizations\/[^/]+\/sessions\/([^/]+)\/messages$/, "messages"],
  ["POST", /^\/v3\/organizations\/[^/]+\/sessions\/([^/]+)\/messages$/, "message"],
  ["POST", /^\/v1\/sessions\/([^/]+)\/message$/, "message"],
  ["DELETE", /^\/(?:v3\/organizations\/[^/]+|v1)\/sessions\/([^/]+)$/, "terminate"],
  ["POST", /^\/v3\/organizations\/[^/]+\/sessions\/([^/]+)\/archive$/, "archive"],
  ["GET", /^\/v3\/self$/, "self"],
  ["GET", /^\/v3\/enterprise\/organizations$/, "organizations"],
];
/** What is not about one organisation. */
const OUTSIDE = ["self", "organizations"];

function findRoute(method, path) {
  for (const [verb, pattern, call] of ROUTES) {
    const found = method === verb && pattern.exec(path);
    if (found) return { call, sessionId: found[1] };
  }
}

/** The fields of a create that both versions have. */
const FIELDS = [
  "prompt", "title", "playbook_id", "tags", "knowledge_ids", "secret_ids", "session_secrets", "max_acu_limit", "structured_output_schema",
];

const v3 = {
  key: V3_KEY,
  fields: [
    ...FIELDS, "repos", "devin_mode", "structured_output_required", "bypass_approval", "platform", "create_as_user_id",
    "child_playbook_id", "resumable", "session_links", "attachment_urls",
  ],
  error: (status, detail) => ({
    status,
    headers: { "content-type": "application/problem+json" },
    body: { type: "about:blank", title: TITLES[status], status, detail },
  }),
  invalid(field, message) {
    const problem = v3.error(422, "Request validation failed");
    problem.body.errors = [{ loc: ["body", field], msg: message, type: "value_error" }];
    return problem;
  },
  session: (session) => ({
    session_id: session.id,
    url: `https://app.devin.ai/sessions/${session.id.slice("devin-".length)}`,
    status: session.status,
    status_detail: session.detail ?? null,
    title: session.title,
    tags: session.tags,
    org_id: ORG,
    created_at: seconds(session.createdMs),
    updated_at: seconds(session.createdMs),
    acus_consumed: session.acus ?? 0,
    pull_requests: (session.pullRequests ?? []).map((url) => ({ pr_url: url, pr_state: "open" })),
    structured_output: session.output ?? null,
    playbook_id: session.playbook_id,
    origin: "api",
    is_archived: false,
  }),
  created: (session) => v3.session(session),
  list(sessions, query) {
    const first = Number(query.get("first") ?? 100);
    if (!(first >= 1 && first <= 200)) return v3.invalid("first", "Input should be between 1 and 200");
    const { items, ...rest } = page(sessions, query, ({ id }) => id);
    return ok({ items: items.map(v3.session), ...rest });
  },
};

const v1 = {
  key: V1_KEY,
  fields: [...FIELDS, "idempotent", "snapshot_id", "unlisted"],
  error: (status, detail) => ({ status, body: { detail } }),
  invalid: (field, message) => v1.error(422, [{ loc: ["body", field], msg: message, type: "value_error" }]),
  session: (session, whole = false) => ({
    session_id: session.id,
    status: session.status,
    status_enum: session.status === "new" ? "working" : session.status,
    title: session.title,
    tags: session.tags,
    playbook_id: session.playbook_id,
    created_at: new Date(session.createdMs).toISOString(),
    updated_at: new Date(session.createdMs).toISOString(),
    pull_request: session.pullRequests ? { url: session.pullRequests[0] } : null,
    structured_output: session.output ?? null,
    ...(whole && { messages: session.messages.map((message) => ({ ...message, type: `${message.source}_message` })) }),
  }),
  created: (session) => ({
    session_id: session.id,
    url: `https://app.devin.ai/sessions/${session.id.slice("devin-".length)}`,
    is_new_session: true,
  }),
  list(sessions, query) {
    const offset = Number(query.get("offset") ?? query.get("skip") ?? 0);
    const limit = Number(query.get("limit") ?? 100);
    return ok({ sessions: sessions.slice(offset, offset + limit).map((session) => v1.session(session)) });
  },
};

const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
};

const ok = (body) => ({ status: 200, body });
const id = (kind) => `${kind}-${randomBytes(16).toString("hex")}`;
const seconds = (milliseconds) => Math.floor(milliseconds / 1000);

/** A page of v3's. */
function page(all, query, name) {
  const first = Number(query.get("first") ?? 100);
  const start = all.findIndex((item) => name(item) === query.get("after")) + 1;
  const items = all.slice(start, start + first);
  const more = start + first < all.length;
  return { items, end_cursor: more ? name(items.at(-1)) : null, has_next_page: more, total: all.length };
}

/**
 * What live sessions do: at work for so many seconds, then waiting for their user with their output there, then suspended
 * because nobody came. They never say that they have finished, and their ACUs are 0.0 all along.
 */
export function live({ works = 60, output = null, pullRequests, sleeps = 1_800 } = {}) {
  return (age) => {
    if (age < works * 1_000) return { status: "running", detail: "working", acus: 0 };
    const made = { output, ...(pullRequests && { pullRequests }), acus: 0 };
    if (age < (works + sleeps) * 1_000) return { status: "running", detail: "waiting_for_user", ...made };
    return { status: "suspended", detail: "inactivity", ...made };
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
