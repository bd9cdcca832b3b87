//! `SOURCES` → checked mappings, or everything that is wrong with them.

use serde_json::{Map, Value};

use super::path::is_path;
use super::table::{FIELDS, Field, Mapping, Text};
use crate::config::nearest::nearest;
use crate::config::problem::{Problem, tables};
use crate::config::value::{kind, show};
use crate::senders::severity;
use incident::sender::Sender;
use text::clean::line;

/// The keys of a mapping, as the documentation lists them.
pub const KEYS: [&str; 18] = [
    "name",
    "items",
    "id",
    "title",
    "description",
    "severity",
    "status",
    "service",
    "resource",
    "url",
    "started_at",
    "resolved_at",
    "logs",
    "labels",
    "severity_map",
    "resolved",
    "acknowledged",
    "defaults",
];
/// No setting has more, …
const MOST: usize = 50;
/// … and no list in it.
const MOST_ITEMS: usize = 100;

const A_PATH: &str =
    "a dotted path such as \"incident.policy_name\" or \"alerts.0.x\", with at most 3 stars, or a list of such paths";
const WORDS: &str = "a word, or a list of words";

/// Reads the whole variable.
///
/// # Errors
/// Everything that is wrong with it, never only the first thing.
pub fn sources(value: &Value) -> Result<Vec<Mapping>, Vec<Problem>> {
    let items = tables("SOURCES", "sources", value).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut mappings: Vec<Mapping> = Vec::with_capacity(items.len());
    if items.len() > MOST {
        let found = Some(kind(&Value::Array(items)));
        return Err(vec![Problem {
            setting: "SOURCES".to_owned(),
            found,
            expected: format!("at most {MOST} sources"),
        }]);
    }
    for (n, item) in items.iter().enumerate() {
        let position = format!("SOURCES[{}]", n + 1);
        let mut reading = Reading { position, hint: " (SOURCES[1] is the first source)", problems: &mut problems };
        let Value::Object(table) = item else {
            reading.wrong("", Some(show(item)), "a table with name, id, title and other keys");
            continue;
        };
        let mapping = reading.mapping(table);
        reading.name(&mapping.name, table.get("name"), &mappings);
        mappings.push(mapping);
    }
    if problems.is_empty() { Ok(mappings) } else { Err(problems) }
}

/// A mapping of the folder `senders/`: the file at `path`.
pub(super) fn file(path: &str, text: &str, problems: &mut Vec<Problem>) -> Mapping {
    match serde_json::from_str(text) {
        Ok(table) => Reading { position: path.to_owned(), hint: "", problems }.mapping(&table),
        Err(error) => {
            problems.push(Problem {
                setting: format!("{path}, line {}, column {}", error.line(), error.column()),
                found: Some("broken JSON".to_owned()),
                expected: "a JSON object with id, title and other keys".to_owned(),
            });
            Mapping::default()
        }
    }
}

/// A mapping that is being read.
struct Reading<'p> {
    position: String,
    /// How the position is to be understood.
    hint: &'static str,
    problems: &'p mut Vec<Problem>,
}

impl Reading<'_> {
    fn mapping(&mut self, table: &Map<String, Value>) -> Mapping {
        let mut mapping = Mapping::default();
        for (key, value) in table {
            if let Some((_, field)) = FIELDS.iter().find(|(name, _)| name == key) {
                let paths = self.paths(key, value);
                if let Some(slot) = mapping.texts.get_mut(*field as usize) {
                    slot.paths = paths;
                }
                continue;
            }
            match key.as_str() {
                "name" => mapping.name = value.as_str().unwrap_or_default().to_owned(),
                "items" => mapping.items = self.path(key, value),
                "labels" => mapping.labels = self.paths(key, value),
                "severity_map" => mapping.severity_map = self.severities(key, value),
                "resolved" => mapping.resolved = self.words(key, value),
                "acknowledged" => mapping.acknowledged = self.words(key, value),
                "defaults" => self.defaults(value, &mut mapping.texts),
                _ => {
                    let expected = match nearest(key, &KEYS) {
                        Some(known) => format!("a known key; did you mean {known}?"),
                        None => format!("one of {}", KEYS.join(", ")),
                    };
                    self.wrong(&format!(".{}", line(key, 80)), Some(kind(value)), &expected);
                }
            }
        }
        for (name, what) in [("id", "what identifies an alert"), ("title", "what an alert is called")] {
            let default = table.get("defaults").and_then(|defaults| defaults.get(name));
            if table.get(name).is_none() && (name == "id" || default.is_none()) {
                self.wrong(&format!(".{name}"), None, &format!("{what}: {A_PATH}"));
            }
        }
        mapping
    }

    /// Checks the name of a mapping of `SOURCES`.
    fn name(&mut self, name: &str, value: Option<&Value>, earlier: &[Mapping]) {
        let fits = (1..=40).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let expected = if !fits {
            "the last part of its hook's path: small letters, digits and -, at most 40"
        } else if Sender::all().any(|sender| sender.path() == name) {
            "a name that no sender of the bridge's own has"
        } else if earlier.iter().any(|mapping| mapping.name == name) {
            "a name that no other source has"
        } else if name == "previous" || name.ends_with("-previous") {
            "a name without previous at its end: its WEBHOOK_SECRET_… would be another one's _PREVIOUS"
        } else {
            return;
        };
        self.wrong(".name", value.map(show), expected);
    }

    fn path(&mut self, key: &str, value: &Value) -> Option<String> {
        let path = value.as_str().filter(|path| is_path(path)).map(str::to_owned);
        if path.is_none() {
            self.wrong(
                &format!(".{key}"),
                Some(show(value)),
                "a dotted path such as \"incident.policy_name\" or \"alerts.0.x\", with at most 3 stars",
            );
        }
        path
    }

    fn paths(&mut self, key: &str, value: &Value) -> Vec<String> {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut paths = Vec::new();
        for path in items.iter().filter_map(Value::as_str).filter(|path| is_path(path)) {
            paths.push(path.to_owned());
        }
        if paths.is_empty() || paths.len() != items.len() || paths.len() > MOST_ITEMS {
            self.wrong(&format!(".{key}"), Some(show(value)), A_PATH);
        }
        paths
    }

    fn words(&mut self, key: &str, value: &Value) -> Option<Vec<String>> {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let words: Vec<String> = items.iter().filter_map(crate::senders::json::plain).collect();
        if words.len() != items.len() || words.len() > MOST_ITEMS {
            self.wrong(&format!(".{key}"), Some(show(value)), WORDS);
        }
        Some(words)
    }

    fn severities(&mut self, key: &str, value: &Value) -> Vec<(String, u8)> {
        let Value::Object(table) = value else {
            self.wrong(
                &format!(".{key}"),
                Some(show(value)),
                "a table of the sender's words: { DISASTER = 0, minor = \"warning\" }",
            );
            return Vec::new();
        };
        let mut severities = Vec::new();
        for (word, value) in table {
            match severity::read(value) {
                Some(level) => severities.push((word.clone(), level)),
                None => self.wrong(&format!(".{key}.{}", line(word, 80)), Some(show(value)), severity::EXPECTED),
            }
        }
        severities
    }

    fn defaults(&mut self, value: &Value, texts: &mut [Text]) {
        let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).filter(|name| *name != "id").collect();
        let Value::Object(table) = value else {
            self.wrong(
                ".defaults",
                Some(show(value)),
                "a table of texts: { service = \"shop\", severity = \"error\" }",
            );
            return;
        };
        for (name, value) in table {
            let field = FIELDS.iter().find(|(known, field)| known == name && *field != Field::Id);
            let setting = format!(".defaults.{}", line(name, 80));
            match (field, crate::senders::json::plain(value)) {
                (Some((_, field)), Some(text)) => {
                    if let Some(slot) = texts.get_mut(*field as usize) {
                        slot.default = Some(text);
                    }
                }
                (Some(_), None) => self.wrong(&setting, Some(show(value)), "a text"),
                (None, _) => {
                    let meant =
                        nearest(name, &names).map(|known| format!("; did you mean {known}?")).unwrap_or_default();
                    self.wrong(&setting, Some(kind(value)), &format!("one of {}{meant}", names.join(", ")));
                }
            }
        }
    }

    fn wrong(&mut self, key: &str, found: Option<String>, expected: &str) {
        let setting = format!("{}{key}", self.position);
        self.problems.push(Problem { setting, found, expected: format!("{expected}{}", self.hint) });
    }
}
