//! A company: incidents and alerts of every kind over a year, senders that deliver at least once, and outages.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::devin::SYMPTOM;
use crate::executor::Executor;
use crate::gates;
use crate::world::{Weather, World};
use engine::incident::calls::{Call, Outcome};
use incident::event::{Incident, IncidentEvent, Kind, Membership};
use incident::key::Key;
use incident::lifecycle::Taken;
use incident::plan::{Plan, Workflow};
use incident::sender::Sender;
use incident::time::{DAY, HOUR, MINUTE, SECOND, Time};

/// What senders were answered.
#[derive(Default)]
pub struct Answered {
    /// The names of incidents whose event was accepted, by key.
    pub accepted: RefCell<BTreeMap<String, BTreeSet<String>>>,
    /// The alerts of groups of which a firing was taken, by the group's key.
    pub fired: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

/// Lets outages come and go until this time.
pub async fn weather(world: Rc<World>, until: Time) {
    let executor = &world.executor;
    while executor.now() < until {
        world.weather.set(Weather { session_gone: 0.01, lost: 0.001, crash: 0.0005, ..Weather::default() });
        executor.pause(executor.between(HOUR, 4 * DAY)).await;
        let calm = world.weather.get();
        let bad = match executor.below(10) {
            0 => Weather { devin_down: 1.0, ..calm },
            1 => Weather { devin_down: 0.5, devin_deaf: 0.3, ..calm },
            2 => Weather { devin_stalls: 0.7, ..calm },
            3 => Weather { devin_busy: 0.8, ..calm },
            4 => Weather { storage_fails: 0.2, ..calm },
            5 => Weather { lost: 0.3, ..calm },
            6 => Weather { crash: 0.1, ..calm },
            7 => Weather { register_away: 0.9, session_gone: 0.5, ..calm },
            8 => Weather { lost: 0.5, session_gone: 0.5, ..calm },
            _ => Weather { devin_deaf: 0.5, storage_fails: 0.1, lost: 0.1, crash: 0.05, ..calm },
        };
        world.weather.set(bad);
        executor.pause(executor.between(MINUTE, 6 * HOUR)).await;
    }
    world.weather.set(Weather::default());
}

/// Incidents, so many in a year, until this time.
pub async fn incidents(world: Rc<World>, answered: Rc<Answered>, a_year: u32, until: Time) {
    let executor = &world.executor;
    let mut number = 0_u32;
    while executor.now() < until {
        let pause = (365 * DAY) / a_year.max(1) * 2;
        executor.pause(executor.between(Duration::ZERO, pause)).await;
        // Now and then many at once: one cause, many symptoms.
        let burst = if executor.happens(0.01) { executor.below(30) } else { 0 };
        for _ in 0..=burst {
            number += 1;
            let (world, answered) = (Rc::clone(&world), Rc::clone(&answered));
            let life = async move {
                if world.executor.happens(0.5) {
                    pagerduty(&world, &answered, number).await;
                } else {
                    alert(&world, &answered, number).await;
                }
            };
            executor.spawn(life);
        }
    }
}

fn event(sender: Sender, key: &str, kind: Kind, id: Option<String>, change: Option<String>) -> IncidentEvent {
    IncidentEvent {
        key: Key::new(sender, &[key]).unwrap(),
        sender,
        kind,
        event_type: kind.name().to_owned(),
        id,
        change,
        incident: Incident {
            title: "Checkout answers 502".into(),
            service: Some("orders".into()),
            description: Some("The error rate is above 5 %".into()),
            ..Incident::default()
        },
        ..IncidentEvent::default()
    }
}

async fn pagerduty(world: &Rc<World>, answered: &Rc<Answered>, number: u32) {
    let executor = &world.executor;
    let starts = [Kind::Resolved, Kind::Resolved, Kind::Acknowledged, Kind::Triggered];
    let plan = Plan { start_on: starts.get(executor.below(4)).copied().unwrap_or_default(), ..Plan::default() };
    let key = format!("Q{number:07}");
    let mut events = vec![Kind::Triggered, Kind::Acknowledged];
    events.extend(std::iter::repeat_n(Kind::Updated, executor.below(30)));
    events.push(Kind::Resolved);
    if executor.happens(0.1) {
        events.extend([Kind::Updated, Kind::Reopened, Kind::Updated, Kind::Resolved]);
    }
    let hasty = executor.happens(0.2);
    for (place, kind) in events.into_iter().enumerate() {
        let change = (kind == Kind::Updated).then(|| format!("Note: step {place} was tried"));
        let event = event(Sender::Pagerduty, &key, kind, Some(format!("{key}-{place}")), change);
        deliver(world, answered, event, &plan).await;
        executor.pause(executor.between(SECOND, if hasty { 4 * SECOND } else { 10 * MINUTE })).await;
    }
}

/// What a route says of alerts: mostly a triage, now and then a postmortem of each outage.
fn of_alerts(executor: &Executor) -> Plan {
    let postmortem = executor.happens(0.2);
    Plan {
        workflow: if postmortem { Workflow::Postmortem } else { Workflow::Triage },
        start_on: if postmortem { Kind::Resolved } else { Kind::Triggered },
        dedup_window_seconds: Some(3_600),
        ..Plan::default()
    }
}

async fn alert(world: &Rc<World>, answered: &Rc<Answered>, number: u32) {
    let executor = &world.executor;
    let plan = of_alerts(executor);
    let plan = Plan {
        min_occurrences: if executor.happens(0.2) { 3 } else { 1 },
        approve: executor.happens(0.1),
        budget: executor.happens(0.1).then(|| gates::ROUTE.0.to_owned()),
        ..plan
    };
    let key = format!("alert-{number}");
    let name = Key::new(Sender::Alert, &[&key]).unwrap().to_string();
    if plan.approve {
        executor.spawn(gates::answers(Rc::clone(world), name.clone()));
    }
    for _ in 0..=executor.below(3) {
        for _ in 0..=executor.below(15) {
            deliver(world, answered, event(Sender::Alert, &key, Kind::Triggered, None, None), &plan).await;
            executor.pause(executor.between(30 * SECOND, 10 * MINUTE)).await;
        }
        deliver(world, answered, event(Sender::Alert, &key, Kind::Resolved, None, None), &plan).await;
        executor.pause(executor.between(MINUTE, 6 * HOUR)).await;
    }
    // A person tries again whatever has failed, and releases what is held.
    if executor.happens(0.05) {
        let Some(record) = world.record(&name) else { return };
        let _ = world.call::<Option<bool>>(&name, Call::Replay { name: record.name() }).await;
    }
}

/// Outages, so many in a year, until this time.
pub async fn outages(world: Rc<World>, answered: Rc<Answered>, a_year: u32, until: Time) {
    let executor = &world.executor;
    for number in 1.. {
        executor.pause(executor.between(Duration::ZERO, (365 * DAY) / a_year.max(1) * 2)).await;
        if executor.now() >= until {
            return;
        }
        outage(&world, &answered, number);
    }
}

/// One cause, many alerts, which a route makes one incident.
fn outage(world: &Rc<World>, answered: &Rc<Answered>, number: u32) {
    let executor = &world.executor;
    let plan = of_alerts(executor);
    let plan = Plan { group_wait_seconds: if executor.happens(0.5) { 60 } else { 0 }, ..plan };
    for alert in 0..=executor.below(60) {
        let (world, answered, plan) = (Rc::clone(world), Rc::clone(answered), plan.clone());
        executor.spawn(async move {
            let executor = &world.executor;
            executor.pause(executor.between(Duration::ZERO, 5 * MINUTE)).await;
            for _ in 0..=executor.below(3) {
                deliver(&world, &answered, symptom(number, alert, Kind::Triggered), &plan).await;
                executor.pause(executor.between(30 * SECOND, 30 * MINUTE)).await;
                deliver(&world, &answered, symptom(number, alert, Kind::Resolved), &plan).await;
                executor.pause(executor.between(30 * SECOND, 2 * HOUR)).await;
            }
        });
    }
}

fn symptom(number: u32, alert: usize, kind: Kind) -> IncidentEvent {
    let name = format!("{SYMPTOM}{number}-{alert}");
    let membership =
        Membership { alert: Key::new(Sender::Alert, &[&name, ""]).unwrap(), made_of: "label.node=a".into() };
    let event = event(Sender::Alert, &name, kind, None, None);
    let severity = u8::try_from(alert % 5).ok();
    IncidentEvent {
        key: Key::group(&[&number.to_string()]),
        group: Some(membership),
        incident: Incident { title: name, severity, ..event.incident },
        ..event
    }
}

/// At least once: again until it is taken, for so long as senders try, and sometimes once more although it was.
async fn deliver(world: &Rc<World>, answered: &Rc<Answered>, event: IncidentEvent, plan: &Plan) {
    let executor = &world.executor;
    let key = event.key.to_string();
    for attempt in 0..12_u32 {
        world.figures.deliveries.set(world.figures.deliveries.get() + 1);
        let call =
            Call::Event { event: Box::new(event.clone()), plan: Some(Box::new(plan.clone())), wait: Duration::ZERO };
        let answer = world.call::<Outcome>(&key, call).await;
        world.happened(&key, || match &answer {
            Ok(outcome) => format!("{} is delivered: {:?}", event.event_type, outcome.taken),
            Err(error) => format!("{} is delivered: {error:?}", event.event_type),
        });
        match answer {
            Ok(outcome) => {
                if event.group.is_some() && event.kind == Kind::Triggered && !matches!(outcome.taken, Taken::Ignored(_))
                {
                    let name = event.incident.title.clone();
                    answered.fired.borrow_mut().entry(key.clone()).or_default().insert(name);
                }
                if outcome.taken == Taken::Accepted {
                    answered.accepted.borrow_mut().entry(key.clone()).or_default().insert(outcome.incident);
                }
                if !executor.happens(0.05) {
                    return;
                }
            }
            Err(_) => world.figures.refused.set(world.figures.refused.get() + 1),
        }
        executor.pause(executor.between(SECOND, 5 * SECOND) * 2_u32.pow(attempt.min(6))).await;
    }
}
