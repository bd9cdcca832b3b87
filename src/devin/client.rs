//! The asking itself: one HTTP request to Devin, with the key.

use std::time::Duration;

use worker::Headers;

use super::call::{Access, Call};
use crate::outbound::{self, Answer, Bounds};
use crate::stored;

const BOUNDS: Bounds = Bounds { time: Duration::from_secs(60), size: 1024 * 1024 };

/// Sends one request. An error says in words why there is no answer; whether Devin acted on the request is unknown.
pub async fn ask(access: &Access, call: &Call) -> Result<Answer, String> {
    let headers = headers(access, call).map_err(|error| format!("the request could not be made: {error}"))?;
    let body = call.body.as_ref().map(stored::text);
    outbound::ask(call.method, &call.url, &headers, body.as_deref(), BOUNDS)
        .await
        .map(|answer| answer.hiding(std::iter::once(access.key.expose())))
        .map_err(|error| format!("no answer from Devin: {error}"))
}

fn headers(access: &Access, call: &Call) -> worker::Result<Headers> {
    let headers = Headers::new();
    headers.set("Authorization", &format!("Bearer {}", access.key.expose()))?;
    headers.set("Accept", "application/json")?;
    headers.set("User-Agent", concat!("devin-bridge/", env!("CARGO_PKG_VERSION")))?;
    if call.body.is_some() {
        headers.set("Content-Type", "application/json")?;
    }
    Ok(headers)
}
