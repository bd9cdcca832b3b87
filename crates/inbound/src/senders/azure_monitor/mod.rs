//! Azure Monitor's common alert schema:
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema>.
//!
//! **What it accepts.** `{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials", "alertContext",
//! "customProperties"}}`, of every monitoring service: metrics, logs (V1, V2, simple), activity log, service and resource
//! health, smart detection, Prometheus, budgets. `monitorCondition` says whether it fired or is resolved. Without the
//! common schema every service has a format of its own; those are refused, with the switch to turn.
//!
//! **What identifies the incident.** `essentials.alertId`, which is the same when the alert fires and when it is
//! resolved. For entries of the activity log, of service health and of resource health, of which each has an `alertId` of
//! its own: the rule and the entry's `trackingId`, or else its `correlationId`; where it has neither, and the `alertId` is
//! the rule's, the entry's own id. Without an `alertId`: `originAlertId` and `firedDateTime`, or the rule, the targets and
//! `firedDateTime`.

mod activity;
mod context;
mod rows;

use serde_json::Value;

use activity::Entry;

use super::body::{BadBody, One, each};
use super::description::Description;
use super::identity::Identity;
use super::json::{add, at, collect, items, plain, text};
use super::{alert, bounds, html, labels, severity, times};
use incident::event::{Incident, IncidentEvent, Kind};
use incident::key::Key;
use incident::sender::Sender;

/// The sender.
pub(super) const DESCRIPTION: Description = Description {
    is: is_azure,
    read: |body, _| each(body, &one),
    ..Description::new(Sender::AzureMonitor, "Azure Monitor")
};

/// Whether an alert comes from Azure, in the common schema or in one that only Azure uses.
fn is_azure(alert: &Value) -> bool {
    let schema = text(alert, &["schemaId"]).unwrap_or_default();
    is_common(alert) || schema.starts_with("AzureMonitor") || schema.starts_with("Microsoft.Insights")
}

fn is_common(alert: &Value) -> bool {
    text(alert, &["schemaId"]).is_some_and(|schema| schema.eq_ignore_ascii_case("azureMonitorCommonAlertSchema"))
        || at(alert, &["data", "essentials"]).is_some_and(Value::is_object)
}

/// Reads one alert.
fn one(body: Value) -> Result<One, BadBody> {
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
    let entry = Entry::of(essentials, context);
    let (key, identity) = identity(essentials, context, entry.as_ref()).ok_or_else(|| BadBody {
        error: "Missing required field: data.essentials.alertId".to_owned(),
        details: Some("Nothing in data.essentials identifies this alert.".to_owned()),
    })?;
    let condition = text(essentials, &["monitorCondition"]);
    let resolved = condition.as_deref().is_some_and(|condition| condition.eq_ignore_ascii_case("resolved"));
    let kind = match &entry {
        _ if resolved => Kind::Resolved,
        Some(entry) => entry.kind(),
        None => Kind::Triggered,
    };
    let mut incident = from_essentials(essentials);
    context::describe(context, &mut incident);
    if let Some(properties) = at(&body, &["data", "customProperties"]) {
        incident.labels.extend(labels::read("customProperties", properties));
    }
    finish(essentials, &mut incident);
    let mut change = None;
    if let Some(entry) = entry {
        incident.informational = entry.informs();
        if let Some(title) = entry.title() {
            // Routes go by the rule's name, people by what happened.
            let title = readable_line(&title);
            incident.title = if incident.title == title { title } else { format!("{}: {title}", incident.title) };
        }
        if kind == Kind::Updated {
            change = entry.review().map(|text| format!("Azure's review of the incident: {}", html::readable(&text)));
        }
    }
    let word = condition.or_else(|| Some("Fired".to_owned()));
    let event = alert::event(Sender::AzureMonitor, key, kind, word, incident).identified_by(identity);
    Ok((IncidentEvent { change, ..event }, None))
}

/// A text in one line, without its HTML.
fn readable_line(text: &str) -> String {
    html::readable(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn identity(essentials: &Value, context: &Value, entry: Option<&Entry>) -> Option<(Key, String)> {
    // The ids of Azure's resources mean the same in any case, and senders vary it.
    let lower = |name: &str| text(essentials, &[name]).unwrap_or_default().to_ascii_lowercase();
    let (alert, origin, fired, rule) =
        (lower("alertId"), lower("originAlertId"), lower("firedDateTime"), lower("alertRule"));
    // The number of parts tells these forms of identity apart.
    let key = |parts: &[(&str, &str)], form| Identity::of(parts).key(Sender::AzureMonitor, parts.len(), form);
    if let Some((name, id)) = entry.and_then(Entry::identity) {
        return key(&[("alertRule", &rule), (name, &id.to_ascii_lowercase())], 3);
    }
    if alert.contains("/activitylogalerts/")
        && let Some(event) = text(context, &["eventDataId"])
    {
        return key(&[("alertId", &alert), ("eventDataId", &event)], 0);
    }
    if !alert.is_empty() {
        return key(&[("alertId", &alert)], 0);
    }
    if !origin.is_empty() {
        return key(&[("originAlertId", &origin), ("firedDateTime", &fired)], 1);
    }
    let targets = super::json::texts(essentials, &["alertTargetIDs"], "id");
    let targets = targets.join("\n").to_ascii_lowercase();
    if rule.is_empty() && targets.is_empty() {
        return None;
    }
    key(&[("alertRule", &rule), ("alertTargetIDs", &targets), ("firedDateTime", &fired)], 1)
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
    let severity = at(essentials, &["severity"]).and_then(severity::said).unwrap_or_default();
    let joined = |list: Vec<String>| (!list.is_empty()).then(|| bounds::head(&list.join(", "), bounds::TEXT));
    Incident {
        title: text(essentials, &["alertRule"]).unwrap_or_default(),
        url: text(essentials, &["investigationLink"]),
        status: text(essentials, &["monitorCondition"]),
        severity: severity.level,
        severity_word: severity.word,
        started_at: at(essentials, &["firedDateTime"]).and_then(times::read),
        resolved_at: at(essentials, &["resolvedDateTime"]).and_then(times::read),
        description: at(essentials, &["description"]).and_then(alert::prose),
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
