//! The register's tables, and how their rows are read.

use worker::js_sys::Reflect;
use worker::wasm_bindgen::JsValue;

/// The list: a row for each incident.
pub const LIST: &str = "CREATE TABLE IF NOT EXISTS incidents (incident TEXT PRIMARY KEY, first_seen INTEGER, \
     last_seen INTEGER, state TEXT, sender TEXT, listing TEXT); \
     CREATE INDEX IF NOT EXISTS newest ON incidents (first_seen, incident); \
     CREATE INDEX IF NOT EXISTS oldest ON incidents (last_seen); \
     CREATE INDEX IF NOT EXISTS of_state ON incidents (state, last_seen)";

/// Permits, and the line of those who wait for one.
pub const PERMITS: &str = "CREATE TABLE IF NOT EXISTS permits (id TEXT PRIMARY KEY, at INTEGER, confirmed INTEGER) WITHOUT ROWID; \
     CREATE INDEX IF NOT EXISTS permits_at ON permits (confirmed, at); \
     CREATE TABLE IF NOT EXISTS waiters (id TEXT PRIMARY KEY, incident TEXT, rank INTEGER, since INTEGER, \
     back_at INTEGER, held INTEGER) WITHOUT ROWID; \
     CREATE INDEX IF NOT EXISTS line ON waiters (rank, since, id)";

/// The sessions that Devin is asked about.
pub const FOLLOWED: &str =
    "CREATE TABLE IF NOT EXISTS followed_sessions (incident TEXT PRIMARY KEY, asked INTEGER, ended INTEGER)";

/// What was counted, by the hour.
pub const COUNTS: &str = "CREATE TABLE IF NOT EXISTS counts (hour INTEGER PRIMARY KEY, counts TEXT)";

/// A column of a row, where it holds text.
pub fn column(row: &JsValue, name: &str) -> Option<String> {
    Reflect::get(row, &JsValue::from_str(name)).ok()?.as_string()
}

/// A column of a row, where it holds a whole number.
pub fn integer(row: &JsValue, name: &str) -> i64 {
    let value = Reflect::get(row, &JsValue::from_str(name)).ok();
    value.and_then(|value| value.as_f64()).unwrap_or_default() as i64
}

/// A number as SQL takes it: JavaScript's are exact up to 2^53, which is far beyond any date.
pub fn number(number: i64) -> JsValue {
    JsValue::from_f64(number as f64)
}
