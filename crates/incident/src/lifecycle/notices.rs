//! Notifying people: what is due, and what an answer means. Nothing here touches the session or its messages.
//!
//! A target that is known to have taken a notice never gets it again. Where that is not known, a note at PagerDuty is
//! looked for before it is written again; a webhook can't be asked, and gets the message again.

use std::time::Duration;

use super::operation::operation;
use super::retry::{Chance, backoff, pause};
use super::step::Step;
use crate::failure::Failure;
use crate::finding::Finding;
use crate::listing::Line;
use crate::notice::{About, Target};
use crate::reason::Reason;
use crate::record::{Delivery, Notice, Record, Retry};
use crate::sender::Sender;
use crate::time::Time;
use text::cut;

/// After this long without success the bridge gives up on a notice: by then everybody knows.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(6);
/// So many notices wait at most: an alert that fires again and again, in front of a target that is down.
const MOST_NOTICES: usize = 20;

/// Everybody is to be notified of this about the session. `news` is the record as the list shows it, `finding` what the session
/// found, or its last words.
pub fn announce(record: &mut Record, about: About, news: Line, finding: Option<Finding>, now: Time) {
    for target in Target::ALL {
        let wanted = record.plan.notify.as_ref().is_none_or(|targets| targets.contains(&target));
        if !wanted || target == Target::Pagerduty && (record.sender != Sender::Pagerduty || record.is_group()) {
            continue;
        }
        if record.notices.len() >= MOST_NOTICES {
            record.note(now, not_notified("", target, about, &format!("{MOST_NOTICES} notices wait already")));
            continue;
        }
        record.notices.push(Notice {
            target,
            about,
            // Notices name neither the routes nor a group's alerts, and the record is bounded.
            news: Line { routing: Vec::new(), alerts: Vec::new(), ..news.clone() },
            finding: finding.clone(),
            number: None,
            thread_number: 0,
            rooted: false,
            delivery: Delivery::Ready,
            not_before: now,
            retry: Retry::default(),
        });
    }
}

/// What is to be done now for those who are notified.
pub fn due(record: &Record, now: Time) -> Step {
    match next(record) {
        Some(notice) if notice.not_before <= now => Step::Notify(notice.target),
        Some(notice) => Step::Wait(notice.not_before),
        None => Step::Rest,
    }
}

/// The notice that is next: each target gets its own in order, and waits for no other's.
pub fn next(record: &Record) -> Option<&Notice> {
    let mut next: Option<&Notice> = None;
    for notice in Target::ALL.into_iter().filter_map(|target| first(record, target)) {
        if next.is_none_or(|next| notice.not_before < next.not_before) {
            next = Some(notice);
        }
    }
    next
}

/// A target's first notice.
pub fn first(record: &Record, target: Target) -> Option<&Notice> {
    record.notices.iter().find(|notice| notice.target == target)
}

pub(super) fn first_mut(record: &mut Record, target: Target) -> Option<&mut Notice> {
    record.notices.iter_mut().find(|notice| notice.target == target)
}

/// Only these targets are there: nothing is kept for others.
pub fn only(record: &mut Record, targets: &[Target]) {
    record.notices.retain(|notice| targets.contains(&notice.target));
}

/// Drops the target's first notice, where that asks for an approval that is not waited for any more; whether it did. One that may
/// have been sent stays.
pub fn overtaken(record: &mut Record, target: Target) -> bool {
    let asks = |notice: &Notice| notice.about == About::Approval && notice.delivery == Delivery::Ready;
    if record.awaits_approval() || !first(record, target).is_some_and(asks) {
        return false;
    }
    record.approval.notified = false;
    give_up(record, target, "that is not so any more", record.last_seen);
    true
}

/// What the target's first notice is about, where it is sent once a day and not for every incident: why there is no session,
/// or none yet. `None`: it is about this one alone.
pub fn topic(record: &Record, target: Target) -> Option<String> {
    /// Words that begin alike are of one cause.
    const TELLING: usize = 80;
    let notice =
        first(record, target).filter(|notice| notice.delivery == Delivery::Ready && notice.number.is_none())?;
    let Line { state, reason, error, .. } = &notice.news;
    match notice.about {
        About::Held => Some(format!("held {}", reason.map_or("", Reason::name))),
        About::Failed if state == "failed" => {
            Some(format!("failed {}", cut::head(error.as_deref().unwrap_or_default(), TELLING)))
        }
        _ => None,
    }
}

/// The target's first notice was sent for another incident today, or was not: then it says of how many it is true.
pub fn topic_checked(record: &mut Record, target: Target, number: Option<u32>, now: Time) {
    match (number, first_mut(record, target)) {
        (Some(number), Some(notice)) => notice.number = Some(number),
        (None, _) => {
            if let Some(notice) = take_first(record, target) {
                let line = not_notified("", target, notice.about, "they know of others today, for the same reason");
                record.note(now, line);
            }
        }
        (Some(_), None) => {}
    }
}

/// The register did not say whether the target's first notice is news: it is asked again later.
pub fn not_asked(record: &mut Record, target: Target, words: String, now: Time, chance: Chance) {
    retry(record, target, Delivery::Ready, &Failure::Unknown { words }, now, chance);
}

/// The target's first notice is about to be sent. Stored before the call is made.
pub fn sending(record: &mut Record, target: Target) {
    if let Some(notice) = first_mut(record, target) {
        notice.delivery = Delivery::Sending;
    }
}

/// At the start of an alarm: what was under way when the object died may have arrived.
pub fn interrupted(record: &mut Record, now: Time) {
    let edits = operation(record).is_some_and(|operation| !operation.posts());
    for notice in record.notices.iter_mut().filter(|notice| notice.delivery == Delivery::Sending) {
        let edit = notice.target == Target::Slack && edits;
        notice.delivery = if edit { Delivery::Ready } else { after_unknown(notice.target) };
        notice.not_before = now;
    }
}

fn after_unknown(target: Target) -> Delivery {
    match target {
        Target::Pagerduty | Target::Slack => Delivery::LookingUp(0),
        Target::Webhook => Delivery::Ready,
    }
}

/// The target answered a notice.
pub fn replied(record: &mut Record, target: Target, reply: Result<(), Failure>, now: Time, chance: Chance) {
    match reply {
        Ok(()) => delivered(record, target, now),
        Err(Failure::Refused { words, .. }) => give_up(record, target, &words, now),
        Err(failure @ Failure::Busy { .. }) => retry(record, target, Delivery::Ready, &failure, now, chance),
        Err(failure) => retry(record, target, after_unknown(target), &failure, now, chance),
    }
}

/// The look for a notice was answered: `Ok(false)` where it is not there.
pub fn look_up_replied(record: &mut Record, target: Target, reply: Result<bool, Failure>, now: Time, chance: Chance) {
    match reply {
        Ok(true) => delivered(record, target, now),
        Ok(false) => {
            if let Some(notice) = first_mut(record, target) {
                notice.delivery = Delivery::Ready;
                notice.not_before = now.plus(backoff(notice.retry.attempts, chance));
            }
        }
        Err(Failure::Refused { words, .. }) => give_up(record, target, &words, now),
        Err(failure) => retry(record, target, Delivery::LookingUp(0), &failure, now, chance),
    }
}

pub(super) fn retry(
    record: &mut Record,
    target: Target,
    delivery: Delivery,
    failure: &Failure,
    now: Time,
    chance: Chance,
) {
    let Some(notice) = first_mut(record, target) else { return };
    notice.retry = notice.retry.again(now);
    if notice.retry.first_failure.is_some_and(|since| now.since(since) > GIVE_UP_AFTER) {
        return give_up(record, target, &format!("gave up after 6 hours: {}", failure.words()), now);
    }
    notice.delivery = delivery;
    notice.not_before = now.plus(pause(failure, notice.retry, chance));
    if notice.retry.attempts == 1 {
        let line = not_notified(" yet", target, notice.about, failure.words());
        record.note(now, line);
    }
}

pub(super) fn delivered(record: &mut Record, target: Target, now: Time) {
    if let Some(notice) = take_first(record, target) {
        record.note(now, format!("{} notified that the session {}", target.title(), notice.about.happened()));
    }
}

pub(super) fn give_up(record: &mut Record, target: Target, words: &str, now: Time) {
    if let Some(notice) = take_first(record, target) {
        record.note(now, not_notified("", target, notice.about, words));
    }
}

fn take_first(record: &mut Record, target: Target) -> Option<Notice> {
    let at = record.notices.iter().position(|notice| notice.target == target)?;
    Some(record.notices.remove(at))
}

fn not_notified(yet: &str, target: Target, about: About, why: &str) -> String {
    format!("{} not notified{yet} that the session {}: {why}", target.title(), about.happened())
}
