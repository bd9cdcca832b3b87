// The Worker under control of a test: a clock that can be moved, and bindings and storage that can be looked into, that
// fail on demand and that say how often they were called. The harness asks for it with POST /control/…, which nothing
// but this module knows:
// The header test-timezone says where a request is from.
// - advance {milliseconds, objects}: moves the clock, and with it the alarms of these objects, {binding: [id]}
// - break {put: 2}: lets the next two calls of `put` fail, and answers what was left of the failures before
// - calls: every call so far, as {at, operation, what}
// - trap: the WASM counts as broken, so that it is replaced by the next call
// - exhaust {put: 1}: at the next call of `put`, with {now: true} at once, all memory of the WASM is taken, so that it traps where
//   it allocates next; possible after the first `trap`
// - object {binding, name, query}, {binding, name, key, value} or {binding, name, evict: true}: rows of an object's
//   tables; a value of its storage, written first where there is one; or the object is thrown out of memory
// The operations: read, write (the dedup cache in KV), incident, register (calls to the objects), and get, put, alarm,
// sql (the objects' storage); fetch (a request to somebody else), begin and end (of an alarm's work) and timer cannot fail.
import Bridge, { IncidentObject as Incident, RegisterObject as Register } from "./index.js";

/** How often each operation is still to fail. */
let failing = {};
/** Before how many of its calls each operation is the one that takes all memory. */
let exhausting = {};
const calls = [];
function note(operation, what) {
  calls.push({ at: Date.now(), operation, what });
  if (exhausting[operation] > 0 && --exhausting[operation] === 0) takeAllMemory();
}

// The instances of the WASM from the first replacement on: the first of all was there before this module.
let exports;
const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = function (...values) {
  const instance = new RealInstance(...values);
  exports = instance.exports;
  return instance;
};

/** Takes what memory the WASM has and could have, down to the last bytes. */
function takeAllMemory() {
  const { memory, __wbindgen_malloc: allocate } = exports;
  for (let pages = 32_768; pages >= 1; ) {
    try {
      memory.grow(pages);
    } catch {
      pages /= 2;
    }
  }
  for (const size of [65_536, 4096, 256, 16]) {
    try {
      while (allocate(size, 1));
    } catch {
      // None of this size is left.
    }
  }
}

// Everything in this isolate reads the time here.
const realTime = Date.now;
let ahead;
Date.now = () => realTime() + (ahead ?? 0);

const realTimer = setTimeout;
globalThis.setTimeout = (callback, milliseconds, ...values) => {
  note("timer", milliseconds);
  return realTimer(callback, milliseconds, ...values);
};

const realFetch = globalThis.fetch;
globalThis.fetch = (request, init) => {
  note("fetch", typeof request === "string" ? request : request.url);
  return realFetch(request, init);
};

/** After a restart the clock is where it was. Every way into the Worker begins here. */
function startClock(env) {
  ahead ??= Number(env.CLOCK_AHEAD ?? 0);
}

/** What a call is about: the path of a request, the key in KV or in storage, the text of a query, the time of an alarm. */
function about([value]) {
  if (value instanceof Request) return new URL(value.url).pathname.slice(1);
  return typeof value === "object" ? Number(value) : value;
}

/** `target`, but the methods named in `operations` (method → operation) fail when their operation is to. */
function guarded(target, operations, replaced = {}) {
  return new Proxy(target, {
    get(_, property) {
      const value = Reflect.get(target, property);
      if (property in replaced) return replaced[property](value);
      if (typeof value !== "function" || property === "constructor") return value;
      return (...values) => {
        const operation = operations[property];
        if (operation) note(operation, about(values));
        if (failing[operation] > 0) {
          failing[operation]--;
          const error = new Error(`broken on purpose: ${operation}`);
          if (operation === "sql") throw error;
          return Promise.reject(error);
        }
        return value.apply(target, values);
      };
    },
  });
}

function namespace(operation) {
  return (binding) => {
    const stub = (find) => (id) => guarded(find.call(binding, id), { fetch: operation });
    return binding && guarded(binding, {}, { get: stub, getByName: stub });
  };
}

const bindings = (env) =>
  guarded(env, {}, {
    INCIDENTS: (kv) => kv && guarded(kv, { get: "read", put: "write" }),
    INCIDENT: namespace("incident"),
    REGISTER: namespace("register"),
  });

/** An object's storage, with an alarm that goes by the moved clock. */
function storage(real) {
  const alarm = {
    setAlarm: (time) => real.setAlarm(Number(time) - ahead),
    async getAlarm() {
      const at = await real.getAlarm();
      return at === null ? null : at + ahead;
    },
  };
  const clocked = guarded(alarm, { setAlarm: "alarm" });
  return guarded(real, { get: "get", put: "put" }, {
    sql: (sql) => guarded(sql, { exec: "sql" }),
    setAlarm: () => clocked.setAlarm,
    getAlarm: () => clocked.getAlarm,
  });
}

const controlled = (Base) =>
  class extends Base {
    #state;

    constructor(state, env) {
      startClock(env);
      super(guarded(state, {}, { storage }), bindings(env));
      this.#state = state;
    }

    async fetch(request) {
      if (!new URL(request.url).pathname.startsWith("/control/")) return super.fetch(request);
      const { milliseconds, query, key, value, evict } = await request.json();
      const { storage } = this.#state;
      if (evict) {
        await storage.sync();
        this.#state.abort("evicted on purpose");
      }
      if (query) return Response.json(storage.sql.exec(query).toArray());
      if (value) await storage.put(key, value);
      if (key) return Response.json((await storage.get(key)) ?? null);
      const at = await storage.getAlarm();
      if (at !== null) await storage.setAlarm(at - milliseconds);
      return Response.json(null);
    }

    async alarm(...values) {
      const object = this.#state.id.toString();
      note("begin", object);
      try {
        return await super.alarm(...values);
      } finally {
        note("end", object);
      }
    }
  };

export class IncidentObject extends controlled(Incident) {}
export class RegisterObject extends controlled(Register) {}

const control = {
  async advance(env, { milliseconds, objects }) {
    ahead += milliseconds;
    const moved = Object.entries(objects).flatMap(([binding, ids]) => {
      const namespace = env[binding];
      return ids.map((id) => ask(namespace.get(namespace.idFromString(id)), { milliseconds }));
    });
    await Promise.all(moved);
    return null;
  },

  break(env, failures) {
    const left = failing;
    failing = failures;
    return left;
  },

  calls() {
    return calls;
  },

  // What worker-build notes when the WASM has trapped.
  trap() {
    globalThis.__worker_init_state.criticalError = true;
    return null;
  },

  exhaust(env, operations) {
    exhausting = operations;
    if (operations.now) takeAllMemory();
    return null;
  },

  async object(env, { binding, name, ...question }) {
    const asked = ask(env[binding].getByName(name), question);
    if (question.evict) return asked.then(() => false, () => true);
    return (await asked).json();
  },
};

function ask(object, question) {
  return object.fetch("https://object/control/ask", { method: "POST", body: JSON.stringify(question) });
}

export default {
  async fetch(request, env, context) {
    startClock(env);
    const [, first, what] = new URL(request.url).pathname.split("/");
    if (first === "control") return Response.json(await control[what](env, await request.json()));
    // Where Cloudflare believes the sender to be.
    const timezone = request.headers.get("test-timezone");
    return Bridge.fetch(timezone ? new Request(request, { cf: { timezone } }) : request, bindings(env), context);
  },

  scheduled(event, env, context) {
    startClock(env);
    return Bridge.scheduled(event, bindings(env), context);
  },
};
