//! Requests and answers as values, and what an answer means whoever it is from: done, try later, look it up, or refused.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use incident::failure::Failure;
use incident::time::{HOUR, Time};
use text::redact::hide;

/// One HTTP request; the key is added when it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// The JSON body of a `POST`.
    pub body: Option<Value>,
}

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encodes everything but unreserved characters.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The body, as far as it was read; empty where it broke off.
    pub body: String,
    /// Whether the body arrived whole.
    pub whole: bool,
}

impl Answer {
    /// The answer without these values, should it repeat them: an error often quotes what was sent.
    pub fn hiding<'a>(mut self, values: impl Iterator<Item = &'a str>) -> Answer {
        for value in values {
            self.body = hide(&self.body, value);
        }
        self
    }
}

/// The longest wait that a `Retry-After` is believed; beyond it our own backoff serves better.
const LONGEST_RETRY_AFTER: Duration = HOUR;

/// Of more values than these nothing is read: each takes up to 350 bytes of memory, of which an isolate has 128 MB.
const MOST_VALUES: usize = 100_000;

/// Of a list in which something is looked for no value is kept but the place of its entries.
const MOST_VALUES_OF_LISTS: usize = 20 * MOST_VALUES;

/// Whether a list in which something is looked for has so many values that nothing of it is read.
pub fn is_too_long(list: &str) -> bool {
    text::thin::values(list) > MOST_VALUES_OF_LISTS
}

/// The JSON of a body, or of a part of one.
pub fn read(body: &str) -> Option<Value> {
    (text::thin::values(body) <= MOST_VALUES).then(|| text::json::parse(body).ok()).flatten()
}

/// Sorts an answer into a readable body and a [`Failure`].
pub fn body(answer: Result<Answer, String>, now: Time) -> Result<Value, Failure> {
    // What is no JSON stays a text, which no caller takes for what it asked for.
    whole(answer, now).map(|body| read(&body).unwrap_or(Value::String(body)))
}

/// The whole body of a 2xx, whatever it is.
pub fn whole(answer: Result<Answer, String>, now: Time) -> Result<String, Failure> {
    let answer = answer.map_err(|words| Failure::Unknown { words })?;
    let words = || format!("HTTP {}: {}", answer.status, words(&answer.body));
    match answer.status {
        200..=299 if answer.whole => Ok(answer.body),
        200..=299 => Err(Failure::Unknown { words: format!("HTTP {}, the answer broke off", answer.status) }),
        429 => Err(Failure::Busy {
            after: answer.retry_after.as_deref().and_then(|after| retry_after(after, now)),
            words: words(),
        }),
        300..=399 => Err(Failure::Refused {
            status: answer.status,
            words: format!(
                "HTTP {}: a redirect, which is not followed; check the address that is configured",
                answer.status
            ),
        }),
        408 | 500..=599 | 0..=199 => Err(Failure::Unknown { words: words() }),
        status => Err(Failure::Refused { status, words: words() }),
    }
}

/// Reads `Retry-After`, in seconds or as a date; `None` where it makes no sense.
fn retry_after(text: &str, now: Time) -> Option<Duration> {
    let wait = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Time::from_http_date(text).filter(|at| *at >= now)?.since(now),
    };
    (wait <= LONGEST_RETRY_AFTER).then_some(wait)
}

/// Devin's own words from an error body of any kind, on one line.
fn words(body: &str) -> String {
    const MOST: usize = 500;
    let Some(value) = read(body) else {
        return text::clean::line(body, MOST);
    };
    let mut said: Vec<String> = Vec::new();
    match value.get("detail") {
        Some(Value::String(detail)) => said.push(detail.clone()),
        Some(Value::Array(list)) => add_field_errors(&mut said, list),
        _ => {}
    }
    if said.is_empty() {
        let simple = ["title", "message", "error"].iter().find_map(|name| value.get(name).and_then(Value::as_str));
        said.extend(simple.map(str::to_owned));
    }
    if let Some(Value::Array(errors)) = value.get("errors") {
        add_field_errors(&mut said, errors);
    }
    if said.is_empty() {
        said.push(body.to_owned());
    }
    text::clean::line(&said.join("; "), MOST)
}

fn add_field_errors(said: &mut Vec<String>, list: &[Value]) {
    for entry in list {
        said.push(field_error(entry));
    }
}

/// One entry of a list of field errors: FastAPI's `{loc, msg}` or anything else.
fn field_error(entry: &Value) -> String {
    let message = ["msg", "message", "detail"].iter().find_map(|name| entry.get(name).and_then(Value::as_str));
    let mut place = String::new();
    match entry.get("loc").or_else(|| entry.get("field")) {
        Some(Value::Array(parts)) => {
            for (n, part) in parts.iter().enumerate() {
                place.push_str(if n > 0 { "." } else { "" });
                place.push_str(&part.as_str().map_or_else(|| part.to_string(), str::to_owned));
            }
        }
        Some(Value::String(name)) => place.push_str(name),
        _ => {}
    }
    match message {
        Some(message) if place.is_empty() => message.to_owned(),
        Some(message) => format!("{place}: {message}"),
        None => entry.to_string(),
    }
}

/// Whether something was taken, by whomever: any 2xx says so, whatever comes with it.
pub fn taken(answer: Result<Answer, String>, now: Time) -> Result<(), Failure> {
    match answer {
        Ok(Answer { status: 200..=299, .. }) => Ok(()),
        answer => body(answer, now).map(|_| ()),
    }
}
