//! Groups: which alerts share a key.

use serde_json::json;

use super::*;
use incident::event::Incident;
use incident::plan::Workflow;

fn event(sender: Sender, service: &str, cluster: &str) -> IncidentEvent {
    let labels = vec![("Cluster".to_owned(), cluster.to_owned())];
    let incident = Incident { title: "t".into(), service: Some(service.into()), labels, ..Incident::default() };
    IncidentEvent {
        key: Key::new(sender, &["an alert of its own"]).unwrap(),
        sender,
        incident,
        ..IncidentEvent::default()
    }
}

fn grouped(route: Value, event: &IncidentEvent) -> (Key, Option<String>) {
    let routes = routes(json!([route]));
    let defaults = Defaults { dedup_window_seconds: Some(3_600), ..Defaults::default() };
    let Decision::Handle(mut plan) = routes.decide(event, &defaults) else { panic!("handled") };
    let grouped = routes.grouped(event.clone(), &mut plan, &defaults);
    if let Some(group) = &grouped.group {
        assert_eq!((&group.alert, plan.dedup_window_seconds), (&event.key, Some(3_600)));
    } else {
        assert_eq!(grouped.key, event.key);
    }
    (grouped.key, grouped.group.map(|group| group.made_of))
}

#[test]
fn the_same_values_are_one_group_whoever_writes_them() {
    let by = json!({ "group_by": ["service", "label.cluster"] });
    let (key, made_of) = grouped(by.clone(), &event(Sender::Alert, "Checkout ", "eu  1"));
    assert_eq!(made_of.as_deref(), Some("label.cluster=eu 1, service=checkout"));
    assert!(key.is_group() && Key::parse(key.as_str()) == Some(key.clone()), "{key}");
    for other in [
        grouped(by.clone(), &event(Sender::Kibana, "checkout", "EU 1")),
        grouped(
            json!({ "sender": "alert*", "group_by": ["label.CLUSTER", "service"] }),
            &event(Sender::Alertmanager, "checkout", "eu 1"),
        ),
    ] {
        assert_eq!(other.0, key);
    }
    for other in [
        grouped(by.clone(), &event(Sender::Alert, "checkout", "eu 2")),
        grouped(json!({ "group_by": "service" }), &event(Sender::Alert, "checkout", "eu 1")),
        grouped(
            json!({ "group_by": ["service", "label.cluster", "sender"] }),
            &event(Sender::Alert, "checkout", "eu 1"),
        ),
        grouped(
            json!({ "group_by": ["service", "label.cluster"], "workflow": "postmortem" }),
            &event(Sender::Alert, "checkout", "eu 1"),
        ),
    ] {
        assert!(other.0.is_group() && other.0 != key, "{other:?}");
    }
}

#[test]
fn what_lacks_a_value_is_an_incident_of_its_own() {
    let by = json!({ "group_by": ["service", "label.cluster"] });
    for (service, cluster) in [("", "eu"), ("checkout", " "), ("checkout", "[redacted: token]"), ("checkout", "eu…")]
    {
        assert_eq!(grouped(by.clone(), &event(Sender::Alert, service, cluster)).1, None, "{service} {cluster}");
    }
    assert_eq!(grouped(json!({ "group_by": "team" }), &event(Sender::Alert, "checkout", "eu")).1, None);
    assert_eq!(grouped(json!({ "min_occurrences": 2 }), &event(Sender::Alert, "checkout", "eu")).1, None);
}

#[test]
fn a_pagerduty_incident_joins_where_the_work_is_the_same() {
    let key = |sender, route| grouped(route, &event(sender, "checkout", "eu")).0;
    let by = || json!({ "group_by": "service" });
    assert_ne!(key(Sender::Pagerduty, by()), key(Sender::Alert, by()));
    let triage = || json!({ "group_by": "service", "workflow": Workflow::Triage.name() });
    assert_eq!(key(Sender::Pagerduty, triage()), key(Sender::Alert, by()));
}
