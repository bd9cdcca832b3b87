//! What the fields stand for: the incident and the configuration, looked up by field and cut to length.

use std::borrow::Cow;

use super::Config;
use super::fields::{Field, Id, Kind, Writer};
use crate::incident::event::Incident;
use crate::text::{clean, cut};

/// The longest name of a pair.
const LONGEST_NAME: usize = 100;

/// Where the fields of one prompt get their values.
pub struct Values<'a> {
    pub incident: &'a Incident,
    pub changes: &'a [String],
    pub config: &'a Config,
    /// No text of a sender may be longer than this, whatever its field allows.
    pub cap: usize,
}

/// A field's value as it is known, before it is cut.
enum Raw<'a> {
    Text(Cow<'a, str>),
    List(&'a [String]),
    Pairs(&'a [(String, String)]),
}

/// An entry of pairs, or of a list, where its name is empty.
pub struct Entry {
    pub name: String,
    pub text: String,
}

impl Values<'_> {
    /// Is there anything to show?
    pub fn present(&self, field: &Field) -> bool {
        match self.raw(field.id) {
            Raw::Text(text) => !blank(&text),
            Raw::List(list) => list.iter().any(|text| !blank(text)),
            Raw::Pairs(pairs) => pairs.iter().any(|(name, value)| !blank(name) || !blank(value)),
        }
    }

    /// The text of a field that is no list.
    pub fn text(&self, field: &Field) -> String {
        match self.raw(field.id) {
            Raw::Text(text) => self.cut(field, field.kind, &text, self.cap),
            Raw::List(_) | Raw::Pairs(_) => String::new(),
        }
    }

    /// The entries of a list or of pairs, at most as many and as long as the field allows, and how many those are more.
    /// With `line`, each is a single line.
    pub fn entries(&self, field: &Field, line: bool) -> Vec<Entry> {
        let kind = if line { Kind::Line } else { Kind::Text };
        // Of what happened the newest counts; of anything else a sender puts the best first.
        let newest = field.id == Id::Changes;
        match self.raw(field.id) {
            Raw::Text(_) => Vec::new(),
            Raw::List(list) => {
                let (kept, left_out) = some_of(list, field, newest);
                let cap = self.share(field, kept.iter().map(|text| text.chars().count()));
                let entry = |text: &String| Entry { name: String::new(), text: self.cut(field, kind, text, cap) };
                let note = left_out.map(|count| Entry { name: String::new(), text: format!("({count} more)") });
                with_note(
                    kept.iter().map(entry).filter(|entry| !blank(&entry.name) || !blank(&entry.text)).collect(),
                    note,
                    newest,
                )
            }
            Raw::Pairs(pairs) => {
                let (kept, left_out) = some_of(pairs, field, newest);
                let cap = self.share(field, kept.iter().map(|(_, value)| value.chars().count()));
                let entry = |(name, value): &(String, String)| Entry {
                    name: clean::line(name, LONGEST_NAME.min(self.cap)),
                    text: self.cut(field, kind, value, cap),
                };
                let note = left_out.map(|count| Entry { name: "…".to_owned(), text: format!("({count} more)") });
                with_note(
                    kept.iter().map(entry).filter(|entry| !blank(&entry.name) || !blank(&entry.text)).collect(),
                    note,
                    newest,
                )
            }
        }
    }

    /// The longest an entry may be, so that all of them together keep to the field's total.
    fn share(&self, field: &Field, lengths: impl Iterator<Item = usize>) -> usize {
        let lengths: Vec<usize> = lengths.map(|length| length.min(field.limits.each).min(self.cap)).collect();
        let too_much = lengths.iter().sum::<usize>().saturating_sub(field.limits.total);
        if too_much == 0 { self.cap } else { level(lengths, too_much) }
    }

    fn cut(&self, field: &Field, kind: Kind, text: &str, cap: usize) -> String {
        let most = field.limits.each.min(cap);
        match kind {
            _ if field.writer == Writer::Configuration => text.trim().to_owned(),
            Kind::Line => clean::line(text, most),
            Kind::Log => cut::tail(text.trim_matches('\n').trim_end(), most),
            Kind::Text | Kind::List | Kind::Pairs => cut::head(text.trim_matches('\n').trim_end(), most),
        }
    }

    fn raw(&self, id: Id) -> Raw<'_> {
        let Values { incident, config, .. } = self;
        match id {
            Id::Title => some(&incident.title),
            Id::Url => maybe(&incident.url),
            Id::Number => maybe(&incident.number),
            Id::Status => maybe(&incident.status),
            Id::Service => maybe(&incident.service),
            Id::Teams => Raw::List(&incident.teams),
            Id::Assignees => Raw::List(&incident.assignees),
            Id::Urgency => maybe(&incident.urgency),
            Id::Priority => maybe(&incident.priority),
            Id::Severity => number(incident.severity.map(u32::from)),
            Id::StartedAt => maybe(&incident.started_at),
            Id::ResolvedAt => maybe(&incident.resolved_at),
            Id::Description => maybe(&incident.description),
            Id::Resource => maybe(&incident.resource),
            Id::SignalType => maybe(&incident.signal_type),
            Id::Source => maybe(&incident.source),
            Id::Logs => maybe(&incident.logs),
            Id::File => maybe(&incident.file),
            Id::Line => number(incident.line),
            Id::Runbook => maybe(&incident.runbook),
            Id::Labels => Raw::Pairs(&incident.labels),
            Id::Context => Raw::Pairs(&incident.context),
            Id::Changes => Raw::List(self.changes),
            Id::TargetRepo => some(&config.target_repo),
            Id::JiraProject => some(&config.jira_project),
            Id::SlackChannel => some(&config.slack_channel),
            Id::PostTo => some(if is_directory(&config.post_to) { "" } else { &config.post_to }),
            Id::PostToDirectory => some(if is_directory(&config.post_to) { &config.post_to } else { "" }),
            Id::Observability => Raw::List(&config.observability),
            Id::Language => some(&config.language),
            Id::PreviousSessionUrl => some(&config.previous_session_url),
            Id::StructuredOutput => some(if config.structured_output { "on" } else { "" }),
        }
    }
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn some(text: &str) -> Raw<'_> {
    Raw::Text(Cow::Borrowed(text))
}

fn maybe(text: &Option<String>) -> Raw<'_> {
    some(text.as_deref().unwrap_or(""))
}

fn number(number: Option<u32>) -> Raw<'static> {
    Raw::Text(Cow::Owned(number.map(|n| n.to_string()).unwrap_or_default()))
}

/// `docs/postmortems/` is a place in the repository; "the Confluence space SRE" is not.
fn is_directory(place: &str) -> bool {
    let place = place.trim();
    place.ends_with('/') && !place.contains(char::is_whitespace) && !place.contains("://")
}

/// As many entries as the field allows, and how many are left out.
fn some_of<'e, T>(entries: &'e [T], field: &Field, newest: bool) -> (&'e [T], Option<usize>) {
    let most = field.limits.entries;
    if field.writer == Writer::Configuration || entries.len() <= most {
        return (entries, None);
    }
    let left_out = entries.len() - most;
    let kept = if newest { entries.get(left_out..) } else { entries.get(..most) };
    (kept.unwrap_or(entries), Some(left_out))
}

fn with_note(mut entries: Vec<Entry>, note: Option<Entry>, first: bool) -> Vec<Entry> {
    if let Some(note) = note {
        let at = if first { 0 } else { entries.len() };
        entries.insert(at, note);
    }
    entries
}

/// The length to cut texts of these lengths to, the longest first, to be rid of `too_much` characters.
pub fn level(mut lengths: Vec<usize>, mut too_much: usize) -> usize {
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let mut level = lengths.first().copied().unwrap_or(0);
    // The longest `count` texts come down together, one step at a time, to the length of the next.
    for (index, next) in lengths.iter().skip(1).chain([&0]).enumerate() {
        let count = index + 1;
        let gain = (level - next) * count;
        if gain >= too_much {
            return level - too_much.div_ceil(count);
        }
        too_much -= gain;
        level = *next;
    }
    0
}
