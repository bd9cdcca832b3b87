// The process that contenders.mjs starts for a Worker: Miniflare, which in turn starts workerd. Ours is what
// scripts/build.mjs built, with the bindings and variables of wrangler.toml; the rivals get the same namespace.
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "smol-toml";
import { builtModules, miniflare } from "../scripts/miniflare.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url));
const config = parse(read("../wrangler.toml").toString());

/** The bindings that each does not get; the rivals know no objects. Refusals all come from one address here. */
const WITHOUT = { ours: ["WRONG_SECRETS"], before: [], "seed.mjs": ["INCIDENT"] };

process.once("message", async ({ worker, vars, persistTo, inspector }) => {
  const runtime = miniflare({
    config,
    modules: modules(worker),
    variables: { ...config.vars, ...vars },
    without: WITHOUT[worker] ?? ["INCIDENT", "REGISTER"],
    persistTo,
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
    // Everybody logs; nobody reads it.
    handleStructuredLogs: () => {},
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

function modules(worker) {
  if (worker === "ours") return builtModules(fileURLToPath(new URL("../build", import.meta.url)));
  if (worker !== "before") return files("", worker, "rivals/prompt.mjs");
  const folder = pathToFileURL(`${process.env.BENCH_BEFORE}/`);
  const others = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name) && name !== "index.js");
  return files(folder.href, "index.js", ...others);
}

function files(folder, ...names) {
  return Object.fromEntries(names.map((name) => [basename(name), read(folder + name)]));
}
