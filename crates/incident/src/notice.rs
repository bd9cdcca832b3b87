//! Whom people's notices are for and what they are about.

use crate::named;

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The incident at PagerDuty, as a note.
    Pagerduty,
    /// The incoming webhook.
    #[default]
    Webhook,
}

named!(Target { Pagerduty => "pagerduty", Webhook => "webhook" });

impl Target {
    /// Every target.
    pub const ALL: [Target; 2] = [Target::Pagerduty, Target::Webhook];

    /// As the timeline calls it.
    pub fn title(self) -> &'static str {
        match self {
            Target::Pagerduty => "PagerDuty",
            Target::Webhook => "webhook",
        }
    }
}

/// What a notice says of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// It exists.
    #[default]
    Started,
    /// It has ended.
    Ended,
}

named!(About { Started => "started", Ended => "ended" });

/// The last line of every note of ours.
pub const SIGNATURE: &str = "Posted by devin-bridge.";

/// Whether a note is one of a bridge's own, which says nothing new to a session.
pub fn is_ours(note: &str) -> bool {
    note.trim_end().ends_with(SIGNATURE)
}
