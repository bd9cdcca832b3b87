//! The sessions that have not ended: about which Devin is asked now and then.

use serde_json::Value;
use worker::Env;
use worker::wasm_bindgen::JsValue;

use super::{RegisterObject, ask, column, number, text};
use crate::runtime::now;

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS open_sessions (incident TEXT PRIMARY KEY, asked INTEGER)";

/// The list's lines of at most `most` incidents whose sessions have not ended, those first that were asked about the
/// longest time ago; and it counts as asked now.
pub async fn open_sessions(env: &Env, most: usize) -> worker::Result<Vec<Value>> {
    match ask(env, "open", vec![("most", most.into())]).await? {
        Value::Array(lines) => Ok(lines),
        _ => Ok(Vec::new()),
    }
}

impl RegisterObject {
    /// An incident was published: whether its session is an open one.
    pub(super) fn keep_open(&self, listing: &Value) -> worker::Result<()> {
        let is = |name: &str| !text(listing, name).is_empty();
        let open = text(listing, "state") == "started" && is("sessionId") && !is("endedAt");
        let query = if open {
            "INSERT OR IGNORE INTO open_sessions VALUES (?, 0)"
        } else {
            "DELETE FROM open_sessions WHERE incident = ?"
        };
        self.exec(query, vec![JsValue::from_str(text(listing, "incident"))]).map(|_| ())
    }

    /// Those that were asked about the longest time ago. An incident that the list has forgotten is asked about no more.
    pub(super) fn open(&self, most: i64) -> worker::Result<Value> {
        self.exec(
            "DELETE FROM open_sessions WHERE NOT EXISTS \
             (SELECT 1 FROM incidents WHERE incidents.incident = open_sessions.incident)",
            Vec::new(),
        )?;
        let rows = self.exec(
            "SELECT incident, listing FROM open_sessions JOIN incidents USING (incident) \
             ORDER BY asked, incident LIMIT ?",
            vec![number(most)],
        )?;
        let mut lines = Vec::new();
        let mut names = Vec::new();
        for row in rows {
            let row = row?;
            let (Some(name), Some(listing)) = (column(&row, "incident"), column(&row, "listing")) else { continue };
            lines.push(serde_json::from_str(&listing)?);
            names.push(name);
        }
        for name in names {
            let asked = vec![number(now().0), JsValue::from_str(&name)];
            self.exec("UPDATE open_sessions SET asked = ? WHERE incident = ?", asked)?;
        }
        Ok(Value::Array(lines))
    }
}
