use proptest::prelude::*;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::testing::{any_json, put_at};
use incident::event::IncidentEvent;

fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    crate::senders::parse(Endpoint::Of(Sender::Kibana), body, &crate::senders::Mappings::default())
}

fn parsed(body: &str) -> (IncidentEvent, Option<String>) {
    match parse(&Verified::in_test(body.as_bytes())) {
        Ok(Parsed::Events { mut events, remark, .. }) if events.len() == 1 => (events.remove(0), remark),
        other => panic!("{other:?}"),
    }
}

fn event(body: &Value) -> IncidentEvent {
    let (event, remark) = parsed(&body.to_string());
    assert!(remark.is_none_or(|remark| remark == ADD_IDS));
    event
}

/// The template of our documentation, rendered.
fn new_template() -> Value {
    json!({
        "source": "kibana", "status": "query matched", "ruleId": "r-1", "alertName": "Errors in checkout",
        "spaceId": "default", "alertId": "query matched", "alertUuid": "u-1", "firedTime": "2026-03-01T10:00:00.000Z",
        "url": "https://kibana.example/r-1", "description": "Document count is 2", "matchedDocuments": "",
        "hits": "[{\"_source\":{\"@timestamp\":\"10:02\",\"message\":\"second\\n\",\"error\":{\"stack_trace\":\"at b\"}}},\
            {\"_source\":{\"@timestamp\":\"10:01\",\"log.original\":\"first\"}}]"
    })
}

/// The older one.
fn old_template() -> Value {
    json!({
        "alertName": "Errors in checkout", "alertId": "*", "severity": 1, "description": "", "source": "kibana",
        "signalType": "log", "firedTime": "2026-03-01T10:00:00.000Z", "groupByField": "pod-7", "matchedDocuments": "3",
        "logs": "timeout\n\n"
    })
}

#[test]
fn the_documented_template_is_read() {
    let event = event(&new_template());
    assert_eq!(
        (event.sender, event.kind, event.event_type.as_str()),
        (Sender::Kibana, Kind::Triggered, "query matched")
    );
    let incident = event.incident;
    assert_eq!((incident.title.as_str(), incident.severity), ("Errors in checkout", None));
    assert_eq!(incident.url.as_deref(), Some("https://kibana.example/r-1"));
    assert_eq!(incident.logs.as_deref(), Some("10:01 first\n10:02 second\nat b"));
    let names: Vec<&str> = incident.context.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["alertId", "alertUuid", "ruleId", "spaceId"]);
}

#[test]
fn an_alert_recovers_under_its_own_identity() {
    let mut body = new_template();
    body["status"] = json!("recovered");
    body["hits"] = json!("");
    assert_eq!(event(&body).kind, Kind::Resolved);
    assert_eq!(event(&body).incident.logs, None);
    assert_eq!(event(&body).key, event(&new_template()).key);
    for name in ["ruleId", "alertUuid"] {
        let mut other = new_template();
        other[name] = json!("other");
        assert_ne!(event(&other).key, event(&new_template()).key, "{name}");
    }
}

#[test]
fn the_older_template_is_read() {
    let incident = event(&old_template()).incident;
    assert_eq!((incident.severity, incident.description, incident.logs.as_deref()), (Some(1), None, Some("timeout")));
    assert_eq!(incident.labels, [("group".to_owned(), "pod-7".to_owned())]);
    assert!(incident.context.contains(&("matchedDocuments".to_owned(), "3".to_owned())));
    for name in ["alertName", "alertId", "groupByField"] {
        let mut other = old_template();
        other[name] = json!("other");
        assert_ne!(event(&other).key, event(&old_template()).key, "{name}");
    }
}

#[test]
fn hits_come_in_every_shape() {
    let logs = |hits: Value| {
        let mut body = new_template();
        body["hits"] = hits;
        event(&body).incident.logs
    };
    let source = |source: Value| logs(json!([{"_id": "1", "_source": source}])).unwrap();
    assert_eq!(source(json!({"error.message": "dotted"})), "dotted");
    assert_eq!(source(json!({"level": "error", "code": 7, "tag": {"a": "b"}})), r#"error code: 7, tag: {"a":"b"}"#);
    assert_eq!(logs(json!([{"fields": {"message": ["in a list"]}}])).as_deref(), Some("in a list"));
    assert_eq!(logs(json!("{\"a\":1},{\"a\":2}")).as_deref(), Some("{\"a\":1},{\"a\":2}"));
    assert_eq!(logs(json!("[]")), None);
    // Without times the order stays.
    assert_eq!(logs(json!([{"message": "b"}, {"message": "a"}])).as_deref(), Some("b\na"));
}

#[test]
fn flat_bodies_need_no_description() {
    let body = json!({"source": "watcher", "alertName": "ml", "severity": 0, "jobId": "j", "message": "An anomaly"});
    let incident = event(&body).incident;
    assert_eq!(incident.description.as_deref(), Some("An anomaly"));
    assert_eq!(incident.context, [("jobId".to_owned(), "j".to_owned())]);
    let nameless = event(&json!({"text": "Something"}));
    assert_eq!(nameless.incident.title, UNTITLED);
    let Ok(Parsed::Nothing { reason, .. }) = parse(&Verified::in_test(b"{\"a\": null}")) else { panic!() };
    assert_eq!(reason, Reason::NoIncident);
}

#[test]
fn a_broken_body_is_kept_as_text() {
    let whole = new_template().to_string();
    // A raw line break in a string, and quotes that nobody escaped.
    for (broken, title) in [
        (whole.replace("Document count", "Document\ncount"), "Errors in checkout"),
        (whole.replace("Errors in checkout", "Errors in \"checkout\""), "Errors in \"checkout\""),
        (whole.replace("\"hits\":", "\"hits\": ,"), "Errors in checkout"),
    ] {
        let (event, remark) = parsed(&broken);
        assert_eq!(event.incident.title, title);
        assert_eq!(event.event_type, UNREADABLE);
        assert_eq!(event.incident.logs.as_deref(), Some(broken.as_str()));
        assert_eq!(event.key, self::event(&new_template()).key, "salvaged identity");
        let byte = super::super::json::read(broken.as_bytes()).unwrap_err().byte;
        assert!(remark.unwrap().contains(&format!("at byte {byte} ")));
    }
    let (event, _) = parsed(&whole.replace("\"status\":\"query matched\"", "\"status\":\"recovered\",,"));
    assert_eq!((event.kind, event.event_type.as_str()), (Kind::Resolved, UNREADABLE));
}

#[test]
fn a_template_that_kibana_cannot_render_is_reported() {
    let body = "error rendering mustache template \"{ \"alertName\": \"{{rule.name}}\", \"alertId\": \"{{alert.id}}\"\": Unclosed tag";
    let (reason, message) = nothing(body.as_bytes());
    assert_eq!(reason, Reason::Unreadable);
    assert!(message.contains("at byte 1 ") && message.contains("double braces"), "{message}");
    let (event, remark) = parsed(&body.replace("{{rule.name}}", "Errors in cart"));
    assert_eq!((event.incident.title.as_str(), event.event_type.as_str()), ("Errors in cart", UNREADABLE));
    assert!(remark.unwrap().contains("at byte 1 "));
    assert_eq!(nothing(b" ").0, Reason::Unreadable);
}

fn nothing(body: &[u8]) -> (Reason, String) {
    match parse(&Verified::in_test(body)) {
        Ok(Parsed::Nothing { reason, message, .. }) => (reason, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_holds_no_alert_starts_nothing() {
    for test in [
        r#"{"test": "This is a test"}"#,
        r#"{"message": "This is a test message."}"#,
        r#"{"text": "Test"}"#,
        r#"{"test": true}"#,
        "This is a test message",
        r#""test""#,
    ] {
        assert_eq!(nothing(test.as_bytes()).0, Reason::Test, "{test}");
    }
    for empty in [
        r#"{"alerts": {"new": {"count": 0, "data": []}, "ongoing": {"count": 0}, "recovered": {"count": 0}}}"#,
        r#"{"new": "0", "ongoing": "0", "recovered": "0", "rule": ""}"#,
        r#"{"ruleName": "Errors", "newCount": 0, "ongoingCount": "0", "recoveredCount": 0}"#,
        r#"{"date": "2026-05-04T10:00:00Z", "count": 3}"#,
        r#"{"event": {"type": "x"}, "data": [1, 2]}"#,
        r#"{"hits": "[]", "alertName": ""}"#,
        "{}",
        "[]",
        "7",
    ] {
        assert_eq!(nothing(empty.as_bytes()).0, Reason::NoIncident, "{empty}");
    }
    // Other senders' bodies are theirs.
    let grafana =
        json!({"orgId": 1, "title": "[FIRING:1]", "groupKey": "k", "alerts": [{"labels": {"alertname": "a"}}]});
    let bad = parse(&Verified::in_test(grafana.to_string().as_bytes())).unwrap_err();
    assert_eq!(bad.details.as_deref(), Some("The body looks like one of Grafana: please send it to /hooks/grafana."));
    // An alert about tests is no test.
    assert_eq!(
        event(&json!({"alertName": "Test alert", "description": "d", "ruleId": "r"})).incident.title,
        "Test alert"
    );
    assert_eq!(nothing(b"{\"a\": ,}").0, Reason::Unreadable);
}

#[test]
fn runs_of_one_rule_are_one_incident_without_ids_too() {
    let run = |n: u32| {
        parsed(&json!({"rule": "Errors in cart", "message": format!("count is {n}"), "date": format!("2026-05-04T10:0{n}:00Z")}).to_string())
    };
    let (first, remark) = run(1);
    assert_eq!(remark.as_deref(), Some(ADD_IDS));
    assert_eq!([&run(2).0.key, &run(3).0.key], [&first.key, &first.key]);
    assert_eq!(
        (first.incident.title.as_str(), first.incident.description.as_deref()),
        ("Errors in cart", Some("count is 1"))
    );
    assert_eq!(first.incident.started_at.as_deref(), Some("2026-05-04T10:01:00Z"));
    // Without a name the text counts, but not its numbers; places do.
    let text = |text: &str| event(&json!({"text": text})).key;
    assert_eq!(text("3 errors at 10:00"), text("17 errors at 11:30"));
    assert_ne!(text("3 errors"), text("3 warnings"));
    let host = |host: &str| event(&json!({"rule": "Errors", "host": host})).key;
    assert_ne!(host("web-1"), host("web-2"));
}

#[test]
fn names_and_ids_are_found_in_any_spelling_and_nesting() {
    let flat = event(&json!({"ruleId": "r", "alertUuid": "u", "alertName": "n", "status": "recovered"}));
    for body in [
        json!({"rule": {"id": "r", "name": "n"}, "alert": {"uuid": "u", "actionGroup": "recovered"}}),
        json!({"rule_id": "r", "rule_name": "n", "alert_uuid": "u", "alert_status": "Recovered"}),
        json!({"kibana.alert.rule.uuid": "r", "kibana.alert.rule.name": "n", "kibana.alert.uuid": "u", "kibana.alert.status": "recovered"}),
        json!({"payload": "{\"rule\": {\"id\": \"r\", \"name\": \"n\"}, \"alert\": {\"uuid\": \"u\"}}", "state": "OK"}),
    ] {
        let event = event(&body);
        assert_eq!((event.key, event.kind), (flat.key.clone(), Kind::Resolved), "{body}");
        assert_eq!(event.incident.title, "n", "{body}");
    }
    let short = event(&json!({"short_description": "Cart is slow", "work_notes": "x"}));
    assert_eq!(short.incident.title, "Cart is slow");
}

#[test]
fn summaries_are_taken_apart() {
    let body = json!({"ruleName": "Errors", "alerts": {
        "new": {"count": 1, "data": "[{\"kibana.alert.uuid\": \"u1\", \"kibana.alert.rule.uuid\": \"r\", \"kibana.alert.reason\": \"3 errors\"}]"},
        "recovered": {"count": 1, "data": [{"kibana": {"alert": {"uuid": "u2", "rule": {"uuid": "r"}}}}]},
        "ongoing": {"count": 0, "data": []}}});
    let Ok(Parsed::Events { events, .. }) = parse(&Verified::in_test(body.to_string().as_bytes())) else { panic!() };
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.kind, event.incident.title.as_str(), event.incident.description.as_deref()))
        .collect();
    assert_eq!(seen, [(Kind::Triggered, "Errors", Some("3 errors")), (Kind::Resolved, "Errors", None)]);
    assert_eq!(events[0].key, event(&json!({"ruleId": "r", "alertUuid": "u1"})).key);
    // Nothing but how many.
    let counted =
        |new: u32, recovered: u32| event(&json!({"ruleId": "r", "newCount": new, "recoveredCount": recovered})).kind;
    assert_eq!([counted(1, 2), counted(0, 1)], [Kind::Triggered, Kind::Resolved]);
}

#[test]
fn a_document_is_one_line() {
    let logs = |hits: Value| event(&json!({"ruleId": "r", "alertName": "n", "hits": hits})).incident.logs.unwrap();
    assert_eq!(
        logs(
            json!([{"_source": {"@timestamp": "2026-05-04T10:00:00Z", "log": {"level": "ERROR"}, "message": "Request failed",
            "error": {"type": "Timeout", "message": "no answer from 10.0.0.9:6379"}, "service": {"name": "cart"}, "host": {"name": "web-3"},
            "trace": {"id": "4bf9"}}}])
        ),
        "2026-05-04T10:00:00Z ERROR cart@web-3 Request failed; Timeout: no answer from 10.0.0.9:6379; trace 4bf9"
    );
    // An error of APM, an alert as data, a monitor, fields.
    assert_eq!(
        logs(
            json!([{"error": {"exception": [{"type": "TypeError", "message": "x is undefined"}]}, "service.name": "web"}])
        ),
        "web TypeError: x is undefined"
    );
    assert_eq!(
        logs(
            json!([{"kibana.alert.reason": "CPU is 93%", "kibana.alert.start": "2026-05-04T10:00:00Z", "host.name": "web-1"}])
        ),
        "2026-05-04T10:00:00Z @web-1 CPU is 93%"
    );
    assert_eq!(
        logs(json!([{"monitor": {"name": "checkout", "status": "down"}, "url": {"full": "https://shop.example"}}])),
        "monitor checkout is down (https://shop.example)"
    );
    assert_eq!(
        logs(json!([{"fields": {"@timestamp": [1_700_000_000_000_i64], "host.name": ["a"], "message": ["m"]}}])),
        "2023-11-14T22:13:20Z @a m"
    );
    let event = event(
        &json!({"ruleId": "r", "alertName": "n", "hits": [{"message": "a", "service": {"name": "cart"}, "host": {"name": "web-3"}},
        {"message": "b", "service": {"name": "cart"}, "host": {"name": "web-4"}}]}),
    );
    assert_eq!((event.incident.service.as_deref(), event.incident.resource), (Some("cart"), None));
}

#[test]
fn what_has_to_be_cut_keeps_its_head() {
    let trace: String = (0..2_000).map(|n| format!("at frame_{n}\n")).collect();
    let hits: Vec<Value> =
        (0..100).map(|n| json!({"message": format!("failure {n:02}"), "error": {"stack_trace": trace}})).collect();
    let logs = event(&json!({"ruleId": "r", "alertName": "n", "hits": hits})).incident.logs.unwrap();
    assert!(logs.len() < bounds::LOGS + 200);
    for n in [0, 1, 98, 99] {
        assert!(logs.contains(&format!("failure {n:02}\nat frame_0\n")), "{n}");
    }
}

#[test]
fn single_fields_are_salvaged() {
    for (text, expected) in [
        (r#"{"a": "x", oops"#, Some("x")),
        (r#"{"a" : "say "hi"", "b": 1"#, Some("say \"hi\"")),
        (r#"{"a": "tab\there" }"#, Some("tab\there")),
        (r#"{"a": "bad \escape"}"#, Some("bad \\escape")),
        ("{\"a\": \"no end\nb", Some("no end")),
        (r#"{"a": 7, "b"#, Some("7")),
        (r#"{"a": , "b""#, None),
        (r#"{"a": """#, None),
        (r#"{"a": null}"#, None),
        (r#"{"b": "a"}"#, None),
    ] {
        assert_eq!(field(text, "a").as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(field in 0usize..16, value in any_json()) {
        for mut body in [new_template(), old_template()] {
            put_at(&mut body, field, value.clone());
            let _ = parse(&Verified::in_test(body.to_string().as_bytes()));
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_survived(at in 0usize..600, with in "\\PC{0,5}") {
        let whole = new_template().to_string();
        let cut = whole.floor_char_boundary(at.min(whole.len()));
        let body = format!("{}{with}{}", whole.split_at(cut).0, whole.split_at(cut).1);
        prop_assert!(parse(&Verified::in_test(body.as_bytes())).is_ok());
        prop_assert!(parse(&Verified::in_test(&body.as_bytes()[..cut])).is_ok());
    }

    #[test]
    fn two_identities_never_share_a_key(
        a in proptest::collection::vec("[ab]{0,2}", 4), b in proptest::collection::vec("[ab]{0,2}", 4),
    ) {
        let key = |parts: &[String]| {
            event(&json!({"alertName": "n", "ruleId": parts[0], "alertUuid": parts[1], "alertId": parts[2],
                "groupByField": parts[3]})).key
        };
        let identity = |parts: &[String]| match parts {
            [rule, uuid, ..] if !uuid.is_empty() => [rule, uuid, "", ""].map(str::to_owned),
            [rule, _, id, group] => [rule, "", id, group].map(str::to_owned),
            _ => unreachable!(),
        };
        prop_assert_eq!(key(&a) == key(&b), identity(&a) == identity(&b));
    }
}
