//! What holds for any routes and any events.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// Any JSON, with the names and texts routes are made of among its parts.
fn any_json() -> impl Strategy<Value = Value> {
    let words: Vec<&str> = CONDITIONS
        .into_iter()
        .chain(SETTINGS)
        .chain(["label", "label.a", "label.", "*", "<=1", "none", "triage", "resolved", "kibana", "a/b", ""])
        .collect();
    let text = prop_oneof![proptest::sample::select(words).prop_map(str::to_owned), ".{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3..9_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_event() -> impl Strategy<Value = IncidentEvent> {
    let text = || proptest::option::of("[abAB*]{0,3}");
    let sender = proptest::sample::select(Sender::all().collect::<Vec<_>>());
    let labels = proptest::collection::vec(("[aAb]", "[abAB]{0,2}"), 0..3);
    (
        sender,
        text(),
        proptest::collection::vec("[abAB]{0,2}", 0..3),
        "[ab ]{0,3}",
        proptest::option::of(0..=4_u8),
        labels,
    )
        .prop_map(|(sender, service, teams, title, severity, labels)| {
            event(sender, Incident { service, teams, title, severity, labels, ..Incident::default() })
        })
}

/// Well-formed routes with few letters, so that they often match and often take each other's events.
fn any_route() -> impl Strategy<Value = Value> {
    let pattern = || proptest::collection::vec("[abAB*]{1,3}", 1..3).prop_map(Value::from);
    let severity = prop_oneof![
        proptest::collection::vec(0..=4, 1..4).prop_map(Value::from),
        (proptest::sample::select(vec!["<=", ">="]), 0..=4).prop_map(|(op, n)| format!("{op}{n}").into()),
    ];
    let senders =
        proptest::sample::subsequence(Sender::all().map(Sender::name).collect::<Vec<_>>(), 1..=3).prop_map(Value::from);
    let part = prop_oneof![
        3 => senders.prop_map(|value| ("sender", value)),
        3 => severity.prop_map(|value| ("severity", value)),
        2 => pattern().prop_map(|value| ("service", value)),
        1 => pattern().prop_map(|value| ("team", value)),
        1 => pattern().prop_map(|value| ("alert_name", value)),
        1 => pattern().prop_map(|value| ("label.a", value)),
        1 => Just(("tags", json!(["x"]))),
    ];
    proptest::collection::vec(part, 1..4)
        .prop_map(|parts| parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into())
}

/// The words again, written as plainly as possible.
fn matches_plainly(route: &Value, event: &IncidentEvent) -> bool {
    fn glob(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| glob(rest, &text[n..])),
            Some((c, rest)) => text.first() == Some(c) && glob(rest, &text[1..]),
        }
    }
    let chars = |text: &str| text.trim().to_lowercase().chars().collect::<Vec<_>>();
    route.as_object().unwrap().iter().all(|(key, wanted)| {
        let incident = &event.incident;
        let values: Vec<String> = match key.as_str() {
            "sender" => vec![event.sender.name().to_owned()],
            "service" => incident.service.iter().cloned().collect(),
            "team" => incident.teams.clone(),
            "alert_name" => vec![incident.title.clone()],
            "severity" => incident.severity.iter().map(u8::to_string).collect(),
            "label.a" => {
                incident.labels.iter().filter(|(name, _)| name.to_lowercase() == "a").map(|(_, v)| v.clone()).collect()
            }
            _ => return true,
        };
        let wanted = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
        values.iter().filter(|value| !value.trim().is_empty()).any(|value| {
            wanted.iter().any(|wanted| match (key.as_str(), wanted.as_str()) {
                (_, None) => wanted.as_u64() == value.parse().ok(),
                ("severity", Some(text)) => {
                    let (limit, value): (u8, u8) =
                        (text.trim_start_matches(['<', '>', '=']).parse().unwrap(), value.parse().unwrap());
                    if text.starts_with('<') { value <= limit } else { value >= limit }
                }
                ("alert_name", Some(text)) if !text.contains('*') => {
                    value.to_lowercase().contains(&text.to_lowercase())
                }
                (_, Some(text)) => glob(&chars(text), &chars(value)),
            })
        })
    })
}

/// The routes that have no problem, one by one.
fn valid(routes: Vec<Value>) -> Vec<Value> {
    routes.into_iter().filter(|route| Routes::parse(&json!([route])).is_ok()).collect()
}

/// The positions, from 0, of the routes said to be out of reach.
fn out_of_reach(routes: &[Value]) -> Vec<usize> {
    let Err(problems) = Routes::parse(&Value::from(routes.to_vec())) else { return Vec::new() };
    let number = |setting: &str| setting.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap();
    problems.iter().map(|problem| number(&problem.setting) - 1).collect()
}

/// One event of each kind that routes like ours can tell apart.
fn every_event() -> Vec<IncidentEvent> {
    let texts = |letters: &[&str]| {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..3 {
            last = last.iter().flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}"))).collect();
            all.extend(last.clone());
        }
        all
    };
    let mut events = Vec::new();
    for sender in Sender::all() {
        for severity in [None, Some(0), Some(1), Some(2), Some(3), Some(4)] {
            for text in texts(&["a", "b"]) {
                for service in [None, Some(text.clone())] {
                    let teams = vec![text.clone(), "b".to_owned()];
                    for (teams, labels) in [(Vec::new(), vec![("a".to_owned(), text.clone())]), (teams, Vec::new())] {
                        let title = text.clone();
                        let incident = Incident {
                            service: service.clone(),
                            severity,
                            teams,
                            labels,
                            title,
                            ..Incident::default()
                        };
                        events.push(event(sender, incident));
                    }
                }
            }
        }
    }
    events
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused(value in any_json(), event in any_event()) {
        for value in [json!([value.clone()]), json!({ "a": value }), json!(value.to_string()), value] {
            match Routes::parse(&value) {
                Ok(routes) => {
                    let decision = routes.decide(&event, &Defaults::default());
                    let decided = routes.explain(&event).iter().find(|e| e.decides).and_then(|e| e.route);
                    let by = match decision {
                        Decision::Ignore { route, .. } => route,
                        Decision::Handle(plan) => plan.route,
                    };
                    prop_assert_eq!(by, decided);
                }
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    for problem in problems {
                        prop_assert!(problem.setting.starts_with("ROUTES"));
                        prop_assert!(!problem.expected.is_empty());
                        prop_assert!(problem.found.is_none_or(|found| found.chars().count() <= 90));
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_that_really_matches_decides(routes in proptest::collection::vec(any_route(), 0..5), event in any_event()) {
        let mut routes = valid(routes);
        for lost in out_of_reach(&routes).into_iter().rev() {
            routes.remove(lost);
        }
        let first = routes.iter().position(|route| matches_plainly(route, &event)).map(number);
        let parsed = super::routes(Value::from(routes));
        prop_assert_eq!(plan(&parsed, &event, &Defaults::default()).route, first);
        let explained = parsed.explain(&event);
        prop_assert_eq!(explained.last().map(|e| (e.route, e.decides)), Some((first, true)));
        prop_assert!(explained.iter().rev().skip(1).all(|e| !e.decides));
    }

    #[test]
    fn case_changes_nothing(routes in proptest::collection::vec(any_route(), 1..4), event in any_event()) {
        let shout = |text: &String| text.to_uppercase();
        let mut loud = event.clone();
        loud.incident.title = shout(&event.incident.title);
        loud.incident.service = event.incident.service.as_ref().map(shout);
        loud.incident.teams = event.incident.teams.iter().map(shout).collect();
        loud.incident.labels = event.incident.labels.iter().map(|(name, text)| (shout(name), shout(text))).collect();
        if let Ok(routes) = Routes::parse(&Value::from(routes)) {
            let defaults = Defaults::default();
            prop_assert_eq!(routes.decide(&event, &defaults), routes.decide(&loud, &defaults));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_route_said_to_be_out_of_reach_is(routes in proptest::collection::vec(any_route(), 2..5)) {
        let routes = valid(routes);
        for lost in out_of_reach(&routes) {
            for event in every_event().iter().filter(|event| matches_plainly(&routes[lost], event)) {
                prop_assert!(routes[..lost].iter().any(|route| matches_plainly(route, event)), "{lost} {event:?}");
            }
        }
    }

    /// With senders and severities alone there are few enough events to tell in both directions.
    #[test]
    fn a_route_out_of_reach_is_said_to_be(
        routes in proptest::collection::vec(any_route(), 2..6).prop_map(|mut routes| {
            for route in &mut routes {
                route.as_object_mut().unwrap().retain(|key, _| key == "sender" || key == "severity");
            }
            routes.retain(|route| route.as_object().is_some_and(|map| !map.is_empty()));
            routes
        })
    ) {
        let mut lost = Vec::new();
        for n in 0..routes.len() {
            let reached = every_event().iter().any(|event| {
                matches_plainly(&routes[n], event) && !routes[..n].iter().any(|route| matches_plainly(route, event))
            });
            if !reached {
                lost.push(n);
            }
        }
        prop_assert_eq!(out_of_reach(&routes), lost);
    }
}
