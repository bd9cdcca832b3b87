//! How many sessions may be started: so many in any minute, so many a day, in the order in which they asked.
//!
//! Pure: the register keeps the [`Budget`] in its storage and passes the time in.

use serde_json::Value;

use crate::stored;
use crate::stored::{Fields, Stored};
use crate::time::{MINUTE, SECOND, Time};

/// The limits in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Sessions in any 60 seconds.
    pub per_minute: u32,
    /// Sessions a day (UTC).
    pub per_day: u32,
}

/// What is spent and who waits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// Turns taken, those of the last minute and of today.
    slots: Vec<Slot>,
    /// Who waits for a turn, in order.
    queue: Vec<Waiter>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Slot {
    name: String,
    /// When it was taken or, once the session exists, when it was seen to.
    at: Time,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Waiter {
    name: String,
    /// When it is expected to ask again.
    back_at: Time,
}

/// How much of the limits is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Turns that count for the rate: those of the last minute.
    pub minute: u32,
    /// Turns since midnight (UTC).
    pub today: u32,
    /// How many wait for a turn.
    pub queue: u32,
}

/// The answer to somebody who asks for a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grant {
    /// Go ahead now.
    #[default]
    Go,
    /// Over the rate: so many are ahead; ask again then.
    Queued {
        /// How many wait in front.
        ahead: u32,
        /// When to ask again.
        until: Time,
    },
    /// Over the day's limit; ask again then.
    Held {
        /// The next midnight (UTC).
        until: Time,
    },
}

stored!(Limits { per_minute, per_day });
stored!(Budget { slots, queue });
stored!(Slot { name, at });
stored!(Waiter { name, back_at });

impl Stored for Grant {
    fn to_value(&self) -> Value {
        let (turn, ahead, until) = match *self {
            Grant::Go => ("go", 0, Time::default()),
            Grant::Queued { ahead, until } => ("queued", ahead, until),
            Grant::Held { until } => ("held", 0, until),
        };
        let mut fields = Fields::default();
        fields.put("turn", &turn.to_owned());
        fields.put("ahead", &ahead);
        fields.put("until", &until);
        fields.into_value()
    }

    fn from_value(value: Value) -> Self {
        let mut fields = Fields::of(value);
        let (ahead, until) = (fields.take("ahead"), fields.take("until"));
        match fields.take::<String>("turn").as_str() {
            "queued" => Grant::Queued { ahead, until },
            "held" => Grant::Held { until },
            _ => Grant::Go,
        }
    }
}

/// How long after its time a waiter keeps its place: longer than an alarm is ever late.
const GRACE: i64 = 2 * MINUTE;
/// A turn counts this long. A little more than a minute, because Devin's clock sees the session a little later than
/// the bridge gave the turn.
const RATE_WINDOW: i64 = MINUTE + 2 * SECOND;

impl Budget {
    /// `name` asks for a turn. A turn it already has is replaced, so that each attempt counts when it is made.
    pub fn ask(&mut self, name: &str, limits: Limits, now: Time) -> Grant {
        self.give_back(name);
        self.tidy(now);
        if self.today(now) >= count(limits.per_day) {
            self.leave_queue(name);
            return Grant::Held { until: now.next_midnight() };
        }
        let ahead = self.queue.iter().position(|waiter| waiter.name == name).unwrap_or(self.queue.len());
        let recent = self.recent(now);
        let per_minute = count(limits.per_minute);
        if recent.len().saturating_add(ahead) < per_minute {
            self.leave_queue(name);
            self.slots.push(Slot { name: name.to_owned(), at: now });
            return Grant::Go;
        }
        // The one that is k-th in line goes when the k-th of the turns now taken has aged out; beyond those, a whole
        // window later for every full set.
        let needed = recent.len().saturating_add(ahead).saturating_add(1).saturating_sub(per_minute);
        let (windows, rest) =
            (needed.saturating_sub(1) / per_minute.max(1), needed.saturating_sub(1) % per_minute.max(1));
        let base = recent.get(rest).copied().unwrap_or(now);
        let windows = i64::try_from(windows).unwrap_or(i64::MAX).saturating_add(1);
        let until = base.plus(RATE_WINDOW.saturating_mul(windows)).max(now.plus(SECOND / 10));
        match self.queue.iter_mut().find(|waiter| waiter.name == name) {
            Some(waiter) => waiter.back_at = until,
            None => self.queue.push(Waiter { name: name.to_owned(), back_at: until }),
        }
        Grant::Queued { ahead: u32::try_from(ahead).unwrap_or(u32::MAX), until }
    }

    /// The session exists: its turn is spent, now.
    pub fn spent(&mut self, name: &str, now: Time) {
        for slot in self.slots.iter_mut().filter(|slot| slot.name == name) {
            slot.at = slot.at.max(now);
        }
        self.leave_queue(name);
    }

    /// No session came of the turn.
    pub fn give_back(&mut self, name: &str) {
        self.slots.retain(|slot| slot.name != name);
    }

    /// `name` no longer wants a turn.
    pub fn leave_queue(&mut self, name: &str) {
        self.queue.retain(|waiter| waiter.name != name);
    }

    /// Sessions since midnight (UTC).
    pub fn today(&self, now: Time) -> usize {
        let midnight = now.midnight();
        self.slots.iter().filter(|slot| slot.at >= midnight).count()
    }

    /// When the turns that still count for the rate were taken, the oldest first.
    fn recent(&self, now: Time) -> Vec<Time> {
        let mut recent = Vec::new();
        for slot in &self.slots {
            if now.since(slot.at) < RATE_WINDOW {
                // Nearly always the end: the slots are in the order in which they were taken.
                let place = recent.partition_point(|at| *at <= slot.at);
                recent.insert(place, slot.at);
            }
        }
        recent
    }

    /// How much of the limits is used now.
    pub fn usage(&self, now: Time) -> Usage {
        let waiting = self.queue.iter().filter(|waiter| waiter.expected(now)).count();
        let small = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Usage { minute: small(self.recent(now).len()), today: small(self.today(now)), queue: small(waiting) }
    }

    /// Drops what no longer counts. A slot in the future, after the clock jumped back, counts as taken now.
    fn tidy(&mut self, now: Time) {
        let midnight = now.midnight();
        for slot in &mut self.slots {
            slot.at = slot.at.min(now);
        }
        self.slots.retain(|slot| slot.at >= midnight || now.since(slot.at) < RATE_WINDOW);
        self.queue.retain(|waiter| waiter.expected(now));
    }
}

impl Waiter {
    /// Whether it may still come back.
    fn expected(&self, now: Time) -> bool {
        now.since(self.back_at) < GRACE
    }
}

fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const LIMITS: Limits = Limits { per_minute: 2, per_day: 5 };
    const NOON: Time = Time(1_750_000_000_000 - 1_750_000_000_000 % crate::time::DAY + 12 * HOUR);

    #[test]
    fn what_is_over_the_rate_waits_in_order() {
        let mut budget = Budget::default();
        assert_eq!(budget.ask("a", LIMITS, NOON), Grant::Go);
        assert_eq!(budget.ask("b", LIMITS, NOON.plus(SECOND)), Grant::Go);
        let Grant::Queued { ahead: 0, until: c } = budget.ask("c", LIMITS, NOON.plus(2 * SECOND)) else { panic!() };
        let Grant::Queued { ahead: 1, until: d } = budget.ask("d", LIMITS, NOON.plus(2 * SECOND)) else { panic!() };
        let Grant::Queued { ahead: 2, until: e } = budget.ask("e", LIMITS, NOON.plus(2 * SECOND)) else { panic!() };
        assert_eq!((c, d), (NOON.plus(RATE_WINDOW), NOON.plus(SECOND + RATE_WINDOW)));
        assert_eq!(e, NOON.plus(2 * RATE_WINDOW));
        assert_eq!(budget.ask("c", LIMITS, c), Grant::Go);
        assert_eq!(budget.ask("d", LIMITS, d), Grant::Go);
    }

    #[test]
    fn nobody_overtakes_who_waits() {
        let mut budget = Budget::default();
        budget.ask("a", LIMITS, NOON);
        budget.ask("b", LIMITS, NOON);
        let Grant::Queued { until, .. } = budget.ask("c", LIMITS, NOON) else { panic!() };
        budget.ask("d", LIMITS, NOON);
        // Two turns are free at once, and c and d stand before the newcomer.
        assert!(matches!(budget.ask("newcomer", LIMITS, until), Grant::Queued { ahead: 2, .. }));
        assert_eq!(budget.ask("d", LIMITS, until), Grant::Go);
        assert_eq!(budget.ask("c", LIMITS, until), Grant::Go);
    }

    #[test]
    fn what_is_used_is_known() {
        let mut budget = Budget::default();
        for name in ["a", "b", "c", "d"] {
            budget.ask(name, LIMITS, NOON);
        }
        assert_eq!(budget.usage(NOON), Usage { minute: 2, today: 2, queue: 2 });
        assert_eq!(budget.usage(NOON.plus(HOUR)), Usage { minute: 0, today: 2, queue: 0 });
        assert_eq!(budget.usage(NOON.next_midnight()), Usage::default());
    }

    #[test]
    fn who_never_comes_back_loses_its_place() {
        let mut budget = Budget::default();
        budget.ask("a", LIMITS, NOON);
        budget.ask("b", LIMITS, NOON);
        let Grant::Queued { until, .. } = budget.ask("gone", LIMITS, NOON) else { panic!() };
        budget.ask("also gone", LIMITS, NOON);
        assert_eq!(budget.ask("c", LIMITS, until.plus(GRACE)), Grant::Go);
    }

    #[test]
    fn a_turn_given_back_is_free_again_and_counts_for_nothing() {
        let mut budget = Budget::default();
        budget.ask("a", LIMITS, NOON);
        budget.ask("b", LIMITS, NOON);
        budget.give_back("a");
        assert_eq!(budget.ask("c", LIMITS, NOON), Grant::Go);
        assert_eq!(budget.today(NOON), 2);
    }

    #[test]
    fn over_the_day_it_is_held_until_midnight() {
        let mut budget = Budget::default();
        for n in 0..5 {
            let now = NOON.plus(n * MINUTE * 2);
            assert_eq!(budget.ask(&format!("s{n}"), LIMITS, now), Grant::Go);
            budget.spent(&format!("s{n}"), now);
        }
        let later = NOON.plus(HOUR);
        assert_eq!(budget.ask("x", LIMITS, later), Grant::Held { until: NOON.next_midnight() });
        assert_eq!(budget.ask("x", LIMITS, NOON.next_midnight()), Grant::Go);
    }

    #[test]
    fn a_limit_of_nothing_lets_nothing_through() {
        let none = Limits { per_minute: 0, per_day: 5 };
        assert!(matches!(Budget::default().ask("a", none, NOON), Grant::Queued { .. }));
    }

    proptest! {
        #[test]
        fn never_more_than_the_rate_in_any_minute(
            steps in prop::collection::vec((0..30_i64, 0..12_usize), 1..300),
            per_minute in 1..5_u32,
        ) {
            let limits = Limits { per_minute, per_day: 1_000 };
            let mut budget = Budget::default();
            let (mut now, mut granted) = (NOON, Vec::new());
            for (seconds, who) in steps {
                now = now.plus(seconds * SECOND / 4);
                if budget.ask(&format!("{who}/{}", granted.len()), limits, now) == Grant::Go {
                    granted.push(now);
                }
            }
            for (index, first) in granted.iter().enumerate() {
                let close = granted[index..].iter().filter(|at| at.since(*first) < MINUTE).count();
                prop_assert!(close <= per_minute as usize);
            }
        }

        #[test]
        fn everybody_gets_a_turn_in_the_end(people in 1..40_usize, per_minute in 1..6_u32) {
            let limits = Limits { per_minute, per_day: 1_000 };
            let mut budget = Budget::default();
            let mut due: Vec<(Time, usize)> = (0..people).map(|who| (NOON, who)).collect();
            let mut order = Vec::new();
            let mut asked = 0;
            while let Some(&(now, who)) = due.iter().min() {
                due.retain(|entry| *entry != (now, who));
                asked += 1;
                prop_assert!(asked < 20 * people + 20);
                match budget.ask(&who.to_string(), limits, now) {
                    Grant::Go => order.push(who),
                    Grant::Queued { until, .. } => due.push((until, who)),
                    Grant::Held { .. } => prop_assert!(false),
                }
            }
            prop_assert_eq!(order, (0..people).collect::<Vec<_>>());
        }
    }
}
