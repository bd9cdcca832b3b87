//! An incident as the list of incidents shows it: the contract's record.

use serde_json::{Value, json};

use super::record::Record;
use crate::reason::Reason;

/// One line of `GET /api/incidents`. What is not known is null.
pub fn listing(record: &Record) -> Value {
    let incident = &record.incident;
    let session = record.session.as_ref();
    json!({
        "incident": record.name(),
        "sender": record.sender.name(),
        "title": incident.title,
        "service": incident.service,
        "severity": incident.severity,
        "priority": incident.priority,
        "state": record.state_name(),
        "reason": record.reason.map(Reason::name),
        "sessionId": session.map(|session| &session.id),
        "sessionUrl": session.map(|session| &session.url),
        "seen": record.seen,
        "firstSeen": record.first_seen.rfc3339(),
        "lastSeen": record.last_seen.rfc3339(),
        "error": record.error,
    })
}
