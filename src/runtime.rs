//! What the runtime gives: the clock, chance, requests, storage.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use worker::js_sys::{self, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Headers, Response, ScheduledTime, State, Stub, web_sys, worker_sys};

use incident::time::Time;

/// Now.
pub fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// A number from 0 (inclusive) to 1 (exclusive).
pub fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without chance the pauses are merely less spread out.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// A request as `fetch` takes it; no redirect is followed. Made without `worker::RequestInit`, whose options for images
/// and caching cost 15 KB of WASM.
pub fn request(
    method: &str,
    url: &str,
    headers: &Headers,
    body: Option<&str>,
    signal: Option<&web_sys::AbortSignal>,
) -> worker::Result<web_sys::Request> {
    let init = web_sys::RequestInit::new();
    init.set_method(method);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_headers(&headers.0);
    init.set_signal(signal);
    if let Some(body) = body {
        init.set_body(&JsValue::from_str(body));
    }
    Ok(web_sys::Request::new_with_str_and_init(url, &init)?)
}

/// Waits for what the runtime promises. All waiting goes through here: every other way brings its own conversions of
/// the result with it.
pub async fn promised(promise: Result<Promise, JsValue>) -> worker::Result<JsValue> {
    Ok(JsFuture::from(promise?).await?)
}

/// The text that an object stored under `key`.
pub async fn stored_text(state: &State, key: &str) -> worker::Result<Option<String>> {
    Ok(promised(state.storage().as_raw().get(key)).await?.as_string())
}

/// Reads a body into `bytes`; whether that was all of it. Where it has more than `most` bytes, the rest is not read.
pub async fn read(stream: web_sys::ReadableStream, most: usize, bytes: &mut Vec<u8>) -> worker::Result<bool> {
    let reader: web_sys::ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let chunk = promised(Ok(reader.read())).await?;
        if Reflect::get(&chunk, &JsValue::from_str("done"))?.is_truthy() {
            return Ok(true);
        }
        let chunk = Uint8Array::new(&Reflect::get(&chunk, &JsValue::from_str("value"))?).to_vec();
        if bytes.len().saturating_add(chunk.len()) > most {
            promised(Ok(reader.cancel())).await?;
            return Ok(false);
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// The answer of one of our Durable Objects. In an object of its own, so that what another release answers to a call it
/// does not know is never taken for a reply.
#[derive(Serialize, Deserialize)]
struct Reply<T> {
    reply: T,
}

/// Asks a Durable Object of ours something, in JSON both ways.
pub async fn ask<C: Serialize, R: DeserializeOwned>(stub: Stub, call: &C) -> worker::Result<R> {
    let body = serde_json::to_string(call)?;
    let request = request("POST", "https://object/call", &Headers::new(), Some(&body), None)?;
    let object: worker_sys::DurableObject = stub.into_rpc();
    let response: web_sys::Response = promised(object.fetch_with_request(&request)).await?.dyn_into()?;
    let text = promised(response.text()).await?.as_string().unwrap_or_default();
    match response.status() {
        200 => Ok(serde_json::from_str::<Reply<R>>(&text)?.reply),
        status => Err(format!("a Durable Object answered {status}: {text}").into()),
    }
}

/// What one of our Durable Objects was asked.
pub async fn called<C: DeserializeOwned>(request: &web_sys::Request) -> worker::Result<C> {
    let text = promised(request.text()).await?.as_string().unwrap_or_default();
    Ok(serde_json::from_str(&text)?)
}

/// The answer to [`ask`].
pub fn reply(reply: impl Serialize) -> worker::Result<Response> {
    Response::ok(serde_json::to_string(&Reply { reply })?)
}

/// A time as an alarm takes it.
pub fn alarm_at(time: Time) -> ScheduledTime {
    // Exact for every date there is: milliseconds stay far below 2^53.
    ScheduledTime::new(js_sys::Date::new(&JsValue::from_f64(time.0 as f64)))
}
