//! Giving up on several at once, after a flood for instance: on those that a page of the list shows. The form has their
//! names, so that nobody gives up on what they have not seen.

use maud::{Markup, html};
use serde_json::Value;
use worker::Env;

use super::page::frame;
use super::pieces::{grade, list, short, state, state_of, text, why};
use super::reply::{page, problem};
use super::view::{ROWS, View};
use crate::runtime::now;
use crate::store::incident_calls as incidents;
use crate::store::register_calls as register;
use crate::web::admin;
use crate::web::answer::Answer;
use crate::web::head::Head;
use crate::web::query::Query;
use crate::web::reply::Reply;
use incident::key::Key;

/// Its path.
const PATH: &str = "/give-up";
/// The states in which there is something to give up.
const STATES: [&str; 3] = ["waiting", "queued", "held"];
/// The most at a time: a page of the list.
const MOST: usize = ROWS as usize;

/// What leads there from a list that shows nothing else.
pub fn button(view: &View, shown: usize) -> Markup {
    let is_waiting = view.asked.state.as_deref().is_some_and(|state| STATES.contains(&state));
    html! {
        @if is_waiting { p { a.button href=(view.address_of(PATH)) { "Give up on the " (shown) " shown…" } } }
    }
}

/// `GET`: asks whether that is meant, with every one that it is about.
pub async fn ask(head: &Head, query: Query<'_>, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal(head, env) {
        return problem(refusal);
    }
    let view = match View::read(query, now()) {
        Ok(view) => view,
        Err(wrong) => return problem(Answer::error(400, "Bad query", wrong)),
    };
    let found = match register::list(env, view.asked.clone()).await {
        Ok(found) => found,
        Err(error) => return problem(admin::failed(&error)),
    };
    let waits = |incident: &&Value| STATES.contains(&text(incident, "state"));
    let waiting: Vec<&Value> = list(&found, "incidents").iter().filter(waits).collect();
    let title = format!("Give up on {}", waiting.len());
    let main = html! {
        section.card {
            h1 { (title) "?" }
            @if waiting.is_empty() {
                p { "There is none left." }
            } @else {
                p { "No repeat of any of these starts a session until its next occurrence. " b { "Try again" } " undoes it." }
                form method="post" action=(view.address_of(PATH)) {
                    ol {
                        @for incident in &waiting {
                            li {
                                input type="hidden" name="incident" value=(text(incident, "incident"));
                                (row(incident))
                            }
                        }
                    }
                    @if admin::may_act(head, env) { button { (title) } } @else { p { "This token reads only." } }
                }
            }
            p { a href=(view.address(view.asked.cursor.as_deref())) { "Back to the list" } }
        }
    };
    page(200, frame(&title, None, html! {}, main).into_string())
}

fn row(incident: &Value) -> Markup {
    let service = text(incident, "service");
    html! {
        span dir="auto" { (short(text(incident, "title"), 80)) }
        small {
            (text(incident, "sender"))
            @if !service.is_empty() { " · " (short(service, 32)) }
            " · " (grade(incident)) " " (state(state_of(incident))) " " (short(&why(incident), 50))
        }
    }
}

/// `POST`: does it, to those that the form names. `body`: `None` where it is too large.
pub async fn act(head: &Head, origin: &str, query: Query<'_>, body: Option<&[u8]>, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal_to_act(head, origin, env) {
        return problem(refusal);
    }
    let form = Query(body.and_then(|body| str::from_utf8(body).ok()).unwrap_or_default());
    let names: Vec<String> = form.all("incident").take(MOST.saturating_add(1)).collect();
    if names.is_empty() || names.len() > MOST {
        let expected = format!("Expected the names of incidents, each as incident=…, and at most {MOST}.");
        return problem(Answer::error(400, "Bad form", expected));
    }
    let mut unreached = 0_usize;
    // One that is unknown, or has nothing to give up by now, is left as it is.
    for (key, name) in names.iter().filter_map(|name| Some((Key::of_name(name)?, name))) {
        if incidents::give_up(env, &key, name).await.is_err() {
            unreached = unreached.saturating_add(1);
        }
    }
    if unreached > 0 {
        let message = format!("{unreached} could not be reached. Please try again.");
        return problem(Answer::unavailable("Storage", message));
    }
    Reply::SeeOther(View::of_incident(query, now()).address(None))
}
