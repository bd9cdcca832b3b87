use proptest::prelude::*;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::testing::{any_json, put_at};
use crate::senders::{BadBody, Parsed};

fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    crate::senders::parse(Endpoint::Of(Sender::Alert), body, &crate::senders::Mappings::default())
}

fn parsed(body: &str) -> Result<Parsed, BadBody> {
    parse(&Verified::in_test(body.as_bytes()))
}

fn events(body: &Value) -> Vec<IncidentEvent> {
    match parsed(&body.to_string()) {
        Ok(Parsed::Events { events, remark: None, .. }) => events,
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
        identity: text(
            "source=acme-monitor, alertName=queue-depth, affectedResource=orders-eu, cluster=eu-1, env=prod, \
             pod={\"name\":\"c-0\"}, service=orders, tags=urgent",
        ),
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
    assert_eq!(
        (error.as_str(), details.as_str()),
        ("Missing required field: description", "description is missing: expected a text.")
    );
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
fn what_is_wrong_with_one_of_a_list_is_no_harm_to_the_others() {
    let mut second = full();
    second["alertName"] = json!("second");
    let titles: Vec<_> = events(&json!([full(), second])).into_iter().map(|event| event.incident.title).collect();
    assert_eq!(titles, ["queue-depth", "second"]);
    let body = json!([{"severity": 1, "description": "x"}, full(), 7]).to_string();
    let Ok(Parsed::Events { events, refused, .. }) = parsed(&body) else { panic!() };
    assert_eq!(events.len(), 1);
    let refused: Vec<_> =
        refused.iter().map(|(at, bad)| (*at, bad.error.as_str(), bad.details.as_deref().unwrap())).collect();
    assert_eq!(
        refused[0],
        (0, "Missing required field: alertName", "Alert 1 of 3: alertName is missing: expected a text.")
    );
    assert_eq!((refused[1].0, refused[1].1), (2, "Invalid JSON body"));
    let (error, details) = bad(&json!([{"severity": 1, "description": "x"}, {}]).to_string());
    assert_eq!(error, "Missing required field: alertName");
    assert!(details.starts_with("Alert 1 of 2: alertName is missing"), "{details}");
    assert!(parsed("[]").is_err());
    assert!(parsed(&json!(vec![full(); crate::senders::MOST_ALERTS + 1]).to_string()).is_err());
}

#[test]
fn the_places_of_an_alert_identify_it() {
    let key = |name: &str, value: Value| {
        event_of(&json!({"alertName": "n", "severity": 1, "description": "d", name: value})).key
    };
    for name in ["host", "instance", "affectedHost", "kafka_topic", "pod.name", "namespace", "service", "queue"] {
        assert_ne!(key(name, json!("a-1")), key(name, json!("a-2")), "{name}");
    }
    assert_ne!(key("meta", json!({"host": {"name": "a"}})), key("meta", json!({"host": {"name": "b"}})));
    assert_ne!(key("labels", json!({"topic": "a"})), key("labels", json!({"topic": "b"})));
    assert_ne!(key("tags", json!("topic:a")), key("tags", json!("topic:b")));
    for (name, one, other) in [
        ("value", json!(1), json!(2)),
        ("firedTime", json!("2026-03-01T10:00:00Z"), json!("2026-03-01T11:00:00Z")),
        ("details", json!("3 of 5 failed"), json!("4 of 5 failed")),
        ("message", json!("one text"), json!("another")),
        ("severity", json!("warning"), json!("critical")),
        ("labels", json!({"usage": "93%", "seen": 5}), json!({"usage": "94%", "seen": 6})),
    ] {
        assert_eq!(key(name, one), key(name, other), "{name}");
    }
}

#[test]
fn what_recovers_by_its_id_alone_is_called_by_it() {
    let (event, _) = one(json!({"alertId": "a-1", "status": "resolved"})).unwrap();
    assert_eq!(event.incident.title, "a-1");
    let (event, _) = one(json!({"alertId": "a-1", "alertName": "n", "status": "resolved"})).unwrap();
    assert_eq!(event.incident.title, "n");
}

#[test]
fn a_recovery_needs_only_what_identifies_it() {
    let id = |body: Value| (event_of(&body).kind, event_of(&body).key);
    let (_, key) = id(json!({"alertName": "n", "alertId": "a", "severity": 1, "description": "d"}));
    for body in [
        json!({"alertId": "a", "status": "resolved"}),
        json!({"alertName": "n", "alertId": "a", "severity": "", "status": "✅ Up"}),
        json!({"alertName": "n", "alertId": "a", "severity": "OK", "description": "d", "status": "Recovered from No Data"}),
        json!({"alert_id": "a", "severity": "[OK]"}),
        json!({"alert": {"id": "a", "state": "closed"}}),
    ] {
        assert_eq!(id(body.clone()), (Kind::Resolved, key.clone()), "{body}");
    }
    assert_eq!(bad(r#"{"status": "resolved"}"#).0, "Missing required field: alertName");
    assert_eq!(bad(r#"{"alertName": "n", "status": "not ok"}"#).0, "Missing required field: severity");
}

#[test]
fn a_severity_nobody_knows_is_kept_as_a_word() {
    let severity = |severity: Value| {
        let incident = event_of(&json!({"alertName": "n", "severity": severity, "description": "d"})).incident;
        (incident.severity, incident.severity_word)
    };
    let word = |word: &str| Some(word.to_owned());
    assert_eq!(severity(json!("Not classified")), (None, word("Not classified")));
    assert_eq!(severity(json!("<no value>")), (None, word("<no value>")));
    assert_eq!(severity(json!("P1 - Critical")), (Some(0), word("P1 - Critical")));
    assert_eq!(severity(json!(9)), (None, word("9")));
    assert_eq!(severity(json!("Sev2")), (Some(2), None));
}

#[test]
fn what_was_escaped_or_counted_is_read() {
    let incident = event_of(&json!({"alertName": "e", "severity": 1, "description": "&lt;p&gt;one&lt;/p&gt;", "firedTime": 1_700_000_000_000_i64,
        "resolvedTime": "0001-01-01T00:00:00Z", "logs": "Error: first\\n  at b"})).incident;
    assert_eq!((incident.started_at.as_deref(), incident.resolved_at), (Some("2023-11-14T22:13:20Z"), None));
    assert_eq!(
        (incident.description.as_deref(), incident.logs.as_deref()),
        (Some("one"), Some("Error: first\n  at b"))
    );
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

/// Alerts without an id in a body with more values than are read, or with longer texts.
#[test]
fn what_is_left_out_of_a_large_body_still_tells_its_alerts_apart() {
    let labels = |count: usize, last: &str| {
        let label = |n: usize| (format!("l{n:04}"), Value::from(if n + 1 == count { last } else { "same" }));
        Value::Object((0..count).map(label).collect())
    };
    for count in [60, 150, 300] {
        let alert =
            |last: &str| json!({"alertName": "full", "severity": 1, "description": "d", "labels": labels(count, last)});
        let keys =
            |alerts: Vec<Value>| events(&Value::Array(alerts)).into_iter().map(|event| event.key).collect::<Vec<_>>();
        let names: Vec<String> = (0..90)
            .map(|n| format!("host-{}", char::from(b'a' + n / 26).to_string() + &char::from(b'a' + n % 26).to_string()))
            .collect();
        let all = keys(names.iter().map(|name| alert(name)).collect());
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{count}");
        // The same body again is the same incidents, and one alert alone has an identity of all of its labels too.
        assert_eq!(keys(names.iter().map(|name| alert(name)).collect()), all);
        assert_ne!(keys(vec![alert("host-a")]), keys(vec![alert("host-b")]), "{count}");
    }
    let long = |end: &str| {
        let filler = "some words and more ".repeat(400);
        let alert = |n: usize| json!({"alertName": "full", "severity": 1, "description": filler, "labels": {"queue": format!("{filler}{end}{n}{filler}")}});
        Value::Array((0..30).map(alert).collect())
    };
    let keys: Vec<_> = events(&long("a")).into_iter().map(|event| event.key).collect();
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 30);
}
