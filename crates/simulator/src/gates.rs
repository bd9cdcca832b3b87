//! What keeps sessions from starting: people who pause the bridge, say yes to a session or say nothing, a route with a
//! budget of its own, alerts that recover first; and what must hold whenever a session is asked for.

use std::rc::Rc;

use crate::world::World;
use engine::host::Settings;
use engine::incident::calls::Call;
use engine::register::calls as register;
use incident::admission::{Admission, Applicant, Pause};
use incident::plan::Workflow;
use incident::reason::Reason;
use incident::record::State;
use incident::time::{DAY, HOUR, MINUTE, Time};

/// The route that has a budget of its own, and how much.
pub const ROUTE: (&str, u32) = ("r", 3);

/// Somebody pauses the bridge now and then, prolongs that or not, and ends it or lets it end.
pub async fn pauses(world: Rc<World>, until: Time) {
    let executor = &world.executor;
    while executor.now() < until {
        executor.pause(executor.between(12 * HOUR, 4 * DAY)).await;
        for _ in 0..=executor.below(2) {
            let lasts = executor.between(10 * MINUTE, 10 * HOUR);
            let ends = executor.happens(0.5).then(|| executor.now().plus(lasts));
            // Until it is known that there is one, nothing is expected of it.
            world.paused.set(None);
            let call = || register::Call::Pause { reason: "a move".into(), until: ends };
            while world.ask_register::<Pause>(call()).await.is_err() {
                executor.pause(MINUTE).await;
            }
            world.paused.set(Some((executor.now(), ends)));
            executor.pause(lasts).await;
        }
        world.paused.set(None);
        while world.ask_register::<()>(register::Call::Resume).await.is_err() {
            executor.pause(MINUTE).await;
        }
    }
}

/// Somebody says yes to what waits for it, some time later, and clicks three times; or nobody does.
pub async fn answers(world: Rc<World>, key: String) {
    let executor = &world.executor;
    if executor.happens(0.3) {
        return;
    }
    executor.pause(executor.between(MINUTE, 30 * HOUR)).await;
    let Some(record) = world.record(&key) else { return };
    for _ in 0..3 {
        let (world, key, name) = (Rc::clone(&world), key.clone(), record.name());
        let click = async move {
            let _ = world.call::<Option<bool>>(&key, Call::Replay { name }).await;
        };
        executor.spawn(click);
    }
}

impl World {
    /// The register has answered somebody who asked then: is it in a pause?
    pub(crate) fn admitted(&self, key: &str, applicant: &Applicant, admission: &Admission, asked: Time) {
        let now = self.executor.now();
        let in_pause =
            self.paused.get().is_some_and(|(since, ends)| since < asked && ends.is_none_or(|ends| now < ends));
        if in_pause && *admission == Admission::Admitted && !applicant.released {
            self.broke(format!("{key} may start in a pause"));
        }
    }

    /// Devin is about to be asked for a session: does anything speak against it?
    pub(crate) fn asked_for(&self, key: &str) {
        let Some(record) = self.record(key).filter(|record| matches!(record.state, State::Creating { .. })) else {
            return;
        };
        if record.concluded && record.plan.workflow == Workflow::Triage && !record.insisted {
            self.broke(format!("{key}: Devin is asked for what is over"));
        }
        if record.plan.approve && !record.approval.given {
            self.broke(format!("{key}: Devin is asked for what nobody has said yes to"));
        }
    }

    /// A session of this key was created: is it within its route's budget?
    pub(crate) fn counts_for_route(&self, key: &str, released: bool) {
        let Some(most) = self.settings.limits().routes.get(ROUTE.0).copied() else { return };
        if released || self.record(key).is_none_or(|record| record.plan.budget.is_none()) {
            return;
        }
        let now = self.executor.now();
        self.of_route.borrow_mut().push(now);
        let today = self.of_route.borrow().iter().filter(|at| at.midnight() == now.midnight()).count();
        if today > most as usize {
            self.broke(format!("{key}: {today} sessions of a route in a day, at most {most}"));
        }
    }

    /// How many of these incidents are to have no session: they recovered first, or nobody said yes.
    pub(crate) fn without_session<'a>(&self, names: impl Iterator<Item = &'a String>) -> usize {
        let ignored = |name: &&String| {
            let query = format!(
                "SELECT count(*) FROM incidents WHERE incident = '{name}' AND state = 'ignored' AND listing ->> 'reason' IN ('{}', '{}')",
                Reason::RecoveredFirst.name(),
                Reason::ApprovalExpired.name()
            );
            self.number(&query) > 0
        };
        names.filter(ignored).count()
    }
}
