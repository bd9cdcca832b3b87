//! Telling people where the session went: notes on the incident at PagerDuty, and messages to an incoming webhook.
//!
//! [`words`]: what is said, from a record as the list shows it. [`pagerduty`], [`webhook`]: how each target takes it.
//! [`client`]: the asking. When something is said, and what an answer means for it, is the lifecycle's
//! ([`crate::incident::lifecycle::notices`]).

pub mod client;
pub mod pagerduty;
pub mod webhook;
mod words;

use crate::named;

/// Where notices go, as far as it is configured.
#[derive(Debug, Default)]
pub struct Targets {
    /// `PAGERDUTY_API_TOKEN` and what belongs to it.
    pub pagerduty: Option<pagerduty::Access>,
    /// `NOTIFY_WEBHOOK_URL`.
    pub webhook: Option<webhook::Webhook>,
}

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
