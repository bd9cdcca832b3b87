//! What Devin reports of a session: whether that is its end, whether it waits for somebody, and what people are notified of.
//!
//! What must hold, for any order of reports: people are notified about an end once in a turn of the conversation, and once that
//! it waits for them; a turn lasts until the session gets a message. A result never goes unsaid: where one comes or
//! changes after the end, they are notified again.

use std::time::Duration;

use super::{close, notices};
use crate::finding::Finding;
use crate::notice::About;
use crate::outcome::Outcome;
use crate::plan::Workflow;
use crate::record::{Delivery, Record};
use crate::session::{End, PullRequest, Report};
use crate::time::Time;

/// So long after a message a session that seems to sleep may only not have read it yet.
const WAKING: Duration = Duration::from_mins(5);

/// What became of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reported {
    /// It says nothing new.
    #[default]
    Nothing,
    /// It is kept.
    Kept,
    /// People are to be notified, and there is nothing to say but Devin's last words, which the report lacks. Nothing
    /// is kept of it.
    WantsWords,
}

/// Devin reported on the incident's session. An end lasts until the session gets a message.
pub fn reported(record: &mut Record, report: &Report, now: Time) -> Reported {
    if record.session.as_ref().is_none_or(|session| session.id != report.session) {
        return Reported::Nothing;
    }
    let before = record.outcome.clone().unwrap_or_default();
    let read_all = before.woken.is_none_or(|woken| now.since(woken) > WAKING);
    let Some((mut outcome, told)) = after(&before, report, read_all, has_more_to_do(record), now) else {
        return Reported::WantsWords;
    };
    if outcome == before {
        return Reported::Nothing;
    }
    let state = report.detail.as_ref().or(report.state.as_ref()).map_or("", String::as_str);
    match told {
        Some(About::Ended | About::Failed) => record.note(now, format!("session ended: {state}")),
        Some(About::Waiting) => record.note(now, format!("session waits for somebody: {state}")),
        Some(About::Updated) => record.note(now, "session has more to show"),
        Some(About::Started | About::Held | About::Approval) | None => {}
    }
    if matches!(told, Some(About::Ended | About::Failed)) {
        outcome.closing = close::closing(record, report.end, now);
    }
    let said = told.and_then(|about| said(about, &outcome, report));
    record.outcome = Some(outcome);
    if let Some(about) = told {
        notices::announce(record, about, record.line(), said, now);
    }
    record.publish(now);
    Reported::Kept
}

/// The outcome after a report, and what people are notified of; `None` where Devin's last words are needed for that.
/// `read_all`: whether the session has had the time to read what it was sent. `more_to_do`: whether it is still to be sent
/// something that it waits for.
pub fn after(
    before: &Outcome,
    report: &Report,
    read_all: bool,
    more_to_do: bool,
    now: Time,
) -> Option<(Outcome, Option<About>)> {
    let has_ended = before.ended_at.is_some();
    let sleeps = read_all && !more_to_do;
    let ends = !has_ended
        && match report.end {
            End::Open | End::Approval => false,
            End::Waiting | End::Unknown => sleeps && report.has_result(),
            End::Asleep | End::Credits => sleeps,
            End::Over | End::Failed => true,
        };
    let waits = !has_ended
        && before.waits_since.is_none()
        && match report.end {
            End::Approval => read_all,
            End::Waiting => sleeps && !report.has_result(),
            _ => false,
        };
    if (ends && report.finding.is_none() || waits) && report.words.is_none() {
        return None;
    }
    let words = last_words(report).filter(|_| ends);
    // What was found once stays found, and words give way to a finding.
    let finding = report.finding.clone().or(words).or_else(|| before.finding.clone());
    let known = |new: &PullRequest| before.pull_requests.iter().any(|request| request.url == new.url);
    let late = has_ended && (finding != before.finding || !report.pull_requests.iter().all(known));
    let outcome = Outcome {
        state: report.state.clone(),
        detail: report.detail.clone(),
        pull_requests: report.pull_requests.clone(),
        acus: if report.acus.is_null() { before.acus.clone() } else { report.acus.clone() },
        ended_at: before.ended_at.or(ends.then_some(now)),
        finding,
        waits_since: before.waits_since.or(waits.then_some(now)),
        closing: before.closing,
        woken: before.woken,
    };
    let told = match (ends, waits, late) {
        (true, ..) if report.end == End::Failed => Some(About::Failed),
        (true, ..) => Some(About::Ended),
        (_, true, _) => Some(About::Waiting),
        (_, _, true) => Some(About::Updated),
        _ => None,
    };
    Some((outcome, told))
}

/// What a notice quotes of Devin: what it found or, where it waits for somebody, its last words: what a session asks is
/// nothing that it has found.
pub fn said(about: About, outcome: &Outcome, report: &Report) -> Option<Finding> {
    if about == About::Waiting { last_words(report) } else { outcome.finding.clone() }
}

fn last_words(report: &Report) -> Option<Finding> {
    let words = report.words.clone().filter(|words| !words.is_empty())?;
    Some(Finding { summary: Some(words), from_message: true, ..Finding::default() })
}

/// Whether the session is still to get a message that gives it more to do: while its incident goes on, one that
/// gathers data for the postmortem sleeps between two messages.
fn has_more_to_do(record: &Record) -> bool {
    let unsent =
        |message: &crate::record::Message| message.prior_session.is_none() && message.delivery != Delivery::Failed;
    record.outbox.iter().any(unsent) || record.plan.workflow == Workflow::Postmortem && !record.concluded
}

/// The session got a message that gives it more to do.
pub fn woken(record: &mut Record, now: Time) {
    let outcome = record.outcome.get_or_insert_default();
    outcome.ended_at = None;
    outcome.waits_since = None;
    outcome.closing = None;
    outcome.woken = Some(now);
}
