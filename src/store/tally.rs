//! What is counted: each decision is added to the isolate's tally, and the next call to the register takes it along.
//! Where there is none, one is made [`PAUSE`] later, for everything that has gathered until then. So no sender waits
//! for a count, and thousands of events cost a handful of calls.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use strum::{EnumString, IntoStaticStr, VariantNames};

use std::collections::BTreeMap;

use incident::event::IncidentEvent;
use incident::failure::Failure;
use incident::lifecycle::Taken;
use incident::listing::Line;
use incident::reason::Reason;
use incident::sender::Sender;
use incident::time::{MINUTE, Time, millis};

/// How long counts gather, where no call comes by that takes them along.
pub const PAUSE: Duration = Duration::from_secs(2);
/// A call that is this late was cut off by the runtime, and another one is due.
const LOST: Duration = MINUTE;
/// So many ignored events wait for the list at a time; of others only the count is kept.
const MOST_IGNORED: usize = 100;
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
    fn proven(self) -> bool {
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

    fn add(&mut self, name: &str, count: u64) {
        let sum = self.of(name).saturating_add(count);
        self.0.insert(name.to_owned(), sum);
    }
}

/// What has gathered since the register was last told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Batch {
    /// How much of what.
    pub counts: Counts,
    /// The lines of ignored events for the list, oldest first.
    pub ignored: Vec<Line>,
}

impl Batch {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.ignored.is_empty()
    }

    fn ignore(&mut self, line: Line) {
        if self.ignored.len() < MOST_IGNORED {
            self.ignored.push(line);
        }
    }
}

#[derive(Default)]
struct Tally {
    batch: Batch,
    /// Whether anything in the batch is worth a call.
    proven: bool,
    /// When the call is made that is under way.
    call_at: Option<Time>,
}

thread_local! {
    static TALLY: RefCell<Tally> = RefCell::default();
}

/// Counts something.
pub fn count(what: Count) {
    TALLY.with_borrow_mut(|tally| tally.count(what));
}

/// Counts an event and what became of it; `None`: it could not be stored.
pub fn event(event: &IncidentEvent, taken: Option<Taken>, now: Time) {
    count(Count::Received(event.sender));
    count(match taken {
        Some(Taken::Accepted | Taken::FollowUp) => Count::Accepted(event.sender),
        Some(Taken::Duplicate) => Count::Duplicate(event.sender),
        Some(Taken::Ignored(reason)) => Count::Ignored(reason),
        None => Count::Unstored(event.sender),
    });
    // What waits for more occurrences has a record, and with it a line of its own.
    if let Some(Taken::Ignored(reason)) = taken.filter(|taken| *taken != Taken::Ignored(Reason::Occurrences)) {
        let line = Line::ignored(event, reason, now);
        TALLY.with_borrow_mut(|tally| tally.batch.ignore(line));
    }
}

/// Counts a session, and the time from the event that wanted it.
pub fn started(sender: Sender, took: Duration) {
    count(Count::Started(sender));
    let bound = BOUNDS.into_iter().find(|bound| took <= Duration::from_secs(*bound));
    let bound = bound.map_or_else(|| OVER.to_owned(), |bound| bound.to_string());
    TALLY.with_borrow_mut(|tally| {
        tally.batch.counts.add(&format!("start.{bound}"), 1);
        tally.batch.counts.add("start.ms", millis(took).unsigned_abs());
    });
}

/// Whether a call should be made after [`PAUSE`]; only one is under way at a time.
pub fn call_is_due(now: Time) -> bool {
    TALLY.with_borrow_mut(|tally| tally.call_is_due(now))
}

/// Whether anything has gathered that is worth a call.
pub fn is_worth_a_call() -> bool {
    TALLY.with_borrow(|tally| tally.proven)
}

/// What has gathered, for a call to the register.
pub fn take() -> Batch {
    TALLY.with_borrow_mut(|tally| {
        (tally.proven, tally.call_at) = (false, None);
        std::mem::take(&mut tally.batch)
    })
}

/// Back with what the register could not be told; the next call takes it.
pub fn put_back(batch: Batch) {
    TALLY.with_borrow_mut(|tally| {
        tally.proven = true;
        tally.batch.counts.add_all(&batch.counts);
        for line in batch.ignored {
            tally.batch.ignore(line);
        }
    });
}

impl Tally {
    fn count(&mut self, what: Count) {
        let (family, label) = what.name();
        self.batch.counts.add(&format!("{family}.{label}"), 1);
        self.proven |= what.proven();
    }

    fn call_is_due(&mut self, now: Time) -> bool {
        let under_way = self.call_at.is_some_and(|at| now.since(at) < LOST);
        let due = self.proven && !under_way;
        if due {
            self.call_at = Some(now.plus(PAUSE));
        }
        due
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

    #[test]
    fn a_call_is_due_once_and_again_when_it_was_lost() {
        let mut tally = Tally::default();
        assert!(!tally.call_is_due(Time(0)));
        tally.count(Count::Received(Sender::Alert));
        assert!(tally.call_is_due(Time(0)));
        assert!(!tally.call_is_due(Time(0).plus(PAUSE + LOST - Duration::from_millis(1))));
        assert!(tally.call_is_due(Time(0).plus(PAUSE + LOST)));
    }

    #[test]
    fn who_proves_nothing_makes_no_call() {
        let mut tally = Tally::default();
        tally.count(Count::Refused(Refused::Unauthorized));
        tally.count(Count::Refused(Refused::NotConfigured));
        tally.count(Count::Refused(Refused::OperatorToken));
        assert!(!tally.call_is_due(Time(0)));
        tally.count(Count::Refused(Refused::BadBody));
        assert!(tally.call_is_due(Time(0)));
        assert_eq!(tally.batch.counts.sum("refused"), 4);
    }

    #[test]
    fn every_event_is_counted_once_as_received_and_once_by_what_became_of_it() {
        take();
        let told = IncidentEvent { sender: Sender::Kibana, ..Default::default() };
        let outcomes = [Taken::Accepted, Taken::FollowUp, Taken::Duplicate, Taken::Ignored(Reason::Route)];
        for taken in outcomes.into_iter().map(Some).chain([None]) {
            event(&told, taken, Time(0));
        }
        event(&told, Some(Taken::Ignored(Reason::Occurrences)), Time(0));
        let batch = take();
        let sum = |family| batch.counts.sum(family);
        assert_eq!(batch.counts.of("received.kibana"), 6);
        assert_eq!((sum("accepted"), sum("duplicate"), sum("ignored"), sum("unstored")), (2, 1, 2, 1));
        assert_eq!(batch.ignored.len(), 1);
        assert!(take().is_empty());
    }

    #[test]
    fn what_could_not_be_told_is_told_next_time_and_does_not_grow_without_end() {
        take();
        let told = IncidentEvent::default();
        for _ in 0..MOST_IGNORED + 5 {
            event(&told, Some(Taken::Ignored(Reason::Route)), Time(0));
        }
        let batch = take();
        event(&told, Some(Taken::Ignored(Reason::Route)), Time(1));
        put_back(batch);
        let batch = take();
        assert_eq!((batch.counts.of("ignored.route"), batch.ignored.len()), (106, MOST_IGNORED));
    }

    #[test]
    fn times_fall_into_the_buckets_that_end_with_them() {
        take();
        for milliseconds in [0, 1_000, 1_001, 86_400_000, 86_400_001] {
            started(Sender::Alert, Duration::from_millis(milliseconds));
        }
        let counts = take().counts;
        let buckets = ["start.1", "start.2", "start.86400", "start.inf"];
        assert_eq!(buckets.map(|name| counts.of(name)), [2, 1, 1, 1]);
        assert_eq!((counts.of("started.alert"), counts.of("start.ms")), (5, 172_802_002));
    }
}
