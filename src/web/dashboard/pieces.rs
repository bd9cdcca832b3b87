//! The pieces that pages are made of: states, texts cut to their room, links.

use std::borrow::Cow;

use incident::finding::is_page;
use maud::{Markup, html};
use serde_json::Value;

/// The states as people read them, with the code by which they are asked for.
pub const STATES: [(&str, &str); 7] = [
    ("waiting", "waiting"),
    ("queued", "queued"),
    ("held", "held"),
    ("started", "started"),
    ("following_up", "following up"),
    ("failed", "failed"),
    ("ignored", "ignored"),
];

/// The state of an incident, the contract's or, where its session is still to get a message, `following_up`.
pub fn state_of(incident: &Value) -> &str {
    match text(incident, "state") {
        "started" if number(incident, "followUps") > 0 => "following_up",
        state => state,
    }
}

/// A state in a word and a shape.
pub fn state(code: &str) -> Markup {
    let words = STATES.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words);
    html! { b.state.(code) { svg aria-hidden="true" { use href={ "#" (code) } {} } (words) } }
}

/// Why an incident is in its state, in words; empty where the state says it all.
pub fn why(incident: &Value) -> Cow<'_, str> {
    match (text(incident, "error"), text(incident, "reason"), number(incident, "route")) {
        ("", "route", route @ 1..) => format!("route {route} ignores it").into(),
        ("", ..) => reason(incident).into(),
        (error, ..) => error.into(),
    }
}

fn reason(incident: &Value) -> &str {
    match (text(incident, "reason"), text(incident, "state")) {
        ("event_type", "waiting") => "for an event that starts a session",
        ("event_type", _) => "this type of event starts nothing",
        ("merged", _) => "merged into another incident",
        ("ping", _) => "a test event",
        ("no_incident", _) => "names no incident",
        ("unreadable", _) => "is not JSON",
        ("route", _) => "a route says so",
        ("occurrences", _) => "for more occurrences",
        ("recovered", _) => "it recovered before a session was wanted",
        ("recovered_first", _) => "it recovered before Devin was asked",
        ("approval_expired", _) => "nobody approved its session within a day",
        ("approval", _) => "for approval",
        ("route_budget", _) => "its route's sessions for today are spent",
        ("paused", _) => "the bridge is paused",
        ("credits", _) => "the account at Devin is out of credits; one session tries every 30 minutes",
        ("test", _) => "a test",
        ("confirmation", _) => "a subscription request from Amazon SNS",
        ("", "waiting") => "its session is on its way",
        ("", "queued") => "over the sessions per minute",
        ("day" | "", "held") => "today's sessions are spent",
        (code, _) => code,
    }
}

/// The priority as its sender names it, or else the severity.
pub fn grade(incident: &Value) -> String {
    match (text(incident, "priority"), incident.get("severity").and_then(Value::as_u64)) {
        ("", None) => String::new(),
        ("", Some(severity)) => format!("Sev {severity}"),
        (priority, _) => short(priority, 16),
    }
}

/// A text of a record, empty where it has none.
pub fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A count of a record.
pub fn number(record: &Value, name: &str) -> u64 {
    record.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// The entries of a list in a record; none where it has no such list.
pub fn list<'a>(record: &'a Value, name: &str) -> &'a [Value] {
    record.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text that takes at most `room` bytes in HTML, ending with `…` where something was left out. Control characters,
/// which HTML may not have, become `�`.
pub fn short(text: &str, room: usize) -> String {
    let mut out = String::new();
    let (mut used, mut fitting) = (0_usize, 0);
    for c in text.chars() {
        let c = if c.is_control() && !matches!(c, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { c };
        used = used.saturating_add(match c {
            '&' => "&amp;".len(),
            '<' | '>' => "&lt;".len(),
            '"' => "&quot;".len(),
            c => c.len_utf8(),
        });
        if used > room {
            out.truncate(fitting);
            out.push('…');
            return out;
        }
        out.push(c);
        if used.saturating_add('…'.len_utf8()) <= room {
            fitting = out.len();
        }
    }
    out
}

/// An address that may be clicked: of the web, and not so long that it takes the page's room.
pub fn link(address: &str, longest: usize) -> Option<&str> {
    (is_page(address) && address.len() <= longest).then_some(address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_takes_no_more_than_its_room() {
        assert_eq!(short("short", 5), "short");
        assert_eq!(short("longer", 5), "lo…");
        assert_eq!(short("a\0b\u{1b}\n", 20), "a�b�\n");
        for text in ["&&&&&&&&&&", "<<<<\"\"\"\"\"", "ÄÄÄÄÄÄÄÄÄÄ", "😀😀😀😀😀😀", "plain text"] {
            for room in 3..30 {
                let shown = short(text, room);
                let html = html! { (shown) }.into_string();
                assert!(html.len() <= room, "{text:?} in {room}: {html:?}");
                assert!(shown == text || shown.ends_with('…'), "{shown:?}");
            }
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(link("https://app.devin.ai/sessions/1", 100), Some("https://app.devin.ai/sessions/1"));
        assert_eq!(link("http://localhost/1", 100), Some("http://localhost/1"));
        for no in [
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            " https://a",
            "data:text/html,x",
            "//a",
            "/x",
            "",
            "https://a b",
        ] {
            assert_eq!(link(no, 100), None, "{no}");
        }
        assert_eq!(link("https://a.example/1", 10), None);
    }

    #[test]
    fn a_route_that_ignores_is_named() {
        let of = |value: Value| why(&value).into_owned();
        assert_eq!(of(json!({"state": "ignored", "reason": "route", "route": 2})), "route 2 ignores it");
        assert_eq!(of(json!({"state": "ignored", "reason": "route", "route": null})), "a route says so");
        assert_eq!(
            of(json!({"state": "failed", "error": "Devin's words", "reason": "route", "route": 2})),
            "Devin's words"
        );
    }

    #[test]
    fn a_started_incident_with_messages_to_send_is_following_up() {
        assert_eq!(state_of(&json!({"state": "started", "followUps": 1})), "following_up");
        assert_eq!(state_of(&json!({"state": "started", "followUps": 0})), "started");
        assert_eq!(state_of(&json!({"state": "failed", "followUps": 1})), "failed");
    }
}
