//! One JSON line for each decision. Never a secret, never a whole body.

use std::time::Duration;

use incident::time::millis;

use serde::Serialize;
use serde_json::json;
use worker::console_log;

use inbound::config::problem::Problem;

/// A step that the incident's object took.
pub fn step(incident: &str, state: &str, session: Option<&str>, what: &str, took: Duration) {
    let level = if state == "failed" { "error" } else { "info" };
    line(&json!({
        "level": level, "log": "incident", "incident": incident, "state": state, "session": session, "what": what,
        "ms": millis(took),
    }));
}

/// A setting that is wrong.
pub fn problem(problem: &Problem) {
    let (setting, words) = (&problem.setting, problem.to_string());
    line(&json!({"level": "error", "log": "configuration", "setting": setting, "problem": words}));
}

/// Something an operator should know.
pub fn warning(what: &str) {
    line(&json!({"level": "warn", "log": "warning", "what": what}));
}

/// One line.
pub fn line(fields: &impl Serialize) {
    console_log!("{}", serde_json::to_string(fields).unwrap_or_default());
}
