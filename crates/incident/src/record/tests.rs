use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::storage::{MOST_BYTES, Unreadable};
use super::*;
use crate::event::Kind;
use crate::group::Member;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A record as format 1 wrote it. It stays as it is: releases to come have to read it.
const FORMAT_1: &str = include_str!("format_1.json");

#[test]
fn format_1_is_read() {
    let record = Record::from_text(FORMAT_1).unwrap();
    assert_eq!((record.format, record.name().as_str()), (1, "pagerduty-Q1FORMAT"));
    assert_eq!(record.plan.start_on, Kind::Acknowledged);
    let State::LookingUp { since, looks, retry, .. } = record.state else { panic!("{:?}", record.state) };
    assert_eq!((since, looks, retry.attempts), (Time(1_760_000_000_000), 1, 2));
    assert_eq!((record.initial_task, record.concluded), (InitialTask::Investigate, true));
    let message = &record.outbox[0];
    assert_eq!((message.kind, message.delivery, message.number), (MessageKind::Finalize, Delivery::LookingUp(2), 1));
    assert_eq!(record.recent, ["01EVENT"]);
    assert_eq!(record.incident.labels, [("env".to_owned(), "prod".to_owned())]);
    assert_eq!(record.timeline.len(), 2);
}

/// Records in every state, and with every kind of message and notice, as the release before these types wrote them.
const RECORDS: &str = include_str!("records_of_format_1.json");

#[test]
fn records_of_format_1_are_read_and_lose_nothing() {
    let records: BTreeMap<String, Value> = serde_json::from_str(RECORDS).unwrap();
    let mut states = BTreeSet::new();
    let mut messages = BTreeSet::new();
    for (name, stored) in records {
        let mut record = Record::from_text(&stored.to_string()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        states.insert(format!("{}/{}", record.state_name(), stored["state"]["is"].as_str().unwrap_or("watching")));
        messages.extend(record.outbox.iter().map(|message| format!("{:?} {:?}", message.kind, message.delivery)));
        let (event, ended) = (record.incident.clone(), record.outcome.clone());
        assert_eq!((event.title.as_str(), event.labels.len()), ("Pool exhausted", 1), "{name}");
        assert_eq!(ended.is_some_and(|outcome| outcome.ended_at.is_some()), name == "ended");
        let written: Value = serde_json::from_str(&record.to_text()).unwrap();
        assert_kept(&stored, &written, &name);
    }
    assert_eq!(states.len(), 8, "{states:?}");
    for kind in [
        "Finalize Ready",
        "Finalize Sending",
        "Finalize LookingUp(0)",
        "Finalize Failed",
        "Update Ready",
        "Recovered Ready",
    ] {
        assert!(messages.contains(kind), "{kind}: {messages:?}");
    }
}

/// Everything that says anything in the one is in the other.
fn assert_kept(before: &Value, after: &Value, place: &str) {
    match before {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert_kept(value, &after[name], &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => {
            assert_eq!(after.as_array().map(Vec::len), Some(items.len()), "{place}");
            for (n, item) in items.iter().enumerate() {
                assert_kept(item, &after[n], &format!("{place}[{n}]"));
            }
        }
        Value::Null | Value::Bool(false) => {}
        value => assert_eq!(value, after, "{place}"),
    }
}

#[test]
fn lists_are_bounded() {
    let mut record = Record::from_text(FORMAT_1).unwrap();
    for n in 0..1_000 {
        record.note(Time(n), "x".repeat(10));
        record.keep_change(&"y".repeat(10_000));
        record.remember(&n.to_string());
    }
    assert_eq!((record.timeline.len(), record.changes.len(), record.recent.len()), (100, 12, 50));
    assert_eq!(record.timeline[0].what, "incident.acknowledged received");
    assert!(record.remembers("999") && !record.remembers("1"));
    assert!(record.to_text().len() < 200_000);
}

#[test]
fn what_is_not_certain_is_not_read() {
    let with = |field: &str, value: serde_json::Value| {
        let mut record: serde_json::Value = serde_json::from_str(FORMAT_1).unwrap();
        record[field] = value;
        Record::from_text(&record.to_string())
    };
    let state = |name: &str| serde_json::json!({"is": name, "not_before": 1});
    assert!(with("state", state("waiting")).is_ok());
    assert!(matches!(with("state", state("approving")), Err(Unreadable::Broken(_))));
    assert!(matches!(with("opening", "later".into()), Err(Unreadable::Broken(_))));
    assert!(matches!(with("format", 2.into()), Err(Unreadable::Later(2))));
    assert!(with("a_field_of_a_later_release", 1.into()).is_ok());
    for text in ["", "{", "null", "[]", "{}", r#"{"format":1}"#, FORMAT_1.get(..200).unwrap()] {
        assert!(Record::from_text(text).is_err(), "{text}");
    }
}

#[test]
fn every_delivery_is_written_as_format_1_reads_it() {
    for delivery in
        [Delivery::Ready, Delivery::Sending, Delivery::LookingUp(0), Delivery::LookingUp(2), Delivery::Failed]
    {
        let text = serde_json::to_string(&delivery).unwrap();
        assert_eq!(serde_json::from_str::<Delivery>(&text).unwrap(), delivery, "{text}");
    }
    for admission in [AdmissionState::Free, AdmissionState::Queued(0), AdmissionState::Queued(7), AdmissionState::Held]
    {
        let text = serde_json::to_string(&admission).unwrap();
        assert_eq!(serde_json::from_str::<AdmissionState>(&text).unwrap(), admission, "{text}");
    }
    assert_eq!(
        serde_json::to_string(&(AdmissionState::Held, Delivery::Sending, AdmissionState::Free)).unwrap(),
        r#"["held","sending",null]"#
    );
}

/// Text that takes as many bytes as text can.
fn long(length: usize) -> String {
    "\u{1f525}".repeat(length)
}

proptest::proptest! {
    // Each writes megabytes.
    #![proptest_config(proptest::test_runner::Config { cases: 8, max_shrink_iters: 30, ..Default::default() })]

    #[test]
    fn a_record_is_bounded_whatever_it_holds(
        messages in 0..60_usize,
        notices in 0..20_usize,
        pairs in 0..30_usize,
        changes in 0..60_usize,
        prompt in 0..10_000_usize,
        alerts in 0..501_usize,
    ) {
        let mut record = Record::from_text(FORMAT_1).unwrap();
        record.plan.prompt = Some(long(prompt));
        let pair = || (long(500), long(2_000));
        record.incident = Incident {
            title: long(500),
            teams: vec![long(500); pairs],
            assignees: vec![long(500); pairs],
            description: Some(long(8_000)),
            logs: Some(long(20_000)),
            labels: vec![pair(); pairs],
            context: vec![pair(); pairs],
            ..Incident::default()
        };
        let prior_session = PriorSession { incident: record.incident.in_short(), ..PriorSession::default() };
        for number in 0..messages {
            record.outbox.push(Message { number: number as u32, prior_session: Some(prior_session.clone()), ..Message::default() });
        }
        record.outbox.push(Message { text: Some(long(25_000)), ..Message::default() });
        for _ in 0..notices {
            record.notices.push(Notice { news: record.line(), ..Notice::default() });
        }
        for n in 0..alerts {
            let alert = Key::new(Sender::AzureMonitor, &[&n.to_string(), ""]).unwrap();
            let event = IncidentEvent { incident: Incident { url: Some(format!("https://{}", "x".repeat(290))), ..record.incident.clone() }, ..IncidentEvent::default() };
            record.alerts.push(Member { over: Some(Time(1_760_000_000_000)), ..Member::of(&alert, &event, Time(1_760_000_000_000)) });
        }
        let former = Former { line: record.line(), ..Former::default() };
        record.former = vec![former; MOST_FORMER];
        for n in 0..changes {
            record.keep_change(&long(5_000));
            record.note(Time(n as i64), long(5_000));
            record.remember(&long(500));
            record.is_redelivery(&long(n), Time(n as i64));
        }
        record.set_error(Some(long(10_000)));
        let text = record.to_text();
        proptest::prop_assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
        proptest::prop_assert_eq!(record.alerts.len(), alerts, "every alert is still known");
        proptest::prop_assert_eq!(Record::from_text(&text).unwrap(), record);
    }
}
