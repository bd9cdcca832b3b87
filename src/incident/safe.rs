//! An incident made safe to keep: redacted, cleaned, and bounded in size, before it is routed or stored.

use super::event::{Incident, IncidentEvent};
use crate::text::{self, clean, cut};

/// The longest texts that are kept, in characters. A prompt gets less; these bound what an incident stores.
const LINE: usize = 500;
const LINK: usize = 1_000;
const BLOCK: usize = 8_000;
const LOGS: usize = 20_000;
const VALUE: usize = 2_000;
/// So many times the longest text is looked at.
const MARGIN: usize = 4;
/// The title of what has none to show.
const UNTITLED: &str = "Untitled";
/// The most entries of a list.
const ENTRIES: usize = 100;

impl IncidentEvent {
    /// The event with every text redacted, cleaned and cut. `emails`: whether addresses are redacted too.
    pub fn safe(mut self, emails: bool) -> IncidentEvent {
        self.event_type = short(self.event_type, emails, LINE);
        self.occurred_at = self.occurred_at.map(|text| short(text, emails, LINE));
        self.change = self.change.map(|text| head(text, emails, VALUE));
        self.incident = self.incident.safe(emails);
        self
    }
}

impl Incident {
    fn safe(self, emails: bool) -> Incident {
        let line = |text: String| short(text, emails, LINE);
        let some = |text: Option<String>| text.map(line).filter(|text| !text.is_empty());
        // Half a link leads nowhere.
        let link = |text: Option<String>| {
            let whole = text.filter(|text| text.chars().count() <= LINK);
            whole.map(|text| short(text, emails, LINK)).filter(|text| !text.is_empty())
        };
        let list = |texts: Vec<String>| texts.into_iter().take(ENTRIES).map(line).collect();
        let pairs = |pairs: Vec<(String, String)>| {
            let pair = |(name, text): (String, String)| {
                let name = line(name);
                let value = value_of(&name, beginning(&text, VALUE), emails);
                (name, cut::head(&value, VALUE))
            };
            pairs.into_iter().take(ENTRIES).map(pair).collect()
        };
        Incident {
            title: some(Some(self.title)).unwrap_or_else(|| UNTITLED.to_owned()),
            url: link(self.url),
            number: some(self.number),
            status: some(self.status),
            service: some(self.service),
            teams: list(self.teams),
            assignees: list(self.assignees),
            urgency: some(self.urgency),
            priority: some(self.priority),
            severity: self.severity,
            started_at: some(self.started_at),
            resolved_at: some(self.resolved_at),
            reopened_at: some(self.reopened_at),
            description: self.description.map(|text| head(text, emails, BLOCK)),
            resource: some(self.resource),
            signal_type: some(self.signal_type),
            source: some(self.source),
            logs: self.logs.map(|text| tail(text, emails, LOGS)),
            file: some(self.file),
            line: self.line,
            runbook: link(self.runbook),
            labels: pairs(self.labels),
            context: pairs(self.context),
        }
    }
}

fn short(text: String, emails: bool, most: usize) -> String {
    clean::line(&text::safe(beginning(&text, most), emails), most)
}

fn head(text: String, emails: bool, most: usize) -> String {
    let begun = beginning(&text, most);
    let safe = text::safe(begun, emails);
    if begun.len() == text.len() { cut::head(&safe, most) } else { cut::head(&format!("{safe}…"), most) }
}

fn tail(text: String, emails: bool, most: usize) -> String {
    let left_out = text.chars().count().saturating_sub(most.saturating_mul(MARGIN));
    let end = text.char_indices().nth(left_out).and_then(|(at, _)| text.get(at..)).unwrap_or(&text);
    cut::tail(&text::safe(end, emails), most)
}

/// As much of a text as can matter. The search for secrets costs time, and half a secret at this end is cut away later.
fn beginning(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most.saturating_mul(MARGIN)).map(|(at, _)| at);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A named value made safe. The two are looked at together, because a name such as `password` tells what the value is.
fn value_of(name: &str, text: &str, emails: bool) -> String {
    let prefix = format!("{name}=");
    let together = text::safe(&format!("{prefix}{text}"), emails);
    match together.strip_prefix(&prefix) {
        Some(value) => value.to_owned(),
        None => text::safe(text, emails),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_the_newest_log_lines_stay() {
        let long = "x".repeat(1_000_000);
        let incident = Incident {
            title: "\u{200b}\u{202e}\u{0}".into(),
            description: Some(long.clone()),
            logs: Some(format!("{long}\nthe last line")),
            context: vec![("note".into(), long.clone()), ("password".into(), "hunter22hunter22".into())],
            ..Default::default()
        };
        let safe = incident.safe(true);
        assert_eq!(safe.title, "Untitled");
        assert!(safe.description.unwrap().chars().count() <= BLOCK);
        let logs = safe.logs.unwrap();
        assert!(logs.chars().count() <= LOGS && logs.ends_with("the last line"));
        assert!(safe.context[0].1.chars().count() <= VALUE);
        assert!(!safe.context[1].1.contains("hunter22"), "{:?}", safe.context[1]);
    }
}
