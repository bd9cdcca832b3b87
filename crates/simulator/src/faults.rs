//! Faults that the bridge once had, put back one at a time: each has to be found, and by the check that is about it.

use std::fmt;
use std::time::{Duration, Instant};

use incident::fault::Fault;

use crate::{Wanted, simulate_until};

/// So long each fault may take to be found.
const LONGEST_SEARCH: Duration = Duration::from_mins(10);
/// Seeds are of so many days.
const DAYS: u32 = 30;

/// The head of the table whose rows are [`Found`]s.
pub const HEAD: &str = "| fault | found after | seed | by |\n|---|--:|--:|---|";

/// What came of the search for a fault.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which.
    pub fault: Fault,
    /// How long it took.
    pub took: Duration,
    /// The seed, and what its check said; `None` where it was not found.
    pub seen: Option<(u64, String)>,
}

impl Found {
    /// Whether it was found.
    pub fn is_found(&self) -> bool {
        self.seen.is_some()
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, took): (&str, f64) = (self.fault.into(), self.took.as_secs_f64());
        match &self.seen {
            Some((seed, words)) => write!(f, "| `{name}` | {took:.1} s | {seed} | {words} |"),
            None => write!(f, "| `{name}` | NOT FOUND in {took:.0} s | | |"),
        }
    }
}

/// What the check says that is about a fault.
fn sign(fault: Fault) -> &'static str {
    match fault {
        Fault::PermitAtEachPublish => "has to wait: ",
        Fault::RowsForEver => "permits of sessions from days ago are kept",
        Fault::LostRecord => "no alarm is set although",
        Fault::ForgottenRecord | Fault::NoLookUp | Fault::ShortLeeway => "has two sessions",
        Fault::AlarmLast => "alarm is set",
        Fault::UnsettledPermit => "holds a permit although the record is",
        Fault::UnreadableRecord => "a record of a later release is overwritten",
        Fault::CacheAlways => "KV is written",
        Fault::PostmortemOnce => "an outage is taken for one that was over",
        Fault::UnboundedOutbox => "messages are kept",
        Fault::Herd => "is to come back at the same moment",
        Fault::NewcomerFirst => "may start before",
        Fault::WaitingPermit => "holds a permit while it waits",
        Fault::CountedRedelivery => "a session after",
        Fault::EndlessAlarm => "an alarm ran for longer",
        Fault::NoRelease => "somebody releases what is held, and nothing is done",
        Fault::AnyEpisode => "somebody asks for another episode",
        Fault::FailedForEver => "no firing starts its session again",
        Fault::NotFollowed => "was never seen",
        Fault::ClockedPatience => "a sender is kept waiting",
        Fault::ReleasedByClock => "its session of today does not count",
    }
}

/// Puts a fault back and looks for it, in one seed after the other from this one. What other checks say of it does not count.
#[expect(clippy::disallowed_methods, reason = "how long it takes is what it tells")]
pub fn find(fault: Fault, from: u64) -> Found {
    let begun = Instant::now();
    let in_time = |_: &u64| begun.elapsed() < LONGEST_SEARCH;
    let seen = (from..).take_while(in_time).find_map(|seed| {
        let wanted = Wanted { fault: Some(fault), seed, days: DAYS, incidents: 20_000 };
        simulate_until(wanted, sign(fault)).map(|words| (seed, words))
    });
    Found { fault, took: begun.elapsed(), seen }
}
