//! The list of incidents: a row for each, with its line as JSON.

use serde_json::Value;
use worker::wasm_bindgen::JsValue;

use super::{LARGEST_PAGE, Query, RegisterObject, Stats, column, integer, number};
use incident::listing::IGNORED;
use incident::stored;
use incident::time::{SECOND, Time};

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS incidents (incident TEXT PRIMARY KEY, first_seen INTEGER, \
     last_seen INTEGER, state TEXT, sender TEXT, listing TEXT); \
     CREATE INDEX IF NOT EXISTS newest ON incidents (first_seen, incident); \
     CREATE INDEX IF NOT EXISTS oldest ON incidents (last_seen); \
     CREATE INDEX IF NOT EXISTS of_state ON incidents (state, last_seen)";
/// So many lines of ignored events are kept, the newest; while more come, up to [`SLACK`] more.
const MOST_IGNORED: i64 = 1_000;
/// They are cut down to that after so many new ones, so that not every event has them all counted.
pub const SLACK: u32 = 100;

impl RegisterObject {
    pub fn list_incident(&self, listing: &Value) -> worker::Result<()> {
        let words = |name| JsValue::from_str(text(listing, name));
        let time = |name| number(Time::from_rfc3339(text(listing, name)).unwrap_or_default().0);
        self.exec(
            "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                words("incident"),
                time("firstSeen"),
                time("lastSeen"),
                words("state"),
                words("sender"),
                JsValue::from_str(&stored::text(listing)),
            ],
        )?;
        Ok(())
    }

    /// Lists an ignored event, unless its incident has a line of its own.
    pub fn list_ignored(&self, mut line: Value) -> worker::Result<()> {
        let known = self.one(text(&line, "incident"))?;
        if !known.is_null() && text(&known, "state") != IGNORED {
            return Ok(());
        }
        if let (Some(line), Some(seen), Some(first)) = (line.as_object_mut(), known.get("seen"), known.get("firstSeen"))
        {
            line.insert("seen".into(), seen.as_u64().unwrap_or_default().saturating_add(1).into());
            line.insert("firstSeen".into(), first.clone());
        }
        self.list_incident(&line)?;
        if known.is_null() {
            self.new_ignored.set(self.new_ignored.get().saturating_add(1));
        }
        if self.new_ignored.get() > SLACK {
            self.new_ignored.set(0);
            self.exec(
                "DELETE FROM incidents WHERE incident IN (SELECT incident FROM incidents WHERE state = ? \
                 ORDER BY last_seen DESC LIMIT -1 OFFSET ?)",
                vec![IGNORED.into(), number(MOST_IGNORED)],
            )?;
        }
        Ok(())
    }

    /// Forgets what was last heard of before then.
    pub fn forget(&self, before: Time) -> worker::Result<()> {
        self.exec("DELETE FROM incidents WHERE last_seen < ?", vec![number(before.0)])?;
        Ok(())
    }

    pub fn one(&self, name: &str) -> worker::Result<Value> {
        let query = "SELECT listing FROM incidents WHERE incident = ?";
        for row in self.exec(query, vec![JsValue::from_str(name)])? {
            if let Some(listing) = column(&row?, "listing") {
                return Ok(serde_json::from_str(&listing)?);
            }
        }
        Ok(Value::Null)
    }

    pub fn page(&self, query: &Query) -> worker::Result<Value> {
        let (before, after) = query.cursor.as_deref().and_then(parse_cursor).unwrap_or((i64::MAX, String::new()));
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let optional = |text: &Option<String>| text.as_deref().map_or(JsValue::NULL, JsValue::from_str);
        // Not LIKE, whose patterns the runtime limits to 50 bytes, and which gives some letters a meaning.
        let cursor = self.exec(
            "SELECT listing, first_seen || '.' || incident AS place FROM incidents \
             WHERE (first_seen < ?1 OR (first_seen = ?1 AND incident < ?2)) \
             AND (?3 IS NULL OR state = ?3 OR (?3 = 'following_up' AND state = 'started' AND listing ->> 'followUps' > 0)) \
             AND (?4 IS NULL OR sender = ?4) \
             AND (?5 IS NULL OR instr(lower(incident || char(10) || (listing ->> 'title') || char(10) || \
             ifnull(listing ->> 'service', '')), lower(?5))) \
             ORDER BY first_seen DESC, incident DESC LIMIT ?6",
            vec![
                number(before.min((1 << 53) - 1)),
                JsValue::from_str(&after),
                optional(&query.state),
                optional(&query.sender),
                optional(&query.text),
                number(i64::from(limit.saturating_add(1))),
            ],
        )?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut incidents, mut last, mut more) = (Vec::new(), None, false);
        for row in cursor {
            let row = row?;
            let (Some(listing), Some(place)) = (column(&row, "listing"), column(&row, "place")) else { continue };
            more = incidents.len() >= limit;
            if !more {
                incidents.push(serde_json::from_str(&listing).unwrap_or(Value::Null));
                last = Some(place);
            }
        }
        Ok(stored::object(vec![("incidents", incidents.into()), ("cursor", last.filter(|_| more).into())]))
    }

    /// How many incidents have no session and should have one, and how long the oldest of them has waited. Those that
    /// are done are not counted: they are many, and every row that is looked at costs.
    pub fn count_states(&self, stats: &mut Stats, now: Time) -> worker::Result<()> {
        let cursor = self.exec(
            "SELECT state, count(*) AS number, min(listing ->> 'waitingSince') AS since FROM incidents \
             WHERE state = 'failed' OR state IN ('waiting', 'queued', 'held') AND listing ->> 'waitingSince' IS NOT NULL \
             GROUP BY state",
            Vec::new(),
        )?;
        for row in cursor {
            let row = row?;
            let number = u32::try_from(integer(&row, "number")).unwrap_or_default();
            let since = column(&row, "since").and_then(|since| Time::from_rfc3339(&since));
            match column(&row, "state").as_deref() {
                Some("held") => stats.held = number,
                Some("failed") => stats.failed = number,
                state => {
                    if state == Some("waiting") {
                        stats.waiting = number;
                    }
                    let seconds = since.map(|since| now.since(since) / SECOND);
                    stats.oldest_waiting = stats.oldest_waiting.max(seconds);
                }
            }
        }
        Ok(())
    }
}

/// A field of a line, where it holds text.
pub fn text<'a>(listing: &'a Value, name: &str) -> &'a str {
    listing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A cursor's place in the list: when an incident was first seen (Unix milliseconds), and its name. `None` for what no
/// page ever ended with.
pub fn parse_cursor(cursor: &str) -> Option<(i64, String)> {
    let (time, incident) = cursor.split_once('.')?;
    let digits = time.len() <= 15 && time.bytes().all(|b| b.is_ascii_digit());
    let named = incident.len() <= 80 && incident.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !digits || !named || incident.is_empty() {
        return None;
    }
    Some((time.parse().ok()?, incident.to_owned()))
}
