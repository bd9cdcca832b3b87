//! What notices say of a session, from a record as the list shows it. Each target writes it down in its own form.

use incident::listing::Line;
use incident::notice::About;
use incident::session::PullRequest;

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
    pub fn of(about: About, news: &Line) -> Words {
        let shown = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let title = Some(news.title.clone()).filter(|title| !title.is_empty());
        let mut incident = Vec::new();
        let mut outcome = Vec::new();
        for (label, value) in
            [("Incident", title), ("Service", shown(&news.service)), ("Priority", shown(&news.priority))]
        {
            incident.extend(value.map(|value| (label, value)));
        }
        if let Some(severity) = news.severity {
            incident.push(("Severity", format!("Sev {severity}")));
        }
        let mut headline = format!("Devin session {}", about.happened());
        if about == About::Ended {
            if let Some(state) = shown(&news.session_detail).or(shown(&news.session_state)) {
                headline.push_str(&format!(" ({})", state.replace('_', " ")));
            }
            let requests: Vec<String> = news.pull_requests.iter().map(pull_request).collect();
            if !requests.is_empty() {
                outcome.push(("Pull requests", requests.join(", ")));
            }
            if news.acus.is_number() {
                outcome.push(("ACUs", news.acus.to_string()));
            }
        }
        let page = news.page.clone().filter(|_| about == About::Approval);
        let link = page.or(shown(&news.session_url)).or(shown(&news.session_id)).unwrap_or_default();
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

fn pull_request(request: &PullRequest) -> String {
    match &request.state {
        Some(state) if !state.is_empty() => format!("{} ({state})", request.url),
        _ => request.url.clone(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A record of a session that has ended, with a title that tries every kind of markup.
    pub fn news() -> Line {
        let line = json!({
            "incident": "pagerduty-Q1", "sender": "pagerduty", "title": "<!channel> & *all* [x](http://evil.example)",
            "service": "orders", "priority": "P1", "severity": null, "sessionId": "devin-1",
            "sessionUrl": "https://app.devin.ai/sessions/1", "sessionState": "running", "sessionDetail": "finished",
            "pullRequests": [{"url": "https://github.com/o/r/pull/7", "state": "open"}, {"url": "https://x/8"}],
            "acus": 2.5
        });
        serde_json::from_value(line).unwrap()
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
        let bare = serde_json::from_value(bare).unwrap();
        assert_eq!(Words::of(About::Ended, &bare).plain(), "Devin session ended: devin-1\nSeverity: Sev 1");
    }
}
