//! What the runtime gives: the clock, chance, requests, storage.

use serde_json::Value;
use worker::js_sys::{self, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Headers, ScheduledTime, State, Stub, web_sys, worker_sys};

use incident::stored;
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

/// The text of a request to one of our Durable Objects.
pub async fn text_of(request: &web_sys::Request) -> worker::Result<String> {
    Ok(promised(request.text()).await?.as_string().unwrap_or_default())
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

/// Asks a Durable Object of ours something, in JSON both ways.
pub async fn ask(stub: Stub, what: &str, question: &Value) -> worker::Result<Value> {
    let url = format!("https://object/{what}");
    let request = request("POST", &url, &Headers::new(), Some(&stored::text(question)), None)?;
    let object: worker_sys::DurableObject = stub.into_rpc();
    let response: web_sys::Response = promised(object.fetch_with_request(&request)).await?.dyn_into()?;
    let text = promised(response.text()).await?.as_string().unwrap_or_default();
    match response.status() {
        200 => Ok(serde_json::from_str(&text)?),
        status => Err(format!("a Durable Object answered {status}: {text}").into()),
    }
}

/// A time as an alarm takes it.
pub fn alarm_at(time: Time) -> ScheduledTime {
    // Exact for every date there is: milliseconds stay far below 2^53.
    ScheduledTime::new(js_sys::Date::new(&JsValue::from_f64(time.0 as f64)))
}
