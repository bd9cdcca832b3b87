//! Azure Monitor's common alert schema:
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema>.
//!
//! **What it accepts.** `{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials", "alertContext",
//! "customProperties"}}`, of every monitoring service: metrics, logs (V1, V2, simple), activity log, service and resource
//! health, smart detection, Prometheus, budgets. `monitorCondition` says whether it fired or is resolved. Without the
//! common schema every service has a format of its own; those are refused, with the switch to turn.
//!
//! **What identifies the incident.** `essentials.alertId`, which is the same when the alert fires and when it is
//! resolved. Alerts on the activity log can carry their rule's id there, so that the event's own id is added. Without an
//! `alertId`: `originAlertId` and `firedDateTime`, or the rule, the targets and `firedDateTime`.

mod context;
mod rows;

use serde_json::Value;

use super::json::{add, at, collect, items, plain, text};
use super::{BadBody, One, Parsed, alert, bounds, each, read, severity};
use crate::auth::Verified;
use incident::event::{Incident, Kind};
use incident::key::Key;
use incident::sender::Sender;

/// Reads a body of one alert (Azure sends no other), or a list of them.
pub fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    let value = read(body).map_err(|broken| super::not_json(&broken))?;
    each(value, &one)
}

/// Whether an alert comes from Azure, in the common schema or in one that only Azure uses.
pub(super) fn is_azure(alert: &Value) -> bool {
    let schema = text(alert, &["schemaId"]).unwrap_or_default();
    is_common(alert) || schema.starts_with("AzureMonitor") || schema.starts_with("Microsoft.Insights")
}

fn is_common(alert: &Value) -> bool {
    text(alert, &["schemaId"]).is_some_and(|schema| schema.eq_ignore_ascii_case("azureMonitorCommonAlertSchema"))
        || at(alert, &["data", "essentials"]).is_some_and(Value::is_object)
}

/// Reads one alert.
pub(super) fn one(body: Value) -> Result<One, BadBody> {
    if !is_common(&body) {
        // With the common schema switched off, a log alert's author can shape the body into a generic alert.
        if text(&body, &["alertName"]).is_some() {
            return alert::one(body);
        }
        let details = "Please switch on \"Enable the common alert schema\" for this webhook in the action group, or \
            send the fields of the generic alert: alertName, severity, description.";
        return Err(BadBody { error: "Not the common alert schema".to_owned(), details: Some(details.to_owned()) });
    }
    let essentials = at(&body, &["data", "essentials"]).unwrap_or(&Value::Null);
    let context = at(&body, &["data", "alertContext"]).unwrap_or(&Value::Null);
    let key = identity(essentials, context).ok_or_else(|| BadBody {
        error: "Missing required field: data.essentials.alertId".to_owned(),
        details: Some("Nothing in data.essentials tells this alert from another.".to_owned()),
    })?;
    let condition = text(essentials, &["monitorCondition"]);
    let resolved = condition.as_deref().is_some_and(|condition| condition.eq_ignore_ascii_case("resolved"));
    let kind = if resolved { Kind::Resolved } else { Kind::Triggered };
    let mut incident = from_essentials(essentials);
    context::describe(context, &mut incident);
    if let Some(properties) = at(&body, &["data", "customProperties"]) {
        incident.labels.extend(alert::labels("customProperties", properties));
    }
    finish(essentials, &mut incident);
    let word = condition.or_else(|| Some("Fired".to_owned()));
    Ok((alert::event(Sender::AzureMonitor, key, kind, word, incident), None))
}

fn identity(essentials: &Value, context: &Value) -> Option<Key> {
    // The ids of Azure's resources mean the same in any case, and senders vary it.
    let lower = |name: &str| text(essentials, &[name]).unwrap_or_default().to_ascii_lowercase();
    let (alert, origin, fired) = (lower("alertId"), lower("originAlertId"), lower("firedDateTime"));
    let key = |parts: &[&str]| Key::new(Sender::AzureMonitor, parts);
    // The number of parts tells these forms of identity apart.
    if alert.contains("/activitylogalerts/")
        && let Some(event) = text(context, &["eventDataId"])
    {
        return key(&[&alert, &event]);
    }
    if !alert.is_empty() {
        return key(&[&alert]);
    }
    if !origin.is_empty() {
        return key(&[&origin, &fired, ""]);
    }
    let targets = super::json::texts(essentials, &["alertTargetIDs"], "id");
    let (rule, targets) = (lower("alertRule"), targets.join("\n").to_ascii_lowercase());
    if rule.is_empty() && targets.is_empty() {
        return None;
    }
    key(&[&rule, &targets, &fired, ""])
}

fn from_essentials(essentials: &Value) -> Incident {
    let names = |field: &str| collect(items(essentials, &[field]), &plain);
    let targets = names("alertTargetIDs");
    let mut resources = names("configurationItems");
    if resources.is_empty() {
        for id in &targets {
            resources.extend(id.rsplit('/').next().map(str::to_owned));
        }
    }
    let joined = |list: Vec<String>| (!list.is_empty()).then(|| bounds::head(&list.join(", "), bounds::TEXT));
    Incident {
        title: text(essentials, &["alertRule"]).unwrap_or_default(),
        url: text(essentials, &["investigationLink"]),
        status: text(essentials, &["monitorCondition"]),
        severity: at(essentials, &["severity"]).and_then(severity::read),
        started_at: text(essentials, &["firedDateTime"]),
        resolved_at: text(essentials, &["resolvedDateTime"]),
        description: text(essentials, &["description"]),
        resource: joined(resources),
        signal_type: text(essentials, &["signalType"]),
        source: Some("azure-monitor".to_owned()),
        ..Incident::default()
    }
}

/// What is known in any case comes last, after what the alert's own context told.
fn finish(essentials: &Value, incident: &mut Incident) {
    if incident.title.is_empty() {
        incident.title = "Azure Monitor alert".to_owned();
    }
    let targets = collect(items(essentials, &["alertTargetIDs"]), &plain);
    let context = &mut incident.context;
    add(context, "targets", (!targets.is_empty()).then(|| bounds::head(&targets.join("\n"), bounds::TEXT)));
    add(context, "resource group", text(essentials, &["targetResourceGroup"]));
    add(context, "resource type", text(essentials, &["targetResourceType"]));
    add(context, "monitoring service", text(essentials, &["monitoringService"]));
    add(context, "alert rule id", text(essentials, &["alertRuleId"]));
    add(context, "alert id", text(essentials, &["alertId"]));
    incident.context = bounds::entries(std::mem::take(&mut incident.context));
    let mut seen = Vec::new();
    for label in std::mem::take(&mut incident.labels) {
        // Custom properties are sent twice, in the context and beside it.
        if seen.len() < bounds::ENTRIES && !seen.contains(&label) {
            seen.push(label);
        }
    }
    incident.labels = seen;
}

#[cfg(test)]
mod tests;
