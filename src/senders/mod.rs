//! The senders: each file says what one of them sends and what identifies an incident there.

pub mod json;
pub mod pagerduty;
#[cfg(test)]
mod testing;

use crate::incident::event::IncidentEvent;
use crate::reason::Reason;

/// What a verified body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// Events, in the order of the body. `remark` is for the answer's message: something the sender should mend.
    Events {
        /// At least one event.
        events: Vec<IncidentEvent>,
        /// What is odd about the body, in a sentence.
        remark: Option<String>,
    },
    /// Authentic, but there is nothing to do.
    Nothing {
        /// Why.
        reason: Reason,
        /// The same for a person, in a sentence.
        message: String,
    },
}

/// A body that can't be used, with what its author has to change. Answered with 400.
#[derive(Clone, Debug, PartialEq)]
pub struct BadBody {
    /// The short form, for example `Missing required field: alertName`.
    pub error: String,
    /// The field, the value and what was expected, or the byte at which the JSON broke.
    pub details: Option<String>,
}

/// A hook: which senders' bodies it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// PagerDuty's.
    Pagerduty,
    /// Any alert's, told apart by shape.
    Any,
    /// Generic alerts.
    Alert,
    /// Azure Monitor's.
    AzureMonitor,
    /// Kibana's.
    Kibana,
}

impl Hook {
    /// Reads a body.
    pub fn parse(self, body: &crate::auth::Verified) -> Result<Parsed, BadBody> {
        pagerduty::parse(body)
    }
}
