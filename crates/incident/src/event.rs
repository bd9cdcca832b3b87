//! What a sender reported: one event about one incident, in our own terms and already bounded in size.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::key::Key;
use super::sender::Sender;

/// What happened to the incident.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// It was opened, or the alert fires (again).
    #[default]
    Triggered,
    /// Somebody took it on.
    Acknowledged,
    /// It is over, or the alert recovered.
    Resolved,
    /// A resolved incident is open again.
    Reopened,
    /// Something about it changed or was said: a note, a priority, an escalation. The event's `change` says what.
    Updated,
}

impl Kind {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One event about one incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncidentEvent {
    /// The incident's identity, from the signed body only.
    pub key: Key,
    /// Who sent it.
    pub sender: Sender,
    /// What happened, in our terms.
    pub kind: Kind,
    /// What happened, in the sender's own word, for example `incident.resolved` or `Fired`.
    pub event_type: String,
    /// The sender's id of this event, where its body carries one: the same event delivered twice has the same id.
    pub id: Option<String>,
    /// When it happened, as the sender wrote it (RFC 3339).
    pub occurred_at: Option<String>,
    /// One or a few lines saying what changed, for a message to a running session: a note's text, the new priority.
    pub change: Option<String>,
    /// What tells one delivery from another where there is no id: a digest of the body and the event's place in it. Only
    /// where the route counts occurrences.
    pub delivery: Option<String>,
    /// The group it belongs to, where the route makes one: the key is the group's then.
    pub group: Option<Membership>,
    /// What the routes say of it.
    pub routing: Routing,
    /// The bridge's own address as the sender used it, `https://bridge.example`: where its plan may require a person's approval.
    pub bridge: Option<String>,
    /// What is known of the incident after this event.
    pub incident: Incident,
}

/// Which group an event belongs to, and which of its alerts it is about. The event's key is the group's then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// The alert's own key.
    pub alert: Key,
    /// What the group's key was made of, for a person: `label.cluster=eu-1, service=checkout`.
    pub made_of: String,
}

/// Which route decides about an event, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Routing {
    /// The route, counted from 1; `None`: the defaults decide.
    pub route: Option<u32>,
    /// For people, a line for each route up to the one that decides: what kept it from deciding, or why it does. Bounded
    /// by whoever writes it.
    pub why: Vec<String>,
}

impl IncidentEvent {
    /// The event with what its identity was made of.
    #[must_use]
    pub fn identified_by(mut self, identity: String) -> IncidentEvent {
        self.incident.identity = Some(identity);
        self
    }
}

/// What is known of an incident. Everything here was written by a sender and is hostile until fenced.
/// Texts are bounded by [`IncidentEvent::sanitize`]; an absent or null field is `None` or empty, never an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Incident {
    /// What it is called: an incident's title or an alert rule's name. Never empty once parsed.
    pub title: String,
    /// What its identity was made of, for a person: `alertName=disk-full, host=web-1`.
    pub identity: Option<String>,
    /// A page about it, for people.
    pub url: Option<String>,
    /// The number people know it by.
    pub number: Option<String>,
    /// `triggered`, `acknowledged`, `resolved`, `Fired`, …: the sender's own word.
    pub status: Option<String>,
    /// The service it happened to.
    pub service: Option<String>,
    /// The teams it belongs to.
    pub teams: Vec<String>,
    /// Who works on it.
    pub assignees: Vec<String>,
    /// `high` or `low` (PagerDuty).
    pub urgency: Option<String>,
    /// The account's own name of the priority: `P1`, `SEV-2`, …
    pub priority: Option<String>,
    /// 0 (critical) to 4 (verbose).
    pub severity: Option<u8>,
    /// The severity in the sender's own word, where it is more than that number: `high`, `P1 - Critical`.
    pub severity_word: Option<String>,
    /// Whether it only informs: planned maintenance, an operation that somebody carried out. There is nothing to fix.
    pub informational: bool,
    /// When it began (RFC 3339 as sent): PagerDuty's `created_at`, an alert's `firedTime`.
    pub started_at: Option<String>,
    /// When it ended (RFC 3339 as sent).
    pub resolved_at: Option<String>,
    /// When it was last opened again after a resolution (RFC 3339 as sent).
    pub reopened_at: Option<String>,
    /// What is wrong, in a sentence or a few.
    pub description: Option<String>,
    /// The affected resource: a cluster, a host, a queue.
    pub resource: Option<String>,
    /// `log`, `metric`, `activity`, …
    pub signal_type: Option<String>,
    /// The system that noticed: `azure-monitor`, `elastic`, `datadog`, …
    pub source: Option<String>,
    /// Log lines, stack traces or result rows; the newest are the last.
    pub logs: Option<String>,
    /// The source file where the error occurred.
    pub file: Option<String>,
    /// The line in that file.
    pub line: Option<u32>,
    /// Where the people who run it keep their instructions.
    pub runbook: Option<String>,
    /// Dimensions or labels, in the sender's order.
    pub labels: Vec<(String, String)>,
    /// Everything else worth showing, in the order a reader would want it: condition, threshold, links, unknown fields.
    pub context: Vec<(String, String)>,
}

impl Incident {
    /// Whether it goes ahead of others: severity 0 and P1.
    pub fn goes_first(&self) -> bool {
        let p1 = |name: &str| name.trim().eq_ignore_ascii_case("P1");
        self.severity == Some(0) || self.priority.as_deref().is_some_and(p1)
    }

    /// What a message about an incident that is over can say of it: everything but its long texts.
    pub fn in_short(&self) -> Incident {
        let (labels, context) = (Vec::new(), Vec::new());
        Incident { description: None, logs: None, file: None, runbook: None, labels, context, ..self.clone() }
    }
}
