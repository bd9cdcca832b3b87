//! Points in time as values: nothing below the shell reads a clock.

use serde::{Deserialize, Serialize};
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    /// The full hour (UTC) at or before this point.
    pub fn hour(self) -> Time {
        Time(self.0.div_euclid(HOUR).saturating_mul(HOUR))
    }

    /// RFC 3339 with milliseconds, in UTC; empty for a year that has not four digits.
    pub fn rfc3339(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        if !(0..=9999).contains(&year) {
            return String::new();
        }
        let time = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (time / HOUR, time / MINUTE % 60, time / SECOND % 60);
        let fraction = time % SECOND;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
    }

    /// Reads RFC 3339, with any number of digits in the fraction. By hand, like [`Time::rfc3339`]: a crate for dates
    /// costs 5 KB of WASM.
    pub fn from_rfc3339(text: &str) -> Option<Time> {
        let text = text.trim();
        let mark = |at: usize| text.as_bytes().get(at).copied().unwrap_or(0);
        let marks = [mark(4), mark(7), mark(10), mark(13), mark(16)];
        if !matches!(marks, [b'-', b'-', b'T' | b't' | b' ', b':', b':']) {
            return None;
        }
        let part = |at: usize, length: usize| digits(text.get(at..at.checked_add(length)?)?);
        let (year, month, day) = (part(0, 4)?, part(5, 2)?, part(8, 2)?);
        let (hour, minute, second) = (part(11, 2)?, part(14, 2)?, part(17, 2)?);
        let days = days(year, month, day);
        // A leap second is the first of the next minute.
        if civil(days) != (year, month, day) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut fraction = 0;
        if let Some(after) = rest.strip_prefix('.') {
            rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            let kept = after.strip_suffix(rest)?;
            fraction = digits(&format!("{:0<3}", kept.get(..3).unwrap_or(kept)))?;
            digits(kept.get(..1)?)?;
        }
        let offset = match rest {
            "Z" | "z" => 0,
            _ => {
                let (hours, minutes) = rest.get(1..)?.split_once(':').filter(|_| rest.len() == 6)?;
                let (hours, minutes) = (digits(hours)?, digits(minutes)?);
                let offset = hours * HOUR + minutes * MINUTE;
                match rest.as_bytes().first() {
                    _ if hours > 23 || minutes > 59 => return None,
                    Some(b'+') => offset,
                    Some(b'-') => -offset,
                    _ => return None,
                }
            }
        };
        Some(Time(days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + fraction - offset))
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

/// A short text of nothing but digits as a number.
fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The number of a day of the Gregorian calendar; day 0 is 1970-01-01. Years are counted from March, which puts the
/// leap day last, in eras of 400: <https://howardhinnant.github.io/date_algorithms.html>.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}

/// The year, month and day that a day's number means: the inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day - (153 * from_march + 2) / 5 + 1)
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
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    proptest! {
        #[test]
        fn every_time_is_written_as_the_crate_does(at in -62_167_219_200_000i64..253_402_300_800_000) {
            let shown = DateTime::from_timestamp_millis(at).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true);
            prop_assert_eq!(Time(at).rfc3339(), shown.as_str());
            prop_assert_eq!(Time::from_rfc3339(&shown), Some(Time(at)));
        }

        #[test]
        fn every_text_is_read_as_the_crate_does(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,5})?(Z|z|[+-][0-2][0-9]:[0-6][0-9]|)"
        ) {
            let expected = DateTime::parse_from_rfc3339(&text).ok().map(|at| Time(at.timestamp_millis()));
            prop_assert_eq!(Time::from_rfc3339(&text), expected, "{}", text);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026",
            "2026-02-29T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00é",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.5",
            "2026-01-01T00:00:00.é",
            "2026-01-0\u{e9}T00:00:00Z",
        ] {
            assert_eq!(Time::from_rfc3339(text), None, "{text}");
        }
        assert_eq!(Time(i64::MAX).rfc3339(), "");
        assert_eq!(Time(i64::MIN).rfc3339(), "");
    }

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
