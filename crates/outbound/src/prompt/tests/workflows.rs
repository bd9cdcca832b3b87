//! The prompts that come with the bridge.

use super::*;

fn prompt(template: Template, config: &Config) -> String {
    shown(&text_of(template), config)
}

#[test]
fn the_documented_postmortem() {
    let incident = Incident {
        title: "Checkout answers 502".into(),
        service: Some("orders-service".into()),
        urgency: Some("high".into()),
        started_at: Some("2026-02-10T14:32:00Z".into()),
        resolved_at: Some("2026-02-10T15:18:00Z".into()),
        url: Some("https://example.pagerduty.com/incidents/Q1ABC".into()),
        ..Incident::default()
    };
    let config = Config { observability: vec!["Datadog".into()], ..Config::default() };
    let text = render(&text_of(Template::Postmortem), &incident, &[], &config, &fence()).unwrap();
    let announcement = fence().announcement();
    let expected = format!(
        "A PagerDuty incident has been resolved. Draft a postmortem.

{announcement}

{OPEN}
Incident: \"Checkout answers 502\"
Service: orders-service
Urgency: high
Created: 2026-02-10T14:32:00Z
Resolved: 2026-02-10T15:18:00Z
Incident URL: https://example.pagerduty.com/incidents/Q1ABC
{CLOSE}

Write a structured postmortem:
1. Use the Datadog MCP to pull logs and metrics for the service named above during the incident window
2. Identify the root cause — check for deploys, config changes, or upstream failures
3. Build a detailed timeline from first alert to resolution
4. List action items to prevent recurrence
5. Post the postmortem as a PR to our docs/postmortems/ directory

"
    );
    assert!(text.starts_with(&expected), "{text}");
}

#[test]
fn the_documented_triage() {
    let config = Config { alert: true, observability: Vec::new(), language: String::new(), ..all_set() };
    let text = prompt(Template::Triage, &config);
    for part in [
        "You are an SRE triaging a production alert.\n\n## Alert Details\n",
        "- **Name**: Checkout answers 502\n- **Severity**: Sev 1\n- **Description**: Connection pool exhausted.\nOrders fail.\n- **Time**: 2026-02-10T14:32:00Z\n",
        "- **Location**: src/services/orders.ts:142\n",
        "- **Dimensions**:\n  - cluster: prod-1\n  - pod: orders-7d4f\n",
        "\n## Error Logs\n```\n<<<UNTRUSTED 0123456789abcdef\n14:31 pool at 92 %\n14:32 pool exhausted\nUNTRUSTED 0123456789abcdef>>>\n```\n",
        "\n## Your Tasks
1. Clone the repository: https://github.com/example/orders
2. Analyze the error and identify root cause
3. Create a fix with proper error handling
4. Write tests for the fix
5. Create a Pull Request
6. Create a JIRA ticket: OPS
7. Post to Slack: #incidents\n\n",
        "\n\nBegin triage.",
    ] {
        assert!(text.contains(part), "{part}\n--\n{text}");
    }
}

#[test]
fn a_step_without_its_setting_is_left_out() {
    let text = prompt(Template::Triage, &Config { slack_channel: "#ops".into(), ..Config::default() });
    let tasks = "## Your Tasks
1. Analyze the error and identify root cause
2. Create a fix with proper error handling
3. Write tests for the fix
4. Create a Pull Request
5. Post to Slack: #ops\n\n";
    assert!(text.contains(tasks), "{text}");
}

#[test]
fn where_the_postmortem_goes() {
    for (post_to, phrase) in [
        ("", "as a PR to our docs/postmortems/ directory"),
        ("a PR to our docs/postmortems/ directory", "as a PR to our docs/postmortems/ directory"),
        ("runbooks/past/", "as a PR to our runbooks/past/ directory"),
        ("the Confluence space SRE", "to the Confluence space SRE"),
        ("a page in the Confluence space SRE", "as a page in the Confluence space SRE"),
        ("https://wiki.example.com/sre/", "to https://wiki.example.com/sre/"),
        ("to Notion", "to Notion"),
    ] {
        for template in [Template::Postmortem, Template::Finalize] {
            let text = prompt(template, &Config { post_to: post_to.into(), ..Config::default() });
            assert!(text.contains(&format!("\n5. Post the postmortem {phrase}\n")), "{text}");
        }
    }
}

#[test]
fn each_mcp_has_its_step_and_none_is_fine() {
    let text = prompt(Template::Postmortem, &all_set());
    assert!(text.contains("\n1. Use the Datadog MCP") && text.contains("\n2. Use the Sentry MCP"), "{text}");
    assert!(text.contains("\n6. Post the postmortem"), "{text}");
    let text = prompt(Template::Postmortem, &Config::default());
    assert!(!text.contains("MCP") && text.contains("\n1. Pull what logs and metrics you can reach"), "{text}");
}

#[test]
fn every_workflow_says_what_it_must() {
    let config = all_set();
    for (template, parts) in [
        (Template::Postmortem, ["/sessions/first", "to build 386", "structured output"]),
        (Template::Triage, ["/sessions/first", "to build 386", "structured output"]),
        (Template::Investigate, ["in progress", "Do not write the postmortem yet", "A message will follow here"]),
        (Template::Finalize, ["has been resolved", "Resolved: 2026-02-10T15:18:00Z", "to build 386"]),
        (Template::Update, ["There is news", "to build 386", "carry on"]),
        (Template::Recovered, ["has recovered", "Recovered: 2026-02-10T15:18:00Z", "no root cause"]),
    ] {
        let text = prompt(template, &config);
        for part in parts.into_iter().chain(["Checkout answers 502", "German"]) {
            assert!(text.contains(part), "{part}\n--\n{text}");
        }
        assert_eq!(text.matches("German").count(), 1, "{text}");
    }
}

#[test]
fn an_alert_is_not_called_a_pagerduty_incident() {
    for template in Template::ALL {
        let text = prompt(template, &Config { alert: true, ..Config::default() });
        assert!(!text.contains("PagerDuty"), "{text}");
    }
}

#[test]
fn nothing_absent_leaves_a_trace() {
    for template in Template::ALL {
        let incident = Incident { title: "T".into(), ..Incident::default() };
        let text = render(&text_of(template), &incident, &[], &Config::default(), &fence()).unwrap();
        assert!(!text.contains("{{") && !text.contains("\n\n\n") && !text.contains("undefined"), "{text}");
        assert!(
            !text.lines().any(|line| line.ends_with(' ') || line.ends_with(':') && line.starts_with("- ")),
            "{text}"
        );
    }
}

#[test]
fn a_language_is_asked_for_even_where_the_template_forgets_it() {
    let text = shown("Look into it.", &all_set());
    assert_eq!(text, "Look into it.\n\nWrite everything that people will read in German.");
}

#[test]
fn templates_have_names() {
    let library = shipped();
    for template in Template::ALL {
        assert_eq!(Template::by_name(template.name()), Some(template));
        assert_eq!(library.by_name(template.name()), Some(library.text(template)));
        assert_eq!(check(&text_of(template), &all_set()), Ok(()));
    }
    assert_eq!(Template::by_name("../postmortem"), None);
    assert_eq!(library.by_name(""), None);
    assert_eq!(library.named_or_inline("triage"), Some(library.text(Template::Triage)));
    assert_eq!(library.named_or_inline("Look into it."), Some("Look into it."));
    assert_eq!(library.named_or_inline("trriage"), None);
}

#[test]
fn the_marker_depends_on_secret_and_text() {
    assert_eq!(marker(b"secret", "pagerduty-Q1ABC"), MARKER);
    assert_ne!(marker(b"secret", "pagerduty-Q1ABD"), MARKER);
    assert_ne!(marker(b"other", "pagerduty-Q1ABC"), MARKER);
    assert_eq!(marker(b"", "pagerduty-Q1ABC").len(), 16);
}

const MARKER: &str = "b1ae99eb3dea4467";
