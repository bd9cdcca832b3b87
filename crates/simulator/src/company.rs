//! A company: incidents and alerts of every kind over a year, and what goes wrong with everything around the bridge.

use std::rc::Rc;
use std::time::Duration;

use strum::VariantArray;

use crate::devin::SYMPTOM;
use crate::door::deliver;
use crate::executor::Executor;
use crate::gates;
use crate::world::{Weather, World};
use incident::event::{Incident, IncidentEvent, Kind, Membership};
use incident::key::Key;
use incident::plan::{Plan, Workflow};
use incident::sender::Sender;
use incident::time::{DAY, HOUR, MINUTE, SECOND, Time};

/// What goes wrong at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Storm {
    /// Devin does nothing,
    Down,
    /// does it or not, and can't say so,
    Deaf,
    /// takes a minute,
    Stalls,
    /// or has no room.
    Busy,
    /// Writes fail.
    Storage,
    /// Calls between our own are lost.
    Lost,
    /// Objects die.
    Crashes,
    /// The register is away, and sessions take no more messages,
    Register,
    /// or every other call is lost meanwhile.
    LostAndGone,
    /// Clocks jump, the register's too,
    Clocks,
    /// while Devin's answers are lost.
    ClocksAndDeaf,
    /// KV fails.
    Kv,
    /// Devin takes no messages,
    Mute,
    /// the account can't pay,
    Credits,
    /// or those who are notified don't answer.
    Targets,
    /// Devin refuses.
    Refuses,
    /// The clocks of incidents jump all the time.
    WildClocks,
    /// A little of everything.
    Everything,
}

/// How many of the alerts flap for days.
pub const FLAPS: f64 = 0.005;

impl Storm {
    fn weather(self, calm: Weather) -> Weather {
        match self {
            Storm::Down => Weather { devin_down: 1.0, ..calm },
            Storm::Deaf => Weather { devin_down: 0.5, devin_deaf: 0.3, ..calm },
            Storm::Stalls => Weather { devin_stalls: 0.7, ..calm },
            Storm::Busy => Weather { devin_busy: 0.8, ..calm },
            Storm::Storage => Weather { storage_fails: 0.2, ..calm },
            Storm::Lost => Weather { lost: 0.3, ..calm },
            Storm::Crashes => Weather { crash: 0.1, ..calm },
            Storm::Register => Weather { register_away: 0.9, session_gone: 0.5, ..calm },
            Storm::LostAndGone => Weather { lost: 0.5, session_gone: 0.5, ..calm },
            Storm::Clocks => Weather { clock_jumps: 0.05, register_jumps: 0.05, ..calm },
            Storm::ClocksAndDeaf => {
                Weather { clock_jumps: 0.02, register_jumps: 0.02, devin_deaf: 0.5, lost: 0.1, ..calm }
            }
            Storm::Kv => Weather { kv_fails: 0.5, ..calm },
            Storm::Mute => Weather { devin_mute: 1.0, ..calm },
            Storm::Credits => Weather { no_credits: 0.7, ..calm },
            Storm::Targets => Weather { targets_fail: 0.7, slack_errors: 0.3, crash: 0.02, ..calm },
            Storm::Refuses => Weather { devin_refuses: 0.3, ..calm },
            Storm::WildClocks => Weather { clock_jumps: 0.3, ..calm },
            Storm::Everything => {
                Weather { devin_deaf: 0.5, storage_fails: 0.1, lost: 0.1, crash: 0.05, kv_fails: 0.2, ..calm }
            }
        }
    }
}

/// Lets these outages come and go until this time.
pub async fn weather(world: Rc<World>, storms: &'static [Storm], until: Time) {
    let executor = &world.executor;
    // Who looks for something has no time for good weather.
    let longest_calm = if storms.len() < Storm::VARIANTS.len() { DAY } else { 4 * DAY };
    while executor.now() < until {
        world.weather.set(Weather { session_gone: 0.01, lost: 0.001, crash: 0.0005, ..Weather::default() });
        executor.pause(executor.between(HOUR, longest_calm)).await;
        let calm = world.weather.get();
        let bad = storms[executor.below(storms.len())].weather(calm);
        world.weather.set(bad);
        // Messages may get nowhere for days, and clocks may be wrong over midnight.
        let longest = match bad {
            _ if bad.devin_mute > 0.0 => 3 * DAY,
            _ if bad.clock_jumps > 0.1 => 2 * DAY,
            _ => 6 * HOUR,
        };
        executor.pause(executor.between(MINUTE, longest)).await;
        world.set_clocks();
        // Whoever was away has much to do afterwards.
        if executor.happens(0.5) {
            world.weather.set(Weather { slow: 1.0, ..calm });
            executor.pause(executor.between(10 * MINUTE, HOUR)).await;
        }
    }
    world.weather.set(Weather::default());
    world.set_clocks();
}

/// How often there are many at once, …
const BURSTS: f64 = 0.01;
/// … fewer than so many more than the one that is always there, …
const MOST_IN_BURST: usize = 30;
/// … and how many there are at once on average.
const AT_ONCE: f64 = 1.0 + BURSTS * (MOST_IN_BURST - 1) as f64 / 2.0;

/// Incidents, so many in a year, until this time; `flaps`: how many of the alerts flap for days.
pub async fn incidents(world: Rc<World>, a_year: u32, flaps: f64, until: Time) {
    let executor = &world.executor;
    let mut number = 0_u32;
    while executor.now() < until {
        let pause = ((365 * DAY) / a_year.max(1)).mul_f64(2.0 * AT_ONCE);
        executor.pause(executor.between(Duration::ZERO, pause)).await;
        // Now and then many at once: one cause, many symptoms.
        let burst = if executor.happens(BURSTS) { executor.below(MOST_IN_BURST) } else { 0 };
        for _ in 0..=burst {
            number += 1;
            let world = Rc::clone(&world);
            let life = async move {
                if world.executor.happens(0.5) {
                    pagerduty(&world, number).await;
                } else {
                    alert(&world, number, flaps, until).await;
                }
            };
            executor.spawn(life);
        }
    }
}

/// An event of an incident that says the usual.
pub(crate) fn event(
    sender: Sender,
    key: &str,
    kind: Kind,
    id: Option<String>,
    change: Option<String>,
) -> IncidentEvent {
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

async fn pagerduty(world: &Rc<World>, number: u32) {
    let executor = &world.executor;
    let starts = [Kind::Resolved, Kind::Resolved, Kind::Acknowledged, Kind::Triggered];
    let plan = Plan { start_on: starts.get(executor.below(4)).copied().unwrap_or_default(), ..Plan::default() };
    let key = format!("Q{number:07}");
    let mut events = vec![Kind::Triggered, Kind::Acknowledged];
    events.extend(std::iter::repeat_n(Kind::Updated, executor.below(24)));
    events.push(Kind::Resolved);
    if executor.happens(0.1) {
        events.extend([Kind::Updated, Kind::Reopened, Kind::Updated, Kind::Resolved]);
    }
    let hasty = executor.happens(0.2);
    for (place, kind) in events.into_iter().enumerate() {
        let change = (kind == Kind::Updated).then(|| format!("Note: step {place} was tried"));
        let event = event(Sender::Pagerduty, &key, kind, Some(format!("{key}-{place}")), change);
        deliver(world, &event, &plan).await;
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

async fn alert(world: &Rc<World>, number: u32, flaps: f64, until: Time) {
    let executor = &world.executor;
    let plan = of_alerts(executor);
    let acknowledged = plan.workflow == Workflow::Triage && executor.happens(0.1);
    let plan = Plan {
        start_on: if acknowledged { Kind::Acknowledged } else { plan.start_on },
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
    // One that flaps for days begins many episodes.
    let flaps = executor.happens(flaps);
    let episodes = if flaps { 60 } else { executor.below(4) };
    let mut number = 0_u32;
    let mut next = |kind| {
        number += 1;
        IncidentEvent { delivery: Some(format!("{key} {number}")), ..event(Sender::Alert, &key, kind, None, None) }
    };
    for _ in 0..=episodes {
        if executor.now() >= until.plus(2 * DAY) {
            return;
        }
        for _ in 0..=executor.below(if flaps { 2 } else { 11 }) {
            deliver(world, &next(Kind::Triggered), &plan).await;
            executor.pause(executor.between(30 * SECOND, 10 * MINUTE)).await;
        }
        if acknowledged && executor.happens(0.7) {
            deliver(world, &next(Kind::Acknowledged), &plan).await;
        }
        deliver(world, &next(Kind::Resolved), &plan).await;
        // One that flaps comes back as soon as it is another episode.
        let calm = if flaps { (61 * MINUTE, 70 * MINUTE) } else { (MINUTE, 6 * HOUR) };
        executor.pause(executor.between(calm.0, calm.1)).await;
    }
    // A person tries again whatever has failed, and releases what is held.
    if executor.happens(0.05) {
        gates::release(world, &name).await;
    }
}

/// Of so many incidents one is an outage with many alerts.
pub const OUTAGES: u32 = 40;

/// Outages, so many in a year, until this time.
pub async fn outages(world: Rc<World>, a_year: u32, until: Time) {
    let executor = &world.executor;
    for number in 1.. {
        executor.pause(executor.between(Duration::ZERO, (365 * DAY) / a_year.max(1) * 2)).await;
        if executor.now() >= until {
            return;
        }
        outage(&world, number);
    }
}

/// One cause, many alerts, which a route makes one incident.
fn outage(world: &Rc<World>, number: u32) {
    let executor = &world.executor;
    let plan = of_alerts(executor);
    let plan = Plan { group_wait_seconds: if executor.happens(0.5) { 60 } else { 0 }, ..plan };
    for alert in 0..=executor.below(60) {
        let (world, plan) = (Rc::clone(world), plan.clone());
        executor.spawn(async move {
            let executor = &world.executor;
            executor.pause(executor.between(Duration::ZERO, 5 * MINUTE)).await;
            for _ in 0..=executor.below(3) {
                deliver(&world, &symptom(number, alert, Kind::Triggered), &plan).await;
                executor.pause(executor.between(30 * SECOND, 30 * MINUTE)).await;
                deliver(&world, &symptom(number, alert, Kind::Resolved), &plan).await;
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
