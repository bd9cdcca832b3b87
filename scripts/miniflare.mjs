// The Worker of wrangler.toml as Miniflare wants it described.
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";

/** The files of the Worker that scripts/build.mjs makes, the main one first. */
export const MODULES = ["index.js", "bridge.js", "texts.js", "index_bg.wasm"];

/** Their contents by their names. */
export const builtModules = (folder = "build") => Object.fromEntries(MODULES.map((name) => [name, readFileSync(join(folder, name))]));

const TYPES = { ".js": "esm", ".mjs": "esm", ".wasm": "wasm" };

/** One Worker on the local runtime, with these options. */
export const miniflare = (options) => new Miniflare(miniflareOptions(options));

/**
 * What Miniflare takes for one Worker on the local runtime.
 * - config: wrangler.toml as read
 * - modules: the contents of its files by their names, the main one first
 * - variables: its variables and secrets
 * - without: names of the bindings that it does not get
 * - persistTo: the folder of its KV and Durable Objects
 * - dev, others: what else Miniflare takes for a Worker and for itself
 */
export function miniflareOptions({ config, modules, variables = {}, without = [], persistTo, dev = {}, ...others }) {
  const has = (name) => !without.includes(name);
  const objects = (config.durable_objects?.bindings ?? []).filter(({ name }) => has(name));
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => [name, variable(value)]),
    ...(config.kv_namespaces ?? []).filter(({ binding }) => has(binding)).map(({ binding }) => [binding, { type: "kv", id: binding }]),
    ...(config.ratelimits ?? []).filter(({ name }) => has(name)).map(({ name, namespace_id: namespace, simple }) => [name, { type: "rate-limit", namespace, simple }]),
    ...objects.map(({ name, class_name: exportName }) => [name, { type: "durable-object", worker: config.name, exportName }]),
  ];
  const files = Object.entries(modules).map(([path, contents]) => [path, { type: TYPES[extname(path)], contents }]);
  return {
    host: "127.0.0.1",
    port: 0,
    // What Cloudflare says of who asks: here it is this machine.
    cf: { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    enableDevRegistry: false,
    log: new Log(LogLevel.ERROR),
    resourcePersistencePath: persistTo,
    ...others,
    workers: [
      {
        config: {
          name: config.name,
          compatibilityDate: config.compatibility_date,
          manifest: { mainModule: files[0][0], modules: Object.fromEntries(files) },
          env: Object.fromEntries(bindings),
          exports: Object.fromEntries(objects.map(({ class_name: name }) => [name, { type: "durable-object", storage: storage(config, name) }])),
        },
        dev,
      },
    ],
  };
}

const variable = (value) => (typeof value === "string" ? { type: "text", value } : { type: "json", value });

const storage = ({ migrations = [] }, name) =>
  migrations.some(({ new_sqlite_classes: classes = [] }) => classes.includes(name)) ? "sqlite" : "legacy-kv";
