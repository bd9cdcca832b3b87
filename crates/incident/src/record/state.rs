//! How far the work on an incident has come.

use serde::{Deserialize, Serialize};

use crate::retry::Retry;
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
        #[serde(rename = "turn")]
        admission: AdmissionState,
        /// Failed attempts so far.
        #[serde(default)]
        #[serde(rename = "trouble")]
        retry: Retry,
    },
    /// Devin was asked to create the session and has not answered; after a crash nobody knows whether it did.
    Creating {
        /// When Devin was asked.
        since: Time,
        /// Failed attempts so far.
        #[serde(default)]
        #[serde(rename = "trouble")]
        retry: Retry,
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
        #[serde(rename = "trouble")]
        retry: Retry,
    },
    /// The session exists.
    Started,
    /// There is no session and there won't be one unless somebody asks for a replay.
    Failed,
}

/// Whether an incident may go ahead as far as the budget is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredTurn", from = "StoredTurn")]
pub enum AdmissionState {
    /// Nothing is known against it.
    #[default]
    Free,
    /// Over the sessions per minute: this many are ahead of it.
    Queued(u32),
    /// Over the sessions per day.
    Held,
}

impl From<AdmissionState> for StoredTurn {
    fn from(admission: AdmissionState) -> Self {
        match admission {
            AdmissionState::Free => StoredTurn::Free,
            AdmissionState::Queued(ahead) => StoredTurn::Queued(ahead),
            AdmissionState::Held => StoredTurn::Held(Held::Held),
        }
    }
}

impl From<StoredTurn> for AdmissionState {
    fn from(admission: StoredTurn) -> Self {
        match admission {
            StoredTurn::Free => AdmissionState::Free,
            StoredTurn::Queued(ahead) => AdmissionState::Queued(ahead),
            StoredTurn::Held(Held::Held) => AdmissionState::Held,
        }
    }
}

/// As format 1 writes a [`AdmissionState`]: null, a number, or `"held"`.
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
