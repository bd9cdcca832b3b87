//! An incident's thread at Slack: a message that says how it stands, its root, and replies under it.

use serde::{Deserialize, Serialize};

/// What is known of the thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thread {
    /// The incident's name: an earlier episode has a thread of its own.
    pub incident: String,
    /// Its root; `None` while there is none, or where somebody has deleted it.
    pub root: Option<Posted>,
    /// Whether a root may have been posted that nobody has seen: it is looked for before one is posted.
    pub in_doubt: bool,
    /// The reply that reported the end, which says what was found later too.
    pub end: Option<Posted>,
    /// How many notices had a number: see [`crate::record::Notice::thread_number`].
    pub numbers: u32,
}

/// A message at Slack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Posted {
    /// The id of its channel.
    pub channel: String,
    /// Its time, which is its id there: `1503435956.000247`.
    pub ts: String,
}

/// What is due at Slack for a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Post the root.
    Root,
    /// Have the root say how the incident stands now.
    EditRoot(Posted),
    /// Reply under it.
    Reply(Posted),
    /// Have a reply say what was found since.
    EditReply(Posted),
}

impl Operation {
    /// Whether doing it twice makes two messages: where it is not known whether it was done, it is looked for.
    pub fn posts(&self) -> bool {
        matches!(self, Operation::Root | Operation::Reply(_))
    }
}
