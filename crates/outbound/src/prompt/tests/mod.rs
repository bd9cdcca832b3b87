//! What the prompts promise, tested.

mod engine;
mod hostile;
mod limits;
mod workflows;

use super::limit::length;
use super::*;
use incident::event::Incident;
use text::Fence;

/// The files that come along. Compiled in, because there is no disk on wasm32.
pub(crate) fn shipped() -> Library {
    macro_rules! texts {
        ($($name:literal),+) => {
            [$((
                concat!("prompts/", $name).to_owned(),
                include_str!(concat!("../../../../../prompts/", $name)).to_owned(),
            )),+]
        };
    }
    Library::new(&texts![
        "postmortem.md",
        "triage.md",
        "investigate.md",
        "finalize.md",
        "update.md",
        "recovered.md",
        "postmortem.schema.json",
        "finding.schema.json"
    ])
}

/// The text of a template that comes along.
fn text_of(template: Template) -> String {
    shipped().text(template).to_owned()
}

/// An incident with something in every field.
fn full() -> Incident {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Incident {
        title: "Checkout answers 502".into(),
        url: Some("https://example.pagerduty.com/incidents/Q1ABC".into()),
        number: Some("1207".into()),
        status: Some("resolved".into()),
        service: Some("orders-service".into()),
        teams: texts(&["Payments", "Platform"]),
        assignees: texts(&["First responder"]),
        urgency: Some("high".into()),
        priority: Some("P1".into()),
        severity: Some(1),
        started_at: Some("2026-02-10T14:32:00Z".into()),
        reopened_at: Some("2026-02-10T15:02:00Z".into()),
        resolved_at: Some("2026-02-10T15:18:00Z".into()),
        description: Some("Connection pool exhausted.\nOrders fail.".into()),
        resource: Some("orders-db".into()),
        signal_type: Some("log".into()),
        source: Some("azure-monitor".into()),
        logs: Some("14:31 pool at 92 %\n14:32 pool exhausted".into()),
        file: Some("src/services/orders.ts".into()),
        line: Some(142),
        runbook: Some("https://wiki.example.com/orders".into()),
        labels: pairs(&[("cluster", "prod-1"), ("pod", "orders-7d4f")]),
        context: pairs(&[("condition", "count > 5"), ("window", "PT5M")]),
        ..Incident::default()
    }
}

/// A configuration with something in every field.
fn all_set() -> Config {
    Config {
        target_repo: "https://github.com/example/orders".into(),
        jira_project: "OPS".into(),
        slack_channel: "#incidents".into(),
        post_to: "the Confluence space SRE".into(),
        observability: vec!["Datadog".into(), "Sentry".into()],
        language: "German".into(),
        alert: false,
        previous_session_url: "https://app.devin.ai/sessions/first".into(),
        structured_output: true,
    }
}

fn changes() -> Vec<String> {
    vec!["Priority: P1".into(), "Resolution Note: rolled back\nto build 386".into()]
}

fn fence() -> Fence {
    Fence::new("0123456789abcdef")
}

const OPEN: &str = "<<<UNTRUSTED 0123456789abcdef";
const CLOSE: &str = "UNTRUSTED 0123456789abcdef>>>";

/// The text of `template` for a full incident, which must be in order.
fn shown(template: &str, config: &Config) -> String {
    render(template, &full(), &changes(), config, &fence()).unwrap()
}
