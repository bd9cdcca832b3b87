//! What notices say of a session, from a record as the list shows it and what the session found. Each target writes it down
//! in its own form.

use incident::finding::Finding;
use incident::listing::Line;
use incident::notice::About;
use incident::reason::Reason;
use incident::record::Notice;
use incident::session::PullRequest;
use text::clean;

/// The longest notice, in characters.
pub const LONGEST: usize = 2_000;
/// The longest text of the incident's own, in characters.
const LONGEST_FACT: usize = 200;
/// The most pull requests that are named.
const PULL_REQUESTS: usize = 5;
/// No less of a text than this is worth showing.
const SHORTEST: usize = 40;

/// A notice in words. Titles and names were written by a sender, findings by Devin, and all of it is hostile: each target
/// has to escape them.
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
    /// The words of a notice.
    pub fn of(notice: &Notice) -> Words {
        let news = &notice.news;
        let mut incident = Vec::new();
        for (label, value) in
            [("Incident", Some(&news.title)), ("Service", news.service.as_ref()), ("Priority", news.priority.as_ref())]
        {
            let value = value.map(|value| clean::line(value, LONGEST_FACT)).filter(|value| !value.is_empty());
            incident.extend(value.map(|value| (label, value)));
        }
        if let Some(severity) = news.severity {
            incident.push(("Severity", format!("Sev {severity}")));
        }
        let page = news.page.clone().filter(|_| notice.about == About::Approval);
        let link = page.or(shown(&news.session_url)).or(shown(&news.session_id)).unwrap_or_default();
        Words { headline: headline(notice.about, news), link, incident, outcome: outcome(notice) }
    }

    /// The first line: it names the session, and so tells this notice from those of others.
    pub fn first_line(&self) -> String {
        match self.link.as_str() {
            "" => self.headline.clone(),
            link => format!("{}: {link}", self.headline),
        }
    }

    /// All of it as plain lines.
    pub fn plain(&self) -> String {
        let first_line = self.first_line();
        let room = LONGEST.saturating_sub(first_line.chars().count());
        let mut text = first_line;
        for line in fitting(self.facts(), room) {
            text.push_str(&format!("\n{line}"));
        }
        text
    }

    /// The incident's facts, then the session's.
    pub fn facts(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.incident.iter().chain(&self.outcome)
    }
}

/// The facts as lines, which with a line break before each take no more than `room` characters. What comes first matters
/// most.
pub fn fitting<'a>(facts: impl Iterator<Item = &'a (&'static str, String)>, mut room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (label, value) in facts {
        let line = format!("{label}: {value}");
        let left = room.saturating_sub(1);
        if line.chars().count() > left && left < SHORTEST {
            continue;
        }
        let line = clean::line(&line, left);
        room = left.saturating_sub(line.chars().count());
        lines.push(line);
    }
    lines
}

fn headline(about: About, news: &Line) -> String {
    let headline = match about {
        About::Waiting => "Devin waits for you",
        About::Updated => "Devin session has more to show",
        About::Started => "Devin session started",
        About::Ended => "Devin session ended",
        About::Failed if news.state == "failed" => "No Devin session: it failed",
        About::Failed => "Devin session failed",
        About::Held => "No Devin session yet: it is held",
        About::Approval => "Devin session waits for approval",
    };
    let state = shown(&news.session_detail).or(shown(&news.session_state)).filter(|_| about != About::Started);
    // A word of Devin's, in which nothing may be markup.
    let state: String = state.unwrap_or_default().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    match state.trim() {
        // Who is done waits for the next task: said of an end, that would be read as a question.
        "" | "waiting for user" | "blocked" => headline.to_owned(),
        state => format!("{headline} ({state})"),
    }
}

fn outcome(notice: &Notice) -> Vec<(&'static str, String)> {
    let (news, nothing) = (&notice.news, Finding::default());
    let finding = notice.finding.as_ref().unwrap_or(&nothing);
    let mut outcome = Vec::new();
    let mut add = |label, value: String| {
        if !value.is_empty() {
            outcome.push((label, value));
        }
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if let (About::Held | About::Failed, Some(number)) = (notice.about, notice.number) {
        add("Why", clean::line(&news.error.clone().unwrap_or_else(|| held_because(news)), LONGEST_FACT));
        let state = if notice.about == About::Held { "Held now" } else { "Failed now" };
        add(state, if number == 1 { "1 incident".to_owned() } else { format!("{number} incidents") });
        add("Notified", "once today for this reason".to_owned());
    }
    match (shown(&finding.verdict), shown(&finding.confidence)) {
        (Some(verdict), Some(sure)) => add("Verdict", format!("{verdict} (confidence: {sure})")),
        (verdict, sure) => {
            add("Verdict", verdict.unwrap_or_default());
            add("Confidence", sure.unwrap_or_default());
        }
    }
    match shown(&finding.summary) {
        Some(words) if finding.from_message => add("Devin's last words", format!("“{words}”")),
        summary => add("Finding", summary.unwrap_or_default()),
    }
    add("Root cause", text(&finding.root_cause));
    add("To do", finding.actions.join("; "));
    let has_result = !matches!(notice.about, About::Started | About::Waiting);
    if has_result {
        add("Pull requests", pull_requests(&news.pull_requests, &finding.pull_requests));
        if news.acus.as_f64().is_some_and(|acus| acus > 0.0) {
            add("ACUs", news.acus.to_string());
        }
    }
    add("Evidence", finding.evidence.join("; "));
    outcome
}

/// Why an incident is held.
fn held_because(news: &Line) -> String {
    let reason = news.reason.unwrap_or(Reason::Day);
    let release = if reason == Reason::Credits { ", or whichever you release" } else { "" };
    match reason.held_because() {
        Some(words) => format!("{words}{release}"),
        None => reason.name().replace('_', " "),
    }
}

fn shown(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

/// Those that Devin lists, then those that it only names.
fn pull_requests(listed: &[PullRequest], named: &[String]) -> String {
    let mut all: Vec<String> = listed.iter().map(pull_request).collect();
    all.extend(named.iter().filter(|url| !listed.iter().any(|request| request.url == **url)).cloned());
    let more = all.len().saturating_sub(PULL_REQUESTS);
    all.truncate(PULL_REQUESTS);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    all.join(", ")
}

fn pull_request(request: &PullRequest) -> String {
    match &request.state {
        Some(state) if !state.is_empty() => format!("{} ({state})", request.url),
        _ => request.url.clone(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A notice of that, with no finding.
    pub fn notice(about: About) -> Notice {
        Notice { about, news: news(), ..Notice::default() }
    }

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
        let ended = Words::of(&notice(About::Ended)).plain();
        assert_eq!(
            ended,
            "Devin session ended (finished): https://app.devin.ai/sessions/1\n\
             Incident: <!channel> & *all* [x](http://evil.example)\nService: orders\nPriority: P1\n\
             Pull requests: https://github.com/o/r/pull/7 (open), https://x/8\nACUs: 2.5"
        );
        let started = Words::of(&notice(About::Started)).plain();
        assert!(started.starts_with("Devin session started: https://app.devin.ai/sessions/1\nIncident:"), "{started}");
        assert!(!started.contains("ACUs"), "{started}");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let bare = json!({"sessionId": "devin-1", "sessionUrl": "", "severity": 1, "acus": null, "pullRequests": null});
        let news = serde_json::from_value(bare).unwrap();
        let bare = Notice { about: About::Ended, news, ..Notice::default() };
        assert_eq!(Words::of(&bare).plain(), "Devin session ended: devin-1\nSeverity: Sev 1");
    }

    #[test]
    fn a_finding_says_what_is_wrong_how_sure_what_to_do_and_where_the_pull_request_is() {
        let output = json!({
            "verdict": "cause_found", "summary": "The pool leaks.", "root_cause": "`check()` keeps it.",
            "confidence": "high", "evidence": ["log line 7"], "actions": ["Merge it", "Watch it"],
            "pull_requests": ["https://github.com/o/r/pull/7", "https://github.com/o/r/pull/9"]
        });
        let finding = Finding::read(&output, true);
        let words = Words::of(&Notice { finding, ..notice(About::Ended) });
        let lines: Vec<String> = words.outcome.iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(
            lines,
            [
                "Verdict: cause found (confidence: high)",
                "Finding: The pool leaks.",
                "Root cause: `check()` keeps it.",
                "To do: Merge it; Watch it",
                "Pull requests: https://github.com/o/r/pull/7 (open), https://x/8, https://github.com/o/r/pull/9",
                "ACUs: 2.5",
                "Evidence: log line 7",
            ]
        );
        let asks = Notice { finding: Finding::of_message("Which one?", true), ..notice(About::Waiting) };
        let text = Words::of(&asks).plain();
        assert!(text.starts_with("Devin waits for you (finished): https://app.devin.ai/sessions/1\n"), "{text}");
        assert!(text.ends_with("\nDevin's last words: “Which one?”"), "{text}");
    }

    #[test]
    fn an_end_that_waits_for_the_next_task_asks_nothing() {
        let mut done = notice(About::Ended);
        done.news.session_detail = Some("waiting_for_user".into());
        assert!(Words::of(&done).first_line().starts_with("Devin session ended: "));
        done.news.session_detail = Some("*out* <!here>".into());
        assert!(Words::of(&done).first_line().starts_with("Devin session ended (out    here): "));
    }

    proptest! {
        #[test]
        fn a_notice_is_short_and_its_lines_are_ours(
            texts in prop::collection::vec("(?s).{0,900}", 6),
            requests in 0..30_usize,
            about in prop::sample::select(vec![About::Started, About::Waiting, About::Ended, About::Updated, About::Failed]),
        ) {
            let output = json!({
                "verdict": texts[0], "summary": texts[1], "root_cause": texts[2], "confidence": texts[3],
                "evidence": [texts[4], texts[5]], "actions": [texts[5], texts[4]],
            });
            let finding = Finding::read(&output, true);
            let mut notice = Notice { finding, ..notice(about) };
            notice.news.title = text::clean::line(&texts[0], 500);
            notice.news.pull_requests =
                vec![PullRequest { url: format!("https://x/{}", "y".repeat(480)), state: None }; requests];
            let words = Words::of(&notice);
            let plain = words.plain();
            prop_assert!(plain.chars().count() <= LONGEST, "{}", plain.chars().count());
            let labels = ["Incident", "Service", "Priority", "Verdict", "Confidence", "Finding", "Devin's last words", "Root cause", "To do", "Pull requests", "ACUs", "Evidence"];
            for line in plain.lines().skip(1) {
                prop_assert!(labels.iter().any(|label| line.starts_with(&format!("{label}: "))), "{line:?}");
            }
        }
    }
}
