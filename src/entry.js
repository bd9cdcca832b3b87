// The Worker's entry: scripts/build.mjs puts it beside what it has compiled, as build/index.js.
import Bridge, { IncidentObject as Incident, RegisterObject as Register } from "./bridge.js";
import texts from "./texts.js";

/** Of worker-build's own making: whether the WASM has trapped, and is to be replaced. */
const state = globalThis.__worker_init_state;

/** What waits for the WASM: how each is ended with an error. */
const waiting = new Set();

/** Whether the WASM has trapped: what it does where it finds no memory, for instance. A full stack is a RangeError. */
const isTrap = (error) => error instanceof WebAssembly.RuntimeError || error instanceof RangeError;

/**
 * After a trap the WASM is replaced, and nothing that was under way in it goes on. Whoever waits for it hears that now, and not
 * when their patience ends: the runtime runs an alarm again, and a sender repeats what has not been stored.
 */
function trapped(error) {
  if (!isTrap(error)) return;
  state.criticalError = true;
  for (const end of waiting) end(error);
  waiting.clear();
}

addEventListener("error", ({ error }) => trapped(error));
addEventListener("unhandledrejection", ({ reason }) => trapped(reason));

/** What the WASM gives, or promises: of the latter a promise that a trap ends. */
function answered(ask) {
  let value;
  try {
    value = ask();
  } catch (error) {
    // So that it is logged, and the WASM replaced before it is called again.
    reportError(error);
    throw error;
  }
  if (!(value instanceof Promise)) return value;
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    value.then(resolve, (error) => (trapped(error), reject(error))).finally(() => waiting.delete(reject));
  });
}

// What src/runtime.rs and src/border.js read.
globalThis.devinBridge = { texts, answered };

/**
 * A method of the class. Only then by way of an instance, which replaces the WASM: otherwise an instance for each request,
 * behind a proxy, would be a tenth of what the request costs.
 */
function handler(name) {
  const method = Bridge.prototype[name];
  return (event, env, ctx) => (state.criticalError ? new Bridge(ctx, env)[name](event) : method.call({ env, ctx }, event));
}

const handle = handler("fetch");
const tick = handler("scheduled");

/** The answer where the WASM has trapped: nothing that was sent counts as taken. */
function unavailable(error) {
  if (!isTrap(error)) throw error;
  const text = '{"success":false,"error":"Unavailable","message":"The bridge was interrupted. Please try again."}';
  const headers = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Retry-After": "5" };
  return new Response(text, { status: 503, headers: { ...headers, "Content-Type": "application/json; charset=utf-8" } });
}

function fetch(request, env, ctx) {
  try {
    const answer = handle(request, env, ctx);
    return answer instanceof Promise ? answer.catch(unavailable) : answer;
  } catch (error) {
    return unavailable(error);
  }
}

/** A Durable Object of the class: a trap ends what it was asked, and its alarm. */
const durable = (Base) =>
  class {
    #object;

    constructor(state, env) {
      this.#object = new Base(state, env);
    }

    fetch(request) {
      return answered(() => this.#object.fetch(request));
    }

    alarm() {
      return answered(() => this.#object.alarm());
    }
  };

export const IncidentObject = durable(Incident);
export const RegisterObject = durable(Register);

export default { fetch, scheduled: (...values) => answered(() => tick(...values)) };
