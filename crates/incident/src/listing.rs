//! An incident as the list of incidents shows it: the contract's record.

use serde_json::Value;

use super::event::IncidentEvent;
use super::outcome;
use super::plan::Plan;
use super::record::Record;
use crate::reason::Reason;
use crate::stored;
use crate::stored::Stored;
use crate::time::Time;

/// The state of an incident of which only ignored events are known.
pub const IGNORED: &str = "ignored";

/// Every state on the list: see [`Record::state_name`], and [`ignored`].
pub const STATES: [&str; 6] = ["waiting", "queued", "held", "started", "failed", IGNORED];

/// What can be asked for besides the states: `started`, with messages that the session is still to get.
pub const FOLLOWING_UP: &str = "following_up";

/// One line of `GET /api/incidents`. What is not known is null.
pub fn listing(record: &Record) -> Value {
    let incident = &record.incident;
    let session = record.session.as_ref();
    let mut fields = vec![
        ("incident", record.name().into()),
        ("sender", record.sender.to_value()),
        ("title", incident.title.to_value()),
        ("service", incident.service.to_value()),
        ("severity", incident.severity.to_value()),
        ("priority", incident.priority.to_value()),
        ("state", record.state_name().into()),
        ("reason", record.reason().to_value()),
        ("sessionId", session.map(|session| session.id.as_str()).into()),
        ("sessionUrl", session.map(|session| session.url.as_str()).into()),
        ("followUps", record.to_deliver().to_value()),
        ("seen", record.seen.to_value()),
        ("firstSeen", record.first_seen.rfc3339().into()),
        ("lastSeen", record.last_seen.rfc3339().into()),
        ("waitingSince", record.waiting_since().map(Time::rfc3339).into()),
        ("error", record.error.to_value()),
    ];
    fields.extend(outcome::fields(record.outcome.as_ref()));
    stored::object(fields)
}

/// The line of an event that was ignored, while its incident has no other.
pub fn ignored(event: &IncidentEvent, reason: Reason, at: Time) -> Value {
    let mut line = listing(&Record { seen: 1, ..Record::new(event, Plan::default(), at) });
    if let Some(fields) = line.as_object_mut() {
        fields.insert("state".into(), IGNORED.into());
        fields.insert("reason".into(), reason.to_value());
    }
    line
}
