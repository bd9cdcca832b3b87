//! Taking events: what each means for its incident.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::creation::try_again;
use super::group::{self, Heard};
use super::holds;
use super::news;
use crate::event::{IncidentEvent, Kind};
use crate::fault::{self, Fault};
use crate::plan::{Plan, Workflow};
use crate::reason::Reason;
use crate::record::{
    AdmissionState, Delivery, InitialTask, MOST_MESSAGES, MessageKind, PriorSession, Record, Retry, State,
};
use crate::time::{MINUTE, Time};
use crate::worse::Rise;

/// Events that change nothing but the count reach the list after this long, all together.
const RECOUNT_AFTER: Duration = Duration::from_secs(10);
/// A session that is wanted is asked for, or its incident is published by itself, within so long: a little more than a
/// resolved incident waits for its last words.
const LISTED_WITHIN: Duration = Duration::from_secs(15);
/// What failed for good is tried again with the next firing, at most this often.
const FAILED_AGAIN_AFTER: Duration = MINUTE;

/// What became of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taken {
    /// Kept; a session is on its way.
    #[default]
    Accepted,
    /// Kept for the incident's session, which exists or is on its way: in a message now, or with the next one.
    FollowUp,
    /// It says nothing new: the incident has its session or is on its way to one.
    Duplicate,
    /// Nothing to do.
    Ignored(Reason),
}

// As objects of the release before say it: null, true, false or the reason.
impl Serialize for Taken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Taken::Accepted => serializer.serialize_unit(),
            Taken::Duplicate => serializer.serialize_bool(true),
            Taken::FollowUp => serializer.serialize_bool(false),
            Taken::Ignored(reason) => reason.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Taken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Taken::Accepted,
            Value::Bool(true) => Taken::Duplicate,
            Value::Bool(false) => Taken::FollowUp,
            reason => Taken::Ignored(Reason::deserialize(reason).map_err(serde::de::Error::custom)?),
        })
    }
}

/// Takes an event: the incident's record after it, and what became of the event. `None` as the record means that
/// there is nothing to keep. `plan` is what the routes say of this event; where they ignore it there is none, and it
/// counts only for an incident that has a session or is to have one, under the plan that this began with.
pub fn take(
    current: Option<Record>,
    mut event: IncidentEvent,
    plan: Option<Plan>,
    now: Time,
) -> (Option<Record>, Taken) {
    let begun = current.as_ref().filter(|record| record.state != State::Watching).map(|record| record.plan.clone());
    let Some(plan) = plan.or(begun) else { return (current, Taken::Ignored(Reason::Route)) };
    let (mut record, last) = match current {
        Some(record) if !is_new_episode(&record, &event, &plan, now) => (record, None),
        Some(last) => (next_episode(&last, &event, plan.clone(), now), Some(last)),
        None => (Record::new(&event, plan.clone(), now), None),
    };
    let fresh = record.seen == 0;
    record.seen = record.seen.saturating_add(1);
    record.last_seen = record.last_seen.max(now);
    record.publish_by(now.plus(RECOUNT_AFTER));
    if let Some(id) = &event.id {
        if record.remembers(id) {
            let taken = record.reason().map_or(Taken::Duplicate, Taken::Ignored);
            return (Some(record), taken);
        }
        record.remember(id);
    }
    let received = received(&event);
    let late = group::fired_before_it_recovered(&record, &event);
    let heard = if late { Heard::default() } else { group::hear(&mut record, &mut event, now) };
    let taken = match &record.state {
        _ if late => record.not_started.map_or(Taken::Duplicate, Taken::Ignored),
        _ if heard.nothing => record.reason().map_or(Taken::Duplicate, Taken::Ignored),
        State::Watching => take_while_watching(&mut record, event, plan, now),
        State::Failed => take_after_failure(&mut record, event, plan, now),
        State::Waiting { .. } if holds::ends_first(&record, &event) => {
            learn(&mut record, event, None, now);
            record.concluded = true;
            holds::not_wanted(&mut record, Reason::RecoveredFirst, now);
            Taken::Ignored(Reason::RecoveredFirst)
        }
        State::Waiting { .. } if record.session_untried() => {
            take_before_first_attempt(&mut record, event, plan, heard, now)
        }
        _ => take_with_session(&mut record, event, heard, now),
    };
    let decided = match taken {
        Taken::Accepted => "a session is wanted",
        Taken::FollowUp if news::unwritten(&mut record).is_some() => "the session gets a message",
        Taken::FollowUp => "kept for the session's next text",
        Taken::Duplicate => "nothing new",
        Taken::Ignored(reason) => reason.name(),
    };
    let ignored = if let Taken::Ignored(_) = taken { "ignored, " } else { "" };
    record.note(now, format!("{received}: {ignored}{decided}"));
    match taken {
        // What is known of the last episode stays known.
        Taken::Ignored(_) if fresh && says_nothing(&record) => {
            (last.filter(|_| !fault::is_back(Fault::ForgottenRecord)), taken)
        }
        _ => (Some(record), taken),
    }
}

fn received(event: &IncidentEvent) -> String {
    let alert = event.group.as_ref().map(|_| format!("{}: ", event.incident.title)).unwrap_or_default();
    format!("{alert}{} received", event.event_type)
}

/// Whether there is nothing in the record of an ignored event that a later prompt could say.
fn says_nothing(record: &Record) -> bool {
    record.changes.is_empty() && record.firings.is_empty() && !record.any_fires()
}

/// Whether an event is one of a new incident: the last one has its session, has failed or was to have none, and fired or
/// recovered longer ago than the window. The end of an alert is of a new one only where sessions start at the end: the firing before it was
/// ignored.
fn is_new_episode(record: &Record, event: &IncidentEvent, plan: &Plan, now: Time) -> bool {
    let Some(window) = plan.dedup_window_seconds else { return false };
    let another = match event.kind {
        Kind::Triggered => true,
        Kind::Resolved if fault::is_back(Fault::PostmortemOnce) => false,
        Kind::Resolved => {
            record.concluded && plan.workflow == Workflow::Postmortem && !news::same_outage(record, event)
        }
        Kind::Acknowledged | Kind::Reopened | Kind::Updated => false,
    };
    let done = matches!(record.state, State::Started | State::Failed) || record.not_started.is_some();
    another && done && news::is_late(record, window, now)
}

fn next_episode(last: &Record, event: &IncidentEvent, plan: Plan, now: Time) -> Record {
    let mut record = Record::new(event, plan, now);
    record.episode = last.episode.saturating_add(1);
    record.attempt = last.attempt.saturating_add(1);
    record.messages = last.messages;
    // What the last session still has to get was promised.
    record.outbox = last.outbox.iter().filter(|message| message.delivery != Delivery::Failed).cloned().collect();
    for message in record.outbox.iter_mut().filter(|message| message.prior_session.is_none()) {
        let unwritten = message.text.is_none();
        message.prior_session = last.session.clone().map(|session| PriorSession {
            session,
            incident: last.incident.in_short(),
            changes: if unwritten {
                last.changes.iter().skip(last.changes_sent).cloned().chain(last.new_alerts()).collect()
            } else {
                Vec::new()
            },
            correlation_id: last.message_correlation_id(message.number),
        });
    }
    record.outbox.retain(|message| message.prior_session.is_some());
    let too_many = record.outbox.len().saturating_sub(MOST_MESSAGES);
    let dropped = news::drop_farewells(&mut record, too_many);
    if dropped > 0 {
        record.note(
            now,
            format!("{dropped} messages to sessions of earlier occurrences dropped: they never got through"),
        );
    }
    record.notices = last.notices.clone();
    record.threads = last.threads.clone();
    record.former = last.to_be_settled();
    record
}

/// Whether this kind of event starts a session under this plan, where there is none.
fn starts(kind: Kind, plan: &Plan) -> bool {
    let rank = |kind| match kind {
        Kind::Triggered | Kind::Reopened => Some(0),
        Kind::Acknowledged => Some(1),
        Kind::Resolved if plan.workflow == Workflow::Postmortem => Some(2),
        Kind::Resolved | Kind::Updated => None,
    };
    matches!((rank(kind), rank(plan.start_on)), (Some(kind), Some(wanted)) if kind >= wanted)
}

fn take_while_watching(record: &mut Record, mut event: IncidentEvent, plan: Plan, now: Time) -> Taken {
    let (kind, delivery) = (event.kind, event.delivery.take());
    if news::begins_again(record, &event) {
        count_episode(record, &event, now);
        record.concluded = false;
    }
    learn(record, event, (kind != Kind::Updated).then_some(plan), now);
    if !starts(kind, &record.plan) {
        return match kind {
            Kind::Resolved if record.plan.workflow == Workflow::Triage => {
                record.firings.clear();
                Taken::Ignored(record.not_started.unwrap_or(Reason::Recovered))
            }
            _ => Taken::Ignored(Reason::EventType),
        };
    }
    if holds::was_not_approved(record, kind) {
        return Taken::Ignored(Reason::ApprovalExpired);
    }
    let window = Duration::from_secs(record.plan.window_seconds);
    record.firings.retain(|at| now.since(*at) <= window);
    if !delivery.is_some_and(|id| record.is_redelivery(&id, now) && !fault::is_back(Fault::CountedRedelivery)) {
        record.firings.push(now);
    }
    let wanted = usize::try_from(record.plan.min_occurrences).unwrap_or(usize::MAX);
    if record.firings.len() < wanted {
        return Taken::Ignored(Reason::Occurrences);
    }
    record.firings.clear();
    want(record, kind, now);
    Taken::Accepted
}

/// A session is wanted from now on.
fn want(record: &mut Record, kind: Kind, now: Time) {
    let postmortem = record.plan.workflow == Workflow::Postmortem;
    let over = kind == Kind::Resolved;
    record.initial_task = if postmortem && !over { InitialTask::Investigate } else { InitialTask::Full };
    record.concluded = postmortem && over;
    record.reopened = false;
    record.error = None;
    record.not_started = None;
    record.deliveries.clear();
    record.wanted = Some(now);
    let written = if over { news::end_is_written(record, now) } else { now };
    let not_before = written.max(group::begins(record, now));
    holds::wait(record, not_before, Retry::default(), now);
    // Who asks for a permit is listed with that. Only where a person has to act first, or it takes longer, is there a call
    // for the list alone.
    record.publish(if record.awaits_approval() { now } else { now.plus(LISTED_WITHIN) });
}

fn take_before_first_attempt(record: &mut Record, event: IncidentEvent, plan: Plan, heard: Heard, now: Time) -> Taken {
    let kind = event.kind;
    let over = kind == Kind::Resolved;
    if news::begins_again(record, &event) {
        // The prompt will say so, and that it had recovered.
        record.outbox.retain(|message| message.prior_session.is_some());
        return begin_again(record, event, now);
    }
    let ends = over && !record.concluded;
    // What began as a postmortem stays one, and waits for approval or does not as it began, whatever its route says since.
    let plan = Plan { approve: record.plan.approve, ..plan };
    let goes_on = over && plan.workflow == record.plan.workflow;
    let worse = learn(record, event, goes_on.then_some(plan), now);
    group::hurry(record, now);
    if ends {
        record.initial_task = InitialTask::Full;
        record.concluded = true;
        let written = news::end_is_written(record, now);
        if let State::Waiting { not_before, admission: AdmissionState::Free, .. } = &mut record.state {
            *not_before = written.max(*not_before);
        }
    }
    let news = matches!(kind, Kind::Updated | Kind::Reopened) || ends || !worse.is_empty() || heard.owed;
    if news { Taken::FollowUp } else { Taken::Duplicate }
}

fn take_after_failure(record: &mut Record, event: IncidentEvent, plan: Plan, now: Time) -> Taken {
    let kind = event.kind;
    let more = kind == Kind::Resolved && !record.concluded && record.plan.workflow == Workflow::Postmortem;
    if more {
        (record.plan, record.routing) = (plan, event.routing.clone());
        conclude(record, event, MessageKind::Finalize, now);
        try_again(record, now);
        return Taken::Accepted;
    }
    if news::begins_again(record, &event) {
        begin_again(record, event, now);
    } else {
        learn(record, event, None, now);
    }
    // Devin may be well again, and a sender that repeats itself wants to know. Not with every repeat, of which there may
    // be hundreds.
    let due = !fault::is_back(Fault::FailedForEver)
        && !record.abandoned
        && record.failed_at.is_none_or(|failed| now.since(failed) >= FAILED_AGAIN_AFTER);
    if due && starts(kind, &record.plan) {
        try_again(record, now);
        return Taken::Accepted;
    }
    match kind {
        Kind::Updated | Kind::Reopened => Taken::Ignored(Reason::EventType),
        Kind::Resolved if record.plan.workflow == Workflow::Triage => {
            record.concluded = true;
            Taken::Ignored(Reason::Recovered)
        }
        _ => Taken::Duplicate,
    }
}

/// Takes an event of an incident that has a session, or may already have one.
fn take_with_session(record: &mut Record, event: IncidentEvent, heard: Heard, now: Time) -> Taken {
    match (event.kind, record.plan.workflow) {
        (Kind::Resolved, Workflow::Triage) if !record.concluded => conclude(record, event, MessageKind::Recovered, now),
        (Kind::Resolved, Workflow::Postmortem) if !record.concluded => {
            conclude(record, event, MessageKind::Finalize, now)
        }
        (Kind::Resolved, Workflow::Postmortem) if reopened_since(record, &event) => {
            record.keep_change("The incident was reopened and is resolved again.");
            conclude(record, event, MessageKind::Update, now)
        }
        _ if news::begins_again(record, &event) => {
            let taken = begin_again(record, event, now);
            let by = news::flapping(record, now);
            news::tell(record, MessageKind::Update, by, record.plan.workflow == Workflow::Triage);
            taken
        }
        (kind, workflow) => {
            let says_more = matches!(kind, Kind::Updated | Kind::Reopened);
            let worse = !learn(record, event, None, now).is_empty();
            if worse && kind == Kind::Triggered {
                news::tell(record, MessageKind::Update, now, true);
            } else if heard.owed || worse || says_more && (record.concluded || workflow == Workflow::Triage) {
                let by = group::told_by(record, heard, now);
                news::tell(record, MessageKind::Update, by, heard.owed);
            }
            if worse || says_more || heard.owed { Taken::FollowUp } else { Taken::Duplicate }
        }
    }
}

/// Whether the incident was opened again after the resolution that the session knows of.
fn reopened_since(record: &Record, event: &IncidentEvent) -> bool {
    let time = |text: &Option<String>| text.as_deref().and_then(Time::from_rfc3339);
    let again = time(&event.incident.reopened_at).max(time(&event.incident.started_at));
    record.reopened || matches!((again, time(&record.incident.resolved_at)), (Some(again), Some(over)) if again > over)
}

/// The incident is over: one message to its session says so.
fn conclude(record: &mut Record, event: IncidentEvent, kind: MessageKind, now: Time) -> Taken {
    let flaps = record.episodes > 0;
    let group = record.is_group();
    if flaps && event.change.is_none() && !group {
        let at = news::clock(news::happened(&event.occurred_at, now));
        record.keep_change(&format!("{at} recovered"));
    }
    learn(record, event, None, now);
    record.concluded = true;
    record.reopened = false;
    let by = match (flaps, group) {
        (true, _) => news::flapping(record, now),
        (false, true) => news::gathered(now),
        (false, false) => news::end_is_written(record, now),
    };
    news::tell(record, kind, by, true);
    if let Some(message) = news::unwritten(record).filter(|_| !flaps && !group) {
        message.not_before = by;
    }
    Taken::FollowUp
}

/// What was over has begun again, soon enough to be the same incident.
fn begin_again(record: &mut Record, event: IncidentEvent, now: Time) -> Taken {
    count_episode(record, &event, now);
    let triage = record.plan.workflow == Workflow::Triage;
    learn(record, event, None, now);
    record.concluded &= !triage;
    record.reopened = !triage;
    Taken::FollowUp
}

fn count_episode(record: &mut Record, event: &IncidentEvent, now: Time) {
    record.episodes = record.episodes.saturating_add(1);
    if event.change.is_none() && event.kind == Kind::Triggered && event.group.is_none() {
        record.keep_change(&news::fires_again(record, event, now));
    }
}

/// Keeps what an event says of the incident, and gives what got worse. Only an event of the incident itself replaces what was
/// known: a note carries little of it.
fn learn(record: &mut Record, mut event: IncidentEvent, plan: Option<Plan>, now: Time) -> Vec<Rise> {
    let worse = if record.state == State::Watching { Vec::new() } else { news::rises(record, &event) };
    let routing = std::mem::take(&mut event.routing);
    record.bridge = event.bridge.take().or(record.bridge.take());
    let told = event.change.is_some();
    if let Some(change) = &event.change {
        record.keep_change(change);
    } else {
        let at = news::clock(news::happened(&None, now));
        for rise in &worse {
            record.keep_change(&format!("{at} {}", rise.line));
        }
    }
    match event.kind {
        Kind::Updated if record.is_group() => {}
        Kind::Updated => record.incident.priority = event.incident.priority.or(record.incident.priority.take()),
        Kind::Reopened => {
            record.reopened = true;
            if !told {
                record.keep_change("The incident was reopened.");
            }
        }
        _ if event.group.is_some() => group::learn(record, event),
        _ => {
            let started_at = record.incident.started_at.take();
            record.incident = event.incident;
            record.incident.started_at = record.incident.started_at.take().or(started_at);
        }
    }
    if let Some(plan) = plan {
        record.plan = plan;
        record.routing = routing;
    }
    worse
}
