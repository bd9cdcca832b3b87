// The Worker's entry: scripts/build.mjs puts it beside what it has compiled, as build/index.js.
import Bridge, { IncidentObject, RegisterObject } from "./bridge.js";
import texts from "./texts.js";

// What the WASM reads them by: src/runtime.rs.
globalThis.devinBridgeTexts = texts;

// Not the class itself: each request would get an instance of it, behind a proxy, which is a tenth of what it costs.
const { fetch, scheduled } = Bridge.prototype;

export { IncidentObject, RegisterObject };

export default {
  fetch: (request, env, ctx) => fetch.call({ env, ctx }, request),
  scheduled: (event, env, ctx) => scheduled.call({ env, ctx }, event),
};
