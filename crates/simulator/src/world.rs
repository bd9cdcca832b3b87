//! The world: objects with storage and alarms that crash and are evicted, a register on SQLite, a network that loses
//! calls and answers, and Devin.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_channel::oneshot;
use serde::de::DeserializeOwned;

use crate::clocks::{Clocks, REGISTER};
use crate::deploys::Deployed;
use crate::devin::Devin;
use crate::door::Answered;
use crate::executor::{Executor, Id};
use crate::hosts::{IncidentObject, RegisterObject};
use crate::kv::Kv;
use crate::people::People;
use crate::settings::Settings;
use engine::counts::Batch;
use engine::host::{Error, Result};
use engine::incident as program;
use engine::register;
use incident::admission::Limits;
use incident::lifecycle::{self, Step};
use incident::reason::Reason;
use incident::record::Record;
use incident::time::{SECOND, Time};
use outbound::devin::call::Api;

/// How often things go wrong at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Devin does nothing, and says so or says nothing.
    pub devin_down: f64,
    /// Devin does it, and the answer is lost.
    pub devin_deaf: f64,
    /// Devin takes a minute.
    pub devin_stalls: f64,
    /// 429.
    pub devin_busy: f64,
    /// 401: the key has expired.
    pub devin_refuses: f64,
    /// A session takes no more messages.
    pub session_gone: f64,
    /// A call between our own, or its answer, is lost.
    pub lost: f64,
    /// The register does not answer.
    pub register_away: f64,
    /// A write fails.
    pub storage_fails: f64,
    /// An object dies here and now.
    pub crash: f64,
    /// A clock is set to another time.
    pub clock_jumps: f64,
    /// KV does not do what it is asked, or does not say so.
    pub kv_fails: f64,
    /// Devin takes no messages: 503.
    pub devin_mute: f64,
    /// The account can't pay for sessions.
    pub no_credits: f64,
    /// Those who are notified do nothing, or their answer is lost.
    pub targets_fail: f64,
    /// Slack answers with an error.
    pub slack_errors: f64,
}

/// An object: what it has stored, its alarm, and what of it is in memory.
pub(crate) struct Slot<P> {
    pub(crate) storage: BTreeMap<String, String>,
    pub(crate) alarm: Option<Time>,
    pub(crate) alarm_runs: bool,
    pub(crate) alarm_tries: u32,
    pub(crate) program: Option<Rc<P>>,
    pub(crate) tasks: BTreeSet<Id>,
}

impl<P> Default for Slot<P> {
    fn default() -> Slot<P> {
        Slot {
            storage: BTreeMap::new(),
            alarm: None,
            alarm_runs: false,
            alarm_tries: 0,
            program: None,
            tasks: BTreeSet::new(),
        }
    }
}

pub(crate) type Incident = program::Program<IncidentObject>;
pub(crate) type Register = register::Program<RegisterObject>;

/// What was counted on the way.
#[derive(Default)]
pub struct Figures {
    /// Events that were delivered, redeliveries included.
    pub deliveries: Cell<u64>,
    /// Those answered with an error.
    pub refused: Cell<u64>,
    /// Requests to the register.
    pub register: Cell<u64>,
    /// The most of them in one second.
    pub busiest: Cell<u64>,
    /// The second that is counted, and how many there were in it.
    second: Cell<(i64, u64)>,
    /// Rows that the register's database has given.
    pub sql_rows: Cell<u64>,
    /// Steps of SQLite's machine that it took for them.
    pub sql_steps: Cell<u64>,
    /// Requests to incidents' objects.
    pub objects: Cell<u64>,
    /// Calls to Devin.
    pub devin: Cell<u64>,
    /// Objects that died in the middle.
    pub crashes: Cell<u64>,
    /// Writes of records.
    pub writes: Cell<u64>,
    /// The longest record, in bytes.
    pub longest: Cell<usize>,
    /// Rows that were written, in the objects and in the register.
    pub rows: Cell<u64>,
    /// Alarms that rang.
    pub alarms: Cell<u64>,
    /// Writes to KV, and reads.
    pub kv: Cell<(u64, u64)>,
    /// Calls to Devin that had to be made again.
    pub retried: Cell<u64>,
    /// Answers of the register that somebody has to wait for another day, a pause's end or an approval.
    pub held: Cell<u64>,
    /// The longest time from an event to its session.
    pub longest_wait: Cell<Duration>,
}

/// Adds to a figure.
pub(crate) fn add(figure: &Cell<u64>, more: u64) {
    figure.set(figure.get() + more);
}

impl Figures {
    fn count_register(&self, now: Time) {
        self.register.set(self.register.get() + 1);
        let second = now.0.div_euclid(1000);
        let (counted, so_far) = self.second.get();
        let count = if counted == second { so_far + 1 } else { 1 };
        self.second.set((second, count));
        self.busiest.set(self.busiest.get().max(count));
    }
}

/// Everything.
pub struct World {
    /// Time and chance.
    pub executor: Rc<Executor>,
    /// How often things go wrong.
    pub weather: Cell<Weather>,
    /// Devin.
    pub devin: RefCell<Devin>,
    /// Those who are notified.
    pub people: RefCell<People>,
    /// What was counted.
    pub figures: Figures,
    /// The settings in force; `None` while they are wrong.
    pub(crate) settings: RefCell<Option<Rc<Settings>>>,
    /// Every limits that were in force, and since when.
    pub(crate) limits: RefCell<Vec<(Time, Limits)>>,
    pub(crate) clocks: Clocks,
    pub(crate) kv: Kv,
    pub(crate) deployed: Deployed,
    /// What senders were answered.
    pub answered: Answered,
    pub(crate) incidents: RefCell<BTreeMap<String, Slot<Incident>>>,
    pub(crate) register: RefCell<Slot<Register>>,
    pub(crate) database: rusqlite::Connection,
    broken: RefCell<Option<String>>,
    /// The key of the incident whose every step is written down, and the steps.
    pub watched: RefCell<Option<(String, Vec<String>)>>,
    /// Sessions that counted against the limits, by when they were created.
    pub(crate) created: RefCell<Vec<(Time, bool)>>,
    pub(crate) released: RefCell<BTreeSet<String>>,
    /// The state and the reason with which the list has each incident, or had it last.
    pub(crate) listed: RefCell<BTreeMap<String, (String, Option<Reason>)>>,
    /// When each incident has lately asked for a permit.
    pub(crate) asks: RefCell<BTreeMap<String, Vec<Time>>>,
    /// When those that were held have lately asked again.
    pub(crate) back: RefCell<Vec<Time>>,
    /// The pause that is known to be: since when, and when it ends by itself.
    pub(crate) paused: Cell<Option<(Time, Option<Time>)>>,
    /// When sessions of the route with a budget of its own were created.
    pub(crate) of_route: RefCell<Vec<Time>>,
    this: Weak<World>,
}

/// Nothing is rolled back, as many statements as the register has are kept prepared, and none is planned anew because of
/// what is bound to it.
fn database() -> rusqlite::Connection {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.set_prepared_statement_cache_capacity(200);
    database.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    database.execute_batch("PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY").unwrap();
    database
}

/// The runtime ends an alarm after so long.
const LONGEST_ALARM: Duration = Duration::from_mins(15);
/// How long an object of ours may take to hear of a call.
const NEAR: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

impl World {
    /// A world with nothing in it.
    pub fn new(seed: u64, begin: Time, limits: Limits, api: Api) -> Rc<World> {
        Rc::new_cyclic(|this| World {
            executor: Executor::new(seed, begin),
            weather: Cell::default(),
            devin: RefCell::new(Devin::new(api.clone())),
            people: RefCell::default(),
            figures: Figures::default(),
            limits: RefCell::new(vec![(begin, limits.clone())]),
            settings: RefCell::new(Some(Rc::new(Settings::new(limits, api)))),
            clocks: Clocks::default(),
            kv: Kv::default(),
            deployed: Deployed::default(),
            answered: Answered::default(),
            incidents: RefCell::default(),
            register: RefCell::default(),
            database: database(),
            broken: RefCell::default(),
            watched: RefCell::default(),
            created: RefCell::default(),
            released: RefCell::default(),
            listed: RefCell::default(),
            asks: RefCell::default(),
            back: RefCell::default(),
            paused: Cell::default(),
            of_route: RefCell::default(),
            this: this.clone(),
        })
    }

    pub(crate) fn me(&self) -> Rc<World> {
        self.this.upgrade().unwrap()
    }

    pub(crate) fn happens(&self, what: fn(&Weather) -> f64) -> bool {
        let probability = what(&self.weather.get());
        self.executor.happens(probability)
    }

    /// A promise was broken.
    pub fn broke(&self, words: String) {
        let at = self.executor.now().rfc3339();
        self.broken.borrow_mut().get_or_insert_with(|| format!("{at}: {words}"));
    }

    /// Writes down what happens to an incident, if it is the one that is watched.
    pub fn happened(&self, key: &str, what: impl FnOnce() -> String) {
        if let Some((watched, steps)) = self.watched.borrow_mut().as_mut()
            && watched == key
        {
            steps.push(format!("{} {}", self.executor.now().rfc3339(), what()));
        }
    }

    /// The first promise that was broken.
    pub fn broken(&self) -> Option<String> {
        self.broken.borrow().clone()
    }

    /// The record that is stored under a key.
    pub fn record(&self, key: &str) -> Option<Record> {
        let incidents = self.incidents.borrow();
        let text = incidents.get(key)?.storage.get("record")?;
        Record::from_text(text).ok()
    }

    /// The keys of all objects that have stored something.
    pub fn keys(&self) -> Vec<String> {
        let incidents = self.incidents.borrow();
        incidents.iter().filter(|(_, slot)| !slot.storage.is_empty()).map(|(key, _)| key.clone()).collect()
    }

    /// A whole number from the register's tables.
    pub fn number(&self, query: &str) -> i64 {
        self.database.query_row(query, [], |row| row.get(0)).unwrap_or_default()
    }

    /// How many rows all tables of the register have.
    pub fn rows(&self) -> i64 {
        let tables = self.texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
        tables.iter().map(|table| self.number(&format!("SELECT count(*) FROM {table}"))).sum()
    }

    /// The register is started anew with the next request.
    pub fn restart_register(&self) {
        self.register.borrow_mut().program = None;
    }

    /// A deploy: every object starts anew, whatever is under way.
    pub(crate) fn restart_all(&self) {
        self.restart_register();
        let at_work: Vec<String> = {
            let mut incidents = self.incidents.borrow_mut();
            let at_work = incidents.iter_mut().filter(|(_, slot)| slot.program.is_some());
            at_work.map(|(key, _)| key.clone()).collect()
        };
        for key in at_work {
            self.crash(&key);
        }
    }

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

    /// Calls an incident's object.
    pub async fn call<R: DeserializeOwned>(&self, key: &str, call: program::calls::Call) -> Result<R> {
        self.figures.objects.set(self.figures.objects.get() + 1);
        self.executor.pause(self.executor.between(NEAR.0, NEAR.1)).await;
        if self.happens(|weather| weather.lost / 2.0) {
            return Err(Error("the call was lost".into()));
        }
        self.may_jump(key);
        let (tell, told) = oneshot::channel();
        let program = self.incident(key);
        let (world, name) = (self.me(), key.to_owned());
        let task = self.executor.spawn(async move {
            let answer = program.answer(call).await;
            drop(program);
            let _ = tell.send(answer);
            world.task_ended(&name);
        });
        self.incidents.borrow_mut().entry(key.to_owned()).or_default().tasks.insert(task);
        let answer = told.await.map_err(|_| Error("the object was reset".into()))??;
        if self.happens(|weather| weather.lost / 2.0) {
            return Err(Error("the answer was lost".into()));
        }
        Ok(serde_json::from_value(answer)?)
    }

    pub(crate) fn incident(&self, key: &str) -> Rc<Incident> {
        let mut incidents = self.incidents.borrow_mut();
        let slot = incidents.entry(key.to_owned()).or_default();
        let new = || Rc::new(program::Program::new(IncidentObject { world: self.this.clone(), key: key.to_owned() }));
        Rc::clone(slot.program.get_or_insert_with(new))
    }

    fn task_ended(&self, key: &str) {
        let executor = Rc::clone(&self.executor);
        let evict = executor.happens(0.3);
        let mut incidents = self.incidents.borrow_mut();
        let Some(slot) = incidents.get_mut(key) else { return };
        // The one that calls this is still running.
        let others = slot.tasks.iter().filter(|id| executor.lives(**id)).count();
        if others > 1 {
            return;
        }
        slot.tasks.clear();
        let program = if evict { slot.program.take() } else { None };
        let owed = slot.storage.get("record").filter(|_| slot.alarm.is_none() && !slot.alarm_runs).cloned();
        drop(incidents);
        drop(program);
        if let Some(Ok(record)) = owed.map(|text| Record::from_text(&text)) {
            let due = lifecycle::due(&record, self.clock(key));
            if due != Step::Rest {
                self.broke(format!("{key}: no alarm is set although {due:?} is due: {:?}", record.state));
            }
        }
    }

    /// An object dies: what was under way in it is gone, what is stored stays.
    pub(crate) fn crash(&self, key: &str) {
        self.figures.crashes.set(self.figures.crashes.get() + 1);
        self.happened(key, || "its object dies".into());
        let (tasks, program, alarm) = {
            let mut incidents = self.incidents.borrow_mut();
            let Some(slot) = incidents.get_mut(key) else { return };
            let ran = std::mem::take(&mut slot.alarm_runs);
            (std::mem::take(&mut slot.tasks), slot.program.take(), ran)
        };
        for task in tasks {
            self.executor.kill(task);
        }
        drop(program);
        if alarm {
            self.alarm_failed(key);
        }
    }

    /// The runtime runs an alarm again that has failed, six times, with growing pauses.
    fn alarm_failed(&self, key: &str) {
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

    /// Asks the register.
    pub async fn ask_register<R: DeserializeOwned>(&self, call: register::calls::Call) -> Result<R> {
        self.tell_register(Batch::default(), call).await
    }

    /// The same, and what an isolate has gathered goes along.
    pub async fn tell_register<R: DeserializeOwned>(&self, batch: Batch, call: register::calls::Call) -> Result<R> {
        self.figures.count_register(self.executor.now());
        self.executor.pause(self.executor.between(NEAR.0, NEAR.1)).await;
        if self.happens(|weather| weather.lost / 2.0) || self.happens(|weather| weather.register_away) {
            return Err(Error("the call was lost".into()));
        }
        self.may_jump(REGISTER);
        let (tell, told) = oneshot::channel();
        let program = self.register_program();
        self.executor.spawn(async move {
            let answer = program.answer(register::calls::Request { batch, call }).await;
            let _ = tell.send(answer);
        });
        let answer = told.await.map_err(|_| Error("the object was reset".into()))??;
        if self.happens(|weather| weather.lost / 2.0) {
            return Err(Error("the answer was lost".into()));
        }
        Ok(serde_json::from_value(answer)?)
    }

    pub(crate) fn register_program(&self) -> Rc<Register> {
        let mut slot = self.register.borrow_mut();
        if self.executor.happens(0.01) {
            slot.program = None;
        }
        let new = || Rc::new(register::Program::new(RegisterObject { world: self.this.clone() }));
        Rc::clone(slot.program.get_or_insert_with(new))
    }

    pub(crate) fn texts(&self, query: &str) -> Vec<String> {
        let Ok(mut statement) = self.database.prepare(query) else { return Vec::new() };
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.filter_map(std::result::Result::ok).collect()
    }
}
