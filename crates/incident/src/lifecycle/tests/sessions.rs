//! The session: the permit, the create, and the look for one that may exist.

use super::*;

#[test]
fn a_resolved_incident_wants_one_session_whatever_is_repeated() {
    let (record, first) = taken(None, pagerduty(Kind::Resolved, "e1"), on(Kind::Resolved), NOW);
    assert_eq!(first, Taken::Accepted);
    // The permit is asked for when the last words have come, and the list knows it with that.
    assert_eq!(due(&record, NOW), Step::Wait(NOW.plus(ms(10_000))));
    assert_eq!(due(&record, NOW.plus(ms(10_000))), Step::Create);
    for id in ["e1", "e2", ""] {
        let (record, again) = taken(Some(record.clone()), pagerduty(Kind::Resolved, id), on(Kind::Resolved), NOW);
        assert_eq!((again, record.seen), (Taken::Duplicate, 2));
    }
    let record = started(pagerduty(Kind::Resolved, "e1"), on(Kind::Resolved));
    let (record, again) = taken(Some(record), pagerduty(Kind::Resolved, "e2"), on(Kind::Resolved), NOW);
    assert_eq!(again, Taken::Duplicate);
    assert!(record.outbox.is_empty());
}

#[test]
fn what_starts_nothing_leaves_nothing() {
    let (record, what) = take(None, pagerduty(Kind::Triggered, "e"), Some(on(Kind::Acknowledged)), NOW);
    assert_eq!((record, what), (None, Taken::Ignored(Reason::EventType)));
    let (record, what) = take(None, event(Sender::Alert, Kind::Resolved, ""), Some(triage()), NOW);
    assert_eq!((record, what), (None, Taken::Ignored(Reason::Recovered)));
}

#[test]
fn resolved_before_the_first_attempt_asks_for_the_whole_postmortem_at_once() {
    let plan = on(Kind::Acknowledged);
    let (record, _) = taken(None, pagerduty(Kind::Acknowledged, "a"), plan.clone(), NOW);
    let (record, what) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan, NOW);
    assert_eq!((what, record.initial_task, record.outbox.len()), (Taken::FollowUp, InitialTask::Full, 0));
}

#[test]
fn an_unknown_outcome_is_looked_up_several_times_before_it_is_tried_again() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    create(&mut record, Err(unknown()), NOW);
    let mut now = NOW;
    for _ in 0..LOOKS {
        let Step::Wait(until) = due(&record, now) else { panic!("{:?}", record.state) };
        now = until;
        assert_eq!(due(&record, now), Step::LookUp);
        look_up_replied(&mut record, Ok(None), false, now, 0.0);
        published(&mut record, true, now, 0.0);
    }
    let Step::Wait(until) = due(&record, now) else { panic!("{:?}", record.state) };
    assert_eq!(due(&record, until), Step::Create);
    create(&mut record, Err(unknown()), until);
    look_up_replied(&mut record, Ok(Some(session("found"))), false, until, 0.0);
    assert_eq!(record.session, Some(session("found")));
}

#[test]
fn a_crash_during_the_call_is_an_unknown_outcome() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    creating(&mut record, NOW);
    interrupted(&mut record, NOW);
    published(&mut record, true, NOW, 0.0);
    assert_eq!(due(&record, NOW), Step::LookUp);
}

#[test]
fn busy_is_tried_again_after_the_wait_it_asks_for() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    create(&mut record, Err(Failure::Busy { after: Some(ms(7_000)), words: "slow".into() }), NOW);
    assert_eq!(due(&record, NOW), Step::Wait(NOW.plus(ms(7_000))));
    assert_eq!(due(&record, NOW.plus(ms(7_000))), Step::Create);
    // "At once" is no reason to ask again and again without a pause.
    create(&mut record, Err(Failure::Busy { after: Some(ms(0)), words: "slow".into() }), NOW.plus(ms(7_000)));
    assert_eq!(due(&record, NOW.plus(ms(7_000))), Step::Wait(NOW.plus(ms(8_000))));
}

#[test]
fn pauses_grow_to_ten_minutes_and_everything_ends_after_two_days() {
    assert_eq!((1..=4).map(|times| backoff(times, 0.0)).collect::<Vec<_>>(), [1, 2, 4, 8].map(Duration::from_secs));
    assert_eq!(backoff(1, 1.0), ms(1_250));
    assert!(backoff(u32::MAX, 0.999_999) <= LONGEST_PAUSE);
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    let busy = || Failure::Busy { after: None, words: "slow".into() };
    create(&mut record, Err(busy()), NOW);
    create(&mut record, Err(busy()), NOW.plus(GIVE_UP_AFTER));
    assert!(matches!(record.state, State::Waiting { .. }));
    create(&mut record, Err(busy()), NOW.plus(GIVE_UP_AFTER + ms(1)));
    assert_eq!(record.state, State::Failed);
    assert!(record.error.unwrap().contains("48 hours"));
}

#[test]
fn a_refusal_is_final_until_somebody_asks_for_a_replay() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    create(&mut record, Err(Failure::Refused { status: 401, words: "bad key".into() }), NOW);
    assert_eq!((record.state.clone(), record.notices.len()), (State::Failed, Target::ALL.len()), "people hear of it");
    record.notices.clear();
    assert_eq!(due(&record, NOW), Step::Rest);
    assert!(replay(&mut record, NOW));
    assert!(!replay(&mut record, NOW));
    published(&mut record, true, NOW, 0.0);
    assert_eq!(due(&record, NOW), Step::LookUp);
    look_up_replied(&mut record, Ok(None), false, NOW, 0.0);
    assert!(record.session_untried());
}

#[test]
fn a_look_that_comes_late_waits_by_a_timer_because_its_clock_may_have_been_set_forward() {
    let late = NOW.plus(HOUR);
    let pauses = [0, 1, 2, 9].map(|looks| before_look(NOW, looks, late).as_secs());
    assert_eq!(pauses, [1, 3, 8, 1]);
    for on_time in [NOW, NOW.minus(HOUR), NOW.plus(10 * SECOND)] {
        assert_eq!(before_look(NOW, 2, on_time), Duration::ZERO);
    }
}

#[test]
fn what_devin_refused_is_no_session_because_nobody_could_look_for_it_afterwards() {
    let refused = |words: &str| Failure::Refused { status: 401, words: words.into() };
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    create(&mut record, Err(refused("bad key")), NOW);
    for _ in 0..2 {
        assert!(replay(&mut record, NOW));
        look_up_replied(&mut record, Err(refused("bad key")), false, NOW, 0.0);
        assert_eq!((&record.state, record.permit()), (&State::Failed, PermitUse::None { in_line: false }));
        assert_eq!(record.error.as_deref(), Some("looking for it was refused: bad key"));
    }

    // Where no answer came there may be one, however often it could not be looked for.
    let unanswered: [fn(&mut Record); 2] = [
        |record| create(record, Err(Failure::Unknown { words: "lost".into() }), NOW),
        |record| {
            creating(record, NOW);
            interrupted(record, NOW);
        },
    ];
    for happens in unanswered {
        let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
        happens(&mut record);
        look_up_replied(&mut record, Err(refused("bad key")), false, NOW, 0.0);
        assert!(replay(&mut record, NOW));
        look_up_replied(&mut record, Err(refused("bad key")), false, NOW, 0.0);
        assert_eq!((&record.state, record.permit()), (&State::Failed, PermitUse::Session(NOW)));
        // Once it was looked for in vain, there is none.
        assert!(replay(&mut record, NOW));
        for _ in 0..LOOKS {
            look_up_replied(&mut record, Ok(None), false, NOW, 0.0);
        }
        assert!(record.session_untried() && !record.may_exist);
    }
}

#[test]
fn a_refused_look_up_is_final_unless_devin_recognises_a_repeat() {
    let refused = || Err(Failure::Refused { status: 403, words: "no".into() });
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    create(&mut record, Err(unknown()), NOW);
    let mut v1 = record.clone();
    look_up_replied(&mut record, refused(), false, NOW, 0.0);
    assert_eq!(record.state, State::Failed);
    look_up_replied(&mut v1, refused(), true, NOW, 0.0);
    assert!(matches!(v1.state, State::Waiting { .. }));
}

#[test]
fn a_failed_beginning_is_looked_for_and_then_replaced_by_the_whole_task() {
    let plan = on(Kind::Acknowledged);
    let (mut record, _) = taken(None, pagerduty(Kind::Acknowledged, "a"), plan.clone(), NOW);
    create(&mut record, Err(Failure::Refused { status: 401, words: "bad key".into() }), NOW);
    let (record, what) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan, NOW);
    assert_eq!(what, Taken::Accepted);
    let mut found = record.clone();
    look_up_replied(&mut found, Ok(Some(session("s"))), false, NOW, 0.0);
    assert_eq!((found.initial_task, found.outbox.len()), (InitialTask::Investigate, 1));
    let mut absent = record;
    look_up_replied(&mut absent, Ok(None), false, NOW, 0.0);
    assert_eq!((absent.initial_task, absent.outbox.len()), (InitialTask::Full, 0));
}

#[test]
fn a_route_that_changes_makes_no_triage_of_what_is_over() {
    let (record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    let approved = Plan { approve: true, ..on(Kind::Resolved) };
    for plan in [triage(), approved] {
        let (record, _) = taken(Some(record.clone()), pagerduty(Kind::Resolved, "again"), plan, NOW);
        assert_eq!((record.plan.workflow, record.plan.approve), (Workflow::Postmortem, false));
        assert_eq!(record.state_name(), "waiting");
    }
}

#[test]
fn a_register_whose_clock_is_behind_is_not_asked_again_and_again() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    must_wait(&mut record, Admission::Queued { ahead: 3, until: NOW.minus(HOUR) }, NOW);
    published(&mut record, true, NOW, 0.0);
    assert_eq!(due_for_session(&record, NOW), Step::Wait(NOW.plus(SECOND)));
}

#[test]
fn the_list_hears_of_each_attempt_that_failed() {
    let (mut record, _) = taken(None, firing(), triage(), NOW);
    let listed = |record: &mut Record, what: &str| {
        assert!(record.unpublished.is_some(), "{what} is not published");
        published(record, true, NOW, 0.0);
        let line = record.line();
        assert!(line.error.is_some(), "{what}");
        line.next_attempt
    };
    published(&mut record, true, NOW, 0.0);
    creating(&mut record, NOW);
    create_replied(&mut record, Err(unknown()), NOW, 0.0);
    let first = listed(&mut record, "an unknown outcome");
    look_up_replied(&mut record, Err(unknown()), false, NOW.plus(SECOND), 0.0);
    let second = listed(&mut record, "a look-up without an answer");
    look_up_replied(&mut record, Ok(None), false, NOW.plus(MINUTE), 0.0);
    let third = listed(&mut record, "a look-up that found nothing yet");
    assert!(first < second && second < third, "{first:?} {second:?} {third:?}");
    assert!(record.timeline.iter().any(|entry| entry.what == "looked for: not there yet"));
}

#[test]
fn after_a_timeout_devin_gets_more_time_before_it_is_asked_again() {
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    creating(&mut record, NOW);
    let mut now = NOW.plus(MINUTE);
    create_replied(&mut record, Err(unknown()), now, 0.0);
    published(&mut record, true, now, 0.0);
    for _ in 0..LOOKS {
        let Step::Wait(until) = due(&record, now) else { panic!("{:?}", record.state) };
        now = until;
        look_up_replied(&mut record, Ok(None), false, now, 0.0);
        published(&mut record, true, now, 0.0);
    }
    assert!(now.since(NOW) > 3 * MINUTE);
}

#[test]
fn what_recovers_before_devin_was_asked_gets_no_session() {
    let (record, _) = taken(None, firing(), triage(), NOW);
    let (record, what) = taken(Some(record), over(), triage(), NOW.plus(SECOND));
    assert_eq!(what, Taken::Ignored(Reason::RecoveredFirst));
    assert_eq!((record.state_name(), record.reason()), ("ignored", Some(Reason::RecoveredFirst)));
    assert_eq!(record.permit(), PermitUse::None { in_line: false }, "its place goes to the next");
    assert_eq!(due_for_session(&Record { unpublished: None, ..record.clone() }, NOW.plus(HOUR)), Step::Rest);
    // Within the window it is the same incident, which is said to have recovered; later another.
    let (again, what) = taken(Some(record.clone()), firing(), triage(), NOW.plus(MINUTE));
    assert_eq!((what, again.episode, again.state_name()), (Taken::Accepted, 1, "waiting"));
    assert!(again.changes[0].contains("fires again, episode 2"), "{:?}", again.changes);
    let (later, what) = taken(Some(record), firing(), triage(), NOW.plus(2 * HOUR));
    assert_eq!((what, later.episode, later.changes.len()), (Taken::Accepted, 2, 0));
}

#[test]
fn what_recovers_while_nobody_knows_is_not_asked_for_again() {
    let (mut record, _) = taken(None, firing(), triage(), NOW);
    create(&mut record, Err(unknown()), NOW);
    let (mut record, what) = taken(Some(record), over(), triage(), NOW.plus(SECOND));
    assert_eq!(what, Taken::FollowUp, "a session may exist, and is to hear of it");
    for look in 1..=LOOKS {
        look_up_replied(&mut record, Ok(None), false, NOW.plus(look * MINUTE), 0.0);
    }
    assert_eq!((record.reason(), record.outbox.len()), (Some(Reason::RecoveredFirst), 0));
    // Devin was busy: it has done nothing.
    let (mut record, _) = taken(None, firing(), triage(), NOW);
    creating(&mut record, NOW);
    let (mut record, _) = taken(Some(record), over(), triage(), NOW.plus(SECOND));
    create_replied(&mut record, Err(Failure::Busy { after: None, words: "busy".into() }), NOW.plus(SECOND), 0.0);
    assert_eq!(record.reason(), Some(Reason::RecoveredFirst));
}

#[test]
fn a_session_that_is_found_late_counts_as_of_when_it_was_made() {
    let found = |record: &mut Record, now: Time| look_up_replied(record, Ok(Some(session("s-1"))), false, now, 0.0);
    let counts_from = |record: &Record| match record.permit() {
        PermitUse::Session(at) => at,
        other => panic!("{other:?}"),
    };
    let later = NOW.plus(6 * MINUTE);
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    create(&mut record, Err(unknown()), NOW);
    let mut soon = record.clone();
    found(&mut soon, NOW.plus(SECOND));
    assert_eq!(counts_from(&soon), NOW.plus(SECOND));
    found(&mut record, later);
    assert_eq!(counts_from(&record), NOW.plus(MINUTE));

    // The look after a failure begins with the incident, but it may have been made by the last attempt of days.
    let (mut record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    let failed = NOW.plus(24 * HOUR);
    create(&mut record, Err(Failure::Refused { status: 401, words: "bad key".into() }), failed);
    assert!(replay(&mut record, failed.plus(6 * HOUR)));
    found(&mut record, failed.plus(7 * HOUR));
    assert_eq!(counts_from(&record), failed.plus(MINUTE));
}
