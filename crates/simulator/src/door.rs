//! The front door, as hooks answer, and the senders in front of it, who deliver at least once: what they are told has to
//! be true.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::world::{World, add};
use engine::counts::Batch;
use engine::edge::{early, needs_no_object};
use engine::host::{Error, Result};
use engine::incident::calls::{Call, Outcome, SessionStatus};
use engine::register::calls as register;
use incident::event::{IncidentEvent, Kind};
use incident::lifecycle::Taken;
use incident::listing::Line;
use incident::plan::{Plan, Workflow};
use incident::reason::Reason;
use incident::record::{Record, State};
use incident::sender::Sender;
use incident::time::{HOUR, MINUTE, SECOND, Time};

/// How long a hook of alerts waits for the session: `WAIT_SECONDS`.
const WAIT: Duration = Duration::from_secs(10);
/// How much longer its answer may take.
const SLACK: Duration = Duration::from_secs(5);

/// What senders were answered.
#[derive(Default)]
pub struct Answered {
    /// The names of incidents whose event was accepted, by key.
    pub accepted: RefCell<BTreeMap<String, BTreeSet<String>>>,
    /// The names of those of which the sender was told that they are over before a session was needed.
    pub recovered: RefCell<BTreeSet<String>>,
    /// The alerts of groups of which a firing was taken, by the group's key.
    pub fired: RefCell<BTreeMap<String, BTreeSet<String>>>,
    /// Firings of alerts that may count as occurrences, by key: when, and which delivery it was.
    firings: RefCell<BTreeMap<String, Vec<(Time, String)>>>,
}

/// At least once: again until it is taken, for so long as senders try, and sometimes once more although it was.
pub(crate) async fn deliver(world: &Rc<World>, event: &IncidentEvent, first: &Plan) {
    let executor = &world.executor;
    let key = event.key.to_string();
    for attempt in 0..12_u32 {
        add(&world.figures.deliveries, 1);
        let plan = world.plan(&key, first);
        let counts = plan.as_ref().is_some_and(|plan| plan.min_occurrences > 1);
        let delivery = event.delivery.clone().filter(|_| counts);
        let event = &IncidentEvent { delivery, ..event.clone() };
        let alert = event.sender == Sender::Alert && event.group.is_none();
        let before = if alert { world.record(&key) } else { None };
        world.count_firing(event, plan.as_ref());
        let answer = world.hook(event, plan.as_ref(), WAIT).await;
        world.happened(&key, || match &answer {
            Ok(outcome) => format!("{} is delivered: {:?}", event.event_type, outcome.taken),
            Err(error) => format!("{} is delivered: {error:?}", event.event_type),
        });
        match answer {
            Ok(outcome) => {
                if let Some(line) = outcome.line.clone() {
                    list_soon(world, *line);
                }
                world.judge(event, plan.as_ref(), before.as_deref(), &outcome);
                if event.group.is_some() && event.kind == Kind::Triggered && !matches!(outcome.taken, Taken::Ignored(_))
                {
                    let name = event.incident.title.clone();
                    world.answered.fired.borrow_mut().entry(key.clone()).or_default().insert(name);
                }
                if outcome.taken == Taken::Ignored(Reason::RecoveredFirst) {
                    world.answered.recovered.borrow_mut().insert(outcome.incident.clone());
                }
                if outcome.taken == Taken::Accepted {
                    world.answered.accepted.borrow_mut().entry(key.clone()).or_default().insert(outcome.incident);
                }
                if !executor.happens(0.05) {
                    return;
                }
            }
            Err(_) => add(&world.figures.refused, 1),
        }
        executor.pause(executor.between(SECOND, 5 * SECOND) * 2_u32.pow(attempt.min(6))).await;
    }
}

/// The isolate that has answered tells the register with what it has counted: soon, late, or never, where it ends before.
fn list_soon(world: &Rc<World>, line: Line) {
    let told = Rc::clone(world);
    world.executor.spawn(async move {
        told.executor.pause(told.executor.between(SECOND, MINUTE)).await;
        let batch = Batch { lines: vec![line], ..Batch::default() };
        let _: Result<()> = told.tell_register(batch, register::Call::Counts).await;
    });
}

impl World {
    /// What a hook does with an event; `patience`: how long that of alerts waits for the session.
    pub(crate) async fn hook(&self, event: &IncidentEvent, plan: Option<&Plan>, patience: Duration) -> Result<Outcome> {
        let ignored = |reason| {
            Ok(Outcome { taken: Taken::Ignored(reason), incident: event.key.to_string(), ..Outcome::default() })
        };
        if self.settings.borrow().is_none() {
            return Err(Error("the configuration is wrong".into()));
        }
        match plan {
            None if early(event) => return ignored(Reason::Route),
            Some(plan) if needs_no_object(event, plan) => return ignored(Reason::EventType),
            _ => {}
        }
        if event.sender == Sender::Pagerduty
            && let Some(entry) = self.cached(event.key.as_str()).await
            && entry.knows(event)
        {
            let session_status = SessionStatus::Started { session: entry.session };
            return Ok(Outcome { taken: Taken::Duplicate, incident: entry.incident, session_status, line: None });
        }
        let wait = if event.sender == Sender::Pagerduty || event.group.is_some() { Duration::ZERO } else { patience };
        let plan = plan.cloned().map(Box::new);
        let begun = self.executor.now();
        let answer = self.call(event.key.as_str(), Call::Event { event: Box::new(event.clone()), plan, wait }).await;
        if self.executor.now().since(begun) > wait + SLACK {
            self.broke(format!("{}: a sender is kept waiting for {:?}", event.key, self.executor.now().since(begun)));
        }
        answer
    }

    /// A firing is delivered: it counts as an occurrence, if it is no redelivery of one within two minutes.
    fn count_firing(&self, event: &IncidentEvent, plan: Option<&Plan>) {
        let starts = plan.is_some_and(|plan| plan.start_on == event.kind);
        let Some(delivery) = event.delivery.as_ref().filter(|_| starts) else { return };
        let now = self.executor.now();
        let mut firings = self.answered.firings.borrow_mut();
        let known = firings.entry(event.key.to_string()).or_default();
        known.retain(|(at, _)| now.since(*at) < HOUR + MINUTE);
        let counts = |(at, of): &(Time, String)| of == delivery && now.since(*at) < 2 * MINUTE - 10 * SECOND;
        if !known.iter().any(counts) {
            known.push((now, delivery.clone()));
        }
    }

    /// Whether an answer can be true, as far as the sender of an alert can tell. `before`: the record before it was asked.
    fn judge(&self, event: &IncidentEvent, plan: Option<&Plan>, before: Option<&Record>, outcome: &Outcome) {
        let alert = event.sender == Sender::Alert && event.group.is_none();
        let Some(plan) = plan.filter(|_| alert && self.clock_was_right(event.key.as_str(), 2 * HOUR)) else { return };
        let (now, key) = (self.executor.now(), &event.key);
        if self.was_rolled_back(key.as_str()) {
            return;
        }
        let nothing_new = matches!(outcome.taken, Taken::Duplicate | Taken::FollowUp);
        let begins = event.kind == Kind::Triggered
            || event.kind == Kind::Resolved
                && plan.workflow == Workflow::Postmortem
                && before.is_some_and(|record| record.concluded);
        let over = |record: &Record| {
            let done = matches!(record.state, State::Started | State::Failed) || record.not_started.is_some();
            done && now.since(record.last_seen) > HOUR + MINUTE
        };
        if nothing_new && begins && before.is_some_and(over) {
            self.broke(format!("{key}: an outage is taken for one that was over more than an hour ago"));
        }
        let failed = |record: &Record| {
            let long_ago = record.failed_at.is_some_and(|at| now.since(at) > 2 * MINUTE);
            record.state == State::Failed && long_ago && !record.abandoned
        };
        let tries = event.kind == Kind::Triggered && plan.start_on == Kind::Triggered;
        if tries && nothing_new && before.is_some_and(failed) {
            self.broke(format!("{key}: it failed once, and no firing starts its session again"));
        }
        let waits = |record: &Record| record.state == State::Watching;
        let firings = self.answered.firings.borrow().get(key.as_str()).map_or(0, Vec::len);
        if outcome.taken == Taken::Accepted && plan.min_occurrences > 1 && before.is_none_or(waits) && firings < 3 {
            self.broke(format!("{key}: a session after {firings} occurrences"));
        }
    }
}
