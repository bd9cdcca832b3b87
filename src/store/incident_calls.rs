//! Asking an incident's object: see [`engine::incident::calls`].

use std::time::Duration;

use serde_json::Value;
use worker::Env;

use crate::runtime;
use engine::incident::calls::{Call, DryRun, Outcome};
use incident::event::IncidentEvent;
use incident::key::Key;
use incident::listing::Line;
use incident::plan::Plan;
use incident::session::Report;

/// The binding of the objects.
const BINDING: &str = "INCIDENT";

/// Hands an event to its incident's object, which has stored it when this returns. Where `wait` is not
/// 0, it returns once the session exists, if that is sooner.
pub async fn deliver(env: &Env, event: &IncidentEvent, plan: Option<&Plan>, wait: Duration) -> worker::Result<Outcome> {
    let (boxed, plan) = (Box::new(event.clone()), plan.cloned().map(Box::new));
    ask(env, &event.key, &Call::Event { event: boxed, plan, wait }).await
}

/// What would become of an event, going by what is known of its incident. Nothing is stored.
pub async fn dry_run(env: &Env, event: &IncidentEvent, plan: Option<&Plan>) -> worker::Result<DryRun> {
    let (boxed, plan) = (Box::new(event.clone()), plan.cloned().map(Box::new));
    ask(env, &event.key, &Call::DryRun { event: boxed, plan }).await
}

/// Everything the object knows of the incident of that name: the record, its prompt, its postmortem and, where Devin is
/// to be asked, the session's present state; null where it knows nothing, or only of a later episode.
pub async fn show(env: &Env, key: &Key, name: &str, ask_devin: bool) -> worker::Result<Value> {
    ask(env, key, &Call::Show { name: name.to_owned(), ask_devin }).await
}

/// Tries again what failed. `None`: there is no such incident; otherwise whether anything was to be done.
pub async fn replay(env: &Env, key: &Key, name: &str) -> worker::Result<Option<bool>> {
    ask(env, key, &Call::Replay { name: name.to_owned() }).await
}

/// Gives up on what waits; answered likewise.
pub async fn give_up(env: &Env, key: &Key, name: &str) -> worker::Result<Option<bool>> {
    ask(env, key, &Call::GiveUp { name: name.to_owned() }).await
}

/// Tells the object what Devin reports of a session. `line` is the list's line of the incident, by whose name it goes.
/// Whether it asks for Devin's last words and has kept nothing.
pub async fn report(env: &Env, key: &Key, line: &Line, report: Report) -> worker::Result<bool> {
    // An object of the release before says null.
    let wordless: Option<bool> =
        ask(env, key, &Call::Report { line: Box::new(line.clone()), report: Box::new(report) }).await?;
    Ok(wordless.unwrap_or(false))
}

/// Tells an incident that waits in line that there is a slot for the session with this correlation id.
pub async fn call(env: &Env, key: &Key, id: &str) -> worker::Result<()> {
    ask(env, key, &Call::Called { id: id.to_owned() }).await
}

async fn ask<R: serde::de::DeserializeOwned>(env: &Env, key: &Key, call: &Call) -> worker::Result<R> {
    runtime::ask(env.durable_object(BINDING)?.get_by_name(key.as_str())?, call).await
}
