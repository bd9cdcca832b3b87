//! What somebody does by hand: replays, and giving up.

use super::*;

#[test]
fn a_held_incident_is_let_go_by_a_replay() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    must_wait(&mut record, Admission::Held { until: NOW.plus(HOUR), why: Reason::Day }, NOW);
    assert_eq!(record.state_name(), "held");
    assert!(replay(&mut record, NOW));
    assert!(!replay(&mut record, NOW));
    published(&mut record, true, NOW, 0.0);
    assert_eq!((record.released, due(&record, NOW)), (true, Step::Create));
}

#[test]
fn what_waits_for_its_next_attempt_is_tried_at_once_where_that_is_safe() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    assert!(!replay(&mut record, NOW.plus(10 * SECOND)), "it is due anyway");
    create(&mut record, Err(Failure::Busy { after: Some(HOUR), words: "slow".into() }), NOW);
    assert_eq!(record.next_attempt(), Some(NOW.plus(HOUR)));
    assert!(replay(&mut record, NOW));
    assert!(!replay(&mut record, NOW));
    assert_eq!(record.next_attempt(), Some(NOW));
    // A session that may exist is not looked for before Devin's list can show it.
    create(&mut record, Err(unknown()), NOW);
    assert!(!replay(&mut record, NOW));
    let long = Failure::Busy { after: Some(HOUR), words: "slow".into() };
    look_up_replied(&mut record, Err(long), false, NOW, 0.0);
    assert!(replay(&mut record, NOW));
    assert_eq!(record.next_attempt(), Some(NOW.plus(SECOND)));
    assert!(!replay(&mut record, NOW.plus(ms(10))));
}

#[test]
fn what_somebody_gave_up_on_starts_nothing_until_its_next_occurrence_or_a_replay() {
    let (mut record, _) = taken(None, firing(), triage(), NOW);
    must_wait(&mut record, Admission::Held { until: NOW.plus(HOUR), why: Reason::Day }, NOW);
    assert!(give_up(&mut record, NOW));
    assert!(!give_up(&mut record, NOW));
    assert_eq!((record.state_name(), record.permit()), ("failed", PermitUse::None { in_line: false }));
    // The register's answer comes after that: nobody is asked.
    assert!(!creating(&mut record, NOW));
    let (record, what) = taken(Some(record), firing(), triage(), NOW.plus(10 * MINUTE));
    assert_eq!((what, &record.state), (Taken::Duplicate, &State::Failed));
    let (next, what) = taken(Some(record.clone()), firing(), triage(), NOW.plus(10 * MINUTE + ms(3_600_001)));
    assert_eq!((what, next.episode), (Taken::Accepted, 2));
    let mut again = record;
    assert!(replay(&mut again, NOW.plus(10 * MINUTE)));
    assert!(!again.abandoned);
}

#[test]
fn a_session_that_devin_may_only_now_be_creating_is_not_given_up_on() {
    let (mut record, _) = taken(None, firing(), triage(), NOW);
    assert!(!give_up(&mut Record { state: State::Started, ..record.clone() }, NOW), "there is nothing");
    creating(&mut record, NOW);
    assert!(!give_up(&mut record, NOW));
    create_replied(&mut record, Err(unknown()), NOW, 0.0);
    assert!(!give_up(&mut record, NOW.plus(5 * MINUTE)));
    let late = NOW.plus(5 * MINUTE + ms(1));
    assert!(give_up(&mut record, late));
    assert_eq!(record.permit(), PermitUse::Session(late));
    // It is looked for as often as after any unknown outcome before another one is created.
    assert!(replay(&mut record, late));
    for _ in 0..LOOKS {
        assert!(matches!(record.state, State::LookingUp { .. }));
        look_up_replied(&mut record, Ok(None), false, late, 0.0);
    }
    assert!(matches!(record.state, State::Waiting { .. }));
}

#[test]
fn messages_are_given_up_on_and_sent_after_all() {
    let record = started(firing(), triage());
    let (mut record, _) = taken(Some(record), event(Sender::Alert, Kind::Resolved, ""), triage(), NOW);
    sending(&mut record, "over", NOW);
    assert!(!give_up(&mut record, NOW), "it is under way");
    send_replied(&mut record, Err(Failure::Busy { after: Some(HOUR), words: "slow".into() }), NOW, 0.0);
    assert_eq!(record.next_attempt(), Some(NOW.plus(HOUR)));
    assert!(give_up(&mut record, NOW));
    assert_eq!((record.to_deliver(), record.next_attempt()), (0, None));
    assert!(replay(&mut record, NOW));
    assert_eq!(record.to_deliver(), 1);
}

#[test]
fn what_failed_and_recovered_starts_where_somebody_wants_it() {
    let (mut record, _) = taken(None, firing(), triage(), NOW);
    create(&mut record, Err(Failure::Refused { status: 401, words: "no".into() }), NOW);
    let (mut record, what) = taken(Some(record), over(), triage(), NOW.plus(SECOND));
    assert_eq!(what, Taken::Ignored(Reason::Recovered));
    assert!(replay(&mut record, NOW.plus(MINUTE)));
    look_up_replied(&mut record, Ok(None), false, NOW.plus(MINUTE), 0.0);
    assert_eq!(record.state_name(), "waiting");
}
