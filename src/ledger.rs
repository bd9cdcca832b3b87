//! The ledger: incident ids in KV, written when a session exists. It answers an event that is delivered again anywhere
//! on the edge without waking the incident's object. The object is the truth; the ledger may lag or be lost.

use serde::{Deserialize, Serialize};
use worker::Env;

use crate::devin::Session;
use crate::incident::event::IncidentEvent;
use crate::incident::key::Key;
use crate::incident::record::Record;

/// The KV binding.
const BINDING: &str = "INCIDENTS";
/// KV refuses to keep anything for a shorter time, in seconds.
const SHORTEST: i64 = 60;

/// What the ledger knows of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// The entry under `key`. A ledger that can't be read is as good as an empty one.
pub async fn read(env: &Env, key: &Key) -> Option<Entry> {
    let text = env.kv(BINDING).ok()?.get(key.as_str()).text().await.ok()??;
    serde_json::from_str(&text).ok()
}

/// Writes the record's entry, to be kept for `retention` milliseconds.
pub async fn write(env: &Env, record: &Record, retention: i64) -> worker::Result<()> {
    let Some(entry) = Entry::of(record) else { return Ok(()) };
    let seconds = u64::try_from((retention / 1_000).max(SHORTEST)).unwrap_or_default();
    let text = serde_json::to_string(&entry)?;
    env.kv(BINDING)?.put(record.key.as_str(), text)?.expiration_ttl(seconds).execute().await?;
    Ok(())
}
