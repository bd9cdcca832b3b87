use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::SENDERS;
use crate::senders::testing::{any_json, files, mappings};
use incident::event::IncidentEvent;
use incident::key::Key;

fn mapping(changes: &Value) -> Mapping {
    let mut table = json!({"name": "acme", "id": "check.id", "title": "check.name"});
    for (name, value) in changes.as_object().unwrap() {
        table[name] = value.clone();
    }
    sources(&json!([table])).unwrap().remove(0)
}

fn read(changes: &Value, body: &Value) -> Vec<IncidentEvent> {
    match mapping(changes).read(Sender::Source, body.clone()) {
        Ok(Parsed::Events { events, .. }) => events,
        other => panic!("{other:?}"),
    }
}

fn body() -> Value {
    json!({"check": {"id": 7, "name": "Cart", "state": "DOWN", "prio": "DISASTER", "since": 1_700_000_000}, "msg": "no answer\\nfrom web-1",
        "tags": "env:prod, team:shop", "links": {"page": "https://acme.example/7"}})
}

#[test]
fn a_mapping_says_where_things_are() {
    let changes = json!({"description": "msg", "severity": "check.prio", "status": "check.state", "url": "links.page", "started_at": "check.since",
        "labels": "tags", "resource": ["check.name", "check.id"], "severity_map": {"disaster": 0}, "defaults": {"service": "shop"}});
    let event = read(&changes, &body()).remove(0);
    assert_eq!((event.sender, event.kind, event.event_type.as_str()), (Sender::Source, Kind::Triggered, "DOWN"));
    let incident = event.incident;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!((incident.title.as_str(), incident.description), ("Cart", text("no answer\nfrom web-1")));
    assert_eq!((incident.severity, incident.severity_word), (Some(0), text("DISASTER")));
    assert_eq!((incident.service, incident.resource, incident.source), (text("shop"), text("Cart 7"), text("acme")));
    assert_eq!((incident.url, incident.started_at), (text("https://acme.example/7"), text("2023-11-14T22:13:20Z")));
    assert_eq!(incident.labels.len(), 2);
    assert_eq!(incident.identity, text("source=acme, check.id=7"));
}

#[test]
fn its_own_words_say_when_it_is_over() {
    let kind = |changes: &Value, state: &str| {
        let mut body = body();
        body["check"]["state"] = json!(state);
        read(changes, &body).remove(0).kind
    };
    let usual = json!({"status": "check.state"});
    let own = json!({"status": "check.state", "resolved": ["GREEN", 0], "acknowledged": "seen"});
    assert_eq!(
        [kind(&usual, "✅ Up"), kind(&usual, "green"), kind(&usual, "not ok")],
        [Kind::Resolved, Kind::Resolved, Kind::Triggered]
    );
    assert_eq!(
        [kind(&own, "green"), kind(&own, "0"), kind(&own, "Up"), kind(&own, "Seen")],
        [Kind::Resolved, Kind::Resolved, Kind::Triggered, Kind::Acknowledged]
    );
}

#[test]
fn a_list_of_alerts_is_one_event_each() {
    let changes = json!({"items": "results", "id": ["id", "run"], "title": "name"});
    let events = read(&changes, &json!({"run": "r1", "results": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}));
    assert_eq!(events.iter().map(|event| event.incident.title.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(events[0].incident.identity.as_deref(), Some("source=acme, id=1, run=r1"));
    let empty = mapping(&changes).read(Sender::Source, json!({"results": []}));
    assert!(matches!(empty, Ok(Parsed::Nothing { reason: Reason::NoIncident, .. })), "{empty:?}");
    let half = mapping(&changes).read(Sender::Source, json!({"results": [{"id": 1, "name": "a"}, {"name": "b"}]}));
    assert!(matches!(half, Ok(Parsed::Events { ref refused, .. }) if refused.len() == 1), "{half:?}");
}

#[test]
fn an_empty_identity_is_named() {
    let bad =
        mapping(&json!({})).read(Sender::Source, json!({"check": {"id": " ", "name": "x"}, "other": 1})).unwrap_err();
    assert_eq!(bad.error, "Missing required field: check.id");
    let details = bad.details.unwrap();
    assert!(details.contains("acme") && details.ends_with("It has: check, other."), "{details}");
    let test = mapping(&json!({})).read(Sender::Source, json!({"msg": "My Testing"}));
    assert!(matches!(test, Ok(Parsed::Nothing { reason: Reason::Test, .. })), "{test:?}");
}

#[test]
fn what_is_wrong_with_sources_is_named() {
    let problems = |table: Value| {
        let problems = sources(&json!([table])).unwrap_err();
        problems.into_iter().map(|problem| format!("{}: {}", problem.setting, problem.expected)).collect::<Vec<_>>()
    };
    let first = |table: Value| problems(table).remove(0);
    let base = |key: &str, value: Value| {
        let mut table = json!({"name": "acme", "id": "a", "title": "b"});
        table[key] = value;
        table
    };
    assert!(first(base("titel", json!("x"))).starts_with("SOURCES[1].titel: a known key; did you mean title?"));
    assert!(first(base("xyzzy", json!("x"))).starts_with("SOURCES[1].xyzzy: one of name, items, id"));
    assert!(first(json!({"name": "acme", "title": "b"})).starts_with("SOURCES[1].id: what identifies an alert"));
    for (key, value) in [
        ("id", json!("a..b")),
        ("id", json!([])),
        ("id", json!(7)),
        ("url", json!(["a", 1])),
        ("items", json!(["a"])),
        ("severity_map", json!({"x": "nonsense"})),
        ("severity_map", json!([1])),
        ("resolved", json!({"a": 1})),
        ("defaults", json!({"sevice": "x"})),
        ("defaults", json!({"id": "x"})),
        ("defaults", json!("x")),
        ("name", json!("Acme Tool")),
        ("name", json!("kibana")),
        ("name", json!(null)),
    ] {
        let found = first(base(key, value.clone()));
        assert!(found.starts_with(&format!("SOURCES[1].{key}")), "{found}");
    }
    assert!(first(base("url", json!("*.*.*.*.x"))).contains("with at most 3 stars"));
    assert!(first(base("defaults", json!({"sevice": "x"}))).contains("did you mean service?"));
    let twice = sources(&json!([base("url", json!("u")), base("url", json!("u"))])).unwrap_err();
    assert!(twice[0].setting == "SOURCES[2].name" && twice[0].expected.starts_with("a name that no other source has"));
    assert_eq!(sources(&json!("")), Ok(Vec::new()));
    assert!(sources(&json!("[{")).is_err());
    assert_eq!(problems(json!("x")).len(), 1);
}

#[test]
fn every_mapping_that_comes_along_is_sound() {
    for (path, mapping) in mappings().files {
        assert_eq!(path, format!("senders/{}.json", mapping.name));
        assert!(SENDERS.iter().any(|known| known.mapped && known.sender.path() == mapping.name), "{path}");
    }
}

#[test]
fn a_mistake_in_a_file_is_named_with_its_place() {
    let found = |text: Option<&str>| {
        let mut files = files();
        files.retain(|(path, _)| path != "senders/zabbix.json");
        files.extend(text.map(|text| ("senders/zabbix.json".to_owned(), text.to_owned())));
        let mut problems = Vec::new();
        crate::senders::mappings(Vec::new(), &files, &mut problems);
        problems.iter().map(Problem::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found(None), ["senders/zabbix.json is missing, expected the mapping of zabbix"]);
    assert_eq!(
        found(Some("{\n  \"id\": \"a\",\n}")),
        ["senders/zabbix.json, line 3, column 1 is broken JSON, expected a JSON object with id, title and other keys"]
    );
    assert_eq!(
        found(Some(r#"{"id": "a", "title": "b", "servise": "c"}"#)),
        ["senders/zabbix.json.servise is a text of length 1, expected a known key; did you mean service?"]
    );
    assert_eq!(found(Some(r#"{"id": "a", "title": "b"}"#)), [""; 0]);
}

proptest! {
    #[test]
    fn no_key_is_empty_and_no_body_does_harm(
        body in any_json(), id in "[a-zA-Z0-9*.]{1,12}", title in "[a-zA-Z0-9.]{1,12}", items in proptest::option::of("[a-zA-Z]{1,4}"),
    ) {
        let mut table = json!({"name": "acme", "id": id, "title": title, "labels": "a", "severity": "b", "status": "c", "started_at": "d"});
        if let Some(items) = items {
            table["items"] = json!(items);
        }
        if let Ok(mappings) = sources(&json!([table]))
            && let Ok(Parsed::Events { events, .. }) = mappings[0].read(Sender::Source, body)
        {
            for event in events {
                prop_assert!(Key::parse(event.key.as_str()).is_some() && !event.incident.title.is_empty());
            }
        }
    }

    #[test]
    fn any_sources_are_read_or_named(value in any_json()) {
        if let Err(problems) = sources(&value) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn any_body_at_any_hook_is_survived(body in any_json(), which in 0usize..SENDERS.len()) {
        let text = body.to_string();
        let _ = crate::senders::parse(Endpoint::Of(SENDERS[which].sender), &Verified::in_test(text.as_bytes()), &mappings());
    }
}
