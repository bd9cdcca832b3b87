//! The senders: each file says what one of them sends and what identifies an incident there.

mod alert;
mod alertmanager;
mod azure_monitor;
mod bounds;
mod form;
mod html;
mod identity;
pub mod json;
mod kibana;
mod labels;
pub mod mapping;
mod names;
mod pagerduty;
mod sentry;
mod severity;
mod sns;
mod status;
#[cfg(test)]
mod testing;
mod thin;
mod times;
mod unknown;

use serde_json::Value;

use crate::auth::Verified;
use crate::endpoint::Hook;
use incident::event::IncidentEvent;
use incident::reason::Reason;
use incident::sender::Sender;
pub use mapping::{Mapping, Mappings};

/// How many alerts one body may carry.
pub const MOST_ALERTS: usize = 100;

/// What a verified body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// Events, in the order of the body.
    Events {
        /// At least one event.
        events: Vec<IncidentEvent>,
        /// Those of several alerts that can't be used, each with its position in the body, from 0.
        refused: Vec<(usize, BadBody)>,
        /// What is odd about the body, in a sentence: for the answer's message.
        remark: Option<String>,
    },
    /// Amazon SNS asks whether its messages are wanted.
    Confirm {
        /// The topic.
        topic: String,
        /// The address that says yes.
        url: String,
    },
    /// Authentic, but there is nothing to do.
    Nothing {
        /// Whose body it is.
        sender: Sender,
        /// Why.
        reason: Reason,
        /// The same for a person, in a sentence.
        message: String,
    },
}

impl Parsed {
    /// These events and nothing that was refused.
    fn events(events: Vec<IncidentEvent>, remark: Option<String>) -> Parsed {
        Parsed::Events { events, refused: Vec::new(), remark }
    }
}

/// A body that can't be used, with what its author has to change. Answered with 400.
#[derive(Clone, Debug, PartialEq)]
pub struct BadBody {
    /// The short form, for example `Missing required field: alertName`.
    pub error: String,
    /// The field, the value and what was expected, or the byte at which the JSON broke.
    pub details: Option<String>,
}

/// Everything there is to say of a sender. A new one is a file that ends in one of these, or a mapping, and its line in
/// [`SENDERS`].
pub struct Description {
    /// Who it is; the name gives the path of its hook.
    pub sender: Sender,
    /// What people call it.
    pub title: &'static str,
    /// Whether a body has the shape of its bodies.
    is: fn(&Value) -> bool,
    /// Whether a file of the folder `senders/` says where in its bodies things are.
    pub mapped: bool,
    /// Reads a body.
    read: fn(Value, &Mappings) -> Result<Parsed, BadBody>,
    /// What becomes of a body that is not JSON.
    unreadable: fn(&Verified, &json::Broken) -> Result<Parsed, BadBody>,
    /// Whether it waits for an answer so shortly that none can wait for the session: less than 10 s.
    pub answers_at_once: bool,
}

impl Description {
    const fn new(sender: Sender, title: &'static str) -> Description {
        Description {
            sender,
            title,
            is: |_| false,
            mapped: false,
            read: |_, _| Err(BadBody { error: String::new(), details: None }),
            unreadable: |_, broken| Err(not_json(broken)),
            answers_at_once: false,
        }
    }
}

/// A sender that needs no code but its mapping in the folder `senders/`; its bodies have all these paths.
macro_rules! mapped {
    ($sender:ident, $title:literal, [$($path:literal),+]) => {
        Description {
            is: |body| [$($path),+].iter().all(|path| mapping::path::at(body, path).is_some()),
            mapped: true,
            read: |body, mappings| mappings.parse(Sender::$sender, body),
            ..Description::new(Sender::$sender, $title)
        }
    };
}

/// Every sender, in the order in which a body's shape is looked at.
pub const SENDERS: &[Description] = &[
    pagerduty::DESCRIPTION,
    azure_monitor::DESCRIPTION,
    alertmanager::GRAFANA,
    alertmanager::ALERTMANAGER,
    sentry::DESCRIPTION,
    sns::DESCRIPTION,
    mapped!(Datadog, "Datadog", ["alert_cycle_key", "alert_transition"]),
    mapped!(NewRelic, "New Relic", ["issueUrl", "state", "priority"]),
    mapped!(GoogleCloud, "Google Cloud Monitoring", ["incident.incident_id", "incident.policy_name"]),
    mapped!(Opsgenie, "Opsgenie", ["action", "alert.alertId"]),
    mapped!(Honeycomb, "Honeycomb", ["trigger_url", "result_url", "status"]),
    mapped!(UptimeKuma, "Uptime Kuma", ["heartbeat.status", "monitor.id", "msg"]),
    mapped!(Zabbix, "Zabbix", ["event_id", "event_value", "trigger_id"]),
    mapped!(Checkmk, "Checkmk", ["NOTIFICATIONTYPE", "HOSTNAME"]),
    mapped!(IncidentIo, "incident.io", ["event_type", "*.id"]),
    mapped!(Rootly, "Rootly", ["event.type", "event.issued_at", "data.id"]),
    mapped!(Firehydrant, "FireHydrant", ["data.incident.id", "event.operation"]),
    mapped!(BetterStack, "Better Stack", ["data.id", "data.attributes.started_at", "data.attributes.cause"]),
    mapped!(Dynatrace, "Dynatrace", ["PID", "ProblemTitle", "State"]),
    kibana::DESCRIPTION,
    alert::DESCRIPTION,
];

/// A sender's description; there is none of [`Sender::Source`].
pub fn described(sender: Sender) -> Option<&'static Description> {
    SENDERS.iter().find(|description| description.sender == sender)
}

/// Every hook under `/hooks/` by the last part of its path: the senders', and those of `SOURCES`.
pub fn hooks(sources: &[Mapping]) -> Vec<(String, Hook)> {
    let mut hooks = Vec::with_capacity(SENDERS.len().saturating_add(sources.len()));
    for known in SENDERS {
        hooks.push((known.sender.path(), Hook::Of(known.sender)));
    }
    for (position, source) in sources.iter().enumerate() {
        hooks.push((source.name.clone(), Hook::Source(position)));
    }
    hooks
}

/// The hook at `/hooks/{name}`.
pub fn hook_at(name: &str, sources: &[Mapping]) -> Option<Hook> {
    hooks(sources).into_iter().find(|(known, _)| known == name).map(|(_, hook)| hook)
}

/// Whether a hook's sender waits so shortly that no answer can wait for the session.
pub fn answers_at_once(hook: Hook) -> bool {
    hook.sender().and_then(described).is_some_and(|description| description.answers_at_once)
}

/// Reads a body that came to this hook.
pub fn parse(hook: Hook, body: &Verified, mappings: &Mappings) -> Result<Parsed, BadBody> {
    match hook {
        Hook::Any => detect_and_parse(body, mappings),
        Hook::Of(sender) => match (read(body), described(sender)) {
            (Ok(value), Some(description)) => {
                (description.read)(value.clone(), mappings).map_err(|bad| explained(bad, sender, &value))
            }
            (Err(broken), Some(description)) => (description.unreadable)(body, &broken),
            (_, None) => Err(BadBody { error: "Unknown sender".to_owned(), details: None }),
        },
        Hook::Source(position) => match (read(body), mappings.sources.get(position)) {
            (Ok(value), Some(source)) => source.read(Sender::Source, value),
            (Err(broken), _) => Err(not_json(&broken)),
            (_, None) => Err(BadBody { error: "Unknown source".to_owned(), details: None }),
        },
    }
}

/// Reads a body whose sender is told by its shape; what nobody's has is a generic alert. Each of a list is looked at by
/// itself.
pub fn detect_and_parse(body: &Verified, mappings: &Mappings) -> Result<Parsed, BadBody> {
    let value = match read(body) {
        Ok(value) => value,
        Err(broken) if kibana::is_kibana_text(&json::decode(body.body())) => {
            return (kibana::DESCRIPTION.unreadable)(body, &broken);
        }
        Err(broken) => return Err(not_json(&broken)),
    };
    match value {
        Value::Array(items)
            if items.iter().any(|item| recognised(item).is_some_and(|known| known.sender != Sender::Alert)) =>
        {
            several(items, mappings)
        }
        value => by_shape(value, mappings),
    }
}

/// The sender whose bodies look like this.
fn recognised(body: &Value) -> Option<&'static Description> {
    SENDERS.iter().find(|description| (description.is)(body))
}

fn by_shape(body: Value, mappings: &Mappings) -> Result<Parsed, BadBody> {
    let description = recognised(&body).unwrap_or(&alert::DESCRIPTION);
    (description.read)(body.clone(), mappings).map_err(|bad| unknown::explained(bad, &body))
}

/// Reads several bodies, perhaps of several senders.
fn several(items: Vec<Value>, mappings: &Mappings) -> Result<Parsed, BadBody> {
    let count = items.len();
    if count > MOST_ALERTS {
        return Err(too_many(count));
    }
    let (mut all, mut bad, mut remarks, mut nothing) = (Vec::new(), Vec::new(), Vec::new(), None);
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("Alert {} of {count}", index + 1);
        match by_shape(item, mappings) {
            Ok(Parsed::Events { events, refused, remark }) => {
                all.extend(events);
                bad.extend(refused.into_iter().map(|(_, refused)| (index, refused)));
                remarks.extend(remark.map(|remark| (place, remark)));
            }
            Ok(other) => nothing = Some(other),
            Err(refused) => bad.push((index, placed(refused, &place))),
        }
    }
    match (all.is_empty(), nothing) {
        (true, Some(nothing)) => Ok(nothing),
        (true, None) if !bad.is_empty() => Err(bad.remove(0).1),
        _ => Ok(Parsed::Events { events: all, refused: bad, remark: joined(&remarks) }),
    }
}

/// A body that one hook can't read, with the hook that can.
fn explained(bad: BadBody, sender: Sender, body: &Value) -> BadBody {
    let known = recognised(body).filter(|known| known.sender != sender && known.sender != Sender::Alert);
    let Some(known) = known else { return bad };
    let hint = format!("The body looks like one of {}: please send it to /hooks/{}.", known.title, known.sender.path());
    BadBody { details: Some(bad.details.map_or_else(|| hint.clone(), |details| format!("{hint} {details}"))), ..bad }
}

/// Whether a text is what somebody sends to see whether it arrives.
fn is_test_text(text: &str) -> bool {
    const WHOLE: [&str; 12] = [
        "test",
        "testing",
        "test message",
        "test alert",
        "test notification",
        "hello",
        "hello world",
        "connector test",
        "test connector",
        "webhook test",
        "test webhook",
        "ping",
    ];
    let text = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    WHOLE.contains(&text.as_str()) || text.starts_with("this is a test") || text.starts_with("this is only a test")
}

/// What a test is answered.
fn test(sender: Sender) -> Parsed {
    let message = "The test arrived, and its sender proved who it is.".to_owned();
    Parsed::Nothing { sender, reason: Reason::Test, message }
}

/// One alert of a body, with what its sender should fix.
type One = (IncidentEvent, Option<String>);

/// Reads a body of one alert, or a list of alerts. What is wrong with one of a list is no reason to lose the others; where
/// none can be used, the body is refused.
fn each(value: Value, one: &dyn Fn(Value) -> Result<One, BadBody>) -> Result<Parsed, BadBody> {
    let Value::Array(alerts) = value else {
        let (event, remark) = one(value)?;
        return Ok(Parsed::events(vec![event], remark));
    };
    let count = alerts.len();
    if count == 0 {
        return Err(BadBody { error: "The list of alerts is empty".to_owned(), details: None });
    }
    if count > MOST_ALERTS {
        return Err(too_many(count));
    }
    let (mut events, mut refused, mut remarks) = (Vec::with_capacity(count), Vec::new(), Vec::new());
    for (index, alert) in alerts.into_iter().enumerate() {
        let place = format!("Alert {} of {count}", index + 1);
        match one(alert) {
            Ok((event, remark)) => {
                events.push(event);
                remarks.extend(remark.map(|remark| (place, remark)));
            }
            Err(bad) => refused.push((index, placed(bad, &place))),
        }
    }
    if events.is_empty() && !refused.is_empty() {
        return Err(refused.remove(0).1);
    }
    Ok(Parsed::Events { events, refused, remark: joined(&remarks) })
}

fn too_many(count: usize) -> BadBody {
    let details = Some(format!("{count} alerts in one body: at most {MOST_ALERTS} are accepted."));
    BadBody { error: "Too many alerts".to_owned(), details }
}

/// What is wrong with one of several, with its place.
fn placed(bad: BadBody, place: &str) -> BadBody {
    let details = bad.details.map_or_else(|| format!("{place}."), |details| format!("{place}: {details}"));
    BadBody { details: Some(details), ..bad }
}

/// The remarks on several alerts; one that was made on each of them stands once.
fn joined(remarks: &[(String, String)]) -> Option<String> {
    let (_, first) = remarks.first()?;
    if remarks.len() > 1 && remarks.iter().all(|(_, remark)| remark == first) {
        return Some(first.clone());
    }
    let texts: Vec<String> = remarks.iter().map(|(place, remark)| format!("{place}: {remark}")).collect();
    Some(texts.join(" "))
}

/// The JSON of a body, also where it is wrapped in a form.
fn read(body: &Verified) -> Result<Value, json::Broken> {
    let bytes = body.body();
    json::read(bytes).or_else(|broken| match form::json(&json::decode(bytes), body.is_form()) {
        Some(inner) => json::read(inner.as_bytes()),
        None => Err(broken),
    })
}

fn not_json(broken: &json::Broken) -> BadBody {
    BadBody { error: "Invalid JSON body".to_owned(), details: Some(format!("The body is not JSON: {broken}.")) }
}

#[cfg(test)]
mod tests;
