// The built Worker on the real local runtime (workerd), in processes of its own, so that it can be killed the hard way
// and started again on the same disk.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { currentNode } from "./node.mjs";
import { ROOT } from "./steps.mjs";

const CHILD = fileURLToPath(new URL("runtime-child.mjs", import.meta.url));

/**
 * Starts the Worker.
 * - persistTo: the folder of its KV and Durable Objects
 * - vars: variables and secrets; wrangler.toml has the others, null takes one of those away
 * - port: a free one by default
 * - onLog: gets each line the Worker logs, as { level, message }
 * - wrapper: a module in front of the Worker's own, index.js
 * - without: names of bindings it does not have
 */
export async function startRuntime({ persistTo, vars = {}, port = 0, onLog = () => {}, wrapper, without = [] }) {
  const config = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  const variables = Object.entries({ ...config.vars, ...vars }).filter(([, value]) => value !== null);

  // A process group of its own (detached): workerd is in it too. When we die, however we die, the channel closes and
  // the group ends itself.
  const child = spawn(currentNode(), [CHILD], {
    cwd: ROOT,
    // Miniflare is large, and each suite starts it several times.
    env: { ...process.env, NODE_COMPILE_CACHE: join(ROOT, "node_modules", ".cache", "node") },
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.on("message", (message) => {
      if (message.log) onLog(message.log);
      if (message.ready) resolve(message.ready);
      if (message.failed) reject(new Error(message.failed));
    });
    ended.then((code) => reject(new Error(`The local runtime ended with ${code} before it was ready`)));
    child.send({ config, variables: Object.fromEntries(variables), persistTo, port, wrapper, without });
  });

  const answer = (question, name) =>
    new Promise((resolve) => {
      const listen = (message) => message[name] && (child.off("message", listen), resolve(message[name]));
      child.on("message", listen);
      ended.then(() => resolve({ error: "The local runtime has ended." }));
      child.send(question);
    });

  return {
    url,
    /** Takes what has been built since; the state stays. `port` must have been given. */
    async reload() {
      const { error } = await answer("reload", "reloaded");
      if (error) throw new Error(error);
    },
    /** Runs the cron trigger, and gives what the runtime says of it: { outcome }. */
    cron: () => answer("cron", "cron"),
    port: Number(new URL(url).port),
    /** Ends it in order. */
    async stop() {
      if (child.connected) child.send("stop");
      await ended;
    },
    /** SIGKILL to all its processes, as a crash or a power cut would. */
    async kill() {
      process.kill(-child.pid, "SIGKILL");
      await ended;
      while (await listening(url)) await sleep(5);
    },
  };
}

function listening(url) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
