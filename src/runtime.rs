//! What the runtime gives: the clock, chance, requests, storage.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use worker::js_sys::{self, Array, Object, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen::prelude::{Closure, wasm_bindgen};
use worker::wasm_bindgen::{self, JsCast, JsValue};
use worker::wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::worker_sys::{Context as JsContext, DurableObject};
use worker::{Env, Headers, Request, RequestInit, RequestRedirect, Response, ScheduledTime, Stub, web_sys};

use incident::time::Time;

/// What answers a request: see [`serve`].
pub type Answer =
    Closure<dyn Fn(String, Option<Vec<u8>>, web_sys::Request, Env, JsContext) -> Result<JsValue, JsValue>>;

#[wasm_bindgen(module = "/src/border.js")]
extern "C" {
    /// Answers a request with what `answer` gives: a response, a promise of one, or null where it has to be asked again with
    /// the body. It is given the head, a line each for the method, the URL, and each header's name and value; the body, of
    /// one that is longer than `most` bytes at least one more; and the rest of what there is here.
    #[wasm_bindgen(catch)]
    pub fn serve(
        answer: &Answer,
        request: web_sys::Request,
        env: Env,
        context: JsContext,
        most: usize,
    ) -> Result<JsValue, JsValue>;

    /// A response with this status, type and body, and the headers that all of ours have; `more`: names and values of
    /// others, one after the other.
    #[wasm_bindgen(catch)]
    pub fn response(code: u16, content_type: &str, body: &str, more: Vec<String>)
    -> Result<web_sys::Response, JsValue>;

    /// Sends a text to a Durable Object: its answer's status, a line break, and its text. `worker` would read that as a stream.
    #[wasm_bindgen(catch)]
    fn call(object: DurableObject, text: &str) -> Result<Promise, JsValue>;
}

/// The files of `prompts/` and `senders/`, each with its path. They lie beside the WASM, in the module `texts.js`, which
/// `scripts/build.mjs` writes.
pub fn texts() -> Vec<(String, String)> {
    let bridge = Reflect::get(&js_sys::global(), &JsValue::from_str("devinBridge")).unwrap_or_default();
    let texts = Reflect::get(&bridge, &JsValue::from_str("texts")).unwrap_or_default();
    let Some(texts) = texts.dyn_ref::<Object>() else { return Vec::new() };
    let named = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        entry.get(0).as_string().zip(entry.get(1).as_string())
    };
    Object::entries(texts).iter().filter_map(named).collect()
}

/// Now.
pub fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// What a future gives, where it has that at once, otherwise a promise of it: promises are dear, and most requests need
/// nobody else.
pub fn at_once_or_later(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Result<JsValue, JsValue> {
    let task = Arc::new(Task::default());
    let waker = Waker::from(task.clone());
    let mut future = Box::pin(future);
    match future.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(value) => value,
        Poll::Pending => Ok(future_to_promise(poll_fn(move |context| {
            task.polls(context.waker());
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }))
        .into()),
    }
}

/// The future, to be compiled for itself: V8 compiles a function when it is called first, and as a whole. What most requests
/// don't need would otherwise be a large part of the first one's functions.
pub fn apart<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(future)
}

/// Whoever polls a future, once somebody does: what is waited for may keep the waker that it was given first, as
/// [`worker::Delay`] does.
#[derive(Default)]
struct Task(Mutex<Option<Waker>>);

impl Task {
    fn polls(&self, waker: &Waker) {
        if let Ok(mut known) = self.0.lock() {
            *known = Some(waker.clone());
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let waker = self.0.lock().ok().and_then(|known| known.clone());
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A number from 0 (inclusive) to 1 (exclusive).
pub fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without chance the pauses are merely less spread out.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// A request to somebody else; no redirect is followed.
pub fn request(method: &str, url: &str, headers: Headers, body: Option<String>) -> worker::Result<Request> {
    let mut init = RequestInit::new();
    init.with_method(method.to_owned().into()).with_headers(headers).with_redirect(RequestRedirect::Manual);
    init.with_body(body.map(JsValue::from));
    Request::new_with_init(url, &init)
}

/// Waits for what the runtime promises.
pub async fn promised(promise: Result<Promise, JsValue>) -> worker::Result<JsValue> {
    Ok(JsFuture::from(promise?).await?)
}

/// Reads a body into `bytes`; whether that was all of it. Where it has more than `most` bytes, the rest is not read.
pub async fn read(stream: &web_sys::ReadableStream, most: usize, bytes: &mut Vec<u8>) -> worker::Result<bool> {
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
pub async fn ask<C: Serialize, R: DeserializeOwned>(stub: Stub, question: &C) -> worker::Result<R> {
    let answer = promised(call(stub.into_rpc(), &serde_json::to_string(question)?)).await?;
    let answer = answer.as_string().unwrap_or_default();
    match answer.split_once('\n') {
        Some(("200", text)) => Ok(serde_json::from_str::<Reply<R>>(text)?.reply),
        _ => Err(format!("a Durable Object answered {}", answer.replace('\n', ": ")).into()),
    }
}

/// What one of our Durable Objects was asked.
pub async fn called<C: DeserializeOwned>(mut request: Request) -> worker::Result<C> {
    Ok(serde_json::from_str(&request.text().await?)?)
}

/// The answer to [`ask`].
pub fn reply(reply: impl Serialize) -> worker::Result<Response> {
    Response::ok(serde_json::to_string(&Reply { reply })?)
}

/// Why one of our programs could not answer, as the runtime takes it.
pub fn failed(error: engine::host::Error) -> worker::Error {
    worker::Error::RustError(error.0)
}

/// What the runtime failed with, as our programs take it.
pub fn error(error: worker::Error) -> engine::host::Error {
    engine::host::Error(error.to_string())
}

/// A time as an alarm takes it.
pub fn alarm_at(time: Time) -> ScheduledTime {
    // Exact for every date there is: milliseconds stay far below 2^53.
    ScheduledTime::new(js_sys::Date::new(&JsValue::from_f64(time.0 as f64)))
}
