//! What people ask for: to try again or at once, and to give up.

use super::creation::{failed, may_exist, try_again};
use super::retry::{LOOKS, look_pause, was_late};
use crate::fault::{self, Fault};
use crate::record::{AdmissionState, Delivery, Message, Record, Retry, State};
use crate::time::Time;

/// Somebody asks for a failed incident to be tried again, for one that is held or queued to be let go, or for what waits
/// for its next attempt to be tried at once. Whether anything was to be done. What may have been created before is looked
/// for first, and not sooner than Devin's lists can show it.
pub fn replay(record: &mut Record, now: Time) -> bool {
    let did = match &mut record.state {
        State::Failed => {
            record.note(now, "replayed");
            record.approval.given = true;
            record.insisted = record.concluded;
            try_again(record, now);
            return true;
        }
        State::Waiting { admission: AdmissionState::Held | AdmissionState::Queued(_), .. }
            if fault::is_back(Fault::NoRelease) =>
        {
            None
        }
        State::Waiting {
            not_before,
            admission: admission @ (AdmissionState::Held | AdmissionState::Queued(_)),
            ..
        } => {
            *admission = AdmissionState::Free;
            *not_before = now;
            record.approval.given = true;
            record.released = true;
            Some("released by hand: it starts at once, whatever the limits, and counts among today's sessions")
        }
        State::Waiting { not_before, .. } => sooner(not_before, now).then_some("tried at once, by hand"),
        State::LookingUp { not_before, since, looks, .. } => {
            sooner(not_before, now.plus(look_pause(*looks, *since, now))).then_some("looked for at once, by hand")
        }
        State::Started => {
            let mut any = false;
            for message in &mut record.outbox {
                any |= deliver_sooner(message, now);
            }
            write_anew(record);
            any.then_some("messages replayed")
        }
        State::Watching | State::Creating { .. } => None,
    };
    if let Some(what) = did {
        record.note(now, what);
        record.publish(now);
    }
    did.is_some()
}

/// A message that is brought back without its text will say everything that is still to be said: what later ones were to
/// say too, except where one of them may have said it.
fn write_anew(record: &mut Record) {
    let own = |message: &&Message| message.prior_session.is_none();
    let looked_for = |message: &Message| matches!(message.delivery, Delivery::LookingUp(_));
    if !record.outbox.iter().filter(own).any(|message| message.text.is_none() && looked_for(message)) {
        return;
    }
    let sent = |message: &Message| looked_for(message) || message.delivery == Delivery::Sending;
    if record.outbox.iter().filter(own).any(|message| message.text.is_some() && sent(message)) {
        return record.forget_sent_changes();
    }
    for message in record.outbox.iter_mut().filter(|message| message.prior_session.is_none()) {
        if message.delivery == Delivery::Ready && !message.sole {
            message.text = None;
        }
    }
    record.untell();
}

/// Brings a time forward; whether it was later.
fn sooner(time: &mut Time, at: Time) -> bool {
    let later = *time > at;
    *time = (*time).min(at);
    later
}

fn deliver_sooner(message: &mut Message, now: Time) -> bool {
    match message.delivery {
        Delivery::Failed => {
            message.delivery = Delivery::LookingUp(LOOKS.saturating_sub(1));
            message.not_before = now;
            message.retry = Retry::default();
            true
        }
        Delivery::Ready => sooner(&mut message.not_before, now),
        Delivery::LookingUp(looks) => sooner(&mut message.not_before, now.plus(look_pause(looks, message.since, now))),
        Delivery::Sending => false,
    }
}

/// Somebody gives up on a session that does not exist yet, or on the messages that it is still to get. Whether there was
/// anything to give up on: a call to Devin that is under way is not cut off, nor is the look for a session that Devin may
/// only now be creating. No repeat of its events starts anything
/// until the alert's next episode; a replay tries again.
pub fn give_up(record: &mut Record, now: Time) -> bool {
    const WORDS: &str = "gave up by hand";
    match record.state {
        State::LookingUp { since, .. } if !was_late(since, now) => false,
        State::Waiting { .. } | State::LookingUp { .. } => {
            record.may_exist = may_exist(record);
            failed(record, WORDS.to_owned(), now);
            record.abandoned = true;
            true
        }
        State::Started => {
            let (mut any, mut in_doubt) = (false, false);
            for message in &mut record.outbox {
                if !matches!(message.delivery, Delivery::Failed | Delivery::Sending) {
                    // One that may have arrived keeps its text: a replay looks for it, and nobody else says the same again.
                    let may_have_arrived = matches!(message.delivery, Delivery::LookingUp(_)) && message.text.is_some();
                    in_doubt |= may_have_arrived && message.prior_session.is_none();
                    message.delivery = Delivery::Failed;
                    message.text = message.text.take().filter(|_| may_have_arrived || message.sole);
                    any = true;
                }
            }
            if any {
                if in_doubt {
                    record.forget_sent_changes();
                } else if record.outbox.iter().all(|message| message.delivery != Delivery::Sending) {
                    record.untell();
                }
                record.note(now, format!("messages failed: {WORDS}"));
                record.set_error(Some(WORDS.to_owned()));
                record.publish(now);
            }
            any
        }
        State::Watching | State::Creating { .. } | State::Failed => false,
    }
}
