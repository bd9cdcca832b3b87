// The runtime's border: what would take the WASM a dozen calls is one here, because each costs about as much as looking at
// a whole request. src/runtime.rs says what these are for.

export function serve(answer, request, env, context, most) {
  // None of these can have a line break.
  let head = `${request.method}\n${request.url}`;
  let hasLength = false;
  for (const [name, value] of request.headers) {
    head += `\n${name}\n${value}`;
    hasLength ||= name === "content-length";
  }
  // Not while the body is read: of whoever goes away meanwhile nothing would be left but this.
  const ask = (body) => globalThis.devinBridge.answered(() => answer(head, body, request, env, context));
  // Most are answered without a promise, which is dear; null asks for the body.
  const answered = ask();
  if (answered !== null) return answered;
  // A body that says its length, which was looked at, is taken in one piece: that costs a third of reading it as a stream.
  const body = hasLength ? request.arrayBuffer() : read(request, most);
  return body.then((buffer) => ask(new Uint8Array(buffer)));
}

/** Bytes of a body that are waited for at first; then twice as many each time. */
const FIRST_PIECE = 16 * 1024;

/** The body; of one that is longer than `most` bytes, at least one more. */
async function read(request, most) {
  const reader = request.body?.getReader({ mode: "byob" });
  const pieces = [];
  let length = 0;
  let piece = FIRST_PIECE;
  for (let done = !reader; !done && length <= most; piece *= 2) {
    // A piece is filled before it is given: whoever sends byte by byte would otherwise have each of them cost four kilobytes.
    const filled = await reader.readAtLeast(piece, new Uint8Array(piece));
    length += filled.value?.length ?? 0;
    if (filled.value) pieces.push(filled.value);
    done = filled.done;
  }
  if (length > most) await reader.cancel();
  return new Blob(pieces).arrayBuffer();
}

/** The headers that all responses of a type have, kept: a response copies them faster than it makes them. */
const headersOf = {};

export function response(code, type, body, more) {
  headersOf[type] ??= new Headers({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": type });
  const response = new Response(body, { status: code, headers: headersOf[type] });
  for (let at = 0; at < more.length; at += 2) response.headers.set(more[at], more[at + 1]);
  return response;
}

/** What a Durable Object answers to a text: its status, a line break, and its own text. */
export async function call(object, text) {
  const response = await object.fetch("https://object/call", { method: "POST", body: text });
  return `${response.status}\n${await response.text()}`;
}
