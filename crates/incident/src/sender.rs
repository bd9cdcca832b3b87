//! Who sends events.

use crate::named;

/// Who sent an event. The name is used in keys, routes, logs and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// PagerDuty V3 webhooks.
    Pagerduty,
    /// Azure Monitor's common alert schema.
    AzureMonitor,
    /// Kibana's webhook connector.
    Kibana,
    /// Anything that posts the generic alert JSON.
    #[default]
    Alert,
}

named!(Sender {
    Pagerduty => "pagerduty",
    AzureMonitor => "azure_monitor",
    Kibana => "kibana",
    Alert => "alert",
});

impl Sender {
    /// Every sender, in the order the documentation lists them.
    pub const ALL: [Sender; 4] = [Sender::Pagerduty, Sender::AzureMonitor, Sender::Kibana, Sender::Alert];
}
