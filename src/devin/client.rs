//! The asking itself: one HTTP request to Devin, bounded in time and size, never following a redirect with the key.

use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use worker::wasm_bindgen::JsCast;
use worker::{Delay, Headers, js_sys, web_sys};

use super::call::{Access, Call};
use super::reply::Answer;
use crate::environment::{self, promised};
use crate::stored;

/// No call takes longer than this.
const TIMEOUT: Duration = Duration::from_secs(60);
/// No more of an answer is read than this.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Sends one request. An error says in words why there is no answer; whether Devin acted on the request is unknown.
pub async fn ask(access: &Access, call: &Call) -> Result<Answer, String> {
    let unmade = |error: worker::Error| format!("the request could not be made: {error}");
    let controller = web_sys::AbortController::new().map_err(|error| unmade(error.into()))?;
    let request = request(access, call, &controller.signal()).map_err(unmade)?;
    match select(pin!(fetch(&request)), pin!(Delay::from(TIMEOUT))).await {
        Either::Left((answer, _)) => answer
            .map(|answer| answer.hiding(std::iter::once(access.key.expose())))
            .map_err(|error| format!("no answer from Devin: {error}")),
        Either::Right(_) => {
            controller.abort();
            Err(format!("no answer from Devin within {} s", TIMEOUT.as_secs()))
        }
    }
}

fn request(access: &Access, call: &Call, signal: &web_sys::AbortSignal) -> worker::Result<web_sys::Request> {
    let headers = Headers::new();
    headers.set("Authorization", &format!("Bearer {}", access.key.expose()))?;
    headers.set("Accept", "application/json")?;
    headers.set("User-Agent", concat!("devin-bridge/", env!("CARGO_PKG_VERSION")))?;
    if call.body.is_some() {
        headers.set("Content-Type", "application/json")?;
    }
    let body = call.body.as_ref().map(stored::text);
    environment::request(call.method, &call.url, &headers, body.as_deref(), Some(signal))
}

async fn fetch(request: &web_sys::Request) -> worker::Result<Answer> {
    let worker: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let response: web_sys::Response = promised(Ok(worker.fetch_with_request(request))).await?.dyn_into()?;
    let mut bytes = Vec::new();
    let whole = match response.body() {
        Some(stream) => environment::read(stream, LARGEST_ANSWER, &mut bytes).await.unwrap_or(false),
        None => true,
    };
    Ok(Answer {
        status: response.status(),
        retry_after: response.headers().get("Retry-After").ok().flatten(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        whole,
    })
}
