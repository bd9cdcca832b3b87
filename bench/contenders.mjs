// The Workers that are compared, all on workerd through Miniflare with the same options, and the CPU time they use.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "smol-toml";
import { builtModules, miniflare } from "../scripts/miniflare.mjs";
import { ROOT } from "../scripts/steps.mjs";
import { FakeDevin, ORG, V3_KEY } from "../tests/fake-devin.mjs";
import { SECRETS } from "./events.mjs";

const BUDGET = { SESSIONS_PER_MINUTE: "10000", SESSIONS_PER_DAY: "100000" };
/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10;
// In memory where there is such a place: how fast this machine's disk writes says nothing about Cloudflare's storage.
if (existsSync("/dev/shm")) process.env.TMPDIR = "/dev/shm";

const config = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
const files = (folder, ...names) =>
  Object.fromEntries(names.map((name) => [basename(name), readFileSync(join(folder, name))]));

/** What each Worker consists of, the main module first. */
const MODULES = {
  noop: () => files(ROOT, "bench/rivals/noop.mjs"),
  documented: () => files(ROOT, "bench/rivals/documented.mjs"),
  ours: () => builtModules(join(ROOT, "build")),
  /** Ours with what the tests can do to it. */
  controlled: () => ({ ...files(ROOT, "tests/controlled-worker.js"), ...MODULES.ours() }),
  /** A release before, in the folder that --before names. */
  before(folder = process.env.BENCH_BEFORE) {
    const others = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name) && name !== "index.js");
    return files(folder, "index.js", ...others);
  },
};
/** They have no objects, and do nothing after their answers. */
export const isRival = ({ name }) => ["noop", "documented"].includes(name);

/** Lets `work` have Workers and the Devin that they share. Each of `wanted` is { name, variables }. */
export async function having(wanted, work) {
  const devin = await FakeDevin.start();
  const running = [];
  try {
    for (const each of wanted) running.push(await start(each, devin));
    await work(running, devin);
  } finally {
    for (const { stop } of running) await stop();
    await devin.stop();
  }
}

async function start(wanted, devin) {
  const account = { DEVIN_API_URL: devin.url, DEVIN_ORG_ID: ORG, DEVIN_API_KEY: V3_KEY };
  const others = runtimes();
  const runtime = miniflare({
    config,
    modules: MODULES[wanted.name](),
    variables: { ...config.vars, ...SECRETS, ...account, ...BUDGET, ...wanted.variables },
    // The limit of wrong secrets is one for each address, and here there is only this one.
    without: ["WRONG_SECRETS", ...(isRival(wanted) ? ["INCIDENT", "REGISTER"] : [])],
    // Without Miniflare's own Worker in front.
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
    // Everybody logs; nobody reads it.
    handleStructuredLogs: () => {},
  });
  await runtime.ready;
  const { origin: url } = await runtime.unsafeGetDirectURL();
  const pid = runtimes().find((each) => !others.includes(each));
  return { ...wanted, url, runtime, cpu: () => cpu(pid), idle: () => idle(pid), stop: () => runtime.dispose() };
}

/** The processes of workerd that this one has. */
const runtimes = () =>
  readdirSync("/proc/self/task")
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(" "))
    .filter((pid) => pid && readFileSync(`/proc/${pid}/comm`, "utf8") === "workerd\n");

/** The CPU time of a process so far, user and system, in milliseconds. */
function cpu(pid) {
  // The second field is the program's name in brackets and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Waits until a process has next to nothing to do. */
async function idle(pid) {
  for (let [before, now] = [-Infinity, cpu(pid)]; now - before > TICK_MS; ) {
    await sleep(150);
    [before, now] = [now, cpu(pid)];
  }
}
