//! Routing as a whole.

mod document;
mod groups;
mod problems;
mod properties;

use serde_json::{Value, json};

use super::*;
use incident::event::{Incident, Kind, Routing};
use incident::key::Key;
use incident::notice::Target;
use incident::plan::{WhenDone, Workflow};
use incident::sender::Sender;

fn event(sender: Sender, incident: Incident) -> IncidentEvent {
    IncidentEvent {
        group: None,
        key: Key::new(sender, &["1"]).unwrap(),
        sender,
        kind: Kind::Triggered,
        event_type: "x".to_owned(),
        id: None,
        occurred_at: None,
        change: None,
        delivery: None,
        routing: Routing::default(),
        bridge: None,
        incident,
    }
}

fn routes(value: Value) -> Routes {
    Routes::parse(&value).unwrap_or_else(|problems| panic!("{value}: {problems:#?}"))
}

fn plan(routes: &Routes, event: &IncidentEvent, defaults: &Defaults) -> Plan {
    match routes.decide(event, defaults) {
        Decision::Handle(plan) => plan,
        ignored => panic!("{ignored:?}"),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// An event that has something in every field a condition can look at.
fn full() -> IncidentEvent {
    event(
        Sender::Pagerduty,
        Incident {
            title: "MCP Token expired".to_owned(),
            service: some("Billing API"),
            teams: vec!["Payments".to_owned(), "SRE".to_owned()],
            resource: some("aks-prod"),
            priority: some("P1"),
            urgency: some("high"),
            severity: Some(1),
            labels: vec![("Env".to_owned(), "Prod".to_owned()), ("k8s.pod".to_owned(), "mcp-7d4f".to_owned())],
            ..Incident::default()
        },
    )
}

/// Whether a route with this one condition takes the full event.
fn meets(key: &str, value: Value) -> bool {
    plan(&routes(json!([{ key: value }])), &full(), &Defaults::default()).route.is_some()
}

#[test]
fn without_routes_the_sender_decides() {
    let defaults = Defaults { dedup_window_seconds: Some(60), post_to: some("a wiki page"), ..Defaults::default() };
    for nothing in [json!(null), json!(""), json!(" "), json!([]), json!("[]"), json!("null")] {
        let routes = routes(nothing);
        let postmortem = plan(&routes, &event(Sender::Pagerduty, Incident::default()), &defaults);
        assert_eq!(postmortem, Plan { post_to: some("a wiki page"), ..Plan::default() });
        for sender in [Sender::AzureMonitor, Sender::Kibana, Sender::Alert] {
            let triage = plan(&routes, &event(sender, Incident::default()), &defaults);
            let expected = Plan {
                workflow: Workflow::Triage,
                start_on: Kind::Triggered,
                dedup_window_seconds: Some(60),
                ..Plan::default()
            };
            assert_eq!(triage, expected);
        }
    }
}

#[test]
fn every_condition_looks_at_its_field() {
    for (key, yes, no) in [
        ("sender", "pagerduty", "kibana"),
        ("service", "billing api", "billing"),
        ("team", "sre", "sr"),
        ("alert_name", "token", "tokens"),
        ("resource", "aks-*", "aks"),
        ("priority", "p1", "p2"),
        ("urgency", "high", "low"),
        ("severity", "<=1", ">1"),
        ("label.env", "prod", "test"),
        ("label.k8s.pod", "mcp-*", "mcp"),
    ] {
        assert!(meets(key, json!(yes)), "{key}");
        assert!(!meets(key, json!(no)), "{key}");
        assert!(meets(key, json!([no, yes])), "{key}: one of a list is enough");
        let empty = event(Sender::Alert, Incident::default());
        assert_eq!(plan(&routes(json!([{ key: yes }])), &empty, &Defaults::default()).route, None, "{key}");
    }
}

#[test]
fn severities_are_numbers_lists_and_comparisons() {
    for value in
        [json!(1), json!(1.0), json!("1"), json!([0, 1]), json!("<=1"), json!("< 2"), json!(">=1"), json!(">0")]
    {
        assert!(meets("severity", value.clone()), "{value}");
    }
    for value in [json!(0), json!([0, 2]), json!("<1"), json!(">=2"), json!(["<1", ">1"])] {
        assert!(!meets("severity", value.clone()), "{value}");
    }
}

#[test]
fn labels_come_quoted_or_as_tables() {
    assert!(meets("label", json!({ "env": "prod" })));
    assert!(meets("label", json!({ "ENV": ["test", "prod"], "k8s": { "pod": "*" } })));
    assert!(meets("label", json!({ "k8s.pod": "mcp*" })));
    assert!(!meets("label", json!({ "env": "prod", "zone": "*" })));
}

#[test]
fn a_star_wants_something_to_be_there() {
    let mut event = full();
    let routes = routes(json!([{ "service": "*" }]));
    assert_eq!(plan(&routes, &event, &Defaults::default()).route, Some(1));
    for nothing in [None, some(""), some("  ")] {
        event.incident.service = nothing;
        assert_eq!(plan(&routes, &event, &Defaults::default()).route, None);
    }
}

#[test]
fn spaces_around_what_was_sent_do_not_count() {
    let mut event = full();
    event.incident.priority = some(" P1\n");
    event.incident.labels = vec![(" env ".to_owned(), " prod".to_owned())];
    let routes = routes(json!([{ "priority": "P1", "label.env": "prod" }]));
    assert_eq!(plan(&routes, &event, &Defaults::default()).route, Some(1));
}

#[test]
fn the_first_route_decides() {
    let routes = routes(json!([
        { "service": "other", "ignore": true },
        { "service": "billing*", "priority": ["P1", "P2"], "playbook_id": "playbook-1" },
        { "service": "billing*", "ignore": true },
        { "playbook_id": "playbook-2" },
    ]));
    let mut event = full();
    let first = plan(&routes, &event, &Defaults::default());
    assert_eq!((first.route, first.playbook_id.as_deref()), (Some(2), Some("playbook-1")));

    event.incident.priority = some("P3");
    let Decision::Ignore { reason: Reason::Route, route: Some(3), message } =
        routes.decide(&event, &Defaults::default())
    else {
        panic!("not ignored")
    };
    assert_eq!(message, "Route 3 ignores it.");

    event.incident.service = None;
    assert_eq!(plan(&routes, &event, &Defaults::default()).route, Some(4));
}

#[test]
fn the_workflow_sets_when_it_starts() {
    let defaults = Defaults { dedup_window_seconds: Some(60), post_to: some("a wiki page"), ..Defaults::default() };
    let of = |route: Value, sender| plan(&routes(json!([route])), &event(sender, Incident::default()), &defaults);

    let triage = of(json!({ "workflow": "triage" }), Sender::Pagerduty);
    assert_eq!((triage.workflow, triage.start_on), (Workflow::Triage, Kind::Triggered));
    assert_eq!((triage.dedup_window_seconds, triage.post_to), (None, None));

    let postmortem = of(json!({ "workflow": "postmortem" }), Sender::Kibana);
    assert_eq!((postmortem.workflow, postmortem.start_on), (Workflow::Postmortem, Kind::Resolved));
    assert_eq!((postmortem.dedup_window_seconds, postmortem.post_to), (Some(60), some("a wiki page")));

    for (name, kind) in
        [("triggered", Kind::Triggered), ("acknowledged", Kind::Acknowledged), ("resolved", Kind::Resolved)]
    {
        assert_eq!(of(json!({ "start_on": name }), Sender::Pagerduty).start_on, kind);
    }
    // Alerts hardly ever say that somebody took them on.
    assert_eq!(of(json!({ "start_on": "acknowledged" }), Sender::Alert).start_on, Kind::Triggered);
}

#[test]
fn every_setting_reaches_the_plan() {
    let defaults = Defaults {
        playbook_id: some("playbook-default"),
        repos: vec!["org/default".to_owned()],
        max_acu_limit: Some(5),
        post_to: some("a wiki page"),
        dedup_window_seconds: Some(60),
        structured_output: false,
    };
    let route = json!({
        "workflow": "postmortem", "start_on": "acknowledged", "min_occurrences": 3, "window_seconds": 300,
        "group_by": ["service"], "group_wait_seconds": 30, "prompt": "Look.\nThen write.", "title": "{{title}}", "language": "Deutsch",
        "post_to": "a page in Confluence", "observability": ["Datadog", "Sentry"], "structured_output": true,
        "playbook_id": "playbook-1", "knowledge_ids": ["note-1"], "secret_ids": [], "session_secrets": ["DB_URL"],
        "repos": ["https://github.com/org/one.git", "org/two"], "tags": ["billing", "a b"], "max_acu_limit": 10,
        "devin_mode": "fast", "session": {"platform": "windows"}, "when_done": "archive", "notify": ["webhook"], "ignore": false, "accept_unreadable": true,
        "sessions_per_day": 5, "approve": true,
    });
    let set = routes(json!([route]));
    let (budget, most) = set.budgets().into_iter().next().unwrap();
    assert_eq!(most, 5);
    let expected = Plan {
        route: Some(1),
        workflow: Workflow::Postmortem,
        start_on: Kind::Acknowledged,
        dedup_window_seconds: Some(60),
        min_occurrences: 3,
        window_seconds: 300,
        group_wait_seconds: 30,
        prompt: some("Look.\nThen write."),
        title: some("{{title}}"),
        playbook_id: some("playbook-1"),
        knowledge_ids: Some(vec!["note-1".to_owned()]),
        secret_ids: Some(Vec::new()),
        session_secrets: vec!["DB_URL".to_owned()],
        repos: vec!["org/one".to_owned(), "org/two".to_owned()],
        tags: vec!["billing".to_owned(), "a b".to_owned()],
        max_acu_limit: Some(10),
        devin_mode: some("fast"),
        post_to: some("a page in Confluence"),
        observability: Some(vec!["Datadog".to_owned(), "Sentry".to_owned()]),
        language: some("Deutsch"),
        structured_output: true,
        session: json!({"platform": "windows"}).as_object().unwrap().clone(),
        when_done: WhenDone::Archive,
        notify: Some(vec![Target::Webhook]),
        budget: Some(budget),
        approve: true,
    };
    let event = event(Sender::Alert, Incident::default());
    assert_eq!(plan(&set, &event, &defaults), expected);
    assert_eq!(set.session_secrets(), [("ROUTES[1].session_secrets".to_owned(), "DB_URL")]);
    assert_eq!(
        set.templates(),
        [("ROUTES[1].prompt".to_owned(), "Look.\nThen write."), ("ROUTES[1].title".to_owned(), "{{title}}")]
    );

    // What a route leaves out stays as the variables say, and an empty text or list switches it off.
    let kept = plan(&routes(json!([{ "workflow": "postmortem" }])), &event, &defaults);
    assert_eq!((kept.playbook_id, kept.repos), (defaults.playbook_id.clone(), defaults.repos.clone()));
    assert_eq!((kept.max_acu_limit, kept.post_to), (Some(5), defaults.post_to.clone()));
    let off =
        json!([{ "workflow": "postmortem", "playbook_id": "", "repos": [], "post_to": "", "observability": "none" }]);
    let off = plan(&routes(off), &event, &defaults);
    assert_eq!((off.playbook_id, off.repos, off.post_to, off.observability), (None, vec![], None, Some(vec![])));
}

#[test]
fn structured_output_is_a_default_that_a_route_may_change() {
    let of = |set: serde_json::Value, structured_output| {
        let defaults = Defaults { structured_output, ..Defaults::default() };
        plan(&routes(set), &event(Sender::Kibana, Incident::default()), &defaults).structured_output
    };
    assert!(of(json!([]), true) && !of(json!([]), false));
    assert!(of(json!([{ "structured_output": true }]), false) && !of(json!([{ "structured_output": false }]), true));
}

#[test]
fn an_unreadable_body_is_triaged_unless_its_route_refuses() {
    let mut broken = event(Sender::Kibana, Incident::default());
    broken.event_type = UNREADABLE.to_owned();
    for accepting in [json!([]), json!([{ "sender": "kibana" }]), json!([{ "accept_unreadable": true }])] {
        assert_eq!(plan(&routes(accepting), &broken, &Defaults::default()).workflow, Workflow::Triage);
    }
    let refusing = routes(json!([{ "accept_unreadable": false }]));
    let Decision::Ignore { route: Some(1), message, .. } = refusing.decide(&broken, &Defaults::default()) else {
        panic!("not ignored")
    };
    assert_eq!(message, "Route 1 accepts no unreadable body.");
    assert_eq!(plan(&refusing, &full(), &Defaults::default()).route, Some(1));
}

#[test]
fn a_dry_run_says_why() {
    let routes = routes(json!([
        { "service": ["api*", "web"], "severity": ["<=0", 4], "team": "Core", "sender": "pagerduty" },
        { "alert_name": ["timeout", "null*"], "label.zone": "*" },
        { "priority": "P1" },
        { "ignore": true },
    ]));
    let texts = |event: &IncidentEvent| routes.explain(event).into_iter().map(|e| e.text).collect::<Vec<_>>();
    assert_eq!(
        texts(&full()),
        [
            "route 1: service is \"Billing API\", wanted \"api*\" or \"web\"; severity is \"1\", wanted \"<=0\" or \"4\"; \
             team is \"Payments\" and \"SRE\", wanted \"Core\"",
            "route 2: alert_name is \"MCP Token expired\", wanted \"timeout\" in it or \"null*\"; \
             label.zone is not given, wanted \"*\"",
            "route 3: every condition is met",
        ]
    );
    let last = routes.explain(&event(Sender::Alert, Incident::default())).pop().unwrap();
    assert_eq!(last, Explained { route: Some(4), decides: true, text: "route 4: it has no condition".to_owned() });
    let none = Routes::default().explain(&full());
    assert_eq!(none.len(), 1);
    assert_eq!((none[0].route, none[0].decides), (None, true));
}

#[test]
fn what_is_kept_of_the_routing_is_bounded_and_ends_with_what_decides() {
    let long = "x".repeat(190);
    let mut list: Vec<Value> = (0..40).map(|n| json!({ "service": long, "resource": format!("{n} {long}") })).collect();
    list.push(json!({ "ignore": true }));
    let routing = routes(Value::from(list)).routing(&full());
    assert_eq!((routing.route, routing.why.len()), (Some(41), MOST_LINES));
    assert!(routing.why.iter().all(|line| line.chars().count() <= LONGEST_LINE));
    assert!(routing.why[0].starts_with("route 1: resource is"));
    assert_eq!(routing.why[MOST_LINES - 2], "and 30 more");
    assert_eq!(routing.why[MOST_LINES - 1], "route 41: it has no condition");
    let few = routes(json!([{ "service": "x" }, { "service": "*" }])).routing(&full());
    assert_eq!((few.route, few.why.len()), (Some(2), 2));
    assert_eq!(Routes::default().routing(&full()).why, ["no route matches; the defaults decide"]);
}

#[test]
fn a_text_of_json_is_the_same_as_a_list() {
    let list = json!([{ "service": "a", "tags": ["x"] }, { "severity": "<=1", "ignore": true }]);
    assert_eq!(Routes::parse(&list), Routes::parse(&Value::String(list.to_string())));
}

#[test]
fn secrets_and_repositories_that_a_title_alone_leads_to_are_named() {
    let warnings = |route: serde_json::Value| Routes::parse(&json!([route])).unwrap().warnings();
    for (route, what) in [
        (json!({"alert_name": "db-*", "repos": ["o/r"]}), "ROUTES[1]: repos for"),
        (json!({"alert_name": "db", "session_secrets": ["DB_PASSWORD"]}), "ROUTES[1]: session_secrets for"),
        (json!({"sender": "alert", "severity": "<=1", "alert_name": "db", "repos": ["o/r"]}), "ROUTES[1]: repos for"),
        (
            json!({"alert_name": "db", "repos": ["o/r"], "session_secrets": ["DB_PASSWORD"]}),
            "ROUTES[1]: session_secrets and repos for",
        ),
    ] {
        let found = warnings(route.clone());
        assert!(found.len() == 1 && found[0].starts_with(what), "{route}: {found:?}");
    }
    for route in [
        json!({"alert_name": "db-*", "service": "orders", "repos": ["o/r"]}),
        json!({"alert_name": "db-*", "label.team": "db", "session_secrets": ["DB_PASSWORD"]}),
        json!({"alert_name": "db-*", "playbook_id": "playbook-1"}),
        json!({"sender": "pagerduty", "repos": ["o/r"]}),
        json!({"repos": ["o/r"]}),
    ] {
        assert_eq!(warnings(route.clone()), [""; 0], "{route}");
    }
}

#[test]
fn a_routes_budget_goes_with_its_conditions() {
    let staging = json!({ "label.env": "staging", "service": "a*", "sessions_per_day": 5 });
    let budgets = routes(json!([staging])).budgets();
    let moved = json!({ "service": "a*", "label.env": "staging", "sessions_per_day": 7, "tags": "x" });
    let others = routes(json!([{ "service": "b", "sessions_per_day": 1 }, moved, { "priority": "P1" }])).budgets();
    assert_eq!(others.len(), 2);
    let (id, most) = budgets.into_iter().next().unwrap();
    assert_eq!((most, others.get(&id)), (5, Some(&7)));
    let event = event(Sender::Alert, Incident { service: Some("c".into()), ..Incident::default() });
    assert_eq!(
        plan(&routes(json!([{ "service": "b", "sessions_per_day": 1 }])), &event, &Defaults::default()).budget,
        None
    );
}
