//! Points in time as values: nothing below the shell reads a clock.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

/// A second.
pub const SECOND: Duration = Duration::from_secs(1);
/// A minute.
pub const MINUTE: Duration = Duration::from_mins(1);
/// An hour.
pub const HOUR: Duration = Duration::from_hours(1);
/// A day.
pub const DAY: Duration = Duration::from_hours(24);

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub i64);

impl Time {
    /// This point moved by so much, in whole milliseconds; stays in range.
    pub fn plus(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(millis(duration)))
    }

    /// The point so long before, in whole milliseconds; stays in range.
    pub fn minus(self, duration: Duration) -> Time {
        Time(self.0.saturating_sub(millis(duration)))
    }

    /// How long it is from `earlier` to this point; nothing where the clock has jumped back in between.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }

    /// The midnight (UTC) that follows.
    pub fn next_midnight(self) -> Time {
        self.midnight().plus(DAY)
    }

    /// The midnight (UTC) at or before this point.
    pub fn midnight(self) -> Time {
        self.start_of(DAY)
    }

    /// The full hour (UTC) at or before this point.
    pub fn hour(self) -> Time {
        self.start_of(HOUR)
    }

    fn start_of(self, unit: Duration) -> Time {
        Time(self.0.saturating_sub(self.0.rem_euclid(millis(unit))))
    }

    /// RFC 3339 with milliseconds, in UTC; empty for a year that has not four digits.
    pub fn rfc3339(self) -> String {
        let time = DateTime::from_timestamp_millis(self.0).filter(|time| (0..=9999).contains(&time.year()));
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)).unwrap_or_default()
    }

    /// Reads RFC 3339, with any number of digits in the fraction. `None` too for the few hours that an offset moves out of
    /// the years that [`Time::rfc3339`] can write.
    pub fn from_rfc3339(text: &str) -> Option<Time> {
        let time = DateTime::parse_from_rfc3339(text.trim()).ok()?.to_utc();
        (0..=9999).contains(&time.year()).then(|| Time(time.timestamp_millis()))
    }

    /// Reads the date form of HTTP's `Retry-After`, for example `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn from_http_date(text: &str) -> Option<Time> {
        // The day of the week says nothing new, and some servers have it wrong.
        let (_, date) = text.trim().split_once(' ')?;
        let date = NaiveDateTime::parse_from_str(date, "%d %b %Y %H:%M:%S GMT").ok()?;
        Some(Time(date.and_utc().timestamp_millis()))
    }
}

/// Whole milliseconds; what is longer than there are dates counts as the longest time.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
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

        #[test]
        fn every_time_that_is_read_can_be_written(
            text in "(0000-01-01|9999-12-31|2026-02-10)T[0-2][0-9]:[0-5][0-9]:[0-5][0-9][+-][01][0-9]:[0-5][0-9]"
        ) {
            prop_assert!(Time::from_rfc3339(&text).is_none_or(|at| !at.rfc3339().is_empty()), "{}", text);
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
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
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
    fn http_dates_are_read_whatever_day_of_the_week_they_say() {
        let at = Time::from_rfc3339("1994-11-06T08:49:37Z");
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", " Mon, 6 Nov 1994 08:49:37 GMT "] {
            assert_eq!(Time::from_http_date(text), at, "{text}");
        }
        for text in
            ["", "soon", "GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT", "é 06 Nov 1994 GMT"]
        {
            assert_eq!(Time::from_http_date(text), None, "{text}");
        }
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
        assert_eq!(Time(5).since(Time(10)), Duration::ZERO);
        assert_eq!(Time(i64::MAX).plus(SECOND), Time(i64::MAX));
    }
}
