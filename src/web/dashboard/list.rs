//! The list of incidents, with what it can be narrowed to.

use maud::{Markup, html};
use serde_json::Value;

use super::page::frame;
use super::pieces::{self, STATES, ago, grade, link, number, short, state, state_of, text, when, why};
use super::plot::plots;
use crate::store::register_calls::{Query, Stats};
use incident::sender::Sender;
use incident::time::Time;
use outbound::http::escape;

/// What the list shows.
pub struct List<'a> {
    /// A page of the register: `incidents` and `cursor`.
    pub found: &'a Value,
    /// What was asked for.
    pub asked: &'a Query,
    /// How everything stands.
    pub stats: &'a Stats,
    /// Where from: `https://bridge.example`.
    pub origin: &'a str,
    /// When.
    pub now: Time,
    /// What is wrong with the settings.
    pub banner: Markup,
}

/// The page.
pub fn page(list: &List<'_>) -> String {
    let incidents = pieces::list(list.found, "incidents");
    let older = text(list.found, "cursor");
    let main = html! {
        h1 { "Incidents" }
        (list.banner)
        div.columns {
            div {
                (filters(list.asked))
                @if incidents.is_empty() {
                    (nothing(list.asked, list.origin))
                } @else {
                    (table(incidents, list.now))
                }
                @if list.asked.cursor.is_some() || !older.is_empty() {
                    nav.pages aria-label="Pages" {
                        @if list.asked.cursor.is_some() { a href=(address(list.asked, None)) { "Newest" } }
                        @if !older.is_empty() { a href=(address(list.asked, Some(older))) rel="next" { "Older" } }
                    }
                }
            }
            div { (today(list.stats)) (plots(&list.stats.hours, list.now)) }
        }
    };
    frame("Incidents", html! {}, main).into_string()
}

/// What is used of the budget, and what is not done yet.
fn today(stats: &Stats) -> Markup {
    let Stats { limits, minute, today, .. } = stats;
    let open = [
        ("waiting", stats.waiting, stats.oldest_waiting),
        ("queued", stats.queue, None),
        ("held", stats.held, None),
        ("failed", stats.failed, None),
    ];
    html! {
        section.card {
            h2 { "Today" }
            label { b.figure { (today) } " of " (limits.per_day) " sessions"
                meter max=(limits.per_day) high={ (limits.per_day.saturating_mul(4) / 5) } value=(today) { (today) }
            }
            p.soft { (minute) " of " (limits.per_minute) " in the last minute" }
            ul.open {
                @for (code, count, oldest) in open.into_iter().filter(|(_, count, _)| *count > 0) {
                    li { a href={ "/?state=" (code) } { (state(code)) " " (count) }
                        @if let Some(seconds) = oldest { " for up to " (seconds / 60) " min" } }
                }
            }
        }
    }
}

/// The address of the same list, from `cursor` on.
fn address(asked: &Query, cursor: Option<&str>) -> String {
    let (state, sender, text) = (asked.state.as_deref(), asked.sender.as_deref(), asked.text.as_deref());
    let mut address = "/".to_owned();
    for (name, value) in [("state", state), ("sender", sender), ("q", text), ("cursor", cursor)] {
        if let Some(value) = value {
            address.push(if address.len() == 1 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            address.push_str(&escape(value));
        }
    }
    address
}

/// Whether only some of the incidents were asked for.
fn is_narrowed(asked: &Query) -> bool {
    asked.state.is_some() || asked.sender.is_some() || asked.text.is_some()
}

fn filters(asked: &Query) -> Markup {
    html! {
        form.filters method="get" action="/" role="search" {
            label { "State" select name="state" {
                option value="" { "any" }
                @for (code, words) in STATES {
                    option value=(code) selected[asked.state.as_deref() == Some(code)] { (words) }
                }
            } }
            label { "Sender" select name="sender" {
                option value="" { "any" }
                @for sender in Sender::all() {
                    option selected[asked.sender.as_deref() == Some(sender.name())] { (sender.name()) }
                }
            } }
            label.grow { "Text in title, service or key"
                input type="search" name="q" maxlength="64" value=(short(asked.text.as_deref().unwrap_or_default(), 400));
            }
            button { "Filter" }
            @if is_narrowed(asked) { a href="/" { "Show all" } }
        }
    }
}

fn table(incidents: &[Value], now: Time) -> Markup {
    html! {
        table.incidents {
            caption.hidden { "Incidents, newest first" }
            thead { tr {
                th scope="col" { "First seen" }
                th scope="col" { "Incident" }
                th scope="col" { "Severity" }
                th scope="col" { "State" }
                th scope="col" { "Session" }
                th scope="col" { "Seen" }
            } }
            tbody { @for incident in incidents { (row(incident, now)) } }
        }
    }
}

fn row(incident: &Value, now: Time) -> Markup {
    let (first, service) = (text(incident, "firstSeen"), text(incident, "service"));
    html! {
        tr {
            td { (when(first)) small { (ago(first, now)) } }
            th scope="row" dir="auto" {
                a href={ "/incidents/" (text(incident, "incident")) } { (short(text(incident, "title"), 80)) }
                small { (text(incident, "sender")) @if !service.is_empty() { " · " (short(service, 32)) } }
            }
            td { (grade(incident)) }
            td { (state(state_of(incident))) small { (short(why(incident), 50)) } }
            td { @if let Some(url) = link(text(incident, "sessionUrl"), 90) { a href=(url) { "Session" } } }
            td { (number(incident, "seen")) "×" }
        }
    }
}

/// What stands in place of the table.
fn nothing(asked: &Query, origin: &str) -> Markup {
    html! {
        section.card {
            @if asked.cursor.is_some() || is_narrowed(asked) {
                h2 { "Nothing found" }
                p { "No incident fits. " a href="/" { "Show all" } "." }
            } @else {
                h2 { "No incident yet" }
                p { "This page lists the incidents that events have told of. Send a first one, with the value of "
                    code { "WEBHOOK_SECRET" } ":" }
                pre { code {
                    "curl -H \"Authorization: Bearer $WEBHOOK_SECRET\" " (origin) "/api/trigger-devin \\\n"
                    "  -d '{\"alertName\": \"disk-full\", \"severity\": 1, \"description\": \"/var is at 98 %\"}'"
                } }
                p { "Then load this page again. " code { "?dry_run=1" } " after the address answers what would be done, and does nothing." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::tally::Counts;
    use crate::web::dashboard::page::LARGEST_PAGE;
    use incident::time::HOUR;

    #[test]
    fn fifty_rows_of_the_longest_texts_and_a_busy_week_stay_small() {
        let now = Time::from_rfc3339("2026-11-21T14:05:33Z").unwrap();
        let counts = json!({"accepted.alert": 99_999, "duplicate.alert": 99_999, "ignored.route": 99_999,
            "refused.unauthorized": 99_999, "started.alert": 99_999, "failed.busy": 99_999});
        let hours = (0..168)
            .rev()
            .map(|back| (now.minus(back * HOUR), serde_json::from_value::<Counts>(counts.clone()).unwrap()))
            .collect::<Vec<_>>();
        let stats =
            Stats { hours, waiting: 9, queue: 9, held: 9, failed: 9, oldest_waiting: Some(99), ..Stats::default() };
        for piece in ["<\"&\"> ", "🚨 ", "障害", "plain "] {
            let text = piece.chars().cycle().take(500).collect::<String>();
            let row = json!({
                "incident": format!("azure_monitor-h{}.100", "0".repeat(32)), "sender": "azure_monitor", "seen": 99_999,
                "title": text, "service": text, "priority": text, "error": text, "state": "started", "followUps": 1,
                "firstSeen": "2026-11-20T14:05:33.120Z", "sessionUrl": format!("https://{}", "a".repeat(82)),
            });
            let found = json!({"incidents": vec![row; 50], "cursor": format!("1795271364002.azure_monitor-h{}", "0".repeat(32))});
            let asked = Query {
                text: Some(text.chars().take(64).collect()),
                cursor: Some("1.a".into()),
                state: Some("started".into()),
                ..Query::default()
            };
            let list = List {
                found: &found,
                asked: &asked,
                stats: &stats,
                origin: "https://bridge.example",
                now,
                banner: maud::html! {},
            };
            let html = page(&list);
            assert!(html.len() < LARGEST_PAGE, "{piece:?}: {} bytes", html.len());
            assert_eq!(html.matches("<tr><td><time").count(), 50);
        }
    }
}
