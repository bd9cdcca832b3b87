//! Who sends events.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

/// Who sent an event. The name is used in keys, routes, logs and metrics.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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

impl Sender {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Sender {
    /// Every sender, in the order the documentation lists them.
    pub const ALL: [Sender; 4] = [Sender::Pagerduty, Sender::AzureMonitor, Sender::Kibana, Sender::Alert];
}
