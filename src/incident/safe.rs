//! An incident made safe to keep: redacted, cleaned, and bounded in size, before it is routed or stored.

use super::event::{Incident, IncidentEvent};
use crate::text::{self, clean, cut};

/// The longest texts that are kept, in characters. A prompt gets less; these bound what an incident stores.
const LINE: usize = 500;
const BLOCK: usize = 8_000;
const LOGS: usize = 20_000;
const VALUE: usize = 2_000;
/// The most entries of a list.
const ENTRIES: usize = 100;

impl IncidentEvent {
    /// The event with every text redacted, cleaned and cut. `emails`: whether addresses are redacted too.
    pub fn safe(mut self, emails: bool) -> IncidentEvent {
        let line = |text: &str| clean::line(&text::safe(text, emails), LINE);
        self.event_type = line(&self.event_type);
        self.occurred_at = self.occurred_at.map(|text| line(&text));
        self.change = self.change.map(|text| cut::head(&text::safe(&text, emails), VALUE));
        self.incident = self.incident.safe(emails);
        self
    }
}

impl Incident {
    fn safe(self, emails: bool) -> Incident {
        let line = |text: String| clean::line(&text::safe(&text, emails), LINE);
        let some = |text: Option<String>| text.map(line).filter(|text| !text.is_empty());
        let list = |texts: Vec<String>| texts.into_iter().take(ENTRIES).map(line).collect();
        let pairs = |pairs: Vec<(String, String)>| {
            let pair = |(name, text): (String, String)| {
                let name = line(name);
                let value = value_of(&name, &text, emails);
                (name, cut::head(&value, VALUE))
            };
            pairs.into_iter().take(ENTRIES).map(pair).collect()
        };
        Incident {
            title: line(self.title),
            url: some(self.url),
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
            description: self.description.map(|text| cut::head(&text::safe(&text, emails), BLOCK)),
            resource: some(self.resource),
            signal_type: some(self.signal_type),
            source: some(self.source),
            logs: self.logs.map(|text| cut::tail(&text::safe(&text, emails), LOGS)),
            file: some(self.file),
            line: self.line,
            runbook: some(self.runbook),
            labels: pairs(self.labels),
            context: pairs(self.context),
        }
    }
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
