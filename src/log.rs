//! One JSON line for each decision. Never a secret, never a whole body.

use serde_json::{Value, json};
use worker::console_log;

use crate::answer::Answer;
use crate::incident::event::Sender;
use crate::settings::Problem;

/// What became of an event at a hook. `milliseconds`: from its arrival to the answer.
pub fn decision(answer: &Answer, sender: Option<Sender>, event_type: Option<&str>, proof: &str, milliseconds: i64) {
    line(json!({
        "level": if answer.code >= 500 { "error" } else { "info" },
        "log": "event",
        "incident": answer.incident,
        "sender": sender,
        "event": event_type,
        "status": answer.status,
        "code": answer.code,
        "reason": answer.reason,
        "session": answer.session.as_ref().map(|session| &session.id),
        "proof": proof,
        "ms": milliseconds,
    }));
}

/// A step that the incident's object took.
pub fn step(incident: &str, state: &str, session: Option<&str>, what: &str, milliseconds: i64) {
    line(json!({
        "level": if state == "failed" { "error" } else { "info" },
        "log": "incident",
        "incident": incident,
        "state": state,
        "session": session,
        "what": what,
        "ms": milliseconds,
    }));
}

/// A setting that is wrong.
pub fn problem(problem: &Problem) {
    line(json!({"level": "error", "log": "configuration", "setting": problem.setting, "problem": problem.to_string()}));
}

/// Something an operator should know.
pub fn warning(what: &str) {
    line(json!({"level": "warn", "log": "warning", "what": what}));
}

fn line(value: Value) {
    console_log!("{value}");
}
