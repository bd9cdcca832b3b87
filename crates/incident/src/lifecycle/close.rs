//! Putting a session away, or ending it, once it is done: as its route's `when_done` says. Whatever becomes of that, the
//! incident goes on as it was.

use std::time::Duration;

use super::retry::{Chance, pause};
use crate::failure::Failure;
use crate::outcome::Closing;
use crate::plan::WhenDone;
use crate::record::Record;
use crate::session::End;
use crate::time::Time;

/// So long after its end: output, pull requests and what it has spent may come late.
const AFTER: Duration = Duration::from_mins(10);
/// After this long without success the bridge gives up.
const GIVE_UP_AFTER: Duration = Duration::from_hours(6);

/// The session has ended: what is to be done about it. What is over by itself, or can't be paid for, holds nothing.
pub fn closing(record: &Record, end: End, now: Time) -> Option<Closing> {
    let holds = !matches!(end, End::Over | End::Credits);
    let wanted = record.plan.when_done != WhenDone::Keep;
    (holds && wanted).then(|| Closing { not_before: now.plus(AFTER), ..Closing::default() })
}

/// Devin answered; `None`: there was nothing to ask for.
pub fn replied(record: &mut Record, reply: Option<Result<(), Failure>>, now: Time, chance: Chance) {
    let when_done = record.plan.when_done;
    let Some(outcome) = record.outcome.as_mut() else { return };
    let Some(mut closing) = outcome.closing.take() else { return };
    let words = match reply {
        None => return,
        // It is gone, or was done before.
        Some(Ok(()) | Err(Failure::Refused { status: 404 | 409 | 410, .. })) => {
            let done = if when_done == WhenDone::Archive { "archived" } else { "terminated" };
            return record.note(now, format!("session {done}: when_done = {:?}", when_done.name()));
        }
        Some(Err(Failure::Refused { words, .. })) => words,
        Some(Err(failure)) => {
            closing.retry = closing.retry.again(now);
            if closing.retry.first_failure.is_none_or(|since| now.since(since) <= GIVE_UP_AFTER) {
                closing.not_before = now.plus(pause(&failure, closing.retry, chance));
                outcome.closing = Some(closing);
                return;
            }
            format!("gave up after 6 hours: {}", failure.words())
        }
    };
    record.note(now, format!("session stays as it is, though when_done = {:?}: {words}", when_done.name()));
}
