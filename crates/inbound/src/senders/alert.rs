//! The generic alert: what anything that can post JSON sends.
//!
//! **What it accepts.** An object with `alertName`, `severity` and `description`, or a list of up to
//! [`super::MOST_ALERTS`] of them. Optional: `affectedResource`, `signalType`, `firedTime`, `source`, `logs`, `file`,
//! `line`, `dimensions`, `alertId`, `status`, `resolvedTime`, `service`, `team`, `runbook`, `priority`, `url`, `tags`,
//! `labels`. Every other field is kept as context. Optional fields may have any type; a `status` such as `resolved` or
//! `ok` says that the alert is over. A body that can't be used is refused with all that is wrong with it, because its
//! author is there to mend it.
//!
//! **What identifies the incident.** `alertId`, or without one `source`, `alertName` and `affectedResource` together.

use serde_json::{Map, Value};

use super::json::{any_text, integer, plain, text};
use super::{BadBody, One, Parsed, bounds, each, json, read, severity};
use crate::auth::Verified;
use incident::event::{Incident, IncidentEvent, Kind};
use incident::key::Key;
use incident::sender::Sender;
use incident::stored;

/// Reads a body of one alert or several.
pub fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    let value = read(body).map_err(|broken| super::not_json(&broken))?;
    each(value, &one)
}

/// Reads one alert.
pub(super) fn one(alert: Value) -> Result<One, BadBody> {
    check(&alert)?;
    let status = text(&alert, &["status"]);
    let kind = status.as_deref().map_or(Kind::Triggered, kind);
    let source = text(&alert, &["source"]).unwrap_or_default();
    let name = text(&alert, &["alertName"]).unwrap_or_default();
    let resource = alert.get("affectedResource").and_then(any_text).unwrap_or_default();
    let key = match text(&alert, &["alertId"]) {
        Some(id) => Key::new(Sender::Alert, &[&id]),
        None => Key::new(Sender::Alert, &[&source, &name, &resource]),
    };
    let key = key.ok_or_else(|| missing("alertName"))?;
    let incident = incident(alert);
    Ok((event(Sender::Alert, key, kind, status, incident), None))
}

/// An event of an alert: it has no id of its own and tells nothing but what the alert is now.
pub(super) fn event(sender: Sender, key: Key, kind: Kind, word: Option<String>, incident: Incident) -> IncidentEvent {
    let occurred_at = match kind {
        Kind::Resolved => incident.resolved_at.clone(),
        _ => incident.started_at.clone(),
    };
    let event_type = word.map_or_else(|| "alert".to_owned(), |word| bounds::head(&word, 100));
    IncidentEvent { key, sender, kind, event_type, id: None, occurred_at, change: None, delivery: None, incident }
}

/// What a status means. A word nobody knows is taken for trouble.
pub(super) fn kind(status: &str) -> Kind {
    match status.trim().to_ascii_lowercase().as_str() {
        "resolved" | "recovered" | "recovery" | "ok" | "okay" | "closed" | "cleared" | "clear" | "normal"
        | "healthy" | "inactive" | "deactivated" | "up" => Kind::Resolved,
        "acknowledged" | "acked" => Kind::Acknowledged,
        _ => Kind::Triggered,
    }
}

fn missing(field: &str) -> BadBody {
    BadBody { error: format!("Missing required field: {field}"), details: None }
}

/// Refuses an alert with the first thing that is wrong with it as the error, and everything in the details.
fn check(alert: &Value) -> Result<(), BadBody> {
    if !alert.is_object() {
        let details = format!("Expected an object with alertName, severity and description, not {}.", shown(alert));
        return Err(BadBody { error: "Invalid JSON body".to_owned(), details: Some(details) });
    }
    let mut errors = Vec::new();
    let mut details = Vec::new();
    for (field, expected) in [("alertName", "a text"), ("severity", severity::EXPECTED), ("description", "a text")] {
        let value = alert.get(field).unwrap_or(&Value::Null);
        let usable = match field {
            "alertName" => plain(value).is_some(),
            "severity" => severity::read(value).is_some(),
            _ => any_text(value).is_some(),
        };
        if any_text(value).is_none() {
            errors.push(missing(field).error);
            details.push(format!("{field} is missing: expected {expected}."));
        } else if !usable {
            errors.push(format!("Invalid field: {field}"));
            details.push(format!("{field} is {}: expected {expected}.", shown(value)));
        }
    }
    match errors.into_iter().next() {
        Some(error) => Err(BadBody { error, details: Some(details.join(" ")) }),
        None => Ok(()),
    }
}

fn shown(value: &Value) -> String {
    bounds::head(&stored::text(value), 100)
}

/// Everything an alert's fields tell, without asking for any of them; the title may be empty.
pub(super) fn incident(alert: Value) -> Incident {
    let Value::Object(fields) = alert else { return Incident::default() };
    let mut fields = Fields(fields);
    let mut labels = fields.labels("dimensions");
    labels.extend(fields.labels("labels"));
    labels.extend(fields.labels("tags"));
    let mut teams = fields.list("team");
    teams.extend(fields.list("teams"));
    Incident {
        title: fields.text("alertName").unwrap_or_default(),
        url: fields.text("url"),
        number: None,
        status: fields.text("status"),
        service: fields.text("service"),
        teams,
        assignees: Vec::new(),
        urgency: None,
        priority: fields.text("priority"),
        severity: fields.understood("severity", severity::read),
        started_at: fields.text("firedTime"),
        resolved_at: fields.text("resolvedTime"),
        reopened_at: None,
        description: fields.any("description"),
        resource: fields.any("affectedResource"),
        signal_type: fields.text("signalType"),
        source: fields.text("source"),
        logs: fields.logs("logs"),
        file: fields.text("file"),
        line: fields.understood("line", |line| u32::try_from(integer(line, &[])?).ok()),
        runbook: fields.text("runbook"),
        labels: bounds::entries(labels),
        context: fields.rest(),
    }
}

/// The fields of an alert, null once they were used. What is never used, or has a type its user can do nothing with, is
/// the context.
struct Fields(Map<String, Value>);

impl Fields {
    fn understood<T>(&mut self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.0.get_mut(name)?;
        let understood = read(value)?;
        *value = Value::Null;
        Some(understood)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.understood(name, plain)
    }

    fn any(&mut self, name: &str) -> Option<String> {
        self.understood(name, any_text)
    }

    fn list(&mut self, name: &str) -> Vec<String> {
        let names = |value: &Value| Some(json::texts(value, &[], "name"));
        self.understood(name, names).unwrap_or_default()
    }

    fn labels(&mut self, name: &str) -> Vec<(String, String)> {
        self.understood(name, |value| Some(labels(name, value))).unwrap_or_default()
    }

    /// Lines, or a list of them. Blanks at the beginning of the first line are part of a stack trace.
    fn logs(&mut self, name: &str) -> Option<String> {
        let logs = match self.0.get_mut(name)?.take() {
            Value::String(text) => text,
            Value::Array(lines) => json::collect(&lines, &any_text).join("\n"),
            other => any_text(&other)?,
        };
        let logs = logs.trim_end().trim_start_matches(['\r', '\n']);
        (!logs.is_empty()).then(|| bounds::tail(logs, bounds::LOGS))
    }

    fn rest(self) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        add_pairs(&mut entries, "", &Value::Object(self.0));
        bounds::entries(entries)
    }
}

/// Labels as an object, as a list of `{"name", "value"}` objects (Azure, CloudWatch) or as `name:value` texts (Datadog).
pub(super) fn labels(name: &str, value: &Value) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    match value {
        Value::Array(items) => {
            for item in items {
                add_label(&mut labels, name, item);
            }
        }
        other => add_pairs(&mut labels, name, other),
    }
    labels
}

/// Adds what one item of a list says.
fn add_label(labels: &mut Vec<(String, String)>, name: &str, item: &Value) {
    if let Some((name, value)) = json::first_text(item, &["name", "key"]).zip(item.get("value")) {
        labels.extend(pair(&name, value));
    } else if let Some((name, value)) = item.as_str().and_then(|text| text.split_once(':')) {
        labels.push((name.trim().to_owned(), value.trim().to_owned()));
    } else {
        add_pairs(labels, name, item);
    }
}

/// Adds the fields of an object, or anything else under the name given.
fn add_pairs(pairs: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                pairs.extend(pair(name, value));
            }
        }
        other => pairs.extend(pair(name, other)),
    }
}

fn pair(name: &str, value: &Value) -> Option<(String, String)> {
    Some((bounds::head(name, 200), bounds::head(&any_text(value)?, bounds::TEXT)))
}

#[cfg(test)]
mod tests;
