//! One JSON line for each decision. Never a secret, never a whole body.

use serde_json::Value;
use worker::console_log;

use crate::answer::{Answer, Status};
use crate::incident::event::Sender;
use crate::reason::Reason;
use crate::settings::Problem;
use crate::stored;
use crate::stored::Stored;

/// What became of an event at a hook. `milliseconds`: from its arrival to the answer.
pub fn decision(answer: &Answer, sender: Option<Sender>, event_type: Option<&str>, proof: &str, milliseconds: i64) {
    line(vec![
        ("level", if answer.code >= 500 { "error" } else { "info" }.into()),
        ("log", "event".into()),
        ("incident", answer.incident.to_value()),
        ("sender", sender.map(Sender::name).into()),
        ("event", event_type.into()),
        ("status", answer.status.map(Status::name).into()),
        ("code", answer.code.into()),
        ("reason", answer.reason.map(Reason::name).into()),
        ("session", answer.session.as_ref().map(|session| session.id.as_str()).into()),
        ("proof", proof.into()),
        ("ms", milliseconds.into()),
    ]);
}

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

fn line(fields: Vec<(&str, Value)>) {
    console_log!("{}", stored::text(&stored::object(fields)));
}
