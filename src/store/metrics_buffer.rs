//! What is counted: each decision is added to the isolate's tally, and the next call to the register takes it along.
//! Where there is none, one is made [`PAUSE`] later, for everything that has gathered until then. So no sender waits
//! for a count, and thousands of events cost a handful of calls.

use std::time::Duration;

use std::cell::RefCell;

use engine::counts::{BOUNDS, Batch, Count, OVER};
use incident::event::IncidentEvent;
use incident::lifecycle::Taken;
use incident::listing::Line;
use incident::sender::Sender;
use incident::time::{MINUTE, Time, millis};

/// How long counts gather, where no call comes by that takes them along.
pub const PAUSE: Duration = Duration::from_secs(2);
/// A call that is this late was cut off by the runtime, and another one is due.
const LOST: Duration = MINUTE;
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
    if let Some(Taken::Ignored(reason)) = taken
        && !reason.of_a_record()
    {
        let line = Line::ignored(event, reason, now);
        TALLY.with_borrow_mut(|tally| tally.batch.list(line));
    }
}

/// Keeps an incident's line for the list, which takes it where the register knows none yet.
pub fn list(line: Line) {
    TALLY.with_borrow_mut(|tally| tally.batch.list(line));
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
        for line in batch.lines {
            tally.batch.list(line);
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
    use engine::counts::{MOST_LINES, Refused};
    use incident::reason::Reason;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

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
        assert_eq!(batch.lines.len(), 1);
        assert!(take().is_empty());
    }

    #[test]
    fn what_could_not_be_told_is_told_next_time_and_does_not_grow_without_end() {
        take();
        let told = IncidentEvent::default();
        for _ in 0..MOST_LINES + 5 {
            event(&told, Some(Taken::Ignored(Reason::Route)), Time(0));
        }
        let batch = take();
        event(&told, Some(Taken::Ignored(Reason::Route)), Time(1));
        put_back(batch);
        let batch = take();
        assert_eq!((batch.counts.of("ignored.route"), batch.lines.len()), (106, MOST_LINES));
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
