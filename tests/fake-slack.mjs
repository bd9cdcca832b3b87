// Slack's API, as far as a bot's threads are concerned, on 127.0.0.1, with everything it was asked on record.
import { createServer } from "node:http";

export const BOT = "xoxb-test-bot-token-41c7";
export const CHANNEL = "C0TESTCHAN1";

export class FakeSlack {
  /** Every request: { call, body, text }. */
  requests = [];
  /** The channel's messages: { ts, thread_ts, text, blocks, metadata }. */
  messages = [];
  /**
   * Misbehaviour: request => undefined, or any of
   *   error        ok: false with this error (nothing is done)
   *   status, body this instead; done: true: but what was asked for is done
   *   cut: true    the connection ends without an answer
   */
  mood = () => undefined;

  #count = 0;
  #server = createServer((request, response) => this.#serve(request, response));

  static async start() {
    const slack = new FakeSlack();
    await new Promise((resolve) => slack.#server.listen(0, "127.0.0.1", resolve));
    slack.url = `http://127.0.0.1:${slack.#server.address().port}`;
    return slack;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  get vars() {
    return { SLACK_API_URL: this.url, SLACK_BOT_TOKEN: BOT, SLACK_NOTIFY_CHANNEL: CHANNEL };
  }

  /** The roots about an incident, and the replies under one. */
  roots = (incident) => this.messages.filter((message) => !message.thread_ts && message.metadata.event_payload.incident === incident);
  replies = ({ ts }) => this.messages.filter((message) => message.thread_ts === ts);
  calls = (call, match = "") => this.requests.filter((request) => request.call === call && request.text.includes(match));

  /** Somebody deletes a message. Its replies stay under what Slack then shows in its place. */
  delete(message) {
    this.messages.splice(this.messages.indexOf(message), 1);
  }

  async #serve(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url, this.url);
    const call = url.pathname.slice(1);
    const body = text && JSON.parse(text);
    const asked = { call, headers: request.headers, query: url.searchParams, body, text: `${decodeURIComponent(request.url)} ${text}` };
    this.requests.push(asked);
    const odd = this.mood(asked) ?? {};
    const instead = odd.error !== undefined || odd.status !== undefined;
    const right = (instead || odd.cut) && !odd.done ? undefined : this.#answer(asked);
    if (odd.cut) return request.socket.destroy();
    const answer = odd.error ? { ok: false, error: odd.error } : odd.status ? odd.body : right;
    response.writeHead(odd.status ?? 200, { "content-type": "application/json", ...odd.headers });
    response.end(JSON.stringify(answer ?? null));
  }

  #answer({ call, headers, query, body }) {
    const error = (error) => ({ ok: false, error });
    if (headers.authorization !== `Bearer ${BOT}`) return error("invalid_auth");
    const channel = body?.channel ?? query.get("channel");
    if (channel !== CHANNEL) return error("channel_not_found");
    const { ts, thread_ts } = body || {};
    switch (call) {
      case "chat.postMessage": {
        const message = { ...body, ts: `${Math.floor(Date.now() / 1000)}.${String(++this.#count).padStart(6, "0")}` };
        this.messages.push(message);
        return { ok: true, channel, ts: message.ts };
      }
      case "chat.update": {
        const message = this.messages.find((message) => message.ts === ts);
        if (!message) return error("message_not_found");
        Object.assign(message, body);
        return { ok: true, channel, ts };
      }
      case "conversations.history":
        return { ok: true, messages: this.messages.filter((message) => !message.thread_ts), response_metadata: { next_cursor: "" } };
      case "conversations.replies": {
        const root = query.get("ts");
        if (!this.messages.some((message) => message.ts === root)) return error("thread_not_found");
        return { ok: true, messages: this.messages.filter((message) => message.ts === root || message.thread_ts === root) };
      }
    }
    return error("unknown_method");
  }
}
