//! Telling the session what is new: the first message of the outbox, and the look whether it has arrived.

use std::time::Duration;

use super::holds;
use super::outcome;
use super::retry::{Chance, LOOKS, backoff, look_pause, pause};
use crate::failure::Failure;
use crate::fault::{self, Fault};
use crate::plan::Workflow;
use crate::record::{Approval, Delivery, InitialTask, Message, MessageKind, Record, Retry};
use crate::time::Time;

/// The message that is next; one that failed is passed over.
pub fn next_message(record: &Record) -> Option<&Message> {
    record.outbox.iter().find(|message| message.delivery != Delivery::Failed)
}

pub(super) fn next_message_mut(record: &mut Record) -> Option<&mut Message> {
    record.outbox.iter_mut().find(|message| message.delivery != Delivery::Failed)
}

/// The first message of the outbox is about to be sent. Stored, with its text, before the call is made.
pub fn sending(record: &mut Record, text: &str, now: Time) {
    let sent = record.changes.len();
    if let Some(message) = next_message_mut(record) {
        message.delivery = Delivery::Sending;
        message.since = now;
        if message.text.is_none() {
            message.text = Some(text.to_owned());
            if message.prior_session.is_none() {
                // Everything there is to tell is in this one.
                let number = message.number;
                record.changes_sent = sent;
                record.write_alerts();
                record.outbox.retain(|other| {
                    other.number == number
                        || other.prior_session.is_some()
                        || other.kind != MessageKind::Update
                        || other.delivery != Delivery::Ready
                        || other.text.is_some()
                });
            }
        }
    }
}

/// Devin answered the message.
pub fn send_replied(record: &mut Record, reply: Result<(), Failure>, now: Time, chance: Chance) {
    match reply {
        Ok(()) => message_arrived(record, now),
        Err(Failure::Refused { status: 400 | 404 | 409 | 410 | 422, words }) => session_lost(record, words, now),
        Err(Failure::Refused { words, .. }) => message_failed(record, words, false, now),
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
                (Delivery::Ready, backoff(message.retry.attempts, chance))
            } else {
                (Delivery::LookingUp(looks), look_pause(looks, message.since, now))
            };
            message.delivery = delivery;
            message.not_before = now.plus(wait);
        }
        Err(Failure::Refused { status: 404 | 410, words }) => session_lost(record, words, now),
        Err(Failure::Refused { words, .. }) => message_failed(record, words, true, now),
        Err(failure) => retry_message(record, Delivery::LookingUp(looks), None, &failure, now, chance),
    }
}

fn retry_message(
    record: &mut Record,
    delivery: Delivery,
    after: Option<Duration>,
    failure: &Failure,
    now: Time,
    chance: Chance,
) {
    let Some(message) = next_message_mut(record) else { return };
    message.retry = message.retry.again(now);
    if message.retry.too_long(now) {
        let may_have_arrived = delivery != Delivery::Ready;
        return message_failed(record, format!("gave up after 48 hours: {}", failure.words()), may_have_arrived, now);
    }
    message.delivery = delivery;
    message.not_before = now.plus(after.unwrap_or_else(|| pause(failure, message.retry, chance)));
    let line = format!("message {} not delivered yet: {}", message.number, failure.words());
    record.note(now, line);
    record.publish(now);
}

fn message_arrived(record: &mut Record, now: Time) {
    if let Some(at) = record.outbox.iter().position(|message| message.delivery != Delivery::Failed) {
        let message = record.outbox.remove(at);
        let line = format!("message {} ({}) sent to the session", message.number, message.kind.name());
        record.note(now, line);
        if message.prior_session.is_none() {
            record.forget_sent_changes();
            if message.kind != MessageKind::Recovered {
                outcome::woken(record, now);
            }
        }
    }
    record.error = None;
    record.publish(now);
}

fn message_failed(record: &mut Record, words: String, may_have_arrived: bool, now: Time) {
    record.note(now, format!("message failed: {words}"));
    record.set_error(Some(words));
    if let Some(message) = next_message_mut(record) {
        message.delivery = Delivery::Failed;
        let own = message.prior_session.is_none();
        if may_have_arrived {
            // A replay looks for this very text first, and nobody else says the same again.
            if own {
                record.forget_sent_changes();
            }
        } else if !message.sole {
            // A replay writes it anew, with what is known then.
            message.text = None;
            if own {
                record.untell();
            }
        }
    }
    record.publish(now);
}

/// The session can take no message any more. Where a postmortem is still owed, or the alert goes on, another session is
/// started with the whole task and a link to the first; a late note, or that an alert recovered, needs none of its own.
fn session_lost(record: &mut Record, words: String, now: Time) {
    record.note(now, format!("the session takes no messages any more: {words}"));
    let Some(lost) = record.outbox.iter().position(|message| message.delivery != Delivery::Failed) else { return };
    if record.outbox.get(lost).is_some_and(|message| message.prior_session.is_some()) {
        record.outbox.remove(lost);
        return;
    }
    record.untell();
    let owed = record.outbox.iter().any(|message| message.prior_session.is_none() && !message.optional);
    record.outbox.retain(|message| message.prior_session.is_some());
    let goes_on = record.plan.workflow == Workflow::Postmortem || !record.concluded;
    if owed && goes_on {
        if !fault::is_back(Fault::UnsettledPermit) {
            record.former = record.to_be_settled();
        }
        record.previous = record.session.take();
        record.started_at = None;
        record.outcome = None;
        record.attempt = record.attempt.saturating_add(1);
        record.initial_task = InitialTask::Full;
        record.wanted = Some(now);
        record.approval = Approval::default();
        holds::wait(record, now, Retry::default(), now);
    }
    record.publish(now);
}
