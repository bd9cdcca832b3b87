//! What the fields stand for: the incident and the configuration, looked up by field and cut to length.

use std::borrow::Cow;

use super::config::Config;
use super::fields::{Field, Id, Kind, Origin};
use super::limit::{fitting, length, level};
use incident::event::Incident;
use incident::worse;
use text::{clean, cut};

/// The longest name of a pair.
const LONGEST_NAME: usize = 100;

/// Where the fields of one prompt get their values.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub incident: &'a Incident,
    pub changes: &'a [String],
    pub config: &'a Config,
    /// No text of a sender may be longer than this, whatever its field allows.
    pub cap: usize,
    /// But for the alerts of a group, which are short already: each is to be named.
    pub spares_alerts: bool,
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
            Raw::Text(text) => cut(field, field.kind, &clean(field, &text), self.cap),
            Raw::List(_) | Raw::Pairs(_) => String::new(),
        }
    }

    /// The entries of a list or of pairs, at most as many and as long as the field allows. With `line`, each is a
    /// single line.
    pub fn entries(&self, field: &Field, line: bool) -> Vec<Entry> {
        let kind = if line { Kind::Line } else { Kind::Text };
        // Of what happened the newest counts; of anything else a sender puts the best first.
        let newest = field.id == Id::Changes;
        let mut entries = Vec::new();
        let left_out = match self.raw(field.id) {
            Raw::Text(_) => return Vec::new(),
            Raw::List(list) => {
                let (kept, left_out) = some_of(list, field, newest);
                for text in kept {
                    entries.push(Entry { name: String::new(), text: clean(field, text) });
                }
                left_out
            }
            Raw::Pairs(pairs) => {
                let (kept, left_out) = some_of(pairs, field, newest);
                for (name, value) in kept {
                    let name = one_line(name, LONGEST_NAME.min(self.cap));
                    entries.push(Entry { name, text: clean(field, value) });
                }
                left_out
            }
        };
        let cap = self.share(field, &entries);
        for entry in &mut entries {
            entry.text = cut(field, kind, &entry.text, cap);
        }
        entries.retain(|entry| !blank(&entry.name) || !blank(&entry.text));
        if left_out > 0 {
            let at = if newest { 0 } else { entries.len() };
            entries.insert(at, Entry { name: "…".to_owned(), text: format!("({left_out} more)") });
        }
        entries
    }

    /// Whether a field keeps its length whatever else has to be cut.
    pub fn spares(&self, field: &Field) -> bool {
        self.spares_alerts && field.id == Id::Alerts
    }

    /// The longest an entry may be, so that all of them together keep to the field's total.
    fn share(&self, field: &Field, entries: &[Entry]) -> usize {
        let cap = if self.spares(field) { usize::MAX } else { self.cap };
        let most = field.limits.each.min(cap);
        let lengths: Vec<usize> = entries.iter().map(|entry| length(&entry.text).min(most)).collect();
        let too_much = lengths.iter().sum::<usize>().saturating_sub(field.limits.total);
        if too_much == 0 { cap } else { level(&lengths, too_much) }
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
            Id::SeverityText => Raw::Text(Cow::Owned(severity_text(incident))),
            Id::StartedAt => maybe(&incident.started_at),
            Id::ReopenedAt => maybe(&incident.reopened_at),
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
            Id::Group => some(&config.group),
            Id::Alerts => Raw::List(&config.alerts),
            Id::TargetRepo => some(&config.target_repo),
            Id::JiraProject => some(&config.jira_project),
            Id::SlackChannel => some(&config.slack_channel),
            Id::PostTo => Raw::Text(Cow::Owned(destination(&config.post_to))),
            Id::Observability => Raw::List(&config.observability),
            Id::Language => some(&config.language),
            Id::PreviousSessionUrl => some(&config.previous_session_url),
            Id::Informational => switch(incident.informational),
            Id::Alert => switch(config.alert),
            Id::StructuredOutput => switch(config.structured_output),
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

/// `high (Sev 1)`, `Sev 1`, `Not classified` or nothing.
fn severity_text(incident: &Incident) -> String {
    match (&incident.severity_word, incident.severity) {
        (_, Some(level)) => worse::shown(incident, level),
        (Some(word), None) => word.clone(),
        (None, None) => String::new(),
    }
}

fn switch(on: bool) -> Raw<'static> {
    some(if on { "on" } else { "" })
}

/// What ends the sentence "Post the postmortem …". People name a directory (`docs/postmortems/`), a thing to make
/// ("a page in our Notion") or a place ("the Confluence space SRE"), and some the whole phrase.
fn destination(post_to: &str) -> String {
    let post_to = post_to.trim();
    let starts = |words: &[&str]| words.iter().any(|word| post_to.starts_with(word));
    let has = |words: &[&str]| words.iter().any(|word| post_to.contains(word));
    if post_to.is_empty() || starts(&["as ", "to ", "in ", "on ", "under "]) {
        post_to.to_owned()
    } else if post_to.ends_with('/') && !has(&[" ", "://"]) {
        format!("as a PR to our {post_to} directory")
    } else if starts(&["a ", "an "]) && has(&[" to ", " in ", " on ", " under ", " at "]) {
        format!("as {post_to}")
    } else {
        format!("to {post_to}")
    }
}

/// A text without what is not to be seen, so that its length is the length it will have in the prompt.
fn clean(field: &Field, text: &str) -> String {
    match field.origin {
        Origin::Sender => clean::block(text).trim_matches('\n').trim_end().to_owned(),
        Origin::Configuration => text.trim().to_owned(),
    }
}

/// A clean text, no longer than its field allows.
fn cut(field: &Field, kind: Kind, text: &str, cap: usize) -> String {
    let most = field.limits.each.min(cap);
    match kind {
        _ if field.origin == Origin::Configuration => text.to_owned(),
        Kind::Line if text.starts_with("https://") || text.starts_with("http://") => {
            cut::link(&clean::line(text, usize::MAX), shortest(text, most))
        }
        Kind::Line => one_line(text, most),
        Kind::Log => cut::both_ends(text, shortest(text, most)),
        Kind::Text | Kind::List | Kind::Pairs => cut::head(text, fitting(text.chars(), most)),
    }
}

/// How many characters of a text have at most this length, whichever they are.
fn shortest(text: &str, most: usize) -> usize {
    let doubled = length(text).saturating_sub(text.chars().count());
    most.saturating_sub(doubled.min(most / 2))
}

fn one_line(text: &str, most: usize) -> String {
    let line = clean::line(text, usize::MAX);
    clean::line(&line, fitting(line.chars(), most))
}

/// As many entries as the field allows, and how many are left out.
fn some_of<'e, T>(entries: &'e [T], field: &Field, newest: bool) -> (&'e [T], usize) {
    let most = field.limits.entries;
    if field.origin == Origin::Configuration || entries.len() <= most {
        return (entries, 0);
    }
    let left_out = entries.len() - most;
    let kept = if newest { entries.get(left_out..) } else { entries.get(..most) };
    (kept.unwrap_or(entries), left_out)
}
