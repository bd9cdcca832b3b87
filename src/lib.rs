//! devin-bridge turns incidents and alerts into Devin sessions: one session per incident, none lost, none twice.
//!
//! # One way through
//!
//! Bytes come in, become an incident, and go out.
//!
//! ```text
//! request ─► web ──► inbound ───────────────────────────────► store ─────────────────► outbound ────► clients
//!            path    auth: who?   senders: bytes → events     one object for each      compose: what  Devin, and
//!            method               routing: event → plan       incident; the lifecycle  is asked;      who is
//!                                                             says what is due         prompt, title  notified
//! ```
//!
//! Each arrow is a call, and nothing calls back to its left. A hook answers when the incident's object has stored the
//! event; the object's alarm does the rest.
//!
//! # The crates
//!
//! They take values and give values: no clock, no chance, no network, no storage, and nothing of the runtime's. Cargo
//! lets none of them name one that stands above it here, nor the Worker.
//!
//! | in `crates/` | is about |
//! |---|---|
//! | [`engine`] | what the Durable Objects do, through the traits of [`host`](engine::host): [`incident`](mod@engine::incident): an incident's events, alarm, steps and look-ups. [`register`](engine::register): admission, the list, the counts. [`edge`](engine::edge): what needs no object. [`counts`](engine::counts): what is counted |
//! | [`outbound`] | [`devin`](outbound::devin): requests to Devin, what its answers mean, what a session and its messages say. [`prompt`](outbound::prompt): templates from `prompts/`, filled, fenced, and short enough. [`notify`](outbound::notify): notices to people. [`postmortem`](outbound::postmortem): structured output as Markdown. [`http`](outbound::http): requests and answers as values |
//! | [`inbound`] | [`auth`](inbound::auth): who is calling; only a [`Verified`](inbound::auth::Verified) body can be parsed. [`senders`](inbound::senders): a file for each sender. [`routing`](inbound::routing): event + `ROUTES` → plan. [`config`](inbound::config): what is wrong with a setting. [`endpoint`](inbound::endpoint): the hooks |
//! | [`incident`] | [`event`](incident::event), [`key`](incident::key), [`plan`](incident::plan), [`record`](incident::record): what is reported, its identity, what is to be done, what is stored. [`lifecycle`](incident::lifecycle): the state machine, (record, event or reply) → record, and what is due next. [`sanitize`](incident::sanitize): bounded and redacted. [`admission`](incident::admission): who may start a session, and who is next. [`listing`](incident::listing): the contract's record. [`reason`](incident::reason): why something was decided. |
//! | [`text`] | hostile text cleaned, redacted, cut, fenced |
//!
//! `inbound` and `outbound` don't know each other, and `engine` knows `outbound` alone. `crates/checks` has what must hold
//! for any input, `crates/simulator` a world in which the engine lives through years in which everything fails; they are no
//! part of the Worker, but of `cargo test`, `fuzz/` and `npm run simulate`.
//!
//! # The Worker
//!
//! Only this crate may name `worker`, `web_sys` and `js_sys`. Its floors, of which none names one above it, are listed in
//! CONTRIBUTING.md, and `tests/floors.rs` holds them.
//!
//! | in `src/` | is about |
//! |---|---|
//! | [`web`] | [`router`]: paths, methods, status codes. [`head`](web::head), [`body`]: what a request says, and how long that may be. [`webhook`](web::webhook): one request's way, from its proof to its answer. [`dry_run`](web::dry_run): the same without doing it. [`event`](web::event): under which key an event goes to its object. [`answer`](web::answer): the answers of the hooks. [`guesses`](web::guesses): too many wrong secrets. [`admin`](web::admin): health, the list, one incident, replay, metrics. [`dashboard`](web::dashboard): the same for people, as pages. [`metrics`](web::metrics): as Prometheus reads them. [`openapi`](web::openapi): the contract for programs |
//! | [`outcomes`] | the cron trigger that asks Devin about the sessions that have not ended |
//! | [`store`] | [`incident`](mod@store::incident), [`register`](store::register): the Durable Objects: what the programs of the engine see of the runtime. [`incident_calls`](store::incident_calls), [`register_calls`]: asking them. [`dedup_cache`](store::dedup_cache): the incidents that have a session, in KV. [`recent_bodies`](store::recent_bodies): what this isolate has read there lately. [`metrics_buffer`]: what is counted, until the register has it |
//! | [`clients`] | the asking: [`devin`](clients::devin), [`notify`](clients::notify), and the tenant's keys at [`entra`](clients::entra) |
//! | [`configuration`], [`settings`] | variables and secrets → [`Settings`](settings::Settings), checked once an isolate |
//! | [`mod@fetch`], [`runtime`], [`log`] | requests to servers out there; clock, chance, promises; one line for each decision |
//! | `entry.js`, `border.js` | the JavaScript at the runtime's border: the Worker's entry; a request's head read, and a response made, in one call each |

#![allow(rustdoc::private_intra_doc_links)] // The map leads to private modules too: nothing else uses this crate.

mod clients;
mod configuration;
mod fetch;
mod log;
mod outcomes;
mod runtime;
mod settings;
mod store;
mod web;

use worker::wasm_bindgen::prelude::{Closure, wasm_bindgen};
use worker::wasm_bindgen::{self, JsValue};
use worker::web_sys::Request;
use worker::worker_sys::Context as JsContext;
use worker::{Context, Env, ScheduleContext, ScheduledEvent, event};

use crate::store::{metrics_buffer, register_calls};
use crate::web::body::{self, Body};
use crate::web::head::Head;
use crate::web::router;

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

thread_local! {
    static ANSWER: runtime::Answer = Closure::new(answer);
}

/// Every request comes in here. Without the macro of the crate `worker`, whose promise each of them would wait for.
#[wasm_bindgen]
pub fn fetch(request: Request, env: Env, context: JsContext) -> Result<JsValue, JsValue> {
    ANSWER.with(|answer| runtime::serve(answer, request, env, context, body::LARGEST))
}

/// Answers a request; null where its body has to be read first.
fn answer(
    head: String,
    body: Option<Vec<u8>>,
    request: Request,
    env: Env,
    context: JsContext,
) -> Result<JsValue, JsValue> {
    runtime::at_once_or_later(async move {
        let (head, body) = (Head::new(head), body.map_or(Body::Unread, Body::Read));
        let Ok(response) = router::handle(&request, &head, &body, &env).await else { return Ok(JsValue::NULL) };
        if metrics_buffer::call_is_due(runtime::now()) {
            Context::new(context).wait_until(register_calls::tell_counts(env));
        }
        Ok(response?.into())
    })
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    outcomes::ask(&env).await;
}
