//! Clocks that jump: every object runs somewhere, and while the clocks are wrong any of them may be set forward or back by
//! up to an hour between two steps. Devin's, and the time of the world, are right.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::world::World;
use incident::time::{HOUR, MINUTE, Time, millis};

/// The machine that the register runs on; an incident's object runs on one of its own, by its key.
pub const REGISTER: &str = "";

/// How wrong the clocks are.
#[derive(Default)]
pub struct Clocks {
    /// Milliseconds that a clock is ahead, where it is wrong.
    ahead: RefCell<BTreeMap<String, i64>>,
    /// When one was last known to be wrong.
    wrong: Cell<Option<Time>>,
    /// When the register's was set.
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
        if !self.happens(|weather| weather.clock_jumps) {
            return;
        }
        let far = millis(self.executor.between(MINUTE, HOUR));
        let ahead = [far, -far, 0][self.executor.below(3)];
        self.happened(machine, || format!("its clock is {} s ahead from now on", ahead / 1_000));
        self.clocks.ahead.borrow_mut().insert(machine.to_owned(), ahead);
        self.clocks.wrong.set(Some(self.executor.now()));
        self.was_set(machine);
    }

    /// Every clock is set right.
    pub(crate) fn set_clocks(&self) {
        let wrong = self.clocks.ahead.take();
        if !wrong.is_empty() {
            self.clocks.wrong.set(Some(self.executor.now()));
        }
        for machine in wrong.into_keys() {
            self.was_set(&machine);
        }
    }

    fn was_set(&self, machine: &str) {
        if machine == REGISTER {
            self.clocks.register.borrow_mut().push(self.executor.now());
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
        let right_now = self.clocks.ahead.borrow().is_empty();
        right_now && self.clocks.wrong.get().is_none_or(|wrong| self.executor.now().since(wrong) > span)
    }

    /// How often the register's clock was set since then: as often its limits may have begun anew.
    pub(crate) fn register_was_set(&self, since: Time) -> usize {
        self.clocks.register.borrow().iter().rev().take_while(|at| **at >= since).count()
    }
}
