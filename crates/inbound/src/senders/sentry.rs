//! Sentry's integration platform: <https://docs.sentry.io/integrations/integration-platform/webhooks/>.
//!
//! **What it accepts.** `{"action", "data": {…}, "installation"}`, told apart by what is in `data`: `event` (an issue alert,
//! with the event that set it off), `metric_alert`, `issue` (created, resolved, archived, assigned, unresolved), `comment`.
//! Installations and single errors start nothing. The body may be signed: the header is `Sentry-Hook-Signature`. Sentry
//! waits one second for an answer.
//!
//! **What identifies the incident.** The issue's id, both of an issue and of an alert on one; a metric alert's id.

use serde_json::Value;

use super::body::{BadBody, Parsed};
use super::description::Description;
use super::identity::Identity;
use super::json::{add, at, first_text, items, text};
use super::{alert, bounds, labels, severity, times};
use incident::event::{Incident, IncidentEvent, Kind};
use incident::reason::Reason;
use incident::sender::Sender;

/// The sender.
pub(super) const DESCRIPTION: Description = Description {
    is,
    read: |body, _| parsed(&body),
    answers_at_once: true,
    ..Description::new(Sender::Sentry, "Sentry")
};

/// So many frames of a stack are shown, the newest first.
const FRAMES: usize = 20;

fn is(body: &Value) -> bool {
    let known = ["event", "metric_alert", "issue", "error", "comment", "installation"];
    text(body, &["action"]).is_some()
        && known.iter().any(|name| at(body, &["data", name]).is_some())
        && (body.get("installation").is_some()
            || body.get("actor").is_some()
            || at(body, &["data", "installation"]).is_some())
}

fn parsed(body: &Value) -> Result<Parsed, BadBody> {
    let action = text(body, &["action"]).unwrap_or_default();
    let data = at(body, &["data"]).unwrap_or(&Value::Null);
    let event = if let Some(alert) = at(data, &["metric_alert"]) {
        metric(data, alert, &action)
    } else if let Some(event) = at(data, &["event"]) {
        issue_alert(data, event)
    } else if let Some(issue) = at(data, &["issue"]) {
        match issue_event(issue, &action) {
            Some(event) => Ok(event),
            None => return Ok(nothing(&format!("The issue was {action}."))),
        }
    } else if data.get("comment").is_some() {
        comment(body, data)
    } else if at(data, &["installation"]).is_some() {
        let message = "The integration was installed or removed.".to_owned();
        return Ok(Parsed::Nothing { sender: Sender::Sentry, reason: Reason::Ping, message });
    } else {
        return Ok(nothing("Only issues, their alerts, metric alerts and comments are used."));
    };
    event.map(|event| Parsed::events(vec![event], None))
}

fn nothing(why: &str) -> Parsed {
    let message = format!("{} It starts nothing.", bounds::head(why, 200));
    Parsed::Nothing { sender: Sender::Sentry, reason: Reason::EventType, message }
}

fn missing(field: &str) -> BadBody {
    BadBody { error: format!("Missing required field: {field}"), details: None }
}

fn made(
    of: &[(&str, &str)],
    missing_field: &str,
    kind: Kind,
    word: &str,
    incident: Incident,
) -> Result<IncidentEvent, BadBody> {
    let (key, identity) = Identity::of(of).key(Sender::Sentry, of.len(), 0).ok_or_else(|| missing(missing_field))?;
    Ok(alert::event(Sender::Sentry, key, kind, Some(word.to_owned()), incident).identified_by(identity))
}

fn metric(data: &Value, alert: &Value, action: &str) -> Result<IncidentEvent, BadBody> {
    let id =
        text(alert, &["id"]).or_else(|| text(alert, &["identifier"])).ok_or_else(|| missing("data.metric_alert.id"))?;
    let severity =
        severity::said(&Value::String(action.to_owned())).filter(|_| action != "resolved").unwrap_or_default();
    let rule = |name: &str| text(alert, &["alert_rule", name]);
    let mut incident = Incident {
        title: rule("name")
            .or_else(|| text(data, &["description_title"]))
            .unwrap_or_else(|| "Sentry metric alert".to_owned()),
        url: text(data, &["web_url"]),
        status: Some(action.to_owned()),
        service: items(alert, &["projects"]).first().and_then(super::json::plain),
        severity: severity.level,
        severity_word: severity.word,
        started_at: at(alert, &["date_started"]).and_then(times::read),
        resolved_at: at(alert, &["date_closed"]).and_then(times::read),
        description: at(data, &["description_text"]).and_then(alert::prose),
        source: Some("sentry".to_owned()),
        ..Incident::default()
    };
    for (name, value) in [
        ("aggregate", rule("aggregate")),
        ("query", rule("query")),
        ("window in minutes", rule("time_window")),
        ("environment", rule("environment")),
    ] {
        add(&mut incident.context, name, value);
    }
    let kind = if action == "resolved" { Kind::Resolved } else { Kind::Triggered };
    made(&[("metric_alert", "metric"), ("id", &id)], "data.metric_alert.id", kind, action, incident)
}

/// An alert on an issue, with the event that set it off.
fn issue_alert(data: &Value, event: &Value) -> Result<IncidentEvent, BadBody> {
    let id = text(event, &["issue_id"]).or_else(|| text(event, &["groupID"])).unwrap_or_default();
    let severity = at(event, &["level"]).and_then(severity::said).unwrap_or_default();
    let mut incident = Incident {
        title: first_text(event, &["title", "message"]).unwrap_or_else(|| "Sentry issue".to_owned()),
        url: text(event, &["web_url"]),
        status: Some("triggered".to_owned()),
        service: text(event, &["project_slug"]).or_else(|| text(event, &["project_name"])),
        severity: severity.level,
        severity_word: severity.word,
        started_at: first_time(event, &["datetime", "timestamp", "received"]),
        description: text(event, &["message"]).filter(|message| text(event, &["title"]).as_ref() != Some(message)),
        resource: text(event, &["transaction"]).or_else(|| text(event, &["culprit"])),
        source: Some("sentry".to_owned()),
        logs: stack(event),
        labels: at(event, &["tags"]).map(|tags| bounds::entries(labels::read("tags", tags))).unwrap_or_default(),
        ..Incident::default()
    };
    let of = |name: &str| text(event, &[name]);
    for (name, value) in [
        ("rule", text(data, &["triggered_rule"])),
        ("culprit", of("culprit")),
        ("environment", of("environment")),
        ("release", of("release")),
        ("platform", of("platform")),
        ("event", of("event_id")),
        ("issue", of("issue_url")),
    ] {
        add(&mut incident.context, name, value);
    }
    if let Some((file, line)) = newest_frame(event) {
        incident.file = Some(file);
        incident.line = line;
    }
    made(&[("issue", &id)], "data.event.issue_id", Kind::Triggered, "triggered", incident)
}

/// What happened to an issue; `None` where that starts nothing and ends nothing.
fn issue_event(issue: &Value, action: &str) -> Option<IncidentEvent> {
    let kind = match action {
        "created" | "unresolved" => Kind::Triggered,
        "resolved" | "ignored" | "archived" => Kind::Resolved,
        "assigned" => Kind::Acknowledged,
        _ => return None,
    };
    let severity = at(issue, &["level"]).and_then(severity::said).unwrap_or_default();
    let mut incident = Incident {
        title: text(issue, &["title"]).unwrap_or_else(|| "Sentry issue".to_owned()),
        url: first_text(issue, &["web_url", "permalink"]),
        number: text(issue, &["shortId"]),
        status: Some(action.to_owned()),
        service: text(issue, &["project", "slug"]).or_else(|| text(issue, &["project", "name"])),
        assignees: text(issue, &["assignedTo", "name"]).into_iter().collect(),
        priority: text(issue, &["priority"]),
        severity: severity.level,
        severity_word: severity.word,
        started_at: first_time(issue, &["firstSeen"]),
        resource: text(issue, &["culprit"]),
        source: Some("sentry".to_owned()),
        file: text(issue, &["metadata", "filename"]),
        description: text(issue, &["metadata", "value"]),
        ..Incident::default()
    };
    for (name, field) in [
        ("events", "count"),
        ("users", "userCount"),
        ("last seen", "lastSeen"),
        ("platform", "platform"),
        ("substatus", "substatus"),
    ] {
        add(&mut incident.context, name, text(issue, &[field]));
    }
    let id = text(issue, &["id"])?;
    made(&[("issue", &id)], "data.issue.id", kind, action, incident).ok()
}

fn comment(body: &Value, data: &Value) -> Result<IncidentEvent, BadBody> {
    let id = text(data, &["issue_id"]).unwrap_or_default();
    let who = text(body, &["actor", "name"]).map(|name| format!("{name}: ")).unwrap_or_default();
    let said = text(data, &["comment"]).unwrap_or_default();
    let incident =
        Incident { title: "Sentry issue".to_owned(), source: Some("sentry".to_owned()), ..Incident::default() };
    let event = made(&[("issue", &id)], "data.issue_id", Kind::Updated, "comment", incident)?;
    Ok(IncidentEvent { change: Some(format!("{who}comment: {}", bounds::head(&said, bounds::TEXT))), ..event })
}

fn first_time(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| at(value, &[name]).and_then(times::read))
}

/// The exceptions of an event, the newest first, each with its frames: `TypeError: x is undefined`, `  at load (app.js:7)`.
fn stack(event: &Value) -> Option<String> {
    let mut lines = Vec::new();
    for thrown in items(event, &["exception", "values"]).iter().rev().take(5) {
        let of = |name: &str| text(thrown, &[name]);
        lines.extend(match (of("type"), of("value")) {
            (Some(kind), Some(value)) => Some(format!("{kind}: {value}")),
            (kind, value) => kind.or(value),
        });
        for frame in items(thrown, &["stacktrace", "frames"]).iter().rev().take(FRAMES) {
            let place = [first_text(frame, &["filename", "abs_path", "module"]), text(frame, &["lineno"])];
            let place: Vec<String> = place.into_iter().flatten().collect();
            lines.push(format!(
                "  at {} ({})",
                text(frame, &["function"]).unwrap_or_else(|| "?".to_owned()),
                place.join(":")
            ));
        }
    }
    let message = text(event, &["logentry", "formatted"]).or_else(|| text(event, &["logentry", "message"]));
    lines.extend(message.filter(|_| lines.is_empty()));
    (!lines.is_empty()).then(|| bounds::both_ends(&lines.join("\n"), bounds::LOGS))
}

/// The file and line of the newest frame that is the application's own, or else of the newest.
fn newest_frame(event: &Value) -> Option<(String, Option<u32>)> {
    let thrown = items(event, &["exception", "values"]).last()?;
    let frames = items(thrown, &["stacktrace", "frames"]);
    let own = |frame: &&Value| frame.get("in_app").and_then(Value::as_bool) == Some(true);
    let frame = frames.iter().rev().find(own).or_else(|| frames.last())?;
    let line = super::json::integer(frame, &["lineno"]).and_then(|line| u32::try_from(line).ok());
    Some((first_text(frame, &["filename", "abs_path"])?, line))
}

#[cfg(test)]
mod tests;
