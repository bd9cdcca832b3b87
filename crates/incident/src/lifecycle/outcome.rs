//! What Devin reports of a session, and whether that is its end.

use std::time::Duration;

use super::notices;
use crate::notice::About;
use crate::outcome::Outcome;
use crate::plan::Workflow;
use crate::record::{Delivery, Record};
use crate::session::{End, Report};
use crate::time::Time;

/// So long after a message a session that seems to sleep may only not have read it yet.
const WAKING: Duration = Duration::from_mins(5);

/// Devin reported on the incident's session. Whether that changes anything. An end lasts until the session gets a message.
pub fn reported(record: &mut Record, report: &Report, now: Time) -> bool {
    if record.session.as_ref().is_none_or(|session| session.id != report.session) {
        return false;
    }
    let before = record.outcome.clone().unwrap_or_default();
    let over = match report.end {
        End::Open => false,
        End::Asleep => !has_more_to_do(record) && before.woken.is_none_or(|woken| now.since(woken) > WAKING),
        End::Over => true,
    };
    let outcome = of(report, before.ended_at.or(over.then_some(now)), before.woken);
    if outcome == before {
        return false;
    }
    let ended = before.ended_at.is_none() && outcome.ended_at.is_some();
    if ended {
        let state = report.detail.as_ref().or(report.state.as_ref()).map_or("", String::as_str);
        record.note(now, format!("session ended: {state}"));
    }
    record.outcome = Some(outcome);
    if ended {
        notices::announce(record, About::Ended, record.line(), now);
    }
    record.publish(now);
    true
}

/// A report as an outcome.
pub fn of(report: &Report, ended_at: Option<Time>, woken: Option<Time>) -> Outcome {
    Outcome {
        state: report.state.clone(),
        detail: report.detail.clone(),
        pull_requests: report.pull_requests.clone(),
        acus: report.acus.clone(),
        ended_at,
        woken,
    }
}

/// Whether the session is still to be told something that gives it more to do: while its incident goes on, one that
/// gathers data for the postmortem sleeps between two messages.
fn has_more_to_do(record: &Record) -> bool {
    let unsent =
        |message: &crate::record::Message| message.prior_session.is_none() && message.delivery != Delivery::Failed;
    record.outbox.iter().any(unsent) || record.plan.workflow == Workflow::Postmortem && !record.concluded
}

/// The session got a message that gives it more to do.
pub fn woken(record: &mut Record, now: Time) {
    let outcome = record.outcome.get_or_insert_default();
    outcome.ended_at = None;
    outcome.woken = Some(now);
}
