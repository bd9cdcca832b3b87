//! devin-bridge turns incidents and alerts into Devin sessions: one session per incident, none lost, none twice.

mod admin;
mod answer;
pub mod auth;
pub mod budget;
pub mod devin;
mod environment;
pub mod hex;
mod hook;
mod http;
pub mod incident;
mod ledger;
mod log;
pub mod prompt;
pub mod reason;
mod register;
pub mod routing;
pub mod secret;
pub mod senders;
pub mod settings;
pub mod text;
pub mod time;

use worker::{Context, Env, Request, Response, event};

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    http::handle(request, env).await
}
