//! What a session that exists, or is on its way, is still to hear. One message takes in everything that comes before it is
//! written.

use std::time::Duration;

use crate::event::{Incident, IncidentEvent, Kind};
use crate::fault::{self, Fault};
use crate::plan::Workflow;
use crate::record::{Delivery, MOST_MESSAGES, Message, MessageKind, Record, Retry};
use crate::sender::Sender;
use crate::time::{MINUTE, Time};
use crate::worse::{self, Rise};

/// PagerDuty sends the note with which somebody resolves an incident a moment after the resolution: the text that tells of
/// the end waits for so long, …
const LAST_WORDS: Duration = Duration::from_secs(10);
/// … and what comes later gathers for so long.
const GATHERING: Duration = MINUTE;
/// What an alert that flaps has to tell gathers twice as long after each message, at most for so long: an hour of it is a
/// handful of messages.
pub const LONGEST_GATHERING: Duration = Duration::from_mins(30);

/// When the text that tells of the end is written at the earliest.
pub(super) fn end_is_written(record: &Record, now: Time) -> Time {
    if record.sender == Sender::Pagerduty { now.plus(LAST_WORDS) } else { now }
}

/// When a message is sent that takes in what comes meanwhile.
pub(super) fn gathered(now: Time) -> Time {
    now.plus(GATHERING)
}

/// The same for an alert that flaps.
pub(super) fn flapping(record: &mut Record, now: Time) -> Time {
    if let Some(message) = unwritten(record) {
        return message.not_before;
    }
    let pause = GATHERING.saturating_mul(1 << record.flaps.min(10)).min(LONGEST_GATHERING);
    record.flaps = record.flaps.saturating_add(1);
    now.plus(pause)
}

/// The session's message that was not written yet.
pub(super) fn unwritten(record: &mut Record) -> Option<&mut Message> {
    let unwritten = |message: &&mut Message| {
        message.prior_session.is_none() && message.delivery == Delivery::Ready && message.text.is_none()
    };
    record.outbox.iter_mut().rev().find(unwritten)
}

/// The session is to get a message of this kind by then, with everything that is known when it is written. `owed`: where the
/// session takes no more messages, it is worth another session.
pub(super) fn tell(record: &mut Record, kind: MessageKind, by: Time, owed: bool) {
    if let Some(message) = unwritten(record) {
        message.kind = if message.kind == MessageKind::Finalize { message.kind } else { kind };
        message.not_before = message.not_before.min(by);
        message.optional &= !owed;
        return;
    }
    // What failed before is sent along, so that not more and more of it is kept.
    let failed = |message: &Message| {
        message.prior_session.is_none()
            && message.delivery == Delivery::Failed
            && message.text.is_none()
            && message.kind != MessageKind::Finalize
    };
    let owed = owed || record.outbox.iter().any(|message| failed(message) && !message.optional);
    record.outbox.retain(|message| !failed(message));
    if record.outbox.len() >= MOST_MESSAGES {
        if let Some(oldest) = record.outbox.iter().position(|message| message.delivery == Delivery::Failed) {
            record.outbox.remove(oldest);
        } else if drop_farewells(record, 1) > 0 {
            record.note(by, "a message to the session of an earlier occurrence dropped: it never got through");
        }
    }
    record.messages = record.messages.saturating_add(1);
    record.outbox.push(Message {
        number: record.messages,
        kind,
        delivery: Delivery::Ready,
        not_before: by,
        since: by,
        retry: Retry::default(),
        text: None,
        sole: false,
        optional: !owed,
        prior_session: None,
    });
}

/// Drops so many of the oldest messages to sessions of earlier occurrences, and says how many. One that is on its way stays:
/// the answer to it would be taken for that to the next.
pub(super) fn drop_farewells(record: &mut Record, most: usize) -> usize {
    let before = record.outbox.len();
    let mut left = if fault::is_back(Fault::UnboundedOutbox) { 0 } else { most };
    record.outbox.retain(|message| {
        let drops = left > 0 && message.prior_session.is_some() && message.delivery == Delivery::Ready;
        left = left.saturating_sub(drops.into());
        !drops
    });
    before.saturating_sub(record.outbox.len())
}

/// What an event says that got worse, or was changed by somebody: levels that this incident's session does not know of.
pub(super) fn rises(record: &mut Record, event: &IncidentEvent) -> Vec<Rise> {
    // A group's alerts are each reported with their severity.
    if event.kind == Kind::Resolved || record.concluded || record.is_group() {
        return Vec::new();
    }
    let rises = worse::rises(event.sender, &record.incident, &event.incident, &record.levels);
    for incident in [&record.incident, &event.incident] {
        let new = worse::levels(event.sender, incident).into_iter().filter(|level| !record.levels.contains(level));
        record.levels.extend(new.collect::<Vec<_>>());
    }
    record.bound_levels();
    rises
}

/// A firing that was sent before its own recovery, and comes after it: it began when that which is over began.
pub(super) fn fired_before_it_recovered(record: &Record, event: &IncidentEvent) -> bool {
    event.kind == Kind::Triggered
        && record.concluded
        && record.incident.resolved_at.is_some()
        && same_outage(record, event)
}

/// Whether an event says that it is about the outage the record is about: it began at the same time.
pub(super) fn same_outage(record: &Record, event: &IncidentEvent) -> bool {
    let began = event.incident.started_at.as_deref();
    began.is_some() && began == record.incident.started_at.as_deref()
}

/// Whether an event says that what is over has begun again: it is the same incident.
pub(super) fn begins_again(record: &Record, event: &IncidentEvent) -> bool {
    match event.kind {
        Kind::Triggered => record.concluded && record.plan.dedup_window_seconds.is_some(),
        Kind::Reopened => record.concluded && record.plan.workflow == Workflow::Triage,
        Kind::Acknowledged | Kind::Resolved | Kind::Updated => false,
    }
}

/// What is said to the session where an alert fires again.
pub(super) fn fires_again(record: &Record, event: &IncidentEvent, now: Time) -> String {
    let time = record.episodes.saturating_add(1);
    let over = record.incident.resolved_at.as_deref().and_then(Time::from_rfc3339);
    let over = over.map(|at| format!(", after it had recovered at {}", clock(at))).unwrap_or_default();
    let severity = severity(&event.incident).map(|level| format!(", severity {level}")).unwrap_or_default();
    format!("{} fires again, episode {time}{severity}{over}", clock(happened(&event.occurred_at, now)))
}

fn severity(incident: &Incident) -> Option<String> {
    incident.severity.map(|level| worse::shown(incident, level))
}

/// The time of an event as far as its sender says it, else when it came.
pub(super) fn happened(said: &Option<String>, now: Time) -> Time {
    said.as_deref().and_then(Time::from_rfc3339).unwrap_or(now)
}

/// `02:17:41Z`.
pub(super) fn clock(at: Time) -> String {
    let text = at.rfc3339();
    format!("{}Z", text.get(11..19).unwrap_or(&text))
}

/// Whether the alert was last heard of longer ago than its window.
pub(super) fn is_late(record: &Record, window: u64, now: Time) -> bool {
    now.since(record.last_seen) > Duration::from_secs(window)
}
