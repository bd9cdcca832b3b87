//! What the list is asked for, and how the bridge stands.

use serde_json::Value;

use crate::store::tally::Counts;
use incident::admission::Limits;
use incident::stored;
use incident::time::Time;

/// The most incidents on a page of the list.
pub const LARGEST_PAGE: u32 = 200;

/// Which incidents to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// How many, at most [`LARGEST_PAGE`].
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this sender.
    pub sender: Option<String>,
    /// Only those with this text in their name, title or service; whether letters of ASCII are capital does not matter.
    pub text: Option<String>,
}

/// How the bridge stands over all incidents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// What was counted since counting began.
    pub totals: Counts,
    /// What was counted in each of the last hours, by the start of the hour, the oldest first. An hour in which nothing
    /// was counted is not there.
    pub hours: Vec<(Time, Counts)>,
    /// The limits in force; 0 where the settings are wrong.
    pub limits: Limits,
    /// Sessions in the last minute.
    pub minute: u32,
    /// Sessions since midnight (UTC).
    pub today: u32,
    /// Incidents over the sessions per minute.
    pub queue: u32,
    /// Incidents that are `waiting` for Devin: not those whose session is not wanted yet.
    pub waiting: u32,
    /// Those that are `held`.
    pub held: u32,
    /// Those that are `failed`.
    pub failed: u32,
    /// For how many seconds the oldest of those that are waiting or queued has wanted a session.
    pub oldest_waiting: Option<i64>,
}

stored!(Query { limit, cursor, state, sender, text });
stored!(Stats { totals, hours, limits, minute, today, queue, waiting, held, failed, oldest_waiting });

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
