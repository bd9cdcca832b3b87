//! One JSON line for each decision. Never a secret, never a whole body.

use serde_json::Value;
use worker::console_log;

use inbound::config::problem::Problem;
use incident::stored;
use incident::stored::Stored;

/// A step that the incident's object took.
pub fn step(incident: &str, state: &str, session: Option<&str>, what: &str, milliseconds: i64) {
    line(vec![
        ("level", if state == "failed" { "error" } else { "info" }.into()),
        ("log", "incident".into()),
        ("incident", incident.into()),
        ("state", state.into()),
        ("session", session.into()),
        ("what", what.into()),
        ("ms", milliseconds.into()),
    ]);
}

/// A setting that is wrong.
pub fn problem(problem: &Problem) {
    line(vec![
        ("level", "error".into()),
        ("log", "configuration".into()),
        ("setting", problem.setting.to_value()),
        ("problem", problem.to_string().into()),
    ]);
}

/// Something an operator should know.
pub fn warning(what: &str) {
    line(vec![("level", "warn".into()), ("log", "warning".into()), ("what", what.into())]);
}

/// One line.
pub fn line(fields: Vec<(&str, Value)>) {
    console_log!("{}", stored::text(&stored::object(fields)));
}
