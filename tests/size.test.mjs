// The size of the Worker beside the last release's. What Cloudflare takes is 64 MiB; what counts is that growth is noticed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sizes } from "../scripts/build.mjs";

/** Of the last release's WASM in bytes; until 0.1.0 is out, of the version before the code was split into crates. */
const RELEASED = { raw: 644_000, gzip: 264_000 };
const MOST_GZIPPED = 1_500_000;

test("the Worker is small, and how much it has grown is printed", (t) => {
  const now = sizes();
  for (const kind of ["raw", "gzip"]) {
    const grown = ((now[kind] / RELEASED[kind] - 1) * 100).toFixed(0);
    t.diagnostic(`WASM ${kind}: ${(now[kind] / 1000).toFixed(1)} KB, ${grown} % more than released`);
  }
  assert.ok(now.gzip < MOST_GZIPPED, `${now.gzip} bytes gzipped, at most ${MOST_GZIPPED}: look at what the newest dependency brings`);
});
