//! An incident's session at Devin, and what Devin reports of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::finding::Finding;

/// No call to Devin lasts longer. A session is there so long after Devin was asked for it, or will never be.
pub const LONGEST_CALL: Duration = Duration::from_mins(1);

/// A session at Devin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Devin's id of it, `devin-…`.
    pub id: String,
    /// The page on which people watch it: always the one Devin returned, never built here.
    pub url: String,
}
/// What Devin says of a session in a list of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The session's id.
    pub session: String,
    /// v3 `status`, v1 `status_enum`, in Devin's word.
    pub state: Option<String>,
    /// v3 `status_detail`.
    pub detail: Option<String>,
    /// Whether it has ended.
    pub end: End,
    /// The pull requests it has opened.
    pub pull_requests: Vec<PullRequest>,
    /// The ACUs it has spent; null where Devin does not say. It says 0 until its accounts have caught up: null as well.
    pub acus: Value,
    /// Its structured output; null where there is none.
    pub output: Value,
    /// What that says; `None` where it says nothing.
    pub finding: Option<Finding>,
    /// The beginning of the last message that Devin wrote; empty where there is none; `None` while nobody has asked.
    pub words: Option<String>,
}

impl Report {
    /// Whether there is something to show for the work.
    pub fn has_result(&self) -> bool {
        self.finding.is_some() || !self.pull_requests.is_empty()
    }
}

/// How far a session has come, as Devin's words say it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum End {
    /// It is at work.
    #[default]
    Open,
    /// It says something that we do not know. Where it has a result, that must not go unsaid.
    Unknown,
    /// It waits for an answer. Where it has a result, that is how it ends: those who are done say nothing else.
    Waiting,
    /// It waits for somebody's approval, whatever it has already.
    Approval,
    /// It has done what it was asked and does nothing by itself; a message wakes it up.
    Asleep,
    /// It will do nothing any more.
    Over,
    /// It has reached a limit of its own, or broke.
    Failed,
    /// The account can pay for nothing more, this one or another.
    Credits,
}

/// A pull request of a session's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PullRequest {
    /// Its page.
    pub url: String,
    /// Its state, in Devin's word: `open`, `merged`, …
    pub state: Option<String>,
}

impl End {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
