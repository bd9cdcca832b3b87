//! Notes on an incident at PagerDuty.
//!
//! Source: <https://developer.pagerduty.com/api-reference/>, "Create a note on an incident" and "List notes for an
//! incident" (`/incidents/{id}/notes`; the list has no pages). PagerDuty tells its webhooks of every note, ours too.

use serde_json::Value;

use super::words::Words;
use crate::http::{self, Answer, Call};
use incident::failure::Failure;
use incident::notice::{About, SIGNATURE};
use incident::secret::Secret;
use incident::stored;
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

/// The text of a note. The incident it stands on needs no description.
pub fn note(about: About, news: &Value) -> String {
    let words = Words::of(about, news);
    let mut text = words.first_line();
    for (label, value) in &words.outcome {
        text.push_str(&format!("\n{label}: {value}"));
    }
    format!("{text}\n{SIGNATURE}")
}

/// PagerDuty's id of the incident that a record is about; `None` where the record keeps none (an id that is hashed).
fn incident_id(news: &Value) -> Option<&str> {
    let name = news.get("incident").and_then(Value::as_str)?;
    let id = name.split('.').next()?.strip_prefix("pagerduty-")?;
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    plain.then_some(id)
}

impl Access {
    fn notes(&self, news: &Value) -> Option<String> {
        Some(format!("{}/incidents/{}/notes", self.base, incident_id(news)?))
    }

    /// Writes the note; `None` where the incident's id is not known.
    pub fn write(&self, about: About, news: &Value) -> Option<Call> {
        let note = stored::object(vec![("content", note(about, news).into())]);
        let body = stored::object(vec![("note", note)]);
        Some(Call { method: "POST", url: self.notes(news)?, body: Some(body) })
    }

    /// The incident's notes, to see whether ours is among them.
    pub fn list(&self, news: &Value) -> Option<Call> {
        Some(Call { method: "GET", url: self.notes(news)?, body: None })
    }
}

/// Whether the note is among those of the answer. Its first line tells it: the rest may have been wrapped or trimmed.
pub fn found(answer: Result<Answer, String>, about: About, news: &Value, now: Time) -> Result<bool, Failure> {
    let first_line = Words::of(about, news).first_line();
    let value = http::body(answer, now)?;
    match value.get("notes") {
        Some(Value::Array(notes)) => {
            let content =
                |note: &Value| note.get("content").and_then(Value::as_str).map(|text| text.contains(&first_line));
            Ok(notes.iter().any(|note| content(note) == Some(true)))
        }
        _ => Err(Failure::Unknown { words: "a list of notes that can't be read".into() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::words::tests::news;
    use super::*;
    use incident::notice::is_ours;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn access() -> Access {
        Access { base: "https://api.pagerduty.com".into(), token: Secret::new("t"), from: "sre@example.com".into() }
    }

    #[test]
    fn a_note_goes_to_its_incident_and_is_known_again() {
        let call = access().write(About::Started, &news()).unwrap();
        assert_eq!(call.url, "https://api.pagerduty.com/incidents/Q1/notes");
        let content = "Devin session started: https://app.devin.ai/sessions/1\nPosted by devin-bridge.";
        assert_eq!(call.body, Some(json!({"note": {"content": content}})));
        assert!(is_ours(content) && is_ours(&format!("{content}\n")));
        assert!(!is_ours("Posted by devin-bridge. See above"));
        assert!(note(About::Ended, &news()).contains("\nACUs: 2.5\n"));
    }

    #[test]
    fn an_id_that_is_not_known_gets_no_note() {
        for incident in ["pagerduty-h77cff64c", "alert-Q1", "pagerduty-../x", ""] {
            assert_eq!(access().list(&json!({"incident": incident})), None, "{incident}");
        }
        assert!(access().list(&json!({"incident": "pagerduty-Q1.2"})).unwrap().url.ends_with("/Q1/notes"));
    }

    #[test]
    fn a_note_is_found_by_its_first_line() {
        let answer = |body: Value| Ok(Answer { status: 200, retry_after: None, body: body.to_string(), whole: true });
        let look = |body: Value| found(answer(body), About::Started, &news(), Time(0));
        let other = "Devin session ended (finished): https://app.devin.ai/sessions/1";
        assert_eq!(look(json!({"notes": [{"content": other}, {}, 7]})), Ok(false));
        assert_eq!(
            look(json!({"notes": [{"content": note(About::Started, &news()).replace('\n', "\r\n")}]})),
            Ok(true)
        );
        assert!(matches!(look(json!({"error": "x"})), Err(Failure::Unknown { .. })));
    }
}
