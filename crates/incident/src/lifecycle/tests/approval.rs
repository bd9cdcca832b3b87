//! Sessions that wait for a person's approval.

use super::*;

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
