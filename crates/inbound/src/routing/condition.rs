//! One condition of a route: which field of an event it looks at, and what it wants there.

use serde_json::Value;

use super::pattern::{Pattern, SEVERITIES, fold, senders, severities};
use super::value::{Form, Reader};
use crate::config::value::{kind, quote};
use incident::event::IncidentEvent;

/// The names of the conditions, as the documentation lists them.
pub const CONDITIONS: [&str; 9] =
    ["sender", "service", "team", "alert_name", "resource", "priority", "urgency", "severity", "label.<name>"];

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Sender,
    Service,
    Team,
    AlertName,
    Resource,
    Priority,
    Urgency,
    Severity,
    /// A label by its name, without its case.
    Label(String),
}

impl Field {
    /// The field of a key, `label.…` aside.
    pub(super) fn named(key: &str) -> Option<Field> {
        Some(match key {
            "sender" => Field::Sender,
            "service" => Field::Service,
            "team" => Field::Team,
            "alert_name" => Field::AlertName,
            "resource" => Field::Resource,
            "priority" => Field::Priority,
            "urgency" => Field::Urgency,
            "severity" => Field::Severity,
            _ => return None,
        })
    }

    /// What an event has in this field: nothing, one text or several.
    pub(super) fn values<'a>(&self, event: &'a IncidentEvent) -> Vec<&'a str> {
        let incident = &event.incident;
        let mut values = Vec::new();
        let single = match self {
            Field::Sender => Some(event.sender.name()),
            Field::Service => incident.service.as_deref(),
            Field::AlertName => Some(incident.title.as_str()),
            Field::Resource => incident.resource.as_deref(),
            Field::Priority => incident.priority.as_deref(),
            Field::Urgency => incident.urgency.as_deref(),
            Field::Severity => incident.severity.and_then(|severity| SEVERITIES.get(usize::from(severity)).copied()),
            Field::Team => {
                for team in &incident.teams {
                    add(&mut values, team);
                }
                None
            }
            Field::Label(name) => {
                for (label, text) in &incident.labels {
                    if fold(label.trim()) == *name {
                        add(&mut values, text);
                    }
                }
                None
            }
        };
        if let Some(text) = single {
            add(&mut values, text);
        }
        values
    }
}

/// Adds what a sender wrote. An empty text means the same as none: `*` wants something to be there.
fn add<'a>(values: &mut Vec<&'a str>, text: &'a str) {
    let text = text.trim();
    if !text.is_empty() {
        values.push(text);
    }
}

/// A field and the patterns of which one must fit one of the field's values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    /// As the route names it.
    pub(super) name: String,
    pub(super) field: Field,
    /// Senders and severities are written out here: `"<=1"` is `0` and `1`.
    pub(super) patterns: Vec<Pattern>,
    /// What it wants, for a person.
    wanted: String,
}

impl Condition {
    /// Reads what a route says of a field; `None` where it is wrong, which has then been noted.
    pub(super) fn read(name: String, field: Field, value: &Value, reader: &mut Reader) -> Option<Condition> {
        let form = match field {
            Field::Sender => Form::Sender,
            Field::Severity => Form::Severity,
            Field::Urgency => Form::Urgency,
            _ => Form::Pattern,
        };
        let texts = reader.texts(value, form)?;
        if texts.is_empty() {
            reader.wrong(kind(value), "at least one value: an empty list matches nothing");
            return None;
        }
        let mut condition = Condition { name, field, patterns: Vec::new(), wanted: String::new() };
        for text in &texts {
            condition.want(text);
        }
        Some(condition)
    }

    /// Adds one value of which one must fit.
    fn want(&mut self, text: &str) {
        if !self.wanted.is_empty() {
            self.wanted.push_str(" or ");
        }
        self.wanted.push_str(&quote(text));
        match self.field {
            Field::Sender => {
                for name in senders(text) {
                    self.patterns.push(Pattern::whole(name));
                }
            }
            Field::Severity => {
                for severity in severities(text) {
                    self.patterns.push(Pattern::whole(severity));
                }
            }
            Field::AlertName => {
                self.patterns.push(Pattern::part(text));
                if !text.contains('*') {
                    self.wanted.push_str(" in it");
                }
            }
            _ => self.patterns.push(Pattern::whole(text)),
        }
    }

    /// Whether an event meets it.
    pub(super) fn is_met(&self, event: &IncidentEvent) -> bool {
        self.field.values(event).iter().any(|text| {
            let text = fold(text);
            self.patterns.iter().any(|pattern| pattern.matches(&text))
        })
    }

    /// What the event has there and what was wanted: `service is "api", wanted "billing*"`.
    pub(super) fn compared(&self, event: &IncidentEvent) -> String {
        let mut is = String::new();
        for text in self.field.values(event).iter().take(5) {
            is.push_str(if is.is_empty() { "" } else { " and " });
            is.push_str(&quote(text));
        }
        let is = if is.is_empty() { "not given" } else { &is };
        format!("{} is {is}, wanted {}", self.name, self.wanted)
    }
}
