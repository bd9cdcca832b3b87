//! Who sends events.

use crate::named;

/// Who sent an event. The name is used in keys, routes, logs and metrics, and with dashes in the path of its hook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

named!(Sender {
    Pagerduty => "pagerduty",
    AzureMonitor => "azure_monitor",
    Kibana => "kibana",
    Alertmanager => "alertmanager",
    Grafana => "grafana",
    Sentry => "sentry",
    Sns => "sns",
    Datadog => "datadog",
    NewRelic => "new_relic",
    GoogleCloud => "google_cloud",
    Opsgenie => "opsgenie",
    Honeycomb => "honeycomb",
    UptimeKuma => "uptime_kuma",
    Zabbix => "zabbix",
    Checkmk => "checkmk",
    IncidentIo => "incident_io",
    Rootly => "rootly",
    Firehydrant => "firehydrant",
    BetterStack => "better_stack",
    Dynatrace => "dynatrace",
    Alert => "alert",
    Source => "source",
});

impl Sender {
    /// Every sender, in the order the documentation lists them.
    pub fn all() -> impl Iterator<Item = Sender> {
        Sender::NAMES.iter().filter_map(|name| Sender::from_name(name))
    }

    /// Its name in the path of its hook: `azure-monitor`.
    pub fn path(self) -> String {
        self.name().replace('_', "-")
    }
}
