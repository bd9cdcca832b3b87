// The Worker with bindings and storage that fail on demand: POST /break {"put": 2} lets the next two calls of `put` fail,
// and answers what was left of the failures before.
// The names: read, write (the ledger's KV), incident, register (calls to the objects), and get, put, alarm, sql (the
// objects' storage).
import Bridge, { IncidentObject as Incident, RegisterObject as Register } from "./index.js";

/** How often each operation is still to fail. */
let failing = {};

/** `target`, but the methods named in `operations` (method → operation) fail when their operation is to. */
function guarded(target, operations, replaced = {}) {
  return new Proxy(target, {
    get(_, property) {
      const value = Reflect.get(target, property);
      if (property in replaced) return replaced[property](value);
      if (typeof value !== "function" || property === "constructor") return value;
      return (...values) => {
        const operation = operations[property];
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

const namespace = (operation) => (binding) =>
  binding && guarded(binding, {}, { getByName: (get) => (name) => guarded(get.call(binding, name), { fetch: operation }) });

const bindings = (env) =>
  guarded(env, {}, {
    INCIDENTS: (kv) => kv && guarded(kv, { get: "read", put: "write" }),
    INCIDENT: namespace("incident"),
    REGISTER: namespace("register"),
  });

const state = (real) =>
  guarded(real, {}, {
    storage: (storage) =>
      guarded(storage, { get: "get", put: "put", setAlarm: "alarm" }, { sql: (sql) => guarded(sql, { exec: "sql" }) }),
  });

export class IncidentObject extends Incident {
  constructor(real, env) {
    super(state(real), bindings(env));
  }
}

export class RegisterObject extends Register {
  constructor(real, env) {
    super(state(real), bindings(env));
  }
}

export default class extends Bridge {
  constructor(context, env) {
    super(context, bindings(env));
  }

  async fetch(request) {
    if (new URL(request.url).pathname !== "/break") return super.fetch(request);
    const left = failing;
    failing = await request.json();
    return Response.json(left);
  }
}
