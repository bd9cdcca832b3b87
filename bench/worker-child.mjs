// The process that contenders.mjs starts for a Worker: Miniflare, which in turn starts workerd. Ours is what
// scripts/build.mjs built, with the bindings and variables of wrangler.toml; the rivals get the same namespace.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { parse } from "smol-toml";

const read = (path) => readFileSync(new URL(path, import.meta.url));
const config = parse(read("../wrangler.toml").toString());

process.once("message", async ({ worker, vars, persistTo, inspector }) => {
  const runtime = new Miniflare({
    ...(worker === "ours" ? ours() : script(worker)),
    name: config.name,
    compatibilityDate: config.compatibility_date,
    bindings: { ...config.vars, ...vars },
    kvNamespaces: config.kv_namespaces.map(({ binding }) => binding),
    host: "127.0.0.1",
    port: 0,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    cf: false,
    defaultPersistRoot: persistTo,
    kvPersist: true,
    durableObjectsPersist: true,
    log: new Log(LogLevel.ERROR),
    // Everybody logs; nobody reads it.
    handleRuntimeStdio: (out, err) => [out, err].forEach((stream) => stream.resume()),
    ...(inspector && { inspectorPort: 0 }),
  });
  process.on("disconnect", async () => {
    await runtime.dispose();
    process.exit(0);
  });
  const url = await runtime.ready;
  const direct = await runtime.unsafeGetDirectURL();
  const inspectorUrl = inspector ? (await runtime.getInspectorURL()).href : undefined;
  process.send({ ready: url.origin, direct: direct.origin, inspectorUrl });
});

function objects(bindings) {
  const sqlite = config.migrations.flatMap((migration) => migration.new_sqlite_classes ?? []);
  return Object.fromEntries(
    bindings.map(({ name, class_name: className }) => [name, { className, useSQLite: sqlite.includes(className) }]),
  );
}

function ours() {
  return {
    modules: [
      { type: "ESModule", path: "index.js", contents: read("../build/index.js").toString() },
      { type: "CompiledWasm", path: "index_bg.wasm", contents: read("../build/index_bg.wasm") },
    ],
    durableObjects: objects(config.durable_objects.bindings),
  };
}

function script(file) {
  const modules = [file, "rivals/prompt.mjs"].map((path) => ({
    type: "ESModule",
    path: basename(path),
    contents: read(path).toString(),
  }));
  if (file !== "seed.mjs") return { modules };
  return { modules, durableObjects: objects(config.durable_objects.bindings.filter(({ name }) => name === "REGISTER")) };
}
