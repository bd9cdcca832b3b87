//! Alerts on the activity log, service health and resource health. Azure makes an alert of each of their entries, so that
//! what belongs together is told by the entries themselves: a service health message has a `trackingId`, an operation and
//! a change of a resource's health a `correlationId`.
//! <https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema>,
//! <https://learn.microsoft.com/azure/service-health/service-health-notifications-properties>.

use serde_json::Value;

use crate::senders::json::{at, first_text, text};
use crate::senders::names::normal;
use incident::event::Kind;

/// An entry of the log that an alert is about.
pub(super) struct Entry<'v> {
    context: &'v Value,
    properties: &'v Value,
    service_health: bool,
    resource_health: bool,
}

impl<'v> Entry<'v> {
    /// The entry in an alert's context, where that is one.
    pub(super) fn of(essentials: &Value, context: &'v Value) -> Option<Entry<'v>> {
        let service = normal(&text(essentials, &["monitoringService"]).unwrap_or_default());
        let operation = text(context, &["operationName"]).unwrap_or_default().to_ascii_lowercase();
        let service_health = service == "servicehealth" || operation.starts_with("microsoft.servicehealth/");
        let resource_health = service == "resourcehealth" || operation.starts_with("microsoft.resourcehealth/");
        let is_entry = service_health || resource_health || service.starts_with("activitylog") || !operation.is_empty();
        let properties = at(context, &["properties"]).unwrap_or(&Value::Null);
        let entry = Entry { context, properties, service_health, resource_health };
        (is_entry || entry.identity().is_some()).then_some(entry)
    }

    /// What it has in common with the other entries about the same thing, with its name.
    pub(super) fn identity(&self) -> Option<(&'static str, String)> {
        let tracking = text(self.properties, &["trackingId"]).map(|id| ("trackingId", id));
        tracking.or_else(|| text(self.context, &["correlationId"]).map(|id| ("correlationId", id)))
    }

    /// What happened. That an operation succeeded is no end of trouble, unlike that a service is healthy again; what Azure
    /// writes about an incident's cause comes after its end.
    pub(super) fn kind(&self) -> Kind {
        let of = |name: &str| normal(&text(self.properties, &[name]).unwrap_or_default());
        let status = normal(&text(self.context, &["status"]).unwrap_or_default());
        if self.service_health {
            return match of("stage").as_str() {
                "rca" => Kind::Updated,
                "" if is_over(&status) => Kind::Resolved,
                stage if is_over(stage) => Kind::Resolved,
                // The status is that of the message, the stage that of what it is about.
                _ if status == "resolved" => Kind::Resolved,
                _ => Kind::Triggered,
            };
        }
        let operation = text(self.context, &["operationName"]).unwrap_or_default().to_ascii_lowercase();
        let health = of("currenthealthstatus");
        let health = if health.is_empty() { of("currentHealthStatus") } else { health };
        let over =
            health == "available" || operation.ends_with("/resolved/action") || (health.is_empty() && is_over(&status));
        if self.resource_health && over { Kind::Resolved } else { Kind::Triggered }
    }

    /// The title of what it is about: `Virtual machine is unavailable`.
    pub(super) fn title(&self) -> Option<String> {
        first_text(self.properties, &["title", "defaultLanguageTitle"])
    }

    /// Whether it only informs: planned maintenance, advice, an operation that went well.
    pub(super) fn informs(&self) -> bool {
        let incident_type = normal(&text(self.properties, &["incidentType"]).unwrap_or_default());
        if self.service_health {
            return !matches!(incident_type.as_str(), "" | "incident" | "security");
        }
        let level = normal(&text(self.context, &["level"]).unwrap_or_default());
        let status = normal(&text(self.context, &["status"]).unwrap_or_default());
        !self.resource_health && matches!(level.as_str(), "informational" | "verbose") && status != "failed"
    }

    /// What Azure wrote about the incident's cause afterwards.
    pub(super) fn review(&self) -> Option<String> {
        first_text(self.properties, &["communication", "defaultLanguageContent", "title"])
    }
}

fn is_over(word: &str) -> bool {
    matches!(word, "resolved" | "complete" | "completed" | "canceled" | "cancelled" | "closed" | "mitigated")
}
