//! The asking itself: one HTTP request to Devin, bounded in time and size, never following a redirect with the key.

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use serde_json::Value;
use std::pin::pin;
use std::time::Duration;
use worker::{AbortController, Delay, Fetch, Headers, Request, Response};

use super::call::{Access, Call};
use super::reply::Answer;
use crate::environment;

/// No call takes longer than this.
const TIMEOUT: Duration = Duration::from_secs(60);
/// No more of an answer is read than this.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Sends one request. An error says in words why there is no answer; whether Devin acted on the request is unknown.
pub async fn ask(access: &Access, call: &Call) -> Result<Answer, String> {
    let request = request(access, call).map_err(|error| format!("the request could not be made: {error}"))?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let asking = async {
        let mut response = Fetch::Request(request)
            .send_with_signal(&signal)
            .await
            .map_err(|error| format!("no answer from Devin: {error}"))?;
        Ok(read(&mut response).await.hiding(std::iter::once(access.key.expose())))
    };
    match select(pin!(asking), pin!(Delay::from(TIMEOUT))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            controller.abort();
            Err(format!("no answer from Devin within {} s", TIMEOUT.as_secs()))
        }
    }
}

fn request(access: &Access, call: &Call) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("Authorization", &format!("Bearer {}", access.key.expose()))?;
    headers.set("Accept", "application/json")?;
    headers.set("User-Agent", concat!("devin-bridge/", env!("CARGO_PKG_VERSION")))?;
    if call.body.is_some() {
        headers.set("Content-Type", "application/json")?;
    }
    environment::request(call.method, &call.url, &headers, call.body.as_ref().map(Value::to_string).as_deref())
}

async fn read(response: &mut Response) -> Answer {
    let retry_after = response.headers().get("Retry-After").ok().flatten();
    let status = response.status_code();
    let mut bytes = Vec::new();
    let mut whole = true;
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(chunk) if bytes.len().saturating_add(chunk.len()) <= LARGEST_ANSWER => {
                    bytes.extend_from_slice(&chunk);
                }
                _ => {
                    whole = false;
                    break;
                }
            }
        }
    }
    Answer { status, retry_after, body: String::from_utf8_lossy(&bytes).into_owned(), whole }
}
