//! devin-bridge turns incidents and alerts into Devin sessions: one session per incident, none lost, none twice.
//!
//! # One way through
//!
//! ```text
//! request ─► http ─► hook ─► auth ─► senders ─► routing ─► ledger ─► incident::object ─► incident::compose ─► devin
//!            path           who?    bytes →    event →    known     one object for       prompt, title,      API
//!                                   events     plan       already?  each incident        tags
//! ```
//!
//! Each arrow is a call, and nothing calls back to its left. A hook answers when the incident's object has stored the
//! event; the object's alarm does the rest.
//!
//! # Layout
//!
//! What an event goes through:
//! - [`http`]: paths, methods, status codes, the size of bodies
//! - [`hook`]: one request's way, from its proof to its answer; dry runs
//! - [`auth`]: shared secret, [`auth::signature`]s, [`auth::entra`] tokens; only a [`auth::Verified`] body can be parsed
//! - [`senders`]: a file for each sender: what it sends, as events, and what identifies the incident
//! - [`routing`]: event + `ROUTES` → what is to be done, an [`incident::plan::Plan`]
//! - [`ledger`]: the incidents that have a session, in KV; [`memory`]: what this isolate has read there lately
//! - [`answer`]: the answers of the hooks; [`reason`]: why something was decided
//!
//! The incident:
//! - [`incident::event`], [`incident::key`], [`incident::safe`]: what we are told, its identity, made safe to keep
//! - [`incident::lifecycle`]: the state machine, pure: (record, event or reply) → record, and what is due next
//! - [`incident::record`], [`incident::listing`]: what is stored, and what the list shows of it
//! - [`incident::object`]: the Durable Object: storage, alarm, and the calls that the lifecycle asks for
//! - [`incident::compose`]: record + settings → what Devin is asked and told
//!
//! Devin:
//! - [`devin::call`]: requests as values, v1 and v3; [`devin::reply`]: what an answer means; [`devin::client`]: the asking
//! - [`prompt`]: templates from `prompts/`, filled, fenced, and short enough
//! - [`text`]: hostile text cleaned, redacted, cut, fenced
//!
//! What came of it:
//! - [`outcomes`]: the cron trigger that asks Devin about the sessions that have not ended
//! - [`notify`]: people are told: notes at PagerDuty, messages to an incoming webhook
//! - [`postmortem`]: what a session gave as structured output, as Markdown
//!
//! Over all incidents:
//! - [`register`]: the Durable Object that admits sessions within the budget ([`admission`], pure), keeps the list, and keeps the counts
//! - [`tally`]: what is counted, until the register has it; [`metrics`]: the same as Prometheus reads it
//! - [`admin`]: health, the list, one incident, replay, metrics; [`dashboard`]: the same for people, as pages
//! - [`openapi`]: the contract for programs
//!
//! Underneath: [`settings`] (variables and secrets, checked once), [`environment`] (configuration, clock, chance),
//! [`outbound`] (requests to servers out there), [`stored`](mod@stored) (values as JSON), [`log`], [`secret`], [`time`], [`hex`].
//! `checks`: what holds for any input, for tests and `fuzz/`.

#![allow(rustdoc::private_intra_doc_links)] // The map leads to private modules too: nothing else uses this crate.

mod admin;
pub mod admission;
mod answer;
pub mod auth;
#[cfg(any(test, fuzzing))]
pub mod checks;
mod dashboard;
pub mod devin;
mod environment;
pub mod hex;
mod hook;
mod http;
pub mod incident;
mod ledger;
mod log;
mod memory;
mod metrics;
pub mod notify;
mod openapi;
pub mod outbound;
mod outcomes;
pub mod postmortem;
pub mod prompt;
pub mod reason;
mod register;
pub mod routing;
pub mod secret;
pub mod senders;
pub mod settings;
pub mod stored;
mod tally;
pub mod text;
pub mod time;

use worker::web_sys::{Request, Response};
use worker::{Context, Env, ScheduleContext, ScheduledEvent, event};

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let response = http::handle(request, env.clone()).await;
    if tally::call_is_due(environment::now()) {
        context.wait_until(register::tell_counts(env));
    }
    response
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    outcomes::ask(&env).await;
}
