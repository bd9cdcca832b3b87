//! When what failed is tried again.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::failure::Failure;
use crate::record::Retry;
use crate::time::{SECOND, Time};

/// The longest pause between two attempts.
pub const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// After this long without success the bridge gives up on an incident: a dead letter that can be replayed.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(48);
/// A list of Devin's may lag behind, so an ambiguous call is looked up this often before it is made again, …
pub const LOOKS: u32 = 3;
/// … with these pauses before each look, …
const LOOK_PAUSES: [Duration; LOOKS as usize] = [SECOND, Duration::from_secs(3), Duration::from_secs(8)];
/// … and so many times as long where the call was made in this span before: Devin may still be at it.
const LATE: RangeInclusive<Duration> = Duration::from_secs(30)..=Duration::from_mins(5);
const PATIENCE: u32 = 15;
/// A source of chance for pauses: a number from 0 (inclusive) to 1 (exclusive).
pub type Chance = f64;

impl Retry {
    /// After one more failure.
    pub(super) fn again(self, now: Time) -> Retry {
        Retry { attempts: self.attempts.saturating_add(1), first_failure: self.first_failure.or(Some(now)) }
    }
}

/// How long until the next attempt: Devin's own wish, or a growing pause.
pub(super) fn pause(failure: &Failure, retry: Retry, chance: Chance) -> Duration {
    match failure {
        Failure::Busy { after: Some(after), .. } => (*after).max(SECOND),
        _ => backoff(retry.attempts, chance),
    }
}

/// 1 s after the first failure, doubled after each further one, at most [`LONGEST_PAUSE`], plus up to a quarter so
/// that four hundred incidents do not come back in step.
pub fn backoff(times: u32, chance: Chance) -> Duration {
    let doublings = times.saturating_sub(1).min(20);
    let pause = SECOND.saturating_mul(1 << doublings).min(LONGEST_PAUSE * 4 / 5);
    pause.saturating_add((pause / 4).mul_f64(chance.clamp(0.0, 1.0)))
}

pub(super) fn look_pause(looks: u32, since: Time, now: Time) -> Duration {
    let index = usize::try_from(looks).unwrap_or(usize::MAX);
    let pause = LOOK_PAUSES.get(index).copied().unwrap_or(SECOND);
    if LATE.contains(&now.since(since)) { pause.saturating_mul(PATIENCE) } else { pause }
}

/// A look that comes so much later than it was due may come right after the one before: its clock was set forward.
const LATE_LOOK: Duration = Duration::from_mins(1);

/// How long to wait, by a timer that no clock changes, before a look that was due then: Devin's list is to have had its time
/// whatever the clock says. `looks`: how many there were before.
pub fn before_look(due: Time, looks: u32, now: Time) -> Duration {
    if now.since(due) < LATE_LOOK {
        return Duration::ZERO;
    }
    look_pause(looks, now, now)
}

/// Whether a call was made so long ago that Devin is no longer at it.
pub(super) fn was_late(since: Time, now: Time) -> bool {
    now.since(since) > *LATE.end()
}

impl Retry {
    pub(super) fn too_long(self, now: Time) -> bool {
        self.first_failure.is_some_and(|first| now.since(first) > GIVE_UP_AFTER)
    }
}
