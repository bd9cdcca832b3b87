//! The asking itself: one HTTP request to Devin, with the key.

use std::time::Duration;

use worker::Headers;

use crate::fetch::{self, Bounds};
use incident::session::LONGEST_CALL;
use outbound::devin::call::Access;
use outbound::http::{Answer, Call};
use text::redact::hide;

const BOUNDS: Bounds = Bounds { time: LONGEST_CALL, size: 1024 * 1024 };
/// For what is looked at: a list of a hundred sessions, of which each may bring 64 KB of structured output.
const LIST_BOUNDS: Bounds = Bounds { size: 8 * 1024 * 1024, ..BOUNDS };
/// While a person waits for a page, who would rather know less than wait longer.
const POLL_BOUNDS: Bounds = Bounds { time: Duration::from_secs(5), ..BOUNDS };

/// Sends one request. An error says in words why there is no answer; whether Devin acted on the request is unknown.
pub async fn ask(access: &Access, call: &Call) -> Result<Answer, String> {
    ask_within(access, call, if call.method == "GET" { LIST_BOUNDS } else { BOUNDS }).await
}

/// The same, while a person waits for the answer.
pub async fn poll(access: &Access, call: &Call) -> Result<Answer, String> {
    ask_within(access, call, POLL_BOUNDS).await
}

async fn ask_within(access: &Access, call: &Call, bounds: Bounds) -> Result<Answer, String> {
    let headers = [("Authorization", format!("Bearer {}", access.key.expose())), ("Accept", "application/json".into())];
    send(call, &headers, &[access.key.expose()], bounds).await.map_err(|error| format!("no answer from Devin: {error}"))
}

/// Sends a request to whomever, with headers of its own. Neither an answer nor an error shows any of the secrets.
pub async fn send(call: &Call, headers: &[(&str, String)], secrets: &[&str], bounds: Bounds) -> Result<Answer, String> {
    let headers = all_headers(call, headers).map_err(|error| format!("the request could not be made: {error}"))?;
    let body = call.body.as_ref().map(|body| body.to_string());
    let mut answer = fetch::ask(call.method, &call.url, headers, body, bounds).await;
    let shown = match &mut answer {
        Ok(answer) => &mut answer.body,
        Err(words) => words,
    };
    *shown = secrets.iter().fold(std::mem::take(shown), |text, secret| hide(&text, secret));
    answer
}

fn all_headers(call: &Call, own: &[(&str, String)]) -> worker::Result<Headers> {
    let headers = Headers::new();
    headers.set("User-Agent", concat!("devin-bridge/", env!("CARGO_PKG_VERSION")))?;
    for (name, value) in own {
        headers.set(name, value)?;
    }
    if call.body.is_some() {
        headers.set("Content-Type", "application/json")?;
    }
    Ok(headers)
}
