//! One condition of a route: which field of an event it looks at, and what it wants there.

use std::borrow::Cow;

use serde_json::Value;

use super::nearest::nearest;
use super::pattern::{Pattern, fold};
use super::value::{self, Read, quote, wrong};
use crate::incident::event::{IncidentEvent, Sender};

/// The names of the conditions, as the documentation lists them.
pub const CONDITIONS: [&str; 9] =
    ["sender", "service", "team", "alert_name", "resource", "priority", "urgency", "severity", "label.<name>"];

const SEVERITY: &str =
    r#"0 (critical) to 4 (verbose): a number, a list of numbers, or a comparison such as "<=1" in quotes"#;

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
    fn values<'a>(&self, event: &'a IncidentEvent) -> Vec<Cow<'a, str>> {
        let incident = &event.incident;
        let one = |text: &'a Option<String>| text.iter().map(|text| Cow::from(text.as_str())).collect();
        let mut values: Vec<Cow<str>> = match self {
            Field::Sender => vec![event.sender.name().into()],
            Field::Service => one(&incident.service),
            Field::Team => incident.teams.iter().map(|team| Cow::from(team.as_str())).collect(),
            Field::AlertName => vec![incident.title.as_str().into()],
            Field::Resource => one(&incident.resource),
            Field::Priority => one(&incident.priority),
            Field::Urgency => one(&incident.urgency),
            Field::Severity => incident.severity.iter().map(|severity| severity.to_string().into()).collect(),
            Field::Label(name) => {
                let labels = incident.labels.iter().filter(|(label, _)| fold(label.trim()) == *name);
                labels.map(|(_, text)| Cow::from(text.as_str())).collect()
            }
        };
        // A sender's empty text means the same as none: `*` wants something to be there.
        values.retain(|text| !text.trim().is_empty());
        values
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
    /// Reads what a route says of a field.
    pub(super) fn read(name: String, field: Field, value: &Value) -> Read<Condition> {
        let texts = value::each(value, false, &|item| match field {
            Field::Severity => severity(item),
            _ => pattern(&field, item),
        })?;
        if texts.is_empty() {
            return wrong(value::kind(value), "at least one value: an empty list matches nothing");
        }
        let wanted: Vec<String> = texts.iter().map(|text| wanted(&field, text)).collect();
        let patterns = texts.iter().flat_map(|text| written_out(&field, text)).collect();
        Ok(Condition { name, field, patterns, wanted: wanted.join(" or ") })
    }

    /// Whether an event meets it.
    pub(super) fn is_met(&self, event: &IncidentEvent) -> bool {
        self.field.values(event).iter().any(|text| {
            let text = fold(text.trim());
            self.patterns.iter().any(|pattern| pattern.matches(&text))
        })
    }

    /// What the event has there and what was wanted: `service is "api", wanted "billing*"`.
    pub(super) fn compared(&self, event: &IncidentEvent) -> String {
        let values = self.field.values(event);
        let shown: Vec<String> = values.iter().take(5).map(|text| quote(text)).collect();
        let is = if shown.is_empty() { "not given".to_owned() } else { shown.join(" and ") };
        format!("{} is {is}, wanted {}", self.name, self.wanted)
    }
}

fn wanted(field: &Field, text: &str) -> String {
    match field {
        Field::Severity => text.to_owned(),
        Field::AlertName if !text.contains('*') => format!("{} in it", quote(text)),
        _ => quote(text),
    }
}

/// The patterns a value stands for.
fn written_out(field: &Field, text: &str) -> Vec<Pattern> {
    match field {
        Field::Sender => senders(text).map(|sender| Pattern::whole(sender.name())).collect(),
        Field::Severity => severities(text).map(|severity| Pattern::whole(&severity.to_string())).collect(),
        Field::AlertName => vec![Pattern::part(text)],
        _ => vec![Pattern::whole(text)],
    }
}

/// A text or pattern that something can fit.
fn pattern(field: &Field, value: &Value) -> Result<String, String> {
    let text = value::line(value, 200).map_err(|_| "a text or a pattern with *, or a list of them".to_owned())?;
    if text.trim() != text {
        return Err("a text without spaces around it".to_owned());
    }
    match field {
        Field::Sender if senders(&text).next().is_none() => {
            let names = Sender::ALL.map(Sender::name);
            let meant = nearest(&text, &names).map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
            Err(format!("one of {}{meant}", names.map(quote).join(", ")))
        }
        Field::Urgency if !["high", "low"].iter().any(|urgency| Pattern::whole(&text).matches(urgency)) => {
            Err("\"high\" or \"low\"".to_owned())
        }
        _ => Ok(text),
    }
}

fn senders(text: &str) -> impl Iterator<Item = Sender> {
    let pattern = Pattern::whole(text);
    Sender::ALL.into_iter().filter(move |sender| pattern.matches(sender.name()))
}

/// A number or comparison that some severity meets.
fn severity(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        // 1.0 is how a number looks that came through JavaScript.
        Value::Number(number) => {
            number.as_f64().filter(|n| n.fract() == 0.0).map_or_else(String::new, |n| n.to_string())
        }
        _ => String::new(),
    };
    if severities(&text).next().is_some() { Ok(text) } else { Err(SEVERITY.to_owned()) }
}

/// The severities a number or comparison stands for; none where it is neither.
fn severities(text: &str) -> impl Iterator<Item = u8> {
    let (operator, number) =
        ["<=", ">=", "<", ">"].iter().find_map(|op| Some((*op, text.trim().strip_prefix(op)?))).unwrap_or(("", text));
    let number = match number.trim().as_bytes() {
        [digit @ b'0'..=b'4'] => Some(digit - b'0'),
        _ => None,
    };
    (0..=4).filter(move |severity| {
        number.is_some_and(|number| match operator {
            "<=" => *severity <= number,
            ">=" => *severity >= number,
            "<" => *severity < number,
            ">" => *severity > number,
            _ => *severity == number,
        })
    })
}
