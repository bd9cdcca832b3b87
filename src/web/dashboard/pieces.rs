//! The pieces that pages are made of: states, times, texts cut to their room, links.

use maud::{Markup, html};
use serde_json::Value;

use incident::time::{DAY, HOUR, MINUTE, Time};

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
pub fn why(incident: &Value) -> &str {
    match text(incident, "error") {
        "" => {}
        error => return error,
    }
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
        ("", "waiting") => "its session is on its way",
        ("", "queued") => "over the sessions per minute",
        ("", "held") => "today's sessions are spent",
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
    let web = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    (web && address.len() <= longest).then_some(address)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time as RFC 3339 has it, for people: `21 Nov 14:05`. What is no such time is shown as it is.
pub fn when(time: &str) -> Markup {
    date(time, "2026-11-21T14:05".len())
}

/// The same with the seconds.
pub fn moment(time: &str) -> Markup {
    date(time, "2026-11-21T14:05:33".len())
}

fn date(time: &str, end: usize) -> Markup {
    let part = |from: usize, to: usize| time.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match month {
        Some(month) => {
            html! { time datetime={ (part(0, end)) "Z" } { (part(8, 10)) " " (month) " " (part(11, end)) } }
        }
        None => html! { (short(time, 100)) },
    }
}

/// How long ago a time was.
pub fn ago(time: &str, now: Time) -> String {
    let Some(time) = Time::from_rfc3339(time) else { return String::new() };
    let (count, unit) = match now.since(time) {
        past if past < MINUTE => (past.as_secs(), "s"),
        past if past < HOUR => (past.as_secs() / MINUTE.as_secs(), "min"),
        past if past < DAY => (past.as_secs() / HOUR.as_secs(), "h"),
        past => (past.as_secs() / DAY.as_secs(), "d"),
    };
    format!("{count} {unit} ago")
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
        for no in ["javascript:alert(1)", "JAVASCRIPT:alert(1)", " https://a", "data:text/html,x", "//a", "/x", ""] {
            assert_eq!(link(no, 100), None, "{no}");
        }
        assert_eq!(link("https://a.example/1", 10), None);
    }

    #[test]
    fn times_are_for_people() {
        let html = when("2026-11-21T14:05:33.120Z").into_string();
        assert_eq!(html, r#"<time datetime="2026-11-21T14:05Z">21 Nov 14:05</time>"#);
        assert!(moment("2026-11-21T14:05:33.120Z").into_string().ends_with(">21 Nov 14:05:33</time>"));
        assert_eq!(when("<at noon>").into_string(), "&lt;at noon&gt;");
        assert_eq!(when("2026-99-21T14:05:33Z").into_string(), "2026-99-21T14:05:33Z");
        let now = Time::from_rfc3339("2026-11-21T14:05:33Z").unwrap();
        let past = ["2026-11-21T14:05:30Z", "2026-11-21T14:04:33Z", "2026-11-21T04:04:33Z", "2026-10-21T04:04:33Z"];
        assert_eq!(past.map(|time| ago(time, now)), ["3 s ago", "1 min ago", "10 h ago", "31 d ago"]);
    }

    #[test]
    fn a_started_incident_with_messages_to_send_is_following_up() {
        assert_eq!(state_of(&json!({"state": "started", "followUps": 1})), "following_up");
        assert_eq!(state_of(&json!({"state": "started", "followUps": 0})), "started");
        assert_eq!(state_of(&json!({"state": "failed", "followUps": 1})), "failed");
    }
}
