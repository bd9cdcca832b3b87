//! The ledger: incident ids in KV, written when a session exists. It answers an event that is delivered again anywhere
//! on the edge without waking the incident's object. The object is the truth; the ledger may lag or be lost.

use worker::Env;
use worker::js_sys::{Array, Function, Object, Promise, Reflect};
use worker::wasm_bindgen::{JsCast, JsValue};

use crate::runtime::promised;
use incident::event::IncidentEvent;
use incident::key::Key;
use incident::record::Record;
use incident::session::Session;
use incident::stored;
use incident::stored::Stored;

/// The KV binding.
const BINDING: &str = "INCIDENTS";
/// KV refuses to keep anything for a shorter time, in seconds.
const SHORTEST: i64 = 60;

/// What the ledger knows of an incident.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its name.
    pub incident: String,
    /// Its session.
    pub session: Session,
    /// The ids of the events that were taken.
    pub events: Vec<String>,
}

stored!(Entry { incident, session, events });

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

/// Whether the ledger can be read at all.
pub async fn answers(env: &Env) -> bool {
    promised(call(env, "get", &Array::of1(&"health".into()))).await.is_ok()
}

/// The entry under `key`. A ledger that can't be read is as good as an empty one.
pub async fn read(env: &Env, key: &Key) -> Option<Entry> {
    let text = promised(call(env, "get", &Array::of1(&key.as_str().into()))).await.ok()?;
    Entry::from_text(&text.as_string()?)
}

/// Writes the record's entry, to be kept for `retention` milliseconds.
pub async fn write(env: &Env, record: &Record, retention: i64) -> worker::Result<()> {
    let Some(entry) = Entry::of(record) else { return Ok(()) };
    let seconds = (retention / 1_000).max(SHORTEST);
    let options = Object::new();
    Reflect::set(&options, &"expirationTtl".into(), &JsValue::from_f64(seconds as f64))?;
    let arguments = Array::of3(&record.key.as_str().into(), &entry.to_text().into(), &options);
    promised(call(env, "put", &arguments)).await.map(|_| ())
}

/// Calls KV directly: `worker::KvStore` costs 10 KB of WASM.
fn call(env: &Env, method: &str, arguments: &Array) -> Result<Promise, JsValue> {
    let store = Reflect::get(env, &BINDING.into())?;
    let method: Function = Reflect::get(&store, &method.into())?.dyn_into()?;
    method.apply(&store, arguments)?.dyn_into()
}
