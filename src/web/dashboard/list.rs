//! The list of incidents, with what it can be narrowed to.

use maud::{Markup, html};
use serde_json::Value;

use super::clock::Clock;
use super::give_up_shown;
use super::page::{as_of, frame};
use super::pieces::{self, STATES, grade, link, number, short, state, state_of, text, why};
use super::plot::plots;
use super::today;
use super::view::View;
use engine::register::calls::Stats;
use incident::sender::Sender;

/// What the list shows.
pub struct List<'a> {
    /// A page of the register: `incidents` and `cursor`.
    pub found: &'a Value,
    /// What was asked for.
    pub view: &'a View,
    /// How everything stands.
    pub stats: &'a Stats,
    /// Where from: `https://bridge.example`.
    pub origin: &'a str,
    /// When, and for where.
    pub clock: &'a Clock,
    /// Whether whoever looks at it may do something.
    pub acts: bool,
    /// What is wrong with the settings.
    pub banner: Markup,
}

/// How far back the list can be asked to go, with what people call it.
const SPANS: [(&str, &str); 5] = [
    ("1h", "the last hour"),
    ("6h", "the last 6 hours"),
    ("24h", "the last 24 hours"),
    ("7d", "the last 7 days"),
    ("30d", "the last 30 days"),
];
/// The severities and priorities that can be asked for.
const GRADES: [(&str, &str); 10] = [
    ("0", "Sev 0"),
    ("1", "Sev 1"),
    ("2", "Sev 2"),
    ("3", "Sev 3"),
    ("4", "Sev 4"),
    ("P1", "P1"),
    ("P2", "P2"),
    ("P3", "P3"),
    ("P4", "P4"),
    ("P5", "P5"),
];

/// The page.
pub fn page(list: &List<'_>) -> String {
    let List { view, clock, .. } = list;
    let incidents = pieces::list(list.found, "incidents");
    let older = text(list.found, "cursor");
    let main = html! {
        h1 { "Incidents" }
        (list.banner)
        div.columns {
            div.first { (today::card(list.stats, list.acts)) }
            div.main {
                (filters(view))
                @if incidents.is_empty() {
                    (nothing(view, list.origin))
                } @else {
                    (table(incidents, view, clock))
                    @if list.acts { (give_up_shown::button(view, incidents.len())) }
                }
                @if view.asked.cursor.is_some() || !older.is_empty() {
                    nav.pages aria-label="Pages" {
                        @if view.asked.cursor.is_some() { a href=(view.address(None)) { "Newest" } }
                        @if !older.is_empty() { a href=(view.address(Some(older))) rel="next" { "Older" } }
                    }
                }
            }
            div.last { (plots(&list.stats.hours, clock)) }
        }
    };
    let aside = as_of(clock, view.refreshes, &view.refreshing(false), &view.refreshing(true));
    frame("Incidents", Some(clock), aside, main).into_string()
}

fn filters(view: &View) -> Markup {
    let asked = &view.asked;
    let text = |text: &Option<String>| short(text.as_deref().unwrap_or_default(), 400);
    let span = SPANS.iter().any(|(code, _)| *code == view.since);
    let grade = asked.severity.as_deref().unwrap_or_default();
    html! {
        form.filters method="get" action="/" role="search" {
            label { "State" select name="state" {
                option value="" { "any" }
                @for (code, words) in STATES {
                    option value=(code) selected[asked.state.as_deref() == Some(code)] { (words) }
                }
            } }
            label { "Severity" select name="severity" {
                option value="" { "any" }
                @for (code, words) in GRADES { option value=(code) selected[grade.eq_ignore_ascii_case(code)] { (words) } }
                @if !grade.is_empty() && !GRADES.iter().any(|(code, _)| grade.eq_ignore_ascii_case(code)) {
                    option selected { (short(grade, 60)) }
                }
            } }
            label { "Active in" select name="since" {
                option value="" { "any time" }
                @for (code, words) in SPANS { option value=(code) selected[view.since == code] { (words) } }
                @if !span && !view.since.is_empty() { option value=(view.since) selected { "since " (short(&view.since, 40)) } }
            } }
            label.grow { "Text in title, service or key"
                input type="search" name="q" maxlength="64" value=(text(&asked.text));
            }
            @if !view.refreshes { input type="hidden" name="refresh" value="off"; }
            button { "Filter" }
            @if view.is_narrowed() { a href="/" { "Show all" } }
            details.grow open[view.has_more()] {
                summary { "More filters" }
                div.filters {
                    label { "Sender" select name="sender" {
                        option value="" { "any" }
                        @for sender in Sender::all() {
                            option selected[asked.sender.as_deref() == Some(sender.name())] { (sender.name()) }
                        }
                    } }
                    label.grow { "Service" input type="search" name="service" maxlength="64" value=(text(&asked.service)); }
                    label { "First seen before (UTC)" input type="datetime-local" name="until" value=(short(&view.until, 60)); }
                    button { "Filter" }
                }
            }
        }
    }
}

fn table(incidents: &[Value], view: &View, clock: &Clock) -> Markup {
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
            tbody { @for incident in incidents { (row(incident, view, clock)) } }
        }
    }
}

fn row(incident: &Value, view: &View, clock: &Clock) -> Markup {
    let (first, service) = (text(incident, "firstSeen"), text(incident, "service"));
    let page = view.carried_to(&format!("/incidents/{}", text(incident, "incident")));
    html! {
        tr {
            td { (clock.when(first)) small { (clock.ago(first)) } }
            th scope="row" dir="auto" {
                a href=(page) { (short(text(incident, "title"), 80)) }
                small {
                    @match link(text(incident, "url"), 120) {
                        Some(url) => a href=(url) { (text(incident, "sender")) },
                        None => (text(incident, "sender")),
                    }
                    @if !service.is_empty() { " · " (short(service, 32)) }
                }
                @if !text(incident, "found").is_empty() { small dir="auto" { "Found: " (short(text(incident, "found"), 100)) } }
            }
            td { (grade(incident)) }
            td {
                (state(state_of(incident)))
                small { (short(&why(incident), 50)) }
                @if let Some(ahead) = clock.ahead(text(incident, "nextAttempt")) { small { "next attempt " (ahead) } }
            }
            td { (session(incident, clock)) }
            td {
                (number(incident, "seen")) "×"
                @if number(incident, "alertCount") > 1 { small { (number(incident, "alertCount")) " alerts" } }
            }
        }
    }
}

/// The link to the session and, as far as Devin has reported, whether it runs or has ended.
fn session(incident: &Value, clock: &Clock) -> Markup {
    let (ended, at_devin) = (text(incident, "endedAt"), text(incident, "sessionState"));
    let detail = Some(text(incident, "sessionDetail")).filter(|detail| !detail.is_empty());
    html! {
        @if let Some(url) = link(text(incident, "sessionUrl"), 90) { a href=(url) { "Session" } }
        @if !ended.is_empty() {
            small { b { "ended" } " " (clock.ago(ended)) }
        } @else if !at_devin.is_empty() {
            small { (short(&detail.unwrap_or(at_devin).replace('_', " "), 30)) }
        }
    }
}

/// What is shown in place of the table.
fn nothing(view: &View, origin: &str) -> Markup {
    html! {
        section.card {
            @if view.asked.cursor.is_some() || view.is_narrowed() {
                h2 { "Nothing found" }
                p { "No incident fits. " a href="/" { "Show all" } "." }
            } @else {
                h2 { "No incident yet" }
                p { "This page lists what senders report. Send a first alert, with the value of "
                    code { "WEBHOOK_SECRET" } ":" }
                pre { code {
                    "curl -H \"Authorization: Bearer $WEBHOOK_SECRET\" " (origin) "/api/trigger-devin \\\n"
                    "  -d '{\"alertName\": \"disk-full\", \"severity\": 1, \"description\": \"/var is at 98 %\"}'"
                } }
                p { "Then reload this page. With " code { "?dry_run=1" } " after the address the answer says what would be done, and nothing is." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::web::dashboard::clock::kolkata;
    use crate::web::dashboard::page::LARGEST_PAGE;
    use crate::web::query::Query;
    use engine::counts::Counts;
    use incident::time::{HOUR, Time};
    use outbound::http::escape;

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
                "title": text, "service": text, "priority": text, "error": text, "found": text, "state": "started", "followUps": 1,
                "url": format!("https://{}", "u".repeat(110)), "sessionState": text, "nextAttempt": "2026-11-21T15:05:33.120Z",
                "firstSeen": "2026-11-20T14:05:33.120Z", "sessionUrl": format!("https://{}", "a".repeat(82)),
            });
            let found = json!({"incidents": vec![row; 50], "cursor": format!("1795271364002.azure_monitor-h{}", "0".repeat(32))});
            let query = format!("cursor=1.a&state=started&severity=P1&since=24h&service={0}&q={0}", escape(&text));
            let view = View::read(Query(&query), now).unwrap();
            let (clock, origin) = (kolkata(now), "https://bridge.example");
            // The longest that there is: problems and warnings.
            let banner = html! { @for _ in 0..22 { li { (short(&text, 300)) } } };
            let list = List { found: &found, view: &view, stats: &stats, origin, clock: &clock, acts: true, banner };
            let html = page(&list);
            assert!(html.len() < LARGEST_PAGE, "{piece:?}: {} bytes", html.len());
            assert_eq!(html.matches("<tr><td><time").count(), 50);
        }
    }
}
