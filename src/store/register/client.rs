//! What the register is asked.

use std::time::Duration;

use serde_json::Value;
use worker::{Delay, Env};

use super::query::{Query, Stats};
use crate::log;
use crate::runtime;
use crate::store::tally;
use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::stored::{self, Stored};

const BINDING: &str = "REGISTER";

/// Asks for a permit to start a session of the incident, whose state the list learns of too.
pub async fn admit(env: &Env, listing: Value, applicant: &Applicant, limits: Limits) -> worker::Result<Admission> {
    let question =
        vec![("listing", listing), ("applicant", serde_json::to_value(applicant)?), ("limits", limits.to_value())];
    Ok(serde_json::from_value(ask(env, "admit", question).await?)?)
}

/// Tells the list of an incident's newest state, and the budget what became of the permit for the session with this
/// correlation id.
pub async fn publish(env: &Env, listing: Value, id: String, permit: PermitUse) -> worker::Result<()> {
    let question = vec![("listing", listing), ("id", id.into()), ("permit", serde_json::to_value(permit)?)];
    ask(env, "publish", question).await.map(|_| ())
}

/// Changes an incident's line in the list, and nothing else.
pub async fn list_line(env: &Env, listing: Value) -> worker::Result<()> {
    ask(env, "publish", vec![("listing", listing)]).await.map(|_| ())
}

/// A page of the list, newest first: `{"incidents": […], "cursor": … or null}`.
pub async fn list(env: &Env, query: Query) -> worker::Result<Value> {
    ask(env, "list", vec![("query", query.to_value())]).await
}

/// The list's line for the incident of that name; null where there is none.
pub async fn one(env: &Env, name: &str) -> worker::Result<Value> {
    ask(env, "one", vec![("name", name.into())]).await
}

/// How everything stands, with the counts of so many of the last hours one by one.
pub async fn stats(env: &Env, hours: u32) -> worker::Result<Stats> {
    Ok(Stats::from_value(ask(env, "stats", vec![("hours", hours.to_value())]).await?))
}

/// Tells of what the isolate has counted, where nothing else has taken it along within [`tally::PAUSE`].
pub async fn tell_counts(env: Env) {
    Delay::from(Duration::from_millis(tally::PAUSE.unsigned_abs())).await;
    if tally::is_worth_a_call()
        && let Err(error) = ask(&env, "counts", Vec::new()).await
    {
        log::warning(&format!("the register did not take the counts: {error}"));
    }
}

/// The list's lines of at most `most` incidents whose sessions are to be asked about, those first that were asked about
/// the longest time ago; and it counts as asked now.
pub async fn open_sessions(env: &Env, most: usize) -> worker::Result<Vec<Value>> {
    match ask(env, "open", vec![("most", most.into())]).await? {
        Value::Array(lines) => Ok(lines),
        _ => Ok(Vec::new()),
    }
}

/// Asks the register something. What the isolate has counted since it was last asked goes along.
async fn ask(env: &Env, what: &str, mut question: Vec<(&str, Value)>) -> worker::Result<Value> {
    let batch = tally::take();
    if !batch.is_empty() {
        question.push(("batch", batch.to_value()));
    }
    let register = env.durable_object(BINDING)?.get_by_name("register")?;
    let answer = runtime::ask(register, what, &stored::object(question)).await;
    if answer.is_err() {
        tally::put_back(batch);
    }
    answer
}
