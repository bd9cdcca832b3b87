//! The dashboard: what people see in a browser. HTML without a script, one request a page, nothing to load.
//!
//! It asks [`crate::web::admin`] for the same JSON that the API answers and shows it; the pages are pure: values in, HTML out.

mod alerts;
mod all;
mod clock;
mod finding;
pub mod give_up_shown;
mod incident;
mod list;
mod page;
pub mod pause;
mod pieces;
mod plot;
mod problems;
mod reply;
mod today;
mod view;

use maud::html;
use worker::Env;

use crate::configuration::configuration;
use crate::runtime::now;
use crate::store::register_calls as register;
use crate::web::admin;
use crate::web::answer::Answer;
use crate::web::head::Head;
use crate::web::query::Query;
use crate::web::reply::Reply;
pub use all::All;
use clock::Clock;
pub use clock::Zone;
pub use reply::problem;
use reply::{page, refreshing};
use view::View;

/// How far back the plots go, in hours.
const HOURS: u32 = 7 * 24;
/// `GET /`: the incidents, newest first.
pub async fn list(head: &Head, origin: &str, query: Query<'_>, zone: Option<Zone>, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal(head, env) {
        return problem(refusal);
    }
    let clock = Clock { now: now(), zone };
    let view = match View::read(query, clock.now) {
        Ok(view) => view,
        Err(wrong) => return problem(Answer::error(400, "Bad query", wrong)),
    };
    let (found, stats) = match (register::list(env, view.asked.clone()).await, register::stats(env, HOURS).await) {
        (Ok(found), Ok(stats)) => (found, stats),
        (Err(error), _) | (_, Err(error)) => return problem(admin::failed(&error)),
    };
    let acts = admin::may_act(head, env);
    let banner = html! { (problems::banner(&configuration(env))) (pause::banner(stats.pause.as_ref(), &clock)) };
    let list = list::List { found: &found, view: &view, stats: &stats, origin, clock: &clock, acts, banner };
    refreshing(view.refreshes, page(200, list::page(&list)))
}

/// `GET /incidents/{key}`: one of them.
pub async fn incident(head: &Head, query: Query<'_>, name: &str, zone: Option<Zone>, env: &Env) -> Reply {
    match admin::incident(head, name, env).await {
        Ok(shown) => {
            let clock = Clock { now: now(), zone };
            let view = View::of_incident(query, clock.now);
            let shown = incident::Shown { incident: &shown, view: &view, acts: admin::may_act(head, env) };
            refreshing(view.refreshes, page(200, incident::page(&shown, &clock)))
        }
        Err(answer) => problem(answer),
    }
}

/// `POST /incidents/{key}/replay`: the button of that page, which is shown again.
pub async fn replay(head: &Head, origin: &str, query: Query<'_>, name: &str, env: &Env) -> Reply {
    done(admin::replay(head, origin, Query(""), name, env).await, query, name)
}

/// `POST /incidents/{key}/give-up`: likewise.
pub async fn give_up(head: &Head, origin: &str, query: Query<'_>, name: &str, env: &Env) -> Reply {
    done(admin::give_up(head, origin, name, env).await, query, name)
}

fn done(answer: Answer, query: Query<'_>, name: &str) -> Reply {
    if answer.code >= 300 {
        return problem(answer);
    }
    Reply::SeeOther(View::of_incident(query, now()).carried_to(&format!("/incidents/{name}")))
}

/// `GET /sign-out`: a browser forgets a token that is refused.
pub fn sign_out(head: &Head, env: &Env) -> Reply {
    if let Some(nobody) = admin::refusal(head, env).filter(|refusal| refusal.code == 404) {
        return problem(nobody);
    }
    problem(Answer::error(
        401,
        "Signed out",
        "The browser asks for the token once more: cancel that, and it has forgotten the token.",
    ))
}
