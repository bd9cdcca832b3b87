//! Why something was decided: the same code in the answer, the log line, the metric and the dashboard.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

/// The reason for a decision. Its code is part of the contract: never rename one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// This type of event starts nothing.
    #[default]
    EventType,
    /// The incident was merged into another one, which has its own life.
    Merged,
    /// The sender's test event.
    Ping,
    /// Somebody tried whether it arrives: a connector's test.
    Test,
    /// Amazon SNS asked whether a topic's messages are wanted.
    Confirmation,
    /// The body names no incident.
    NoIncident,
    /// Authentic, but not JSON: there is nothing in it to act on.
    Unreadable,
    /// A route says to ignore it.
    Route,
    /// A route waits for more occurrences.
    Occurrences,
    /// The alert recovered and there is no session to notify.
    Recovered,
    /// The alert recovered before Devin was asked for its session.
    RecoveredFirst,
    /// Nobody approved its session in time, which its route asks for.
    ApprovalExpired,
    /// Held: its route requires a person's approval.
    Approval,
    /// Held: the day's sessions are spent, or promised to those in front.
    Day,
    /// Held: its route's sessions of the day are.
    RouteBudget,
    /// Held: the bridge is paused.
    Paused,
    /// Held: the account at Devin can pay for nothing more, as far as is known.
    Credits,
}

impl Reason {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Why an incident is held for this reason, in words; `None` where it is no reason to hold one, or says so by itself.
    pub fn held_because(self) -> Option<&'static str> {
        Some(match self {
            Reason::Day => "today's sessions are spent",
            Reason::RouteBudget => "today's sessions of its route are spent",
            Reason::Paused => "the bridge is paused",
            Reason::Credits => "the account at Devin is out of credits; one session tries every 30 minutes",
            _ => return None,
        })
    }

    /// Those for which an incident is ignored that has a record, and with it a line of its own.
    pub const OF_RECORDS: [Reason; 3] = [Reason::Occurrences, Reason::RecoveredFirst, Reason::ApprovalExpired];

    /// Whether it is one of those.
    pub fn of_a_record(self) -> bool {
        Self::OF_RECORDS.contains(&self)
    }
}
