//! Messages to a session: what they say, when they go, and to which session.

use super::*;

#[test]
fn notes_wait_for_the_session_and_go_with_it() {
    let note = IncidentEvent { change: Some("Note: a".into()), ..pagerduty(Kind::Updated, "n") };
    let (record, what) = taken(None, note, on(Kind::Resolved), NOW);
    assert_eq!(what, Taken::Ignored(Reason::EventType));
    let (mut record, what) = taken(Some(record), pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    assert_eq!((what, record.changes.len()), (Taken::Accepted, 1));
    creating(&mut record, NOW);
    record.keep_change("came while Devin was asked");
    create_replied(&mut record, Ok(session("s")), NOW, 0.0);
    assert_eq!(record.changes, ["came while Devin was asked"]);
}

#[test]
fn acknowledged_begins_and_resolved_sends_one_message() {
    let plan = on(Kind::Acknowledged);
    let record = started(pagerduty(Kind::Acknowledged, "a"), plan.clone());
    assert_eq!(record.initial_task, InitialTask::Investigate);
    let (record, what) = taken(Some(record), pagerduty(Kind::Acknowledged, "a2"), plan.clone(), NOW);
    assert_eq!(what, Taken::Duplicate);
    let (mut record, what) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan.clone(), NOW);
    assert_eq!(what, Taken::FollowUp);
    let (_, again) = taken(Some(record.clone()), pagerduty(Kind::Resolved, "r2"), plan, NOW);
    assert_eq!(again, Taken::Duplicate);
    published(&mut record, true, NOW, 0.0);
    assert_eq!(
        due_for_session(&record, NOW),
        Step::Wait(NOW.plus(10 * SECOND)),
        "the resolution note is still to come"
    );
    let now = NOW.plus(10 * SECOND);
    assert_eq!(due(&record, now), Step::Send);
    arrive(&mut record, now);
    assert_eq!(due(&record, now), Step::Notify(Target::Pagerduty), "people come last");
    notices::only(&mut record, &[]);
    assert_eq!(due(&record, now), Step::Rest);
}

fn note(id: &str, text: &str) -> IncidentEvent {
    IncidentEvent { change: Some(text.to_owned()), ..pagerduty(Kind::Updated, id) }
}

#[test]
fn the_resolution_note_is_in_the_text_that_tells_of_the_end() {
    let (record, _) = taken(None, pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    let (mut record, _) = taken(Some(record), note("n", "turned it off"), on(Kind::Resolved), NOW.plus(ms(300)));
    published(&mut record, true, NOW, 0.0);
    assert_eq!(due(&record, NOW), Step::Wait(NOW.plus(10 * SECOND)));
    create(&mut record, Ok(session("s")), NOW.plus(10 * SECOND));
    assert_eq!((record.changes.len(), record.outbox.len()), (0, 0), "the prompt has it");

    let record = started(pagerduty(Kind::Acknowledged, "a"), on(Kind::Acknowledged));
    let (record, _) = taken(Some(record), note("before", "looking"), on(Kind::Acknowledged), NOW);
    assert_eq!(next(&record, NOW), None, "before the end it waits for the end");
    let (record, _) = taken(Some(record), pagerduty(Kind::Resolved, "r"), on(Kind::Acknowledged), NOW);
    let (record, _) = taken(Some(record), note("n", "turned it off"), on(Kind::Acknowledged), NOW.plus(ms(9_000)));
    assert_eq!((next(&record, NOW), record.outbox.len()), (Some((10, MessageKind::Finalize)), 1));
    assert_eq!(record.changes, ["looking", "turned it off"]);
}

#[test]
fn what_comes_later_gathers_for_a_minute() {
    let plan = on(Kind::Resolved);
    let record = started(pagerduty(Kind::Resolved, "r"), plan.clone());
    let (record, what) = taken(Some(record), note("1", "one"), plan.clone(), NOW);
    assert_eq!((what, next(&record, NOW)), (Taken::FollowUp, Some((60, MessageKind::Update))));
    let (mut record, _) = taken(Some(record), note("2", "two"), plan.clone(), NOW.plus(59 * SECOND));
    assert_eq!((next(&record, NOW), record.outbox.len()), (Some((60, MessageKind::Update)), 1));
    let now = NOW.plus(MINUTE);
    sending(&mut record, "one, two", now);
    let (mut record, _) = taken(Some(record), note("3", "three"), plan.clone(), now);
    send_replied(&mut record, Ok(()), now, 0.0);
    assert_eq!(
        (record.changes.clone(), next(&record, now)),
        (vec!["three".to_owned()], Some((60, MessageKind::Update)))
    );
    // A late note is worth no other session.
    sending(&mut record, "three", now);
    send_replied(&mut record, Err(Failure::Refused { status: 404, words: "gone".into() }), now, 0.0);
    assert_eq!((record.state.clone(), record.outbox.len(), record.changes.len()), (State::Started, 0, 1));
}

#[test]
fn messages_that_fail_do_not_pile_up() {
    let plan = on(Kind::Resolved);
    let mut record = started(pagerduty(Kind::Resolved, "r"), plan.clone());
    for n in 0..50 {
        (record, _) = taken(Some(record), note(&n.to_string(), &format!("note {n}")), plan.clone(), NOW);
        sending(&mut record, "text", NOW);
        send_replied(&mut record, Err(Failure::Refused { status: 401, words: "no".into() }), NOW, 0.0);
    }
    assert_eq!((record.outbox.len(), record.changes.len()), (1, 50));
}

#[test]
fn what_happens_before_the_end_is_kept_where_sessions_start_at_the_end() {
    let acknowledged = IncidentEvent { change: Some("acknowledged".into()), ..pagerduty(Kind::Acknowledged, "a") };
    let (record, what) = taken(None, acknowledged, on(Kind::Resolved), NOW);
    assert_eq!((what, record.reason()), (Taken::Ignored(Reason::EventType), Some(Reason::EventType)));
    let (record, _) = taken(Some(record), pagerduty(Kind::Resolved, "r"), on(Kind::Resolved), NOW);
    assert_eq!(record.changes, ["acknowledged"]);
    let mut record = record;
    for n in 0..1_000 {
        (record, _) = taken(Some(record), note(&n.to_string(), &"x".repeat(5_000)), on(Kind::Resolved), NOW);
    }
    assert!(record.to_text().len() < 64 * 1024, "{}", record.to_text().len());
}

fn fires(severity: u8) -> IncidentEvent {
    let incident = Incident { severity: Some(severity), ..firing().incident };
    IncidentEvent { incident, ..firing() }
}

#[test]
fn what_got_worse_reaches_the_session_once_for_each_level() {
    let mut record = started(fires(2), triage());
    for (severity, told) in
        [(2, None), (3, None), (1, Some(0)), (2, None), (1, None), (0, Some(0)), (3, None), (0, None)]
    {
        let (next_record, what) = taken(Some(record), fires(severity), triage(), NOW);
        record = next_record;
        let expected = if told.is_some() { Taken::FollowUp } else { Taken::Duplicate };
        assert_eq!((what, next(&record, NOW).map(|(after, _)| after)), (expected, told), "Sev {severity}");
        if told.is_some() {
            assert!(record.changes[0].ends_with(&format!("to Sev {severity}")), "{:?}", record.changes);
            arrive(&mut record, NOW);
        }
    }
    // Worse than before, and the session takes no message: that is worth another one.
    let (mut record, _) = taken(Some(started(fires(2), triage())), fires(0), triage(), NOW);
    sending(&mut record, "text", NOW);
    send_replied(&mut record, Err(Failure::Refused { status: 404, words: "gone".into() }), NOW, 0.0);
    assert_eq!((record.session_untried(), record.previous.clone()), (true, Some(session("devin-1"))));
}

#[test]
fn a_priority_that_changes_reaches_a_session_that_investigates() {
    let of = |id: &str, priority: &str| {
        let mut event = note(id, &format!("priority is now {priority}"));
        event.incident.priority = Some(priority.to_owned());
        event
    };
    let plan = on(Kind::Acknowledged);
    let mut first = pagerduty(Kind::Acknowledged, "a");
    first.incident.priority = Some("P3".into());
    let record = started(first, plan.clone());
    let (record, what) = taken(Some(record), of("1", "P1"), plan.clone(), NOW);
    assert_eq!((what, next(&record, NOW)), (Taken::FollowUp, Some((60, MessageKind::Update))));
    assert_eq!(record.changes, ["priority is now P1"]);
    let (record, _) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan, NOW);
    assert_eq!((next(&record, NOW), record.outbox.len()), (Some((10, MessageKind::Finalize)), 1));
}

#[test]
fn reopened_and_resolved_again_sends_one_more_message() {
    let plan = on(Kind::Resolved);
    let record = started(pagerduty(Kind::Resolved, "r"), plan.clone());
    let (record, what) = taken(Some(record), pagerduty(Kind::Reopened, "o"), plan.clone(), NOW);
    assert_eq!(what, Taken::FollowUp);
    let (record, what) = taken(Some(record), pagerduty(Kind::Resolved, "r2"), plan.clone(), NOW);
    assert_eq!((what, record.outbox.len()), (Taken::FollowUp, 1));
    assert_eq!(record.outbox[0].kind, MessageKind::Update);
    let (_, what) = taken(Some(record), pagerduty(Kind::Resolved, "r3"), plan, NOW);
    assert_eq!(what, Taken::Duplicate);
}

#[test]
fn a_dead_session_is_followed_by_one_with_the_whole_task() {
    let plan = on(Kind::Acknowledged);
    let record = started(pagerduty(Kind::Acknowledged, "a"), plan.clone());
    let first_mark = record.correlation_id();
    let (mut record, _) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan, NOW);
    sending(&mut record, "text", NOW);
    send_replied(&mut record, Err(Failure::Refused { status: 404, words: "gone".into() }), NOW, 0.0);
    assert_eq!(record.previous, Some(session("devin-1")));
    assert_eq!((record.initial_task, record.outbox.len()), (InitialTask::Full, 0));
    assert!(record.session_untried());
    assert_ne!(record.correlation_id(), first_mark);
}

#[test]
fn of_many_messages_that_never_got_through_the_one_on_its_way_is_not_dropped() {
    let mut record = started(firing(), triage());
    for episode in 1..=30_u32 {
        let over = NOW.plus(episode * 7_300 * SECOND);
        let resolved = IncidentEvent { kind: Kind::Resolved, ..firing() };
        record = taken(Some(record), resolved, triage(), over).0;
        assert!(record.outbox.len() <= MOST_MESSAGES, "{episode}");
        let again = over.plus(3_601 * SECOND);
        record = taken(Some(record), firing(), triage(), again).0;
        assert_eq!(record.outbox.len(), MOST_MESSAGES.min(usize::try_from(episode).unwrap()));
        if episode == 1 {
            sending(&mut record, "text", again);
        }
        (record.state, record.session) = (State::Started, Some(session("devin-2")));
    }
    let numbers = |record: &Record| record.outbox.iter().map(|message| message.number).collect::<Vec<_>>();
    assert_eq!((record.outbox[0].number, record.outbox[0].delivery), (1, Delivery::Sending));
    let others = numbers(&record)[1..].to_vec();
    send_replied(&mut record, Ok(()), NOW.plus(300_000 * SECOND), 0.0);
    assert_eq!(numbers(&record), others);
}

#[test]
fn a_successor_that_is_not_needed_any_more_leaves_the_first_session_in_its_place() {
    let mut record = started(firing(), triage());
    let (record2, _) = taken(Some(record), over(), triage(), NOW.plus(MINUTE));
    (record, _) = taken(Some(record2), firing(), triage(), NOW.plus(2 * MINUTE));
    sending(&mut record, "it fires again", NOW.plus(3 * MINUTE));
    send_replied(&mut record, Err(Failure::Refused { status: 404, words: "gone".into() }), NOW.plus(3 * MINUTE), 0.0);
    assert_eq!((record.state_name(), record.attempt), ("waiting", 2));
    let (record, what) = taken(Some(record), over(), triage(), NOW.plus(4 * MINUTE));
    assert_eq!(what, Taken::Ignored(Reason::RecoveredFirst));
    assert_eq!((record.state_name(), record.attempt, record.session), ("started", 1, Some(session("devin-1"))));
    let former = record.former.last().unwrap();
    assert_eq!(former.permit, PermitUse::None { in_line: false });
    assert!(former.id.ends_with(".2"), "{}", former.id);
}
