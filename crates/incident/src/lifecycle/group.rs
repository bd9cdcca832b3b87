//! Groups: what an event of one alert means for the incident of all of them. A group's life is that of any other incident:
//! it fires while one of its alerts does.

use std::time::Duration;

use super::news;
use crate::event::{Incident, IncidentEvent, Kind, Membership};
use crate::group::{self, MOST_MEMBERS, Member, News};
use crate::key::Key;
use crate::plan::Workflow;
use crate::record::{AdmissionState, MessageKind, Record, State};
use crate::time::Time;

/// What an event says of its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// The session has to hear of it: of an alert that it does not know, that fires again, or is worse than it knows.
    pub(super) owed: bool,
    /// It is one that had recovered before.
    pub(super) flaps: bool,
    /// Nothing at all: what recovered had recovered.
    pub(super) nothing: bool,
}

/// Keeps what an event says of one of the group's alerts, and makes it an event of the group: where others still fire, a
/// recovery is only news. Nothing happens to an event without a group.
pub(super) fn hear(record: &mut Record, event: &mut IncidentEvent, now: Time) -> Heard {
    let Some(Membership { alert, .. }) = event.group.clone() else { return Heard::default() };
    if let Some(change) = &mut event.change {
        *change = format!("{}: {change}", event.incident.title);
    }
    match event.kind {
        Kind::Triggered | Kind::Acknowledged | Kind::Reopened => fires(record, &alert, event, now),
        Kind::Resolved => recovers(record, &alert, event, now),
        Kind::Updated => Heard::default(),
    }
}

fn fires(record: &mut Record, alert: &Key, event: &IncidentEvent, now: Time) -> Heard {
    let new = Member::of(alert, event, now);
    let full = record.alerts.len() >= MOST_MEMBERS;
    let Some(member) = record.alerts.iter_mut().find(|member| member.key == *alert) else {
        if full {
            record.further_reports = record.further_reports.saturating_add(1);
            return Heard::default();
        }
        record.alerts.push(new);
        return Heard { owed: true, ..Heard::default() };
    };
    let worse = new.severity.is_some_and(|level| member.severity.is_none_or(|before| level < before));
    if worse {
        member.severity = new.severity;
    }
    let again = member.over.is_some();
    if again {
        (member.over, member.began) = (None, new.began);
        member.times = member.times.saturating_add(1);
    }
    if again || worse {
        member.news = News::Unsaid;
    }
    Heard { owed: again || worse, flaps: again, nothing: false }
}

fn recovers(record: &mut Record, alert: &Key, event: &mut IncidentEvent, now: Time) -> Heard {
    let over = Some(group::happened(&event.incident.resolved_at, event, now));
    let full = record.alerts.len() >= MOST_MEMBERS;
    let postmortem = record.plan.workflow == Workflow::Postmortem;
    let mut heard = Heard::default();
    match record.alerts.iter_mut().find(|member| member.key == *alert) {
        Some(member) if member.over.is_some() => heard.nothing = true,
        Some(member) => {
            (member.over, member.news) = (over, News::Unsaid);
            heard.flaps = member.times > 1;
        }
        None if full => heard.nothing = true,
        // Of what it has never heard of it keeps that this is over: a firing that comes late starts nothing then.
        None => {
            // A postmortem is about those too of which only the end was reported.
            let news = if postmortem { News::Unsaid } else { News::None };
            heard.owed = postmortem;
            record.alerts.push(Member { over, news, ..Member::of(alert, event, now) });
            heard.nothing = !postmortem;
        }
    }
    if record.any_fires() {
        event.kind = Kind::Updated;
    } else {
        // Whether that is news to the group is for its own state to say.
        heard.nothing = false;
    }
    heard
}

/// Whether an event is of a firing that is over: it was sent before the recovery, and comes after it.
pub(super) fn fired_before_it_recovered(record: &Record, event: &IncidentEvent) -> bool {
    let Some(membership) = &event.group else { return news::fired_before_it_recovered(record, event) };
    let began = event.incident.started_at.as_deref().and_then(Time::from_rfc3339);
    let member = record.member(&membership.alert).filter(|member| member.over.is_some());
    event.kind == Kind::Triggered && matches!((began, member), (Some(began), Some(member)) if began == member.began)
}

/// Keeps what an event says of the group as a whole: the incident is shown as the worst of its alerts.
pub(super) fn learn(record: &mut Record, event: IncidentEvent) {
    let rank = |incident: &Incident| (!incident.goes_first(), incident.severity.unwrap_or(u8::MAX));
    let (known, new) = (&mut record.incident, event.incident);
    if event.kind != Kind::Resolved && rank(&new) < rank(known) {
        let started_at = known.started_at.take();
        *known = new;
        known.started_at = started_at.or(known.started_at.take());
    } else {
        known.status = new.status.or(known.status.take());
        known.resolved_at = new.resolved_at.filter(|_| event.kind == Kind::Resolved);
    }
}

/// When the session that a group wants is asked for: others of its alerts may be on their way. What goes first does not wait.
pub(super) fn begins(record: &Record, now: Time) -> Time {
    let waits = record.is_group() && !record.incident.goes_first();
    if waits { now.plus(Duration::from_secs(record.plan.group_wait_seconds)) } else { now }
}

/// What goes first has joined while the group waits for others.
pub(super) fn hurry(record: &mut Record, now: Time) {
    let hurries = record.is_group() && record.incident.goes_first() && !record.concluded;
    if let State::Waiting { not_before, admission: AdmissionState::Free, .. } = &mut record.state
        && hurries
    {
        *not_before = (*not_before).min(now);
    }
}

/// The session exists: what its prompt does not say of the alerts is to be said by a message. Most have theirs already; not
/// those that joined while it had failed, and nobody knew that there is a session.
pub(super) fn send_the_rest(record: &mut Record, now: Time) {
    if record.alerts.iter().any(|member| member.news == News::Unsaid) && news::unwritten(record).is_none() {
        news::tell(record, MessageKind::Update, news::gathered(now), true);
    }
}

/// When the session hears of it, in a message that takes in all that comes until then.
pub(super) fn told_by(record: &mut Record, heard: Heard, now: Time) -> Time {
    if heard.flaps { news::flapping(record, now) } else { news::gathered(now) }
}
