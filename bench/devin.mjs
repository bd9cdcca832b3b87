// A Devin that costs next to nothing, in a process of its own: every POST is a new session, answered after a delay. It
// remembers when it was asked for which incident. Talks to its parent in messages: see startDevin().
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { INCIDENT } from "./events.mjs";

/** The tags that a session is asked for with: Devin gives them back. */
const TAGS = /"tags":(\[[^\]]*\])/;
const FILE = fileURLToPath(import.meta.url);

/** Starts it: { url, delay(ms), created() }; created() gives the incidents since the last call, as [[id, epoch ms]]. */
export async function startDevin() {
  const child = fork(FILE);
  const ask = async (message) => {
    child.send(message);
    return (await once(child, "message"))[0];
  };
  const { url } = await ask({});
  return {
    url,
    delay: (delay) => ask({ delay }),
    created: async () => (await ask({ take: true })).created,
    stop: () => child.disconnect(),
  };
}

function serve() {
  let delay = 0;
  let created = [];
  let sessions = 0;

  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    let text = "";
    request.setEncoding("latin1").on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      // What is sent to a session that exists makes none.
      if (request.method === "POST" && request.url.endsWith("/sessions")) created.push([INCIDENT.exec(text)?.[0], performance.timeOrigin + performance.now()]);
      setTimeout(() => response.end(answer(request.method, text, (sessions += 1))), delay);
    });
  });
  server.listen(0, "127.0.0.1");

  process.on("message", async (message) => {
    if (message.delay !== undefined) delay = message.delay;
    if (!server.listening) await once(server, "listening");
    process.send({ url: `http://127.0.0.1:${server.address().port}`, created: message.take ? created : [] });
    if (message.take) created = [];
  });
  process.on("disconnect", () => process.exit());
}

function answer(method, text, number) {
  if (method !== "POST") return '{"items":[],"end_cursor":null,"has_next_page":false}';
  const id = number.toString(16).padStart(32, "0");
  return `{"session_id":"devin-${id}","url":"https://app.devin.ai/sessions/${id}","status":"new","tags":${TAGS.exec(text)?.[1] ?? "[]"}}`;
}

if (process.argv[1] === FILE) serve();
