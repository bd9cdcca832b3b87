//! What keeps sessions from starting: people who pause the bridge, approve a session or say nothing, a route with a
//! budget of its own, alerts that recover first; and what must hold whenever a session is asked for.

use std::rc::Rc;

use crate::clocks::REGISTER;
use crate::world::World;
use engine::incident::calls::Call;
use engine::register::calls as register;
use incident::admission::{Admission, Applicant, Pause};
use incident::listing::IGNORED;
use incident::plan::Workflow;
use incident::reason::Reason;
use incident::record::{AdmissionState, Record, State};
use incident::time::{DAY, HOUR, MINUTE, SECOND, Time};

/// The route that has a budget of its own, and how much.
pub const ROUTE: (&str, u32) = ("r", 3);

/// So often in a minute somebody may ask for a permit.
const MOST_ASKS: usize = 80;

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

/// Somebody approves what waits for it, some time later, and clicks three times; or nobody does.
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

/// A person tries again what has failed, or lets go what waits; and mistakes another episode for it.
pub async fn release(world: &World, key: &str) {
    let Some(record) = world.record(key) else { return };
    let waits = |record: &Record| {
        let admission = AdmissionState::Held;
        matches!(&record.state, State::Waiting { admission: of, .. } if *of == admission) && !record.released
    };
    let replay = |name: String| world.call::<Option<bool>>(key, Call::Replay { name });
    if let Ok(Some(done)) = replay(format!("{key}.{}", record.episode + 1_000)).await {
        world.broke(format!("{key}: somebody asks for another episode, and is told {done} of this one"));
    }
    let waited = world.record(key).is_some_and(|record| waits(&record));
    if replay(record.name()).await == Ok(Some(false))
        && waited
        && world.record(key).is_some_and(|record| waits(&record))
    {
        world.broke(format!("{key}: somebody releases what is held, and nothing is done"));
    }
}

impl World {
    /// The register has answered somebody who asked then: is it in a pause?
    pub(crate) fn admitted(&self, key: &str, applicant: &Applicant, admission: &Admission, asked: Time) {
        let now = self.executor.now();
        let mut asks = self.asks.borrow_mut();
        let lately = asks.entry(key.to_owned()).or_default();
        lately.retain(|at| now.since(*at) < MINUTE);
        lately.push(now);
        if lately.len() > MOST_ASKS {
            self.broke(format!("{key} asks for a permit {} times in a minute", lately.len()));
        }
        // Those that were held come back one after the other, and not all at the same moment.
        let held = |record: Rc<Record>| matches!(record.state, State::Waiting { admission: AdmissionState::Held, .. });
        let limits = self.most(now.minus(MINUTE), |limits| limits.per_minute);
        if !applicant.released && self.record(key).is_some_and(held) && self.clocks_were_right(HOUR) {
            let mut back = self.back.borrow_mut();
            back.retain(|at| now.since(*at) < SECOND);
            back.push(now);
            if back.len() > 3 * limits + 30 {
                self.broke(format!("{key} comes back from being held, as do {} others in a second", back.len() - 1));
            }
        }
        let in_pause =
            self.paused.get().is_some_and(|(since, ends)| since < asked && ends.is_none_or(|ends| now < ends));
        let lasts = self.paused.get().is_some_and(|(_, ends)| ends.is_none());
        let known = lasts || self.clock_was_right(REGISTER, MINUTE);
        if in_pause && known && *admission == Admission::Admitted && !applicant.released {
            self.broke(format!("{key} may start in a pause"));
        }
    }

    /// Devin is about to be asked for a session: does anything speak against it?
    pub(crate) fn asked_for(&self, key: &str) {
        let Some(record) = self.record(key).filter(|record| matches!(record.state, State::Creating { .. })) else {
            return;
        };
        if self.was_rolled_back(key) {
            return;
        }
        if record.concluded && record.plan.workflow == Workflow::Triage && !record.insisted {
            self.broke(format!("{key}: Devin is asked for what is over"));
        }
        if record.plan.approve && !record.approval.given {
            self.broke(format!("{key}: Devin is asked for what nobody has approved"));
        }
    }

    /// A session of this key was created: is it within its route's budget?
    pub(crate) fn counts_for_route(&self, key: &str, released: bool) {
        if released || self.record(key).is_none_or(|record| record.plan.budget.is_none()) {
            return;
        }
        let now = self.executor.now();
        self.of_route.borrow_mut().push(now);
        let of_route = self.of_route.borrow();
        let today = of_route.iter().rev().take_while(|at| **at >= now.midnight()).count();
        let most = self.most(now.midnight(), |limits| limits.routes.get(ROUTE.0).copied().unwrap_or(u32::MAX));
        if today > most.saturating_mul(self.times_anew(now.midnight())) && !self.was_rolled_back(key) {
            self.broke(format!("{key}: {today} sessions of a route in a day, at most {most}"));
        }
    }

    /// Whether this incident is to have no session: it recovered first, which the sender was told or the list says, nobody
    /// approved it, or Devin refused.
    pub(crate) fn needs_none(&self, name: &str) -> bool {
        let listed = self.listed.borrow();
        let (state, reason) = listed.get(name).map_or(("", None), |(state, reason)| (state.as_str(), *reason));
        self.answered.recovered.borrow().contains(name)
            || state == "failed"
            || state == IGNORED && matches!(reason, Some(Reason::RecoveredFirst | Reason::ApprovalExpired))
    }
}
