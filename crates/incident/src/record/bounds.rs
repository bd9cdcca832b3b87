//! What a record remembers, each list within its bound.

use std::time::Duration;

use text::cut;

use super::{Delivered, Entry, Record};
use crate::time::Time;

/// How many event ids are remembered.
const MOST_RECENT: usize = 50;
/// How many deliveries are remembered.
const MOST_DELIVERIES: usize = 20;
/// The same bytes within this time are the same delivery.
const REDELIVERED_WITHIN: Duration = Duration::from_mins(2);
/// How many levels are remembered.
const MOST_LEVELS: usize = 20;
/// How many characters notes have together: more never reach a prompt.
const MOST_CHANGED: usize = 24_000;
/// The longest error and line of the timeline.
const LONGEST_WORDS: usize = 500;
/// How many lines the timeline keeps; the oldest go first, but the first line stays.
const MOST_TIMELINE: usize = 100;
/// How many notes wait for the next text.
const MOST_CHANGES: usize = 50;
/// The longest note.
const LONGEST_CHANGE: usize = 2_000;

impl Record {
    /// Adds a line to the timeline.
    pub fn note(&mut self, at: Time, what: impl Into<String>) {
        if self.timeline.len() >= MOST_TIMELINE {
            self.timeline.remove(1);
        }
        self.timeline.push(Entry { at, what: cut::head(&what.into(), LONGEST_WORDS) });
    }

    /// Keeps a change for the next text that goes to Devin.
    pub fn keep_change(&mut self, what: &str) {
        if self.changes.len() >= MOST_CHANGES {
            self.changes.remove(0);
            self.changes_sent = self.changes_sent.saturating_sub(1);
        }
        self.changes.push(cut::head(what, LONGEST_CHANGE));
        let mut length: usize = self.changes.iter().map(|change| change.chars().count()).sum();
        while length > MOST_CHANGED {
            length = length.saturating_sub(self.forget_oldest_change());
        }
    }

    /// Drops the oldest note, and says how many characters it had.
    pub(super) fn forget_oldest_change(&mut self) -> usize {
        if self.changes.is_empty() {
            return 0;
        }
        self.changes_sent = self.changes_sent.saturating_sub(1);
        self.changes.remove(0).chars().count()
    }

    /// Forgets the oldest levels where there are too many.
    pub fn bound_levels(&mut self) {
        self.levels.drain(..self.levels.len().saturating_sub(MOST_LEVELS));
    }

    /// Keeps what went wrong.
    pub fn set_error(&mut self, words: Option<String>) {
        self.error = words.map(|words| cut::head(&words, LONGEST_WORDS));
    }

    /// Remembers a delivery without an id; whether it came before, within [`REDELIVERED_WITHIN`].
    pub fn is_redelivery(&mut self, id: &str, now: Time) -> bool {
        self.deliveries.retain(|delivered| now.since(delivered.at) < REDELIVERED_WITHIN);
        if self.deliveries.iter().any(|delivered| delivered.id == id) {
            return true;
        }
        if self.deliveries.len() >= MOST_DELIVERIES {
            self.deliveries.remove(0);
        }
        self.deliveries.push(Delivered { id: id.chars().take(100).collect(), at: now });
        false
    }

    /// Remembers an event's id.
    pub fn remember(&mut self, id: &str) {
        if self.recent.len() >= MOST_RECENT {
            self.recent.remove(0);
        }
        self.recent.push(id.chars().take(100).collect());
    }

    /// Whether the event with this id was taken already.
    pub fn remembers(&self, id: &str) -> bool {
        self.recent.iter().any(|known| known.chars().eq(id.chars().take(100)))
    }
}
