//! What need not be done with every request: rows that count for nothing any more only take room.

use std::cell::Cell;
use std::time::Duration;

use ::incident::time::Time;

/// So long after they were last deleted such rows are deleted again.
const PAUSE: Duration = Duration::from_mins(10);

/// When something was last done since the object's start.
#[derive(Default)]
pub(super) struct Seldom(Cell<Option<Time>>);

impl Seldom {
    /// Whether it is due; it is done now then. A clock that was set back makes it due at once.
    pub(super) fn is_due(&self, now: Time) -> bool {
        let due = self.0.get().is_none_or(|last| now < last || now.since(last) >= PAUSE);
        if due {
            self.0.set(Some(now));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn it_is_due_at_first_after_ten_minutes_and_when_the_clock_was_set_back() {
        let (seldom, now) = (Seldom::default(), Time(1_760_000_000_000));
        assert!(seldom.is_due(now));
        assert!(!seldom.is_due(now));
        assert!(!seldom.is_due(now.plus(PAUSE / 2)));
        assert!(seldom.is_due(now.plus(PAUSE)));
        assert!(seldom.is_due(now));
    }
}
