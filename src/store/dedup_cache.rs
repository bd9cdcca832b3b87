//! The dedup cache: incident ids in KV, written when a session exists. It answers an event that is delivered again anywhere
//! on the edge without waking the incident's object. The object is the truth; the dedup cache may lag or be lost.

use std::cell::Cell;
use std::time::Duration;

use worker::Env;

use crate::runtime::now;
pub use engine::edge::Entry;
use incident::key::Key;
use incident::record::Record;
use incident::time::Time;

/// The KV binding.
const BINDING: &str = "INCIDENTS";
/// KV refuses to keep anything for a shorter time, in seconds.
const SHORTEST: u64 = 60;

/// Whether the dedup cache can be read at all.
pub async fn answers(env: &Env) -> bool {
    let Ok(kv) = env.kv(BINDING) else { return false };
    kv.get("health").text().await.is_ok()
}

/// Under which name it is kept that Devin leaves out tags: no incident has it, since each begins with its sender's.
const TAGS_LEFT_OUT: &str = "tags-left-out";
/// How long, in seconds: then a session with its tag alone tries whether they are allowed now.
const LEFT_OUT_FOR: u64 = 24 * 60 * 60;
/// How long an isolate relies on what it has read.
const REMEMBERED: Duration = Duration::from_mins(5);

thread_local! {
    /// When it was read, and what.
    static LEFT_OUT: Cell<Option<(Time, bool)>> = const { Cell::new(None) };
}

/// Whether Devin was seen to leave out the tag by which a session is found again. Where KV can't be read nobody knows.
pub async fn tags_are_left_out(env: &Env) -> bool {
    match LEFT_OUT.get() {
        Some((at, left_out)) if now().since(at) < REMEMBERED => left_out,
        _ => {
            let Ok(kv) = env.kv(BINDING) else { return false };
            let left_out = matches!(kv.get(TAGS_LEFT_OUT).text().await, Ok(Some(_)));
            LEFT_OUT.set(Some((now(), left_out)));
            left_out
        }
    }
}

/// Devin left it out.
pub async fn remember_tags_left_out(env: &Env) -> worker::Result<()> {
    LEFT_OUT.set(Some((now(), true)));
    env.kv(BINDING)?.put(TAGS_LEFT_OUT, "yes")?.expiration_ttl(LEFT_OUT_FOR).execute().await?;
    Ok(())
}

/// The entry under `key`. A dedup cache that can't be read, or speaks of another incident, is as good as an empty one.
pub async fn read(env: &Env, key: &Key) -> Option<Entry> {
    let entry: Entry = env.kv(BINDING).ok()?.get(key.as_str()).json().await.ok()??;
    Some(entry).filter(|entry| Key::of_name(&entry.incident).as_ref() == Some(key))
}

/// Writes the record's entry, to be kept for so long.
pub async fn write(env: &Env, record: &Record, retention: Duration) -> worker::Result<()> {
    let Some(entry) = Entry::of(record) else { return Ok(()) };
    let seconds = retention.as_secs().max(SHORTEST);
    env.kv(BINDING)?.put(record.key.as_str(), entry)?.expiration_ttl(seconds).execute().await?;
    Ok(())
}
