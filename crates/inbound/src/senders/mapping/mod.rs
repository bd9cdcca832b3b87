//! Senders that need no code: a mapping says where in their bodies things are. `SOURCES` holds those of whoever runs the
//! bridge, the folder `senders/` those that it brings along.

mod parse;
pub mod path;
pub(super) mod table;

use serde_json::Value;

use super::body::{BadBody, One, Parsed, each, is_test_text, test};
use super::identity::Identity;
use super::json::{any_text, integer};
use super::names::normal;
use super::severity::Severity;
use super::{alert, bounds, labels, severity, status, times};
use crate::config::problem::Problem;
use incident::event::{Incident, Kind};
use incident::reason::Reason;
use incident::sender::Sender;
pub use parse::{KEYS, sources};
use path::at;
use table::{Field, Text, path_of};
pub use table::{Mapping, Mappings};

impl Mappings {
    /// Those of `SOURCES` and of the files; see [`super::mappings`]. `wanted`: whose mapping has to be there.
    pub(super) fn new(
        sources: Vec<Mapping>,
        texts: &[(String, String)],
        wanted: &[Sender],
        problems: &mut Vec<Problem>,
    ) -> Mappings {
        let mut mappings = Mappings { sources, files: Vec::new() };
        for (path, text) in texts.iter().filter(|(path, _)| path.starts_with("senders/")) {
            mappings.files.push((path.clone(), parse::file(path, text, problems)));
        }
        for sender in wanted.iter().copied().filter(|sender| mappings.file(*sender).is_none()) {
            let expected = format!("the mapping of {}", sender.path());
            problems.push(Problem { setting: path_of(sender), found: None, expected });
        }
        mappings
    }

    /// Reads a body with the sender's mapping.
    pub(super) fn parse(&self, sender: Sender, body: Value) -> Result<Parsed, BadBody> {
        match self.file(sender) {
            Some(mapping) => mapping.read(sender, body),
            None => Err(BadBody { error: format!("The file {} is missing", path_of(sender)), details: None }),
        }
    }
}

impl Mapping {
    /// Reads a body of one alert or several.
    pub fn read(&self, sender: Sender, body: Value) -> Result<Parsed, BadBody> {
        let alerts = match &self.items {
            Some(path) => match at(&body, path) {
                Some(Value::Array(items)) => Value::Array(items),
                Some(item) => item,
                None if body.is_array() => body.clone(),
                None => Value::Array(Vec::new()),
            },
            None => body.clone(),
        };
        if alerts.as_array().is_some_and(Vec::is_empty) {
            let message = match &self.items {
                Some(path) => format!("The body has no alerts at {path}."),
                None => "The body holds no alert.".to_owned(),
            };
            return Ok(Parsed::Nothing { sender, reason: Reason::NoIncident, message });
        }
        if !alerts.is_array() && self.values(Field::Id, &alerts, &body).is_empty() && is_test(&body) {
            return Ok(test(sender));
        }
        each(alerts, &|alert| self.one(sender, &alert, &body))
    }

    fn one(&self, sender: Sender, alert: &Value, body: &Value) -> Result<One, BadBody> {
        let of = |field: Field| self.text(field, alert, body);
        let word = of(Field::Status);
        let kind = word.as_deref().map_or(Kind::Triggered, |word| self.kind(word));
        let mut parts = vec![("source", if sender == Sender::Source { self.name.as_str() } else { "" })];
        let ids = self.ids(alert, body);
        parts.extend(ids.iter().map(|(path, id)| (path.as_str(), id.as_str())));
        let has_id = ids.iter().any(|(_, id)| !id.trim().is_empty());
        let key = Identity::of(&parts).key(sender, parts.len(), 0).filter(|_| has_id);
        let (key, identity) = key.ok_or_else(|| self.without_id(alert))?;
        let severity = self.severity(alert, body);
        let mut all = Vec::new();
        for path in &self.labels {
            let name = path.rsplit('.').next().unwrap_or(path);
            all.extend(found(alert, body, path).map(|value| labels::read(name, &value)).unwrap_or_default());
        }
        let time = |field: Field| self.values(field, alert, body).first().and_then(times::read);
        let joined = |field: Field| of(field).and_then(|text| alert::prose(&Value::String(text)));
        let mut incident = Incident {
            title: of(Field::Title)
                .map(|title| bounds::head(&title, bounds::TEXT))
                .unwrap_or_else(|| format!("{} alert", self.name)),
            url: of(Field::Url),
            service: of(Field::Service),
            severity: severity.level,
            severity_word: severity.word,
            started_at: time(Field::StartedAt),
            resolved_at: time(Field::ResolvedAt),
            description: joined(Field::Description),
            resource: of(Field::Resource),
            source: Some(self.name.clone()),
            logs: of(Field::Logs).and_then(|logs| alert::logs(&Value::String(logs))),
            labels: bounds::entries(all),
            status: word.clone(),
            ..Incident::default()
        };
        if incident.service.is_none() {
            // Tags are where many senders name it.
            let label = incident.labels.iter().find(|(name, _)| name.eq_ignore_ascii_case("service"));
            incident.service = label.map(|(_, service)| service.clone());
        }
        incident.context = self.rest(alert, &incident);
        Ok((alert::event(sender, key, kind, word, incident).identified_by(identity), None))
    }

    fn source(&self, field: Field) -> &Text {
        const NONE: &Text = &Text { paths: Vec::new(), default: None };
        self.texts.get(field as usize).unwrap_or(NONE)
    }

    /// What a status means: by the mapping's own words where it has any, else by everybody's.
    fn kind(&self, word: &str) -> Kind {
        let is = |words: &Option<Vec<String>>| {
            words.as_ref().map(|words| words.iter().any(|known| normal(known) == normal(word)))
        };
        let usual = status::kind(word);
        match (is(&self.resolved), is(&self.acknowledged)) {
            (Some(true), _) => Kind::Resolved,
            (_, Some(true)) => Kind::Acknowledged,
            (Some(false), _) if usual == Kind::Resolved => Kind::Triggered,
            (_, Some(false)) if usual == Kind::Acknowledged => Kind::Triggered,
            _ => usual,
        }
    }

    fn severity(&self, alert: &Value, body: &Value) -> Severity {
        let said = self.values(Field::Severity, alert, body).into_iter().next();
        let said = said.or_else(|| self.source(Field::Severity).default.clone().map(Value::String));
        let Some(said) = said.as_ref().and_then(severity::said) else { return Severity::default() };
        let shown = said.word.clone().or_else(|| said.level.map(|level| level.to_string())).unwrap_or_default();
        let first =
            shown.split(|c: char| !c.is_alphanumeric() && c != '_').find(|word| !word.is_empty()).unwrap_or_default();
        let mapped = [&*shown, first].into_iter().find_map(|word| {
            let word = normal(word);
            self.severity_map.iter().find(|(known, _)| normal(known) == word).map(|(_, level)| *level)
        });
        match mapped {
            Some(level) => {
                Severity { level: Some(level), word: Some(shown).filter(|shown| *shown != level.to_string()) }
            }
            None => said,
        }
    }

    /// The parts of the identity, each with its path; blank where the body does not have one.
    fn ids(&self, alert: &Value, body: &Value) -> Vec<(String, String)> {
        let mut ids = Vec::new();
        for path in &self.source(Field::Id).paths {
            let id = found(alert, body, path).as_ref().and_then(any_text).unwrap_or_default();
            ids.push((path.clone(), id));
        }
        ids
    }

    /// A text: what its paths lead to, joined, or what it is by default. Of links, which can't be joined, the first.
    fn text(&self, field: Field, alert: &Value, body: &Value) -> Option<String> {
        let separator = if matches!(field, Field::Description | Field::Logs) { "\n" } else { " " };
        let mut values = self.values(field, alert, body);
        if field == Field::Url {
            values.truncate(1);
        }
        joined(&values, separator).or_else(|| self.source(field).default.clone())
    }

    fn values(&self, field: Field, alert: &Value, body: &Value) -> Vec<Value> {
        self.source(field).paths.iter().filter_map(|path| found(alert, body, path)).collect()
    }

    /// What the mapping has no place for.
    fn rest(&self, alert: &Value, incident: &Incident) -> Vec<(String, String)> {
        let mut used: Vec<&str> = self.labels.iter().map(String::as_str).collect();
        used.extend(self.texts.iter().flat_map(|text| text.paths.iter().map(String::as_str)));
        let is_used = |path: &str| {
            used.iter().any(|used| match used.strip_prefix('*') {
                Some(end) => path.ends_with(end),
                None => path.strip_prefix(used).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            })
        };
        let shown =
            [Some(&incident.title), incident.url.as_ref(), incident.description.as_ref(), incident.status.as_ref()];
        let mut entries = Vec::new();
        super::identity::leaves("", alert, &mut |path, value| {
            let text = any_text(value).filter(|text| !is_used(path) && !shown.contains(&Some(text)));
            entries.extend(text.map(|text| (bounds::head(path, 200), bounds::head(&text, bounds::TEXT))));
        });
        bounds::entries(entries)
    }

    fn without_id(&self, alert: &Value) -> BadBody {
        let paths = self.source(Field::Id).paths.join(", ");
        let names: Vec<&str> =
            alert.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).take(20).collect();
        let details = format!(
            "The mapping {} takes the alert's identity from {paths}, and the body has nothing there. It has: {}.",
            self.name,
            if names.is_empty() { "no fields".to_owned() } else { bounds::head(&names.join(", "), 500) }
        );
        BadBody { error: format!("Missing required field: {}", bounds::head(&paths, 100)), details: Some(details) }
    }
}

/// What is at a path, in the alert or else in the body around it.
fn found(alert: &Value, body: &Value, path: &str) -> Option<Value> {
    at(alert, path).or_else(|| at(body, path))
}

fn joined(values: &[Value], separator: &str) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    for text in values.iter().filter_map(any_text) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| texts.join(separator))
}

/// Whether somebody only tries whether it arrives.
fn is_test(body: &Value) -> bool {
    let mut test = false;
    super::identity::leaves("", body, &mut |path, value| {
        test |= any_text(value).is_some_and(|text| is_test_text(&text) || text.to_lowercase().contains("test"))
            || (normal(path).ends_with("istest") && integer(value, &[]).is_none());
    });
    test
}

#[cfg(test)]
mod tests;
