use super::*;

fn incident() -> Incident {
    Incident {
        title: "Checkout answers 502".into(),
        service: Some("orders-service".into()),
        urgency: Some("high".into()),
        started_at: Some("2026-02-10T14:32:00Z".into()),
        resolved_at: Some("2026-02-10T15:18:00Z".into()),
        url: Some("https://example.pagerduty.com/incidents/Q1ABC".into()),
        ..Incident::default()
    }
}

#[test]
fn a_postmortem() {
    let text = render(Template::Postmortem.text(), &incident(), &[], &Config::default(), &Fence::new("m")).unwrap();
    println!("{text}");
    assert!(text.starts_with("A PagerDuty incident has been resolved. Draft a postmortem.\n\n"));
    assert!(text.contains("\nIncident: \"Checkout answers 502\"\nService: orders-service\nUrgency: high\n"));
}
