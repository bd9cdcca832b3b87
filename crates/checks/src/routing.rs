//! The setting `ROUTES`.

use serde_json::Value;

use super::input::text_of;
use inbound::routing::{Decision, Defaults, Routes};
use incident::event::{Incident, IncidentEvent};
use incident::key::Key;
use incident::sender::Sender;

/// The whole input is the setting: JSON, or a text as the web console gives it.
pub fn routes(input: &[u8]) {
    let text = text_of(input);
    let setting = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()));
    let routes = match Routes::parse(&setting) {
        Ok(routes) => routes,
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.setting.starts_with("ROUTES"), "{problem}");
                assert!(!problem.expected.is_empty(), "{problem}");
                assert!(problem.found.is_none_or(|found| found.len() < 1_000));
            }
            return;
        }
    };
    for sender in Sender::all() {
        let event = event(sender);
        let decided = match routes.decide(&event, &Defaults::default()) {
            Decision::Ignore { route, .. } => route,
            Decision::Handle(mut plan) => {
                let grouped = routes.grouped(event.clone(), &mut plan, &Defaults::default());
                assert_eq!(grouped.group.is_some(), grouped.key.is_group(), "{grouped:?}");
                assert_eq!(Key::parse(grouped.key.as_str()), Some(grouped.key));
                plan.route
            }
        };
        let explained = routes.explain(&event);
        let deciding: Vec<_> = explained.iter().filter(|one| one.decides).map(|one| one.route).collect();
        assert_eq!(deciding, [decided], "{explained:?}");
    }
}

fn event(sender: Sender) -> IncidentEvent {
    let incident = Incident {
        title: "Checkout answers 502".to_owned(),
        service: Some("checkout".to_owned()),
        teams: vec!["Payments".to_owned()],
        priority: Some("P1".to_owned()),
        urgency: Some("high".to_owned()),
        severity: Some(1),
        resource: Some("orders-db".to_owned()),
        labels: vec![("env".to_owned(), "prod".to_owned())],
        ..Incident::default()
    };
    let key = Key::new(sender, &["Q1"]).unwrap_or_default();
    IncidentEvent { key, sender, event_type: "triggered".to_owned(), incident, ..IncidentEvent::default() }
}
