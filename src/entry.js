// The Worker's entry: scripts/build.mjs puts it beside what it has compiled, as build/index.js.
import Bridge, { IncidentObject, RegisterObject } from "./bridge.js";
import texts from "./texts.js";

// What the WASM reads them by: src/runtime.rs.
globalThis.devinBridgeTexts = texts;

/** Of worker-build's own making: whether the WASM has trapped, and is to be replaced. */
const state = globalThis.__worker_init_state;

/**
 * A method of the class. Only then by way of an instance, which replaces the WASM: otherwise an instance for each request,
 * behind a proxy, would be a tenth of what the request costs.
 */
function handler(name) {
  const method = Bridge.prototype[name];
  return (event, env, ctx) => (state.criticalError ? new Bridge(ctx, env)[name](event) : method.call({ env, ctx }, event));
}

export { IncidentObject, RegisterObject };

export default { fetch: handler("fetch"), scheduled: handler("scheduled") };
