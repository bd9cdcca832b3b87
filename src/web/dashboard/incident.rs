//! The page of one incident: what is known of it, what happened, what Devin was asked.

use maud::{Markup, html};
use serde_json::Value;

use super::alerts;
use super::clock::Clock;
use super::finding;
use super::page::{LARGEST_PAGE, as_of, frame};
use super::pieces::{grade, link, list, number, short, state, state_of, text, why};
use super::view::View;
use incident::reason::Reason;

/// The longest address that is shown, in bytes.
const LONGEST_LINK: usize = 1_000;
/// What is kept free for the rest of the page when the prompt gets the room that is left.
const REST_OF_PAGE: usize = 1_000;

/// What the page shows.
pub struct Shown<'a> {
    /// The incident as `GET /api/incidents/{key}` has it.
    pub incident: &'a Value,
    /// The list that one comes back to.
    pub view: &'a View,
    /// Whether whoever looks at it may do something.
    pub acts: bool,
}

/// The page.
pub fn page(shown: &Shown<'_>, clock: &Clock) -> String {
    let Shown { incident, view, .. } = shown;
    let name = text(incident, "incident");
    let title = short(text(incident, "title"), 200);
    let head = html! {
        nav aria-label="Breadcrumb" { a href=(view.address(None)) { "All incidents" } }
        h1 dir="auto" { (short(text(incident, "title"), 1_500)) }
        (session_status(shown, clock))
    };
    let story = html! { (finding::section(incident)) (postmortem(incident)) (alerts::card(incident, clock)) (timeline(incident, clock)) };
    let beside = html! { (session(incident, clock)) };
    let more = html! { (facts(incident, clock)) (routing(incident)) };
    let own = format!("/incidents/{name}");
    let address = |refreshes| View { refreshes, ..(*view).clone() }.carried_to(&own);
    let aside = as_of(clock, view.refreshes, &address(false), &address(true));
    // The frame is the same whatever is in it.
    let frame_only = frame(&title, Some(clock), aside.clone(), html! {});
    let used = [&head, &story, &beside, &more, &frame_only].iter().map(|part| part.0.len()).sum::<usize>();
    let room = LARGEST_PAGE.saturating_sub(used.saturating_add(REST_OF_PAGE));
    let main = html! {
        (head)
        div.columns {
            div.first { (beside) }
            div.main {
                (story)
                (prompt(incident, room))
                p.soft { "All of it as JSON: " a href={ "/api/incidents/" (name) } { (name) } }
            }
            div.last { (more) }
        }
    };
    frame(&title, Some(clock), aside, main).into_string()
}

/// Where it stands, when it goes on, and what can be done about it.
fn session_status(shown: &Shown<'_>, clock: &Clock) -> Markup {
    let Shown { incident, view, acts } = shown;
    let code = state_of(incident);
    let may = |what: &str| *acts && incident.get(what).and_then(Value::as_bool) == Some(true);
    let next = clock.ahead(text(incident, "nextAttempt"));
    let replay = match code {
        "failed" => "Try again",
        "held" if text(incident, "reason") == Reason::Approval.name() => "Approve",
        "held" | "queued" => "Release now",
        "started" => "Send the message again",
        _ => "Try now",
    };
    let action = |what: &str| view.carried_to(&format!("/incidents/{}/{what}", text(incident, "incident")));
    html! {
        div.standing.card {
            div {
                p { (state(code)) " " span dir="auto" { (short(&why(incident), 2_000)) } }
                @if let Some(next) = next { p.soft { "Next attempt " (next) "." } }
            }
            div.actions {
                @if may("replayable") { form method="post" action=(action("replay")) { button { (replay) } } }
                @if may("canGiveUp") { form method="post" action=(action("give-up")) { button.quiet { "Give up" } } }
            }
        }
    }
}

fn facts(incident: &Value, clock: &Clock) -> Markup {
    let fact = |name: &str, value: Markup| html! { dt { (name) } dd dir="auto" { (value) } };
    let time = |name: &str| html! { (clock.when(text(incident, name))) " · " (clock.ago(text(incident, name))) };
    let (service, grade) = (text(incident, "service"), grade(incident));
    html! {
        section.card aria-labelledby="about" {
            h2 #about { "Incident" }
            dl {
                (fact("Key", html! { code { (text(incident, "incident")) } }))
                (fact("Sender", html! { (text(incident, "sender")) }))
                @if let Some(url) = link(text(incident, "url"), LONGEST_LINK) {
                    (fact("At its sender", html! { a href=(url) { (short(url, 100)) } }))
                }
                @if !service.is_empty() { (fact("Service", html! { (short(service, 1_000)) })) }
                @if !grade.is_empty() { (fact("Severity or priority", html! { (grade) })) }
                (fact("First seen", time("firstSeen")))
                (fact("Last seen", time("lastSeen")))
                (fact("Seen", html! { (number(incident, "seen")) "×" }))
            }
        }
    }
}

/// Which route decided, and what kept those before it from deciding.
fn routing(incident: &Value) -> Markup {
    let lines = list(incident, "routing");
    html! {
        @if !lines.is_empty() {
            section.card aria-labelledby="routing" {
                h2 #routing { "Routing" }
                ul.plain { @for line in lines.iter().filter_map(Value::as_str) { li dir="auto" { (short(line, 400)) } } }
            }
        }
    }
}

/// The session, as Devin describes it now or, where it does not answer, as the record has it.
fn session(incident: &Value, clock: &Clock) -> Markup {
    let id = text(incident, "sessionId");
    let none = Value::Null;
    let now = incident.get("session").unwrap_or(&none);
    let mut state = "";
    for (record, name) in [
        (incident, "sessionState"),
        (incident, "sessionDetail"),
        (now, "status"),
        (now, "status_enum"),
        (now, "status_detail"),
    ] {
        // The later, the more it says.
        state = Some(text(record, name)).filter(|state| !state.is_empty()).unwrap_or(state);
    }
    let acus = [now.get("acus_consumed"), incident.get("acus")].into_iter().flatten().find(|acus| acus.is_number());
    let ended = text(incident, "endedAt");
    // What has ended waits for nobody.
    let waits = if ended.is_empty() { text(incident, "waitsSince") } else { "" };
    let silent = text(now, "error");
    html! {
        section.card aria-labelledby="session" {
            h2 #session { "Session" }
            @if id.is_empty() {
                p.soft { "There is none yet." }
            } @else {
                dl {
                    dt { "At Devin" }
                    dd { @match link(text(incident, "sessionUrl"), LONGEST_LINK) {
                        Some(url) => a href=(url) { (short(id, 100)) },
                        None => (short(id, 100)),
                    } }
                    @if !state.is_empty() { dt { "State" } dd { (short(state, 200)) } }
                    @if !silent.is_empty() { dt { "No details from Devin" } dd { (short(silent, 600)) } }
                    @if !waits.is_empty() { dt { "Waits for you" } dd { (clock.when(waits)) " · " (clock.ago(waits)) } }
                    @if !ended.is_empty() { dt { "Ended" } dd { (clock.when(ended)) " · " (clock.ago(ended)) } }
                    @if let Some(acus) = acus { dt { "ACUs" } dd { (acus.to_string()) } }
                    @for url in pull_requests(incident, now) {
                        dt { "Pull request" }
                        dd { a href=(url) { (short(url, 200)) } }
                    }
                }
            }
        }
    }
}

/// The addresses of the session's pull requests: v3 lists them, v1 has one, the record has what was known last.
fn pull_requests<'a>(incident: &'a Value, session: &'a Value) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut add = |request: &'a Value, name: &str| {
        if let Some(url) = link(text(request, name), 300)
            && !found.contains(&url)
            && found.len() < 10
        {
            found.push(url);
        }
    };
    list(session, "pull_requests").iter().for_each(|request| add(request, "pr_url"));
    session.get("pull_request").into_iter().for_each(|request| add(request, "url"));
    list(incident, "pullRequests").iter().for_each(|request| add(request, "url"));
    found
}

fn timeline(incident: &Value, clock: &Clock) -> Markup {
    let entries = list(incident, "timeline");
    html! {
        section.card aria-labelledby="timeline" {
            h2 #timeline { "Timeline" }
            @if entries.is_empty() { p.soft { "No timeline was kept." } }
            ol.timeline {
                @for entry in entries {
                    li { span { (clock.moment(text(entry, "at"))) } span dir="auto" { (short(text(entry, "what"), 170)) } }
                }
            }
        }
    }
}

/// The structured postmortem that the session gave, laid out as the document is. All of it is Devin's.
fn postmortem(incident: &Value) -> Markup {
    let Some(postmortem) = incident.get("postmortem").filter(|postmortem| postmortem.is_object()) else {
        return html! {};
    };
    let (entries, items) = (list(postmortem, "timeline"), list(postmortem, "action_items"));
    let texts = [("Summary", "summary"), ("Root cause", "root_cause")];
    html! {
        section.card aria-labelledby="postmortem" {
            h2 #postmortem { "Postmortem" }
            @for (title, name) in texts {
                @if !text(postmortem, name).is_empty() {
                    h3 { (title) }
                    p dir="auto" { (short(text(postmortem, name), 1_500)) }
                }
            }
            @if !entries.is_empty() {
                h3 { "What happened" }
                ol.timeline {
                    @for entry in entries.iter().take(20) {
                        li { span { (short(text(entry, "time"), 60)) } span dir="auto" { (short(text(entry, "event"), 160)) } }
                    }
                }
            }
            @if !items.is_empty() {
                h3 { "Action items" }
                ul {
                    @for item in items.iter().take(20) {
                        li dir="auto" {
                            @if item.get("done").and_then(Value::as_bool) == Some(true) { "Done: " }
                            (short(text(item, "description"), 160))
                            @if !text(item, "owner").is_empty() { " (" (short(text(item, "owner"), 40)) ")" }
                            @if let Some(url) = link(text(item, "link"), 200) { " " a href=(url) { "Link" } }
                        }
                    }
                }
            }
            p { a href={ "/api/incidents/" (text(incident, "incident")) "/postmortem" } { "As Markdown" } }
        }
    }
}

/// The prompt as it was sent, as far as the room goes.
fn prompt(incident: &Value, room: usize) -> Markup {
    let prompt = text(incident, "prompt");
    let shown = short(prompt, room);
    let cut = shown.len() < prompt.len();
    html! {
        section.card aria-labelledby="prompt" {
            h2 #prompt { "Prompt as sent" }
            @if prompt.is_empty() {
                p.soft { "Nothing was sent to Devin yet, or it is no longer kept." }
            } @else {
                @if cut { p.soft { "Only its beginning; the whole of it is in the JSON below." } }
                pre { (shown) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::web::dashboard::clock::{kolkata, utc};
    use crate::web::query::Query;
    use incident::time::Time;

    fn page_of(incident: &Value) -> String {
        let view = View::read(Query("state=failed&q=disk"), Time(0)).unwrap();
        page(&Shown { incident, view: &view, acts: true }, &utc(Time(0)))
    }

    fn longest(text: &str) -> Value {
        let text = |most: usize| text.chars().cycle().take(most).collect::<String>();
        let times = |count: usize, value: Value| vec![value; count];
        json!({
            "incident": format!("azure_monitor-h{}.100", "0".repeat(32)),
            "sender": "azure_monitor", "state": "failed", "replayable": true, "canGiveUp": true, "seen": 4_000_000_000_u32,
            "title": text(500), "service": text(500), "priority": text(500), "error": text(600), "reason": "recovered",
            "firstSeen": "2026-11-21T14:05:33.120Z", "lastSeen": "2026-11-21T14:05:33.120Z", "endedAt": text(500),
            "url": format!("https://{}", "c".repeat(3_000)), "routing": times(12, json!(text(300))), "nextAttempt": text(99),
            "sessionId": text(500), "sessionUrl": format!("https://{}", "a".repeat(900)), "acus": 1.25,
            "session": {"status": text(5_000), "error": text(5_000)},
            "pullRequests": times(20, json!({"url": format!("https://{}", "b".repeat(900))})),
            "timeline": times(100, json!({"at": "2026-11-21T14:05:33.120Z", "what": text(700)})),
            "finding": {
                "verdict": text(9_000), "summary": text(9_000), "rootCause": text(9_000), "confidence": text(9_000),
                "evidence": times(90, json!(text(900))), "actions": times(90, json!(text(900))),
                "pullRequests": times(90, json!(format!("https://{}", "b".repeat(900)))),
            },
            "postmortem": {
                "summary": text(9_000), "root_cause": text(9_000),
                "timeline": times(90, json!({"time": text(900), "event": text(900)})),
                "action_items": times(90, json!({"description": text(900), "owner": text(900), "link": "https://a.example"})),
            },
            "alerts": times(500, json!({"name": text(100), "place": text(80), "priority": text(24), "state": "recovered",
                "url": format!("https://{}", "d".repeat(292)), "times": 4_000_000_000_u32,
                "startedAt": "2026-11-21T14:05:33.120Z", "resolvedAt": "2026-11-21T14:05:33.120Z"})),
            "prompt": text(29_999),
        })
    }

    #[test]
    fn a_page_stays_small_whatever_is_in_it() {
        for text in ["<\"&\"> ", "🚨 ", "障害", "plain ", "\u{202e}\0'"] {
            let (incident, view) = (longest(text), View::read(Query(""), Time(0)).unwrap());
            let html = page(&Shown { incident: &incident, view: &view, acts: true }, &kolkata(Time(0)));
            assert!(html.len() < LARGEST_PAGE, "{text:?}: {} bytes", html.len());
            assert!(html.ends_with("</html>"), "{text:?}");
        }
    }

    #[test]
    fn buttons_are_for_those_who_may_act_and_lead_back_to_the_same_list() {
        let incident = json!({"incident": "alert-h1", "state": "waiting", "replayable": true, "canGiveUp": true,
            "nextAttempt": "1970-01-01T00:03:00Z", "url": "https://sender.example/1", "routing": ["route 1: x", 7]});
        let html = page_of(&incident);
        for part in [
            "action=\"/incidents/alert-h1/replay?state=failed&amp;q=disk\"><button>Try now<",
            "action=\"/incidents/alert-h1/give-up?state=failed&amp;q=disk\"><button class=\"quiet\">Give up<",
            "href=\"/?state=failed&amp;q=disk\">All incidents<",
            "Next attempt in 3 min.",
            "href=\"https://sender.example/1\"",
            "<li dir=\"auto\">route 1: x</li></ul>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let view = View::read(Query("refresh=off"), Time(0)).unwrap();
        let html = page(&Shown { incident: &incident, view: &view, acts: false }, &utc(Time(0)));
        assert!(!html.contains("<button") && html.contains("Refresh every minute"), "{html}");
    }

    #[test]
    fn a_prompt_of_the_usual_length_is_shown_whole() {
        let mut incident = longest("plain words ");
        for field in ["pullRequests", "finding", "postmortem", "timeline", "alerts"] {
            incident[field] = Value::Null;
        }
        let html = page_of(&incident);
        assert!(html.contains(incident["prompt"].as_str().unwrap()) && !html.contains("Only its beginning"));
    }

    #[test]
    fn a_postmortem_is_laid_out_and_its_links_are_of_the_web() {
        let html = page_of(&json!({"incident": "alert-h1", "postmortem": {
            "summary": "Checkout <failed>.", "root_cause": "A pool.", "timeline": [{"time": "14:02", "event": "Alert"}],
            "action_items": [
                {"description": "Raise it", "owner": "sre", "done": true, "link": "https://tracker.example/1"},
                {"description": "Watch it", "link": "javascript:alert(1)"}, 7, null
            ],
        }}));
        for part in [
            "Checkout &lt;failed&gt;.",
            "A pool.",
            "14:02",
            "Done: Raise it (sre)",
            "https://tracker.example/1",
            "Watch it",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("javascript:"));
        for odd in
            [json!({}), json!({"timeline": 7, "action_items": {"a": 1}, "summary": []}), json!("text"), json!(null)]
        {
            page_of(&json!({"incident": "alert-h1", "postmortem": odd}));
        }
    }
}
