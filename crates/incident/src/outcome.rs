//! What became of an incident's session: what is kept of Devin's reports.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::session::PullRequest;
use crate::stored;
use crate::stored::Stored;
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
    /// When it last got a message that gave it more to do.
    pub woken: Option<Time>,
}

/// The fields of the contract's record that tell of it.
pub fn fields(outcome: Option<&Outcome>) -> Vec<(&'static str, Value)> {
    let unknown = Outcome::default();
    let outcome = outcome.unwrap_or(&unknown);
    let mut requests = Vec::new();
    for request in &outcome.pull_requests {
        requests.push(stored::object(vec![("url", request.url.to_value()), ("state", request.state.to_value())]));
    }
    vec![
        ("sessionState", outcome.state.to_value()),
        ("sessionDetail", outcome.detail.to_value()),
        ("pullRequests", requests.into()),
        ("acus", outcome.acus.clone()),
        ("endedAt", outcome.ended_at.map(Time::rfc3339).into()),
    ]
}
