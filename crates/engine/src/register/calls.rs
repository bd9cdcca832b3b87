//! What the register can be asked, and how it answers. As for the incidents' objects, what one release does not know of
//! another is an error, and asked again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counts::{Batch, Counts};
use ::incident::admission::{Applicant, Limits, Pause, PermitUse};
use incident::listing::Line;
use incident::time::Time;

/// The most incidents on a page of the list.
pub const LARGEST_PAGE: u32 = 200;

/// What the register is asked, with what the isolate has counted since it last asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// What was counted.
    #[serde(default)]
    pub batch: Batch,
    /// What is asked.
    pub call: Call,
}

/// What the register is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// May a session start? Answered with an [`Admission`](::incident::admission::Admission).
    Admit {
        /// The incident's line.
        line: Box<Line>,
        /// Who asks.
        applicant: Applicant,
        /// The limits in force.
        limits: Limits,
    },
    /// An incident's newest state; answered with null.
    Publish {
        /// The incident's line.
        line: Box<Line>,
        /// The correlation id of its session; `None` where the line alone has changed.
        id: Option<String>,
        /// What became of the permit under that id.
        permit: PermitUse,
    },
    /// The lines of the sessions to be asked about, at most so many.
    Open {
        /// How many.
        most: u32,
    },
    /// The line of one incident; null where there is none.
    One {
        /// Its name.
        name: String,
    },
    /// What was seen of the account's credits, by the names of incidents; answered with null.
    Credits {
        /// Those whose sessions Devin has just stopped because the account can pay for nothing more.
        out: Vec<String>,
        /// Those on whose sessions it works, or has.
        at_work: Vec<String>,
    },
    /// Whether people are still to be notified about a topic today; answered with of how many incidents it is true, or null where they
    /// were notified about another incident.
    FirstToday {
        /// What it is about.
        topic: String,
        /// The incident that asks; who was to notify people gets the same answer again.
        incident: String,
        /// The state that those incidents are in.
        state: String,
    },
    /// A page of the list.
    List(ListQuery),
    /// Nothing is to start until then, or until somebody says so; answered with the [`Pause`]. One that there is already
    /// goes on with this reason and end.
    Pause {
        /// Why, in that person's words.
        reason: String,
        /// When it ends by itself.
        until: Option<Time>,
    },
    /// The pause is over; answered with null.
    Resume,
    /// The pause that there is now, or null.
    Paused,
    /// How everything stands, as [`Stats`].
    Stats {
        /// How many of the last hours are shown one by one.
        hours: u32,
    },
    /// Nothing: there is only something that was counted.
    Counts,
}

/// Which incidents to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// How many, at most [`LARGEST_PAGE`].
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this sender.
    pub sender: Option<String>,
    /// Only those with this text in their name, title or service, or in what is known of a group's alerts; whether letters of
    /// ASCII are capital does not matter.
    pub text: Option<String>,
    /// Only those with this text in the name of their service, likewise.
    pub service: Option<String>,
    /// Only those with this severity (`0` to `4`) or priority (`P1`), likewise.
    pub severity: Option<String>,
    /// Only those last heard of then or later.
    pub since: Option<Time>,
    /// Only those first heard of then or earlier.
    pub until: Option<Time>,
}

/// How the bridge stands over all incidents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Sessions since midnight (UTC), and attempts under way.
    pub today: u32,
    /// Incidents over the sessions per minute.
    pub queue: u32,
    /// Incidents that are `waiting` for Devin: not those whose session is not wanted yet.
    pub waiting: u32,
    /// Those that are `held`.
    pub held: u32,
    /// Those, by their reason.
    pub held_for: BTreeMap<String, u32>,
    /// The pause that there is now.
    pub pause: Option<Pause>,
    /// Those that are `failed`.
    pub failed: u32,
    /// For how many seconds the oldest of those that are waiting or queued has wanted a session.
    pub oldest_waiting: Option<u64>,
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
