// The four that are compared. The Workers run on workerd through Miniflare, all with the same options.
import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ORG, V3_KEY } from "../tests/fake-devin.mjs";
import { SECRETS } from "./events.mjs";
import { folder } from "./folder.mjs";
import { childNamed, cpu } from "./process.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** How each is called in the table; those with a `worker` run on workerd. */
export const CONTENDERS = {
  limit: { title: "200 to everything", worker: "rivals/nothing.mjs" },
  worker: { title: "documented bridge, Worker with KV", worker: "rivals/bridge.mjs" },
  express: { title: "documented bridge, Express", program: "rivals/express.mjs" },
  ours: { title: "devin-bridge", worker: "ours" },
  // A release before, in the folder that --before names.
  ...(process.env.BENCH_BEFORE && { before: { title: "devin-bridge before", worker: "before" } }),
};

/** Not compared: it prepares storage for ours. */
const SEED = { worker: "seed.mjs" };

/**
 * Starts a contender:
 * { name, url, direct, pid, cpu(), stop() }; `direct` is a Worker's address without Miniflare's own Worker in front of it;
 * `pid` is the process that does the work, workerd or Node.
 * - devin: the address of Devin
 * - persistTo: a folder to keep its state in; by default one that goes away with it
 * - more: other variables
 * - inspector: whether the inspector listens too, on `inspectorUrl`
 */
export async function start(name, { devin, persistTo, inspector = false, more = {} }) {
  const { worker, program } = name === "seed" ? SEED : CONTENDERS[name];
  const state = persistTo ?? folder();
  const vars = {
    ...SECRETS,
    DEVIN_API_URL: devin,
    DEVIN_ORG_ID: ORG,
    DEVIN_API_KEY: V3_KEY,
    SESSIONS_PER_MINUTE: "10000",
    SESSIONS_PER_DAY: "100000",
    ...more,
  };
  const child = fork(here(program ?? "worker-child.mjs"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.send(program ? vars : { worker, vars, persistTo: state, inspector });
  const [{ ready, direct, inspectorUrl }] = await Promise.race([
    once(child, "message"),
    ended.then((code) => Promise.reject(new Error(`${name} ended with ${code} before it was ready`))),
  ]);
  const pid = program ? child.pid : childNamed(child.pid, "workerd");
  return {
    name,
    url: ready,
    direct,
    inspectorUrl,
    pid,
    cpu: () => cpu(pid),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
      if (!persistTo) rmSync(state, { recursive: true, force: true });
    },
  };
}
