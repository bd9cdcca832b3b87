//! Whom people's notices are for and what they are about.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

/// Whom a notice is for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Target {
    /// The incident at PagerDuty, as a note.
    Pagerduty,
    /// The incoming webhook.
    #[default]
    Webhook,
    /// The channel at Slack, as one thread for each incident.
    Slack,
}

impl Target {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 3] = [Target::Pagerduty, Target::Webhook, Target::Slack];

    /// As the timeline calls it.
    pub fn title(self) -> &'static str {
        match self {
            Target::Pagerduty => "PagerDuty",
            Target::Webhook => "webhook",
            Target::Slack => "Slack",
        }
    }
}

/// What a notice says of the session.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum About {
    /// It exists.
    #[default]
    Started,
    /// It waits for somebody.
    Waiting,
    /// It has ended.
    Ended,
    /// After its end it has found or made something else.
    Updated,
    /// It has reached a limit of its own, or broke; or there is none, and there won't be one.
    Failed,
    /// It may not start yet.
    Held,
    /// It is not asked for before somebody approves it.
    Approval,
}

impl About {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// As the timeline says it of a session.
    pub fn happened(self) -> &'static str {
        match self {
            About::Started => "started",
            About::Waiting => "waits for somebody",
            About::Ended => "ended",
            About::Updated => "has more to show",
            About::Failed => "failed",
            About::Held => "is held",
            About::Approval => "waits for approval",
        }
    }
}

/// The last line of every note of ours.
pub const SIGNATURE: &str = "Posted by devin-bridge.";

/// Whether a note is one of a bridge's own, which says nothing new to a session.
pub fn is_ours(note: &str) -> bool {
    note.trim_end().ends_with(SIGNATURE)
}
