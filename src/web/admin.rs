//! What operators see and do: health, the list of incidents, one incident, replay, metrics.

use serde_json::{Value, json};
use worker::Env;

use crate::configuration::{callers, configuration};
use crate::log;
use crate::runtime::now;
use crate::settings::Callers;
use crate::store::incident_calls as incidents;
use crate::store::{dedup_cache, metrics_buffer, register_calls as register};
use crate::web::answer::{Answer, Status};
use crate::web::head::Head;
use crate::web::list_query;
use crate::web::metrics;
use crate::web::query::Query;
use crate::web::reply::Reply;
use engine::counts::{Count, Refused};
use inbound::auth::secret_of_authorization;
use inbound::config::problem::Problem;
use incident::admission::Pause;
use incident::key::Key;
use incident::time::Time;
use text::clean;

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

/// Who asks. A wrong token is counted and logged.
fn caller(head: &Head, callers: &Callers) -> Caller {
    let caller = compare(head, callers);
    // A browser that has not been asked for the token yet offers none; anything else is a guess.
    if caller == Caller::Stranger && offered(head).is_some() {
        metrics_buffer::count(Count::Refused(Refused::OperatorToken));
        log::line(&json!({"level": "info", "log": "operator", "code": 401, "reason": "wrong_token"}));
    }
    caller
}

/// Whether a token was offered, and is wrong.
pub fn is_stranger(head: &Head, env: &Env) -> bool {
    offered(head).is_some() && compare(head, &callers(env)) == Caller::Stranger
}

/// The token that is offered.
fn offered(head: &Head) -> Option<String> {
    head.header("Authorization").and_then(secret_of_authorization)
}

fn compare(head: &Head, callers: &Callers) -> Caller {
    let (admin, viewer) = (&callers.admin_token, &callers.viewer_token);
    if admin.is_none() && viewer.is_none() {
        return Caller::Nobody;
    }
    let Some(offered) = offered(head) else { return Caller::Stranger };
    // Both, whatever the first one gives, so that the time tells nothing.
    let [admin, viewer] = [admin, viewer].map(|token| token.as_ref().is_some_and(|token| token.matches(&offered)));
    if admin {
        return Caller::Admin;
    }
    if viewer { Caller::Viewer } else { Caller::Stranger }
}

/// `None` for whoever may read; for everybody else the answer that they get.
pub fn refusal(head: &Head, env: &Env) -> Option<Answer> {
    let callers = callers(env);
    match caller(head, &callers) {
        Caller::Admin | Caller::Viewer => callers.weak_token().map(|problem| {
            let message = format!("{problem}. Until then only /health is shown.");
            Answer::unavailable("Configuration", message)
        }),
        Caller::Stranger => Some(Answer::error(401, "Unauthorized", "The admin token is missing or wrong.")),
        Caller::Nobody => Some(Answer::error(404, "Not found", "There is nothing here while ADMIN_TOKEN is not set.")),
    }
}

/// Whether somebody who may read may also act.
pub fn may_act(head: &Head, env: &Env) -> bool {
    caller(head, &callers(env)) == Caller::Admin
}

/// `GET /health`: whether the bridge runs and can take events and, for operators, what is wrong with its configuration and
/// which of its stores answer.
pub async fn health(head: &Head, env: &Env) -> Reply {
    let configuration = configuration(env);
    let problems = configuration.problems();
    let healthy = problems.is_empty();
    let status = if healthy { "ok" } else { "misconfigured" };
    let mut document = json!({"status": status, "version": env!("CARGO_PKG_VERSION")});
    if let (Caller::Admin | Caller::Viewer, Some(more)) =
        (caller(head, &configuration.callers), document.as_object_mut())
    {
        let problem = |problem: &Problem| json!({"setting": problem.setting, "found": problem.found, "expected": problem.expected});
        more.insert("problems".to_owned(), problems.iter().map(problem).collect::<Value>());
        more.insert("warnings".to_owned(), json!(configuration.warnings));
        let pause = register::paused(env).await;
        let storage = json!({"ledger": dedup_cache::answers(env).await, "register": pause.is_ok()});
        more.insert("pause".to_owned(), pause.map_or(Value::Null, |pause| shown(pause.as_ref())));
        more.insert("storage".to_owned(), storage);
    }
    if healthy { Reply::Document(document) } else { Reply::Misconfigured(document) }
}

/// What is shown of a pause.
pub fn shown(pause: Option<&Pause>) -> Value {
    json!({
        "paused": pause.is_some(),
        "reason": pause.map(|pause| &pause.reason),
        "since": pause.map(|pause| pause.since.rfc3339()),
        "until": pause.and_then(|pause| pause.until).map(Time::rfc3339),
    })
}

/// `GET /api/incidents`.
pub async fn list(head: &Head, query: Query<'_>, env: &Env) -> Reply {
    if let Some(refusal) = refusal(head, env) {
        return refusal.into();
    }
    let query = match list_query::only(query, &list_query::NAMES).and_then(|()| list_query::read(query, now())) {
        Ok(query) => query,
        Err(wrong) => return Answer::error(400, "Bad query", wrong).into(),
    };
    match register::list(env, query).await {
        Ok(list) => Reply::Document(list),
        Err(error) => failed(&error).into(),
    }
}

/// `GET /metrics`.
pub async fn metrics(head: &Head, env: &Env) -> Reply {
    if let Some(refusal) = refusal(head, env) {
        return refusal.into();
    }
    let problems = configuration(env).problems().len();
    match register::stats(env, 0).await {
        Ok(stats) => Reply::Metrics(metrics::text(&stats, problems)),
        Err(error) => failed(&error).into(),
    }
}

/// `GET /api/incidents/{key}`.
pub async fn show(head: &Head, query: Query<'_>, name: &str, env: &Env) -> Reply {
    if let Some(refusal) = refusal(head, env).or_else(|| refusal_of_parameters(query)) {
        return refusal.into();
    }
    incident(head, name, env).await.map_or_else(Reply::from, Reply::Document)
}

/// Of what takes no parameter the answer to one that has some.
fn refusal_of_parameters(query: Query<'_>) -> Option<Answer> {
    list_query::only(query, &[]).err().map(|wrong| Answer::error(400, "Bad query", wrong))
}

/// What is known of the incident of that name, or the answer that says why that is not shown.
pub async fn incident(head: &Head, name: &str, env: &Env) -> Result<Value, Answer> {
    if let Some(refusal) = refusal(head, env) {
        return Err(refusal);
    }
    let key = Key::of_name(name).ok_or_else(|| unknown(name))?;
    // Of an earlier episode the list has kept the last line.
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
pub async fn postmortem(head: &Head, query: Query<'_>, name: &str, env: &Env) -> Reply {
    if let Some(refusal) = refusal(head, env).or_else(|| refusal_of_parameters(query)) {
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
     is done, and only where STRUCTURED_OUTPUT, or the structured_output of its route, asks for it.";

/// `None` for whoever may act, from a page of the bridge's own or with no page at all; for everybody else the answer that
/// they get. `origin`: where the request was sent to, `https://bridge.example`.
pub fn refusal_to_act(head: &Head, origin: &str, env: &Env) -> Option<Answer> {
    let forbidden = |message: &str| Some(Answer::error(403, "Forbidden", message));
    match refusal(head, env) {
        Some(refusal) => Some(refusal),
        None if !may_act(head, env) => forbidden("This token reads and never acts: use ADMIN_TOKEN."),
        None if from_another_site(head, origin) => forbidden("The bridge is operated from its own pages only."),
        None => None,
    }
}

/// `POST /api/incidents/{key}/replay`.
pub async fn replay(head: &Head, origin: &str, query: Query<'_>, name: &str, env: &Env) -> Answer {
    if let Some(refusal) = refusal_to_act(head, origin, env).or_else(|| refusal_of_parameters(query)) {
        return refusal;
    }
    let Some(key) = Key::of_name(name) else { return unknown(name) };
    let done = incidents::replay(env, &key, name).await;
    done_by_hand(name, done, "It is tried again.", "Nothing has failed or waits here, so nothing is tried again.")
}

/// `POST /incidents/{key}/give-up`.
pub async fn give_up(head: &Head, origin: &str, name: &str, env: &Env) -> Answer {
    if let Some(refusal) = refusal_to_act(head, origin, env) {
        return refusal;
    }
    let Some(key) = Key::of_name(name) else { return unknown(name) };
    let done = incidents::give_up(env, &key, name).await;
    done_by_hand(name, done, "The bridge gave up on it.", "Nothing waits here, or Devin is being asked at this moment.")
}

/// The answer to what somebody asked for by hand; `None`: there is no such incident.
fn done_by_hand(name: &str, done: worker::Result<Option<bool>>, did: &str, nothing: &str) -> Answer {
    match done {
        Ok(None) => unknown(name),
        Ok(Some(done)) => {
            let (status, message) = if done { (Status::Accepted, did) } else { (Status::Ignored, nothing) };
            Answer { incident: Some(name.to_owned()), ..Answer::ok(status, message) }
        }
        Err(error) => failed(&error),
    }
}

/// Whether a browser sends this for another site's sake: it sends the password along with any request, so it has to say
/// where one comes from. `Sec-Fetch-Site` goes to https and to this machine only; `Origin` goes with every form.
fn from_another_site(head: &Head, origin: &str) -> bool {
    let header = |name| head.header(name);
    match header("Sec-Fetch-Site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => header("Origin").is_some_and(|from| from != origin),
    }
}

/// There is no incident of that name.
fn unknown(name: &str) -> Answer {
    Answer::error(404, "Not found", format!("There is no incident {:?}.", clean::line(name, 100)))
}

/// Storage could not be asked.
pub fn failed(error: &worker::Error) -> Answer {
    log::warning(&format!("storage did not answer: {error}"));
    Answer::unavailable("Storage", "Storage did not answer. Please try again.")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_what_no_other_site_can_have_sent_acts() {
        let foreign = |headers: &str| {
            let head = Head::new(format!("POST\nhttps://bridge.example/pause{headers}"));
            from_another_site(&head, "https://bridge.example")
        };
        for own in ["", "\norigin\nhttps://bridge.example", "\nsec-fetch-site\nsame-origin", "\nsec-fetch-site\nnone"] {
            assert!(!foreign(own), "{own}");
        }
        for other in [
            "\norigin\n",
            "\norigin\nnull",
            "\norigin\nhttps://bridge.example/",
            "\norigin\nhttps://bridge.example, https://evil.example",
            "\norigin\nhttp://bridge.example",
            "\norigin\nhttps://BRIDGE.example",
            "\nsec-fetch-site\n",
            "\nsec-fetch-site\nsame-site",
            "\nsec-fetch-site\n\norigin\nhttps://bridge.example",
            "\nsec-fetch-site\ncross-site\norigin\nhttps://bridge.example",
        ] {
            assert!(foreign(other), "{other}");
        }
    }
}
