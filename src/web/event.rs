//! Under which key an event goes to its object.

use crate::settings::Settings;
use incident::event::{Incident, IncidentEvent};
use incident::key::Key;
use incident::plan::Plan;
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
