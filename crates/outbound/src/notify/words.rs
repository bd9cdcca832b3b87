//! What people are told of a session, from a record as the list shows it. Each target writes it down in its own form.

use serde_json::Value;

use incident::notice::About;
use incident::stored;

/// A notice in words. Titles and names were written by a sender and are hostile: each target has to escape them.
pub struct Words {
    /// What happened.
    pub headline: String,
    /// The session's page; its id where Devin gave no page.
    pub link: String,
    /// What the incident is.
    pub incident: Vec<(&'static str, String)>,
    /// What became of the session.
    pub outcome: Vec<(&'static str, String)>,
}

impl Words {
    /// The words of a notice; `news` is the record as `GET /api/incidents` lists it.
    pub fn of(about: About, news: &Value) -> Words {
        let text = |name: &str| news.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut incident = Vec::new();
        let mut outcome = Vec::new();
        for (label, name) in [("Incident", "title"), ("Service", "service"), ("Priority", "priority")] {
            incident.extend(text(name).map(|value| (label, value.to_owned())));
        }
        if let Some(severity) = news.get("severity").and_then(Value::as_i64) {
            incident.push(("Severity", format!("Sev {severity}")));
        }
        let mut headline = format!("Devin session {}", about.name());
        if about == About::Ended {
            if let Some(state) = text("sessionDetail").or(text("sessionState")) {
                headline.push_str(&format!(" ({})", state.replace('_', " ")));
            }
            let mut requests = Vec::new();
            for request in news.get("pullRequests").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
                requests.push(pull_request(request));
            }
            if !requests.is_empty() {
                outcome.push(("Pull requests", requests.join(", ")));
            }
            if let Some(acus @ Value::Number(_)) = news.get("acus") {
                outcome.push(("ACUs", stored::text(acus)));
            }
        }
        let link = text("sessionUrl").or(text("sessionId")).unwrap_or_default().to_owned();
        Words { headline, link, incident, outcome }
    }

    /// The first line: it names the session, and so tells this notice from every other.
    pub fn first_line(&self) -> String {
        format!("{}: {}", self.headline, self.link)
    }

    /// All of it as plain lines.
    pub fn plain(&self) -> String {
        let mut text = self.first_line();
        for (label, value) in self.facts() {
            text.push_str(&format!("\n{label}: {value}"));
        }
        text
    }

    /// The incident's facts, then the session's.
    pub fn facts(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.incident.iter().chain(&self.outcome)
    }
}

fn pull_request(request: &Value) -> String {
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    match (text("url"), text("state")) {
        (url, "") => url.to_owned(),
        (url, state) => format!("{url} ({state})"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A record of a session that has ended, with a title that tries every kind of markup.
    pub fn news() -> Value {
        json!({
            "incident": "pagerduty-Q1", "sender": "pagerduty", "title": "<!channel> & *all* [x](http://evil.example)",
            "service": "orders", "priority": "P1", "severity": null, "sessionId": "devin-1",
            "sessionUrl": "https://app.devin.ai/sessions/1", "sessionState": "running", "sessionDetail": "finished",
            "pullRequests": [{"url": "https://github.com/o/r/pull/7", "state": "open"}, {"url": "https://x/8"}],
            "acus": 2.5
        })
    }

    #[test]
    fn the_end_says_what_came_of_it_and_the_start_does_not() {
        let ended = Words::of(About::Ended, &news()).plain();
        assert_eq!(
            ended,
            "Devin session ended (finished): https://app.devin.ai/sessions/1\n\
             Incident: <!channel> & *all* [x](http://evil.example)\nService: orders\nPriority: P1\n\
             Pull requests: https://github.com/o/r/pull/7 (open), https://x/8\nACUs: 2.5"
        );
        let started = Words::of(About::Started, &news()).plain();
        assert!(started.starts_with("Devin session started: https://app.devin.ai/sessions/1\nIncident:"), "{started}");
        assert!(!started.contains("ACUs"), "{started}");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let bare = json!({"sessionId": "devin-1", "sessionUrl": "", "severity": 1, "acus": null, "pullRequests": null});
        assert_eq!(Words::of(About::Ended, &bare).plain(), "Devin session ended: devin-1\nSeverity: Sev 1");
    }
}
