//! The list of incidents, with what it can be narrowed to.

use maud::{Markup, html};
use serde_json::Value;

use super::page::frame;
use super::pieces::{self, STATES, ago, grade, link, number, short, state, state_of, text, when, why};
use crate::devin::call::escape;
use crate::incident::event::Sender;
use crate::register::Query;
use crate::time::Time;

/// What the list shows.
pub struct List<'a> {
    /// A page of the register: `incidents` and `cursor`.
    pub found: &'a Value,
    /// What was asked for.
    pub asked: &'a Query,
    /// Where from: `https://bridge.example`.
    pub origin: &'a str,
    /// When.
    pub now: Time,
}

/// The page.
pub fn page(list: &List<'_>) -> String {
    let incidents = pieces::list(list.found, "incidents");
    let older = text(list.found, "cursor");
    let main = html! {
        h1 { "Incidents" }
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
    };
    frame("Incidents", html! {}, main).into_string()
}

/// The address of the same list, from `cursor` on.
fn address(asked: &Query, cursor: Option<&str>) -> String {
    let (state, sender, words) = (asked.state.as_deref(), asked.sender.as_deref(), asked.text.as_deref());
    let mut address = "/".to_owned();
    for (name, value) in [("state", state), ("sender", sender), ("q", words), ("cursor", cursor)] {
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
                @for sender in Sender::ALL {
                    option selected[asked.sender.as_deref() == Some(sender.name())] { (sender.name()) }
                }
            } }
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
                a href={ "/incidents/" (text(incident, "incident")) } { (short(text(incident, "title"), 140)) }
                small { (text(incident, "sender")) @if !service.is_empty() { " · " (short(service, 40)) } }
            }
            td { (short(&grade(incident), 24)) }
            td { (state(state_of(incident))) small { (short(why(incident), 60)) } }
            td { @if let Some(url) = link(text(incident, "sessionUrl"), 120) { a href=(url) { "Session" } } }
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
