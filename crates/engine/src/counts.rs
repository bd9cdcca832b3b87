//! What is counted, and how it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use incident::failure::Failure;
use incident::listing::Line;
use incident::reason::Reason;
use incident::sender::Sender;

/// So many lines wait for the list at a time; of other events only the count is kept.
pub const MOST_LINES: usize = 100;
/// The upper bounds of the histogram of the time from an event to its session, in seconds.
pub const BOUNDS: [u64; 12] = [1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400];
/// The name of what is over the last bound.
pub const OVER: &str = "inf";

/// Something that is counted. Its name says what, and which of a closed set: never a text from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// An event of a body that was proven and could be read.
    Received(Sender),
    /// It was stored; a session, or a message to one, is on its way.
    Accepted(Sender),
    /// It said nothing new.
    Duplicate(Sender),
    /// There was nothing to do.
    Ignored(Reason),
    /// It could not be stored, and its sender was asked to send it again.
    Unstored(Sender),
    /// A request that brought no event.
    Refused(Refused),
    /// A session was started.
    Started(Sender),
    /// The bridge gave up on an incident: a dead letter.
    Failed(Cause),
    /// A call to Devin that has to be made again.
    Retried(Cause),
    /// A message to a session.
    Message(Delivered),
}

/// Why a request to a hook was refused.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Refused {
    /// The secret or signature was missing or wrong.
    #[default]
    Unauthorized,
    /// The bridge has no secret that it could check, or its settings are wrong.
    NotConfigured,
    /// There was a token, and the keys to check it with could not be had.
    NoKeys,
    /// Proven, but the body could not be used.
    BadBody,
    /// Not at a hook: an operator's token was wrong.
    OperatorToken,
}

/// What stood between an incident and its session.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// Devin did nothing and asked to come back: too many requests.
    #[default]
    Busy,
    /// Nobody knows whether Devin did it: no answer, or an error of its own.
    Unknown,
    /// Devin refused.
    Refused,
    /// No prompt could be made.
    Prompt,
}

/// What became of a message.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Delivered {
    /// The session has it.
    #[default]
    Sent,
    /// It was refused, or the bridge gave up.
    Failed,
}

impl Refused {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
impl Cause {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
impl Delivered {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Cause {
    /// What a failed call is counted as.
    pub fn of(failure: &Failure) -> Cause {
        match failure {
            Failure::Busy { .. } => Cause::Busy,
            Failure::Unknown { .. } => Cause::Unknown,
            Failure::Refused { .. } => Cause::Refused,
        }
    }
}

impl Count {
    /// The name under which it is counted: a family and one of its labels.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Count::Received(sender) => ("received", sender.name()),
            Count::Accepted(sender) => ("accepted", sender.name()),
            Count::Duplicate(sender) => ("duplicate", sender.name()),
            Count::Ignored(reason) => ("ignored", reason.name()),
            Count::Unstored(sender) => ("unstored", sender.name()),
            Count::Refused(refused) => ("refused", refused.name()),
            Count::Started(sender) => ("started", sender.name()),
            Count::Failed(cause) => ("failed", cause.name()),
            Count::Retried(cause) => ("retried", cause.name()),
            Count::Message(delivered) => ("message", delivered.name()),
        }
    }

    /// Whether it is worth a call of its own. Who proves nothing must not make the bridge touch its storage: such
    /// requests are counted with the next one that is proven.
    pub fn proven(self) -> bool {
        !matches!(self, Count::Refused(refused) if refused != Refused::BadBody)
    }
}

/// How often each thing was counted, by its name: `family.label`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// Of one name, for example `ignored.route`.
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Of a whole family, for example `ignored`.
    pub fn sum(&self, family: &str) -> u64 {
        let of_family = |name: &str| name.split_once('.').is_some_and(|(of, _)| of == family);
        let counts = self.0.iter().filter(|(name, _)| of_family(name));
        counts.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what others have counted.
    pub fn add_all(&mut self, others: &Counts) {
        for (name, count) in &others.0 {
            self.add(name, *count);
        }
    }

    /// Adds so many of one name.
    pub fn add(&mut self, name: &str, count: u64) {
        let sum = self.of(name).saturating_add(count);
        self.0.insert(name.to_owned(), sum);
    }
}

/// What has gathered since the last report to the register.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Batch {
    /// How much of what.
    pub counts: Counts,
    /// Lines for the list, oldest first: of ignored events, and of incidents whose sessions begin a little later.
    #[serde(alias = "ignored")]
    pub lines: Vec<Line>,
}

impl Batch {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.lines.is_empty()
    }

    /// Keeps a line for the list, where there is room for it.
    pub fn list(&mut self, line: Line) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn counts_are_added_by_name_and_by_family() {
        let mut counts = Counts::default();
        counts.add("ignored.route", 2);
        let mut more = Counts::default();
        more.add("ignored.ping", 3);
        more.add("ignored.route", 1);
        more.add("ignoredness", 1);
        counts.add_all(&more);
        let read = serde_json::from_value::<Counts>(serde_json::to_value(&counts).unwrap()).unwrap();
        assert_eq!((read.of("ignored.route"), read.of("ignored.merged"), read.sum("ignored")), (3, 0, 6));
    }
}
