// The bridge of Devin's PagerDuty guide as the guide runs it, Express on Node, written anew after its description. It
// knows no duplicates: every delivery starts a session. Its parent sends the settings and gets the port.
import { timingSafeEqual } from "node:crypto";
import express from "express";
import { prompt } from "./prompt.mjs";

process.on("disconnect", () => process.exit());

process.once("message", (settings) => {
  const app = express();
  app.use(express.json());
  app.post("/pagerduty-resolved", async (request, response) => {
    if (!same(request.headers["x-webhook-secret"] ?? "", settings.WEBHOOK_SECRET)) {
      return response.status(401).send("Bad signature");
    }
    const event = request.body?.event;
    if (event?.event_type !== "incident.resolved") return response.sendStatus(200);

    const answer = await fetch(`${settings.DEVIN_API_URL}/v3/organizations/${settings.DEVIN_ORG_ID}/sessions`, {
      method: "POST",
      headers: { authorization: `Bearer ${settings.DEVIN_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(prompt(event.data)),
    });
    const { session_id: session } = await answer.json();
    console.log(`Started postmortem session ${session} for: ${event.data.title}`);
    response.sendStatus(200);
  });
  const server = app.listen(0, "127.0.0.1", () => process.send({ ready: `http://127.0.0.1:${server.address().port}` }));
});

function same(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
