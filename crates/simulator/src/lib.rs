//! The whole bridge in a deterministic world: the programs of both objects, with everything around them simulated. One
//! seed decides everything, so whatever is found can be looked at again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a tool for tests: it is to stop where it is wrong"
)]

pub mod company;
pub mod devin;
pub mod executor;
pub mod gates;
pub mod growth;
pub mod world;

use std::fmt;
use std::rc::Rc;

use company::Answered;
use incident::admission::Limits;
use incident::fault::{self, Fault};
use incident::record::{Delivery, State};
use incident::time::{DAY, HOUR, MINUTE, Time};
use world::{Cron, World};

/// What a simulation is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// A fault that is put back, and has to be found.
    pub fault: Option<Fault>,
    /// What decides everything.
    pub seed: u64,
    /// How many days of events.
    pub days: u32,
    /// How many incidents a year.
    pub incidents: u32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Figures by their names.
    pub figures: Vec<(&'static str, u64)>,
    /// The first promise that was broken.
    pub broken: Option<String>,
    /// Every step of the incident that it was broken to, where it names one.
    pub steps: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, figure) in &self.figures {
            writeln!(f, "{name:<28} {figure:>22}")?;
        }
        match &self.broken {
            Some(words) => {
                for step in &self.steps {
                    writeln!(f, "{step}")?;
                }
                write!(f, "BROKEN {words}")
            }
            None => write!(f, "every promise was kept"),
        }
    }
}

pub(crate) const BEGIN: Time = Time(1_767_225_600_000);

/// Runs a world; where a promise is broken once more, to see each step of the incident.
pub fn simulate(wanted: Wanted) -> Outcome {
    let outcome = live(wanted, None);
    let key = outcome.broken.as_deref().and_then(incident_in);
    if key.is_some() { live(wanted, key) } else { outcome }
}

/// The key of the incident that is named in a sentence.
fn incident_in(words: &str) -> Option<String> {
    let start = ["pagerduty-", "group-", "alert-"].into_iter().find_map(|sender| words.find(sender))?;
    let key: String = words[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Some(key)
}

fn live(wanted: Wanted, watched: Option<String>) -> Outcome {
    fault::put_back(wanted.fault);
    let routes = [(gates::ROUTE.0.to_owned(), gates::ROUTE.1)].into();
    let limits = Limits { per_minute: 10, per_day: 100, routes, ..Limits::default() };
    let world = World::new(wanted.seed, BEGIN, limits);
    world.watched.replace(watched.map(|key| (key, Vec::new())));
    let answered = Rc::new(Answered::default());
    let end = BEGIN.plus(wanted.days * DAY);
    world.executor.spawn(company::weather(Rc::clone(&world), end));
    world.executor.spawn(company::incidents(Rc::clone(&world), Rc::clone(&answered), wanted.incidents, end));
    world.executor.spawn(company::outages(Rc::clone(&world), Rc::clone(&answered), wanted.incidents / 20, end));
    world.executor.spawn(gates::pauses(Rc::clone(&world), end));
    let cron = Cron { world: Rc::clone(&world) };
    world.executor.spawn(async move {
        // wrangler.toml has it run every five minutes.
        while cron.world.executor.now() < end.plus(3 * DAY) {
            cron.world.executor.pause(5 * MINUTE).await;
            engine::outcomes::ask(&cron).await;
        }
    });
    evenly(&world, BEGIN, end, World::check_rows);
    // Everything goes well from now on; the longest that anything may wait for is the budget of the days to come.
    evenly(&world, end, end.plus(5 * DAY), |_| {});
    if world.broken().is_none() {
        settled(&world, &answered);
    }
    let figures = &world.figures;
    Outcome {
        figures: vec![
            ("deliveries", figures.deliveries.get()),
            ("answered with an error", figures.refused.get()),
            ("sessions", world.devin.borrow().sessions.len() as u64),
            ("messages", world.devin.borrow().sessions.iter().map(|session| session.messages.len() as u64).sum()),
            ("notes at PagerDuty", world.devin.borrow().notes.values().map(|notes| notes.len() as u64).sum()),
            ("calls to Devin and people", figures.devin.get()),
            ("requests to objects", figures.objects.get()),
            ("requests to the register", figures.register.get()),
            ("writes", figures.writes.get()),
            ("crashes", figures.crashes.get()),
            ("longest record, bytes", figures.longest.get() as u64),
            ("steps", world.executor.polls()),
            ("digest of the history", world.executor.history()),
        ],
        broken: world.broken(),
        steps: world.watched.take().map(|(_, steps)| steps).unwrap_or_default(),
    }
}

/// Lets time pass, until a promise is broken; `each_hour` looks at the world.
fn evenly(world: &World, from: Time, to: Time, each_hour: impl Fn(&World)) {
    let mut now = from;
    while now < to && world.broken().is_none() {
        now = now.plus(HOUR);
        world.executor.run(now, || {});
        each_hour(world);
    }
}

/// After all faults have stopped, and the days that a spent budget may take: is anything still owed?
fn settled(world: &World, answered: &Answered) {
    for key in world.keys() {
        let Some(record) = world.record(&key) else {
            world.broke(format!("{key}: the record can't be read"));
            continue;
        };
        match record.state {
            State::Started | State::Failed | State::Watching => {}
            ref state => world.broke(format!("{key}: still {state:?}")),
        }
        if record.outbox.iter().any(|message| message.delivery != Delivery::Failed) {
            world.broke(format!("{key}: a message is still to be sent"));
        }
        if !record.notices.is_empty() {
            world.broke(format!("{key}: somebody is still to be notified"));
        }
    }
    for (key, names) in answered.accepted.borrow().iter() {
        let failed = world.record(key).is_some_and(|record| record.state == State::Failed);
        let sessions = world.sessions_of(key);
        if sessions + world.without_session(names.iter()) < names.len() && !failed {
            world.broke(format!("{key}: {} accepted, {sessions} sessions", names.len()));
        }
    }
    for (key, names) in answered.fired.borrow().iter() {
        let Some(record) = world.record(key).filter(|record| record.state == State::Started) else { continue };
        let (named, gone) = world.named_to(key);
        let unnamed =
            |name: &&String| record.alerts.iter().any(|member| member.name == **name) && !named.contains(*name);
        if let Some(name) = names.iter().find(unnamed)
            && !gone
            && record.outbox.is_empty()
        {
            world.broke(format!("{key}: no session was told of {name}"));
        }
    }
    let unconfirmed = world.number("SELECT count(*) FROM permits WHERE confirmed = 0");
    if unconfirmed > 0 {
        world.broke(format!("{unconfirmed} permits are left over"));
    }
    let waiting = world.number("SELECT count(*) FROM waiters");
    if waiting > 0 {
        world.broke(format!("{waiting} are left in line"));
    }
}
