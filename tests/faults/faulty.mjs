// A bridge whose storage can be made to fail.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { Log, LogLevel, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { ROOT } from "../../scripts/steps.mjs";

/**
 * Starts the Worker of `bridge`, which must be stopped, on its disk and in its place. `without`: names of bindings it
 * does not have. Gives { break(failures), stop() }; see faulty-worker.js for what break() takes and gives.
 */
export async function startFaulty(bridge, { without = [] } = {}) {
  const config = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  const has = (name) => !without.includes(name);
  const objects = config.durable_objects.bindings
    .filter(({ name }) => has(name))
    .map(({ name, class_name: className }) => [name, { className, useSQLite: true }]);
  const runtime = new Miniflare({
    name: config.name,
    modules: [
      { type: "ESModule", path: "faulty-worker.js", contents: readFileSync(new URL("faulty-worker.js", import.meta.url)) },
      { type: "ESModule", path: "index.js", contents: readFileSync(join(ROOT, "build/index.js")) },
      { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(ROOT, "build/index_bg.wasm")) },
    ],
    compatibilityDate: config.compatibility_date,
    bindings: { ...config.vars, ...bridge.vars },
    kvNamespaces: config.kv_namespaces.map(({ binding }) => binding).filter(has),
    durableObjects: Object.fromEntries(objects),
    host: "127.0.0.1",
    port: bridge.port,
    cf: false,
    defaultPersistRoot: bridge.persistTo,
    kvPersist: true,
    durableObjectsPersist: true,
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: ({ level, message }) => void bridge.logs.push({ level, message }),
  });
  let stopped;
  const stop = () => (stopped ??= runtime.dispose());
  after(stop);
  await runtime.ready;
  return {
    stop,
    async break(failures) {
      const answer = await fetch(new URL("/break", bridge.url), { method: "POST", body: JSON.stringify(failures) });
      return answer.json();
    },
  };
}
