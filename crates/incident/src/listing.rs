//! An incident as the list of incidents shows it: the contract's record.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{Incident, IncidentEvent};
use super::group::Member;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::sender::Sender;
use crate::session::PullRequest;
use crate::time::Time;

/// The state of an incident of which only ignored events are known.
pub const IGNORED: &str = "ignored";

/// Every state on the list: see [`crate::record::Record::state_name`], and [`IGNORED`].
pub const STATES: [&str; 6] = ["waiting", "queued", "held", "started", "failed", IGNORED];

/// What can be asked for besides the states: `started`, with messages that the session is still to get.
pub const FOLLOWING_UP: &str = "following_up";

/// How many alerts of a group are shown on pages of the list.
pub const LISTED_ALERTS: usize = 50;

/// An alert of a group. What is not known is null; times are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListedAlert {
    /// What identifies it.
    pub alert: String,
    /// What it is called.
    pub name: String,
    /// `firing` or `recovered`.
    pub state: String,
    /// 0 (critical) to 4 (verbose).
    pub severity: Option<u8>,
    /// Its service and resource.
    pub place: Option<String>,
    /// A page about it at its sender, for people.
    pub url: Option<String>,
    /// When it began to fire last.
    pub started_at: String,
    /// When it recovered, while it does not fire.
    pub resolved_at: Option<String>,
    /// How often it began to fire.
    pub times: u32,
}

impl From<&Member> for ListedAlert {
    fn from(member: &Member) -> ListedAlert {
        let Member { key, name, severity, place, url, began, over, times, .. } = member.clone();
        ListedAlert {
            alert: key.to_string(),
            name,
            state: if over.is_some() { "recovered" } else { "firing" }.to_owned(),
            severity,
            place,
            url,
            started_at: began.rfc3339(),
            resolved_at: over.map(Time::rfc3339),
            times,
        }
    }
}

/// One line of `GET /api/incidents`. What is not known is null; times are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Line {
    /// The incident's name.
    pub incident: String,
    /// Who sent it.
    pub sender: Sender,
    /// What it is called.
    pub title: String,
    /// A page about it at its sender, for people.
    pub url: Option<String>,
    /// Its page at the bridge; only in notices that lead there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The service it happened to.
    pub service: Option<String>,
    /// 0 (critical) to 4 (verbose).
    pub severity: Option<u8>,
    /// The account's own name of the priority.
    pub priority: Option<String>,
    /// The alerts of a group, the first [`LISTED_ALERTS`] on pages of the list; no other incident has any.
    pub alerts: Vec<ListedAlert>,
    /// How many alerts a group has; null for any other incident.
    pub alert_count: Option<usize>,
    /// One of [`STATES`].
    pub state: String,
    /// Why it is in its state, where there is more to say.
    pub reason: Option<Reason>,
    /// The route that decided about it, counted from 1; `None`: the defaults did.
    pub route: Option<u32>,
    /// Why that one did, and none before it: a line for each. Pages of the list leave it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routing: Vec<String>,
    /// The session's id.
    pub session_id: Option<String>,
    /// The session's page.
    pub session_url: Option<String>,
    /// How many messages the session is still to get.
    pub follow_ups: usize,
    /// How many events there were.
    pub seen: u32,
    /// When the first came.
    pub first_seen: String,
    /// When the last came.
    pub last_seen: String,
    /// Since when a session is wanted that does not exist yet.
    pub waiting_since: Option<String>,
    /// When Devin is asked next.
    pub next_attempt: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// The session's state, in Devin's word.
    pub session_state: Option<String>,
    /// More about the state, likewise.
    pub session_detail: Option<String>,
    /// The pull requests it has opened.
    #[serde(deserialize_with = "none_is_empty")]
    pub pull_requests: Vec<PullRequest>,
    /// The ACUs it has spent: a number, or null.
    pub acus: Value,
    /// Since when it waits for somebody's answer or approval, where people were to be notified.
    pub waits_since: Option<String>,
    /// When it was seen to have ended.
    pub ended_at: Option<String>,
    /// What it found, in a line.
    pub found: Option<String>,
}

/// Null for a list without anything in it.
fn none_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<PullRequest>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Line {
    /// The line of an event that was ignored, while its incident has no other.
    pub fn ignored(event: &IncidentEvent, reason: Reason, at: Time) -> Line {
        let at = at.rfc3339();
        Line {
            incident: event.key.to_string(),
            sender: event.sender,
            state: IGNORED.to_owned(),
            reason: Some(reason),
            route: event.routing.route,
            routing: event.routing.why.clone(),
            seen: 1,
            first_seen: at.clone(),
            last_seen: at,
            ..Line::default()
        }
        .about(&event.incident)
    }

    /// The line as pages of the list show it.
    pub fn on_a_page(mut self) -> Line {
        self.alerts.truncate(LISTED_ALERTS);
        Line { routing: Vec::new(), ..self }
    }

    /// The line with what is known of the incident.
    pub fn about(self, incident: &Incident) -> Line {
        Line {
            title: incident.title.clone(),
            url: incident.url.clone(),
            service: incident.service.clone(),
            severity: incident.severity,
            priority: incident.priority.clone(),
            ..self
        }
    }

    /// The line with what became of the session.
    pub fn with(self, outcome: &Outcome) -> Line {
        let Outcome { state, detail, pull_requests, acus, ended_at, waits_since, finding, .. } = outcome.clone();
        Line {
            session_state: state,
            session_detail: detail,
            pull_requests,
            acus,
            waits_since: waits_since.map(Time::rfc3339),
            ended_at: ended_at.map(Time::rfc3339),
            found: finding.and_then(|finding| finding.in_a_line()),
            ..self
        }
    }
}
