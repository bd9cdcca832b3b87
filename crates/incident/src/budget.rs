//! How many sessions may be started: so many in any minute, so many a day, in the order in which they asked.
//!
//! Pure: the register keeps the [`Budget`]'s turns and queue in its storage, row by row, and passes the time in.

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
    /// Turns taken, those of the last minute and of today, by the names of their incidents.
    turns: Vec<Turn>,
    /// When the turns were taken that count for the rate, the oldest first.
    recent: Vec<Time>,
    /// Who waits for a turn, in order.
    queue: Vec<Waiter>,
    /// The day (UTC) whose turns these are, by its midnight.
    day: Time,
    /// How many of the turns were taken on that day.
    today: usize,
}

/// A turn that was taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The incident's name.
    pub name: String,
    /// When it was taken or, once the session exists, when it was seen to.
    pub at: Time,
}

/// An incident that waits for a turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waiter {
    /// The incident's name.
    pub name: String,
    /// When it is expected to ask again.
    pub back_at: Time,
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
pub const GRACE: i64 = 2 * MINUTE;
/// A turn counts this long. A little more than a minute, because Devin's clock sees the session a little later than
/// the bridge gave the turn.
const RATE_WINDOW: i64 = MINUTE + 2 * SECOND;

impl Budget {
    /// The budget as it was stored: `turns` in the order of their names, `queue` in that of the queue.
    pub fn restored(turns: Vec<Turn>, queue: Vec<Waiter>, now: Time) -> Budget {
        let mut budget = Budget { queue, ..Budget::default() };
        for turn in turns.iter().filter(|turn| now.since(turn.at) < RATE_WINDOW) {
            budget.remember(turn.at);
        }
        budget.turns = turns;
        budget.tidy(now);
        budget
    }

    /// `name` asks for a turn. A turn it already has is replaced, so that each attempt counts when it is made.
    pub fn ask(&mut self, name: &str, limits: Limits, now: Time) -> Grant {
        self.give_back(name);
        self.tidy(now);
        if self.today >= count(limits.per_day) {
            self.leave_queue(name);
            return Grant::Held { until: now.next_midnight() };
        }
        let ahead = self.queue.iter().position(|waiter| waiter.name == name).unwrap_or(self.queue.len());
        let taken = self.recent.len();
        let per_minute = count(limits.per_minute);
        if taken.saturating_add(ahead) < per_minute {
            self.leave_queue(name);
            self.take(name, now);
            return Grant::Go;
        }
        // The one that is k-th in line goes when the k-th of the turns now taken has aged out; beyond those, a whole
        // window later for every full set.
        let needed = taken.saturating_add(ahead).saturating_add(1).saturating_sub(per_minute);
        let (windows, rest) =
            (needed.saturating_sub(1) / per_minute.max(1), needed.saturating_sub(1) % per_minute.max(1));
        let base = self.recent.get(rest).copied().unwrap_or(now);
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
        if let Ok(place) = self.place(name)
            && let Some(turn) = self.turns.get_mut(place)
        {
            let (before, after) = (turn.at, turn.at.max(now));
            turn.at = after;
            self.forget(before);
            self.remember(after);
        }
        self.leave_queue(name);
    }

    /// No session came of the turn.
    pub fn give_back(&mut self, name: &str) {
        let Ok(place) = self.place(name) else { return };
        let turn = self.turns.remove(place);
        self.forget(turn.at);
    }

    /// `name` no longer wants a turn.
    pub fn leave_queue(&mut self, name: &str) {
        self.queue.retain(|waiter| waiter.name != name);
    }

    /// When `name` took its turn, if it has one.
    pub fn turn(&self, name: &str) -> Option<Time> {
        self.turns.get(self.place(name).ok()?).map(|turn| turn.at)
    }

    /// When `name` is expected to ask again, if it waits.
    pub fn back_at(&self, name: &str) -> Option<Time> {
        self.queue.iter().find(|waiter| waiter.name == name).map(|waiter| waiter.back_at)
    }

    /// Sessions since midnight (UTC).
    pub fn today(&self, now: Time) -> usize {
        let midnight = now.midnight();
        self.turns.iter().filter(|turn| turn.at >= midnight).count()
    }

    /// Where in `turns` the one of `name` is or, as an error, would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.turns.binary_search_by(|turn| turn.name.as_str().cmp(name))
    }

    fn take(&mut self, name: &str, at: Time) {
        if let Err(place) = self.place(name) {
            self.turns.insert(place, Turn { name: name.to_owned(), at });
            self.remember(at);
        }
    }

    fn remember(&mut self, at: Time) {
        let place = self.recent.partition_point(|other| *other <= at);
        self.recent.insert(place, at);
        self.today = self.today.saturating_add((at >= self.day).into());
    }

    fn forget(&mut self, at: Time) {
        if let Ok(place) = self.recent.binary_search(&at) {
            self.recent.remove(place);
        }
        self.today = self.today.saturating_sub((at >= self.day).into());
    }

    /// How much of the limits is used now.
    pub fn usage(&self, now: Time) -> Usage {
        let waiting = self.queue.iter().filter(|waiter| waiter.expected(now)).count();
        let recent = self.recent.iter().filter(|at| now.since(**at) < RATE_WINDOW).count();
        let small = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Usage { minute: small(recent), today: small(self.today(now)), queue: small(waiting) }
    }

    /// Drops what no longer counts. A turn in the future, after the clock jumped back, counts as taken now. Whether it
    /// is a new day, so that what was dropped may be many turns.
    pub fn tidy(&mut self, now: Time) -> bool {
        if self.recent.last().is_some_and(|last| *last > now) {
            for turn in &mut self.turns {
                turn.at = turn.at.min(now);
            }
            for at in &mut self.recent {
                *at = (*at).min(now);
            }
        }
        let aged = self.recent.partition_point(|at| now.since(*at) >= RATE_WINDOW);
        self.recent.drain(..aged);
        self.queue.retain(|waiter| waiter.expected(now));
        let midnight = now.midnight();
        let new_day = self.day != midnight;
        if new_day {
            self.day = midnight;
            self.turns.retain(|turn| turn.at >= oldest(now));
            self.today = self.today(now);
        }
        new_day
    }
}

/// Turns that were taken before then count for nothing any more.
pub fn oldest(now: Time) -> Time {
    now.midnight().min(now.plus(-RATE_WINDOW))
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
    use std::collections::BTreeMap;
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

    /// What storage has: the rows of turns by name, and those of the queue in their order.
    #[derive(Default)]
    struct Rows {
        turns: BTreeMap<String, Time>,
        queue: Vec<Waiter>,
    }

    impl Rows {
        fn keep(&mut self, budget: &Budget, name: &str, waited: bool) {
            self.turns.remove(name);
            self.turns.extend(budget.turn(name).map(|at| (name.to_owned(), at)));
            let back_at = budget.back_at(name);
            match (back_at, self.queue.iter_mut().find(|waiter| waiter.name == name)) {
                (Some(back_at), Some(waiter)) if waited => waiter.back_at = back_at,
                _ => {
                    self.queue.retain(|waiter| waiter.name != name);
                    self.queue.extend(back_at.map(|back_at| Waiter { name: name.to_owned(), back_at }));
                }
            }
        }

        fn read(&self, now: Time) -> Budget {
            let turns = self.turns.iter().map(|(name, at)| Turn { name: name.clone(), at: *at }).collect();
            Budget::restored(turns, self.queue.clone(), now)
        }
    }

    #[test]
    fn yesterdays_turns_are_dropped_on_a_new_day() {
        let mut budget = Budget::default();
        assert!(budget.tidy(NOON));
        assert_eq!(budget.ask("a", LIMITS, NOON), Grant::Go);
        let midnight = NOON.next_midnight();
        assert_eq!(budget.ask("b", LIMITS, midnight.plus(-SECOND)), Grant::Go);
        assert!(!budget.tidy(midnight.plus(-1)));
        assert!(budget.tidy(midnight));
        assert_eq!((budget.turn("a"), budget.turn("b").is_some()), (None, true));
        assert_eq!(budget.usage(midnight), Usage { minute: 1, today: 0, queue: 0 });
    }

    #[test]
    fn a_clock_that_jumps_back_locks_nobody_out() {
        let mut budget = Budget::default();
        budget.ask("a", LIMITS, NOON.plus(HOUR));
        budget.ask("b", LIMITS, NOON.plus(HOUR));
        assert!(matches!(budget.ask("c", LIMITS, NOON), Grant::Queued { .. }));
        assert_eq!(budget.ask("c", LIMITS, NOON.plus(RATE_WINDOW)), Grant::Go);
    }

    proptest! {
        #[test]
        fn what_was_stored_is_the_same_budget(
            steps in prop::collection::vec((0..4_u8, 0..8_usize, 0..200_i64), 1..200),
            per_minute in 1..4_u32,
        ) {
            let limits = Limits { per_minute, per_day: 20 };
            let (mut budget, mut rows, mut now) = (Budget::default(), Rows::default(), NOON.plus(11 * HOUR));
            for (act, who, seconds) in steps {
                now = now.plus(seconds * SECOND / 2);
                budget.tidy(now);
                let (name, mut restored) = (who.to_string(), rows.read(now));
                prop_assert_eq!(restored.usage(now), budget.usage(now));
                prop_assert_eq!(budget.today, budget.today(now));
                prop_assert_eq!((&restored.recent, &restored.queue), (&budget.recent, &budget.queue));
                let waited = budget.back_at(&name).is_some();
                match act {
                    0 => budget.give_back(&name),
                    1 => budget.spent(&name, now),
                    _ => prop_assert_eq!(budget.ask(&name, limits, now), restored.ask(&name, limits, now)),
                }
                rows.keep(&budget, &name, waited);
            }
        }

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
