//! What people are notified of, and the end of a session.

use super::*;

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
