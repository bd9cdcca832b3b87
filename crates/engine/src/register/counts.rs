//! The counts: a row for each hour, and one for all time. Each row is one JSON text, so that a call writes two rows,
//! whatever it brings; rows are what storage costs.

use std::time::Duration;

use super::Program;
use crate::counts::Counts;
use crate::host::{Binding, RegisterHost, Result, Row};
use ::incident::time::{HOUR, Time};

/// The row with the sums of all hours ever.
const TOTALS: Time = Time(0);
/// Hours that are older are deleted.
const KEPT: Duration = Duration::from_hours(8 * 24);

impl<H: RegisterHost> Program<H> {
    pub(super) fn add_counts(&self, counts: &Counts, now: Time) -> Result<()> {
        let hour = now.hour();
        for row in [TOTALS, hour] {
            let known = self.counts_since(row, row)?.pop();
            if known.is_none() {
                let expired = vec![Binding::from(TOTALS), Binding::from(now.minus(KEPT))];
                self.exec("DELETE FROM counts WHERE hour > ? AND hour < ?", expired)?;
            }
            let mut sums = known.map(|(_, sums)| sums).unwrap_or_default();
            sums.add_all(counts);
            let sums = serde_json::to_string(&sums)?.into();
            self.exec("INSERT OR REPLACE INTO counts VALUES (?, ?)", vec![Binding::from(row), sums])?;
        }
        Ok(())
    }

    /// The sums of all hours ever.
    pub(super) fn totals(&self) -> Result<Counts> {
        Ok(self.counts_since(TOTALS, TOTALS)?.pop().map(|(_, totals)| totals).unwrap_or_default())
    }

    /// The counts of the last so many hours, this one included, the oldest first; none of those without any.
    pub(super) fn last_hours(&self, hours: u32, now: Time) -> Result<Vec<(Time, Counts)>> {
        let first = now.hour().minus(HOUR.saturating_mul(hours.saturating_sub(1)));
        self.counts_since(first, now)
    }

    fn counts_since(&self, first: Time, last: Time) -> Result<Vec<(Time, Counts)>> {
        let query = "SELECT hour, counts FROM counts WHERE hour BETWEEN ? AND ? ORDER BY hour";
        let mut hours = Vec::new();
        for row in self.exec(query, vec![Binding::from(first), Binding::from(last)])? {
            let counts = row.text("counts").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            hours.push((Time(row.integer("hour")), counts));
        }
        Ok(hours)
    }
}
