//! The whole bridge in a deterministic world: the programs of both objects, with everything around them simulated. One
//! seed decides everything, so whatever is found can be looked at again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a tool for tests: it is to stop where it is wrong"
)]

pub mod alarms;
pub mod clocks;
pub mod company;
pub mod deploys;
pub mod devin;
pub mod door;
pub mod executor;
pub mod faults;
pub mod gates;
pub mod growth;
pub mod hosts;
pub mod kv;
pub mod matrix;
pub mod network;
pub mod people;
pub mod promises;
pub mod settings;
pub mod world;

use std::fmt;
use std::rc::Rc;

use strum::VariantArray;

use company::Storm;
use hosts::Cron;
use incident::admission::Limits;
use incident::fault::{self, Fault};
use incident::time::{DAY, HOUR, MINUTE, Time};
use outbound::devin::call::Api;
use promises::settled;
use world::{Figures, World};

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
    /// How many of its alerts flap for days.
    pub flaps: f64,
    /// What goes wrong.
    pub storms: &'static [Storm],
}

impl Wanted {
    /// A company as usual, with everything going wrong.
    pub fn usual(seed: u64, days: u32) -> Wanted {
        Wanted { fault: None, seed, days, incidents: 20_000, flaps: company::FLAPS, storms: Storm::VARIANTS }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Figures by their names.
    pub figures: Vec<(&'static str, String)>,
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
    let outcome = live(wanted, None, None);
    let key = outcome.broken.as_deref().and_then(incident_in);
    if key.is_some() { live(wanted, key, None) } else { outcome }
}

/// Runs a world until a check says something with these words in it, whatever others say.
fn simulate_until(wanted: Wanted, words: &'static str) -> Option<String> {
    live(wanted, None, Some(words)).broken
}

/// The key of the incident that is named in a sentence.
fn incident_in(words: &str) -> Option<String> {
    let start = ["pagerduty-", "group-", "alert-"].into_iter().find_map(|sender| words.find(sender))?;
    let key: String = words[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Some(key)
}

fn live(wanted: Wanted, watched: Option<String>, sought: Option<&'static str>) -> Outcome {
    fault::put_back(wanted.fault);
    let routes = [(gates::ROUTE.0.to_owned(), gates::ROUTE.1)].into();
    let limits = Limits { per_minute: 10, per_day: 100, routes, ..Limits::default() };
    let api = if wanted.seed % 4 == 3 { Api::V1 } else { Api::V3 { org: "org-1".into() } };
    let world = World::new(wanted.seed, BEGIN, limits, api);
    world.sought.set(sought);
    world.watched.replace(watched.map(|key| (key, Vec::new())));
    let end = BEGIN.plus(wanted.days * DAY);
    world.executor.spawn(company::weather(Rc::clone(&world), wanted.storms, end));
    let outages = wanted.incidents / company::OUTAGES;
    world.executor.spawn(company::incidents(Rc::clone(&world), wanted.incidents - outages, wanted.flaps, end));
    world.executor.spawn(company::outages(Rc::clone(&world), outages, end));
    world.executor.spawn(gates::pauses(Rc::clone(&world), end));
    world.executor.spawn(deploys::deploys(Rc::clone(&world), end));
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
        settled(&world);
    }
    let outcome = Outcome {
        figures: figures(&world),
        broken: world.broken(),
        steps: world.watched.take().map(|(_, steps)| steps).unwrap_or_default(),
    };
    world.executor.end();
    outcome
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

/// What a month or a year came to.
fn figures(world: &World) -> Vec<(&'static str, String)> {
    let figures = &world.figures;
    let (devin, people) = (world.devin.borrow(), world.people.borrow());
    let (kv_writes, kv_reads) = figures.kv.get();
    let counts = [
        ("incidents", world.incidents.borrow().len() as u64),
        ("deliveries", figures.deliveries.get()),
        ("answered with an error", figures.refused.get()),
        ("sessions", devin.sessions.len() as u64),
        ("messages", devin.sessions.iter().map(|session| session.messages.len() as u64).sum()),
        ("notes at PagerDuty", people.notes.values().map(|notes| notes.len() as u64).sum()),
        ("messages at Slack", people.at_slack()),
        ("messages to the webhook", people.posts),
        ("calls to Devin and people", figures.devin.get()),
        ("retries of those to Devin", figures.retried.get()),
        ("incidents held", figures.held.borrow().len() as u64),
        ("longest wait, minutes", figures.longest_wait.get().as_secs() / 60),
        ("requests to objects", figures.objects.get()),
        ("requests to the register", figures.register.get()),
        ("alarms", figures.alarms.get()),
        ("rows written", figures.rows.get()),
        ("reads of KV", kv_reads),
        ("writes to KV", kv_writes),
        ("crashes", figures.crashes.get()),
        ("longest record, bytes", figures.longest.get() as u64),
        ("steps", world.executor.polls()),
        ("digest of the history", world.executor.history()),
    ];
    let mut all: Vec<(&'static str, String)> = counts.map(|(name, count)| (name, count.to_string())).into();
    all.push(("dollars", format!("{:.2}", dollars(figures))));
    all
}

/// What Cloudflare asks for it beyond the $5 a month, if nothing were included: see docs/performance.md.
fn dollars(figures: &Figures) -> f64 {
    let (kv_writes, kv_reads) = figures.kv.get();
    let objects = figures.objects.get() + figures.register.get() + figures.alarms.get();
    let dollars_a_million = [
        (figures.deliveries.get(), 0.31),
        (objects, 0.15),
        (figures.rows.get(), 1.0),
        (kv_reads, 0.5),
        (kv_writes, 5.0),
    ];
    dollars_a_million.into_iter().map(|(count, dollars)| count as f64 * dollars / 1_000_000.0).sum()
}
