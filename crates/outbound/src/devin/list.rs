//! A page of one of Devin's lists in which something is looked for. It is read entry by entry, and of an entry only what is
//! needed, so that what else is there, a session's structured output for instance, hides nothing.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::{Answer, is_too_long, read, whole};
use incident::failure::Failure;
use incident::time::Time;

/// A page.
#[derive(Default)]
pub(super) struct List {
    /// The sessions, or messages.
    pub entries: Vec<Entry>,
    /// Whether there is something that can't be read.
    pub unread: bool,
    /// How many entries there are, of any kind.
    pub length: usize,
    /// The cursor of v3's next page.
    pub after: Option<String>,
}

/// What is looked at of a session, or a message; null where it says nothing of that, or nothing that can be read.
#[derive(Deserialize)]
pub(super) struct Entry<T = Value> {
    pub session_id: T,
    pub url: T,
    pub title: T,
    pub tags: T,
    pub source: T,
    #[serde(rename = "type")]
    pub kind: T,
    pub message: T,
}

/// A page as it is written: v3 calls every list `items`, v1 by what it has.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    items: Option<&'a RawValue>,
    #[serde(borrow)]
    sessions: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    has_next_page: Option<bool>,
    end_cursor: Option<String>,
}

impl List {
    /// Reads a page of `what`: `sessions` or `messages`.
    pub fn read(answer: Result<Answer, String>, what: &str, now: Time) -> Result<List, Failure> {
        let body = whole(answer, now)?;
        Self::written(&body, what)
            .ok_or_else(|| Failure::Unknown { words: format!("a list of {what} that can't be read") })
    }

    fn written(body: &str, what: &str) -> Option<List> {
        if is_too_long(body) {
            return None;
        }
        let page: Written<'_> = serde_json::from_str(body).ok()?;
        let list = page.items.or(if what == "sessions" { page.sessions } else { page.messages })?;
        let raw: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
        let mut list = List { length: raw.len(), ..List::default() };
        // What is no object is no session either.
        for text in raw.iter().map(|raw| raw.get()).filter(|text| text.starts_with('{')) {
            list.add(text);
        }
        let more = page.has_next_page == Some(true);
        list.after = page.end_cursor.filter(|_| more);
        // A page that nobody can ask for is not read either.
        list.unread |= more && list.after.is_none();
        Some(list)
    }

    fn add(&mut self, text: &str) {
        let Ok(entry) = serde_json::from_str::<Entry<Option<&RawValue>>>(text) else {
            self.unread = true;
            return;
        };
        let mut value = |raw: Option<&RawValue>| {
            let value = raw.map_or(Some(Value::Null), |raw| read(raw.get()));
            self.unread |= value.is_none();
            value.unwrap_or_default()
        };
        let entry = Entry {
            session_id: value(entry.session_id),
            url: value(entry.url),
            title: value(entry.title),
            tags: value(entry.tags),
            source: value(entry.source),
            kind: value(entry.kind),
            message: value(entry.message),
        };
        self.entries.push(entry);
    }
}
