//! Alerts that repeat, flap, recover and fire again.

use super::*;

#[test]
fn an_alert_that_repeats_in_its_window_is_the_same_and_later_a_new_one() {
    let record = started(firing(), triage());
    let soon = NOW.plus(ms(3_000_000));
    let (record, what) = taken(Some(record), firing(), triage(), soon);
    assert_eq!((what, record.episode), (Taken::Duplicate, 1));
    // The window slides: what counts is the last firing.
    let (record, what) = taken(Some(record), firing(), triage(), soon.plus(ms(3_000_000)));
    assert_eq!((what, record.seen), (Taken::Duplicate, 3));
    let (record, what) = taken(Some(record), firing(), triage(), soon.plus(ms(3_000_000 + 3_600_001)));
    assert_eq!((what, record.episode, record.name().ends_with(".2")), (Taken::Accepted, 2, true));
}

#[test]
fn a_recovery_tells_the_session_once() {
    let recovered = || event(Sender::Alert, Kind::Resolved, "");
    let record = started(firing(), triage());
    let (record, what) = taken(Some(record), recovered(), triage(), NOW);
    assert_eq!((what, record.outbox.len()), (Taken::FollowUp, 1));
    let (record, what) = taken(Some(record), recovered(), triage(), NOW);
    assert_eq!((what, record.outbox.len()), (Taken::Duplicate, 1));
}

/// An alert of this kind at this many seconds.
fn flap(record: Record, kind: Kind, at: u64) -> Record {
    let (record, what) =
        taken(Some(record), event(Sender::Alert, kind, ""), triage(), NOW.plus(Duration::from_secs(at)));
    assert_eq!((what, record.episode), (Taken::FollowUp, 1));
    record
}

#[test]
fn an_alert_that_flaps_is_one_incident_and_an_hour_of_it_a_handful_of_messages() {
    let mut record = started(firing(), triage());
    let (mut messages, mut told) = (0, 0);
    for second in (1..=3_600_u64).step_by(10) {
        record = flap(record, if second % 20 == 1 { Kind::Resolved } else { Kind::Triggered }, second);
        let now = NOW.plus(Duration::from_secs(second));
        if next_message(&record).is_some_and(|message| message.not_before <= now) {
            let kind = next_message(&record).map(|message| message.kind);
            assert_eq!(kind == Some(MessageKind::Recovered), record.concluded, "it says how the alert stands");
            told += record.changes.len();
            messages += 1;
            arrive(&mut record, now);
        }
    }
    assert!((5..=8).contains(&messages), "{messages}");
    assert!(told > 100, "{told}");
    assert_eq!(record.episodes, 180);
}

#[test]
fn a_session_hears_that_its_alert_fires_again_and_how_often() {
    let mut record = flap(started(firing(), triage()), Kind::Resolved, 0);
    assert_eq!(next(&record, NOW), Some((0, MessageKind::Recovered)));
    arrive(&mut record, NOW);
    let record = flap(record, Kind::Triggered, 600);
    assert_eq!(next(&record, NOW), Some((660, MessageKind::Update)));
    assert_eq!(record.changes, ["09:03:20Z fires again, episode 2"]);
    let mut lost = record.clone();
    let record = flap(record, Kind::Resolved, 620);
    assert_eq!((next(&record, NOW), record.outbox.len()), (Some((660, MessageKind::Recovered)), 1));
    // A session that can take no more has a successor, as long as the alert fires.
    sending(&mut lost, "text", NOW);
    send_replied(&mut lost, Err(Failure::Refused { status: 404, words: "gone".into() }), NOW, 0.0);
    assert_eq!(
        (lost.session_untried(), lost.previous.clone(), lost.changes.len()),
        (true, Some(session("devin-1")), 1)
    );
}

#[test]
fn the_window_begins_with_the_recovery_too() {
    let record = flap(started(firing(), triage()), Kind::Resolved, 3_000);
    let (_, what) = taken(Some(record.clone()), firing(), triage(), NOW.plus(6_600 * SECOND));
    assert_eq!(what, Taken::FollowUp);
    let (next, what) = taken(Some(record), firing(), triage(), NOW.plus(6_601 * SECOND));
    assert_eq!((what, next.episode), (Taken::Accepted, 2));
}

#[test]
fn a_firing_that_comes_after_its_own_recovery_starts_nothing() {
    let fired = || {
        let started_at = Some("2026-05-04T10:00:00Z".to_owned());
        IncidentEvent { incident: Incident { started_at, ..firing().incident }, ..firing() }
    };
    let over = Incident { resolved_at: Some("2026-05-04T10:05:00Z".into()), ..fired().incident };
    let record = started(fired(), triage());
    let (record, _) =
        taken(Some(record), IncidentEvent { kind: Kind::Resolved, incident: over, ..fired() }, triage(), NOW);
    let (record, what) = taken(Some(record), fired(), triage(), NOW);
    assert_eq!((what, record.concluded, record.outbox.len()), (Taken::Duplicate, true, 1));
}

#[test]
fn an_alert_that_fires_again_later_does_not_silence_what_was_promised() {
    let record = flap(started(firing(), triage()), Kind::Resolved, 0);
    let later = NOW.plus(3_601 * SECOND);
    let (mut record, what) = taken(Some(record), firing(), triage(), later);
    assert_eq!((what, record.episode), (Taken::Accepted, 2));
    published(&mut record, true, later, 0.0);
    assert_eq!(due(&record, later), Step::Send);
    assert_eq!(
        record.outbox[0].prior_session.as_ref().map(|prior_session| prior_session.session.clone()),
        Some(session("devin-1"))
    );
    sending(&mut record, "text", later);
    send_replied(&mut record, Err(Failure::Refused { status: 404, words: "gone".into() }), later, 0.0);
    assert_eq!((record.outbox.len(), due(&record, later)), (0, Step::Create));
}

#[test]
fn what_a_route_ignores_still_ends_what_was_begun() {
    let plan = on(Kind::Acknowledged);
    let (none, what) = take(None, pagerduty(Kind::Resolved, "r"), None, NOW);
    assert_eq!((none, what), (None, Taken::Ignored(Reason::Route)));
    let record = started(pagerduty(Kind::Acknowledged, "a"), plan);
    let (record, what) = take(Some(record), pagerduty(Kind::Resolved, "r"), None, NOW);
    assert_eq!((what, record.unwrap().outbox.len()), (Taken::FollowUp, 1));
}

#[test]
fn a_route_can_wait_for_several_occurrences() {
    let plan = || Plan { min_occurrences: 3, window_seconds: 60, ..triage() };
    let (record, what) = taken(None, firing(), plan(), NOW);
    assert_eq!(what, Taken::Ignored(Reason::Occurrences));
    let (record, _) = taken(Some(record), firing(), plan(), NOW.plus(ms(61_000)));
    let (record, what) = taken(Some(record), firing(), plan(), NOW.plus(ms(62_000)));
    assert_eq!(what, Taken::Ignored(Reason::Occurrences));
    let (_, what) = taken(Some(record), firing(), plan(), NOW.plus(ms(63_000)));
    assert_eq!(what, Taken::Accepted);
}
