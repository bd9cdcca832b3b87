//! `/api/pause`: nothing starts for a while, because somebody says so. Events are kept all the same.

use std::time::Duration;

use serde::Deserialize;
use worker::Env;

use crate::runtime::now;
use crate::store::register_calls as register;
use crate::web::admin;
use crate::web::answer::Answer;
use crate::web::head::Head;
use crate::web::reply::Reply;
use incident::time::{DAY, Time};
use text::clean;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;
/// The longest pause that ends by itself. The runtime refuses alarms that are centuries away.
const LONGEST: Duration = DAY.saturating_mul(366);

/// What somebody asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    reason: String,
    until: Option<String>,
}

/// `GET`: whether there is a pause.
pub async fn show(head: &Head, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal(head, env) {
        return refusal.into();
    }
    match register::paused(env).await {
        Ok(pause) => Reply::Document(admin::shown(pause.as_ref())),
        Err(error) => admin::failed(&error).into(),
    }
}

/// `POST`: begins a pause, or changes the one that there is.
pub async fn begin(head: &Head, origin: &str, body: &[u8], env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal_to_act(head, origin, env) {
        return refusal.into();
    }
    match read(body) {
        Ok((reason, until)) => match register::pause(env, reason, until).await {
            Ok(pause) => Reply::Document(admin::shown(Some(&pause))),
            Err(error) => admin::failed(&error).into(),
        },
        Err(wrong) => Answer::error(400, "Bad body", wrong).into(),
    }
}

/// `DELETE`: ends it.
pub async fn end(head: &Head, origin: &str, env: &Env) -> Reply {
    if let Some(refusal) = admin::refusal_to_act(head, origin, env) {
        return refusal.into();
    }
    match register::resume(env).await {
        Ok(()) => Reply::Document(admin::shown(None)),
        Err(error) => admin::failed(&error).into(),
    }
}

fn read(body: &[u8]) -> Result<(String, Option<Time>), String> {
    let wanted: Wanted = serde_json::from_slice(body).map_err(|error| {
        format!(
            "Expected {{\"reason\": \"…\", \"until\": \"2026-03-01T08:00Z\"}}, of which until may be left out: {error}."
        )
    })?;
    let until = match wanted.until.as_deref() {
        None => None,
        Some(text) => Some(Time::from_rfc3339(text).ok_or_else(|| {
            format!("until is {:?}: expected a time such as 2026-03-01T08:00:00Z.", clean::line(text, 100))
        })?),
    };
    checked(&wanted.reason, until)
}

/// The reason of which nothing can be shown.
const UNREADABLE: &str = "given in characters that can't be shown";

/// The reason as it is kept, and when the pause ends; or what is wrong with them.
pub fn checked(reason: &str, until: Option<Time>) -> Result<(String, Option<Time>), String> {
    if reason.trim().is_empty() {
        return Err("reason is empty: expected why, for those who see that nothing starts.".to_owned());
    }
    let shown = clean::line(&text::sanitize(reason, true), LONGEST_REASON);
    let reason = if shown.is_empty() { UNREADABLE.to_owned() } else { shown };
    if until.is_some_and(|until| until <= now()) {
        return Err("until is over already: expected a time to come, or none.".to_owned());
    }
    if until.is_some_and(|until| until.since(now()) > LONGEST) {
        return Err("until is more than a year away: expected a time within a year, or none.".to_owned());
    }
    Ok((reason, until))
}
