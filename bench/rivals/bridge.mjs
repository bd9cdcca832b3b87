// The bridge of Devin's PagerDuty guide as a plain Worker, written anew after its description: secret in a header,
// incident.resolved only, a session for it. With what one adds at once when PagerDuty sends an event again: a look into
// KV before, and a note in KV after. See https://docs.devin.ai/use-cases/gallery/api-pagerduty-postmortem.
import { prompt } from "./prompt.mjs";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || pathname !== "/pagerduty-resolved") return new Response("Not found", { status: 404 });
    if (!same(request.headers.get("x-webhook-secret") ?? "", env.WEBHOOK_SECRET)) {
      return new Response("Bad signature", { status: 401 });
    }

    const { event } = await request.json();
    if (event?.event_type !== "incident.resolved") return new Response("OK");

    const incident = event.data;
    if (await env.INCIDENTS.get(incident.id)) return new Response("OK");

    const response = await fetch(`${env.DEVIN_API_URL}/v3/organizations/${env.DEVIN_ORG_ID}/sessions`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.DEVIN_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(prompt(incident)),
    });
    const { session_id: session } = await response.json();
    await env.INCIDENTS.put(incident.id, session, { expirationTtl: 30 * 86_400 });
    console.log(`Started postmortem session ${session} for: ${incident.title}`);
    return new Response("OK");
  },
};

const encoder = new TextEncoder();

function same(given, expected) {
  const [a, b] = [encoder.encode(given), encoder.encode(expected)];
  return a.length === b.length && crypto.subtle.timingSafeEqual(a, b);
}
