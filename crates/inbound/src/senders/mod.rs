//! The senders: each file says what one of them sends and what identifies an incident there.

mod alert;
mod alertmanager;
mod azure_monitor;
mod body;
mod bounds;
mod description;
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
mod times;
mod unknown;

use serde_json::Value;

use crate::auth::Verified;
use crate::config::nearest::nearest;
use crate::config::problem::Problem;
use crate::endpoint::Endpoint;
pub use body::{BadBody, MOST_ALERTS, Parsed};
use body::{joined, not_json, placed, read, too_many};
pub use description::Description;
use incident::sender::Sender;
pub use mapping::{Mapping, Mappings};

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

/// What bodies are read with where it takes no code: `sources` are those of `SOURCES`, and `texts`, which have their paths beside
/// them, have those of the folder `senders/`. Everything that is wrong with these is added to `problems`; a mapping that has
/// one is not to be used.
pub fn mappings(sources: Vec<Mapping>, texts: &[(String, String)], problems: &mut Vec<Problem>) -> Mappings {
    let mapped: Vec<Sender> = SENDERS.iter().filter(|known| known.mapped).map(|known| known.sender).collect();
    Mappings::new(sources, texts, &mapped, problems)
}

/// A sender's description; there is none of [`Sender::Source`].
pub fn described(sender: Sender) -> Option<&'static Description> {
    SENDERS.iter().find(|description| description.sender == sender)
}

/// Every hook under `/hooks/` by the last part of its path: the senders', and those of `SOURCES`.
pub fn hooks(sources: &[Mapping]) -> Vec<(String, Endpoint)> {
    let mut hooks = Vec::with_capacity(SENDERS.len().saturating_add(sources.len()));
    for known in SENDERS {
        hooks.push((known.sender.path(), Endpoint::Of(known.sender)));
    }
    for (position, source) in sources.iter().enumerate() {
        hooks.push((source.name.clone(), Endpoint::Source(position)));
    }
    hooks
}

/// The hook at `/hooks/{name}`.
pub fn hook_at(name: &str, sources: &[Mapping]) -> Option<Endpoint> {
    hooks(sources).into_iter().find(|(known, _)| known == name).map(|(_, hook)| hook)
}

/// The path of the hook that was probably meant by one that does not exist. Those of `SOURCES` are nobody's business who does
/// not know them.
pub fn hook_meant(path: &str) -> Option<String> {
    const OTHERS: [&str; 2] = ["/pagerduty-resolved", "/api/trigger-devin"];
    let hooks = hooks(&[]);
    let known: Vec<&str> = hooks.iter().map(|(name, _)| name.as_str()).collect();
    match path.strip_prefix("/hooks/") {
        Some(name) => nearest(name, &known).map(|name| format!("/hooks/{name}")),
        None => nearest(path, &OTHERS).map(str::to_owned),
    }
}

/// Whether a hook's sender waits so shortly that no answer can wait for the session.
pub fn answers_at_once(hook: Endpoint) -> bool {
    hook.sender().and_then(described).is_some_and(|description| description.answers_at_once)
}

/// A body of whose type nothing comes, whatever the settings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Whose body it is.
    pub sender: Sender,
    /// That its type is not used, in a sentence that has nothing to redact.
    pub message: String,
}

/// Whether a glance at a body shows that nothing comes of it. Of one that does, [`parse`] says the same.
pub fn unused(hook: Endpoint, body: &Verified) -> Option<Unused> {
    if hook == Endpoint::Of(Sender::Pagerduty) { pagerduty::unused(body.body()) } else { None }
}

/// Reads a body that came to this hook.
pub fn parse(hook: Endpoint, body: &Verified, mappings: &Mappings) -> Result<Parsed, BadBody> {
    match hook {
        Endpoint::Any => detect_and_parse(body, mappings),
        Endpoint::Of(sender) => match (read(body), described(sender)) {
            (Ok(value), Some(description)) => {
                let known = if description.takes_almost_any { recognised(&value) } else { None };
                let taken = match known {
                    Some(known) if is_others(&value, known, description) => {
                        let error = format!("Not one of {}'s bodies", description.title);
                        Err(BadBody { error, details: None })
                    }
                    _ => read_as(description, value, mappings),
                };
                // Read again, rather than copied each time.
                taken.map_err(|bad| read(body).map_or(bad.clone(), |value| explained(bad, sender, &value)))
            }
            (Err(broken), Some(description)) => (description.unreadable)(body, &broken),
            (_, None) => Err(BadBody { error: "Unknown sender".to_owned(), details: None }),
        },
        Endpoint::Source(position) => match (read(body), mappings.sources.get(position)) {
            (Ok(value), Some(source)) => source.read(Sender::Source, value),
            (Err(broken), _) => Err(not_json(&broken)),
            (_, None) => Err(BadBody { error: "Unknown source".to_owned(), details: None }),
        },
    }
}

/// Reads a body whose sender is recognised by its shape; what nobody's has is a generic alert. Each of a list is looked at by
/// itself.
pub fn detect_and_parse(body: &Verified, mappings: &Mappings) -> Result<Parsed, BadBody> {
    let value = match read(body) {
        Ok(value) => value,
        Err(broken) if kibana::is_kibana_text(body.body()) => {
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

/// Whether a body that looks like those of `known` is none of this sender's.
fn is_others(body: &Value, known: &Description, description: &Description) -> bool {
    known.sender != description.sender && known.sender != Sender::Alert && !(description.is)(body)
}

fn by_shape(body: Value, mappings: &Mappings) -> Result<Parsed, BadBody> {
    let description = recognised(&body).unwrap_or(&alert::DESCRIPTION);
    read_as(description, body.clone(), mappings).map_err(|bad| unknown::explained(bad, &body))
}

/// Reads a body as one of this sender's, or the one of another sender that it carries.
fn read_as(description: &Description, body: Value, mappings: &Mappings) -> Result<Parsed, BadBody> {
    match (description.inside)(&body) {
        Some(inside) if recognised(&inside).is_some_and(|known| may_carry(description, known)) => {
            by_shape(inside, mappings)
        }
        _ => (description.read)(body, mappings),
    }
}

/// Whether bodies of `known` are taken out of another sender's. Not of those who prove themselves in a way of their own at
/// their own hooks: whoever may write to a topic could speak for them, and end their incidents.
fn may_carry(description: &Description, known: &Description) -> bool {
    known.sender != description.sender && !matches!(known.sender, Sender::Pagerduty | Sender::AzureMonitor)
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

#[cfg(test)]
mod tests;
