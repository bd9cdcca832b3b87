//! The counts: a row for each hour, and one for all time. Each row is one JSON text, so that a call writes two rows,
//! whatever it brings; rows are what storage costs.

use std::time::Duration;

use worker::wasm_bindgen::JsValue;

use super::RegisterObject;
use super::sql::{column, integer, number};
use crate::store::tally::Counts;
use incident::time::{HOUR, Time};

/// The row with the sums of all hours ever.
const TOTALS: Time = Time(0);
/// Hours that are older are deleted.
const KEPT: Duration = Duration::from_hours(8 * 24);

impl RegisterObject {
    pub fn add_counts(&self, counts: &Counts, now: Time) -> worker::Result<()> {
        let hour = now.hour();
        for row in [TOTALS, hour] {
            let known = self.counts_since(row, row)?.pop();
            if known.is_none() {
                let expired = vec![number(TOTALS.0), number(now.minus(KEPT).0)];
                self.exec("DELETE FROM counts WHERE hour > ? AND hour < ?", expired)?;
            }
            let mut sums = known.map(|(_, sums)| sums).unwrap_or_default();
            sums.add_all(counts);
            let sums = JsValue::from_str(&serde_json::to_string(&sums)?);
            self.exec("INSERT OR REPLACE INTO counts VALUES (?, ?)", vec![number(row.0), sums])?;
        }
        Ok(())
    }

    /// The sums of all hours ever.
    pub fn totals(&self) -> worker::Result<Counts> {
        Ok(self.counts_since(TOTALS, TOTALS)?.pop().map(|(_, totals)| totals).unwrap_or_default())
    }

    /// The counts of the last so many hours, this one included, the oldest first; none of those without any.
    pub fn last_hours(&self, hours: u32, now: Time) -> worker::Result<Vec<(Time, Counts)>> {
        let first = now.hour().minus(HOUR.saturating_mul(hours.saturating_sub(1)));
        self.counts_since(first, now)
    }

    fn counts_since(&self, first: Time, last: Time) -> worker::Result<Vec<(Time, Counts)>> {
        let query = "SELECT hour, counts FROM counts WHERE hour BETWEEN ? AND ? ORDER BY hour";
        let mut hours = Vec::new();
        for row in self.exec(query, vec![number(first.0), number(last.0)])? {
            let row = row?;
            let counts = column(&row, "counts").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            hours.push((Time(integer(&row, "hour")), counts));
        }
        Ok(hours)
    }
}
