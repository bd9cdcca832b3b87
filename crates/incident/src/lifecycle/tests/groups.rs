//! Groups: many alerts, one incident.

use super::*;
use crate::event::Membership;
use crate::group::{MOST_MEMBERS, News};

fn group() -> Plan {
    Plan { group_wait_seconds: 60, ..triage() }
}

fn of(alert: &str, kind: Kind) -> IncidentEvent {
    let membership = Membership { alert: Key::new(Sender::Alert, &[alert, ""]).unwrap(), made_of: "service=a".into() };
    IncidentEvent {
        key: Key::group(&["service", "a"]),
        group: Some(membership),
        incident: Incident { title: alert.into(), severity: Some(2), ..Default::default() },
        ..event(Sender::Alert, kind, "")
    }
}

fn with_severity(alert: &str, severity: u8) -> IncidentEvent {
    let event = of(alert, Kind::Triggered);
    IncidentEvent { incident: Incident { severity: Some(severity), ..event.incident.clone() }, ..event }
}

fn started(events: &[IncidentEvent]) -> Record {
    let mut record = None;
    for event in events {
        record = take(record, event.clone(), Some(group()), NOW).0;
    }
    let mut record = record.unwrap();
    creating(&mut record, NOW);
    create_replied(&mut record, Ok(session("1")), NOW, 0.0);
    record
}

fn message_at(record: &Record) -> Option<Time> {
    next_message(record).map(|message| message.not_before)
}

#[test]
fn its_session_waits_for_the_others_and_names_them() {
    let (record, first) = taken(None, of("a", Kind::Triggered), group(), NOW);
    assert_eq!((first, begins(&record)), (Taken::Accepted, Some(NOW.plus(MINUTE))));
    let (record, second) = taken(Some(record), of("b", Kind::Triggered), group(), NOW.plus(SECOND));
    assert_eq!((second, begins(&record)), (Taken::FollowUp, Some(NOW.plus(MINUTE))));
    let (mut record, again) = taken(Some(record), of("b", Kind::Triggered), group(), NOW.plus(2 * SECOND));
    assert_eq!((again, record.alerts.len(), record.outbox.len()), (Taken::Duplicate, 2, 0));
    assert_eq!(due_for_session(&record, NOW.plus(MINUTE)), Step::Publish);
    published(&mut record, true, NOW, 0.0);
    assert_eq!(due_for_session(&record, NOW.plus(MINUTE)), Step::Create);
    assert_eq!(record.all_alerts().len(), 2);
    assert_eq!(record.titled().title, "a and 1 more");
}

#[test]
fn what_goes_first_never_waits() {
    let (record, _) = taken(None, with_severity("a", 0), group(), NOW);
    assert_eq!(begins(&record), Some(NOW));
    let (record, _) = taken(None, with_severity("a", 1), group(), NOW);
    let later = NOW.plus(20 * SECOND);
    let (record, _) = taken(Some(record), with_severity("b", 0), group(), later);
    assert_eq!((begins(&record), record.incident.severity), (Some(later), Some(0)));
    assert_eq!(record.titled().title, "b and 1 more");
}

#[test]
fn those_that_join_later_are_one_message_a_minute() {
    let mut record = started(&[of("a", Kind::Triggered)]);
    for (n, alert) in ["b", "c", "d"].into_iter().enumerate() {
        let at = NOW.plus(SECOND * u32::try_from(n).unwrap());
        let (next, joined) = taken(Some(record), of(alert, Kind::Triggered), group(), at);
        assert_eq!(joined, Taken::FollowUp);
        record = next;
    }
    let (mut record, recovered) = taken(Some(record), of("a", Kind::Resolved), group(), NOW.plus(5 * SECOND));
    assert_eq!((recovered, record.concluded, record.outbox.len()), (Taken::FollowUp, false, 1));
    assert_eq!(message_at(&record), Some(NOW.plus(MINUTE)));
    assert_eq!(record.new_alerts().len(), 4);
    sending(&mut record, "text", NOW.plus(MINUTE));
    assert_eq!(record.new_alerts().len(), 0);
    send_replied(&mut record, Err(Failure::Refused { status: 401, words: "no".into() }), NOW.plus(MINUTE), 0.0);
    assert_eq!(record.new_alerts().len(), 4, "none of it was read");
    assert!(replay(&mut record, NOW.plus(MINUTE)));
    message_look_up_replied(&mut record, Ok(false), NOW.plus(MINUTE), 0.0);
    sending(&mut record, "text", NOW.plus(MINUTE));
    send_replied(&mut record, Ok(()), NOW.plus(MINUTE), 0.0);
    assert!(record.outbox.is_empty() && record.alerts.iter().all(|member| member.news == News::None));
}

#[test]
fn it_is_over_when_all_are_and_begins_again_with_one() {
    let mut record = started(&[of("a", Kind::Triggered), of("b", Kind::Triggered)]);
    for (alert, over) in [("a", false), ("b", true)] {
        record = taken(Some(record), of(alert, Kind::Resolved), group(), NOW).0;
        assert_eq!(record.concluded, over);
    }
    let (record, again) = taken(Some(record), of("b", Kind::Resolved), group(), NOW);
    assert_eq!((again, record.seen), (Taken::Duplicate, 5));
    let (record, fires) = taken(Some(record), of("c", Kind::Triggered), group(), NOW.plus(HOUR));
    assert_eq!((fires, record.concluded, record.episode, record.outbox.len()), (Taken::FollowUp, false, 1, 1));
    let later = NOW.plus(HOUR * 2).plus(SECOND);
    let (record, fires) = taken(Some(record), of("a", Kind::Triggered), group(), later);
    assert_eq!((fires, record.episode, record.alerts.len()), (Taken::Accepted, 2, 1));
}

#[test]
fn a_member_that_flaps_is_a_handful_of_messages() {
    let mut record = started(&[of("a", Kind::Triggered), of("b", Kind::Triggered)]);
    let mut messages = 0;
    for minute in 0..60 {
        let now = NOW.plus(MINUTE * minute);
        let kind = if minute % 2 == 0 { Kind::Resolved } else { Kind::Triggered };
        record = taken(Some(record), of("a", kind), group(), now).0;
        if message_at(&record).is_some_and(|at| at <= now) {
            sending(&mut record, "text", now);
            send_replied(&mut record, Ok(()), now, 0.0);
            messages += 1;
        }
    }
    assert!((2..=7).contains(&messages), "{messages}");
    assert_eq!(record.alerts[0].times, 31);
}

#[test]
fn a_firing_that_comes_after_its_recovery_changes_nothing() {
    let at = |kind, begun: &str| {
        let event = of("a", kind);
        IncidentEvent { incident: Incident { started_at: Some(begun.into()), ..event.incident.clone() }, ..event }
    };
    let began = "2026-11-26T14:00:00Z";
    // The recovery of what it has never heard of, too.
    let record = started(&[of("b", Kind::Triggered)]);
    let (record, unknown) = taken(Some(record), at(Kind::Resolved, began), group(), NOW);
    let (record, late) = taken(Some(record), at(Kind::Triggered, began), group(), NOW);
    assert_eq!((unknown, late, record.outbox.len()), (Taken::Duplicate, Taken::Duplicate, 0));
    let (record, fires) = taken(Some(record), at(Kind::Triggered, "2026-11-26T14:05:00Z"), group(), NOW);
    assert_eq!((fires, record.any_fires()), (Taken::FollowUp, true));
}

#[test]
fn at_most_so_many_are_known_and_the_rest_is_counted() {
    let mut record = None;
    for n in 0..MOST_MEMBERS + 20 {
        let long = "\u{1f525}".repeat(500);
        let event = of(&n.to_string(), Kind::Triggered);
        let incident = Incident {
            title: format!("{n} {long}"),
            service: Some(long.clone()),
            url: Some(format!("https://{}", "x".repeat(280))),
            ..event.incident.clone()
        };
        record = take(record, IncidentEvent { incident, ..event }, Some(group()), NOW).0;
    }
    let mut record = record.unwrap();
    assert_eq!((record.alerts.len(), record.further_reports), (MOST_MEMBERS, 20));
    assert_eq!(record.all_alerts().last().unwrap(), "and 20 reports of other alerts, which are not listed");
    assert!(record.to_text().len() < crate::record::storage::MOST_BYTES);
    assert_eq!(record.alerts.len(), MOST_MEMBERS);
}

#[test]
fn a_group_whose_first_event_starts_nothing_is_kept() {
    let plan = Plan { workflow: Workflow::Postmortem, start_on: Kind::Resolved, ..group() };
    let (record, first) = taken(None, of("a", Kind::Triggered), plan.clone(), NOW);
    assert_eq!(first, Taken::Ignored(Reason::EventType));
    let (record, _) = taken(Some(record), of("b", Kind::Triggered), plan.clone(), NOW);
    let (record, first) = taken(Some(record), of("a", Kind::Resolved), plan.clone(), NOW);
    assert_eq!((first, &record.state), (Taken::Ignored(Reason::EventType), &State::Watching));
    let (record, last) = taken(Some(record), of("b", Kind::Resolved), plan, NOW);
    assert_eq!((last, record.all_alerts().len(), record.concluded), (Taken::Accepted, 2, true));
    assert_eq!(take(None, of("a", Kind::Resolved), Some(group()), NOW), (None, Taken::Ignored(Reason::Recovered)));
}

#[test]
fn a_postmortem_names_those_of_which_only_the_end_was_told() {
    let plan = Plan { workflow: Workflow::Postmortem, start_on: Kind::Resolved, ..group() };
    let (record, first) = taken(None, of("a", Kind::Resolved), plan.clone(), NOW);
    assert_eq!((first, begins(&record)), (Taken::Accepted, Some(NOW.plus(MINUTE))));
    let (mut record, second) = taken(Some(record), of("b", Kind::Resolved), plan.clone(), NOW);
    assert_eq!((second, record.all_alerts().len()), (Taken::FollowUp, 2));
    creating(&mut record, NOW);
    create_replied(&mut record, Ok(session("1")), NOW, 0.0);
    let (record, third) = taken(Some(record), of("c", Kind::Resolved), plan, NOW);
    assert_eq!((third, message_at(&record), record.new_alerts().len()), (Taken::FollowUp, Some(NOW.plus(MINUTE)), 1));
}
