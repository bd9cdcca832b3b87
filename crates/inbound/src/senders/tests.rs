use proptest::prelude::*;
use serde_json::json;

use super::testing::{any_json, mappings};
use super::*;

fn senders(hook: Endpoint, body: &str) -> Vec<Sender> {
    match crate::senders::parse(hook, &Verified::in_test(body.as_bytes()), &mappings()) {
        Ok(Parsed::Events { events, .. }) => events.into_iter().map(|event| event.sender).collect(),
        other => panic!("{other:?}"),
    }
}

fn azure() -> Value {
    json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": "/a/1"}}})
}

fn kibana() -> Value {
    json!({"alertName": "n", "alertId": "*", "groupByField": "", "description": "", "severity": 1})
}

fn generic() -> Value {
    json!({"alertName": "n", "severity": 1, "description": "d", "source": "elastic"})
}

#[test]
fn senders_are_told_apart_by_their_shape() {
    assert_eq!(senders(Endpoint::Any, &azure().to_string()), [Sender::AzureMonitor]);
    assert_eq!(senders(Endpoint::Any, &kibana().to_string()), [Sender::Kibana]);
    assert_eq!(senders(Endpoint::Any, &generic().to_string()), [Sender::Alert]);
    let all = json!([generic(), azure(), kibana()]);
    assert_eq!(senders(Endpoint::Any, &all.to_string()), [Sender::Alert, Sender::AzureMonitor, Sender::Kibana]);
    assert_eq!(senders(Endpoint::Any, r#"{"source": "kibana", "alertName": "n" oops}"#), [Sender::Kibana]);
}

#[test]
fn what_nobody_knows_is_a_generic_alert_with_fields_missing() {
    for body in ["{}", r#"{"source": "kibana"}"#, r#"{"alerts": []}"#] {
        let bad = crate::senders::parse(Endpoint::Any, &Verified::in_test(body.as_bytes()), &mappings()).unwrap_err();
        assert_eq!(bad.error, "Missing required field: alertName");
    }
    let bad = crate::senders::parse(Endpoint::Any, &Verified::in_test(b"{\"alertName\": }"), &mappings()).unwrap_err();
    assert_eq!(bad.error, "Invalid JSON body");
    let bad = crate::senders::parse(
        Endpoint::Any,
        &Verified::in_test(br#"{"schemaId": "AzureMonitorMetricAlert"}"#),
        &mappings(),
    )
    .unwrap_err();
    assert_eq!(bad.error, "Not the common alert schema");
}

#[test]
fn json_in_a_form_is_read() {
    let body = "payload=%7B%22alertName%22%3A%22n%22%2C%22severity%22%3A1%2C%22description%22%3A%22two+words%22%7D";
    for hook in [Endpoint::Any, Endpoint::Of(Sender::Alert), Endpoint::Of(Sender::Kibana)] {
        let Ok(Parsed::Events { events, .. }) =
            crate::senders::parse(hook, &Verified::in_test(body.as_bytes()), &mappings())
        else {
            panic!()
        };
        assert_eq!(events[0].incident.description.as_deref(), Some("two words"));
    }
}

proptest! {
    #[test]
    fn any_json_on_any_hook_is_survived(value in any_json()) {
        for hook in [Endpoint::Of(Sender::Pagerduty), Endpoint::Any, Endpoint::Of(Sender::Alert), Endpoint::Of(Sender::AzureMonitor), Endpoint::Of(Sender::Kibana)] {
            let text = value.to_string();
            let answer = crate::senders::parse(hook, &Verified::in_test(text.as_bytes()), &mappings());
            if let Ok(Parsed::Events { events, .. }) = &answer {
                prop_assert!(!events.is_empty() && events.iter().all(|event| !event.incident.title.is_empty()));
            }
            prop_assert!(hook != Endpoint::Of(Sender::Pagerduty) || answer.is_ok());
        }
    }

    #[test]
    fn any_bytes_on_any_hook_are_survived(body in proptest::collection::vec(any::<u8>(), 0..80), json in any::<bool>()) {
        let mut body = body;
        if json {
            body.splice(0..0, b"{\"alertName\":\"".iter().copied());
        }
        for hook in [Endpoint::Of(Sender::Pagerduty), Endpoint::Any, Endpoint::Of(Sender::Alert), Endpoint::Of(Sender::AzureMonitor), Endpoint::Of(Sender::Kibana)] {
            let _ = crate::senders::parse(hook, &Verified::in_test(&body), &mappings());
        }
    }
}

#[test]
fn the_hook_that_was_meant_is_named() {
    for (path, meant) in [
        ("/hooks/kibanna", Some("/hooks/kibana")),
        ("/hooks/Alert-Manager", Some("/hooks/alertmanager")),
        ("/hooks/azure", Some("/hooks/azure-monitor")),
        ("/trigger-devin", Some("/api/trigger-devin")),
        ("/pagerduty", Some("/pagerduty-resolved")),
        ("/hooks/acme-shop-monitoring", None),
        ("/incident/7", None),
        ("/", None),
    ] {
        assert_eq!(hook_meant(path).as_deref(), meant, "{path}");
    }
}
