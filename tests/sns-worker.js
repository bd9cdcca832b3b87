// The Worker in front of Amazon's addresses as a test has them: AMAZON says what each answers, as {"<address>": "<text>"}, and
// every question is counted under its address at GET /asked.
import Bridge, { IncidentObject, RegisterObject } from "./index.js";

export { IncidentObject, RegisterObject };

const asked = {};
let answers = {};
const realFetch = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  const url = typeof request === "string" ? request : request.url;
  const { hostname } = new URL(url);
  if (hostname === "127.0.0.1") return realFetch(request, init);
  asked[url] = (asked[url] ?? 0) + 1;
  return url in answers ? new Response(answers[url]) : new Response("none", { status: 404 });
};

export default {
  fetch(request, env, context) {
    answers = JSON.parse(env.AMAZON);
    return new URL(request.url).pathname === "/asked" ? Response.json(asked) : Bridge.fetch(request, env, context);
  },
};
