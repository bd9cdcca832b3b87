//! Points in time as values: nothing below the shell reads a clock.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use crate::stored::Stored;

/// A second, in the unit of [`Time`].
pub const SECOND: i64 = 1_000;
/// A minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// This point moved by `milliseconds`, later where positive; stays in range.
    pub fn plus(self, milliseconds: i64) -> Time {
        Time(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this point; 0 where the clock has jumped back in between.
    pub fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// The midnight (UTC) that follows.
    pub fn next_midnight(self) -> Time {
        Time(self.0.div_euclid(DAY).saturating_add(1).saturating_mul(DAY))
    }

    /// The midnight (UTC) at or before this point.
    pub fn midnight(self) -> Time {
        Time(self.0.div_euclid(DAY).saturating_mul(DAY))
    }

    /// RFC 3339 with milliseconds, in UTC; empty for a point outside the calendar.
    pub fn rfc3339(self) -> String {
        DateTime::from_timestamp_millis(self.0)
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
            .unwrap_or_default()
    }

    /// Reads RFC 3339, with any number of digits in the fraction.
    pub fn from_rfc3339(text: &str) -> Option<Time> {
        DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| Time(at.timestamp_millis()))
    }

    /// Reads the date form of HTTP's `Retry-After`, for example `Sun, 06 Nov 1994 08:49:37 GMT`. By hand, because the
    /// general reader for dates in mail costs 8 KB of WASM.
    pub fn from_http_date(text: &str) -> Option<Time> {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let mut words = text.trim().strip_suffix(" GMT")?.split(' ').skip(1);
        let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let month = MONTHS.iter().position(|name| *name == month)?.saturating_add(1);
        Time::from_rfc3339(&format!("{year}-{month:02}-{day:0>2}T{time}Z"))
    }
}

impl Stored for Time {
    fn to_value(&self) -> Value {
        self.0.to_value()
    }

    fn from_value(value: Value) -> Self {
        Time(i64::from_value(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn texts_are_read_and_written() {
        let at = Time::from_rfc3339("2026-02-10T14:32:00.1234567Z").unwrap();
        assert_eq!(at.rfc3339(), "2026-02-10T14:32:00.123Z");
        assert_eq!(Time::from_rfc3339("2026-02-10T15:32:00+01:00"), Time::from_rfc3339("2026-02-10T14:32:00Z"));
        assert_eq!(Time::from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Time(784_111_777_000)));
        assert_eq!(Time::from_rfc3339("yesterday"), None);
    }

    #[test]
    fn the_day_ends_at_midnight() {
        let noon = Time::from_rfc3339("2026-02-10T12:00:00Z").unwrap();
        assert_eq!(noon.next_midnight().rfc3339(), "2026-02-11T00:00:00.000Z");
        assert_eq!(noon.next_midnight().next_midnight().rfc3339(), "2026-02-12T00:00:00.000Z");
        assert_eq!(noon.midnight().rfc3339(), "2026-02-10T00:00:00.000Z");
    }

    #[test]
    fn a_clock_that_jumps_back_is_no_time_at_all() {
        assert_eq!(Time(5).since(Time(10)), 0);
        assert_eq!(Time(i64::MAX).plus(1), Time(i64::MAX));
    }
}
