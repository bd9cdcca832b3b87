// The process that runtime.mjs starts: Miniflare, which in turn starts workerd.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { builtModules, miniflareOptions } from "./miniflare.mjs";

process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));

process.once("message", async ({ config, variables, persistTo, port, wrapper, without }) => {
  // What Miniflare leaves in its temporary folder when it is killed goes away with the state.
  process.env.TMPDIR = join(persistTo, "tmp");
  mkdirSync(process.env.TMPDIR, { recursive: true });

  const built = () =>
    miniflareOptions({
      config,
      modules: {
        ...(wrapper && { "wrapper.js": readFileSync(wrapper, "utf8") }),
        ...builtModules(),
      },
      variables,
      without,
      persistTo,
      port,
      handleStructuredLogs: ({ level, message }) => {
        process.send({ log: { level, message } });
      },
    });
  const runtime = new Miniflare(built());
  process.on("message", async (message) => {
    if (message === "reload") {
      const error = await runtime.setOptions(built()).then(() => undefined, ({ message }) => message);
      process.send({ reloaded: { error } });
      return;
    }
    if (message === "cron") {
      const worker = await runtime.getWorker();
      process.send({ cron: await worker.scheduled({ cron: config.triggers.crons[0] }) });
      return;
    }
    await runtime.dispose();
    process.exit(0);
  });
  try {
    const url = await runtime.ready;
    process.send({ ready: url.origin });
  } catch (error) {
    process.send({ failed: error.message }, () => process.exit(1));
  }
});
