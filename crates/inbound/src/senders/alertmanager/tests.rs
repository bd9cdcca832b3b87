use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::testing::{any_json, put_at};
use incident::event::IncidentEvent;

fn read(body: &Value) -> Result<Parsed, BadBody> {
    crate::senders::parse(
        Endpoint::Of(Sender::Alertmanager),
        &Verified::in_test(body.to_string().as_bytes()),
        &crate::senders::Mappings::default(),
    )
}

fn events(body: &Value) -> Vec<IncidentEvent> {
    match read(body) {
        Ok(Parsed::Events { events, .. }) => events,
        other => panic!("{other:?}"),
    }
}

fn member(fingerprint: &str, status: &str) -> Value {
    json!({"status": status, "labels": {"alertname": "DiskFull", "severity": "warning", "instance": format!("web-{fingerprint}:9100"), "team": "shop"},
        "annotations": {"summary": "A disk fills up", "description": "/var is at 96 %", "runbook_url": "https://wiki.example/disk", "unit": "percent"},
        "startsAt": "2026-05-04T10:00:00.123Z", "endsAt": if status == "resolved" { "2026-05-04T11:00:00Z" } else { "0001-01-01T00:00:00Z" },
        "generatorURL": "https://prometheus.example/graph", "fingerprint": fingerprint})
}

fn group(alerts: Vec<Value>) -> Value {
    json!({"version": "4", "groupKey": "{}:{}", "status": "firing", "receiver": "devin", "groupLabels": {}, "commonLabels": {},
        "commonAnnotations": {}, "externalURL": "https://alertmanager.example", "truncatedAlerts": 0, "alerts": alerts})
}

#[test]
fn each_member_of_a_group_is_an_alert() {
    let found = events(&group(vec![member("a", "firing"), member("b", "resolved")]));
    let seen: Vec<_> = found.iter().map(|event| (event.kind, event.occurred_at.as_deref().unwrap())).collect();
    assert_eq!(seen, [(Kind::Triggered, "2026-05-04T10:00:00.123Z"), (Kind::Resolved, "2026-05-04T11:00:00Z")]);
    let incident = &found[0].incident;
    assert_eq!(
        (incident.title.as_str(), incident.severity, incident.severity_word.as_deref()),
        ("DiskFull", Some(2), Some("warning"))
    );
    assert_eq!((incident.resource.as_deref(), incident.resolved_at.as_deref()), (Some("web-a:9100"), None));
    assert_eq!(
        (incident.description.as_deref(), incident.runbook.as_deref()),
        (Some("/var is at 96 %"), Some("https://wiki.example/disk"))
    );
    assert_eq!(incident.teams, ["shop"]);
    let context: Vec<String> = incident.context.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        context,
        [
            "summary: A disk fills up",
            "unit: percent",
            "sent by: https://alertmanager.example",
            "receiver: devin",
            "alerts in its group: 2"
        ]
    );
}

#[test]
fn a_fingerprint_identifies_it_or_else_its_labels() {
    let key = |alert: Value| events(&group(vec![alert]))[0].key.clone();
    let mut other = member("a", "resolved");
    other["labels"]["severity"] = json!("critical");
    assert_eq!(key(member("a", "firing")), key(other));
    assert_ne!(key(member("a", "firing")), key(member("b", "firing")));
    let bare = |instance: &str, value: u32| {
        key(
            json!({"status": "firing", "labels": {"alertname": "x", "instance": instance}, "annotations": {"value": value}}),
        )
    };
    assert_eq!(bare("web-1", 1), bare("web-1", 2));
    assert_ne!(bare("web-1", 1), bare("web-2", 1));
}

#[test]
fn what_was_left_out_of_a_group_is_told() {
    let mut body = group(vec![member("a", "firing")]);
    body["truncatedAlerts"] = json!(7);
    let Ok(Parsed::Events { remark, .. }) = read(&body) else { panic!() };
    assert!(remark.unwrap().starts_with("7 more alerts of this group were left out."));
    let many: Vec<Value> = (0..MOST_ALERTS + 3).map(|n| member(&n.to_string(), "firing")).collect();
    let Ok(Parsed::Events { events, remark, .. }) = read(&group(many)) else { panic!() };
    assert_eq!(events.len(), MOST_ALERTS);
    assert!(remark.unwrap().starts_with("3 more alerts"));
}

#[test]
fn grafana_adds_values_and_links() {
    let mut alert = member("a", "firing");
    for (name, value) in [
        ("values", json!({"A": 5.2})),
        ("dashboardURL", json!("https://grafana.example/d/1")),
        ("panelURL", json!("https://grafana.example/d/1?viewPanel=2")),
        ("silenceURL", json!("https://grafana.example/silence")),
        ("generatorURL", json!("")),
    ] {
        alert[name] = value;
    }
    let body = group(vec![alert]);
    let event = match crate::senders::parse(
        Endpoint::Any,
        &Verified::in_test(body.to_string().as_bytes()),
        &crate::senders::Mappings::default(),
    ) {
        Ok(Parsed::Events { mut events, .. }) => events.remove(0),
        other => panic!("{other:?}"),
    };
    assert_eq!((event.sender, event.incident.url.as_deref()), (Sender::Grafana, Some("https://grafana.example/d/1")));
    for line in [
        ("values", r#"{"A":5.2}"#),
        ("panel", "https://grafana.example/d/1?viewPanel=2"),
        ("silence", "https://grafana.example/silence"),
    ] {
        assert!(
            event.incident.context.contains(&(line.0.to_owned(), line.1.to_owned())),
            "{:?}",
            event.incident.context
        );
    }
    let test = json!({"receiver": "test", "orgId": 1, "alerts": [{"status": "firing", "labels": {"alertname": "TestAlert", "instance": "Grafana"}}]});
    assert!(matches!(read(&test), Ok(Parsed::Nothing { reason: Reason::Test, .. })));
}

#[test]
fn what_is_no_group_is_refused_with_what_it_looks_like() {
    assert_eq!(read(&json!({"a": 1})).unwrap_err().error, "Missing required field: alerts");
    let details = read(&json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": "a"}}}))
        .unwrap_err()
        .details
        .unwrap();
    assert!(
        details.starts_with("The body looks like one of Azure Monitor: please send it to /hooks/azure-monitor."),
        "{details}"
    );
    assert!(matches!(read(&group(Vec::new())), Ok(Parsed::Nothing { reason: Reason::NoIncident, .. })));
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(field in 0usize..40, value in any_json()) {
        let mut body = group(vec![member("a", "firing"), member("b", "resolved")]);
        put_at(&mut body, field, value);
        let _ = read(&body);
    }
}
