//! What of an event decides whether its incident's object has to hear of it.

use crate::settings::Settings;
use incident::event::{Incident, IncidentEvent, Kind};
use incident::key::Key;
use incident::plan::{Plan, Workflow};
use incident::sender::Sender;

/// The event as the object of its incident gets it, with `plan` for that: under the key of its group, where the route makes
/// one of it, or of what it is counted with.
pub fn addressed(event: IncidentEvent, plan: &mut Plan, settings: &Settings) -> IncidentEvent {
    let event = settings.routes.grouped(event, plan, &settings.defaults);
    if plan.min_occurrences > 1 && event.group.is_none() { counted_together(event) } else { event }
}

/// The event under the key of its rule, service and resource: where a route counts occurrences, each firing may have an
/// identity of its own, as Azure's have. A PagerDuty incident stays itself.
fn counted_together(mut event: IncidentEvent) -> IncidentEvent {
    let Incident { title, service, resource, .. } = &event.incident;
    let (service, resource) = (service.as_deref().unwrap_or_default(), resource.as_deref().unwrap_or_default());
    if event.sender != Sender::Pagerduty
        && let Some(key) = Key::new(event.sender, &["occurrences of", title, service, resource])
    {
        event.key = key;
    }
    event
}

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
