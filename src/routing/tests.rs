//! Routing as a whole.

use serde_json::{Value, json};

use super::*;
use crate::incident::event::{Incident, Kind};
use crate::incident::key::Key;
use crate::incident::plan::Workflow;

fn event(sender: Sender, incident: Incident) -> IncidentEvent {
    IncidentEvent {
        key: Key::new(sender, &["1"]).unwrap(),
        sender,
        kind: Kind::Triggered,
        event_type: "x".to_owned(),
        id: None,
        occurred_at: None,
        change: None,
        incident,
    }
}

fn routes(value: Value) -> Routes {
    Routes::parse(&value).unwrap_or_else(|problems| panic!("{value}: {problems:?}"))
}

#[test]
fn without_routes_the_sender_decides() {
    let defaults = Defaults { dedup_window_seconds: Some(60), ..Defaults::default() };
    for nothing in [json!(null), json!(""), json!(" "), json!([]), json!("[]"), json!("null")] {
        let decide = |sender| match routes(nothing.clone()).decide(&event(sender, Incident::default()), &defaults) {
            Decision::Handle(plan) => plan,
            other => panic!("{other:?}"),
        };
        let plan = decide(Sender::Pagerduty);
        assert_eq!(
            (plan.route, plan.workflow, plan.start_on, plan.dedup_window_seconds),
            (None, Workflow::Postmortem, Kind::Resolved, None)
        );
        let plan = decide(Sender::Kibana);
        assert_eq!(
            (plan.route, plan.workflow, plan.start_on, plan.dedup_window_seconds),
            (None, Workflow::Triage, Kind::Triggered, Some(60))
        );
    }
}
