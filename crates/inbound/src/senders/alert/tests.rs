use proptest::prelude::*;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::senders::testing::{any_json, put_at};

fn parsed(body: &str) -> Result<Parsed, BadBody> {
    parse(&Verified::in_test(body.as_bytes()))
}

fn events(body: &Value) -> Vec<IncidentEvent> {
    match parsed(&body.to_string()) {
        Ok(Parsed::Events { events, remark: None }) => events,
        other => panic!("{other:?}"),
    }
}

fn event_of(body: &Value) -> IncidentEvent {
    events(body).remove(0)
}

fn bad(body: &str) -> (String, String) {
    let bad = parsed(body).unwrap_err();
    (bad.error, bad.details.unwrap())
}

fn full() -> Value {
    json!({
        "alertName": "queue-depth", "severity": 1, "description": "The order queue grows",
        "affectedResource": "orders-eu", "signalType": "metric", "firedTime": "2026-03-01T10:00:00Z",
        "source": "acme-monitor", "logs": "  at consume (queue.ts:7)\nError: timeout\n", "file": "src/queue.ts", "line": "7",
        "dimensions": {"cluster": "eu-1", "pod": {"name": "c-0"}, "empty": ""}, "tags": ["env:prod", "urgent"],
        "team": "Orders", "runbook": "https://wiki.example/queue", "priority": "P2", "service": "orders",
        "url": "https://mon.example/1", "customer": {"tier": 1}, "links": ["https://a.example", "https://b.example"],
        "nothing": null
    })
}

#[test]
fn every_documented_field_has_its_place() {
    let event = event_of(&full());
    assert_eq!((event.sender, event.kind, event.event_type.as_str()), (Sender::Alert, Kind::Triggered, "alert"));
    assert_eq!(event.occurred_at.as_deref(), Some("2026-03-01T10:00:00Z"));
    let text = |text: &str| Some(text.to_owned());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = Incident {
        title: "queue-depth".to_owned(),
        url: text("https://mon.example/1"),
        service: text("orders"),
        teams: vec!["Orders".to_owned()],
        priority: text("P2"),
        severity: Some(1),
        started_at: text("2026-03-01T10:00:00Z"),
        description: text("The order queue grows"),
        resource: text("orders-eu"),
        signal_type: text("metric"),
        source: text("acme-monitor"),
        logs: text("  at consume (queue.ts:7)\nError: timeout"),
        file: text("src/queue.ts"),
        line: Some(7),
        runbook: text("https://wiki.example/queue"),
        labels: vec![
            pair("cluster", "eu-1"),
            pair("pod", r#"{"name":"c-0"}"#),
            pair("env", "prod"),
            pair("tags", "urgent"),
        ],
        context: vec![pair("customer", r#"{"tier":1}"#), pair("links", "https://a.example, https://b.example")],
        ..Incident::default()
    };
    assert_eq!(event.incident, expected);
}

#[test]
fn what_is_missing_is_named() {
    let (error, details) = bad("{}");
    assert_eq!(error, "Missing required field: alertName");
    for field in ["alertName", "severity", "description"] {
        assert!(details.contains(&format!("{field} is missing")), "{details}");
    }
    let (error, details) = bad(r#"{"alertName": "x", "severity": 7, "description": " "}"#);
    assert_eq!(error, "Invalid field: severity");
    assert!(details.starts_with("severity is 7: expected 0 (critical) to 4"), "{details}");
    assert!(details.ends_with("description is missing: expected a text."), "{details}");
    let (error, _) = bad(r#"{"alertName": {"a": 1}, "severity": 1, "description": "x"}"#);
    assert_eq!(error, "Invalid field: alertName");
}

#[test]
fn what_is_not_an_alert_is_refused_with_the_place() {
    let (error, details) = bad("{\"alertName\": \"x\",\n}");
    assert_eq!(error, "Invalid JSON body");
    assert!(details.contains("at byte 20 (line 2, column 1)"), "{details}");
    for body in ["\"text\"", "7", "null"] {
        let (error, details) = bad(body);
        assert_eq!(error, "Invalid JSON body");
        assert!(details.contains(body), "{details}");
    }
    let (_, details) = bad("");
    assert!(details.contains("the body is empty"), "{details}");
}

#[test]
fn a_status_can_say_that_it_is_over() {
    for (status, kind) in [("Resolved", Kind::Resolved), ("OK", Kind::Resolved), ("firing", Kind::Triggered)] {
        let mut body = full();
        body["status"] = json!(status);
        body["resolvedTime"] = json!("2026-03-01T11:00:00Z");
        let event = event_of(&body);
        assert_eq!((event.kind, event.event_type.as_str()), (kind, status));
        let at = if kind == Kind::Resolved { "2026-03-01T11:00:00Z" } else { "2026-03-01T10:00:00Z" };
        assert_eq!(event.occurred_at.as_deref(), Some(at));
    }
}

#[test]
fn the_id_identifies_it_or_else_source_name_and_resource_do() {
    let key = |changes: &[(&str, Value)]| {
        let mut body = full();
        for (name, value) in changes {
            body[*name] = value.clone();
        }
        event_of(&body).key
    };
    assert_eq!(key(&[]), key(&[("severity", json!(3)), ("description", json!("else")), ("alertId", json!(" "))]));
    for name in ["source", "alertName", "affectedResource"] {
        assert_ne!(key(&[]), key(&[(name, json!("other"))]), "{name}");
    }
    let id = ("alertId", json!("a-1"));
    assert_eq!(key(std::slice::from_ref(&id)), key(&[id.clone(), ("alertName", json!("other"))]));
    assert_ne!(key(&[id]), key(&[("alertId", json!("a-2"))]));
}

#[test]
fn a_list_is_read_whole_or_not_at_all() {
    let mut second = full();
    second["alertName"] = json!("second");
    let keys: Vec<_> = events(&json!([full(), second])).into_iter().map(|event| event.incident.title).collect();
    assert_eq!(keys, ["queue-depth", "second"]);
    let (error, details) = bad(&json!([full(), {"severity": 1, "description": "x"}]).to_string());
    assert_eq!(error, "Missing required field: alertName");
    assert!(details.starts_with("Alert 2 of 2: alertName is missing"), "{details}");
    assert!(parsed("[]").is_err());
    assert!(parsed(&json!(vec![full(); crate::senders::MOST_ALERTS + 1]).to_string()).is_err());
}

#[test]
fn optional_fields_of_other_types_are_kept() {
    let mut body = full();
    body["line"] = json!("seven");
    body["source"] = json!({"name": "x"});
    body["dimensions"] = json!([{"name": "pod", "value": "p-1"}, {"key": "zone", "value": 3}]);
    body["tags"] = json!(5);
    body["logs"] = json!(["one", {"level": "error"}]);
    let incident = event_of(&body).incident;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(incident.labels, [pair("pod", "p-1"), pair("zone", "3"), pair("tags", "5")]);
    assert_eq!(incident.logs.as_deref(), Some("one\n{\"level\":\"error\"}"));
    assert!(incident.context.contains(&pair("line", "seven")));
    assert!(incident.context.contains(&pair("source", r#"{"name":"x"}"#)));
}

#[test]
fn nothing_grows_without_bounds() {
    let mut body = full();
    body["logs"] = json!("x".repeat(200_000));
    for index in 0..1000 {
        body[format!("field{index}")] = json!("y".repeat(900));
        body["dimensions"][format!("label{index}")] = json!(index);
    }
    let incident = event_of(&body).incident;
    assert!(incident.logs.unwrap().len() < bounds::LOGS + 100);
    assert_eq!((incident.context.len(), incident.labels.len()), (bounds::ENTRIES, bounds::ENTRIES));
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(field in 0usize..40, value in any_json()) {
        let mut body = full();
        body["status"] = json!("ok");
        put_at(&mut body, field, value);
        let _ = parsed(&body.to_string());
    }

    #[test]
    fn any_optional_value_is_accepted(field in 0usize..19, value in any_json()) {
        let mut body = full();
        let required = ["alertName", "severity", "description"];
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        let name = &names[field % names.len()];
        if !required.contains(&name.as_str()) {
            body[name] = value;
            prop_assert!(parsed(&body.to_string()).is_ok());
        }
    }

    #[test]
    fn two_identities_never_share_a_key(a in "[a-c ]{0,3}", b in "[a-c ]{0,3}", c in "[a-c ]{0,3}", d in "[a-c ]{0,3}") {
        let key = |source: &str, resource: &str| {
            event_of(&json!({"alertName": "n", "severity": 1, "description": "d", "source": source,
                "affectedResource": resource})).key
        };
        prop_assert_eq!(key(&a, &b) == key(&c, &d), (a.trim(), b.trim()) == (c.trim(), d.trim()));
    }
}
