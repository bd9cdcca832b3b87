use proptest::prelude::*;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::{BadBody, Parsed};

fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    crate::senders::parse(Endpoint::Of(Sender::Pagerduty), body, &crate::senders::Mappings::default())
}

fn parsed(body: &Value) -> Parsed {
    parse(&Verified::in_test(body.to_string().as_bytes())).unwrap()
}

fn event(body: &Value) -> IncidentEvent {
    match parsed(body) {
        Parsed::Events { mut events, remark: None, .. } if events.len() == 1 => events.remove(0),
        other => panic!("{other:?}"),
    }
}

fn reason(body: &Value) -> Reason {
    match parsed(body) {
        Parsed::Nothing { reason, message, .. } if !message.is_empty() => reason,
        other => panic!("{other:?}"),
    }
}

fn reference(id: &str, summary: &str) -> Value {
    json!({"id": id, "type": "some_reference", "summary": summary, "html_url": format!("https://pd.example/{id}")})
}

fn incident_body(event_type: &str) -> Value {
    json!({"event": {
        "id": "01EVENT", "event_type": event_type, "resource_type": "incident",
        "occurred_at": "2026-03-01T10:20:30.400Z",
        "agent": {"id": "PUSER", "type": "user_reference", "summary": "First Responder"},
        "client": null,
        "data": {
            "id": "Q1INC", "type": "incident", "html_url": "https://pd.example/incidents/Q1INC", "number": 77,
            "status": "resolved", "incident_key": "checkout/5xx", "created_at": "2026-03-01T09:00:00Z",
            "title": "Checkout answers 502", "incident_type": {"name": "major"},
            "service": reference("PSERV", "checkout"), "assignees": [reference("PUSER", "First Responder")],
            "escalation_policy": reference("PPOL", "Shop on call"), "teams": [reference("PTEAM", "Shop")],
            "priority": reference("PPRIO", "P1"), "urgency": "high",
            "conference_bridge": {"conference_number": "+1 555 0100", "conference_url": "https://meet.example/1"},
            "resolve_reason": null
        }
    }})
}

fn about(event_type: &str, extra: Value) -> Value {
    let mut data = json!({"id": "PNOTE", "incident": reference("Q1INC", "Checkout answers 502")});
    data.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({"event": {"id": "02EVENT", "event_type": event_type, "occurred_at": "2026-03-01T10:00:00Z", "data": data}})
}

#[test]
fn a_resolved_incident_comes_with_all_that_is_known() {
    let event = event(&incident_body("incident.resolved"));
    assert_eq!(event.key.as_str(), "pagerduty-Q1INC");
    assert_eq!((event.kind, event.event_type.as_str()), (Kind::Resolved, "incident.resolved"));
    assert_eq!(event.id.as_deref(), Some("01EVENT"));
    let incident = event.incident;
    assert_eq!(incident.title, "Checkout answers 502");
    assert_eq!(incident.number.as_deref(), Some("77"));
    assert_eq!(incident.service.as_deref(), Some("checkout"));
    assert_eq!(incident.priority.as_deref(), Some("P1"));
    assert_eq!(incident.started_at.as_deref(), Some("2026-03-01T09:00:00Z"));
    assert_eq!(incident.resolved_at.as_deref(), Some("2026-03-01T10:20:30.400Z"));
    assert_eq!((incident.teams, incident.assignees), (vec!["Shop".into()], vec!["First Responder".to_owned()]));
    let context: Vec<String> = incident.context.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        context,
        [
            "incident type: major",
            "escalation policy: Shop on call",
            "conference bridge: +1 555 0100, https://meet.example/1",
            "incident key: checkout/5xx",
            "resolved by: First Responder (a person)",
        ]
    );
}

#[test]
fn an_integration_can_resolve_and_so_can_nobody() {
    let mut body = incident_body("incident.resolved");
    body["event"]["agent"] = json!({"type": "inbound_integration_reference", "summary": "Probe"});
    assert_eq!(event(&body).incident.context.last().unwrap().1, "Probe (an integration)");
    body["event"]["agent"] = Value::Null;
    assert!(!event(&body).incident.context.iter().any(|(name, _)| name == "resolved by"));
}

#[test]
fn only_a_resolved_incident_has_an_end() {
    for (name, kind) in [
        ("triggered", Kind::Triggered),
        ("acknowledged", Kind::Acknowledged),
        ("reopened", Kind::Reopened),
        ("unacknowledged", Kind::Updated),
    ] {
        let event = event(&incident_body(&format!("incident.{name}")));
        assert_eq!((event.kind, event.incident.resolved_at), (kind, None), "{name}");
        assert_eq!(event.change.is_some(), kind != Kind::Triggered);
    }
}

#[test]
fn a_merge_is_not_a_resolution() {
    let mut body = incident_body("incident.resolved");
    body["event"]["data"]["resolve_reason"] =
        json!({"type": "merge_resolve_reason", "incident": reference("Q2INC", "Database down")});
    let message = "It was merged into another incident: Database down".to_owned();
    assert_eq!(parsed(&body), Parsed::Nothing { sender: Sender::Pagerduty, reason: Reason::Merged, message });
    body["event"]["data"]["resolve_reason"] = json!("merge_resolve_reason");
    assert_eq!(reason(&body), Reason::Merged);
}

#[test]
fn changes_read_as_a_sentence() {
    for (name, expected) in [
        ("escalated", "escalated to First Responder"),
        ("reassigned", "reassigned to First Responder"),
        ("delegated", "delegated to the escalation policy Shop on call"),
        ("priority_updated", "priority is now P1"),
        ("service_updated", "moved to another service: checkout"),
        ("incident_type.changed", "incident type is now major"),
    ] {
        let event = event(&incident_body(&format!("incident.{name}")));
        assert_eq!(event.change, Some(format!("10:20:30Z First Responder: {expected}")));
        assert_eq!((event.kind, event.key.as_str()), (Kind::Updated, "pagerduty-Q1INC"));
    }
    let mut body = incident_body("incident.priority_updated");
    body["event"]["data"]["priority"] = Value::Null;
    assert_eq!(event(&body).change.unwrap(), "10:20:30Z First Responder: it has no priority any more");
}

#[test]
fn what_is_said_about_an_incident_belongs_to_it() {
    let field = |value: &str| json!([{"id": "PF", "name": "environment", "value": value}]);
    for (name, data, expected) in [
        ("annotated", json!({"content": "Rolled back 4.2"}), "note: Rolled back 4.2"),
        ("annotated", json!({"content": "Resolution Note: pool raised"}), "resolution note: pool raised"),
        ("status_update_published", json!({"message": "A fix is on its way"}), "status update: A fix is on its way"),
        (
            "custom_field_values.updated",
            json!({"custom_fields": field("production"), "changed_custom_fields": field("staging")}),
            "environment is production",
        ),
        (
            "conference_bridge.updated",
            json!({"conference_numbers": [{"label": "", "number": "+1 555 0101"}], "conference_url": "https://m.example"}),
            "conference bridge: +1 555 0101, https://m.example",
        ),
        (
            "responder.added",
            json!({"user": reference("PU", "Second Responder"), "state": "pending", "message": "Help with the pool"}),
            "Second Responder was asked to respond. Message: Help with the pool",
        ),
        (
            "responder.replied",
            json!({"user": reference("PU", "Second Responder"), "state": "accepted"}),
            "Second Responder answered the request to respond: accepted",
        ),
    ] {
        let event = event(&about(&format!("incident.{name}"), data));
        assert_eq!(event.change, Some(format!("10:00:00Z {expected}")));
        assert_eq!(event.key.as_str(), "pagerduty-Q1INC");
        assert_eq!(event.incident.title, "Checkout answers 502");
        assert_eq!(event.incident.status, None);
    }
    let assignment = json!({"assignee": reference("PU", "Second Responder"), "old_assignee": null,
        "role": reference("PR", "Incident Commander"), "incident": {"id": "Q1INC", "summary": null}});
    let body = json!({"event": {"event_type": "incident.role.assigned",
        "data": {"type": "incident_role_assignment", "incident_role_assignments": [assignment]}}});
    let event = event(&body);
    assert_eq!(event.change.as_deref(), Some("Second Responder is now Incident Commander"));
    assert_eq!((event.key.as_str(), event.incident.title.as_str()), ("pagerduty-Q1INC", UNTITLED));
}

#[test]
fn a_notes_own_id_is_never_an_incident() {
    let body = json!({"event": {"event_type": "incident.annotated", "data": {"id": "PNOTE", "content": "Hello"}}});
    assert_eq!(reason(&body), Reason::NoIncident);
}

proptest! {
    #[test]
    fn a_type_of_no_use_is_of_none_whatever_else_there_is(
        event_type in "(incident\\.)?(responder|role|annotated|priority|incident_type)?[._]?(assigned|added|updated|workflow|resolved|changed|ping)?\\PC{0,3}",
        content in "\\PC{0,9}",
    ) {
        let more = json!({"content": content, "message": content, "number": 7, "custom_fields": [{"name": content}],
            "changed_custom_fields": [{"name": content}], "conference_url": content,
            "incident_role_assignments": [{"assignee": reference("P1", &content), "role": reference("P2", &content)}],
            "user": reference("P1", &content), "state": "accepted", "incident": reference("Q1INC", &content)});
        let body = about(&event_type, more);
        if let Some(Unused { sender, message }) = unused(body.to_string().as_bytes()) {
            prop_assert_eq!(Parsed::Nothing { sender, reason: Reason::EventType, message }, parse_value(&body));
        }
    }

    #[test]
    fn a_type_that_is_shown_as_it_is_has_nothing_to_redact(
        event_type in "([a-z]{0,3}[._]?(password|passwd|secret|token|bearer|api_key|authorization|is)[._]{0,3})?[a-z._]{1,120}",
    ) {
        let Some(Unused { message, .. }) = unused(about(&event_type, json!({})).to_string().as_bytes()) else { return Ok(()) };
        prop_assert_eq!(text::sanitize(&message, true), message);
    }
}

#[test]
fn every_type_that_is_made_something_of_is_known_to_be() {
    let data = json!({"content": "a", "message": "a", "incident_type": {"name": "a"}, "conference_url": "a",
        "changed_custom_fields": [{"name": "a"}], "user": reference("P1", "a"), "state": "accepted",
        "incident_role_assignments": [{"assignee": reference("P1", "a"), "role": reference("P2", "a")}]});
    let source = include_str!("../pagerduty.rs");
    let mut made = 0;
    // Every word of the source is tried as a type's name.
    for name in source.split('"') {
        let event_type = format!("incident.{name}");
        if what_happened(&event_type, &data).is_some() {
            made += 1;
            assert!(is_used(&event_type), "{event_type}");
        }
    }
    assert!(made >= 16, "{made}");
    for known in ["incident.workflow.started", "incident.action_invocation.created", "service.updated", "x"] {
        assert!(!is_used(known), "{known}");
        assert_eq!(reason(&incident_body(known)), Reason::EventType);
    }
    assert_eq!(reason(&incident_body("pagey.ping")), Reason::Ping);
}

#[test]
fn what_tells_an_engineer_nothing_is_left_alone() {
    for name in [
        "incident.task.created",
        "incident.workflow.started",
        "incident.action_invocation.created",
        "incident.something_new",
        "service.updated",
        "",
    ] {
        assert_eq!(reason(&about(name, json!({"name": "x"}))), Reason::EventType, "{name}");
    }
    // A note without a text, a field change without a field.
    assert_eq!(reason(&about("incident.annotated", json!({"content": " "}))), Reason::EventType);
    assert_eq!(reason(&about("incident.custom_field_values.updated", json!({}))), Reason::EventType);
    for body in [json!({"messages": [{"event": "incident.resolve"}]}), json!({}), json!([1]), json!(null)] {
        assert_eq!(reason(&body), Reason::EventType, "{body}");
    }
    let ping = json!({"event": {"event_type": "pagey.ping", "data": {"message": "Hello", "type": "ping"}}});
    assert_eq!(reason(&ping), Reason::Ping);
}

#[test]
fn a_resolved_incident_needs_nothing_but_its_id() {
    let body = json!({"event": {"event_type": "incident.resolved", "data": {"id": "Q9"}}});
    let event = event(&body);
    assert_eq!(event.incident, Incident { title: UNTITLED.to_owned(), ..Incident::default() });
    let body = json!({"event": {"event_type": "incident.resolved", "data": {"title": "No id"}}});
    assert_eq!(reason(&body), Reason::NoIncident);
}

#[test]
fn a_body_that_is_not_json_says_where_it_broke() {
    let Parsed::Nothing { reason: Reason::Unreadable, message, .. } =
        parse(&Verified::in_test(b"{\"event\": {\n  oops")).unwrap()
    else {
        panic!()
    };
    assert!(message.contains("at byte 15 (line 2, column 3)"), "{message}");
    for body in [&b""[..], b"\xff\xfe\x00", b"event=resolved"] {
        assert!(matches!(parse(&Verified::in_test(body)), Ok(Parsed::Nothing { reason: Reason::Unreadable, .. })));
    }
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(
        field in 0usize..64, value in crate::senders::testing::any_json(), which in 0usize..9,
    ) {
        let bodies = ["resolved", "triggered", "priority_updated", "annotated", "responder.added", "role.assigned",
            "custom_field_values.updated", "conference_bridge.updated", "escalated"];
        let name = format!("incident.{}", bodies[which]);
        for mut body in [incident_body(&name), about(&name, json!({"content": "x", "message": "y"}))] {
            crate::senders::testing::put_at(&mut body, field, value.clone());
            prop_assert!(parse(&Verified::in_test(body.to_string().as_bytes())).is_ok());
        }
    }

    #[test]
    fn any_bytes_are_survived(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse(&Verified::in_test(&body)).is_ok());
    }

    #[test]
    fn two_incidents_never_share_a_key(a in "\\PC{1,40}", b in "\\PC{1,40}") {
        let key = |id: &str| match parsed(&json!({"event": {"event_type": "incident.resolved", "data": {"id": id}}})) {
            Parsed::Events { events, .. } => Some(events[0].key.clone()),
            Parsed::Nothing { .. } | Parsed::Confirm { .. } => None,
        };
        if let (Some(first), Some(second)) = (key(&a), key(&b)) {
            prop_assert_eq!(first == second, a.trim() == b.trim());
        }
    }
}
