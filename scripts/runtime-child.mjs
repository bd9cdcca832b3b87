// The process that runtime.mjs starts: Miniflare, which in turn starts workerd.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";

process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));

process.once("message", async (config) => {
  const has = ({ binding, name }) => !config.without.includes(binding ?? name);
  const modules = [
    ...(config.wrapper ? [{ type: "ESModule", path: "wrapper.js", contents: readFileSync(config.wrapper, "utf8") }] : []),
    { type: "ESModule", path: "index.js", contents: readFileSync("build/index.js", "utf8") },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync("build/index_bg.wasm") },
  ];
  const sqlite = config.migrations.flatMap((migration) => migration.new_sqlite_classes ?? []);
  const objects = config.durable_objects.bindings.filter(has).map(({ name, class_name: className }) => [
    name,
    { className, useSQLite: sqlite.includes(className) },
  ]);

  // What Miniflare leaves in its temporary folder when it is killed goes away with the state.
  process.env.TMPDIR = join(config.persistTo, "tmp");
  mkdirSync(process.env.TMPDIR, { recursive: true });

  const runtime = new Miniflare({
    name: config.name,
    modules,
    compatibilityDate: config.compatibility_date,
    bindings: config.bindings,
    kvNamespaces: config.kv_namespaces.filter(has).map(({ binding }) => binding),
    durableObjects: Object.fromEntries(objects),
    host: "127.0.0.1",
    port: config.port,
    cf: false,
    defaultPersistRoot: config.persistTo,
    kvPersist: true,
    durableObjectsPersist: true,
    log: new Log(LogLevel.ERROR),
    handleStructuredLogs: ({ level, message }) => {
      process.send({ log: { level, message } });
    },
  });
  process.on("message", async (message) => {
    if (message === "cron") {
      const worker = await runtime.getWorker();
      process.send({ cron: await worker.scheduled({ cron: config.triggers.crons[0] }) });
      return;
    }
    await runtime.dispose();
    process.exit(0);
  });
  const url = await runtime.ready;
  process.send({ ready: url.origin });
});
