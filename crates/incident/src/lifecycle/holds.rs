//! What keeps a wanted session from being asked for: that its incident is over.

use crate::admission::PermitUse;
use crate::event::{IncidentEvent, Kind};
use crate::outcome::Outcome;
use crate::plan::Workflow;
use crate::reason::Reason;
use crate::record::{Former, Record, State};
use crate::time::Time;

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
    record.told = 0;
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
            // People were told of its end, or saw it: it is not told again.
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
    record.note(now, "no session: it recovered before Devin was asked");
    record.publish(now);
}
