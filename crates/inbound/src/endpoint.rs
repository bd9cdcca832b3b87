//! The hooks: where events come in.

/// The hooks, each with the bodies it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// PagerDuty V3 webhooks.
    Pagerduty,
    /// Every kind of alert, told apart by its shape.
    Any,
    /// The generic alert.
    Alert,
    /// Azure Monitor's common alert schema.
    AzureMonitor,
    /// Kibana's webhook connector and Watcher.
    Kibana,
}
