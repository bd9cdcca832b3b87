use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::testing::{any_json, put_at};

fn read(body: &Value) -> Result<Parsed, BadBody> {
    crate::senders::parse(
        Endpoint::Any,
        &Verified::in_test(body.to_string().as_bytes()),
        &crate::senders::Mappings::default(),
    )
}

fn event(body: &Value) -> IncidentEvent {
    match read(body) {
        Ok(Parsed::Events { mut events, .. }) if events[0].sender == Sender::Sentry => events.remove(0),
        other => panic!("{other:?}"),
    }
}

fn hook(action: &str, data: Value) -> Value {
    json!({"action": action, "installation": {"uuid": "i"}, "actor": {"type": "user", "id": 1, "name": "Alex Example"}, "data": data})
}

fn issue_alert() -> Value {
    hook(
        "triggered",
        json!({"triggered_rule": "Errors", "event": {"event_id": "e", "issue_id": "77", "title": "TypeError: x is undefined",
        "level": "error", "project_slug": "cart", "datetime": "2026-05-04T10:00:00Z", "web_url": "https://sentry.example/77",
        "culprit": "total", "tags": [["environment", "prod"], ["server_name", "web-1"]], "exception": {"values": [
            {"type": "IOError", "value": "lost"},
            {"type": "TypeError", "value": "x is undefined", "stacktrace": {"frames": [
                {"filename": "lib.js", "lineno": 3, "function": "run", "in_app": false},
                {"filename": "src/cart.js", "lineno": 88, "function": "total", "in_app": true},
                {"filename": "lib.js", "lineno": 9, "function": "call", "in_app": false}]}}]}}}),
    )
}

#[test]
fn an_issue_alert_has_the_error_and_its_place() {
    let event = event(&issue_alert());
    let incident = &event.incident;
    assert_eq!(
        (incident.title.as_str(), incident.service.as_deref(), incident.severity),
        ("TypeError: x is undefined", Some("cart"), Some(1))
    );
    assert_eq!((incident.file.as_deref(), incident.line), (Some("src/cart.js"), Some(88)));
    let logs = incident.logs.as_deref().unwrap();
    assert!(logs.starts_with("TypeError: x is undefined\n  at call (lib.js:9)\n  at total (src/cart.js:88)"), "{logs}");
    assert!(logs.ends_with("\nIOError: lost"), "{logs}");
    assert!(incident.labels.contains(&("environment".to_owned(), "prod".to_owned())));
}

#[test]
fn an_issue_is_one_incident_whatever_is_told_of_it() {
    let key = event(&issue_alert()).key;
    for (action, kind) in [
        ("created", Kind::Triggered),
        ("unresolved", Kind::Triggered),
        ("resolved", Kind::Resolved),
        ("archived", Kind::Resolved),
        ("assigned", Kind::Acknowledged),
    ] {
        let event = event(&hook(
            action,
            json!({"issue": {"id": "77", "title": "TypeError", "shortId": "CART-1", "project": {"slug": "cart"}}}),
        ));
        assert_eq!((&event.key, event.kind), (&key, kind), "{action}");
    }
    let comment = event(&hook("created", json!({"comment": "Rolled back", "issue_id": 77, "comment_id": 1})));
    assert_eq!((comment.key, comment.change.as_deref()), (key, Some("Alex Example: comment: Rolled back")));
}

#[test]
fn a_metric_alert_ends_when_it_is_resolved() {
    let metric = |action: &str| {
        hook(
            action,
            json!({"description_text": "9 events", "web_url": "https://sentry.example/m", "metric_alert":
        {"id": "5", "date_started": "2026-05-04T10:00:00Z", "projects": ["cart"], "alert_rule": {"name": "Errors", "aggregate": "count()"}}}),
        )
    };
    let (critical, warning, resolved) =
        (event(&metric("critical")), event(&metric("warning")), event(&metric("resolved")));
    assert_eq!(
        [critical.incident.severity, warning.incident.severity, resolved.incident.severity],
        [Some(0), Some(2), None]
    );
    assert_eq!([&critical.key, &critical.key], [&warning.key, &resolved.key]);
    assert_eq!([critical.kind, resolved.kind], [Kind::Triggered, Kind::Resolved]);
    assert_ne!(critical.key, event(&hook("created", json!({"issue": {"id": "5"}}))).key);
}

#[test]
fn what_is_no_trouble_starts_nothing() {
    let reason = |body: &Value| match read(body) {
        Ok(Parsed::Nothing { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(&hook("created", json!({"installation": {"uuid": "i"}}))), Reason::Ping);
    assert_eq!(reason(&hook("created", json!({"error": {"event_id": "e"}}))), Reason::EventType);
    assert_eq!(reason(&hook("seen", json!({"issue": {"id": "1"}}))), Reason::EventType);
    assert_eq!(
        read(&hook("critical", json!({"metric_alert": {"x": 1}}))).unwrap_err().error,
        "Missing required field: data.metric_alert.id"
    );
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(field in 0usize..60, value in any_json()) {
        let mut body = issue_alert();
        put_at(&mut body, field, value);
        let _ = read(&body);
    }
}
