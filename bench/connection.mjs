import { once } from "node:events";
import { connect } from "node:net";

/** A connection that is kept, with one request on its way at a time. */
export class Connection {
  /** Resolves when it is there. */
  open;
  closed = false;

  #socket;
  #answered;
  #text = "";

  constructor(host, port) {
    this.#socket = connect({ host, port, noDelay: true });
    this.open = once(this.#socket, "connect");
    this.open.catch(() => {});
    this.#socket.setEncoding("latin1").on("data", (chunk) => {
      this.#text += chunk;
      const status = whole(this.#text);
      if (status === undefined) return;
      this.#text = "";
      this.#answered.resolve(status);
    });
    this.#socket.on("error", (error) => this.#answered?.reject(error));
    this.#socket.on("close", () => {
      this.closed = true;
      this.#answered?.reject(new Error("The connection was closed before the answer"));
    });
  }

  ask(request) {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#socket.write(request);
    });
  }

  end() {
    this.#socket.end();
  }
}

/** The status of an answer that has arrived whole. */
function whole(text) {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  const arrived = length ? text.length - headEnd - 4 >= Number(length[1]) : text.endsWith("0\r\n\r\n");
  return arrived ? Number(head.slice(9, 12)) : undefined;
}
