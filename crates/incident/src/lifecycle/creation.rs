//! Starting the session: the permit, the create, and the look for a session that may exist.

use std::time::Duration;

use super::retry::{Chance, LOOKS, backoff, look_pause, pause};
use super::{group, holds, notices};
use crate::admission::Admission;
use crate::failure::Failure;
use crate::fault::{self, Fault};
use crate::notice::About;
use crate::plan::Workflow;
use crate::reason::Reason;
use crate::record::{AdmissionState, InitialTask, Message, MessageKind, Record, Retry, State};
use crate::session::{LONGEST_CALL, Session};
use crate::time::{SECOND, Time};

/// The register's answer, where it is not to go ahead.
pub fn must_wait(record: &mut Record, admission: Admission, now: Time) {
    let (new, why, until) = match admission {
        Admission::Admitted => return,
        Admission::Queued { ahead, until } => (AdmissionState::Queued(ahead), None, until),
        Admission::Held { until, why } => (AdmissionState::Held, Some(why), until),
    };
    let State::Waiting { not_before, admission: old, .. } = &mut record.state else { return };
    let was = std::mem::replace(old, new);
    // The register's clock may be behind: nobody asks again at once, and again.
    *not_before = until.max(now.plus(SECOND));
    let held_for = std::mem::replace(&mut record.held_for, why);
    record.unanswered = 0;
    match (new, was) {
        (AdmissionState::Held, _) if was != new || held_for != why => {
            record.note(now, format!("held: {}", why.and_then(Reason::held_because).unwrap_or_default()));
            notices::announce(record, About::Held, record.line(), None, now);
        }
        (AdmissionState::Queued(_), AdmissionState::Free | AdmissionState::Held) => {
            record.note(now, "queued: over the sessions per minute");
        }
        _ => {}
    }
}

/// Devin is about to be asked for the session. Stored, together with the request, before the call is made. Whether it is to
/// be asked: somebody may have given up on the incident while the register was.
pub fn creating(record: &mut Record, now: Time) -> bool {
    let State::Waiting { retry, .. } = record.state else { return false };
    if record.session_untried() {
        record.changes_sent = record.changes.len();
        record.write_alerts();
        record.requested = record.attempt;
        // The prompt says what these were to say.
        let said = |message: &Message| message.prior_session.is_none() && message.kind == MessageKind::Update;
        record.outbox.retain(|message| !said(message));
    }
    record.unanswered = 0;
    record.may_exist = true;
    record.state = State::Creating { since: now, retry };
    true
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
    if record.awaits_approval() {
        return false;
    }
    match &mut record.state {
        State::Waiting { not_before, admission: AdmissionState::Queued(_) | AdmissionState::Held, .. }
            if *not_before > now =>
        {
            *not_before = now;
            true
        }
        _ => false,
    }
}

/// Devin answered the create.
pub fn create_replied(record: &mut Record, reply: Result<Session, Failure>, now: Time, chance: Chance) {
    let State::Creating { since, retry } = record.state else { return };
    let attempt = retry.attempts.saturating_add(1);
    record.may_exist = matches!(reply, Err(Failure::Unknown { .. }));
    match reply {
        Ok(session) => started(record, session, now),
        Err(Failure::Busy { after, words }) => {
            record.note(now, format!("attempt {attempt}, Devin is busy: {words}"));
            wait_to_create(record, retry.again(now), after, Some(words), now, chance);
        }
        Err(Failure::Unknown { words }) => {
            record.note(now, format!("attempt {attempt}, outcome unknown: {words}"));
            record.set_error(Some(words));
            if fault::is_back(Fault::NoLookUp) {
                return wait_to_create(record, retry.again(now), None, None, now, chance);
            }
            record.state = State::LookingUp {
                not_before: now.plus(look_pause(0, since, now)),
                since,
                looks: 0,
                retry: retry.again(now),
            };
            record.publish(now);
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
    let State::LookingUp { since, looks, retry, .. } = record.state else { return };
    let create_again = |record: &mut Record| {
        let words = record.error.take();
        wait_to_create(record, retry, None, words, now, chance);
    };
    match reply {
        Ok(Some(session)) => {
            record.note(now, "found: the session had been created after all");
            // It counts as of when it was made: nobody is to wait because it was found late. After a failure the look goes
            // back to the beginning, and it was made by the time of that.
            let asked = record.failed_at.map_or(since, |failed| failed.max(since));
            started(record, session, now);
            record.started_at = Some(now.min(asked.plus(LONGEST_CALL)));
        }
        Ok(None) if looks.saturating_add(1) >= LOOKS => {
            record.note(now, "looked for: the session was not created");
            record.may_exist = false;
            create_again(record);
        }
        Ok(None) => {
            let looks = looks.saturating_add(1);
            record.note(now, "looked for: not there yet");
            record.state =
                State::LookingUp { not_before: now.plus(look_pause(looks, since, now)), since, looks, retry };
            record.publish(now);
        }
        Err(Failure::Refused { .. }) if repeatable => create_again(record),
        Err(Failure::Refused { words, .. }) => {
            record.may_exist = may_exist(record);
            let doubt = if record.may_exist { "a session may exist, but " } else { "" };
            failed(record, format!("{doubt}looking for it was refused: {words}"), now);
        }
        Err(failure) => {
            let retry = retry.again(now);
            if retry.too_long(now) {
                record.may_exist = may_exist(record);
                return failed(record, format!("gave up after 48 hours: {}", failure.words()), now);
            }
            let not_before = now.plus(pause(&failure, retry, chance));
            record.note(now, format!("not looked up yet: {}", failure.words()));
            record.set_error(Some(failure.words().to_owned()));
            record.state = State::LookingUp { not_before, since, looks, retry };
            record.publish(now);
        }
    }
}

/// Whether there may be a session that is looked for: after a replay that is only made sure of.
pub(super) fn may_exist(record: &Record) -> bool {
    match record.state {
        // The release before did not keep it where no answer had come; it always looked more than once for those.
        State::LookingUp { looks, .. } => record.may_exist || looks.saturating_add(1) < LOOKS,
        _ => false,
    }
}

/// Another create is due later, unless it has been tried for too long.
fn wait_to_create(
    record: &mut Record,
    retry: Retry,
    after: Option<Duration>,
    words: Option<String>,
    now: Time,
    chance: Chance,
) {
    if holds::is_over(record) {
        return holds::not_wanted(record, Reason::RecoveredFirst, now);
    }
    if retry.too_long(now) {
        let words = words.unwrap_or_default();
        return failed(record, format!("gave up after 48 hours: {words}"), now);
    }
    if retry.first_failure.is_none() {
        // Nothing was begun: the request is written with what is known now.
        record.requested = 0;
        if record.concluded && record.plan.workflow == Workflow::Postmortem {
            // The incident is over: the whole task at once, instead of a beginning and a message.
            record.initial_task = InitialTask::Full;
            record.outbox.retain(|message| message.prior_session.is_some());
        }
    }
    let not_before = now.plus(after.map_or_else(|| backoff(retry.attempts, chance), |after| after.max(SECOND)));
    record.set_error(words);
    holds::wait(record, not_before, retry, now);
    record.publish(now);
}

fn started(record: &mut Record, session: Session, now: Time) {
    record.note(now, format!("session {} started", session.id));
    record.session = Some(session);
    record.outcome = None;
    record.released = false;
    record.insisted = false;
    record.started_at = Some(now);
    record.state = State::Started;
    record.error = None;
    record.forget_sent_changes();
    group::send_the_rest(record, now);
    notices::announce(record, About::Started, record.line(), None, now);
    record.publish(now);
}

pub(super) fn failed(record: &mut Record, words: String, now: Time) {
    record.note(now, format!("failed: {words}"));
    record.set_error(Some(words));
    record.failed_at = Some(now);
    record.released = false;
    record.insisted = false;
    record.state = State::Failed;
    notices::announce(record, About::Failed, record.line(), None, now);
    record.publish(now);
}

/// The session of a failed incident is wanted again. One may have been created unnoticed, so it is looked for first.
pub(super) fn try_again(record: &mut Record, now: Time) {
    // Where nothing was created one look is enough.
    let looks = if record.may_exist { 0 } else { LOOKS.saturating_sub(1) };
    let since = record.first_seen;
    record.error = None;
    record.abandoned = false;
    record.wanted = Some(now);
    record.state = State::LookingUp { not_before: now, since, looks, retry: Retry::default() };
    record.publish(now);
}
