//! Clocks that jump: every object runs somewhere, and while the clocks are wrong any of them may be set forward or back by
//! up to an hour between two steps. Devin's, and the time of the world, are right.
//!
//! What is not expected of the bridge because of that is this and no more; everything else is checked all the time:
//!
//! | promise | does not hold |
//! |---|---|
//! | no more sessions in a minute, a day and a route's day than their limits | they begin anew each time the register's clock is set, and its midnight is another one while it is wrong (`World::times_anew`). The incidents' clocks change nothing |
//! | a session of today counts | on a day on which the register's clock was set |
//! | nobody starts in a pause | that ends by itself, while the register's clock is wrong. A pause without an end always holds |
//! | nobody holds a permit and waits | for an hour after the register's clock was set |
//! | nobody waits where there is room | on a day on which any clock was wrong: who is ahead confirms its permit for a later time |
//! | those who were held don't come back all at once | for an hour after any clock was wrong: all that is late by then comes when they are set right |
//! | an alarm is set for what is due | is late by as much as the object's clock was set back, for three hours |
//! | what an alert's sender is answered is true | for two hours after the clock of its object was wrong: an hour's window is told by it |

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::world::{Weather, World};
use incident::time::{HOUR, MINUTE, Time, millis};

/// The machine that the register runs on; an incident's object runs on one of its own, by its key.
pub const REGISTER: &str = "";

/// How wrong the clocks are.
#[derive(Default)]
pub struct Clocks {
    /// Milliseconds that a clock is ahead, where it was set since they were all right.
    ahead: RefCell<BTreeMap<String, i64>>,
    /// When each was last set, right or wrong.
    set: RefCell<BTreeMap<String, Time>>,
    /// When the last of them was.
    last: Cell<Option<Time>>,
    /// Every time that the register's was.
    register: RefCell<Vec<Time>>,
}

impl World {
    /// What the clock of a machine shows.
    pub(crate) fn clock(&self, machine: &str) -> Time {
        let ahead = self.clocks.ahead.borrow().get(machine).copied().unwrap_or_default();
        Time(self.executor.now().0 + ahead)
    }

    /// Here a clock may jump.
    pub(crate) fn may_jump(&self, machine: &str) {
        let odds: fn(&Weather) -> f64 =
            if machine == REGISTER { |weather| weather.register_jumps } else { |weather| weather.clock_jumps };
        if !self.happens(odds) {
            return;
        }
        let far = millis(self.executor.between(MINUTE, HOUR));
        self.set_clock(machine, [far, -far, 0][self.executor.below(3)]);
    }

    /// A machine's clock is so many milliseconds ahead from now on.
    pub fn set_clock(&self, machine: &str, ahead: i64) {
        self.happened(machine, || format!("its clock is {} s ahead from now on", ahead / 1_000));
        self.clocks.ahead.borrow_mut().insert(machine.to_owned(), ahead);
        self.was_set(machine);
    }

    /// Every clock is set right.
    pub(crate) fn set_clocks(&self) {
        for machine in self.clocks.ahead.take().into_keys() {
            self.was_set(&machine);
        }
    }

    fn was_set(&self, machine: &str) {
        let now = self.executor.now();
        self.clocks.set.borrow_mut().insert(machine.to_owned(), now);
        self.clocks.last.set(Some(now));
        if machine == REGISTER {
            self.clocks.register.borrow_mut().push(now);
            self.wake_register();
            return;
        }
        let alarm = self.incidents.borrow().get(machine).and_then(|slot| slot.alarm);
        if let Some(at) = alarm {
            self.wake_at(machine, at);
        }
    }

    /// Whether every clock has been right for so long.
    pub(crate) fn clocks_were_right(&self, span: Duration) -> bool {
        let set_lately = self.clocks.last.get().is_some_and(|set| self.executor.now().since(set) <= span);
        self.clocks.ahead.borrow().is_empty() && !set_lately
    }

    /// Whether the clock of one machine has been right for so long.
    pub(crate) fn clock_was_right(&self, machine: &str, span: Duration) -> bool {
        let set_lately =
            self.clocks.set.borrow().get(machine).is_some_and(|set| self.executor.now().since(*set) <= span);
        !self.clocks.ahead.borrow().contains_key(machine) && !set_lately
    }

    /// How often the register's clock was set since then: as often its limits may have begun anew.
    pub(crate) fn register_was_set(&self, since: Time) -> usize {
        self.clocks.register.borrow().iter().rev().take_while(|at| **at >= since).count()
    }
}
