// The Worker's entry: scripts/build.mjs puts it beside what it has compiled, as build/index.js.
import Bridge, { IncidentObject, RegisterObject } from "./bridge.js";
import texts from "./texts.js";

// What the WASM reads them by: src/runtime.rs.
globalThis.devinBridgeTexts = texts;

const { fetch, scheduled } = Bridge.prototype;
/** Of worker-build's own making: whether the WASM has trapped, and is to be replaced. */
const state = globalThis.__worker_init_state;

export { IncidentObject, RegisterObject };

export default {
  // Only then by way of an instance of the class, which replaces it: otherwise an instance for each request, behind a
  // proxy, would be a tenth of what the request costs.
  fetch: (request, env, ctx) =>
    state.criticalError ? new Bridge(ctx, env).fetch(request) : fetch.call({ env, ctx }, request),
  scheduled: (event, env, ctx) =>
    state.criticalError ? new Bridge(ctx, env).scheduled(event) : scheduled.call({ env, ctx }, event),
};
