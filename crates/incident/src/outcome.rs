//! What became of an incident's session: what is kept of Devin's reports.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::finding::Finding;
use crate::retry::Retry;
use crate::session::PullRequest;
use crate::time::Time;

/// What Devin said of the session last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// Its state, in Devin's word.
    pub state: Option<String>,
    /// More about the state, likewise.
    pub detail: Option<String>,
    /// The pull requests it has opened.
    pub pull_requests: Vec<PullRequest>,
    /// The ACUs it had spent then: a number, or null where Devin does not say.
    pub acus: Value,
    /// When the bridge saw that it has ended.
    pub ended_at: Option<Time>,
    /// What it found, or its last words where it gave no structured output.
    pub finding: Option<Finding>,
    /// When people were to be notified that it waits for them, since it last got a message.
    pub waits_since: Option<Time>,
    /// That it is to be put away or ended, where its route says so.
    pub closing: Option<Closing>,
    /// When it last got a message that gave it more to do.
    pub woken: Option<Time>,
}

/// When a session that is done is to be put away or ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Closing {
    /// When to ask Devin.
    pub not_before: Time,
    /// Failed attempts so far.
    pub retry: Retry,
}
