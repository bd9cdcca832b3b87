//! When what failed is tried again.

use std::ops::RangeInclusive;

use crate::failure::Failure;
use crate::record::Trouble;
use crate::time::{HOUR, MINUTE, SECOND, Time};

/// The longest pause between two attempts.
pub const LONGEST_PAUSE: i64 = 10 * MINUTE;

/// After this long without success an incident is given up: a dead letter that can be replayed.
pub const GIVE_UP_AFTER: i64 = 48 * HOUR;
/// A list of Devin's may lag behind, so an ambiguous call is looked up this often before it is made again, …
pub const LOOKS: u32 = 3;
/// … with these pauses in milliseconds before each look, …
const LOOK_PAUSES: [i64; LOOKS as usize] = [SECOND, 3 * SECOND, 8 * SECOND];
/// … and so many times as long where the call was made in this span before: Devin may still be at it.
const LATE: RangeInclusive<i64> = 30 * SECOND..=5 * MINUTE;
const PATIENCE: i64 = 15;
/// A source of chance for pauses: a number from 0 (inclusive) to 1 (exclusive).
pub type Chance = f64;

impl Trouble {
    /// After one more failure.
    pub(super) fn again(self, now: Time) -> Trouble {
        Trouble { times: self.times.saturating_add(1), since: self.since.or(Some(now)) }
    }
}

/// Milliseconds before the next attempt: Devin's own wish, or a growing pause.
pub(super) fn pause(failure: &Failure, trouble: Trouble, chance: Chance) -> i64 {
    match failure {
        Failure::Busy { after: Some(after), .. } => (*after).max(SECOND),
        _ => backoff(trouble.times, chance),
    }
}

/// 1 s after the first failure, doubled after each further one, at most [`LONGEST_PAUSE`], plus up to a quarter so
/// that four hundred incidents do not come back in step.
pub fn backoff(times: u32, chance: Chance) -> i64 {
    let doublings = times.saturating_sub(1).min(20);
    let pause = SECOND.saturating_mul(1 << doublings).min(LONGEST_PAUSE * 4 / 5);
    let quarter = i32::try_from(pause / 4).unwrap_or(i32::MAX);
    // The product is below a quarter of ten minutes in milliseconds, so nothing is lost in the conversion.
    pause.saturating_add((f64::from(quarter) * chance.clamp(0.0, 1.0)) as i64)
}

pub(super) fn look_pause(looks: u32, since: Time, now: Time) -> i64 {
    let index = usize::try_from(looks).unwrap_or(usize::MAX);
    let pause = LOOK_PAUSES.get(index).copied().unwrap_or(SECOND);
    if LATE.contains(&now.since(since)) { pause.saturating_mul(PATIENCE) } else { pause }
}

impl Trouble {
    pub(super) fn too_long(self, now: Time) -> bool {
        self.since.is_some_and(|since| now.since(since) > GIVE_UP_AFTER)
    }
}
