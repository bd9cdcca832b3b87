//! Everything that can be wrong with `ROUTES`, and what is said about it.

use serde_json::{Value, json};

use super::*;
use incident::sender::Sender;

/// The problems of a value as `setting | found | expected`.
fn problems(value: Value) -> Vec<String> {
    match Routes::parse(&value) {
        Ok(routes) => panic!("accepted: {routes:?}"),
        Err(problems) => problems
            .into_iter()
            .map(|problem| {
                let expected = problem.expected.replace(" (ROUTES[1] is the first route)", "");
                format!("{} | {} | {expected}", problem.setting, problem.found.unwrap_or_default())
            })
            .collect(),
    }
}

/// The one problem of one route.
fn problem(route: Value) -> String {
    let all = problems(json!([route]));
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

#[test]
fn the_variable_must_be_a_list() {
    let list = "a list of routes: [[vars.ROUTES]] with two brackets in wrangler.toml, [{…}] in JSON";
    assert_eq!(problems(json!({ "ignore": true })), [format!("ROUTES | a table of 1 | {list}")]);
    assert_eq!(problems(json!(7)), [format!("ROUTES | 7 | {list}")]);
    assert_eq!(problems(json!("{}")), [format!("ROUTES | a table of 0 | {list}")]);
    assert_eq!(
        problems(json!("[{]")),
        ["ROUTES | a text of length 3 | a list of routes as JSON; it breaks at line 1, column 3"]
    );
    assert_eq!(problems(json!(["x"])), ["ROUTES[1] | \"x\" | a table of conditions and settings"]);
    assert_eq!(problem(json!({})), "ROUTES[1] | a table of 0 | at least one condition or setting");
}

#[test]
fn people_are_told_that_we_count_from_one() {
    let problems = Routes::parse(&json!([{ "service": "a" }, { "severity": 9 }])).unwrap_err();
    assert_eq!(problems[0].setting, "ROUTES[2].severity");
    assert_eq!(problems[0].found.as_deref(), Some("9"));
    assert!(problems[0].expected.ends_with("(ROUTES[1] is the first route)"));
}

#[test]
fn an_unknown_key_comes_with_the_nearest() {
    for (key, nearest) in [
        ("services", "service"),
        ("alertName", "alert_name"),
        ("Priority", "priority"),
        ("playbook", "playbook_id"),
        ("labels", "label.<name>"),
        ("max_acu", "max_acu_limit"),
        ("star_on", "start_on"),
        ("tag", "tags"),
    ] {
        assert_eq!(
            problem(json!({ key: "x" })),
            format!("ROUTES[1].{key} | a text of length 1 | a known condition or setting; did you mean {nearest}?")
        );
    }
    assert!(problem(json!({ "xyzzy": 1 })).contains("one of sender, service, "));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let all = problems(json!([
        { "service": "a", "severity": 5, "priority": [], "workflow": "triag", "repos": ["a/b", "c"], "tags": [1, "x", ""] },
        "no table",
        { "service": "a*", "max_acu_limit": 0 },
        { "service": "abc" },
    ]));
    let settings: Vec<&str> = all.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        settings,
        [
            "ROUTES[1].priority",
            "ROUTES[1].repos[2]",
            "ROUTES[1].severity",
            "ROUTES[1].tags[1]",
            "ROUTES[1].tags[3]",
            "ROUTES[1].workflow",
            "ROUTES[2]",
            "ROUTES[3].max_acu_limit",
            "ROUTES[4]",
        ]
    );
}

#[test]
fn conditions_must_be_possible() {
    let severity =
        r#"0 (critical) to 4 (verbose): a number, a list of numbers, or a comparison such as "<=1" in quotes"#;
    for value in [json!(5), json!(-1), json!(1.5), json!("<0"), json!(">4"), json!("<=9"), json!("high"), json!(true)] {
        assert_eq!(problem(json!({ "severity": value })), format!("ROUTES[1].severity | {value} | {severity}"));
    }
    assert_eq!(problem(json!({ "severity": [1, 7] })), format!("ROUTES[1].severity[2] | 7 | {severity}"));
    assert_eq!(
        problem(json!({ "team": [] })),
        "ROUTES[1].team | a list of 0 | at least one value: an empty list matches nothing"
    );
    let text = "a text or a pattern with *, or a list of them";
    for value in [json!(""), json!("  "), json!(1), json!(null), json!({ "a": 1 }), json!([["a"]]), json!("a\nb")] {
        assert!(problem(json!({ "service": value })).ends_with(text), "{value}");
    }
    assert!(
        problem(json!({ "service": "a\u{202e}\u{1b}[31m\nb" })).contains("| \"a b\" |"),
        "what nobody sees is not shown"
    );
    assert!(problem(json!({ "service": "a " })).ends_with("| \"a \" | a text without spaces around it"));
    assert_eq!(
        problem(json!({ "sender": "azure-monitor" })),
        format!(
            "ROUTES[1].sender | \"azure-monitor\" | \"{}\"; did you mean \"azure_monitor\"?",
            Sender::all().map(Sender::name).collect::<Vec<_>>().join("\" or \"")
        )
    );
    assert_eq!(
        problem(json!({ "urgency": "hihg" })),
        "ROUTES[1].urgency | \"hihg\" | \"high\" or \"low\"; did you mean \"high\"?"
    );
    assert!(meets("sender", json!("pager*")) && meets("urgency", json!("h*")));
}

#[test]
fn a_label_needs_a_name_and_only_one_wish() {
    let name = "a label by its full name and what it should be: label = { env = \"prod\" }";
    assert_eq!(problem(json!({ "label.": "x" })), format!("ROUTES[1].label. | a text of length 1 | {name}"));
    assert_eq!(problem(json!({ "label.a*": "x" })), format!("ROUTES[1].label.a* | a text of length 1 | {name}"));
    assert!(problem(json!({ "label": "x" })).ends_with(name));
    assert!(problem(json!({ "label": {} })).ends_with(name));
    assert_eq!(
        problem(json!({ "label.env": "x", "label": { "ENV": "y" } })),
        "ROUTES[1].label.env | \"x\" | label.env only once; for several values give a list"
    );
    let mut deep = json!("x");
    for _ in 0..1_000 {
        deep = json!({ "a": deep });
    }
    assert!(problem(json!({ "label": deep })).ends_with(name));
}

#[test]
fn settings_have_types_and_ranges() {
    for (key, value, expected) in [
        ("ignore", json!("true"), "true or false, without quotes"),
        ("workflow", json!("Triage"), "\"postmortem\" or \"triage\"; did you mean \"triage\"?"),
        ("start_on", json!("ack"), "\"triggered\" or \"acknowledged\" or \"resolved\""),
        ("min_occurrences", json!(0), "a whole number from 1 to 1000, without quotes"),
        ("max_acu_limit", json!("10"), "a whole number from 1 to 1000000, without quotes"),
        ("max_acu_limit", json!(1.5), "a whole number from 1 to 1000000, without quotes"),
        ("title", json!("a\nb"), "a text of one line, 1 to 300 characters"),
        ("prompt", json!(" "), "a text, 1 to 20000 characters"),
        ("playbook_id", json!("a b"), "an id: a text without spaces"),
        ("repos", json!("https://gitlab.com/a/b"), "owner/name, or https://github.com/owner/name"),
        ("devin_mode", json!(true), "an id: a text without spaces"),
        ("structured_output", json!("on"), "true or false, without quotes"),
    ] {
        let found = problem(json!({ key: value }));
        assert!(found.ends_with(&format!("| {expected}")), "{found}");
    }
    assert!(problem(json!({ "observability": ["none", "Datadog"] })).contains("or \"none\" alone"));
    assert!(problem(json!({ "tags": vec!["x"; 41] })).contains("at most 40 tags"));
    assert!(problem(json!({ "notify": ["web"] })).contains("\"pagerduty\" or \"webhook\""));
    assert!(problem(json!({ "when_done": "close" })).contains("\"keep\" or \"archive\" or \"terminate\""));
    assert!(problem(json!({ "session": "windows" })).contains("a table of further fields"));
    let ours = problem(json!({ "session": { "platform": "windows", "prompt": "mine" } }));
    assert!(ours.starts_with("ROUTES[1].session.prompt | prompt | none of the fields"), "{ours}");
    assert!(problem(json!({ "session": { "x": "y".repeat(9_000) } })).contains("at most 8000 bytes"));
    assert!(problem(json!({ "tags": vec!["x"; 101] })).contains("at most 100 items"));
}

#[test]
fn contradictions_are_told() {
    assert_eq!(
        problem(json!({ "ignore": true, "playbook_id": "p", "service": "x" })),
        "ROUTES[1].playbook_id | a text of length 1 | no other setting in a route with ignore = true"
    );
    assert!(problem(json!({ "group_wait_seconds": 60 })).contains("group_by beside it"));
    assert!(problem(json!({ "group_wait_seconds": 601, "group_by": "service" })).contains("from 0 to 600"));
    assert!(problem(json!({ "group_by": [] })).contains("at least one name"));
    assert!(
        problem(json!({ "group_by": "label.*" })).contains("service, resource, team, alert_name, sender, label.<name>")
    );
    assert!(problem(json!({ "group_by": ["service", "resources"] })).contains("did you mean resource?"));
    assert!(problem(json!({ "group_by": ["severity"] })).contains("label.<name>"));
    assert!(problem(json!({ "group_by": ["label.Env", "label.env "] })).contains("only once"));
    assert!(problem(json!({ "group_by": 7 })).contains("ROUTES[1].group_by"));
    assert!(problem(json!({ "window_seconds": 60 })).contains("min_occurrences = 2 or more beside it"));
    assert!(problem(json!({ "window_seconds": 60, "min_occurrences": 1 })).contains("min_occurrences = 2"));
    assert!(problem(json!({ "start_on": "acknowledged", "sender": "kibana" })).contains("never say"));
    // What is wrong already is not told again as a contradiction.
    assert!(problem(json!({ "window_seconds": 60, "min_occurrences": "3" })).contains("min_occurrences | "));
    routes(json!([{ "start_on": "acknowledged", "sender": ["kibana", "alert"] }]));
}

#[test]
fn a_route_that_nothing_reaches_is_told() {
    let left =
        |by: &str, n: usize| format!("ROUTES[{n}] |  | something left to match: {by} all of it; move it up or drop it");
    assert_eq!(problems(json!([{ "ignore": true }, { "service": "a" }])), [left("ROUTES[1] takes", 2)]);
    assert_eq!(
        problems(json!([{ "service": "a*" }, { "service": ["abc", "A*b"], "severity": 1 }])),
        [left("ROUTES[1] takes", 2)]
    );
    assert_eq!(
        problems(json!([{ "alert_name": "timeout" }, { "alert_name": "db *timeout*" }])),
        [left("ROUTES[1] takes", 2)]
    );
    assert_eq!(
        problems(json!([{ "priority": "P1" }, { "service": "x" }, { "priority": "P2" }, { "priority": ["p1", "p2"] }])),
        [left("ROUTES[1] and ROUTES[3] together take", 4)]
    );
    assert_eq!(
        problems(
            json!([{ "sender": "p*" }, { "sender": Sender::all().map(Sender::name).skip(1).collect::<Vec<_>>() }, { "service": "x" }])
        ),
        [left("ROUTES[1] and ROUTES[2] together take", 3)]
    );
    assert_eq!(problems(json!([{ "label.env": "p*" }, { "label": { "ENV": "prod" } }])), [left("ROUTES[1] takes", 2)]);
    // None of these takes all of the next.
    routes(json!([
        { "service": "abc" }, { "service": "a*", "team": "x" }, { "service": "a*", "severity": "<=3" }, { "service": "a*" },
        { "alert_name": "time*" }, { "alert_name": "time" }, { "label.a": "*" }, { "label.b": "*" }, { "severity": ">=0" },
        { "priority": "*" }, { "sender": ["pagerduty", "kibana", "alert"] }, { "ignore": true },
    ]));
}

#[test]
fn no_value_that_may_be_secret_is_shown() {
    const SECRET: &str = "hunter2-hunter2";
    for route in [
        json!({ "session_secrets": [{ "key": "A", "value": SECRET }] }),
        json!({ "session_secrets": { "key": "A", "value": SECRET } }),
        json!({ "session_secrets": SECRET }),
        json!({ "session_secrets": [SECRET, "GOOD"] }),
        json!({ "session_secret": SECRET }),
        json!({ "api_key": SECRET }),
        json!({ "secret_ids": [format!("{SECRET} ")] }),
        json!({ "title": { "x": SECRET } }),
        json!({ "repos": format!("https://me:{SECRET}@github.com/a/b") }),
    ] {
        let found = problem(route.clone());
        assert!(!found.contains("hunter"), "{route}: {found}");
    }
    let value = format!("[{{\"session_secrets\": [{{\"value\": \"{SECRET}\" \"\"}}]}}]");
    assert!(!problems(Value::String(value)).concat().contains("hunter"));
    assert!(problem(json!({ "session_secrets": [{ "key": "A" }] })).contains("wrangler secret put NAME"));
    for own in ["DEVIN_API_KEY", "VIEWER_TOKEN", "WEBHOOK_SECRET_KIBANA", "WEBHOOK_SECRET_KIBANA_PREVIOUS"] {
        assert_eq!(
            problem(json!({ "session_secrets": [own] })),
            format!(
                "ROUTES[1].session_secrets[1] | a text of length {} | a secret made for sessions; the bridge's own stay here",
                own.len()
            )
        );
    }
}
