// Those who are notified where a session went: PagerDuty's REST API, as far as it is about notes, and an incoming webhook;
// on 127.0.0.1, with everything they were asked on record.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const TOKEN = "test-pagerduty-token-3e9d";
export const FROM = "sre@example.com";
const HOOK = "/services/T0000/B0000/test-webhook-path-77f1c0";

export class FakeTargets {
  /** Every request: { call: "write" | "list" | "hook", method, path, headers, body, text }. */
  requests = [];
  /** Each incident's notes. */
  notes = new Map();
  /**
   * Misbehaviour: request => undefined, or any of
   *   status, body   this instead of what would be right; done: true: but what was asked for is done
   *   delayMs        this much later (what is to be done is done at once)
   *   cut: true      the connection ends without an answer
   *   endless: true  the answer begins as it should, and never ends
   */
  mood = () => undefined;

  #server = createServer((request, response) => this.#serve(request, response));

  static async start() {
    const targets = new FakeTargets();
    await new Promise((resolve) => targets.#server.listen(0, "127.0.0.1", resolve));
    targets.url = `http://127.0.0.1:${targets.#server.address().port}`;
    return targets;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** The bridge's settings for both of them. */
  get vars() {
    return {
      PAGERDUTY_API_URL: this.url,
      PAGERDUTY_API_TOKEN: TOKEN,
      PAGERDUTY_FROM: FROM,
      NOTIFY_WEBHOOK_URL: this.url + HOOK,
    };
  }

  calls(call, match = "") {
    return this.requests.filter((request) => request.call === call && request.text.includes(match));
  }

  async #serve(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const id = /^\/incidents\/([A-Z0-9]+)\/notes$/.exec(request.url)?.[1];
    const call = request.url === HOOK ? "hook" : id && { POST: "write", GET: "list" }[request.method];
    const body = text && JSON.parse(text);
    const asked = { call, method: request.method, path: request.url, headers: request.headers, body };
    asked.text = `${request.url} ${text}`;
    this.requests.push(asked);
    const odd = this.mood(asked) ?? {};
    const right = odd.status === undefined || odd.done ? this.#answer(asked, id) : undefined;
    if (odd.delayMs) await sleep(odd.delayMs, undefined, { ref: false });
    if (odd.cut) return request.socket.destroy();
    const answer = odd.status === undefined ? right : odd;
    const type = typeof answer.body === "string" ? "text/plain" : "application/json";
    response.writeHead(answer.status, { "content-type": type });
    if (odd.endless) return response.write("o");
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  }

  #answer({ call, method, headers, body }, id) {
    if (call === "hook") return method === "POST" ? { status: 200, body: "ok" } : { status: 405, body: "" };
    if (!call) return { status: 404, body: { error: { message: "Not Found", code: 2100 } } };
    if (headers.authorization !== `Token token=${TOKEN}`) return { status: 401, body: { error: { code: 2006 } } };
    const notes = this.notes.get(id) ?? [];
    if (call === "list") return { status: 200, body: { notes } };
    if (headers.from !== FROM || !headers.accept?.startsWith("application/vnd.pagerduty+json")) {
      return { status: 400, body: { error: { message: "Invalid Input Provided", code: 2001, errors: ["From is needed"] } } };
    }
    const note = { id: `N${notes.length}`, content: body.note.content, created_at: new Date().toISOString() };
    this.notes.set(id, [...notes, note]);
    return { status: 200, body: { note } };
  }
}
