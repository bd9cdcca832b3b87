//! Kibana's webhook connector and Watcher's webhook action.
//! <https://www.elastic.co/docs/reference/kibana/connectors-kibana/webhook-action-type>,
//! <https://www.elastic.co/docs/explore-analyze/alerting/alerts/rule-action-variables>.
//!
//! **What it accepts.** What the author of an action's body wrote, rendered: the template of our documentation (`ruleId`,
//! `alertName`, `alertUuid`, `status`, `hits`, …), the older one (`alertName`, `alertId`, `groupByField`, `logs`, …), and
//! flat bodies as Watcher and machine learning jobs send them, with the fields of the generic alert and `message` for
//! `description`. Nothing is required. Kibana never checks that a rendered body is JSON, and sends a refused one again
//! and again; so one that is not JSON becomes an event of the type [`UNREADABLE`], with the raw text as its logs.
//! Routes can ignore that type.
//!
//! **What identifies the incident.** `ruleId` and `alertUuid`: Kibana keeps an alert's uuid while it is active. With the
//! older template `alertName`, `alertId` and `groupByField`, because `alertId` alone is `query matched` or `*` for every
//! ungrouped rule. For a flat body what identifies a generic alert. Otherwise the body itself.

mod hits;
mod salvage;

use serde_json::Value;

use super::json::{Broken, add, any_text, decode, text};
use super::{BadBody, One, Parsed, alert, bounds, each, read};
use crate::auth::Verified;
use incident::event::{Incident, Kind};
use incident::key::Key;
use incident::reason::Reason;
use incident::sender::Sender;
use incident::stored;
use salvage::field;

/// The event type of a body that is not JSON.
pub const UNREADABLE: &str = "unreadable";

/// What an alert is called that has no name.
const UNTITLED: &str = "Kibana alert";

/// Reads a body of one alert, or a list of them.
pub fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    match read(body) {
        Ok(Value::Array(alerts)) if alerts.iter().any(any_field) => {
            each(alerts.into_iter().filter(any_field).collect(), &one)
        }
        Ok(alert) if any_field(&alert) => each(alert, &one),
        Ok(_) => {
            let message = "The body holds no alert.".to_owned();
            Ok(Parsed::Nothing { sender: Sender::Kibana, reason: Reason::NoIncident, message })
        }
        Err(broken) => Ok(unreadable(body, &broken)),
    }
}

/// Whether it is an object with anything in it.
fn any_field(alert: &Value) -> bool {
    alert.as_object().is_some_and(|fields| fields.values().any(|value| any_text(value).is_some()))
}

/// Whether an alert was written with one of Kibana's templates.
pub(super) fn is_kibana(alert: &Value) -> bool {
    let has = |name: &str| alert.get(name).is_some();
    text(alert, &["alertName"]).is_some()
        && (text(alert, &["source"]).is_some_and(|source| source.eq_ignore_ascii_case("kibana"))
            || has("groupByField")
            || has("matchedDocuments")
            || (has("ruleId") && has("alertUuid")))
}

/// Whether a text that is not JSON was meant to be one of Kibana's bodies.
pub(super) fn is_kibana_text(body: &str) -> bool {
    // What Kibana sends instead of a body whose template it can't render: `mustache_renderer.ts` in elastic/kibana.
    body.trim_start().starts_with("error rendering mustache template")
        || field(body, "source").is_some_and(|source| source.eq_ignore_ascii_case("kibana"))
        || ["\"groupByField\"", "\"matchedDocuments\"", "\"alertUuid\""].iter().any(|name| body.contains(name))
}

/// Reads one alert.
pub(super) fn one(mut body: Value) -> Result<One, BadBody> {
    let key = identity(&|name| text(&body, &[name]).unwrap_or_default())
        .or_else(|| flat_identity(&body))
        .or_else(|| body_identity(&stored::text(&body)))
        .ok_or_else(|| BadBody { error: "The alert is empty".to_owned(), details: None })?;
    let status = text(&body, &["status"]);
    let kind = status.as_deref().map_or(Kind::Triggered, alert::kind);
    let mut take = |name: &str| body.get_mut(name).map(Value::take);
    let group = take("groupByField");
    let hits = take("hits").as_ref().and_then(hits::logs);
    let mut incident = alert::incident(body);
    if incident.title.is_empty() {
        incident.title = UNTITLED.to_owned();
    }
    incident.source.get_or_insert_with(|| "kibana".to_owned());
    if incident.description.is_none()
        && let Some(place) = incident.context.iter().position(|(name, _)| name == "message")
    {
        incident.description = Some(incident.context.remove(place).1);
    }
    incident.logs = match (hits, incident.logs.take()) {
        (Some(hits), Some(logs)) => Some(bounds::tail(&format!("{hits}\n{logs}"), bounds::LOGS)),
        (hits, logs) => hits.or(logs),
    };
    add(&mut incident.labels, "group", group.as_ref().and_then(any_text));
    Ok((alert::event(Sender::Kibana, key, kind, status, incident), None))
}

/// What identifies the alert of a template. The number of parts tells the forms of identity apart.
fn identity(of: &dyn Fn(&str) -> String) -> Option<Key> {
    let (rule, uuid, id, group) = (of("ruleId"), of("alertUuid"), of("alertId"), of("groupByField"));
    let key = |parts: &[&str]| Key::new(Sender::Kibana, parts);
    if !uuid.is_empty() {
        key(&[&rule, &uuid])
    } else if !rule.is_empty() {
        key(&[&rule, &id, &group, ""])
    } else if !id.is_empty() || !group.is_empty() {
        key(&[&of("alertName"), &id, &group])
    } else {
        None
    }
}

/// What identifies a flat body: the same as a generic alert.
fn flat_identity(body: &Value) -> Option<Key> {
    let of = |name: &str| text(body, &[name]).unwrap_or_default();
    let name = of("alertName");
    (!name.is_empty()).then(|| Key::new(Sender::Kibana, &[&of("source"), &name, &of("affectedResource"), "", ""]))?
}

/// The last resort: the same body is the same incident, which holds for the repeats of one delivery.
fn body_identity(body: &str) -> Option<Key> {
    (!body.trim().is_empty()).then(|| Key::new(Sender::Kibana, &[body]))?
}

/// What can be saved of a body that is not JSON.
pub(super) fn unreadable(body: &Verified, broken: &Broken) -> Parsed {
    let raw = decode(body.body());
    let of = |name: &str| field(&raw, name).unwrap_or_default();
    let Some(key) = identity(&of).or_else(|| body_identity(&raw)) else {
        let message = "The body is empty.".to_owned();
        return Parsed::Nothing { sender: Sender::Kibana, reason: Reason::Unreadable, message };
    };
    let status = field(&raw, "status");
    let kind = status.as_deref().map_or(Kind::Triggered, alert::kind);
    let incident = Incident {
        title: field(&raw, "alertName").unwrap_or_else(|| UNTITLED.to_owned()),
        url: field(&raw, "url"),
        status,
        severity: field(&raw, "severity").as_deref().and_then(super::severity::from_text),
        started_at: field(&raw, "firedTime"),
        description: field(&raw, "description"),
        signal_type: field(&raw, "signalType"),
        source: field(&raw, "source").or_else(|| Some("kibana".to_owned())),
        logs: Some(bounds::tail(raw.trim(), bounds::LOGS)),
        ..Incident::default()
    };
    let remark = format!(
        "The body is not JSON ({broken}), so it is passed on as text. Please put every value of the action's template \
         in double quotes and double braces."
    );
    let event = alert::event(Sender::Kibana, key, kind, Some(UNREADABLE.to_owned()), incident);
    Parsed::Events { events: vec![event], remark: Some(remark) }
}

#[cfg(test)]
mod tests;
