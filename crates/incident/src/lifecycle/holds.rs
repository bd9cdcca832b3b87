//! What keeps a wanted session from being asked for: that its incident is over, and that its route requires a person's approval
//! to it, which nobody has said yet.

use std::time::Duration;

use super::notices;
use crate::admission::PermitUse;
use crate::event::{IncidentEvent, Kind};
use crate::listing::Line;
use crate::notice::About;
use crate::outcome::Outcome;
use crate::plan::Workflow;
use crate::reason::Reason;
use crate::record::{AdmissionState, Approval, Former, NEVER, Record, Retry, State};
use crate::time::{DAY, Time};

/// How long somebody's approval is waited for.
const ANSWERED_WITHIN: Duration = DAY;

/// Whether an event ends what a session is still wanted for: an alert recovers before Devin was asked, or after it is
/// certain that Devin has made nothing of it. A postmortem is about what is over.
pub(super) fn ends_first(record: &Record, event: &IncidentEvent) -> bool {
    event.kind == Kind::Resolved
        && !record.concluded
        && record.plan.workflow == Workflow::Triage
        && matches!(record.state, State::Waiting { .. })
}

/// Whether a session that is known not to exist is not to be asked for again, because its alert has recovered meanwhile.
/// Who replays what is over wants it all the same.
pub(super) fn is_over(record: &Record) -> bool {
    record.concluded && record.plan.workflow == Workflow::Triage && !record.insisted
}

/// The session that was wanted is wanted no more. Devin was not asked for it, or has not made it.
pub(super) fn not_wanted(record: &mut Record, why: Reason, now: Time) {
    record.outbox.retain(|message| message.prior_session.is_some());
    record.approval = match record.approval {
        // Another session needs another approval, of which people are to be notified.
        Approval { given: true, .. } => Approval::default(),
        _ if why == Reason::ApprovalExpired => Approval::default(),
        approval => Approval { asked: None, ..approval },
    };
    record.changes_sent = 0;
    record.error = None;
    record.unanswered = 0;
    record.released = false;
    record.insisted = false;
    record.wanted = None;
    match record.previous.take() {
        // It was to take the place of one that takes no more messages: that one stays the incident's.
        Some(session) => {
            let id = record.correlation_id();
            record.attempt = record.attempt.saturating_sub(1);
            record.session = Some(session);
            // People were notified about its end, or saw it: they are not notified again.
            record.outcome = Some(Outcome { ended_at: Some(now), ..Outcome::default() });
            record.state = State::Started;
            let line = record.line();
            record.keep_former(Former { line, id, permit: PermitUse::None { in_line: false } });
        }
        None => {
            record.state = State::Watching;
            record.not_started = Some(why);
        }
    }
    let words =
        if why == Reason::ApprovalExpired { "nobody approved it" } else { "it recovered before Devin was asked" };
    record.note(now, format!("no session: {words}"));
    record.publish(now);
}

/// The session that is wanted waits until then to be asked for, or for somebody's approval where its route requires one.
pub(super) fn wait(record: &mut Record, not_before: Time, retry: Retry, now: Time) {
    if !record.plan.approve || record.approval.given {
        record.state = State::Waiting { not_before, admission: AdmissionState::Free, retry };
        return;
    }
    // A release that does not know of this waits too, until somebody lets it go.
    record.state = State::Waiting { not_before: NEVER, admission: AdmissionState::Held, retry };
    record.approval.asked = Some(now);
    record.note(now, "held: it waits for approval");
    if !record.approval.notified {
        record.approval.notified = true;
        let page = record.bridge.as_ref().map(|bridge| format!("{bridge}/incidents/{}", record.name()));
        let news = Line { page, ..record.line() };
        notices::announce(record, About::Approval, news, None, now);
    }
}

/// When a session that waits for approval stops waiting for it; `None` where none does.
pub(super) fn expires(record: &Record) -> Option<Time> {
    let asked = record.approval.asked.or(record.wanted).unwrap_or(record.first_seen);
    record.awaits_approval().then(|| asked.plus(ANSWERED_WITHIN))
}

/// Nobody has approved it in time.
pub fn expire(record: &mut Record, now: Time) {
    if expires(record).is_some_and(|at| at <= now) {
        not_wanted(record, Reason::ApprovalExpired, now);
    }
}

/// Whether an event is only more of what nobody approved: it is not asked for again. Of an incident that ends, that is
/// something else.
pub(super) fn was_not_approved(record: &Record, kind: Kind) -> bool {
    let ends = kind == Kind::Resolved && record.plan.dedup_window_seconds.is_none();
    record.not_started == Some(Reason::ApprovalExpired) && !ends
}
