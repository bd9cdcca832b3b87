//! The life of an incident as a pure state machine: no clock, no input or output, no configuration.
//!
//! Events come in through [`take`], Devin's replies through the `*_replied` functions, and [`due`] says what is to be
//! done next. The object stores the record before it acts on it, so that a crash resumes where the record says:
//! whatever was under way then is treated as unknown ([`interrupted`]) and looked up, never simply done again.

pub mod close;
mod creation;
mod events;
mod group;
mod holds;
mod messages;
mod news;
pub mod notices;
mod operation;
mod operator;
pub mod outcome;
mod retry;
mod step;
pub mod threads;

pub use creation::{called, create_replied, creating, look_up_replied, must_wait, not_admitted};
pub use events::{Taken, take};
pub use holds::expire;
pub use messages::{message_look_up_replied, next_message, send_replied, sending};
pub use news::LONGEST_GATHERING;
pub use operator::{give_up, replay};
pub use retry::{Chance, GIVE_UP_AFTER, LONGEST_PAUSE, LOOKS, backoff, before_look};
pub use step::Step;

use std::time::Duration;

use crate::record::{Delivery, Record, State, Unpublished};
use crate::time::Time;
use messages::next_message_mut;

/// A look-up searches from this long before the call: two clocks never agree, and one of them may be wrong by an hour. What
/// it finds is recognised by its correlation id, so that more than is needed does no harm.
pub const CLOCK_LEEWAY: Duration = Duration::from_hours(2);

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
        (message.not_before, if ready { Step::Send } else { Step::LookUpMessage }, message.prior_session.is_some())
    });
    let (at, step) = match &record.state {
        State::Waiting { .. } if let Some(expires) = holds::expires(record) => (Some(expires), Step::Expire),
        State::Waiting { not_before, .. } => (Some(*not_before), Step::Create),
        State::LookingUp { not_before, .. } => (Some(*not_before), Step::LookUp),
        // Nothing else runs in this lane, so a call under way here was cut off.
        State::Creating { .. } => (Some(now), Step::LookUp),
        State::Started => match (message, record.outcome.as_ref().and_then(|outcome| outcome.closing)) {
            (Some((at, step, _)), _) => (Some(at), step),
            (None, Some(closing)) => (Some(closing.not_before), Step::Close),
            (None, None) => (None, Step::Rest),
        },
        State::Watching | State::Failed => (None, Step::Rest),
    };
    // A farewell needs no session of this incident's own.
    let prior_session = message.filter(|(_, _, prior_session)| *prior_session).map(|(at, step, _)| (at, step));
    if let Some((_, step)) = prior_session.filter(|(at, _)| *at <= now) {
        return step;
    }
    if at.is_some_and(|at| at <= now) {
        return step;
    }
    let times = [at, prior_session.map(|(at, _)| at), record.unpublished.map(|waiting| waiting.not_before)];
    times.into_iter().flatten().min().map_or(Step::Rest, Step::Wait)
}

/// When the session that is wanted is to be asked for; `None` where none is, or where it was asked for.
pub fn begins(record: &Record) -> Option<Time> {
    match record.state {
        State::Waiting { not_before, .. } => Some(not_before),
        _ => None,
    }
}

/// At the start of an alarm: what was under way when the object died is now unknown.
pub fn interrupted(record: &mut Record, now: Time) {
    if let State::Creating { since, retry } = record.state {
        record.note(now, "interrupted while Devin was asked for the session; looking for it");
        record.state = State::LookingUp { not_before: now, since, looks: 0, retry };
    }
    if let Some(message) = next_message_mut(record)
        && message.delivery == Delivery::Sending
    {
        message.delivery = Delivery::LookingUp(0);
        message.not_before = now;
    }
    notices::interrupted(record, now);
}

/// Telling the ledger and the list worked, or did not.
pub fn published(record: &mut Record, told: bool, now: Time, chance: Chance) {
    record.unpublished = match record.unpublished {
        Some(waiting) if !told => {
            let failures = waiting.failures.saturating_add(1);
            Some(Unpublished { not_before: now.plus(backoff(failures, chance)), failures })
        }
        _ => None,
    };
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
