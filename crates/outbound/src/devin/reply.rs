//! What an answer of Devin's means for the incident: done, try later, look it up, or refused.
//!
//! Devin's own client retries a `POST` only on 429, "a rate-limited request was never processed", while connection
//! errors and 5xx may have been carried out (CognitionAI/terraform-provider-devin, `internal/provider/client.go`).
//! v3 answers errors as RFC 9457 problems, v1 as `{"detail": …}` with a text or a list.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::call::{Api, SessionRequest};
use super::end;
use super::list::{Entry, List};
use super::said::safe;
use crate::http::{Answer, body};
use incident::failure::Failure;
use incident::finding::{Finding, is_page};
use incident::session::{PullRequest, Report, Session};
use incident::time::Time;
use text::redact::redact;

/// A page of a look-up.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What was looked for, where it is on this page.
    pub found: Option<T>,
    /// What to ask for next, where there is more.
    pub next: Option<String>,
    /// Whether something on this page can't be read: then what was looked for may be that.
    pub unread: bool,
}

/// The session that a JSON object of Devin's describes.
fn session(value: &Value) -> Option<Session> {
    session_at(value.get("session_id")?, value.get("url").unwrap_or(&Value::Null))
}

fn session_at(id: &Value, url: &Value) -> Option<Session> {
    let id = text::clean::line(id.as_str()?, 200);
    // It becomes a part of paths, where a dot would lead elsewhere.
    let id = Some(id).filter(|id| !matches!(id.as_str(), "" | "." | ".."))?;
    let url = text::clean::line(url.as_str().unwrap_or_default(), 1_000);
    // People click on it, at Slack and PagerDuty too.
    let url = Some(url).filter(|url| is_page(url)).unwrap_or_default();
    Some(Session { id, url })
}

/// What the answer to a create means, and whether Devin left out the tag by which the session would be found again: an
/// organisation may allow certain tags only. A 2xx without a session is no success, and a conflict no refusal: in both the
/// session may well exist.
pub fn created(
    answer: Result<Answer, String>,
    request: &SessionRequest,
    now: Time,
) -> (Result<Session, Failure>, bool) {
    let value = match body(answer, now) {
        Ok(value) => value,
        Err(Failure::Refused { status: 409, words }) => return (Err(Failure::Unknown { words }), false),
        Err(failure) => return (Err(failure), false),
    };
    let Some(session) = session(&value) else {
        let words = "HTTP 2xx without a session_id in a JSON object".to_owned();
        return (Err(Failure::Unknown { words }), false);
    };
    let tags = value.get("tags").and_then(Value::as_array).filter(|_| !request.tags.is_empty());
    let left_out =
        tags.is_some_and(|tags| !tags.iter().any(|tag| tag.as_str() == Some(request.correlation_id.as_str())));
    (Ok(session), left_out)
}

/// Whether the session with `correlation_id` is on this page of a look-up.
pub fn found(
    api: &Api,
    answer: Result<Answer, String>,
    correlation_id: &str,
    page: &str,
    now: Time,
) -> Result<Page<Session>, Failure> {
    let list = List::read(answer, "sessions", now)?;
    let ours = |entry: &&Entry| {
        let is_tag = |tag: &Value| tag.as_str() == Some(correlation_id);
        let tagged = entry.tags.as_array().is_some_and(|tags| tags.iter().any(is_tag));
        tagged || entry.title.as_str().is_some_and(|title| carries(title, correlation_id))
    };
    if let Some(entry) = list.entries.iter().find(ours) {
        // It is there, so that none may be started, whatever else it says.
        let unnamed = || Failure::Unknown { words: "the session is there, without an id that can be read".into() };
        let found = session_at(&entry.session_id, &entry.url).ok_or_else(unnamed)?;
        return Ok(Page { found: Some(found), next: None, unread: false });
    }
    let next = match api {
        Api::V3 { .. } => list.after,
        Api::V1 => {
            let offset: usize = page.parse().unwrap_or(0);
            (list.length >= 100).then(|| (offset.saturating_add(list.length)).to_string())
        }
    };
    Ok(Page { found: None, next, unread: list.unread })
}

/// Whether `title` ends in `[correlation_id]`: how a session is recognised where tags are switched off.
fn carries(title: &str, correlation_id: &str) -> bool {
    title
        .trim_end()
        .strip_suffix(']')
        .and_then(|rest| rest.strip_suffix(correlation_id))
        .is_some_and(|rest| rest.ends_with('['))
}

/// The cursor of v3's next page.
fn after(value: &Value) -> Option<String> {
    let more = value.get("has_next_page").and_then(Value::as_bool).unwrap_or(false);
    more.then(|| value.get("end_cursor").and_then(Value::as_str).map(str::to_owned)).flatten()
}

/// Whether a message was taken. What the JSON of a 2xx says does not matter (v1 says `null`), but a page of text comes
/// from something in front of Devin.
pub fn sent(answer: Result<Answer, String>, now: Time) -> Result<(), Failure> {
    match body(answer, now)? {
        Value::String(text) if !text.is_empty() => Err(Failure::Unknown { words: "HTTP 2xx without JSON".into() }),
        _ => Ok(()),
    }
}

/// Whether a message that ends in `correlation_id` is on this page of a session's messages. Before its end a message shows what
/// senders wrote, who know what a correlation id looks like; and Devin's own may end as they ask for.
pub fn message_found(answer: Result<Answer, String>, correlation_id: &str, now: Time) -> Result<Page<()>, Failure> {
    let list = List::read(answer, "messages", now)?;
    let ours = |entry: &Entry| {
        let ends = |text: &str| text.trim_end().ends_with(correlation_id);
        !(is_devins(&entry.source, &entry.kind)) && entry.message.as_str().is_some_and(ends)
    };
    let found = list.entries.iter().any(ours).then_some(());
    Ok(Page { next: list.after.filter(|_| found.is_none()), unread: list.unread, found })
}

/// Whether Devin wrote a message: v3 says it by `source`, v1 by `type`.
fn is_devins(source: &Value, kind: &Value) -> bool {
    source.as_str() == Some("devin") || kind.as_str() == Some("devin_message")
}

/// What a list says of the sessions with these ids: v1 lists others too. Where an entry can't be read, there is none for it;
/// unknown words are no errors. `emails`: whether addresses are redacted in what Devin wrote.
pub fn reports(answer: Result<Answer, String>, ids: &[&str], emails: bool, now: Time) -> Result<Vec<Report>, Failure> {
    let value = body(answer, now)?;
    let Some(Value::Array(items)) = value.get("items").or_else(|| value.get("sessions")) else {
        return Err(Failure::Unknown { words: "a list of sessions that can't be read".into() });
    };
    let ids: BTreeSet<&str> = ids.iter().map(|id| bare(id)).collect();
    let asked = |item: &Value| {
        let id = session(item)?.id;
        ids.contains(bare(&id)).then(|| report(item, id, emails))
    };
    Ok(items.iter().filter_map(asked).collect())
}

fn report(item: &Value, session: String, emails: bool) -> Report {
    let word = |name: &str| {
        let word = item.get(name).and_then(Value::as_str).filter(|word| !word.is_empty())?;
        Some(redact(&text::clean::line(word, LONGEST_WORD), emails))
    };
    let (state, detail) = (word("status_enum").or_else(|| word("status")), word("status_detail"));
    let mut pull_requests = Vec::new();
    match item.get("pull_requests") {
        Some(Value::Array(requests)) => {
            for request in requests.iter().take(MOST_PULL_REQUESTS) {
                pull_requests.extend(pull_request(request, "pr_url", "pr_state"));
            }
        }
        _ => pull_requests.extend(item.get("pull_request").and_then(|request| pull_request(request, "url", "state"))),
    }
    let spent = |acus: &&Value| acus.as_f64().is_some_and(|acus| acus > 0.0);
    let output = item.get("structured_output").unwrap_or(&Value::Null);
    Report {
        session,
        end: end::of(state.as_deref(), detail.as_deref()),
        state,
        detail,
        pull_requests,
        acus: item.get("acus_consumed").filter(spent).cloned().unwrap_or_default(),
        finding: Finding::read(output, emails),
        output: Some(output).filter(|output| output.is_object()).map(|output| safe(output, emails)).unwrap_or_default(),
        words: None,
    }
}

/// What two ids of one session have in common: Devin's documents show them with and without their prefix.
pub fn bare(id: &str) -> &str {
    id.strip_prefix("devin-").unwrap_or(id)
}

/// The longest word for a state that is believed, and the most pull requests of a session that are kept.
const LONGEST_WORD: usize = 60;
const MOST_PULL_REQUESTS: usize = 20;

/// What one session says of itself; `None` where it can't be read.
pub fn report_of_one(answer: Result<Answer, String>, emails: bool, now: Time) -> Result<Option<Report>, Failure> {
    let value = body(answer, now)?;
    Ok(session(&value).map(|session| report(&value, session.id, emails)))
}

/// The beginning of a message of Devin's.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// When it was written, in seconds; 0 where Devin does not say.
    pub at: i64,
    /// Made safe to show.
    pub words: String,
}

/// The beginning of the last message that Devin wrote: v3 gives a list of messages, each with its `source`, v1 the whole
/// session, each message with its `type`.
pub fn last_words(answer: Result<Answer, String>, emails: bool, now: Time) -> Result<Page<Words>, Failure> {
    let value = body(answer, now)?;
    let items = match value.get("items").or_else(|| value.get("messages")) {
        Some(Value::Array(items)) => items.as_slice(),
        _ => return Err(Failure::Unknown { words: "a list of messages that can't be read".into() }),
    };
    let word = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    // Which comes first is not documented: of those without a time the last one is taken for the newest.
    let at = |item: &Value| item.get("created_at").and_then(Value::as_i64).unwrap_or_default();
    let devins = |item: &&Value| {
        let field = |name: &str| item.get(name).unwrap_or(&Value::Null);
        is_devins(field("source"), field("type"))
    };
    let newest = items.iter().filter(devins).max_by_key(|item| at(item));
    let found = newest.and_then(|item| {
        Some(Words { at: at(item), words: Finding::of_message(&word(item, "message"), emails)?.summary? })
    });
    Ok(Page { found, next: after(&value), unread: false })
}

fn pull_request(request: &Value, url: &str, state: &str) -> Option<PullRequest> {
    let word = |name: &str, most: usize| Some(text::clean::line(request.get(name)?.as_str()?, most));
    let page = |url: &String| is_page(url) && redact(url, false) == *url;
    let url = word(url, 500).filter(page)?;
    Some(PullRequest { url, state: word(state, LONGEST_WORD).map(|state| redact(&state, true)) })
}

/// A session's present state, as Devin describes it, for people: v3 `status` and `status_detail`, v1 `status_enum`.
/// Unknown fields are passed on, without secrets; the conversation, which v1 adds, is left out.
pub fn state(answer: Result<Answer, String>, now: Time) -> Result<Value, Failure> {
    match body(answer, now)? {
        Value::Object(fields) => {
            // Not taken out of the map, which would be 4 KB of WASM.
            let mut kept = Map::new();
            for (name, value) in fields {
                if name != "messages" {
                    kept.insert(name, value);
                }
            }
            // Whoever looks can see the rest at Devin.
            Ok(safe(&Value::Object(kept), true))
        }
        _ => Ok(Value::Null),
    }
}

#[cfg(test)]
mod tests;
