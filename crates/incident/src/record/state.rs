//! How far the work on an incident has come.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How far the work has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Known, but no session is wanted yet.
    #[default]
    Watching,
    /// A session is wanted and does not exist.
    Waiting {
        /// When to go on.
        #[serde(default)]
        not_before: Time,
        /// Its place in line.
        #[serde(default)]
        turn: Turn,
        /// Failed attempts so far.
        #[serde(default)]
        trouble: Trouble,
    },
    /// Devin was asked to create the session and has not answered; after a crash nobody knows whether it did.
    Creating {
        /// When Devin was asked.
        since: Time,
        /// Failed attempts so far.
        #[serde(default)]
        trouble: Trouble,
    },
    /// The session may exist: it is being looked for.
    LookingUp {
        /// When to look next.
        not_before: Time,
        /// When Devin was asked to create it.
        since: Time,
        /// How many look-ups found nothing.
        #[serde(default)]
        looks: u32,
        /// Failed attempts so far.
        #[serde(default)]
        trouble: Trouble,
    },
    /// The session exists.
    Started,
    /// There is no session and there won't be one unless somebody asks for a replay.
    Failed,
}

/// Attempts that failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trouble {
    /// How many.
    pub times: u32,
    /// When the first did.
    pub since: Option<Time>,
}

/// Whether an incident may go ahead as far as the budget is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredTurn", from = "StoredTurn")]
pub enum Turn {
    /// Nothing is known against it.
    #[default]
    Free,
    /// Over the sessions per minute: this many are ahead of it.
    Queued(u32),
    /// Over the sessions per day.
    Held,
}

impl From<Turn> for StoredTurn {
    fn from(turn: Turn) -> Self {
        match turn {
            Turn::Free => StoredTurn::Free,
            Turn::Queued(ahead) => StoredTurn::Queued(ahead),
            Turn::Held => StoredTurn::Held(Held::Held),
        }
    }
}

impl From<StoredTurn> for Turn {
    fn from(turn: StoredTurn) -> Self {
        match turn {
            StoredTurn::Free => Turn::Free,
            StoredTurn::Queued(ahead) => Turn::Queued(ahead),
            StoredTurn::Held(Held::Held) => Turn::Held,
        }
    }
}

/// As format 1 writes a [`Turn`]: null, a number, or `"held"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredTurn {
    Free,
    Queued(u32),
    Held(Held),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Held {
    Held,
}
