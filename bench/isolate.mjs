// What an isolate costs before its first event and after many: the start, the memory, the bytes.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { builtModules } from "../scripts/miniflare.mjs";
import { Connection } from "./connection.mjs";
import { start } from "./contenders.mjs";
import { digits, ignored, resolved } from "./events.mjs";
import { Inspector } from "./inspector.mjs";
import { closedLoop } from "./load.mjs";
import { turns } from "./paths.mjs";

const MIB = 1024 * 1024;
/** How often the memory is looked at on the way. */
const SAMPLES = 3;

/** Starts of workerd: { first, cpu }: milliseconds of the first request, and of CPU from the start to its answer. */
export async function starts(names, devin, rounds, add) {
  for (let round = 0; round < rounds; round += 1) {
    for (const name of turns(names, round)) {
      const contender = await start(name, { devin: devin.url });
      const { hostname, port } = new URL(contender.url);
      const connection = new Connection(hostname, Number(port));
      await connection.open;
      const begun = performance.now();
      await connection.ask(ignored().join(digits(0)));
      const first = performance.now() - begun;
      add("start", name, { first, cpu: contender.cpu() });
      connection.end();
      await contender.stop();
    }
  }
}

/**
 * The memory of our isolate while `events` events go through it, each about any of the `known` incidents that the
 * storage has: [{ events, mib, wasmMib }], of which `mib` is everything: JavaScript's heap, buffers, and the WASM's.
 */
export async function memory(folder, known, events, devin) {
  const contender = await start("ours", { devin: devin.url, persistTo: folder, inspector: true });
  const samples = [];
  try {
    const numbers = { known, first: 0, newShare: 0 };
    for (let done = 0; done < events; ) {
      done += (await closedLoop(contender.url, { pieces: resolved("K"), numbers, seconds: 5 })).requests;
      if (done < ((samples.length + 1) * events) / SAMPLES) continue;
      // An isolate without requests sometimes lets what the inspector asks for lie.
      const wake = setInterval(() => fetch(`${contender.url}/health`).catch(() => {}), 50);
      try {
        // Only for the moment: while somebody listens, everything that is logged is kept for him.
        const inspector = await Inspector.connect(`${contender.inspectorUrl}core:user:devin-bridge`);
        samples.push({ events: done, ...(await inspector.memory()) });
        inspector.close();
      } finally {
        clearInterval(wake);
      }
    }
  } finally {
    await contender.stop();
  }
  return samples.map(({ events, heap, wasm }) => ({ events, mib: (heap + wasm) / MIB, wasmMib: wasm / MIB }));
}

/** What is deployed: { kb, gzipKb, scriptKb }. */
export function size() {
  const { "index_bg.wasm": wasm, ...scripts } = builtModules(fileURLToPath(new URL("../build", import.meta.url)));
  const script = Buffer.concat(Object.values(scripts));
  return { kb: wasm.length / 1000, gzipKb: gzipSync(wasm, { level: 9 }).length / 1000, scriptKb: script.length / 1000 };
}
