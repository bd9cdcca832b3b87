//! The life of an incident as a pure state machine: no clock, no input or output, no configuration.
//!
//! Events come in through [`take`], Devin's replies through the `*_replied` functions, and [`due`] says what is to be
//! done next. The object stores the record before it acts on it, so that a crash resumes where the record says:
//! whatever was under way then is treated as unknown ([`interrupted`]) and looked up, never simply done again.

pub mod notices;
pub mod outcome;

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::event::{IncidentEvent, Kind};
use super::listing::listing;
use super::plan::{Plan, Workflow};
use super::record::{Delivery, Farewell, MOST_MESSAGES, Message, MessageKind, Opening, Record, State, Trouble, Turn};
use crate::failure::Failure;
use crate::notice::{About, Target};
use crate::reason::Reason;
use crate::session::Session;
use crate::time::{HOUR, MINUTE, SECOND, Time};

/// After this long without success an incident is given up: a dead letter that can be replayed.
pub const GIVE_UP_AFTER: i64 = 48 * HOUR;
/// The longest pause between two attempts.
pub const LONGEST_PAUSE: i64 = 10 * MINUTE;
/// A list of Devin's may lag behind, so an ambiguous call is looked up this often before it is made again, …
pub const LOOKS: u32 = 3;
/// … with these pauses in milliseconds before each look, …
const LOOK_PAUSES: [i64; LOOKS as usize] = [SECOND, 3 * SECOND, 8 * SECOND];
/// … and so many times as long where the call was made in this span before: Devin may still be at it.
const LATE: RangeInclusive<i64> = 30 * SECOND..=5 * MINUTE;
const PATIENCE: i64 = 15;
/// Events that change nothing but the count reach the list after this long, all together.
const RECOUNT_AFTER: i64 = 10 * SECOND;
/// What failed for good is tried again with the next firing, at most this often.
const FAILED_AGAIN_AFTER: i64 = MINUTE;
/// A look-up searches from this long before the call, because two clocks never agree.
pub const CLOCK_LEEWAY: i64 = 10 * MINUTE;

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

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tell the ledger and the list of the newest state.
    Publish,
    /// Ask the budget for a turn and, with it, Devin for the session.
    Create,
    /// Look for the session that may exist.
    LookUp,
    /// Send the first message of the outbox.
    Send,
    /// Look whether that message has arrived.
    LookUpMessage,
    /// Send this target's first notice, or look whether it has arrived.
    Notify(Target),
    /// Nothing before this time.
    Wait(Time),
    /// Nothing more to do.
    Rest,
}

/// A source of chance for pauses: a number from 0 (inclusive) to 1 (exclusive).
pub type Chance = f64;

/// Takes an event: the incident's record after it, and what became of the event. `None` as the record means that
/// there is nothing to keep. `plan` is what the routes say of this event; where they ignore it there is none, and it
/// counts only for an incident that has a session or is to have one, under the plan that this began with.
pub fn take(current: Option<Record>, event: IncidentEvent, plan: Option<Plan>, now: Time) -> (Option<Record>, Taken) {
    let begun = current.as_ref().filter(|record| record.state != State::Watching).map(|record| record.plan.clone());
    let Some(plan) = plan.or(begun) else { return (current, Taken::Ignored(Reason::Route)) };
    let (mut record, last) = match current {
        Some(record) if !is_new_occurrence(&record, &event, &plan, now) => (record, None),
        Some(last) => (next_occurrence(&last, &event, plan.clone(), now), Some(last)),
        None => (Record::new(&event, plan.clone(), now), None),
    };
    let fresh = record.seen == 0;
    record.seen = record.seen.saturating_add(1);
    record.last_seen = record.last_seen.max(now);
    record.publish_by(now.plus(RECOUNT_AFTER));
    if let Some(id) = &event.id {
        if record.remembers(id) {
            return (Some(record), Taken::Duplicate);
        }
        record.remember(id);
    }
    let (received, messages) = (format!("{} received", event.event_type), record.messages);
    let taken = match &record.state {
        State::Watching => take_while_watching(&mut record, event, plan, now),
        State::Failed => take_after_failure(&mut record, event, plan, now),
        State::Waiting { .. } if record.session_untried() => take_before_first_attempt(&mut record, event, plan, now),
        _ => take_with_session(&mut record, event, now),
    };
    let decided = match taken {
        Taken::Accepted => "a session is wanted",
        Taken::FollowUp if record.messages > messages => "the session gets a message",
        Taken::FollowUp => "kept for the session's next text",
        Taken::Duplicate => "nothing new",
        Taken::Ignored(reason) => reason.name(),
    };
    let ignored = if let Taken::Ignored(_) = taken { "ignored, " } else { "" };
    record.note(now, format!("{received}: {ignored}{decided}"));
    match taken {
        // What is known of the last occurrence stays known.
        Taken::Ignored(_) if fresh && record.changes.is_empty() && record.firings.is_empty() => (last, taken),
        _ => (Some(record), taken),
    }
}

/// Whether an event is one of a new incident: the last one has its session or has failed, and it recovered or was last
/// heard of longer ago than the window. The end of an alert is of a new one only in the latter case, and only where
/// sessions start at the end: the firing before it was ignored.
fn is_new_occurrence(record: &Record, event: &IncidentEvent, plan: &Plan, now: Time) -> bool {
    let Some(window) = plan.dedup_window_seconds else { return false };
    let late = now.since(record.last_seen) > seconds(window);
    let another = match event.kind {
        Kind::Triggered => record.concluded || late,
        Kind::Resolved => {
            late && record.concluded && plan.workflow == Workflow::Postmortem && !same_outage(record, event)
        }
        Kind::Acknowledged | Kind::Reopened | Kind::Updated => false,
    };
    another && matches!(record.state, State::Started | State::Failed)
}

/// Whether an event says that it is about the outage the record is about: it began at the same time.
fn same_outage(record: &Record, event: &IncidentEvent) -> bool {
    let began = event.incident.started_at.as_deref();
    began.is_some() && began == record.incident.started_at.as_deref()
}

fn next_occurrence(last: &Record, event: &IncidentEvent, plan: Plan, now: Time) -> Record {
    let mut record = Record::new(event, plan, now);
    record.occurrence = last.occurrence.saturating_add(1);
    record.generation = last.generation.saturating_add(1);
    record.messages = last.messages;
    // What the last session is still to be told was promised.
    record.outbox = last.outbox.iter().filter(|message| message.delivery != Delivery::Failed).cloned().collect();
    for message in record.outbox.iter_mut().filter(|message| message.farewell.is_none()) {
        message.farewell = last.session.clone().map(|session| Farewell {
            session,
            incident: last.incident.in_short(),
            mark: last.message_mark(message.number),
        });
    }
    record.outbox.retain(|message| message.farewell.is_some());
    let too_many = record.outbox.len().saturating_sub(MOST_MESSAGES);
    record.outbox.drain(..too_many);
    if too_many > 0 {
        record.note(
            now,
            format!("{too_many} messages to sessions of earlier occurrences dropped: they never got through"),
        );
    }
    record.notices = last.notices.clone();
    record.keep_former(last);
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

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND)
}

fn take_while_watching(record: &mut Record, mut event: IncidentEvent, plan: Plan, now: Time) -> Taken {
    let (kind, delivery) = (event.kind, event.delivery.take());
    learn(record, event, (kind != Kind::Updated).then_some(plan));
    if !starts(kind, &record.plan) {
        return match kind {
            Kind::Resolved if record.plan.workflow == Workflow::Triage => {
                record.firings.clear();
                Taken::Ignored(Reason::Recovered)
            }
            _ => Taken::Ignored(Reason::EventType),
        };
    }
    let window = seconds(record.plan.window_seconds);
    record.firings.retain(|at| now.since(*at) <= window);
    if !delivery.is_some_and(|id| record.is_redelivery(&id, now)) {
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
    record.opening = if postmortem && !over { Opening::Investigate } else { Opening::Full };
    record.concluded = postmortem && over;
    record.reopened = false;
    record.error = None;
    record.deliveries.clear();
    record.wanted = Some(now);
    record.state = State::Waiting { not_before: now, turn: Turn::Free, trouble: Trouble::default() };
    record.publish(now);
}

fn take_before_first_attempt(record: &mut Record, event: IncidentEvent, plan: Plan, now: Time) -> Taken {
    let kind = event.kind;
    let over = kind == Kind::Resolved;
    if over && record.plan.workflow == Workflow::Triage {
        return conclude(record, event, MessageKind::Recovered, now);
    }
    let news = matches!(kind, Kind::Updated | Kind::Reopened) || over && !record.concluded;
    learn(record, event, over.then_some(plan));
    if over && !record.concluded {
        record.opening = Opening::Full;
        record.concluded = true;
    }
    if news { Taken::FollowUp } else { Taken::Duplicate }
}

fn take_after_failure(record: &mut Record, event: IncidentEvent, plan: Plan, now: Time) -> Taken {
    let kind = event.kind;
    let more = kind == Kind::Resolved && !record.concluded && record.plan.workflow == Workflow::Postmortem;
    if more {
        record.plan = plan;
        conclude(record, event, MessageKind::Finalize, now);
        try_again(record, now);
        return Taken::Accepted;
    }
    // Devin may be well again, and a sender that repeats itself wants to know. Not with every repeat, of which there may
    // be hundreds.
    if starts(kind, &record.plan) && record.failed_at.is_none_or(|failed| now.since(failed) >= FAILED_AGAIN_AFTER) {
        learn(record, event, None);
        try_again(record, now);
        return Taken::Accepted;
    }
    learn(record, event, None);
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
fn take_with_session(record: &mut Record, event: IncidentEvent, now: Time) -> Taken {
    match (event.kind, record.plan.workflow) {
        (Kind::Resolved, Workflow::Triage) if !record.concluded => conclude(record, event, MessageKind::Recovered, now),
        (Kind::Resolved, Workflow::Postmortem) if !record.concluded => {
            conclude(record, event, MessageKind::Finalize, now)
        }
        (Kind::Resolved, Workflow::Postmortem) if reopened_since(record, &event) => {
            record.keep_change("The incident was reopened and is resolved again.");
            conclude(record, event, MessageKind::Update, now)
        }
        (Kind::Updated, _) | (Kind::Reopened, Workflow::Postmortem) => {
            learn(record, event, None);
            Taken::FollowUp
        }
        (Kind::Acknowledged | Kind::Triggered | Kind::Resolved | Kind::Reopened, _) => {
            learn(record, event, None);
            Taken::Duplicate
        }
    }
}

/// Whether the incident was opened again after the resolution that the session knows of.
fn reopened_since(record: &Record, event: &IncidentEvent) -> bool {
    let time = |text: &Option<String>| text.as_deref().and_then(Time::from_rfc3339);
    record.reopened
        || matches!(
            (time(&event.incident.reopened_at), time(&record.incident.resolved_at)),
            (Some(reopened), Some(resolved)) if reopened > resolved
        )
}

/// The incident is over: one message to its session says so.
fn conclude(record: &mut Record, event: IncidentEvent, kind: MessageKind, now: Time) -> Taken {
    learn(record, event, None);
    record.concluded = true;
    record.reopened = false;
    record.messages = record.messages.saturating_add(1);
    record.outbox.push(Message {
        number: record.messages,
        kind,
        delivery: Delivery::Ready,
        not_before: now,
        since: now,
        trouble: Trouble::default(),
        text: None,
        farewell: None,
    });
    Taken::FollowUp
}

/// Keeps what an event says of the incident. Only an event of the incident itself replaces what was known: a note
/// carries little of it.
fn learn(record: &mut Record, event: IncidentEvent, plan: Option<Plan>) {
    let told = event.change.is_some();
    if let Some(change) = &event.change {
        record.keep_change(change);
    }
    match event.kind {
        Kind::Updated => {}
        Kind::Reopened => {
            record.reopened = true;
            if !told {
                record.keep_change("The incident was reopened.");
            }
        }
        _ => {
            let started_at = record.incident.started_at.take();
            record.incident = event.incident;
            record.incident.started_at = record.incident.started_at.take().or(started_at);
        }
    }
    if let Some(plan) = plan {
        record.plan = plan;
    }
}

/// What is to be done now.
pub fn due(record: &Record, now: Time) -> Step {
    // Nothing at Devin waits for people to be notified.
    match (due_for_session(record, now), notices::due(record, now)) {
        (Step::Wait(at), Step::Wait(or_at)) => Step::Wait(at.min(or_at)),
        (Step::Rest, step) | (Step::Wait(_), step @ Step::Notify(_)) | (step, _) => step,
    }
}

/// What is to be done now about the session, the list and the budget.
pub fn due_for_session(record: &Record, now: Time) -> Step {
    if record.unpublished.is_some_and(|waiting| waiting.not_before <= now) {
        return Step::Publish;
    }
    let message = next_message(record).map(|message| {
        let ready = message.delivery == Delivery::Ready;
        (message.not_before, if ready { Step::Send } else { Step::LookUpMessage }, message.farewell.is_some())
    });
    let (at, step) = match &record.state {
        State::Waiting { not_before, .. } => (Some(*not_before), Step::Create),
        State::LookingUp { not_before, .. } => (Some(*not_before), Step::LookUp),
        // Nothing else runs in this lane, so a call under way here was cut off.
        State::Creating { .. } => (Some(now), Step::LookUp),
        State::Started => message.map_or((None, Step::Rest), |(at, step, _)| (Some(at), step)),
        State::Watching | State::Failed => (None, Step::Rest),
    };
    // A farewell needs no session of this incident's own.
    let farewell = message.filter(|(_, _, farewell)| *farewell).map(|(at, step, _)| (at, step));
    if let Some((_, step)) = farewell.filter(|(at, _)| *at <= now) {
        return step;
    }
    if at.is_some_and(|at| at <= now) {
        return step;
    }
    let times = [at, farewell.map(|(at, _)| at), record.unpublished.map(|waiting| waiting.not_before)];
    times.into_iter().flatten().min().map_or(Step::Rest, Step::Wait)
}

/// The message that is next; one that failed is passed over.
pub fn next_message(record: &Record) -> Option<&Message> {
    record.outbox.iter().find(|message| message.delivery != Delivery::Failed)
}

fn next_message_mut(record: &mut Record) -> Option<&mut Message> {
    record.outbox.iter_mut().find(|message| message.delivery != Delivery::Failed)
}

/// At the start of an alarm: what was under way when the object died is now unknown.
pub fn interrupted(record: &mut Record, now: Time) {
    if let State::Creating { since, trouble } = record.state {
        record.note(now, "interrupted while Devin was asked for the session; looking for it");
        record.state = State::LookingUp { not_before: now, since, looks: 0, trouble };
    }
    if let Some(message) = next_message_mut(record)
        && message.delivery == Delivery::Sending
    {
        message.delivery = Delivery::LookingUp(0);
        message.not_before = now;
    }
    notices::interrupted(record, now);
}

/// There is no permit for it now.
pub fn must_wait(record: &mut Record, turn: Turn, until: Time, now: Time) {
    if let State::Waiting { not_before, turn: old, .. } = &mut record.state {
        let was = std::mem::replace(old, turn);
        *not_before = until;
        match (turn, was) {
            (Turn::Held, _) if was != turn => record.note(now, "held: today's sessions are spent"),
            (Turn::Queued(_), Turn::Free | Turn::Held) => record.note(now, "queued: over the sessions per minute"),
            _ => {}
        }
        record.unanswered = 0;
    }
}

/// Devin is about to be asked for the session. Stored, together with the request, before the call is made.
pub fn creating(record: &mut Record, now: Time) {
    if let State::Waiting { trouble, .. } = record.state {
        if record.session_untried() {
            record.told = record.changes.len();
        }
        record.unanswered = 0;
        record.may_exist = false;
        record.state = State::Creating { since: now, trouble };
    }
}

/// The register did not say whether the session may start: it is asked again later.
pub fn not_admitted(record: &mut Record, now: Time, chance: Chance) {
    record.unanswered = record.unanswered.saturating_add(1);
    let pause = backoff(record.unanswered.saturating_add(1), chance);
    if let State::Waiting { not_before, .. } = &mut record.state {
        *not_before = now.plus(pause);
    }
}

/// The register says that there is a slot: whether that is news.
pub fn called(record: &mut Record, now: Time) -> bool {
    match &mut record.state {
        State::Waiting { not_before, turn: Turn::Queued(_) | Turn::Held, .. } if *not_before > now => {
            *not_before = now;
            true
        }
        _ => false,
    }
}

/// Devin answered the create.
pub fn create_replied(record: &mut Record, reply: Result<Session, Failure>, now: Time, chance: Chance) {
    let State::Creating { since, trouble } = record.state else { return };
    let attempt = trouble.times.saturating_add(1);
    match reply {
        Ok(session) => started(record, session, now),
        Err(Failure::Busy { after, words }) => {
            record.note(now, format!("attempt {attempt}, Devin is busy: {words}"));
            wait_to_create(record, trouble.again(now), after, Some(words), now, chance);
        }
        Err(Failure::Unknown { words }) => {
            record.note(now, format!("attempt {attempt}, outcome unknown: {words}"));
            record.set_error(Some(words));
            record.state = State::LookingUp {
                not_before: now.plus(look_pause(0, since, now)),
                since,
                looks: 0,
                trouble: trouble.again(now),
            };
        }
        Err(Failure::Refused { words, .. }) => failed(record, words, now),
    }
}

/// A look-up was answered: `Ok(None)` where every page was read and the session is not there. `repeatable`: Devin
/// recognises a repeated create by itself (v1), so that one may follow even where it can't be looked for.
pub fn look_up_replied(
    record: &mut Record,
    reply: Result<Option<Session>, Failure>,
    repeatable: bool,
    now: Time,
    chance: Chance,
) {
    let State::LookingUp { since, looks, trouble, .. } = record.state else { return };
    let create_again = |record: &mut Record| {
        let words = record.error.take();
        wait_to_create(record, trouble, None, words, now, chance);
    };
    match reply {
        Ok(Some(session)) => {
            record.note(now, "found: the session had been created after all");
            started(record, session, now);
        }
        Ok(None) if looks.saturating_add(1) >= LOOKS => {
            record.note(now, "looked for: the session was not created");
            create_again(record);
        }
        Ok(None) => {
            let looks = looks.saturating_add(1);
            record.state =
                State::LookingUp { not_before: now.plus(look_pause(looks, since, now)), since, looks, trouble };
        }
        Err(Failure::Refused { .. }) if repeatable => create_again(record),
        Err(Failure::Refused { words, .. }) => {
            failed(record, format!("a session may exist, but looking for it was refused: {words}"), now);
            record.may_exist = true;
        }
        Err(failure) => {
            let trouble = trouble.again(now);
            if trouble.too_long(now) {
                failed(record, format!("gave up after 48 hours: {}", failure.words()), now);
                record.may_exist = true;
                return;
            }
            let not_before = now.plus(pause(&failure, trouble, chance));
            record.note(now, format!("not looked up yet: {}", failure.words()));
            record.set_error(Some(failure.words().to_owned()));
            record.state = State::LookingUp { not_before, since, looks, trouble };
        }
    }
}

/// Another create is due later, unless it has been tried for too long.
fn wait_to_create(
    record: &mut Record,
    trouble: Trouble,
    after: Option<i64>,
    words: Option<String>,
    now: Time,
    chance: Chance,
) {
    if trouble.too_long(now) {
        let words = words.unwrap_or_default();
        return failed(record, format!("given up after 48 hours: {words}"), now);
    }
    if trouble.since.is_none() && record.concluded && record.plan.workflow == Workflow::Postmortem {
        // Nothing was begun, and the incident is over: the whole task at once, instead of a beginning and a message.
        record.opening = Opening::Full;
        record.outbox.retain(|message| message.farewell.is_some());
    }
    let not_before = now.plus(after.map_or_else(|| backoff(trouble.times, chance), |after| after.max(SECOND)));
    record.set_error(words);
    record.state = State::Waiting { not_before, turn: Turn::Free, trouble };
    record.publish(now);
}

fn started(record: &mut Record, session: Session, now: Time) {
    record.note(now, format!("session {} started", session.id));
    record.session = Some(session);
    record.outcome = None;
    record.released = false;
    record.started_at = Some(now);
    record.state = State::Started;
    record.error = None;
    record.forget_told_changes();
    notices::announce(record, About::Started, listing(record), now);
    record.publish(now);
}

fn failed(record: &mut Record, words: String, now: Time) {
    record.note(now, format!("failed: {words}"));
    record.set_error(Some(words));
    record.failed_at = Some(now);
    record.released = false;
    record.state = State::Failed;
    record.told = 0;
    record.publish(now);
}

/// The first message of the outbox is about to be sent. Stored, with its text, before the call is made.
pub fn sending(record: &mut Record, text: &str, now: Time) {
    let told = record.changes.len();
    if let Some(message) = next_message_mut(record) {
        message.delivery = Delivery::Sending;
        message.since = now;
        if message.text.is_none() {
            message.text = Some(text.to_owned());
            record.told = told;
        }
    }
}

/// Devin answered the message.
pub fn send_replied(record: &mut Record, reply: Result<(), Failure>, now: Time, chance: Chance) {
    match reply {
        Ok(()) => message_arrived(record, now),
        Err(Failure::Refused { status: 400 | 404 | 409 | 410 | 422, words }) => session_lost(record, words, now),
        Err(Failure::Refused { words, .. }) => message_failed(record, words, now),
        Err(failure) => {
            let unknown = matches!(failure, Failure::Unknown { .. });
            let delivery = if unknown { Delivery::LookingUp(0) } else { Delivery::Ready };
            let since = next_message(record).map_or(now, |message| message.since);
            let after = unknown.then(|| look_pause(0, since, now));
            retry_message(record, delivery, after, &failure, now, chance);
        }
    }
}

/// The look for a message was answered: `Ok(false)` where every page was read and it is not there.
pub fn message_look_up_replied(record: &mut Record, reply: Result<bool, Failure>, now: Time, chance: Chance) {
    let Some(message) = next_message_mut(record) else { return };
    let Delivery::LookingUp(looks) = message.delivery else { return };
    match reply {
        Ok(true) => message_arrived(record, now),
        Ok(false) => {
            let looks = looks.saturating_add(1);
            let (delivery, wait) = if looks >= LOOKS {
                (Delivery::Ready, backoff(message.trouble.times, chance))
            } else {
                (Delivery::LookingUp(looks), look_pause(looks, message.since, now))
            };
            message.delivery = delivery;
            message.not_before = now.plus(wait);
        }
        Err(Failure::Refused { status: 404 | 410, words }) => session_lost(record, words, now),
        Err(Failure::Refused { words, .. }) => message_failed(record, words, now),
        Err(failure) => retry_message(record, Delivery::LookingUp(looks), None, &failure, now, chance),
    }
}

fn retry_message(
    record: &mut Record,
    delivery: Delivery,
    after: Option<i64>,
    failure: &Failure,
    now: Time,
    chance: Chance,
) {
    let Some(message) = next_message_mut(record) else { return };
    message.trouble = message.trouble.again(now);
    if message.trouble.too_long(now) {
        return message_failed(record, format!("given up after 48 hours: {}", failure.words()), now);
    }
    message.delivery = delivery;
    message.not_before = now.plus(after.unwrap_or_else(|| pause(failure, message.trouble, chance)));
    let line = format!("message {} not delivered yet: {}", message.number, failure.words());
    record.note(now, line);
}

fn message_arrived(record: &mut Record, now: Time) {
    if let Some(at) = record.outbox.iter().position(|message| message.delivery != Delivery::Failed) {
        let message = record.outbox.remove(at);
        let line = format!("message {} ({}) sent to the session", message.number, message.kind.name());
        record.note(now, line);
        if message.farewell.is_none() && message.kind != MessageKind::Recovered {
            outcome::woken(record, now);
        }
    }
    record.error = None;
    record.forget_told_changes();
    record.publish(now);
}

fn message_failed(record: &mut Record, words: String, now: Time) {
    record.note(now, format!("message failed: {words}"));
    record.set_error(Some(words));
    record.told = 0;
    if let Some(message) = next_message_mut(record) {
        message.delivery = Delivery::Failed;
        // A replay writes it anew, with what is known then.
        message.text = None;
    }
    record.publish(now);
}

/// The session can take no message any more. A postmortem is still owed, so another session is started with the
/// whole task and a link to the first; that an alert recovered needs no session of its own.
fn session_lost(record: &mut Record, words: String, now: Time) {
    record.note(now, format!("the session takes no messages any more: {words}"));
    record.told = 0;
    if let Some(at) = record.outbox.iter().position(|message| message.farewell.is_some()) {
        record.outbox.remove(at);
        return;
    }
    record.outbox.clear();
    if record.plan.workflow == Workflow::Postmortem {
        record.previous = record.session.take();
        record.started_at = None;
        record.outcome = None;
        record.generation = record.generation.saturating_add(1);
        record.opening = Opening::Full;
        record.wanted = Some(now);
        record.state = State::Waiting { not_before: now, turn: Turn::Free, trouble: Trouble::default() };
    }
    record.publish(now);
}

/// Somebody asks for a failed incident to be tried again, or for a held one to be let go. Whether anything was to be
/// done. What may have been created before is looked for first.
pub fn replay(record: &mut Record, now: Time) -> bool {
    match &mut record.state {
        State::Failed => {
            record.note(now, "replayed");
            try_again(record, now);
            true
        }
        State::Waiting { not_before, turn: turn @ (Turn::Held | Turn::Queued(_)), .. } => {
            *turn = Turn::Free;
            *not_before = now;
            record.released = true;
            record.note(
                now,
                "released by hand: it starts at once, whatever the limits, and counts among today's sessions",
            );
            record.publish(now);
            true
        }
        State::Started => {
            let mut any = false;
            for message in record.outbox.iter_mut().filter(|message| message.delivery == Delivery::Failed) {
                message.delivery = Delivery::LookingUp(LOOKS.saturating_sub(1));
                message.not_before = now;
                message.trouble = Trouble::default();
                any = true;
            }
            if any {
                record.note(now, "messages replayed");
                record.publish(now);
            }
            any
        }
        _ => false,
    }
}

/// The session of a failed incident is wanted again. One may have been created unnoticed, so it is looked for first.
fn try_again(record: &mut Record, now: Time) {
    let (since, looks) = (record.first_seen, LOOKS.saturating_sub(1));
    record.error = None;
    record.wanted = Some(now);
    record.state = State::LookingUp { not_before: now, since, looks, trouble: Trouble::default() };
    record.publish(now);
}

/// Telling the ledger and the list worked, or did not.
pub fn published(record: &mut Record, told: bool, now: Time, chance: Chance) {
    record.unpublished = match record.unpublished {
        Some(waiting) if !told => {
            let failures = waiting.failures.saturating_add(1);
            Some(super::record::Unpublished { not_before: now.plus(backoff(failures, chance)), failures })
        }
        _ => None,
    };
}

impl Trouble {
    fn again(self, now: Time) -> Trouble {
        Trouble { times: self.times.saturating_add(1), since: self.since.or(Some(now)) }
    }

    fn too_long(self, now: Time) -> bool {
        self.since.is_some_and(|since| now.since(since) > GIVE_UP_AFTER)
    }
}

fn look_pause(looks: u32, since: Time, now: Time) -> i64 {
    let index = usize::try_from(looks).unwrap_or(usize::MAX);
    let pause = LOOK_PAUSES.get(index).copied().unwrap_or(SECOND);
    if LATE.contains(&now.since(since)) { pause.saturating_mul(PATIENCE) } else { pause }
}

/// Milliseconds before the next attempt: Devin's own wish, or a growing pause.
fn pause(failure: &Failure, trouble: Trouble, chance: Chance) -> i64 {
    match failure {
        Failure::Busy { after: Some(after), .. } => (*after).max(SECOND),
        _ => backoff(trouble.times, chance),
    }
}

/// 1 s after the first failure, doubled after each further one, at most [`LONGEST_PAUSE`], plus up to a quarter so
/// that four hundred incidents do not come back in step.
pub fn backoff(times: u32, chance: Chance) -> i64 {
    let doublings = times.saturating_sub(1).min(20);
    let pause = SECOND.saturating_mul(1 << doublings).min(LONGEST_PAUSE * 4 / 5);
    let quarter = i32::try_from(pause / 4).unwrap_or(i32::MAX);
    // The product is below a quarter of ten minutes in milliseconds, so nothing is lost in the conversion.
    pause.saturating_add((f64::from(quarter) * chance.clamp(0.0, 1.0)) as i64)
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
