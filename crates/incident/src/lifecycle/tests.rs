mod groups;

use super::outcome::Reported;
use super::*;
use crate::admission::{Admission, PermitUse};
use crate::event::Incident;
use crate::event::{IncidentEvent, Kind, Routing};
use crate::failure::Failure;
use crate::key::Key;
use crate::notice::{About, Target};
use crate::plan::{Plan, WhenDone, Workflow};
use crate::reason::Reason;
use crate::record::{Delivery, InitialTask, MOST_MESSAGES, MessageKind};
use crate::sender::Sender;
use crate::session::Session;
use crate::session::{End, Report};
use crate::time::{HOUR, MINUTE, SECOND};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: Time = Time(1_760_000_000_000);

fn event(sender: Sender, kind: Kind, id: &str) -> IncidentEvent {
    IncidentEvent {
        key: Key::new(sender, &["Q1"]).unwrap(),
        sender,
        kind,
        event_type: format!("{kind:?}"),
        id: (!id.is_empty()).then(|| id.to_owned()),
        occurred_at: None,
        change: None,
        delivery: None,
        group: None,
        routing: Routing::default(),
        bridge: None,
        incident: Incident { title: "t".into(), ..Default::default() },
    }
}

fn pagerduty(kind: Kind, id: &str) -> IncidentEvent {
    event(Sender::Pagerduty, kind, id)
}

fn firing() -> IncidentEvent {
    event(Sender::Alert, Kind::Triggered, "")
}

fn on(start_on: Kind) -> Plan {
    Plan { start_on, ..Default::default() }
}

fn triage() -> Plan {
    let workflow = Workflow::Triage;
    Plan { workflow, start_on: Kind::Triggered, dedup_window_seconds: Some(3_600), ..Default::default() }
}

fn session(id: &str) -> Session {
    Session { id: id.into(), url: format!("https://x/{id}") }
}

fn taken(record: Option<Record>, event: IncidentEvent, plan: Plan, now: Time) -> (Record, Taken) {
    let (record, taken) = take(record, event, Some(plan), now);
    (record.unwrap(), taken)
}

/// Takes the event and lets Devin create the session.
fn started(event: IncidentEvent, plan: Plan) -> Record {
    let (mut record, taken) = taken(None, event, plan, NOW);
    assert_eq!(taken, Taken::Accepted);
    create(&mut record, Ok(session("devin-1")), NOW);
    record
}

fn create(record: &mut Record, reply: Result<Session, Failure>, now: Time) {
    creating(record, now);
    create_replied(record, reply, now, 0.0);
    published(record, true, now, 0.0);
}

fn unknown() -> Failure {
    Failure::Unknown { words: "cut".into() }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

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

/// The next message reaches the session.
fn arrive(record: &mut Record, now: Time) {
    sending(record, "text", now);
    send_replied(record, Ok(()), now, 0.0);
    published(record, true, now, 0.0);
}

/// When the session gets its next message, and of what kind that is.
fn next(record: &Record, now: Time) -> Option<(u64, MessageKind)> {
    next_message(record).map(|message| (message.not_before.since(now).as_secs(), message.kind))
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
fn each_target_is_notified_on_its_own_and_the_bridge_gives_up_in_the_end() {
    let mut record = started(pagerduty(Kind::Resolved, "r"), on(Kind::Resolved));
    notices::only(&mut record, &[Target::Pagerduty, Target::Webhook]);
    let down = || Err(Failure::Unknown { words: "HTTP 503: down".into() });
    notices::sending(&mut record, Target::Pagerduty);
    notices::replied(&mut record, Target::Pagerduty, down(), NOW, 0.0);
    assert_eq!(notices::first(&record, Target::Pagerduty).unwrap().delivery, Delivery::LookingUp(0));
    assert_eq!(due(&record, NOW), Step::Notify(Target::Webhook));
    notices::sending(&mut record, Target::Webhook);
    notices::replied(&mut record, Target::Webhook, Ok(()), NOW, 0.0);
    let mut now = NOW;
    while let Step::Wait(until) = due(&record, now) {
        now = until;
        notices::look_up_replied(&mut record, Target::Pagerduty, down().map(|()| true), now, 0.0);
    }
    let waited = now.since(NOW);
    assert!((6 * HOUR..6 * HOUR + 2 * LONGEST_PAUSE).contains(&waited), "{waited:?}");
    assert_eq!((record.state.clone(), record.error.clone()), (State::Started, None));
    let lines: Vec<_> = record.timeline.iter().map(|entry| entry.what.as_str()).skip(2).collect();
    let expected = [
        "PagerDuty not notified yet that the session started: HTTP 503: down",
        "webhook notified that the session started",
        "PagerDuty not notified that the session started: gave up after 6 hours: HTTP 503: down",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_notice_that_may_have_arrived_is_looked_for_at_pagerduty_and_sent_again_elsewhere() {
    let mut record = started(pagerduty(Kind::Resolved, "r"), on(Kind::Resolved));
    Target::ALL.into_iter().for_each(|target| notices::sending(&mut record, target));
    interrupted(&mut record, NOW);
    let delivery = |record: &Record, target| notices::first(record, target).map(|notice| notice.delivery);
    assert_eq!(delivery(&record, Target::Pagerduty), Some(Delivery::LookingUp(0)));
    assert_eq!(delivery(&record, Target::Webhook), Some(Delivery::Ready));
    notices::look_up_replied(&mut record, Target::Pagerduty, Ok(false), NOW, 0.0);
    assert_eq!(delivery(&record, Target::Pagerduty), Some(Delivery::Ready));
    notices::replied(
        &mut record,
        Target::Pagerduty,
        Err(Failure::Refused { status: 401, words: "no".into() }),
        NOW,
        0.0,
    );
    assert_eq!(delivery(&record, Target::Pagerduty), None);
}

fn report(end: End) -> Report {
    Report {
        session: "devin-1".into(),
        state: Some(end.name().into()),
        end,
        words: Some("Done.".into()),
        ..Report::default()
    }
}

#[test]
fn a_session_that_is_done_is_put_away_where_its_route_says_so() {
    let plan = Plan { when_done: WhenDone::Archive, ..on(Kind::Resolved) };
    let ended = |end: End| {
        let mut record = started(pagerduty(Kind::Resolved, "r"), plan.clone());
        published(&mut record, true, NOW, 0.0);
        record.notices.clear();
        assert_eq!(outcome::reported(&mut record, &report(end), NOW), Reported::Kept);
        published(&mut record, true, NOW, 0.0);
        record.notices.clear();
        record
    };
    assert_eq!(due(&ended(End::Over), NOW), Step::Rest, "it is over by itself");
    let mut record = ended(End::Asleep);
    let at = NOW.plus(10 * MINUTE);
    assert_eq!((due(&record, NOW), due(&record, at)), (Step::Wait(at), Step::Close));
    close::replied(&mut record, Some(Err(Failure::Unknown { words: "down".into() })), at, 0.0);
    assert_eq!(due(&record, at), Step::Wait(at.plus(SECOND)));
    let mut woken = record.clone();
    outcome::woken(&mut woken, at);
    assert_eq!(due(&woken, at.plus(HOUR)), Step::Rest, "a message gives it more to do");
    close::replied(&mut record, Some(Ok(())), at, 0.0);
    assert_eq!(due(&record, at.plus(HOUR)), Step::Rest);
    assert!(record.timeline.last().unwrap().what.starts_with("session archived"));
}

#[test]
fn a_session_that_sleeps_has_ended_once_it_has_nothing_more_to_do() {
    let plan = on(Kind::Acknowledged);
    let mut record = started(pagerduty(Kind::Acknowledged, "a"), plan.clone());
    let ended = |record: &Record| record.outcome.as_ref().and_then(|outcome| outcome.ended_at);
    assert_eq!(outcome::reported(&mut record, &report(End::Asleep), NOW), Reported::Kept);
    assert_eq!(ended(&record), None, "its incident goes on");
    let (mut record, _) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan, NOW);
    outcome::reported(&mut record, &report(End::Asleep), NOW);
    assert_eq!(ended(&record), None, "it is still to be notified of the resolution");
    sending(&mut record, "text", NOW);
    send_replied(&mut record, Ok(()), NOW, 0.0);
    outcome::reported(&mut record, &report(End::Asleep), NOW.plus(MINUTE));
    assert_eq!(ended(&record), None, "it may not have read that yet");
    let later = NOW.plus(6 * MINUTE);
    assert_eq!(outcome::reported(&mut record, &report(End::Asleep), later), Reported::Kept);
    assert_eq!(ended(&record), Some(later));
    let news = &record.notices.last().unwrap().news;
    assert_eq!((news.ended_at.as_deref(), news.session_state.as_deref()), (Some(&*later.rfc3339()), Some("asleep")));
    let again = outcome::reported(&mut record, &report(End::Asleep), later.plus(MINUTE));
    assert_eq!(again, Reported::Nothing, "the same again is no news");
    let other = Report { session: "devin-2".into(), ..report(End::Over) };
    assert_eq!(outcome::reported(&mut record, &other, later), Reported::Nothing, "it is another session");
}

#[test]
fn resolved_before_the_first_attempt_asks_for_the_whole_postmortem_at_once() {
    let plan = on(Kind::Acknowledged);
    let (record, _) = taken(None, pagerduty(Kind::Acknowledged, "a"), plan.clone(), NOW);
    let (record, what) = taken(Some(record), pagerduty(Kind::Resolved, "r"), plan, NOW);
    assert_eq!((what, record.initial_task, record.outbox.len()), (Taken::FollowUp, InitialTask::Full, 0));
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

fn over() -> IncidentEvent {
    event(Sender::Alert, Kind::Resolved, "")
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

fn approved() -> Plan {
    Plan { approve: true, ..triage() }
}

fn asks(record: &Record) -> usize {
    record.notices.iter().filter(|notice| notice.about == About::Approval && notice.target == Target::Webhook).count()
}

#[test]
fn a_session_waits_for_a_persons_yes_which_is_asked_for_once() {
    let address = Some("https://bridge.example".to_owned());
    let (record, what) = taken(None, IncidentEvent { bridge: address, ..firing() }, approved(), NOW);
    assert_eq!((what, record.state_name(), record.reason()), (Taken::Accepted, "held", Some(Reason::Approval)));
    assert_eq!(
        record.notices[0].news.page.clone().unwrap(),
        format!("https://bridge.example/incidents/{}", record.name())
    );
    let (mut record, what) = taken(Some(record), firing(), approved(), NOW.plus(MINUTE));
    assert_eq!((what, asks(&record)), (Taken::Duplicate, 1));
    assert!(!called(&mut record, NOW.plus(MINUTE)), "the register has no say in it");
    // Three clicks at once are one approval.
    assert!(replay(&mut record, NOW.plus(HOUR)) && !replay(&mut record, NOW.plus(HOUR)));
    record.unpublished = None;
    record.notices.clear();
    assert_eq!(due(&record, NOW.plus(HOUR)), Step::Create);
    assert!(record.applicant().released);
}

#[test]
fn a_yes_that_nobody_says_is_waited_for_for_a_day() {
    let (mut record, _) = taken(None, firing(), approved(), NOW);
    (record.unpublished, record.notices) = (None, Vec::new());
    let end = NOW.plus(24 * HOUR);
    assert_eq!(due(&record, NOW), Step::Wait(end));
    // It fires all the time.
    let (mut record, _) = taken(Some(record), firing(), approved(), end.minus(MINUTE));
    record.unpublished = None;
    assert_eq!(due(&record, end), Step::Expire);
    expire(&mut record, end);
    assert_eq!((record.state_name(), record.reason()), ("ignored", Some(Reason::ApprovalExpired)));
    let (record, what) = taken(Some(record), firing(), approved(), end.plus(MINUTE));
    assert_eq!((what, asks(&record)), (Taken::Ignored(Reason::ApprovalExpired), 0));
    let (record, what) = taken(Some(record), firing(), approved(), end.plus(2 * HOUR));
    assert_eq!((what, record.reason(), asks(&record)), (Taken::Accepted, Some(Reason::Approval), 1));
}

#[test]
fn what_recovers_needs_no_yes_and_is_asked_about_once_however_often_it_flaps() {
    let (mut record, _) = taken(None, firing(), approved(), NOW);
    for minute in 1..20 {
        let (over, what) = taken(Some(record), over(), approved(), NOW.plus(minute * MINUTE));
        assert_eq!(what, Taken::Ignored(Reason::RecoveredFirst));
        (record, _) = taken(Some(over), firing(), approved(), NOW.plus(minute * MINUTE + SECOND));
        assert_eq!((record.reason(), asks(&record)), (Some(Reason::Approval), 1));
    }
    // Where nobody could be notified in time, that it waits is news again.
    let (mut over, _) = taken(Some(record), over(), approved(), NOW.plus(HOUR));
    assert!(notices::overtaken(&mut over, Target::Webhook) && asks(&over) == 0);
    let (record, _) = taken(Some(over), firing(), approved(), NOW.plus(HOUR + SECOND));
    assert_eq!(asks(&record), 1);
}

#[test]
fn no_is_an_answer_too_and_a_second_session_needs_a_second_yes() {
    let (mut record, _) = taken(None, firing(), approved(), NOW);
    assert!(give_up(&mut record, NOW));
    record.notices.clear();
    let (mut record, what) = taken(Some(record), firing(), approved(), NOW.plus(5 * MINUTE));
    assert_eq!((what, record.state_name()), (Taken::Duplicate, "failed"));
    assert!(replay(&mut record, NOW.plus(6 * MINUTE)), "changed their mind");
    look_up_replied(&mut record, Ok(None), false, NOW.plus(6 * MINUTE), 0.0);
    create(&mut record, Ok(session("devin-1")), NOW.plus(7 * MINUTE));
    let (record, _) = taken(Some(record), over(), approved(), NOW.plus(8 * MINUTE));
    let (mut record, _) = taken(Some(record), firing(), approved(), NOW.plus(9 * MINUTE));
    sending(&mut record, "it fires again", NOW.plus(10 * MINUTE));
    send_replied(&mut record, Err(Failure::Refused { status: 404, words: "gone".into() }), NOW.plus(10 * MINUTE), 0.0);
    assert_eq!((record.reason(), asks(&record)), (Some(Reason::Approval), 1));
}
