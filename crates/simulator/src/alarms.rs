//! Alarms: each object has one, which its own clock rings, and the runtime runs one again that has failed.

use std::time::Duration;

use crate::clocks::REGISTER;
use crate::world::{World, add};
use incident::lifecycle::{self, Step};
use incident::time::{HOUR, SECOND, Time};

/// The runtime ends an alarm after so long.
const LONGEST_ALARM: Duration = Duration::from_mins(15);
/// The longest that an alarm may be set for after what it is set for is due: it has failed six times in a row.
const LATEST: Duration = Duration::from_mins(3);

/// The same while a record may have been of a later release: nothing can be done for it, and it is read again later.
const LATEST_UNREADABLE: Duration = Duration::from_mins(13);

impl World {
    /// The register's alarm rings when its clock shows that it is time.
    pub(crate) fn wake_register(&self) {
        let Some(at) = self.register.borrow().alarm else { return };
        let world = self.me();
        self.executor.spawn(async move {
            world.executor.pause(at.since(world.clock(REGISTER))).await;
            if world.register.borrow().alarm != Some(at) {
                return;
            }
            if world.clock(REGISTER) < at {
                return world.wake_register();
            }
            world.register.borrow_mut().alarm = None;
            add(&world.figures.alarms, 1);
            let _ = world.register_program().alarm().await;
        });
    }

    /// The runtime runs an alarm again that has failed, six times, with growing pauses.
    pub(crate) fn alarm_failed(&self, key: &str) {
        let now = self.clock(key);
        let mut incidents = self.incidents.borrow_mut();
        let Some(slot) = incidents.get_mut(key) else { return };
        slot.alarm_tries += 1;
        let again = now.plus(2 * SECOND * 2_u32.pow(slot.alarm_tries.min(6)));
        let at = slot.alarm.map_or(again, |at| at.min(again));
        // Losing an alarm for good is beyond what the runtime does to an object that works.
        slot.alarm = Some(at);
        drop(incidents);
        self.wake_at(key, at);
    }

    pub(crate) fn wake_at(&self, key: &str, at: Time) {
        let (world, key) = (self.me(), key.to_owned());
        self.executor.spawn(async move {
            world.executor.pause(at.since(world.clock(&key))).await;
            world.ring(&key, at);
        });
    }

    fn ring(&self, key: &str, at: Time) {
        {
            let mut incidents = self.incidents.borrow_mut();
            let Some(slot) = incidents.get_mut(key) else { return };
            if slot.alarm != Some(at) || slot.alarm_runs {
                return;
            }
            if self.clock(key) < at {
                // It was set back meanwhile.
                drop(incidents);
                return self.wake_at(key, at);
            }
            (slot.alarm, slot.alarm_runs) = (None, true);
        }
        self.happened(key, || "its alarm rings".into());
        add(&self.figures.alarms, 1);
        let program = self.incident(key);
        let (world, name) = (self.me(), key.to_owned());
        let task = self.executor.spawn(async move {
            let begun = world.executor.now();
            let done = program.alarm().await;
            drop(program);
            if world.executor.now().since(begun) > LONGEST_ALARM {
                world.broke(format!("{name}: an alarm ran for longer than the runtime lets it"));
            }
            let next = {
                let mut incidents = world.incidents.borrow_mut();
                let Some(slot) = incidents.get_mut(&name) else { return };
                slot.alarm_runs = false;
                if done.is_ok() {
                    slot.alarm_tries = 0;
                }
                slot.alarm
            };
            match next {
                _ if done.is_err() => world.alarm_failed(&name),
                Some(at) => world.wake_at(&name, at),
                None => {}
            }
            world.task_ended(&name);
        });
        self.incidents.borrow_mut().entry(key.to_owned()).or_default().tasks.insert(task);
    }

    /// Nothing is under way in an object: is its alarm set, and in time, for what is due next? Nobody else would do it.
    pub(crate) fn is_armed(&self, key: &str) {
        let alarm = match self.incidents.borrow().get(key) {
            Some(slot) if !slot.alarm_runs => slot.alarm,
            _ => return,
        };
        let now = self.clock(key);
        if alarm.is_some_and(|at| at <= now.plus(LATEST)) {
            return;
        }
        let Some(record) = self.record(key).filter(|_| !self.was_rolled_back(key)) else { return };
        let due = lifecycle::due(&record, now);
        let by = match due {
            Step::Rest => return,
            Step::Wait(until) => until.max(now),
            _ => now,
        };
        let late = match () {
            () if !self.clock_was_right(key, 3 * HOUR) => 3 * HOUR,
            () if self.was_unreadable(LATEST_UNREADABLE) => LATEST_UNREADABLE,
            () => LATEST,
        };
        match alarm {
            None => self.broke(format!("{key}: no alarm is set although {due:?} is due: {:?}", record.state)),
            Some(at) if at > by.plus(late) => {
                self.broke(format!(
                    "{key}: its alarm is set for {} although {due:?} is due: {:?}",
                    at.rfc3339(),
                    record.state
                ));
            }
            Some(_) => {}
        }
    }
}
