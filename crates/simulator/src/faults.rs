//! Faults that the bridge once had, put back one at a time: each has to be found, and by the check that is about it.

use std::fmt;
use std::time::{Duration, Instant};

use incident::fault::Fault;
use strum::VariantArray;

use crate::company::Storm;
use crate::{Wanted, simulate_until};

/// So long each fault may take to be found.
const LONGEST_SEARCH: Duration = Duration::from_mins(10);

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

/// The company and the weather in which a fault shows, and for how many days: then another seed is more likely to show it.
fn load(fault: Fault, seed: u64) -> Wanted {
    let among = |storms, days| Wanted { fault: Some(fault), storms, ..Wanted::usual(seed, days) };
    match fault {
        Fault::LostRecord | Fault::AlarmLast => among(&[Storm::Storage, Storm::Crashes, Storm::Everything], 10),
        Fault::NoLookUp => among(&[Storm::Deaf, Storm::Everything], 10),
        Fault::ShortLeeway => among(&[Storm::ClocksAndDeaf], 10),
        // Alerts that flap while there is room for all their sessions, none of which hears that it is over before all do.
        Fault::UnboundedOutbox | Fault::EndlessAlarm => {
            Wanted { incidents: 4_000, flaps: 0.1, ..among(&[Storm::Mute], 10) }
        }
        Fault::WaitingPermit => among(&[Storm::Down, Storm::Busy, Storm::Stalls], 10),
        Fault::UnsettledPermit => among(&[Storm::Register, Storm::LostAndGone], 10),
        Fault::FailedForEver => among(&[Storm::Refuses, Storm::Credits], 10),
        // More than the budget of a day has room for.
        Fault::NoRelease => Wanted { incidents: 60_000, ..among(Storm::VARIANTS, 5) },
        Fault::NotFollowed => among(&[Storm::Kv], 5),
        Fault::ClockedPatience => among(&[Storm::WildClocks, Storm::Clocks], 10),
        Fault::ReleasedByClock => among(&[Storm::WildClocks, Storm::ClocksAndDeaf], 10),
        _ => among(Storm::VARIANTS, 30),
    }
}

/// Puts a fault back and looks for it, in one seed after the other from this one. What other checks say of it does not count.
#[expect(clippy::disallowed_methods, reason = "how long it takes is what it tells")]
pub fn find(fault: Fault, from: u64) -> Found {
    let begun = Instant::now();
    let in_time = |_: &u64| begun.elapsed() < LONGEST_SEARCH;
    let seen = (from..)
        .take_while(in_time)
        .find_map(|seed| simulate_until(load(fault, seed), sign(fault)).map(|words| (seed, words)));
    Found { fault, took: begun.elapsed(), seen }
}
