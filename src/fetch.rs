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
    let mut answer = None;
    let asked = async {
        let response = request.send_with_signal(&signal).await.map_err(|error| error.to_string())?;
        let retry_after = response.headers().get("Retry-After").ok().flatten();
        // Of a part nothing is kept: where it ends there may be half a secret, which nobody would recognise.
        let nothing = Answer { status: response.status_code(), retry_after, body: String::new(), whole: false };
        let answer = answer.insert(nothing);
        let mut bytes = Vec::new();
        answer.whole = match response.body() {
            ResponseBody::Stream(stream) => runtime::read(stream, bounds.size, &mut bytes).await.unwrap_or(false),
            ResponseBody::Empty | ResponseBody::Body(_) => true,
        };
        if answer.whole {
            // Mostly as it is: a list may have eight megabytes.
            answer.body =
                String::from_utf8(bytes).unwrap_or_else(|body| String::from_utf8_lossy(body.as_bytes()).into_owned());
        }
        Ok::<_, String>(())
    };
    match select(pin!(asked), pin!(Delay::from(bounds.time))).await {
        Either::Left((asked, _)) => asked?,
        Either::Right(_) => controller.abort(),
    }
    answer.ok_or_else(|| format!("nothing within {} s", bounds.time.as_secs()))
}
