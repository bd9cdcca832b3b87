//! An incident's session at Devin, and what Devin reports of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{named, stored_by_serde};

/// A session at Devin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Devin's id of it, `devin-…`.
    pub id: String,
    /// The page on which people watch it: always the one Devin returned, never built here.
    pub url: String,
}

stored_by_serde!(Session, Report);

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
    /// The ACUs it has spent; null where Devin does not say.
    pub acus: Value,
    /// Its structured output; null where there is none.
    pub output: Value,
}

/// Whether a session has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// It is at work, waits for somebody, or says something that we do not know.
    #[default]
    Open,
    /// It has done what it was asked and does nothing by itself; a message wakes it up.
    Asleep,
    /// It will do nothing any more.
    Over,
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

named!(End { Open => "open", Asleep => "asleep", Over => "over" });
