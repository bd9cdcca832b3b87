//! PagerDuty V3 webhooks: <https://developer.pagerduty.com/docs/webhooks-overview>.
//!
//! **What it accepts.** Any body that PagerDuty signed: one event, `{"event": {"id", "event_type", "occurred_at",
//! "agent", "data"}}`. Every field may be missing, null or of another type. Nothing is ever refused, because PagerDuty
//! counts refusals and switches a webhook off for a day after three of them
//! (<https://developer.pagerduty.com/docs/webhooks-behavior>).
//!
//! **What identifies the incident.** `data.id` where `data` is the incident itself, `data.incident.id` where it is
//! something about it (a note, a responder, …).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::Unused;
use super::body::Parsed;
use super::description::Description;
use super::json::{Broken, add, at, collect, items, plain, text, texts};
use super::times;
use incident::event::{Incident, IncidentEvent, Kind};
use incident::key::Key;
use incident::notice::is_ours;
use incident::reason::Reason;
use incident::sender::Sender;
use incident::time::Time;

/// The type of the event that PagerDuty's "Send Test Event" sends.
const PING: &str = "pagey.ping";
/// The longest body whose type alone is looked at, in bytes.
const LONGEST: usize = 64 * 1024;
/// So many characters of a type that is not used are shown.
const LONGEST_SHOWN: usize = 80;

/// What an incident is called that PagerDuty sent no title for.
const UNTITLED: &str = "Unknown incident";

/// The sender. Never a [`super::body::BadBody`]: what can't be used is [`Parsed::Nothing`], with the reason.
pub(super) const DESCRIPTION: Description = Description {
    is: |body| at(body, &["event", "event_type"]).is_some(),
    read: |body, _| Ok(parse_value(&body)),
    unreadable: |_, broken| Ok(unreadable(broken)),
    answers_at_once: true,
    ..Description::new(Sender::Pagerduty, "PagerDuty")
};

fn unreadable(broken: &Broken) -> Parsed {
    Parsed::Nothing {
        sender: Sender::Pagerduty,
        reason: Reason::Unreadable,
        message: format!("The body is not JSON: {broken}."),
    }
}

fn not_used(event_type: &str) -> String {
    let shown: String = event_type.chars().take(LONGEST_SHOWN).collect();
    format!("Events of the type \"{shown}\" are not used.")
}

/// A body whose type alone says that it is of no use: its tree would be most of what it costs. Only types such as PagerDuty
/// has, small letters with dots and underscores, in which no secret hides.
pub(super) fn unused(body: &[u8]) -> Option<Unused> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        event: Event<'a>,
    }
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        event_type: Cow<'a, str>,
    }
    // A long one is made smaller first, and then its tree costs less than to read it here too.
    if body.len() > LONGEST {
        return None;
    }
    let Body { event: Event { event_type } } = serde_json::from_slice(body).ok()?;
    let plain = event_type.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_'));
    let known = event_type.is_empty() || event_type == PING || is_used(&event_type);
    (plain && !known).then(|| Unused { sender: Sender::Pagerduty, message: not_used(&event_type) })
}

/// Whether [`what_happened`] may make something of an event of this type.
fn is_used(event_type: &str) -> bool {
    const NAMES: [&str; 16] = [
        "triggered",
        "acknowledged",
        "resolved",
        "reopened",
        "unacknowledged",
        "escalated",
        "reassigned",
        "delegated",
        "priority_updated",
        "service_updated",
        "incident_type.changed",
        "annotated",
        "status_update_published",
        "custom_field_values.updated",
        "conference_bridge.updated",
        "role.assigned",
    ];
    event_type.strip_prefix("incident.").is_some_and(|name| NAMES.contains(&name) || name.starts_with("responder."))
}

fn parse_value(body: &Value) -> Parsed {
    let Some(event) = at(body, &["event"]) else {
        let message = if body.get("messages").is_some() {
            "This is a V2 webhook, which PagerDuty no longer supports: please create a V3 webhook subscription."
        } else {
            "The body has no event."
        };
        return Parsed::Nothing { sender: Sender::Pagerduty, reason: Reason::EventType, message: message.to_owned() };
    };
    let event_type = text(event, &["event_type"]).unwrap_or_default();
    if event_type == PING {
        let message = "The test event arrived, and its sender is authenticated.".to_owned();
        return Parsed::Nothing { sender: Sender::Pagerduty, reason: Reason::Ping, message };
    }
    let data = at(event, &["data"]).unwrap_or(&Value::Null);
    let Some((kind, change)) = what_happened(&event_type, data) else {
        let message = not_used(&event_type);
        return Parsed::Nothing { sender: Sender::Pagerduty, reason: Reason::EventType, message };
    };
    if kind == Kind::Resolved
        && let Some(message) = merged(data)
    {
        return Parsed::Nothing { sender: Sender::Pagerduty, reason: Reason::Merged, message };
    }
    let subject = Subject::of(&event_type, data);
    let Some(key) = subject.id().and_then(|id| Key::new(Sender::Pagerduty, &[&id])) else {
        let message = "The event names no incident.".to_owned();
        return Parsed::Nothing { sender: Sender::Pagerduty, reason: Reason::NoIncident, message };
    };
    let occurred_at = at(event, &["occurred_at"]).and_then(times::read);
    let change = change.map(|what| line(event, occurred_at.as_deref(), &what));
    let mut incident = subject.incident();
    if kind == Kind::Resolved {
        // V3 payloads have no `resolved_at`: the moment of the resolving event is when the incident ended.
        incident.resolved_at.clone_from(&occurred_at);
    }
    if let Some(word) = deed(kind) {
        add(&mut incident.context, &format!("{word} by"), agent(event));
    }
    let id = text(event, &["id"]);
    let sender = Sender::Pagerduty;
    let event =
        IncidentEvent { key, sender, kind, event_type, id, occurred_at, change, incident, ..IncidentEvent::default() };
    Parsed::events(vec![event], None)
}

/// A line of the timeline: when, who, what; of the time and the name what is known.
fn line(event: &Value, occurred_at: Option<&str>, what: &str) -> String {
    let time = occurred_at.and_then(Time::from_rfc3339).map(Time::rfc3339);
    let time = time.as_deref().and_then(|time| time.get(11..19)).map(|time| format!("{time}Z "));
    let name = text(event, &["agent", "summary"]).map(|name| format!("{name}: "));
    format!("{}{}{what}", time.unwrap_or_default(), name.unwrap_or_default())
}

/// What an event type means to us, with what its line of the timeline says; `None` for the types that tell an engineer
/// nothing (tasks, workflows, actions, changes to a service) and for those nobody has heard of yet. What starts an incident
/// needs no line.
/// The list of types: <https://developer.pagerduty.com/docs/webhooks-overview#event-types>.
fn what_happened(event_type: &str, data: &Value) -> Option<(Kind, Option<String>)> {
    let name = event_type.strip_prefix("incident.")?;
    let (kind, what) = match name {
        "triggered" => (Kind::Triggered, None),
        "acknowledged" => (Kind::Acknowledged, Some("acknowledged")),
        "resolved" => (Kind::Resolved, Some("resolved")),
        "reopened" => (Kind::Reopened, Some("reopened")),
        _ => return change(name, data).map(|change| (Kind::Updated, Some(change))),
    };
    Some((kind, what.map(str::to_owned)))
}

/// What an event says that leaves the incident's status as it is, in a line or a few.
fn change(name: &str, data: &Value) -> Option<String> {
    let summary = |field: &str| text(data, &[field, "summary"]);
    let people = || some_list(texts(data, &["assignees"], "summary"));
    Some(match name {
        "unacknowledged" => "no longer acknowledged, nobody works on it".to_owned(),
        "escalated" => phrase("escalated", " to ", people()),
        "reassigned" => phrase("reassigned", " to ", people()),
        "delegated" => phrase("delegated", " to the escalation policy ", summary("escalation_policy")),
        "priority_updated" => match summary("priority") {
            Some(priority) => format!("priority is now {priority}"),
            None => "it has no priority any more".to_owned(),
        },
        "service_updated" => phrase("moved to another service", ": ", summary("service")),
        "incident_type.changed" => format!("incident type is now {}", text(data, &["incident_type", "name"])?),
        "annotated" => note(&text(data, &["content"])?)?,
        "status_update_published" => format!("status update: {}", text(data, &["message"])?),
        "custom_field_values.updated" => some_list(changed_fields(data))?,
        "conference_bridge.updated" => format!("conference bridge: {}", bridge(data)?),
        "role.assigned" => some_list(roles(data))?,
        _ if name.starts_with("responder.") => responder(name, data)?,
        _ => return None,
    })
}

/// `escalated` alone, or `escalated to Alex Example`.
fn phrase(what: &str, link: &str, whom: Option<String>) -> String {
    whom.map_or_else(|| what.to_owned(), |whom| format!("{what}{link}{whom}"))
}

fn some_list(items: Vec<String>) -> Option<String> {
    (!items.is_empty()).then(|| items.join(", "))
}

/// What was said when the incident was resolved arrives as a note of its own, marked by its first words. A note that the
/// bridge wrote says nothing new.
fn note(content: &str) -> Option<String> {
    match content.strip_prefix("Resolution Note:") {
        _ if is_ours(content) => None,
        Some(text) => Some(format!("resolution note: {}", text.trim_start())),
        None => Some(format!("note: {content}")),
    }
}

/// `environment is production`: the names from `changed_custom_fields`, the values from `custom_fields`, since
/// PagerDuty's own examples show the values before the change in the former.
fn changed_fields(data: &Value) -> Vec<String> {
    let all = items(data, &["custom_fields"]);
    let describe = |changed: &Value| {
        let name = text(changed, &["name"])?;
        let now = all.iter().find(|field| text(field, &["name"]).as_ref() == Some(&name)).unwrap_or(changed);
        let shown = text(now, &["display_name"]).unwrap_or_else(|| name.clone());
        let value = at(now, &["value"]).and_then(super::json::any_text);
        Some(value.map_or_else(|| format!("{shown} is empty"), |value| format!("{shown} is {value}")))
    };
    collect(items(data, &["changed_custom_fields"]), &describe)
}

/// A conference bridge's page and numbers, both as an incident carries them and as the event about it does.
fn bridge(data: &Value) -> Option<String> {
    let mut parts = texts(data, &["conference_numbers"], "number");
    parts.extend(text(data, &["conference_number"]));
    parts.extend(text(data, &["conference_url"]));
    some_list(parts)
}

fn roles(data: &Value) -> Vec<String> {
    let describe = |assignment: &Value| {
        let who = text(assignment, &["assignee", "summary"])?;
        let role = text(assignment, &["role", "summary"])?;
        Some(format!("{who} is now {role}"))
    };
    collect(items(data, &["incident_role_assignments"]), &describe)
}

fn responder(name: &str, data: &Value) -> Option<String> {
    let who = text(data, &["user", "summary"]).or_else(|| text(data, &["escalation_policy", "summary"]))?;
    let what = match (name, text(data, &["state"])) {
        ("responder.added", _) => format!("{who} was asked to respond"),
        (_, Some(state)) => format!("{who} answered the request to respond: {state}"),
        (_, None) => format!("{who} answered the request to respond"),
    };
    Some(phrase(&what, ". Message: ", text(data, &["message"])))
}

/// A merge resolves the incident that was merged away, which says nothing about the trouble being over. The reason is
/// PagerDuty's `ResolveReason`: <https://developer.pagerduty.com/api-reference/>, `merge_resolve_reason`.
fn merged(data: &Value) -> Option<String> {
    let reason = at(data, &["resolve_reason"])?;
    let kind = text(reason, &["type"]).or_else(|| plain(reason))?;
    let target = text(reason, &["incident", "summary"]).or_else(|| text(reason, &["incident", "id"]));
    (kind == "merge_resolve_reason")
        .then(|| phrase("It was merged into another incident", ": ", target.map(|t| t.chars().take(200).collect())))
}

/// How a change of status reads with `by` after it.
fn deed(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Triggered => Some("triggered"),
        Kind::Acknowledged => Some("acknowledged"),
        Kind::Resolved => Some("resolved"),
        Kind::Reopened => Some("reopened"),
        Kind::Updated => None,
    }
}

/// Who or what caused the event: a person, or the integration through which monitoring reported.
fn agent(event: &Value) -> Option<String> {
    let name = text(event, &["agent", "summary"]).or_else(|| text(event, &["agent", "id"]))?;
    let kind = text(event, &["agent", "type"]).unwrap_or_default();
    let kind = match kind.strip_suffix("_reference").unwrap_or(&kind) {
        "user" => "a person",
        "inbound_integration" => "an integration",
        _ => return Some(name),
    };
    Some(format!("{name} ({kind})"))
}

/// The part of `data` that describes the incident.
enum Subject<'v> {
    /// The incident itself, with everything PagerDuty tells about it.
    Incident(&'v Value),
    /// A reference to it: `id`, `html_url`, and a `summary` that may be null.
    Reference(&'v Value),
}

impl<'v> Subject<'v> {
    /// Decided by the event type and not by which fields are there: a note has an `id` too, its own.
    fn of(event_type: &str, data: &'v Value) -> Self {
        let about = matches!(
            event_type.strip_prefix("incident.").unwrap_or_default(),
            "annotated" | "status_update_published" | "custom_field_values.updated" | "conference_bridge.updated"
        ) || event_type.starts_with("incident.role.")
            || event_type.starts_with("incident.responder.");
        let reference = at(data, &["incident"]).or_else(|| {
            items(data, &["incident_role_assignments"]).iter().find_map(|assignment| at(assignment, &["incident"]))
        });
        match reference {
            Some(reference) if about || text(data, &["id"]).is_none() => Subject::Reference(reference),
            None if about => Subject::Reference(&Value::Null),
            _ => Subject::Incident(data),
        }
    }

    fn id(&self) -> Option<String> {
        match self {
            Subject::Incident(value) | Subject::Reference(value) => text(value, &["id"]),
        }
    }

    fn incident(&self) -> Incident {
        let data = match self {
            Subject::Incident(data) => data,
            Subject::Reference(reference) => {
                return Incident {
                    title: text(reference, &["summary"]).unwrap_or_else(|| UNTITLED.to_owned()),
                    url: text(reference, &["html_url"]),
                    ..Incident::default()
                };
            }
        };
        let mut context = Vec::new();
        add(&mut context, "reopened at", text(data, &["reopened_at"]));
        add(&mut context, "incident type", text(data, &["incident_type", "name"]));
        add(&mut context, "escalation policy", text(data, &["escalation_policy", "summary"]));
        add(&mut context, "conference bridge", at(data, &["conference_bridge"]).and_then(bridge));
        add(&mut context, "incident key", text(data, &["incident_key"]));
        Incident {
            title: text(data, &["title"]).unwrap_or_else(|| UNTITLED.to_owned()),
            url: text(data, &["html_url"]),
            reopened_at: at(data, &["reopened_at"]).and_then(times::read),
            number: text(data, &["number"]),
            status: text(data, &["status"]),
            service: text(data, &["service", "summary"]),
            teams: texts(data, &["teams"], "summary"),
            assignees: texts(data, &["assignees"], "summary"),
            urgency: text(data, &["urgency"]),
            priority: text(data, &["priority", "summary"]),
            started_at: at(data, &["created_at"]).and_then(times::read),
            context,
            ..Incident::default()
        }
    }
}

#[cfg(test)]
mod tests;
