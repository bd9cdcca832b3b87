//! Asking the register: see [`engine::register::calls`].

use serde::de::DeserializeOwned;
use serde_json::Value;
use worker::{Delay, Env};

use crate::log;
use crate::runtime;
use crate::store::metrics_buffer;
use engine::counts::Batch;
use engine::register::calls::{Call, ListQuery, Request, Stats};
use incident::admission::{Admission, Applicant, Limits, Pause, PermitUse};
use incident::listing::Line;
use incident::time::Time;

/// The binding of the object.
const BINDING: &str = "REGISTER";

/// Asks for a permit to start a session of the incident, whose state the list learns of too.
pub async fn admit(env: &Env, line: Line, applicant: Applicant, limits: Limits) -> worker::Result<Admission> {
    ask(env, Call::Admit { line: Box::new(line), applicant, limits }).await
}

/// Tells the list of an incident's newest state, and the budget what became of the permit for the session with this
/// correlation id; without one the list alone.
pub async fn publish(env: &Env, line: Line, id: Option<String>, permit: PermitUse) -> worker::Result<()> {
    ask(env, Call::Publish { line: Box::new(line), id, permit }).await
}

/// The list's lines of at most `most` incidents whose sessions are to be asked about, those first that were asked about
/// the longest time ago; and it counts as asked now.
pub async fn open_sessions(env: &Env, most: u32) -> worker::Result<Vec<Line>> {
    ask(env, Call::Open { most }).await
}

/// A page of the list, newest first: `{"incidents": […], "cursor": … or null}`.
pub async fn list(env: &Env, query: ListQuery) -> worker::Result<Value> {
    ask(env, Call::List(query)).await
}

/// The list's line for the incident of that name; null where there is none.
pub async fn one(env: &Env, name: &str) -> worker::Result<Value> {
    ask(env, Call::One { name: name.to_owned() }).await
}

/// Tells what was seen of the account's credits, by the names of incidents.
pub async fn credits(env: &Env, out: Vec<String>, at_work: Vec<String>) -> worker::Result<()> {
    ask(env, Call::Credits { out, at_work }).await
}

/// Nothing is to start until then, or until somebody says so.
pub async fn pause(env: &Env, reason: String, until: Option<Time>) -> worker::Result<Pause> {
    ask(env, Call::Pause { reason, until }).await
}

/// The pause is over.
pub async fn resume(env: &Env) -> worker::Result<()> {
    ask(env, Call::Resume).await
}

/// The pause that there is now.
pub async fn paused(env: &Env) -> worker::Result<Option<Pause>> {
    ask(env, Call::Paused).await
}

/// Of how many incidents a topic is true, where this incident is to tell people of it; `None` where another one has today.
pub async fn first_today(env: &Env, topic: String, incident: String, state: String) -> worker::Result<Option<u32>> {
    ask(env, Call::FirstToday { topic, incident, state }).await
}

/// How everything stands, with the counts of so many of the last hours one by one.
pub async fn stats(env: &Env, hours: u32) -> worker::Result<Stats> {
    ask(env, Call::Stats { hours }).await
}

/// Tells of what the isolate has counted, where nothing else has taken it along within [`metrics_buffer::PAUSE`].
pub async fn tell_counts(env: Env) {
    Delay::from(metrics_buffer::PAUSE).await;
    if metrics_buffer::is_worth_a_call()
        && let Err(error) = ask::<()>(&env, Call::Counts).await
    {
        log::warning(&format!("the register did not take the counts: {error}"));
    }
}

/// Asks the register something. What the isolate has counted since it was last asked goes along, but not where a permit is
/// asked for: what became of that is told soon after, and each time costs the counts' rows.
async fn ask<R: DeserializeOwned>(env: &Env, call: Call) -> worker::Result<R> {
    let register = env.durable_object(BINDING)?.get_by_name("register")?;
    let asks_permit = matches!(call, Call::Admit { .. });
    let batch = if asks_permit { Batch::default() } else { metrics_buffer::take() };
    let request = Request { batch, call };
    let answer = runtime::ask(register, &request).await;
    if answer.is_err() && !request.batch.is_empty() {
        metrics_buffer::put_back(request.batch);
    }
    answer
}
