//! Summaries of alerts: `alerts.new`, `alerts.ongoing` and `alerts.recovered`, each with a `count` and, where the author
//! of the body put it in, its `data`.
//! <https://www.elastic.co/docs/explore-analyze/alerting/alerts/rule-action-variables>.

use serde_json::{Map, Value};

use crate::senders::body::MOST_ALERTS;
use crate::senders::json::{integer, items};
use crate::senders::names::Body;

/// So many fields beside the alerts count, each of at most so many bytes.
const MOST: usize = 50;
const LONGEST: usize = 2_000;

/// What a body says of several alerts.
#[derive(Debug, PartialEq)]
pub(super) enum Summary {
    /// It is none.
    None,
    /// It is one of no alerts.
    Empty,
    /// Each alert, as a body of its own.
    Alerts(Vec<Value>),
    /// Nothing but how many: one body for all of them.
    Count(Value),
}

/// The groups, each with what it says of the alerts in it.
const GROUPS: [(&str, &[&str], &str); 3] = [
    ("new", &["alertsnew", "newalerts", "new"], "active"),
    ("ongoing", &["alertsongoing", "ongoingalerts", "ongoing"], "active"),
    ("recovered", &["alertsrecovered", "recoveredalerts", "recovered"], "recovered"),
];

/// Takes a summary apart.
pub(super) fn of(value: &Value) -> Summary {
    let body = Body::new(value.clone());
    let outer = outer(value);
    let mut alerts = Vec::new();
    let mut counted = Vec::new();
    for (group, names, status) in GROUPS {
        let found = body.read(names, &|value| (value.is_object() || value.is_array()).then(|| value.clone()));
        let data = found.as_ref().map(|found| found.get("data").unwrap_or(found)).filter(|data| data.is_array());
        let members = data.map(|data| items(data, &[])).unwrap_or_default();
        for member in members.iter().take(MOST_ALERTS.saturating_add(1)).filter_map(Value::as_object) {
            alerts.push(merged(&outer, member, status));
        }
        let by_name = [format!("alerts{group}count"), format!("{group}count"), format!("{group}alertscount")];
        let by_name: Vec<&str> = by_name.iter().map(String::as_str).collect();
        let count = body
            .read(&by_name, &|value| integer(value, &[]))
            .or_else(|| found.as_ref().and_then(|found| integer(found, &["count"])));
        counted.extend(count.map(|count| (status, count)).or_else(|| data.map(|_| (status, 0))));
    }
    let some = |wanted: &str| counted.iter().any(|(status, count)| *status == wanted && *count > 0);
    if !alerts.is_empty() {
        Summary::Alerts(alerts)
    } else if counted.is_empty() {
        Summary::None
    } else if some("active") {
        Summary::Count(merged(&outer, &Map::new(), "active"))
    } else if some("recovered") {
        Summary::Count(merged(&outer, &Map::new(), "recovered"))
    } else {
        Summary::Empty
    }
}

/// What a body says beside its alerts. Each alert gets a copy, so that only what is short counts.
fn outer(body: &Value) -> Map<String, Value> {
    let mut outer = Map::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let of_all = ["alerts", "new", "ongoing", "recovered", "all"].contains(&name.as_str());
        if !of_all && outer.len() < MOST && value.to_string().len() <= LONGEST {
            outer.insert(name.clone(), value.clone());
        }
    }
    outer
}

/// A body with one alert of a summary in place of the summary.
fn merged(outer: &Map<String, Value>, alert: &Map<String, Value>, status: &str) -> Value {
    let mut merged = outer.clone();
    for (name, value) in alert {
        merged.insert(name.clone(), value.clone());
    }
    if !alert.keys().any(|name| name.ends_with("status")) {
        merged.insert("status".to_owned(), Value::String(status.to_owned()));
    }
    Value::Object(merged)
}
