//! When what failed is tried again.

use crate::failure::Failure;
use crate::record::Trouble;
use crate::time::{MINUTE, SECOND, Time};

/// The longest pause between two attempts.
pub const LONGEST_PAUSE: i64 = 10 * MINUTE;

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
