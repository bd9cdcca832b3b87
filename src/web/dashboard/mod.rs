//! The dashboard: what people see in a browser. HTML without a script, one request a page, nothing to load.
//!
//! It asks [`crate::web::admin`] for the same JSON that the API answers and shows it; the pages are pure: values in, HTML out.

mod incident;
mod list;
mod page;
mod pieces;
mod plot;
mod problems;

use worker::{Env, Headers};

use crate::configuration::configuration;
use crate::runtime::now;
use crate::store::register_calls as register;
use crate::web::admin;
use crate::web::answer::Answer;
use crate::web::query::Query;
use crate::web::reply::Reply;

/// How many incidents a page of the list has.
const ROWS: u32 = 50;
/// The longest text that is looked for, in characters: it stands in the page's links too.
const LONGEST_TEXT: usize = 64;
/// How far back the plots go, in hours.
const HOURS: u32 = 7 * 24;

/// What a page may do: show itself with its one style sheet and its empty icon, and send its forms to where it is from.
fn headers() -> Vec<(&'static str, String)> {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        page::STYLE_SHA256
    );
    // Not "no-referrer", with which browsers send the pages' own forms as from nowhere.
    vec![("Content-Security-Policy", policy), ("Referrer-Policy", "same-origin".to_owned())]
}

/// `GET /`: the incidents, newest first.
pub async fn list(headers: &Headers, origin: &str, query: Query<'_>, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal(headers, env) {
        return problem(refusal);
    }
    let asked = match admin::list_query(query) {
        Ok(asked) => register::Query {
            limit: ROWS,
            text: asked.text.map(|text| text.chars().take(LONGEST_TEXT).collect()),
            ..asked
        },
        Err(wrong) => return problem(Answer::error(400, "Bad query", wrong)),
    };
    let (found, stats) = match (register::list(env, asked.clone()).await, register::stats(env, HOURS).await) {
        (Ok(found), Ok(stats)) => (found, stats),
        (Err(error), _) | (_, Err(error)) => return problem(admin::failed(&error)),
    };
    let banner = problems::banner(&configuration(env));
    page(200, list::page(&list::List { found: &found, asked: &asked, stats: &stats, origin, now: now(), banner }))
}

/// `GET /incidents/{key}`: one of them.
pub async fn incident(headers: &Headers, name: &str, env: &Env) -> Reply {
    match admin::incident(headers, name, env).await {
        Ok(mut shown) => {
            if let Some(replayable) = shown.get_mut("replayable").filter(|_| !admin::may_act(headers, env)) {
                *replayable = false.into();
            }
            page(200, incident::page(&shown, now()))
        }
        Err(answer) => problem(answer),
    }
}

/// `POST /incidents/{key}/replay`: the button of that page, which is shown again.
pub async fn replay(headers: &Headers, origin: &str, name: &str, env: &Env) -> Reply {
    let answer = admin::replay(headers, origin, name, env).await;
    if answer.code < 300 { Reply::SeeOther(format!("/incidents/{name}")) } else { problem(answer) }
}

/// An error, for people.
fn problem(answer: Answer) -> Reply {
    let html = page::problem(&answer);
    Reply::Page { code: answer.code, retry_after: answer.retry_after, headers: headers(), html }
}

fn page(code: u16, html: String) -> Reply {
    Reply::Page { code, retry_after: None, headers: headers(), html }
}
