use proptest::prelude::*;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::testing::{any_json, put_at};
use crate::senders::{BadBody, Parsed};
use incident::event::IncidentEvent;

fn parse(body: &Verified) -> Result<Parsed, BadBody> {
    crate::senders::parse(Endpoint::Of(Sender::AzureMonitor), body, &crate::senders::Mappings::default())
}

const ALERT: &str = "/subscriptions/s-1/providers/Microsoft.AlertsManagement/alerts/a-1";

fn parsed(body: &Value) -> Result<Parsed, BadBody> {
    parse(&Verified::in_test(body.to_string().as_bytes()))
}

fn event(body: &Value) -> IncidentEvent {
    match parsed(body) {
        Ok(Parsed::Events { mut events, remark: None, .. }) if events.len() == 1 => events.remove(0),
        other => panic!("{other:?}"),
    }
}

fn body(context: Value) -> Value {
    json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {
        "essentials": {
            "alertId": ALERT, "alertRule": "web-cpu", "severity": "Sev1", "signalType": "Metric",
            "monitorCondition": "Fired", "monitoringService": "Platform",
            "alertTargetIDs": ["/subscriptions/s-1/resourcegroups/shop/providers/microsoft.compute/virtualmachines/web-1"],
            "configurationItems": ["web-1"], "originAlertId": "o-1", "firedDateTime": "2026-03-01T10:00:00.1234567Z",
            "description": "The web server is busy", "essentialsVersion": "1.0", "alertContextVersion": "1.0"
        },
        "alertContext": context
    }})
}

fn metric() -> Value {
    json!({"properties": {"owner": "shop"}, "conditionType": "SingleResourceMultipleMetricCriteria", "condition": {
        "windowSize": "PT5M", "windowStartTime": "2026-03-01T09:55:00Z", "windowEndTime": "2026-03-01T10:00:00Z",
        "allOf": [{"metricName": "Percentage CPU", "metricNamespace": "Microsoft.Compute/virtualMachines",
            "operator": "GreaterThan", "threshold": "80", "timeAggregation": "Average", "metricValue": 93.5,
            "dimensions": [{"name": "core", "value": "0"}], "webTestName": null}]}})
}

/// The context of the alert as lines.
fn lines(incident: &Incident) -> Vec<String> {
    incident.context.iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

fn has(incident: &Incident, line: &str) {
    assert!(lines(incident).iter().any(|l| l == line), "no {line:?} in {:#?}", lines(incident));
}

#[test]
fn a_metric_alert_says_what_was_measured() {
    let mut body = body(metric());
    body["data"]["customProperties"] = json!({"owner": "shop", "tier": "gold"});
    let event = event(&body);
    assert_eq!((event.sender, event.kind, event.event_type.as_str()), (Sender::AzureMonitor, Kind::Triggered, "Fired"));
    let incident = event.incident;
    assert_eq!((incident.title.as_str(), incident.severity), ("web-cpu", Some(1)));
    assert_eq!(incident.resource.as_deref(), Some("web-1"));
    assert_eq!(incident.started_at.as_deref(), Some("2026-03-01T10:00:00.1234567Z"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(incident.labels, [pair("core", "0"), pair("owner", "shop"), pair("tier", "gold")]);
    has(&incident, "condition: Average Percentage CPU GreaterThan 80, was 93.5, of Microsoft.Compute/virtualMachines");
    has(&incident, "window: 2026-03-01T09:55:00Z to 2026-03-01T10:00:00Z (PT5M)");
}

#[test]
fn firing_and_resolving_are_one_incident() {
    let mut resolved = body(metric());
    resolved["data"]["essentials"]["monitorCondition"] = json!("resolved");
    resolved["data"]["essentials"]["resolvedDateTime"] = json!("2026-03-01T10:30:00Z");
    resolved["data"]["essentials"]["alertId"] = json!(ALERT.to_uppercase());
    let event_of_end = event(&resolved);
    assert_eq!(event_of_end.kind, Kind::Resolved);
    assert_eq!(event_of_end.occurred_at.as_deref(), Some("2026-03-01T10:30:00Z"));
    assert_eq!(event_of_end.key, event(&body(metric())).key);
    for odd in [json!(null), json!("Flapping"), json!(7)] {
        resolved["data"]["essentials"]["monitorCondition"] = odd;
        assert_eq!(event(&resolved).kind, Kind::Triggered);
    }
}

#[test]
fn the_first_rows_of_a_log_alert_are_its_logs() {
    let rows: Vec<Value> = (0..25).map(|n| json!([format!("10:00:{n:02}"), "disk full", null, n])).collect();
    let incident = event(&body(json!({
        "SearchQuery": "Log | where Level == 'Error'", "ResultCount": 25, "Operator": "Greater Than", "Threshold": 5,
        "LinkToSearchResults": "https://portal.example/all", "LinkToFilteredSearchResultsUI": "https://portal.example/some",
        "LinkToSearchResultsAPI": "https://api.example/all", "AlertType": "Number of results", "WorkspaceId": "w",
        "Dimensions": [{"name": "Computer", "value": "web-1"}], "IncludedSearchResults": "True",
        "SearchResults": {"tables": [{"name": "PrimaryResult", "rows": rows,
            "columns": [{"name": "Time", "type": "datetime"}, {"name": "Entry"}, {"name": "None"}]}]}
    }))).incident;
    let logs = incident.logs.as_deref().unwrap();
    assert!(logs.starts_with("Time: 10:00:00, Entry: disk full, column 4: 0\nTime: 10:00:01"), "{logs}");
    assert!(logs.ends_with("column 4: 19\n(5 more rows left out)"), "{logs}");
    has(&incident, "condition: Number of results, Greater Than 5, results found: 25");
    has(&incident, "query: Log | where Level == 'Error'");
    has(&incident, "search results: https://portal.example/some");
    has(&incident, "search results (API): https://api.example/all");
    assert_eq!(incident.url.as_deref(), Some("https://portal.example/some"));
    assert_eq!(incident.labels, [("Computer".to_owned(), "web-1".to_owned())]);
}

#[test]
fn newer_log_alerts_have_links_or_an_event() {
    let criteria = |one: Value| json!({"conditionType": "LogQueryCriteria", "condition": {"allOf": [one]}});
    let incident = event(&body(criteria(json!({
        "searchQuery": "Heartbeat", "operator": "LowerThan", "threshold": "1", "timeAggregation": "Count",
        "metricValue": 0.0, "failingPeriods": {"numberOfEvaluationPeriods": 4, "minFailingPeriodsToAlert": 3},
        "linkToSearchResultsUI": "https://portal.example/q", "linkToFilteredSearchResultsAPI": "https://api.example/q"
    }))))
    .incident;
    has(&incident, "condition: Count LowerThan 1, was 0.0, in 3 of 4 periods");
    has(&incident, "search results: https://portal.example/q");
    has(&incident, "search results (API): https://api.example/q");
    let incident = event(&body(criteria(json!({
        "searchQuery": "exceptions", "operator": null, "threshold": null, "dimensions": null, "metricValue": 1.0,
        "event": [[{"name": "type", "value": "NullReference"}, {"name": "count", "value": 2}]]
    }))))
    .incident;
    assert_eq!(incident.logs.as_deref(), Some("type: NullReference, count: 2"));
}

#[test]
fn activity_logs_tell_who_did_what_without_their_claims() {
    let mut body = body(json!({
        "authorization": {"action": "Microsoft.Compute/virtualMachines/restart/action", "scope": "/subscriptions/s-1"},
        "channels": "Operation", "claims": "{\"name\": \"Secret Person\"}", "httpRequest": "{\"clientIpAddress\": \"192.0.2.1\"}",
        "caller": "robot-7", "eventDataId": "e-1", "level": "Informational", "status": "Succeeded",
        "operationName": "Microsoft.Compute/virtualMachines/restart/action", "properties": {"entity": "web-1"}
    }));
    body["data"]["essentials"]["alertId"] =
        json!("/subscriptions/s-1/providers/microsoft.insights/activityLogAlerts/rule");
    let first = event(&body);
    has(&first.incident, "action: Microsoft.Compute/virtualMachines/restart/action");
    has(&first.incident, "caller: robot-7");
    has(&first.incident, "entity: web-1");
    let all = format!("{:?}", first.incident);
    assert!(!all.contains("Secret Person") && !all.contains("192.0.2.1"), "{all}");
    body["data"]["alertContext"]["eventDataId"] = json!("e-2");
    assert_ne!(event(&body).key, first.key, "the id is the rule's: another event is another incident");
}

#[test]
fn health_messages_lose_their_markup() {
    let mut body = body(json!({
        "channels": 1, "eventSource": 2, "level": 3, "claims": null, "status": "Active", "properties": {
            "title": "Storage is slow", "service": "Storage", "region": "East US", "stage": "Active",
            "communication": "<p><b>Impact</b>: slow&nbsp;reads</p>", "defaultLanguageContent": "<p>again</p>",
            "impactedServices": "[{\"ServiceName\":\"Storage\",\"ImpactedRegions\":[{\"RegionName\":\"East US\"}]}]",
            "impactedServicesTableRows": "<tr><td>Storage</td></tr>"}
    }));
    body["data"]["essentials"]["description"] = json!("");
    body["data"]["essentials"]["configurationItems"] = json!(null);
    let incident = event(&body).incident;
    assert_eq!(incident.description.as_deref(), Some("Storage is slow"));
    assert_eq!(incident.resource.as_deref(), Some("web-1"), "the name of the target");
    has(&incident, "communication: Impact: slow reads");
    has(&incident, "impactedServices: Storage (East US)");
    has(&incident, "level: 3");
    assert!(!lines(&incident).iter().any(|line| line.contains('<')), "{:#?}", lines(&incident));
}

fn entry(service: &str, alert: &str, context: Value) -> Value {
    let mut body = body(context);
    body["data"]["essentials"]["monitoringService"] = json!(service);
    body["data"]["essentials"]["alertId"] = json!(format!("{ALERT}{alert}"));
    body
}

#[test]
fn messages_about_one_outage_are_one_incident() {
    let health = |alert: &str, correlation: &str, stage: &str, status: &str| {
        entry(
            "ServiceHealth",
            alert,
            json!({"correlationId": correlation, "eventDataId": alert, "status": status,
            "operationName": "Microsoft.ServiceHealth/incident/action", "properties": {"title": "Storage &lt;b&gt;slow&lt;/b&gt;",
            "trackingId": "AB12-C3D", "incidentType": "Incident", "stage": stage,
            "communication": "&lt;p&gt;Reads are &lt;b&gt;slow&lt;/b&gt;.&lt;/p&gt;"}}),
        )
    };
    let first = event(&health("1", "c1", "Active", "Active"));
    assert_eq!((first.kind, first.incident.title.as_str()), (Kind::Triggered, "web-cpu: Storage slow"));
    has(&first.incident, "communication: Reads are slow.");
    assert_eq!(first.incident.identity.as_deref(), Some("alertRule=web-cpu, trackingId=ab12-c3d"));
    assert!(!first.incident.informational);
    for (stage, status, kind) in [
        ("Active", "Active", Kind::Triggered),
        ("Resolved", "Resolved", Kind::Resolved),
        ("Active", "Resolved", Kind::Resolved),
        ("", "Resolved", Kind::Resolved),
        ("Complete", "Active", Kind::Resolved),
        ("RCA", "Active", Kind::Updated),
        ("Planned", "Active", Kind::Triggered),
    ] {
        let event = event(&health("2", "c2", stage, status));
        assert_eq!((&event.key, event.kind), (&first.key, kind), "{stage} {status}");
        assert_eq!(event.change.is_some(), kind == Kind::Updated);
    }
    let mut other = health("3", "c3", "Active", "Active");
    other["data"]["alertContext"]["properties"]["trackingId"] = json!("OTHER");
    assert_ne!(event(&other).key, first.key);
}

#[test]
fn health_and_operations_belong_together_by_their_correlation() {
    let resource = |alert: &str, operation: &str, status: &str, health: &str| {
        entry(
            "Resource Health",
            alert,
            json!({"correlationId": "rh", "status": status,
            "operationName": format!("Microsoft.Resourcehealth/healthevent/{operation}/action"),
            "properties": {"title": "Virtual machine", "currentHealthStatus": health}}),
        )
    };
    let first = event(&resource("1", "Activated", "Active", "Unavailable"));
    assert_eq!(first.kind, Kind::Triggered);
    for body in [
        resource("2", "Resolved", "Resolved", "Available"),
        resource("2", "Updated", "Updated", "Available"),
        resource("2", "Resolved", "Active", ""),
    ] {
        assert_eq!((event(&body).key, event(&body).kind), (first.key.clone(), Kind::Resolved));
    }
    assert_eq!(event(&resource("2", "Updated", "Active", "Degraded")).kind, Kind::Triggered);
    let operation = |alert: &str, status: &str, level: &str| {
        entry(
            "Activity Log - Administrative",
            alert,
            json!({"correlationId": "op", "status": status, "level": level,
            "operationName": "Microsoft.Sql/servers/restart/action"}),
        )
    };
    let started = event(&operation("1", "Started", "Informational"));
    let succeeded = event(&operation("2", "Succeeded", "Informational"));
    assert_eq!((started.key, started.kind, succeeded.kind), (succeeded.key, Kind::Triggered, Kind::Triggered));
    assert!(started.incident.informational && !event(&operation("3", "Failed", "Error")).incident.informational);
    let planned = entry(
        "ServiceHealth",
        "4",
        json!({"status": "Active", "properties": {"incidentType": "Maintenance", "trackingId": "T", "stage": "Planned"}}),
    );
    assert!(event(&planned).incident.informational);
}

#[test]
fn prometheus_smart_detection_and_budgets_are_read_too() {
    let incident = event(&body(json!({
        "interval": "PT1M", "expression": "up == 0", "expressionValue": "0", "for": "PT2M", "labels": {"job": "web"},
        "annotations": {"summary": "A target is down"}, "ruleGroup": "/subscriptions/s-1/groups/g"
    })))
    .incident;
    has(&incident, "expression: up == 0");
    has(&incident, "summary: A target is down");
    assert_eq!(incident.labels, [("job".to_owned(), "web".to_owned())]);

    let mut smart =
        body(json!({"DetectionSummary": "More failures than usual", "DetectedValue": "7%", "NormalValue": "1%"}));
    smart["data"]["essentials"]["description"] = json!(null);
    let incident = event(&smart).incident;
    assert_eq!(incident.description.as_deref(), Some("More failures than usual"));
    has(&incident, "DetectedValue: 7%");

    let mut budget =
        body(json!({"AlertCategory": "budgets", "AlertData": {"BudgetName": "shop", "SpentAmount": "$70"}}));
    for name in ["alertRule", "severity", "signalType", "alertTargetIDs", "originAlertId"] {
        budget["data"]["essentials"][name] = json!(null);
    }
    let incident = event(&budget).incident;
    assert_eq!((incident.title.as_str(), incident.severity), ("shop", None));
    has(&incident, "SpentAmount: $70");
}

#[test]
fn without_an_alert_id_the_origin_or_the_rule_identifies_it() {
    let key = |changes: &[(&str, Value)]| {
        let mut body = body(metric());
        for (name, value) in changes {
            body["data"]["essentials"][*name] = value.clone();
        }
        parsed(&body).map(|_| event(&body).key)
    };
    let none = ("alertId", json!(null));
    let no_origin = ("originAlertId", json!(null));
    let origin = key(std::slice::from_ref(&none)).unwrap();
    assert_ne!(origin, key(&[none.clone(), ("firedDateTime", json!("2026-03-02T10:00:00Z"))]).unwrap());
    let rule = key(&[none.clone(), no_origin.clone()]).unwrap();
    assert_ne!(rule, origin);
    assert_ne!(rule, key(&[none.clone(), no_origin.clone(), ("alertRule", json!("other"))]).unwrap());
    let nothing = [none, no_origin, ("alertRule", json!(null)), ("alertTargetIDs", json!([]))];
    assert_eq!(key(&nothing).unwrap_err().error, "Missing required field: data.essentials.alertId");
}

#[test]
fn other_schemas_are_told_which_switch_to_turn() {
    let other = json!({"schemaId": "AzureMonitorMetricAlert", "data": {"context": {"name": "web-cpu"}}});
    assert!(is_azure(&other));
    let bad = parsed(&other).unwrap_err();
    assert_eq!(bad.error, "Not the common alert schema");
    assert!(bad.details.unwrap().contains("Enable the common alert schema"));
    let generic = json!({"alertName": "n", "severity": "Sev2", "description": "d"});
    assert_eq!(event(&generic).sender, Sender::Alert);
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(field in 0usize..60, value in any_json(), which in 0usize..3) {
        let contexts = [
            metric(),
            json!({"SearchQuery": "q", "Dimensions": [{"name": "a", "value": "b"}], "SearchResults": {"tables": [{
                "columns": [{"name": "c"}], "rows": [["v"], [1]]}]}}),
            json!({"properties": {"communication": "<p>x", "impactedServices": "[{}]"}, "authorization": {"action": "a"},
                "AlertData": {"BudgetName": "b"}, "labels": {"a": "b"}}),
        ];
        let mut body = body(contexts[which].clone());
        put_at(&mut body, field, value);
        let _ = parsed(&body);
    }

    #[test]
    fn two_identities_never_share_a_key(a in "[A-B/ ]{0,3}", b in "[A-B/ ]{0,3}", c in "[A-B/ ]{0,3}", d in "[A-B/ ]{0,3}") {
        // The first text is an alert's id or, where it is blank, the second is its origin's.
        let key = |id: &str, origin: &str| {
            let mut body = body(metric());
            body["data"]["essentials"]["alertId"] = json!(id);
            body["data"]["essentials"]["originAlertId"] = json!(origin);
            event(&body).key
        };
        let identity = |id: &str, origin: &str| match id.trim() {
            "" => (String::new(), origin.trim().to_owned()),
            id => (id.to_owned(), String::new()),
        };
        prop_assert_eq!(key(&a, &b) == key(&c, &d), identity(&a, &b) == identity(&c, &d));
    }
}
