//! Requests to servers out there: bounded in time, bounded in what is read of the answer, and no redirect is followed,
//! so that what a request carries goes to the address that was configured and nowhere else.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{AbortController, Delay, Fetch, Headers, ResponseBody};

use crate::runtime;
use outbound::http::Answer;

/// How long a request may take, and how many bytes of its answer are read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The time for all of it, until the last byte of the answer.
    pub time: Duration,
    /// The most bytes of the answer.
    pub size: usize,
}

/// Sends one request. An error says in words why there is no answer; whether the request was acted upon is unknown. Of an
/// answer whose body does not end in time, or is too long, there is the status.
pub async fn ask(
    method: &str,
    url: &str,
    headers: Headers,
    body: Option<String>,
    bounds: Bounds,
) -> Result<Answer, String> {
    let unmade = |error: worker::Error| format!("the request could not be made: {error}");
    let request = Fetch::Request(runtime::request(method, url, headers, body).map_err(unmade)?);
    let controller = AbortController::default();
    let signal = controller.signal();
    let mut end = pin!(Delay::from(bounds.time));
    let response = match select(pin!(request.send_with_signal(&signal)), end.as_mut()).await {
        Either::Left((response, _)) => response.map_err(|error| error.to_string())?,
        Either::Right(_) => {
            controller.abort();
            return Err(format!("nothing within {} s", bounds.time.as_secs()));
        }
    };
    let mut bytes = Vec::new();
    let whole = match response.body() {
        ResponseBody::Stream(stream) => {
            match select(pin!(runtime::read(stream, bounds.size, &mut bytes)), end.as_mut()).await {
                Either::Left((whole, _)) => whole.unwrap_or(false),
                Either::Right(_) => {
                    controller.abort();
                    false
                }
            }
        }
        ResponseBody::Empty | ResponseBody::Body(_) => true,
    };
    // Of a part nothing is kept: where it ends there may be half a secret, which nobody would recognise.
    let body = if whole { bytes } else { Vec::new() };
    Ok(Answer {
        status: response.status_code(),
        retry_after: response.headers().get("Retry-After").ok().flatten(),
        // Mostly as it is: a list may have eight megabytes.
        body: String::from_utf8(body).unwrap_or_else(|body| String::from_utf8_lossy(body.as_bytes()).into_owned()),
        whole,
    })
}
