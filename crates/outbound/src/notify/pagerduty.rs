//! Notes on an incident at PagerDuty.
//!
//! Source: <https://developer.pagerduty.com/api-reference/>, "Create a note on an incident" and "List notes for an
//! incident" (`/incidents/{id}/notes`; the list has no pages). PagerDuty tells its webhooks of every note, ours too.

use serde_json::{Value, json};

use super::words::{LONGEST, Words, fitting};
use crate::http::{self, Answer, Call};
use incident::failure::Failure;
use incident::listing::Line;
use incident::notice::SIGNATURE;
use incident::record::Notice;
use incident::secret::Secret;
use incident::time::Time;

/// Where PagerDuty's REST API is and as whom the bridge speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// `https://api.pagerduty.com`, without a slash at the end: `PAGERDUTY_API_URL`.
    pub base: String,
    /// The REST API key: `PAGERDUTY_API_TOKEN`.
    pub token: Secret,
    /// The e-mail address of the user in whose name notes are written: `PAGERDUTY_FROM`.
    pub from: String,
}

/// The text of a note: plain text, which PagerDuty shows as it is. The incident it stands on needs no description.
pub fn note(notice: &Notice) -> String {
    let words = Words::of(notice);
    let mut text = words.first_line();
    let room = LONGEST.saturating_sub(text.chars().count().saturating_add(SIGNATURE.len()).saturating_add(1));
    for line in fitting(words.outcome.iter(), room) {
        text.push_str(&format!("\n{line}"));
    }
    format!("{text}\n{SIGNATURE}")
}

/// PagerDuty's id of the incident that a record is about; `None` where the record keeps none (an id that is hashed).
fn incident_id(news: &Line) -> Option<&str> {
    let name = news.incident.as_str();
    let id = name.split('.').next()?.strip_prefix("pagerduty-")?;
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    plain.then_some(id)
}

impl Access {
    fn notes(&self, news: &Line) -> Option<String> {
        Some(format!("{}/incidents/{}/notes", self.base, incident_id(news)?))
    }

    /// Writes the note; `None` where the incident's id is not known.
    pub fn write(&self, notice: &Notice) -> Option<Call> {
        let note = json!({"content": note(notice)});
        let body = json!({"note": note});
        Some(Call { method: "POST", url: self.notes(&notice.news)?, body: Some(body) })
    }

    /// The incident's notes, to see whether ours is among them.
    pub fn list(&self, news: &Line) -> Option<Call> {
        Some(Call { method: "GET", url: self.notes(news)?, body: None })
    }
}

/// Whether the note is among those of the answer. White space tells nothing: it may have been wrapped or trimmed, and cut
/// beyond its beginning.
pub fn found(answer: Result<Answer, String>, notice: &Notice, now: Time) -> Result<bool, Failure> {
    /// How many characters tell a note from others on the same session.
    const TELLING: usize = 600;
    let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).take(TELLING).collect::<String>();
    let ours = squeezed(note(notice).trim_end_matches(SIGNATURE));
    let value = http::body(answer, now)?;
    match value.get("notes") {
        Some(Value::Array(notes)) => {
            let content = |note: &Value| note.get("content").and_then(Value::as_str).map(squeezed);
            Ok(notes.iter().filter_map(content).any(|text| text.starts_with(&ours)))
        }
        _ => Err(Failure::Unknown { words: "a list of notes that can't be read".into() }),
    }
}

#[cfg(test)]
mod tests {

    use super::super::words::tests::notice;
    use super::*;
    use incident::notice::{About, is_ours};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn access() -> Access {
        Access { base: "https://api.pagerduty.com".into(), token: Secret::new("t"), from: "sre@example.com".into() }
    }

    #[test]
    fn a_note_goes_to_its_incident_and_is_known_again() {
        let call = access().write(&notice(About::Started)).unwrap();
        assert_eq!(call.url, "https://api.pagerduty.com/incidents/Q1/notes");
        let content = "Devin session started: https://app.devin.ai/sessions/1\nPosted by devin-bridge.";
        assert_eq!(call.body, Some(json!({"note": {"content": content}})));
        assert!(is_ours(content) && is_ours(&format!("{content}\n")));
        assert!(!is_ours("Posted by devin-bridge. See above"));
        assert!(note(&notice(About::Ended)).contains("\nACUs: 2.5\n"));
    }

    #[test]
    fn an_id_that_is_not_known_gets_no_note() {
        for incident in ["pagerduty-h77cff64c", "alert-Q1", "pagerduty-../x", ""] {
            assert_eq!(access().list(&Line { incident: incident.to_owned(), ..Line::default() }), None, "{incident}");
        }
        assert!(
            access()
                .list(&Line { incident: "pagerduty-Q1.2".to_owned(), ..Line::default() })
                .unwrap()
                .url
                .ends_with("/Q1/notes")
        );
    }

    #[test]
    fn a_note_is_found_again() {
        let answer = |body: Value| Ok(Answer { status: 200, retry_after: None, body: body.to_string(), whole: true });
        let look = |body: Value| found(answer(body), &notice(About::Started), Time(0));
        let other = "Devin session ended (finished): https://app.devin.ai/sessions/1";
        assert_eq!(look(json!({"notes": [{"content": other}, {}, 7]})), Ok(false));
        assert_eq!(
            look(json!({"notes": [{"content": note(&notice(About::Started)).replace('\n', "\r\n")}]})),
            Ok(true)
        );
        assert!(matches!(look(json!({"error": "x"})), Err(Failure::Unknown { .. })));
    }
}
