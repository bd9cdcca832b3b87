//! What operators see and do: health, the list of incidents, one incident, replay, metrics.

use serde_json::{Value, json};
use strum::VariantNames;
use worker::{Env, Headers};

use crate::configuration::configuration;
use crate::log;
use crate::settings::Configuration;
use crate::store::incident_calls as incidents;
use crate::store::tally::{Count, Refused};
use crate::store::{ledger, register_calls as register, tally};
use crate::web::answer::{Answer, Status};
use crate::web::metrics;
use crate::web::query::Query;
use crate::web::reply::Reply;
use inbound::auth::secret_of_authorization;
use inbound::config::problem::Problem;
use incident::key::Key;
use incident::listing::{FOLLOWING_UP, STATES};
use incident::sender::Sender;
use text::clean;

/// How many incidents a page has where nobody says otherwise.
const PAGE: u32 = 50;

/// Who asks, as far as the tokens of operators are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// `ADMIN_TOKEN`: reads and acts.
    Admin,
    /// `VIEWER_TOKEN`: reads.
    Viewer,
    Stranger,
    /// No token is configured: nobody is an operator.
    Nobody,
}

fn caller(headers: &Headers, configuration: &Configuration) -> Caller {
    let (admin, viewer) = (&configuration.admin_token, &configuration.viewer_token);
    if admin.is_none() && viewer.is_none() {
        return Caller::Nobody;
    }
    let offered = headers.get("Authorization").ok().flatten().and_then(|header| secret_of_authorization(&header));
    let Some(offered) = offered else { return Caller::Stranger };
    // Both, whatever the first one gives, so that the time tells nothing.
    let [admin, viewer] = [admin, viewer].map(|token| token.as_ref().is_some_and(|token| token.matches(&offered)));
    if admin {
        return Caller::Admin;
    }
    if viewer {
        return Caller::Viewer;
    }
    // A browser that has not been asked for the token yet offers none; this is a guess.
    tally::count(Count::Refused(Refused::OperatorToken));
    log::line(&json!({"level": "info", "log": "operator", "code": 401, "reason": "wrong_token"}));
    Caller::Stranger
}

/// `None` for whoever may read; for everybody else the answer that they get.
pub fn refusal(headers: &Headers, env: &Env) -> Option<Answer> {
    let configuration = configuration(env);
    match caller(headers, &configuration) {
        Caller::Admin | Caller::Viewer => configuration.weak_token().map(|problem| {
            let message = format!("{problem}. Until then only /health is shown.");
            Answer::unavailable("Configuration", message)
        }),
        Caller::Stranger => Some(Answer::error(401, "Unauthorized", "The admin token is missing or wrong.")),
        Caller::Nobody => Some(Answer::error(404, "Not found", "There is nothing here while ADMIN_TOKEN is not set.")),
    }
}

/// Whether somebody who may read may also act.
pub fn may_act(headers: &Headers, env: &Env) -> bool {
    caller(headers, &configuration(env)) == Caller::Admin
}

/// `GET /health`: whether the bridge runs and can take events and, for operators, what is wrong with its configuration and
/// which of its stores answer.
pub async fn health(headers: &Headers, env: &Env) -> Reply {
    let configuration = configuration(env);
    let problems = configuration.problems();
    let healthy = problems.is_empty();
    let status = if healthy { "ok" } else { "misconfigured" };
    let mut document = json!({"status": status, "version": env!("CARGO_PKG_VERSION")});
    if let (Caller::Admin | Caller::Viewer, Some(more)) = (caller(headers, &configuration), document.as_object_mut()) {
        let problem = |problem: &Problem| json!({"setting": problem.setting, "found": problem.found, "expected": problem.expected});
        more.insert("problems".to_owned(), problems.iter().map(problem).collect::<Value>());
        more.insert("warnings".to_owned(), json!(configuration.warnings));
        let list = register::list(env, register::Query { limit: 1, ..Default::default() }).await;
        let storage = json!({"ledger": ledger::answers(env).await, "register": list.is_ok()});
        more.insert("storage".to_owned(), storage);
    }
    if healthy { Reply::Document(document) } else { Reply::Misconfigured(document) }
}

/// `GET /api/incidents`.
pub async fn list(headers: &Headers, query: Query<'_>, env: &Env) -> Reply {
    if let Some(refusal) = refusal(headers, env) {
        return refusal.into();
    }
    let query = match list_query(query) {
        Ok(query) => query,
        Err(wrong) => return Answer::error(400, "Bad query", wrong).into(),
    };
    match register::list(env, query).await {
        Ok(list) => Reply::Document(list),
        Err(error) => failed(&error).into(),
    }
}

/// What a query asks of the list, or what is wrong with it. Blank is absent, as browsers send it.
pub fn list_query(query: Query<'_>) -> Result<register::Query, String> {
    let text = |name: &str| query.get(name).filter(|value| !value.is_empty());
    let [limit, cursor, state, sender, words] = ["limit", "cursor", "state", "sender", "q"].map(text);
    let bad = |name: &str, found: Option<String>, expected: &str| {
        let found = clean::line(&found.unwrap_or_default(), 100);
        Err(format!("{name} is {found:?}: expected {expected}."))
    };
    let count = limit.as_deref().map_or(Some(PAGE), |limit| limit.parse::<u32>().ok());
    let Some(count) = count.filter(|count| (1..=register::LARGEST_PAGE).contains(count)) else {
        return bad("limit", limit, &format!("a whole number from 1 to {}", register::LARGEST_PAGE));
    };
    if cursor.as_deref().is_some_and(|cursor| register::parse_cursor(cursor).is_none()) {
        return bad("cursor", cursor, "the cursor of the page before");
    }
    if state.as_deref().is_some_and(|state| !STATES.contains(&state) && state != FOLLOWING_UP) {
        return bad("state", state, &format!("{} or {FOLLOWING_UP}", STATES.join(", ")));
    }
    if sender.as_deref().is_some_and(|sender| sender.parse::<Sender>().is_err()) {
        return bad("sender", sender, &Sender::VARIANTS.join(", "));
    }
    Ok(register::Query { limit: count, cursor, state, sender, text: words })
}

/// `GET /metrics`.
pub async fn metrics(headers: &Headers, env: &Env) -> Reply {
    if let Some(refusal) = refusal(headers, env) {
        return refusal.into();
    }
    let problems = configuration(env).problems().len();
    match register::stats(env, 0).await {
        Ok(stats) => Reply::Metrics(metrics::text(&stats, problems)),
        Err(error) => failed(&error).into(),
    }
}

/// `GET /api/incidents/{key}`.
pub async fn show(headers: &Headers, name: &str, env: &Env) -> Reply {
    incident(headers, name, env).await.map_or_else(Reply::from, Reply::Document)
}

/// What is known of the incident of that name, or the answer that says why that is not shown.
pub async fn incident(headers: &Headers, name: &str, env: &Env) -> Result<Value, Answer> {
    if let Some(refusal) = refusal(headers, env) {
        return Err(refusal);
    }
    let key = Key::of_name(name).ok_or_else(|| unknown(name))?;
    // Of an earlier occurrence the list has kept the last line.
    let shown = match incidents::show(env, &key, name, true).await {
        Ok(Value::Null) => register::one(env, name).await,
        shown => shown,
    };
    match shown {
        Ok(Value::Null) => Err(unknown(name)),
        Ok(shown) => Ok(shown),
        Err(error) => Err(failed(&error)),
    }
}

/// `GET /api/incidents/{key}/postmortem`: what the session gave as structured output, as Markdown.
pub async fn postmortem(headers: &Headers, name: &str, env: &Env) -> Reply {
    if let Some(refusal) = refusal(headers, env) {
        return refusal.into();
    }
    let Some(key) = Key::of_name(name) else { return unknown(name).into() };
    match incidents::show(env, &key, name, false).await {
        Ok(shown) => match shown.get("postmortem").and_then(outbound::postmortem::markdown) {
            Some(text) => Reply::Markdown(text),
            None => Answer::error(404, "No postmortem", NO_POSTMORTEM).into(),
        },
        Err(error) => failed(&error).into(),
    }
}

const NO_POSTMORTEM: &str = "There is no structured postmortem of an incident of that name. Its session gives one when it \
     is done, and only where a route asks for it with structured_output = true.";

/// `POST /api/incidents/{key}/replay`. `origin`: where the request was sent to, `https://bridge.example`.
pub async fn replay(headers: &Headers, origin: &str, name: &str, env: &Env) -> Answer {
    if let Some(refusal) = refusal(headers, env) {
        return refusal;
    }
    if !may_act(headers, env) {
        return Answer::error(403, "Forbidden", "VIEWER_TOKEN reads and never acts: use ADMIN_TOKEN.");
    }
    if from_another_site(headers, origin) {
        return Answer::error(403, "Forbidden", "A replay is asked for from this site only.");
    }
    let Some(key) = Key::of_name(name) else { return unknown(name) };
    match incidents::replay(env, &key, name).await {
        Ok(None) => unknown(name),
        Ok(Some(done)) => {
            let answer = if done {
                Answer::ok(Status::Accepted, "It is tried again.")
            } else {
                Answer::ok(Status::Ignored, "Nothing has failed here, so nothing is tried again.")
            };
            Answer { incident: Some(name.to_owned()), ..answer }
        }
        Err(error) => failed(&error),
    }
}

/// Whether a browser sends this for another site's sake: it sends the password along with any request, so it has to say
/// where one comes from. `Sec-Fetch-Site` goes to https and to this machine only; `Origin` goes with every form.
fn from_another_site(headers: &Headers, origin: &str) -> bool {
    let header = |name| headers.get(name).ok().flatten();
    match header("Sec-Fetch-Site") {
        Some(site) => !matches!(site.as_str(), "same-origin" | "none"),
        None => header("Origin").is_some_and(|from| from != origin),
    }
}

/// Nobody has heard of the incident of that name.
fn unknown(name: &str) -> Answer {
    Answer::error(404, "Not found", format!("There is no incident {:?}.", clean::line(name, 100)))
}

/// Storage could not be asked.
pub fn failed(error: &worker::Error) -> Answer {
    log::warning(&format!("storage did not answer: {error}"));
    Answer::unavailable("Storage", "Storage did not answer. Please try again.")
}
