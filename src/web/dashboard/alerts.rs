//! The alerts of a group, on the page of its incident.

use maud::{Markup, html};
use serde_json::Value;

use super::clock::Clock;
use super::pieces::{grade, link, list, number, short, text};

/// So many bytes of HTML are theirs at most; as many are shown as fit, the worst and oldest.
const ROOM: usize = 14_000;

/// The card; nothing for any other incident.
pub fn card(incident: &Value, clock: &Clock) -> Markup {
    let alerts = list(incident, "alerts");
    let firing = alerts.iter().filter(|alert| text(alert, "state") == "firing").count();
    let mut rows = Vec::new();
    let mut used = 0_usize;
    for row in alerts.iter().map(|alert| row(alert, clock)) {
        used = used.saturating_add(row.0.len());
        if used > ROOM {
            break;
        }
        rows.push(row);
    }
    html! {
        @if !alerts.is_empty() {
            section.card aria-labelledby="alerts" {
                h2 #alerts { "Alerts" }
                p.soft { (alerts.len()) " alerts belong to this incident; " (firing) " of them firing." }
                ol.timeline { @for row in &rows { (row) } }
                @if let Some(more) = alerts.len().checked_sub(rows.len()).filter(|more| *more > 0) {
                    p.soft { (more) " more are in the JSON below." }
                }
            }
        }
    }
}

fn row(alert: &Value, clock: &Clock) -> Markup {
    let (name, place, grade) = (short(text(alert, "name"), 110), text(alert, "place"), grade(alert));
    let over = text(alert, "resolvedAt");
    html! {
        li {
            span { (clock.moment(text(alert, "startedAt"))) }
            span dir="auto" {
                @match link(text(alert, "url"), 300) {
                    Some(url) => a href=(url) { (name) },
                    None => (name),
                }
                @if !place.is_empty() { " · " (short(place, 90)) }
                @if !grade.is_empty() { " · " (grade) }
                @if number(alert, "times") > 1 { " · " (number(alert, "times")) "×" }
                @if !over.is_empty() { " · recovered " (clock.moment(over)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::web::dashboard::clock::utc;
    use incident::time::Time;

    #[test]
    fn each_alert_is_shown_with_its_place_and_state() {
        let clock = utc(Time(0));
        let alert = |name: String| {
            json!({"name": name, "place": "checkout / <node>", "severity": 1, "state": "firing", "times": 2,
                "url": "https://alerts.example/1", "startedAt": "2026-11-21T14:05:33.120Z", "resolvedAt": null})
        };
        let mut over = alert("over".into());
        over["resolvedAt"] = json!("2026-11-21T14:06:33.120Z");
        over["state"] = json!("recovered");
        let html = card(&json!({"alerts": [alert("disk <full>".into()), over]}), &clock).into_string();
        for part in [
            "2 alerts belong to this incident; 1 of them firing.",
            "disk &lt;full&gt;",
            "checkout / &lt;node&gt; · Sev 1 · 2×",
            "recovered ",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let many: Vec<Value> = (0..500).map(|n| alert(format!("alert {n}"))).collect();
        let html = card(&json!({"alerts": many}), &clock).into_string();
        let shown = html.matches("<li>").count();
        assert!((50..500).contains(&shown) && html.len() < ROOM + 500, "{shown} in {} bytes", html.len());
        assert!(html.contains("alert 49<") && html.contains(&format!("{} more are in the JSON below", 500 - shown)));
        assert_eq!(card(&json!({"alerts": []}), &clock).into_string(), "");
    }
}
