// What both rivals ask Devin for, as the guide has it: who, when and where, and five tasks.
export function prompt(incident) {
  const service = incident.service?.summary || "unknown-service";
  const lines = [
    "A PagerDuty incident has been resolved. Draft a postmortem.",
    "",
    `Incident: "${incident.title || "Unknown incident"}"`,
    `Service: ${service}`,
    `Urgency: ${incident.urgency || "high"}`,
    `Created: ${incident.created_at || ""}`,
    `Resolved: ${incident.resolved_at || new Date().toISOString()}`,
    `Incident URL: ${incident.html_url || ""}`,
    "",
    "Write a structured postmortem:",
    `1. Look at the logs and metrics of ${service} during the incident`,
    "2. Find the root cause: deploys, changed configuration, failures upstream",
    "3. Build a timeline from the first alert to the resolution",
    "4. List action items that prevent it from happening again",
    "5. Post the postmortem as a PR to our docs/postmortems/ directory",
  ];
  return { prompt: lines.join("\n"), tags: ["pagerduty-postmortem", `service:${service}`] };
}
