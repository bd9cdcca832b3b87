//! An incident as the list of incidents shows it: the contract's record.

use serde_json::Value;

use super::outcome;
use super::record::Record;
use crate::stored;
use crate::stored::Stored;

/// Every state an incident can be in: see [`Record::state_name`].
pub const STATES: [&str; 5] = ["waiting", "queued", "held", "started", "failed"];

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
        ("reason", record.reason.to_value()),
        ("sessionId", session.map(|session| session.id.as_str()).into()),
        ("sessionUrl", session.map(|session| session.url.as_str()).into()),
        ("followUps", record.to_deliver().to_value()),
        ("seen", record.seen.to_value()),
        ("firstSeen", record.first_seen.rfc3339().into()),
        ("lastSeen", record.last_seen.rfc3339().into()),
        ("error", record.error.to_value()),
    ];
    fields.extend(outcome::fields(record.outcome.as_ref()));
    stored::object(fields)
}
