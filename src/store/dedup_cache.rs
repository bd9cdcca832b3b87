//! The dedup cache: incident ids in KV, written when a session exists. It answers an event that is delivered again anywhere
//! on the edge without waking the incident's object. The object is the truth; the dedup cache may lag or be lost.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use worker::Env;

use incident::event::IncidentEvent;
use incident::key::Key;
use incident::record::Record;
use incident::session::Session;

/// The KV binding.
const BINDING: &str = "INCIDENTS";
/// KV refuses to keep anything for a shorter time, in seconds.
const SHORTEST: u64 = 60;

/// What the dedup cache knows of an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Its name.
    pub incident: String,
    /// Its session.
    pub session: Session,
    /// The ids of the events that were taken.
    pub events: Vec<String>,
}

impl Entry {
    /// The entry of `record`, once it has a session.
    pub fn of(record: &Record) -> Option<Entry> {
        let session = record.session.clone()?;
        Some(Entry { incident: record.name(), session, events: record.recent.clone() })
    }

    /// Whether `event` was taken already. An event without an id is for the object to judge, and so is a firing of an
    /// alert, because each one prolongs its window.
    pub fn knows(&self, event: &IncidentEvent) -> bool {
        event.id.as_ref().is_some_and(|id| self.events.contains(id))
    }
}

/// Whether the dedup cache can be read at all.
pub async fn answers(env: &Env) -> bool {
    let Ok(kv) = env.kv(BINDING) else { return false };
    kv.get("health").text().await.is_ok()
}

/// The entry under `key`. A dedup cache that can't be read is as good as an empty one.
pub async fn read(env: &Env, key: &Key) -> Option<Entry> {
    env.kv(BINDING).ok()?.get(key.as_str()).json().await.ok()?
}

/// Writes the record's entry, to be kept for so long.
pub async fn write(env: &Env, record: &Record, retention: Duration) -> worker::Result<()> {
    let Some(entry) = Entry::of(record) else { return Ok(()) };
    let seconds = retention.as_secs().max(SHORTEST);
    env.kv(BINDING)?.put(record.key.as_str(), entry)?.expiration_ttl(seconds).execute().await?;
    Ok(())
}
