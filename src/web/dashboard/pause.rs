//! The page on which somebody pauses the bridge, and ends that, and what the list says meanwhile.

use maud::{Markup, html};
use worker::Env;

use super::clock::Clock;
use super::page::frame;
use super::pieces::short;
use super::reply::{page, problem};
use crate::runtime::now;
use crate::store::register_calls as register;
use crate::web::admin;
use crate::web::answer::Answer;
use crate::web::head::Head;
use crate::web::pause::checked;
use crate::web::query::Query;
use crate::web::reply::Reply;
use incident::admission::Pause;
use incident::time::HOUR;

/// For how many hours a pause can be asked for, with what people call it; 0: until somebody ends it.
const SPANS: [(u32, &str); 5] =
    [(1, "an hour"), (4, "4 hours"), (12, "12 hours"), (24, "a day"), (0, "until somebody ends it")];

/// `GET /pause`.
pub async fn ask(head: &Head, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal(head, env) {
        return problem(refusal);
    }
    let pause = match register::paused(env).await {
        Ok(pause) => pause,
        Err(error) => return problem(admin::failed(&error)),
    };
    let acts = admin::may_act(head, env);
    let main = html! {
        section.card {
            h1 { @if pause.is_some() { "Paused" } @else { "Pause?" } }
            p { "While the bridge is paused every event is kept and no session starts, except those that somebody starts on \
                 their pages. Afterwards they start in order, within the sessions per minute; what has recovered by then does not." }
            @if !acts {
                p { "This token reads only." }
            } @else {
                @if pause.is_some() { form method="post" action="/resume" { button { "End the pause" } } }
                form.filters method="post" action="/pause" {
                    label.grow { "Why" input name="reason" required maxlength="200" value=(reason(pause.as_ref())); }
                    label { "For" select name="hours" {
                        @for (hours, words) in SPANS { option value=(hours) { (words) } }
                    } }
                    button { @if pause.is_some() { "Change it" } @else { "Pause" } }
                }
            }
            p { a href="/" { "Back to all incidents" } }
        }
    };
    page(200, frame("Pause", None, html! {}, main).into_string())
}

fn reason(pause: Option<&Pause>) -> String {
    pause.map(|pause| short(&pause.reason, 1_200)).unwrap_or_default()
}

/// `POST /pause`: what the form says. `body`: `None` where it is too large.
pub async fn begin(head: &Head, origin: &str, body: Option<&[u8]>, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal_to_act(head, origin, env) {
        return problem(refusal);
    }
    let body = body.and_then(|body| str::from_utf8(body).ok()).unwrap_or_default();
    let form = Query(body);
    let hours = form.get("hours").and_then(|hours| hours.parse::<u32>().ok());
    let Some(hours) = hours.filter(|hours| SPANS.iter().any(|(known, _)| known == hours)) else {
        return problem(Answer::error(400, "Bad form", "hours is missing or none of those that the page offers."));
    };
    let until = (hours > 0).then(|| now().plus(HOUR.saturating_mul(hours)));
    match checked(&form.get("reason").unwrap_or_default(), until) {
        Err(wrong) => problem(Answer::error(400, "Bad form", wrong)),
        Ok((reason, until)) => match register::pause(env, reason, until).await {
            Ok(_) => Reply::SeeOther("/".to_owned()),
            Err(error) => problem(admin::failed(&error)),
        },
    }
}

/// `POST /resume`: ends the pause.
pub async fn end(head: &Head, origin: &str, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal_to_act(head, origin, env) {
        return problem(refusal);
    }
    match register::resume(env).await {
        Ok(()) => Reply::SeeOther("/".to_owned()),
        Err(error) => problem(admin::failed(&error)),
    }
}

/// What the list says while there is a pause.
pub fn banner(pause: Option<&Pause>, clock: &Clock) -> Markup {
    html! {
        @if let Some(pause) = pause {
            section.card.notice role="status" {
                h2 { "Paused: no session starts" }
                p { (short(&pause.reason, 1_200)) }
                p { "Since " (clock.moment(&pause.since.rfc3339())) ", "
                    @match pause.until {
                        Some(until) => { "until " (clock.moment(&until.rfc3339())) "." }
                        None => { "until somebody ends it." }
                    }
                    " Events are kept. " a href="/pause" { "Change or end it" }
                }
            }
        }
    }
}
