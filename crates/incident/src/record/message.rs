//! What is still to be sent: messages to the session, and notices to people.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::event::Incident;
use crate::finding::Finding;
use crate::listing::Line;
use crate::notice::{About, Target};
use crate::retry::Retry;
use crate::session::Session;
use crate::time::Time;

/// A message to a running session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// 1 for the incident's first message.
    pub number: u32,
    /// What it says.
    pub kind: MessageKind,
    /// Where its delivery stands.
    pub delivery: Delivery,
    /// When to go on.
    pub not_before: Time,
    /// When it was last sent.
    pub since: Time,
    /// Failed attempts so far.
    #[serde(rename = "trouble")]
    pub retry: Retry,
    /// Its text, once it was written for the first attempt; the same on each.
    pub text: Option<String>,
    /// Whether what its text says is kept in that text alone: it may have arrived once, so that no other is to say it again.
    pub sole: bool,
    /// Whether it is no reason for another session where this one takes no more messages.
    pub optional: bool,
    /// For a message that is still owed to the session of an earlier episode.
    #[serde(rename = "farewell")]
    pub prior_session: Option<PriorSession>,
}

/// Something that people are to be notified of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// Whom.
    pub target: Target,
    /// What of the session.
    pub about: About,
    /// The incident as the list showed it then.
    pub news: Line,
    /// What the session had found then, or its last words.
    pub finding: Option<Finding>,
    /// Of how many incidents it is true, where people are notified once a day.
    pub number: Option<u32>,
    /// At Slack: its number in the thread, by which it is found again; 0 while it has none.
    pub thread_number: u32,
    /// At Slack: whether the root says so already.
    pub rooted: bool,
    /// Where its delivery stands.
    pub delivery: Delivery,
    /// When to go on.
    pub not_before: Time,
    /// Failed attempts so far.
    #[serde(rename = "trouble")]
    pub retry: Retry,
}

/// To whom and about what a message is that outlived its incident: the alert fires again, and the session of its last
/// episode has not been notified yet that this one is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriorSession {
    /// The session of that episode.
    pub session: Session,
    /// What was known of it.
    pub incident: Incident,
    /// What the message was to say besides, where it was not written yet.
    pub changes: Vec<String>,
    /// The text by which the message is recognised at Devin.
    #[serde(rename = "mark")]
    pub correlation_id: String,
}

/// What a message is about.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MessageKind {
    /// The incident is over: finish the postmortem.
    #[default]
    Finalize,
    /// Something changed after that.
    Update,
    /// The alert recovered.
    Recovered,
}

impl MessageKind {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Where the delivery of a message stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredDelivery", from = "StoredDelivery")]
pub enum Delivery {
    /// To be sent.
    #[default]
    Ready,
    /// Sent, not answered; after a crash nobody knows whether it arrived.
    Sending,
    /// It may have arrived: it is being looked for, after so many looks.
    LookingUp(u32),
    /// Refused, or nobody tries any more.
    Failed,
}

impl From<Delivery> for StoredDelivery {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Ready => StoredDelivery::Ready,
            Delivery::Sending => StoredDelivery::Sent(Sent::Sending),
            Delivery::LookingUp(looks) => StoredDelivery::LookingUp(looks),
            Delivery::Failed => StoredDelivery::Sent(Sent::Failed),
        }
    }
}

impl From<StoredDelivery> for Delivery {
    fn from(delivery: StoredDelivery) -> Self {
        match delivery {
            StoredDelivery::Ready => Delivery::Ready,
            StoredDelivery::Sent(Sent::Sending) => Delivery::Sending,
            StoredDelivery::LookingUp(looks) => Delivery::LookingUp(looks),
            StoredDelivery::Sent(Sent::Failed) => Delivery::Failed,
        }
    }
}

/// As format 1 writes a [`Delivery`]: null, a number, `"sending"` or `"failed"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredDelivery {
    Ready,
    LookingUp(u32),
    Sent(Sent),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    Sending,
    Failed,
}
