//! KV as it is: what was written is seen elsewhere after up to a minute, and reads and writes fail.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::world::World;
use engine::edge::Entry;
use engine::host::{Error, Result};
use incident::record::Record;
use incident::time::{DAY, MINUTE, Time};

/// How long after it was written a value may still not be seen.
const LAG: Duration = MINUTE;
/// How long a value is kept.
const KEPT: Duration = DAY.saturating_mul(30);

/// What was written under each key, the newest at the end, and when.
#[derive(Default)]
pub struct Kv {
    values: RefCell<BTreeMap<String, Vec<(Time, Entry)>>>,
}

impl World {
    /// Writes the record's entry.
    pub(crate) async fn cache(&self, record: &Record) -> Result<()> {
        self.executor.pause(self.executor.between(Duration::from_millis(5), Duration::from_millis(300))).await;
        let Some(entry) = Entry::of(record) else { return Ok(()) };
        let (writes, reads) = self.figures.kv.get();
        self.figures.kv.set((writes + 1, reads));
        self.is_worth_a_write(record);
        if self.happens(|weather| weather.kv_fails) {
            return Err(Error("KV failed".into()));
        }
        let now = self.executor.now();
        let mut values = self.kv.values.borrow_mut();
        let versions = values.entry(record.key.to_string()).or_default();
        let old = versions.iter().rposition(|(at, _)| now.since(*at) > LAG).unwrap_or_default();
        versions.drain(..old);
        versions.push((now, entry));
        // It is there, and who wrote it does not know.
        if self.happens(|weather| weather.kv_fails) { Err(Error("KV timed out".into())) } else { Ok(()) }
    }

    /// What is seen under a key.
    pub(crate) async fn cached(&self, key: &str) -> Option<Entry> {
        self.executor.pause(self.executor.between(Duration::from_millis(1), Duration::from_millis(50))).await;
        let (writes, reads) = self.figures.kv.get();
        self.figures.kv.set((writes, reads + 1));
        if self.happens(|weather| weather.kv_fails) {
            return None;
        }
        let now = self.executor.now();
        let seen = now.minus(self.executor.between(Duration::ZERO, LAG));
        let values = self.kv.values.borrow();
        let (at, entry) = values.get(key)?.iter().rev().find(|(at, _)| *at <= seen)?;
        (now.since(*at) < KEPT).then(|| entry.clone())
    }

    /// A write costs, and the free plan has a thousand a day: only what is read is written, and only what has changed.
    fn is_worth_a_write(&self, record: &Record) {
        match record.cache_state() {
            None => self.broke(format!("{}: KV is written, from which it is never read", record.key)),
            state if state == record.cached => {
                self.broke(format!("{}: KV is written again with what it has", record.key));
            }
            Some(_) => {}
        }
    }
}
