//! Which group an event belongs to: the values that its route groups by.

use serde_json::Value;

use super::condition::Field;
use super::pattern::fold;
use super::value::{Form, Reader};
use crate::config::nearest::nearest;
use crate::config::value::{kind, show};
use incident::event::{IncidentEvent, Membership};
use incident::key::Key;
use incident::plan::Plan;

/// What alerts can be grouped by, as the documentation lists it.
pub const GROUP_FIELDS: [&str; 6] = ["service", "resource", "team", "alert_name", "sender", "label.<name>"];
/// The longest value that is shown of what a group's key was made of, in characters.
const SHOWN: usize = 60;

/// One of the values that a route groups by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GroupField {
    /// As it is shown, and hashed: a label's name without its case.
    name: String,
    field: Field,
}

impl GroupField {
    fn named(name: &str) -> Option<GroupField> {
        let label = name.strip_prefix("label.").map(|label| fold(label.trim())).filter(|label| !label.is_empty());
        if let Some(label) = label.filter(|label| !label.contains('*') && label != "<name>") {
            return Some(GroupField { name: format!("label.{label}"), field: Field::Label(label) });
        }
        let field = Field::named(name).filter(|_| GROUP_FIELDS.contains(&name))?;
        Some(GroupField { name: name.to_owned(), field })
    }

    /// What an event has there, whatever its case and spaces; `None` where it has nothing, or not the whole of it: two
    /// values that are redacted or cut alike need not be the same.
    fn value(&self, event: &IncidentEvent) -> Option<String> {
        let mut values: Vec<String> = Vec::new();
        for value in self.field.values(event) {
            if value.contains("[redacted") || value.contains('…') {
                return None;
            }
            values.push(fold(value).split_whitespace().collect::<Vec<_>>().join(" "));
        }
        values.sort();
        values.dedup();
        Some(values.join(", ")).filter(|value| !value.is_empty())
    }
}

/// Reads `group_by`: one name or a list of them. Empty where it is wrong, which has then been noted.
pub(super) fn read(value: &Value, reader: &mut Reader) -> Vec<GroupField> {
    let Some(names) = reader.texts(value, Form::Line(200)) else { return Vec::new() };
    if names.is_empty() {
        reader.wrong(kind(value), "at least one name: without any there is no group");
        return Vec::new();
    }
    let mut fields: Vec<GroupField> = Vec::with_capacity(names.len());
    for name in &names {
        match GroupField::named(name) {
            Some(field) if fields.contains(&field) => reader.wrong(show(value), &format!("{name} only once")),
            Some(field) => fields.push(field),
            None => {
                let guess = nearest(name, &GROUP_FIELDS).map(|guess| format!("; did you mean {guess}?"));
                let expected = format!("{}{}", GROUP_FIELDS.join(", "), guess.unwrap_or_default());
                reader.wrong(format!("{name:?}"), &expected);
            }
        }
    }
    // In any order they are the same.
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    fields
}

/// The group of an event under this plan. `None`: it lacks one of the values, and is an incident of its own. The key is made
/// of the values and the kind of work alone, so that alerts of several senders and routes may share it.
pub(super) fn membership(fields: &[GroupField], event: &IncidentEvent, plan: &Plan) -> Option<(Key, Membership)> {
    let mut parts = vec![plan.workflow.name().to_owned()];
    let mut shown = Vec::with_capacity(fields.len());
    for field in fields {
        let value = field.value(event)?;
        shown.push(format!("{}={}", field.name, text::clean::line(&value, SHOWN)));
        parts.extend([field.name.clone(), value]);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let membership = Membership { alert: event.key.clone(), made_of: shown.join(", ") };
    (!fields.is_empty()).then(|| (Key::group(&parts), membership))
}
