use proptest::prelude::*;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::senders::testing::{any_json, put_at};
use incident::event::IncidentEvent;

fn parsed(body: &str) -> (IncidentEvent, Option<String>) {
    match parse(&Verified::in_test(body.as_bytes())) {
        Ok(Parsed::Events { mut events, remark }) if events.len() == 1 => (events.remove(0), remark),
        other => panic!("{other:?}"),
    }
}

fn event(body: &Value) -> IncidentEvent {
    let (event, remark) = parsed(&body.to_string());
    assert_eq!(remark, None);
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
    assert_eq!(source(json!({"level": "error"})), r#"{"level":"error"}"#);
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
    let (event, remark) = parsed(body);
    assert_eq!((event.incident.title.as_str(), event.event_type.as_str()), (UNTITLED, UNREADABLE));
    assert!(remark.unwrap().contains("at byte 1 "));
    assert_ne!(event.key, parsed(&body.replace("Unclosed", "Unopened")).0.key);
    let Ok(Parsed::Nothing { reason, .. }) = parse(&Verified::in_test(b" ")) else { panic!() };
    assert_eq!(reason, Reason::Unreadable);
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
