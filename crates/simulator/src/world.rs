//! The world: objects with storage and alarms that crash and are evicted, a register on SQLite, a network that loses
//! calls and answers, and Devin.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
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
use crate::matrix::Script;
use crate::people::People;
use crate::settings::Settings;
use engine::counts::Batch;
use engine::host::{Error, Result};
use engine::incident as program;
use engine::register;
use incident::admission::Limits;
use incident::reason::Reason;
use incident::record::Record;
use incident::time::Time;
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
    /// The clock of an incident's object is set to another time.
    pub clock_jumps: f64,
    /// The register's is.
    pub register_jumps: f64,
    /// Whoever is asked takes most of a minute, and does it.
    pub slow: f64,
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
    storage: BTreeMap<String, String>,
    /// What the stored record says, where somebody has looked since it was stored: `Some(None)` where it can't be read.
    record: Option<Option<Rc<Record>>>,
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
            record: None,
            alarm: None,
            alarm_runs: false,
            alarm_tries: 0,
            program: None,
            tasks: BTreeSet::new(),
        }
    }
}

impl<P> Slot<P> {
    /// What is stored under a name.
    pub(crate) fn stored(&self, name: &str) -> Option<&String> {
        self.storage.get(name)
    }

    /// Stores a text, and gives the one that was there.
    pub(crate) fn store(&mut self, name: &str, text: String) -> Option<String> {
        if name == RECORD {
            self.record = None;
        }
        if let Some(stored) = self.storage.get_mut(name) {
            return Some(std::mem::replace(stored, text));
        }
        self.storage.insert(name.to_owned(), text)
    }

    /// Forgets everything.
    pub(crate) fn erase(&mut self) {
        (self.record, self.alarm) = (None, None);
        self.storage.clear();
    }

    /// The record, read at most once each time that it was stored.
    fn record(&mut self) -> Option<Rc<Record>> {
        if self.record.is_none() {
            let text = self.storage.get(RECORD)?;
            self.record = Some(Record::from_text(text).ok().map(Rc::new));
        }
        self.record.clone().flatten()
    }
}

/// The name that the record is stored under.
pub(crate) const RECORD: &str = "record";

/// The incidents' objects by their keys. Who walks through them does so by [`World::keys`], whose order is always the same.
type Slots = HashMap<String, Slot<Incident>, BuildHasherDefault<DefaultHasher>>;

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
    /// The most bytes of text that one of its statements was given.
    pub largest: Cell<u64>,
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
    /// The names of the incidents that had to wait for another day, a pause's end, an approval or credits.
    pub held: RefCell<BTreeSet<String>>,
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
    pub(crate) incidents: RefCell<Slots>,
    pub(crate) register: RefCell<Slot<Register>>,
    pub(crate) database: rusqlite::Connection,
    broken: RefCell<Option<String>>,
    /// Only what has these words in it counts as a promise that was broken.
    pub(crate) sought: Cell<Option<&'static str>>,
    /// The key of the incident whose every step is written down, and the steps.
    pub watched: RefCell<Option<(String, Vec<String>)>>,
    /// Sessions that counted against the limits, by when they were created.
    pub(crate) created: RefCell<Vec<(Time, bool)>>,
    /// The names of the incidents that have had a session.
    pub(crate) with_session: RefCell<BTreeSet<String>>,
    /// When it was found that there may be a session, by correlation ids of which Devin has none.
    pub(crate) doubted: RefCell<BTreeMap<String, Time>>,
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
    /// What Devin does, where that is not left to chance.
    pub(crate) script: RefCell<Option<Script>>,
    this: Weak<World>,
}

/// Nothing is rolled back, so that everything is one transaction; as many statements as the register has are kept prepared,
/// and none is planned anew because of what is bound to it.
fn database() -> rusqlite::Connection {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.set_prepared_statement_cache_capacity(200);
    database.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    database.execute_batch("PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY; BEGIN").unwrap();
    database
}

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
            sought: Cell::default(),
            watched: RefCell::default(),
            created: RefCell::default(),
            doubted: RefCell::default(),
            with_session: RefCell::default(),
            released: RefCell::default(),
            listed: RefCell::default(),
            asks: RefCell::default(),
            back: RefCell::default(),
            paused: Cell::default(),
            of_route: RefCell::default(),
            script: RefCell::default(),
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
        if self.sought.get().is_some_and(|sought| !words.contains(sought)) {
            return;
        }
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
    pub fn record(&self, key: &str) -> Option<Rc<Record>> {
        self.incidents.borrow_mut().get_mut(key)?.record()
    }

    /// What is stored under a name in the object with a key.
    pub(crate) fn stored(&self, key: &str, name: &str) -> Option<String> {
        self.incidents.borrow().get(key)?.stored(name).cloned()
    }

    /// The keys of all objects that have stored something.
    pub fn keys(&self) -> Vec<String> {
        self.keys_where(|slot| !slot.storage.is_empty())
    }

    fn keys_where(&self, is_wanted: impl Fn(&Slot<Incident>) -> bool) -> Vec<String> {
        let incidents = self.incidents.borrow();
        let wanted = incidents.iter().filter(|(_, slot)| is_wanted(slot));
        let mut keys: Vec<String> = wanted.map(|(key, _)| key.clone()).collect();
        keys.sort_unstable();
        keys
    }

    /// A whole number from the register's tables.
    pub fn number(&self, query: &str, bindings: impl rusqlite::Params) -> i64 {
        let statement = self.database.prepare_cached(query);
        statement.and_then(|mut statement| statement.query_row(bindings, |row| row.get(0))).unwrap_or_default()
    }

    /// How many rows all tables of the register have.
    pub fn rows(&self) -> i64 {
        let tables = self.texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
        tables.iter().map(|table| self.number(&format!("SELECT count(*) FROM {table}"), [])).sum()
    }

    /// The register is started anew with the next request.
    pub fn restart_register(&self) {
        self.register.borrow_mut().program = None;
    }

    /// A deploy: every object starts anew, whatever is under way.
    pub(crate) fn restart_all(&self) {
        self.restart_register();
        for key in self.keys_where(|slot| slot.program.is_some()) {
            self.crash(&key);
        }
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

    pub(crate) fn task_ended(&self, key: &str) {
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
        drop(incidents);
        drop(program);
        self.is_armed(key);
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
        self.is_armed(key);
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
