//! An incident as the list of incidents shows it: the contract's record.

use serde::{Deserialize, Serialize};

use super::event::Sender;
use super::record::Record;
use crate::reason::Reason;

/// One line of `GET /api/incidents`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The incident's name: its key, with the number of its occurrence where it is not the first.
    pub incident: String,
    /// Who told us.
    pub sender: Sender,
    /// What it is called.
    pub title: String,
    /// The service it happened to.
    pub service: Option<String>,
    /// 0 (critical) to 4 (verbose).
    pub severity: Option<u8>,
    /// The account's own name of the priority.
    pub priority: Option<String>,
    /// `waiting`, `queued`, `held`, `started` or `failed`.
    pub state: String,
    /// Why, where there is more to say.
    pub reason: Option<Reason>,
    /// Devin's id of the session.
    pub session_id: Option<String>,
    /// The page on which people watch it.
    pub session_url: Option<String>,
    /// How many events there were.
    pub seen: u32,
    /// When the first came (RFC 3339).
    pub first_seen: String,
    /// When the last came (RFC 3339).
    pub last_seen: String,
    /// What went wrong last.
    pub error: Option<String>,
}

impl Listing {
    /// The line for `record`.
    pub fn of(record: &Record) -> Listing {
        let incident = &record.incident;
        let session = record.session.as_ref();
        Listing {
            incident: record.name(),
            sender: record.sender,
            title: incident.title.clone(),
            service: incident.service.clone(),
            severity: incident.severity,
            priority: incident.priority.clone(),
            state: record.state_name().to_owned(),
            reason: record.reason,
            session_id: session.map(|session| session.id.clone()),
            session_url: session.map(|session| session.url.clone()),
            seen: record.seen,
            first_seen: record.first_seen.rfc3339(),
            last_seen: record.last_seen.rfc3339(),
            error: record.error.clone(),
        }
    }
}
