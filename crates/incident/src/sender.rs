//! Who sends events.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

/// Who sent an event. The name is used in keys, routes, logs and metrics, and with dashes in the path of its hook.
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
    /// Prometheus' Alertmanager, and what sends the same: vmalert, Mimir, Loki.
    Alertmanager,
    /// Grafana's alerting.
    Grafana,
    /// Sentry's integration platform.
    Sentry,
    /// Amazon SNS, mostly CloudWatch's alarms.
    Sns,
    /// Datadog's webhooks.
    Datadog,
    /// New Relic's workflows.
    NewRelic,
    /// Google Cloud Monitoring.
    GoogleCloud,
    /// Opsgenie, and operations in Jira Service Management.
    Opsgenie,
    /// Honeycomb's triggers.
    Honeycomb,
    /// Uptime Kuma.
    UptimeKuma,
    /// Zabbix.
    Zabbix,
    /// Checkmk.
    Checkmk,
    /// incident.io.
    IncidentIo,
    /// Rootly.
    Rootly,
    /// FireHydrant.
    Firehydrant,
    /// Better Stack.
    BetterStack,
    /// Dynatrace.
    Dynatrace,
    /// Anything that posts the generic alert JSON.
    #[default]
    Alert,
    /// Whatever `SOURCES` describes; which of them it was is the incident's `source`.
    Source,
}

impl Sender {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Every sender, in the order the documentation lists them.
    pub fn all() -> impl Iterator<Item = Sender> {
        Sender::VARIANTS.iter().filter_map(|name| name.parse().ok())
    }

    /// Its name in the path of its hook: `azure-monitor`.
    pub fn path(self) -> String {
        self.name().replace('_', "-")
    }
}
