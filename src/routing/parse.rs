//! `ROUTES` → checked routes, or everything that is wrong with them.

use serde_json::{Map, Value};

use super::condition::{CONDITIONS, Condition, Field};
use super::nearest::nearest;
use super::overrides::{SETTINGS, usual_workflow};
use super::pattern::fold;
use super::reach::taken_by;
use super::value::{Read, kind, show};
use super::{Route, position};
use crate::incident::event::{Kind, Sender};
use crate::incident::plan::Workflow;
use crate::settings::Problem;

/// Label names may have dots, which TOML reads as tables in tables; deeper than this is a mistake.
const DEEPEST_LABEL: usize = 10;

/// Reads the whole variable.
pub(super) fn routes(value: &Value) -> Result<Vec<Route>, Vec<Problem>> {
    let mut report = Report::default();
    let parsed;
    let value = match value {
        Value::String(text) if text.trim().is_empty() => return Ok(Vec::new()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(value) => {
                parsed = value;
                &parsed
            }
            Err(error) => {
                report.add(
                    "ROUTES".to_owned(),
                    Some(kind(value)),
                    format!("a JSON list of routes; as JSON it breaks: {error}"),
                );
                return Err(report.0);
            }
        },
        value => value,
    };
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        Value::Object(_) => {
            let expected = "a list of routes: [[vars.ROUTES]] with two brackets in wrangler.toml, [{…}] in JSON";
            report.add("ROUTES".to_owned(), Some(kind(value)), expected.to_owned());
            return Err(report.0);
        }
        other => {
            let expected = "a list of routes: [[vars.ROUTES]] in wrangler.toml, or a text that holds JSON";
            report.add("ROUTES".to_owned(), Some(show(other)), expected.to_owned());
            return Err(report.0);
        }
    };

    let routes: Vec<(Route, bool)> = items.iter().enumerate().map(|(n, item)| route(n, item, &mut report)).collect();
    // A route with a condition that can't be read would seem to match more than it is meant to.
    let conditions: Vec<Option<&[Condition]>> =
        routes.iter().map(|(route, readable)| readable.then_some(route.conditions.as_slice())).collect();
    for (n, conditions_of_n) in conditions.iter().enumerate() {
        let taken = conditions_of_n.and_then(|those| taken_by(those, conditions.get(..n).unwrap_or_default()));
        if let Some(by) = taken {
            let by: Vec<String> = by.into_iter().map(position).collect();
            let takes = if by.len() == 1 { "takes" } else { "together take" };
            let expected =
                format!("something it can match: {} {takes} all of it; move it up or drop it", by.join(" and "));
            report.add(position(n), None, expected);
        }
    }
    if report.0.is_empty() { Ok(routes.into_iter().map(|(route, _)| route).collect()) } else { Err(report.0) }
}

/// Reads one route, and whether all of its conditions could be read.
fn route(n: usize, item: &Value, report: &mut Report) -> (Route, bool) {
    let mut route = Route::default();
    let Value::Object(map) = item else {
        report.add(position(n), Some(show(item)), "a table of conditions and settings".to_owned());
        return (route, false);
    };
    if map.is_empty() {
        report.add(position(n), Some("an empty table".to_owned()), "at least one condition or setting".to_owned());
    }
    let mut readable = true;
    for (key, value) in map {
        let setting = format!("{}.{}", position(n), short(key));
        if let Some(read) = route.overrides.read(key, value) {
            report.take(&setting, read);
        } else if key == "label" {
            readable &= labels(&mut route, &setting, "", value, 0, report);
        } else if let Some(name) = key.strip_prefix("label.") {
            readable &= labels(&mut route, &setting, name, value, 0, report);
        } else if let Some(field) = Field::named(key) {
            readable &= add(&mut route, &setting, key.clone(), field, value, report);
        } else {
            readable = false;
            report.add(setting, Some(kind(value)), unknown(key));
        }
    }
    contradictions(n, map, &route, readable, report);
    (route, readable)
}

/// Reads `"label.env" = …` as well as a table of labels, and the tables in it that a dot in a name makes.
fn labels(route: &mut Route, setting: &str, name: &str, value: &Value, depth: usize, report: &mut Report) -> bool {
    if let Value::Object(map) = value {
        if map.is_empty() || depth > DEEPEST_LABEL {
            let expected = "a label and what it should be: label = { env = \"prod\" }";
            report.add(setting.to_owned(), Some(kind(value)), expected.to_owned());
            return false;
        }
        let mut readable = true;
        for (key, value) in map {
            let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            let setting = format!("{setting}.{}", short(key));
            readable &= labels(route, &setting, &inner, value, depth + 1, report);
        }
        return readable;
    }
    let name = name.trim();
    if name.is_empty() || name.contains('*') {
        report.add(setting.to_owned(), Some(kind(value)), "the label's name, written out: label.<name>".to_owned());
        return false;
    }
    add(route, setting, format!("label.{}", short(name)), Field::Label(fold(name)), value, report)
}

/// Reads one condition into the route.
fn add(route: &mut Route, setting: &str, name: String, field: Field, value: &Value, report: &mut Report) -> bool {
    if route.conditions.iter().any(|condition| condition.field == field) {
        report.add(setting.to_owned(), Some(show(value)), format!("{name} only once; for several values give a list"));
        return false;
    }
    match report.take(setting, Condition::read(name, field, value)) {
        Some(condition) => route.conditions.push(condition),
        None => return false,
    }
    true
}

/// Settings that are fine one by one, but of which one makes the other meaningless.
fn contradictions(n: usize, map: &Map<String, Value>, route: &Route, readable: bool, report: &mut Report) {
    let set = &route.overrides;
    let mut clash = |key: &str, expected: &str| {
        let found = map.get(key).map(show);
        report.add(format!("{}.{key}", position(n)), found, expected.to_owned());
    };
    if set.ignore {
        for key in map.keys().filter(|key| *key != "ignore" && SETTINGS.contains(&key.as_str())) {
            clash(key, "no other setting in a route with ignore = true");
        }
        return;
    }
    if set.window_seconds.is_some() && set.min_occurrences.is_none_or(|n| n < 2) {
        clash("window_seconds", "min_occurrences = 2 or more beside it; alone it has no effect");
    }
    if !readable {
        return;
    }
    let senders: Vec<Sender> = Sender::ALL.into_iter().filter(|sender| route.may_match(*sender)).collect();
    let is_postmortem = |sender: &Sender| set.workflow.unwrap_or(usual_workflow(*sender)) == Workflow::Postmortem;
    if set.structured_output && !senders.iter().any(is_postmortem) {
        clash("structured_output", "workflow = \"postmortem\" beside it: a triage has no structured output");
    }
    let never_acknowledged = |sender: &Sender| matches!(sender, Sender::AzureMonitor | Sender::Kibana);
    if set.start_on == Some(Kind::Acknowledged) && senders.iter().all(never_acknowledged) {
        clash("start_on", "\"triggered\" or \"resolved\": these senders never say \"acknowledged\"");
    }
}

/// What to say of a key that does not exist.
fn unknown(key: &str) -> String {
    let known: Vec<&str> = CONDITIONS.iter().chain(SETTINGS.iter()).copied().collect();
    match nearest(key, &known) {
        Some(name) => format!("a known condition or setting; did you mean {name}?"),
        None => format!("a condition ({}) or a setting ({})", CONDITIONS.join(", "), SETTINGS.join(", ")),
    }
}

/// A key as part of a setting's name: keys are ours, but a slip can put anything there.
fn short(key: &str) -> String {
    key.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The problems found so far.
#[derive(Default)]
struct Report(Vec<Problem>);

impl Report {
    fn add(&mut self, setting: String, found: Option<String>, mut expected: String) {
        if setting.contains('[') {
            expected.push_str(" (counted from 1)");
        }
        self.0.push(Problem { setting, found, expected });
    }

    /// The value read, or its problems noted.
    fn take<T>(&mut self, setting: &str, read: Read<T>) -> Option<T> {
        let wrongs = match read {
            Ok(value) => return Some(value),
            Err(wrongs) => wrongs,
        };
        for wrong in wrongs {
            let item = wrong.item.map(|n| format!("[{n}]")).unwrap_or_default();
            self.add(format!("{setting}{item}"), wrong.found, wrong.expected);
        }
        None
    }
}
