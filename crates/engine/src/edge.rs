//! What is decided before an incident's object is asked: which events it need not hear of, and what the dedup cache answers.

use serde::{Deserialize, Serialize};

use incident::event::{IncidentEvent, Kind};
use incident::plan::{Plan, Workflow};
use incident::record::Record;
use incident::session::Session;

/// Whether an event comes before the end of its incident.
pub fn early(event: &IncidentEvent) -> bool {
    matches!(event.kind, Kind::Triggered | Kind::Acknowledged)
}

/// Whether an event can be answered without waking its incident's object: the plan starts nothing before the end, and there
/// is nothing in the event that the timeline would keep. A group has to know what of it fires.
pub fn needs_no_object(event: &IncidentEvent, plan: &Plan) -> bool {
    let starts_when_resolved = plan.workflow == Workflow::Postmortem && plan.start_on == Kind::Resolved;
    early(event) && event.change.is_none() && event.group.is_none() && starts_when_resolved
}

/// What the dedup cache knows of an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Its name.
    pub incident: String,
    /// Its session.
    pub session: Session,
    /// The ids of the events that were taken.
    pub events: Vec<String>,
}

impl Entry {
    /// The entry of `record`, once it has a session.
    pub fn of(record: &Record) -> Option<Entry> {
        let session = record.session.clone()?;
        Some(Entry { incident: record.name(), session, events: record.recent.clone() })
    }

    /// Whether `event` was taken already. An event without an id is for the object to judge, and so is a firing of an
    /// alert, because each one prolongs its window.
    pub fn knows(&self, event: &IncidentEvent) -> bool {
        event.id.as_ref().is_some_and(|id| self.events.contains(id))
    }
}
