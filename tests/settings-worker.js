// The Worker, which tells at /asked for which names of its environment it has looked.
import Bridge from "./index.js";
export { IncidentObject, RegisterObject } from "./index.js";

const asked = new Set();

const noting = (env) =>
  new Proxy(env, {
    get(target, name) {
      if (typeof name === "string") asked.add(name);
      return Reflect.get(target, name);
    },
  });

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname === "/asked" ? Response.json([...asked]) : Bridge.fetch(request, noting(env), context),
};
