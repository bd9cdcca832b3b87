//! The generic alert: what anything that can post JSON sends.
//!
//! **What it accepts.** An object with `alertName`, `severity` and `description`, or a list of up to
//! [`super::MOST_ALERTS`] of them. Optional: `affectedResource`, `signalType`, `firedTime`, `source`, `logs`, `file`,
//! `line`, `dimensions`, `alertId`, `status`, `resolvedTime`, `service`, `team`, `runbook`, `priority`, `url`, `tags`,
//! `labels`, in any spelling (`alert_name`, `alert.name`). Every other field is kept as context. Optional fields may have
//! any type; a `status` such as `resolved` or `ok` says that the alert is over, and such an alert needs only what
//! identifies it. A severity that is no known number or word is kept as the sender's own word. A body that can't be used
//! is refused with all that is wrong with it, because its author is there to fix it.
//!
//! **What identifies the incident.** `alertId` (or `fingerprint`, `dedupKey`), or without one `source`, `alertName` and
//! `affectedResource`, with every label that lasts and every other field that names a place (`host`, `queue`, …).

use serde_json::Value;

use super::body::{BadBody, One, each};
use super::description::Description;
use super::identity::Identity;
use super::json::{add, any_text, integer, plain};
use super::names::Body;
use super::{bounds, html, json, labels, severity, status, times};
use incident::event::{Incident, IncidentEvent, Kind};
use incident::key::Key;
use incident::sender::Sender;

/// What an alert's fields are called, as [`Body`] finds them: each in the order in which they are looked for.
pub(super) struct Names {
    pub(super) name: &'static [&'static str],
    pub(super) description: &'static [&'static str],
    pub(super) started_at: &'static [&'static str],
    pub(super) url: &'static [&'static str],
    pub(super) source: &'static [&'static str],
}

const NAMES: Names = Names {
    name: &["alertname"],
    description: &["description", "alertdescription"],
    started_at: &["firedtime"],
    url: &["url"],
    source: &["source"],
};
const IDS: [&str; 6] = ["alertid", "fingerprint", "dedupkey", "dedupekey", "deduplicationkey", "incidentkey"];
const STATUS: [&str; 9] = [
    "status",
    "alertstatus",
    "state",
    "alertstate",
    "currentstate",
    "newstate",
    "alertactiongroup",
    "actiongroup",
    "actiongroupname",
];
const SEVERITY: [&str; 2] = ["severity", "alertseverity"];
const RESOURCE: [&str; 1] = ["affectedresource"];

/// The sender.
pub(super) const DESCRIPTION: Description = Description {
    is: |body| body.get("alertName").is_some(),
    read: |body, _| each(body, &one),
    ..Description::new(Sender::Alert, "the generic alert")
};

/// Reads one alert.
pub(super) fn one(alert: Value) -> Result<One, BadBody> {
    let mut body = Body::new(alert);
    let (kind, word) = happened(&body);
    check(&body, kind)?;
    let of = |names: &[&str]| body.read(names, &plain).unwrap_or_default();
    let (id, source, name) = (of(&IDS), of(NAMES.source), of(NAMES.name));
    let resource = body.read(&RESOURCE, &any_text).unwrap_or_default();
    let mut incident = incident(&mut body, &NAMES);
    let key = if id.is_empty() {
        let parts = [("source", &*source), ("alertName", &name), ("affectedResource", &resource)];
        identity(Identity::of(&parts), &incident, &body).key(Sender::Alert, parts.len(), 0)
    } else {
        Identity::of(&[("alertId", &id)]).key(Sender::Alert, 1, 0)
    };
    let (key, identity) = key.ok_or_else(|| missing("alertName"))?;
    if incident.title.is_empty() {
        // That one recovered may be said by its id alone.
        incident.title = id;
    }
    Ok((event(Sender::Alert, key, kind, word, incident).identified_by(identity), None))
}

/// Adds to an identity what tells the alert from others of its name.
pub(super) fn identity(outright: Identity, incident: &Incident, rest: &Body) -> Identity {
    let mut labels = incident.labels.clone();
    add(&mut labels, "service", incident.service.clone());
    outright.labels(&labels).places(rest.rest())
}

/// What happened, and the sender's word for it. Some say it in the severity alone.
pub(super) fn happened(body: &Body) -> (Kind, Option<String>) {
    let word = body.read(&STATUS, &plain);
    match &word {
        Some(word) => (status::kind(word), Some(word.clone())),
        None => match body.read(&SEVERITY, &plain).filter(|word| status::is_clear(word)) {
            Some(word) => (Kind::Resolved, Some(word)),
            None => (Kind::Triggered, None),
        },
    }
}

/// An event of an alert: it has no id of its own and tells nothing but what the alert is now.
pub(super) fn event(sender: Sender, key: Key, kind: Kind, word: Option<String>, incident: Incident) -> IncidentEvent {
    let occurred_at = match kind {
        Kind::Resolved => incident.resolved_at.clone(),
        _ => incident.started_at.clone(),
    };
    let event_type = word.map_or_else(|| "alert".to_owned(), |word| bounds::head(&word, 100));
    IncidentEvent { key, sender, kind, event_type, occurred_at, incident, ..IncidentEvent::default() }
}

fn missing(field: &str) -> BadBody {
    BadBody { error: format!("Missing required field: {field}"), details: None }
}

/// Refuses an alert with the first thing that is wrong with it as the error, and everything in the details. What is over
/// needs no more than a name or an id.
fn check(body: &Body, kind: Kind) -> Result<(), BadBody> {
    if !body.rest().is_object() {
        let details =
            format!("Expected an object with alertName, severity and description, not {}.", shown(body.rest()));
        return Err(BadBody { error: "Invalid JSON body".to_owned(), details: Some(details) });
    }
    let mut errors = Vec::new();
    let mut details = Vec::new();
    let over = kind == Kind::Resolved;
    let identified = over && body.read(&IDS, &plain).is_some();
    let required: [(&str, &str, &[&str], bool); 3] = [
        ("alertName", "a text", NAMES.name, !identified),
        ("severity", severity::EXPECTED, &SEVERITY, !over),
        ("description", "a text", NAMES.description, !over),
    ];
    for (field, expected, names, _) in required.into_iter().filter(|(_, _, _, required)| *required) {
        match body.peek(names) {
            None => {
                errors.push(missing(field).error);
                details.push(format!("{field} is missing: expected {expected}."));
            }
            Some(value) if field == "alertName" && plain(value).is_none() => {
                errors.push(format!("Invalid field: {field}"));
                details.push(format!("{field} is {}: expected {expected}.", shown(value)));
            }
            Some(_) => {}
        }
    }
    match errors.into_iter().next() {
        Some(error) => Err(BadBody { error, details: Some(details.join(" ")) }),
        None => Ok(()),
    }
}

fn shown(value: &Value) -> String {
    bounds::head(&value.to_string(), 100)
}

/// Everything an alert's fields tell, without asking for any of them; the title may be empty.
pub(super) fn incident(body: &mut Body, names: &Names) -> Incident {
    let mut labels = Vec::new();
    for [name, singular] in [["dimensions", "dimension"], ["labels", "label"], ["tags", "tag"]] {
        let found = |value: &Value| Some(labels::read(name, value)).filter(|found| !found.is_empty());
        labels.extend(body.take(&[name, singular], &found).unwrap_or_default());
    }
    let list = |value: &Value| Some(json::texts(value, &[], "name")).filter(|names| !names.is_empty());
    let mut teams = body.take(&["team"], &list).unwrap_or_default();
    teams.extend(body.take(&["teams"], &list).unwrap_or_default());
    let severity = body.take(&SEVERITY, &severity::said).unwrap_or_default();
    let mut text = |wanted: &[&str]| body.take(wanted, &plain);
    let mut incident = Incident {
        title: text(names.name).unwrap_or_default(),
        url: text(names.url),
        status: text(&STATUS),
        service: text(&["service", "servicename"]),
        priority: text(&["priority"]),
        source: text(names.source),
        signal_type: text(&["signaltype"]),
        file: text(&["file"]),
        runbook: text(&["runbook", "runbookurl"]),
        ..Incident::default()
    };
    incident.teams = teams;
    incident.severity = severity.level;
    incident.severity_word = severity.word;
    incident.started_at = body.take(names.started_at, &times::read);
    incident.resolved_at = body.take(&["resolvedtime", "alertend"], &times::read);
    incident.description = body.take(names.description, &prose);
    incident.resource = body.take(&RESOURCE, &any_text);
    incident.line = body.take(&["line"], &|line| u32::try_from(integer(line, &[])?).ok());
    incident.logs = body.take(&["logs"], &logs);
    incident.labels = bounds::entries(labels);
    incident.context = rest(body.rest());
    incident
}

/// A text for people: without HTML, and with the line breaks and quotes that somebody escaped twice.
pub(super) fn prose(value: &Value) -> Option<String> {
    Some(html::readable(&json::unescaped(&any_text(value)?))).filter(|text| !text.is_empty())
}

/// Lines, or a list of them. Blanks at the beginning of the first line are part of a stack trace.
pub(super) fn logs(value: &Value) -> Option<String> {
    let logs = match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => json::collect(lines, &any_text).join("\n"),
        other => any_text(other)?,
    };
    let logs = json::unescaped(&logs);
    let logs = logs.trim_end().trim_start_matches(['\r', '\n']);
    (!logs.is_empty()).then(|| bounds::both_ends(logs, bounds::LOGS))
}

/// What nobody asked for.
fn rest(value: &Value) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        entries.extend(
            any_text(&without_nulls(value)).map(|text| (bounds::head(name, 200), bounds::head(&text, bounds::TEXT))),
        );
    }
    bounds::entries(entries)
}

/// An object without the fields that were taken out of it.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept = serde_json::Map::new();
            for (name, value) in fields {
                let value = without_nulls(value);
                if !value.is_null() && value != Value::Object(serde_json::Map::new()) {
                    kept.insert(name.clone(), value);
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
