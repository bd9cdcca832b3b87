//! `ROUTES` → checked routes, or everything that is wrong with them.

use serde_json::{Map, Value};

use super::condition::{CONDITIONS, Condition, Field};
use super::pattern::fold;
use super::reach::taken_by;
use super::route::{Route, position};
use super::settings::SETTINGS;
use super::value::{Reader, note};
use crate::config::nearest::nearest;
use crate::config::problem::{Problem, tables};
use crate::config::value::{kind, short, show};
use incident::event::Kind;
use incident::plan::Workflow;
use incident::sender::Sender;

/// Label names may have dots, which TOML reads as tables in tables; deeper than this is a mistake.
const DEEPEST_LABEL: usize = 10;

/// Who never says that somebody took an alert on.
const NEVER_ACKNOWLEDGED: [Sender; 5] =
    [Sender::AzureMonitor, Sender::Kibana, Sender::Alertmanager, Sender::Grafana, Sender::Sns];

/// Reads the whole variable.
pub(super) fn routes(value: &Value) -> Result<Vec<Route>, Vec<Problem>> {
    match tables("ROUTES", "routes", value) {
        Ok(items) => list(&items),
        Err(problem) => Err(vec![problem]),
    }
}

/// Reads every route, then looks for those that nothing reaches.
fn list(items: &[Value]) -> Result<Vec<Route>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut routes = Vec::with_capacity(items.len());
    let mut readable = Vec::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        let mut reading = Reading { route: Route::default(), readable: true, problems: &mut problems };
        reading.route(position(n), item);
        // A route with a condition that can't be read would seem to match more than it is meant to.
        readable.push(reading.readable);
        routes.push(reading.route);
    }
    let mut earlier: Vec<Option<&[Condition]>> = Vec::with_capacity(items.len());
    for (n, (route, readable)) in routes.iter().zip(readable).enumerate() {
        let conditions = readable.then_some(route.conditions.as_slice());
        if let Some(by) = conditions.and_then(|conditions| taken_by(conditions, &earlier)) {
            let mut expected = String::from("something left to match: ");
            for (i, n) in by.iter().enumerate() {
                expected.push_str(if i == 0 { "" } else { " and " });
                expected.push_str(&position(*n));
            }
            expected.push_str(if by.len() == 1 { " takes" } else { " together take" });
            expected.push_str(" all of it; move it up or drop it");
            note(&mut problems, position(n), None, &expected);
        }
        earlier.push(conditions);
    }
    if problems.is_empty() { Ok(routes) } else { Err(problems) }
}

/// A route that is being read.
struct Reading<'a> {
    route: Route,
    /// Whether all of its conditions could be read.
    readable: bool,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn route(&mut self, position: String, item: &Value) {
        let Value::Object(map) = item else {
            self.readable = false;
            self.reader(position).wrong(show(item), "a table of conditions and settings");
            return;
        };
        if map.is_empty() {
            self.reader(position).wrong(kind(item), "at least one condition or setting");
            return;
        }
        for (key, value) in map {
            let setting = format!("{position}.{}", short(key));
            let mut reader = Reader { setting, problems: self.problems };
            if self.route.settings.read(key, value, &mut reader) {
                continue;
            }
            let setting = reader.setting;
            if key == "label" {
                self.label(setting, "", value, 0);
            } else if let Some(name) = key.strip_prefix("label.") {
                self.label(setting, name, value, 0);
            } else if let Some(field) = Field::named(key) {
                self.condition(setting, key.clone(), field, value);
            } else {
                self.readable = false;
                self.reader(setting).wrong(kind(value), &unknown(key));
            }
        }
        self.contradictions(&position, map);
    }

    /// Reads `"label.env" = …` as well as a table of labels, and the tables in it that a dot in a name makes.
    fn label(&mut self, setting: String, name: &str, value: &Value, depth: usize) {
        let name = name.trim();
        if let Value::Object(map) = value
            && !map.is_empty()
            && depth < DEEPEST_LABEL
        {
            for (key, value) in map {
                let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                self.label(format!("{setting}.{}", short(key)), &inner, value, depth + 1);
            }
        } else if name.is_empty() || name.contains('*') || value.is_object() {
            self.readable = false;
            let expected = "a label by its full name and what it should be: label = { env = \"prod\" }";
            self.reader(setting).wrong(kind(value), expected);
        } else {
            self.condition(setting, format!("label.{}", short(name)), Field::Label(fold(name)), value);
        }
    }

    /// Reads one condition into the route.
    fn condition(&mut self, setting: String, name: String, field: Field, value: &Value) {
        let twice = self.route.conditions.iter().any(|condition| condition.field == field);
        let mut reader = self.reader(setting);
        if twice {
            reader.wrong(show(value), &format!("{name} only once; for several values give a list"));
            self.readable = false;
        } else if let Some(condition) = Condition::read(name, field, value, &mut reader) {
            self.route.conditions.push(condition);
        } else {
            self.readable = false;
        }
    }

    /// Notes settings that are fine one by one, but of which one makes the other meaningless.
    fn contradictions(&mut self, position: &str, map: &Map<String, Value>) {
        let set = &self.route.settings;
        let mut clashes: Vec<(&str, &str)> = Vec::new();
        if set.ignore {
            for key in SETTINGS {
                if key != "ignore" {
                    clashes.push((key, "no other setting in a route with ignore = true"));
                }
            }
        } else if set.min_occurrences == Some(1) || !map.contains_key("min_occurrences") {
            clashes.push(("window_seconds", "min_occurrences = 2 or more beside it; alone it has no effect"));
        }
        // What can't be read may name any sender, or either workflow.
        let mut any_postmortem = !self.readable || (set.workflow.is_none() && map.contains_key("workflow"));
        let mut any_acknowledged = !self.readable;
        for sender in Sender::all() {
            if self.route.may_match(sender) {
                any_postmortem |= set.workflow_for(sender) == Workflow::Postmortem;
                any_acknowledged |= !NEVER_ACKNOWLEDGED.contains(&sender);
            }
        }
        if set.start_on == Some(Kind::Acknowledged) && !any_acknowledged && !set.ignore {
            clashes.push(("start_on", "\"triggered\" or \"resolved\": these senders never say \"acknowledged\""));
        }
        if set.start_on == Some(Kind::Resolved) && !any_postmortem && !set.ignore {
            clashes.push((
                "start_on",
                "\"triggered\" or \"acknowledged\", or workflow = \"postmortem\" beside it: there is nothing to triage once it is over",
            ));
        }
        for (key, expected) in clashes {
            if let Some(value) = map.get(key) {
                self.reader(format!("{position}.{key}")).wrong(kind(value), expected);
            }
        }
    }

    fn reader(&mut self, setting: String) -> Reader<'_> {
        Reader { setting, problems: self.problems }
    }
}

/// What to say of a key that does not exist.
fn unknown(key: &str) -> String {
    let known = [CONDITIONS.as_slice(), &SETTINGS].concat();
    match nearest(key, &known) {
        Some(name) => format!("a known condition or setting; did you mean {name}?"),
        None => {
            let mut expected = String::from("one of ");
            for (n, name) in known.iter().enumerate() {
                expected.push_str(if n > 0 { ", " } else { "" });
                expected.push_str(name);
            }
            expected
        }
    }
}
