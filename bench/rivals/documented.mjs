// The bridge of Devin's PagerDuty guide as a plain Worker, written anew after its description: secret in a header,
// incident.resolved only, a session for it. With what one adds at once when PagerDuty sends an event again: a look into
// KV before, and a note in KV after. See https://docs.devin.ai/use-cases/gallery/api-pagerduty-postmortem.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const isHook = request.method === "POST" && pathname === "/pagerduty-resolved";
    if (!isHook) return new Response("Not found", { status: 404 });
    const given = request.headers.get("x-webhook-secret") ?? "";
    if (!same(given, env.WEBHOOK_SECRET)) return new Response("Bad signature", { status: 401 });

    const { event } = await request.json();
    if (event?.event_type !== "incident.resolved") return new Response("OK");

    const incident = event.data;
    if (await env.INCIDENTS.get(incident.id)) return new Response("OK");

    const response = await fetch(`${env.DEVIN_API_URL}/v3/organizations/${env.DEVIN_ORG_ID}/sessions`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.DEVIN_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(asked(incident)),
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

function asked(incident) {
  const service = incident.service?.summary || "unknown-service";
  const prompt = `A PagerDuty incident has been resolved. Draft a postmortem.

Incident: "${incident.title || "Unknown incident"}"
Service: ${service}
Urgency: ${incident.urgency || "high"}
Created: ${incident.created_at || ""}
Resolved: ${incident.resolved_at || new Date().toISOString()}
Incident URL: ${incident.html_url || ""}

Write a structured postmortem:
1. Look at the logs and metrics of ${service} during the incident
2. Find the root cause: deploys, changed configuration, failures upstream
3. Build a timeline from the first alert to the resolution
4. List action items that prevent it from happening again
5. Post the postmortem as a PR to our docs/postmortems/ directory`;
  return { prompt, tags: ["pagerduty-postmortem", `service:${service}`] };
}
