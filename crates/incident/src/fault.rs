//! Faults that the bridge once had. The simulator puts one back and has to find it, so that what it can't see is known.
//! Without the feature `faults` none can be put back.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Fault {
    /// Whatever a started incident says counts as another session of this minute.
    PermitAtEachPublish,
    /// Rows of permits are never deleted.
    RowsForEver,
    /// An alarm that finds no record in memory, because somebody else's write failed, ends without another.
    LostRecord,
    /// An ignored event of a second episode makes the object forget the first.
    ForgottenRecord,
    /// The record is stored before the alarm is set.
    AlarmLast,
    /// After an unknown outcome Devin is asked again without a look-up.
    NoLookUp,
    /// A session that is replaced before it was counted keeps its permit.
    UnsettledPermit,
    /// A record that can't be read is taken for none.
    UnreadableRecord,
    /// KV is written with every publish, for alerts too.
    CacheAlways,
    /// An alert that gets postmortems gets one, and no second.
    PostmortemOnce,
    /// A record keeps messages to the sessions of all its earlier episodes.
    UnboundedOutbox,
    /// All that is held wakes up at midnight.
    Herd,
    /// Whoever asks gets a slot that is free, whoever waits for it.
    NewcomerFirst,
    /// An attempt that failed keeps its permit while it waits.
    WaitingPermit,
    /// The same bytes once more count as another occurrence.
    CountedRedelivery,
    /// An alarm goes on for as long as there is something to do.
    EndlessAlarm,
    /// Somebody releases what waits, and nothing happens.
    NoRelease,
    /// Who asks for one episode is answered for another.
    AnyEpisode,
    /// What failed for good fails for every repeat.
    FailedForEver,
    /// Nobody asks about a session after its end.
    NotFollowed,
    /// A look-up searches from ten minutes before the call.
    ShortLeeway,
    /// How long a sender waits is told by the clock.
    ClockedPatience,
    /// A session from before midnight, by the clock of its incident, gives its permit back.
    ReleasedByClock,
}

#[cfg(feature = "faults")]
mod present {
    use std::cell::Cell;

    use super::Fault;

    thread_local! {
        static PRESENT: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// From now on the code has this fault, or none.
    pub fn put_back(fault: Option<Fault>) {
        PRESENT.set(fault);
    }

    /// Whether the code has this fault.
    pub fn is_back(fault: Fault) -> bool {
        PRESENT.get() == Some(fault)
    }
}

#[cfg(feature = "faults")]
pub use present::{is_back, put_back};

/// Whether the code has this fault.
#[cfg(not(feature = "faults"))]
pub const fn is_back(_: Fault) -> bool {
    false
}
