//! The world: objects with storage and alarms that crash and are evicted, a register on SQLite, a network that loses
//! calls and answers, Devin, and the promises that are checked at every step.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_channel::oneshot;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::devin::{Devin, Fate, answer};
use crate::executor::{Executor, Id};
use engine::counts::Count;
use engine::host::{self, Binding, CronHost, Error, IncidentHost, Object, RegisterHost, Result, Row};
use engine::incident as program;
use engine::register;
use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::key::Key;
use incident::lifecycle::{self, Step};
use incident::listing::Line;
use incident::reason::Reason;
use incident::record::{Record, State};
use incident::secret::Secret;
use incident::session::Report;
use incident::time::{DAY, MINUTE, SECOND, Time};
use outbound::devin::call::{Access, Api};
use outbound::devin::compose::ComposeSettings;
use outbound::http::{Answer, Call};
use outbound::notify::{Question, Targets, pagerduty, webhook};
use outbound::prompt::{Config, Library};

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
}

/// The settings of the world.
pub struct Settings {
    access: Access,
    config: Config,
    library: Library,
    limits: Limits,
    targets: Targets,
}

impl host::Settings for Settings {
    fn devin(&self) -> &Access {
        &self.access
    }

    fn compose(&self) -> ComposeSettings<'_> {
        ComposeSettings { prompt: &self.config, library: &self.library, tags: true, marker_secret: &self.access.key }
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }

    fn targets(&self) -> &Targets {
        &self.targets
    }

    fn redact_emails(&self) -> bool {
        true
    }
}

/// An object: what it has stored, its alarm, and what of it is in memory.
struct Slot<P> {
    storage: BTreeMap<String, String>,
    alarm: Option<Time>,
    alarm_runs: bool,
    alarm_tries: u32,
    program: Option<Rc<P>>,
    tasks: BTreeSet<Id>,
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

type Incident = program::Program<IncidentObject>;
type Register = register::Program<RegisterObject>;

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
    /// Devin and those who are notified.
    pub devin: RefCell<Devin>,
    /// What was counted.
    pub figures: Figures,
    pub(crate) settings: Rc<Settings>,
    incidents: RefCell<BTreeMap<String, Slot<Incident>>>,
    register: RefCell<Slot<Register>>,
    database: rusqlite::Connection,
    broken: RefCell<Option<String>>,
    /// The key of the incident whose every step is written down, and the steps.
    pub watched: RefCell<Option<(String, Vec<String>)>>,
    /// Sessions that counted against the limits, by when they were created.
    created: RefCell<Vec<(Time, bool)>>,
    released: RefCell<BTreeSet<String>>,
    /// The pause that is known to be: since when, and when it ends by itself.
    pub(crate) paused: Cell<Option<(Time, Option<Time>)>>,
    /// When sessions of the route with a budget of its own were created.
    pub(crate) of_route: RefCell<Vec<Time>>,
    this: Weak<World>,
}

/// How long an object of ours may take to hear of a call.
const NEAR: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));
/// How far clocks may run apart between the permit and Devin's creation of the session.
const MOST_BYTES: usize = 240 * 1024;

impl World {
    /// A world with nothing in it.
    pub fn new(seed: u64, begin: Time, limits: Limits) -> Rc<World> {
        let prompts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts");
        let mut files: Vec<(String, String)> = std::fs::read_dir(prompts)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (
                    format!("prompts/{}", path.file_name().unwrap().to_str().unwrap()),
                    std::fs::read_to_string(&path).unwrap(),
                )
            })
            .collect();
        files.sort();
        let settings = Rc::new(Settings {
            access: Access {
                base: "https://api.devin.ai".into(),
                api: Api::V3 { org: "org-1".into() },
                key: Secret::new("cog_simulated"),
            },
            config: Config { observability: vec!["Datadog".into()], ..Config::default() },
            library: Library::new(&files),
            limits,
            targets: Targets {
                slack: None,
                pagerduty: Some(pagerduty::Access {
                    base: "https://api.pagerduty.com".into(),
                    token: Secret::new("token"),
                    from: "devin@example.com".into(),
                }),
                webhook: Some(webhook::Webhook { url: Secret::new("https://chat.example.com/hook") }),
            },
        });
        Rc::new_cyclic(|this| World {
            executor: Executor::new(seed, begin),
            weather: Cell::default(),
            devin: RefCell::default(),
            figures: Figures::default(),
            settings,
            incidents: RefCell::default(),
            register: RefCell::default(),
            database: rusqlite::Connection::open_in_memory().unwrap(),
            broken: RefCell::default(),
            watched: RefCell::default(),
            created: RefCell::default(),
            released: RefCell::default(),
            paused: Cell::default(),
            of_route: RefCell::default(),
            this: this.clone(),
        })
    }

    fn me(&self) -> Rc<World> {
        self.this.upgrade().unwrap()
    }

    fn happens(&self, what: fn(&Weather) -> f64) -> bool {
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

    /// Calls an incident's object.
    pub async fn call<R: DeserializeOwned>(&self, key: &str, call: program::calls::Call) -> Result<R> {
        self.figures.objects.set(self.figures.objects.get() + 1);
        self.executor.pause(self.executor.between(NEAR.0, NEAR.1)).await;
        if self.happens(|weather| weather.lost / 2.0) {
            return Err(Error("the call was lost".into()));
        }
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

    fn incident(&self, key: &str) -> Rc<Incident> {
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
            let due = lifecycle::due(&record, executor.now());
            if due != Step::Rest {
                self.broke(format!("{key}: no alarm is set although {due:?} is due: {:?}", record.state));
            }
        }
    }

    /// An object dies: what was under way in it is gone, what is stored stays.
    fn crash(&self, key: &str) {
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
        let now = self.executor.now();
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

    fn wake_at(&self, key: &str, at: Time) {
        let (world, key) = (self.me(), key.to_owned());
        self.executor.spawn(async move {
            let pause = at.since(world.executor.now());
            world.executor.pause(pause).await;
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
            (slot.alarm, slot.alarm_runs) = (None, true);
        }
        self.happened(key, || "its alarm rings".into());
        let program = self.incident(key);
        let (world, name) = (self.me(), key.to_owned());
        let task = self.executor.spawn(async move {
            let done = program.alarm().await;
            drop(program);
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
        self.figures.count_register(self.executor.now());
        self.executor.pause(self.executor.between(NEAR.0, NEAR.1)).await;
        if self.happens(|weather| weather.lost / 2.0) || self.happens(|weather| weather.register_away) {
            return Err(Error("the call was lost".into()));
        }
        let (tell, told) = oneshot::channel();
        let program = self.register_program();
        self.executor.spawn(async move {
            let answer = program.answer(register::calls::Request { batch: Default::default(), call }).await;
            let _ = tell.send(answer);
        });
        let answer = told.await.map_err(|_| Error("the object was reset".into()))??;
        if self.happens(|weather| weather.lost / 2.0) {
            return Err(Error("the answer was lost".into()));
        }
        Ok(serde_json::from_value(answer)?)
    }

    fn register_program(&self) -> Rc<Register> {
        let mut slot = self.register.borrow_mut();
        if self.executor.happens(0.01) {
            slot.program = None;
        }
        let new = || Rc::new(register::Program::new(RegisterObject { world: self.this.clone() }));
        Rc::clone(slot.program.get_or_insert_with(new))
    }

    /// Lets Devin, or those who are notified, do what they are asked, if they do.
    async fn outside(
        &self,
        call: &Call,
        act: impl FnOnce(&World, &Fate) -> Answer,
    ) -> std::result::Result<Answer, String> {
        self.figures.devin.set(self.figures.devin.get() + 1);
        let executor = &self.executor;
        executor.pause(executor.between(Duration::from_millis(50), Duration::from_millis(900))).await;
        if self.happens(|weather| weather.devin_down) {
            return match executor.below(3) {
                0 => Err("connection refused".into()),
                1 => Ok(answer(503, &Value::Null)),
                _ => {
                    executor.pause(MINUTE).await;
                    Err("took too long".into())
                }
            };
        }
        if self.happens(|weather| weather.devin_busy) {
            let mut busy = answer(429, &Value::Null);
            busy.retry_after = executor.happens(0.5).then(|| "7".to_owned());
            return Ok(busy);
        }
        if self.happens(|weather| weather.devin_refuses) {
            return Ok(answer(401, &serde_json::json!({"detail": "the key has expired"})));
        }
        let fate = Fate {
            listed: executor.now().plus(executor.between(Duration::ZERO, Duration::from_secs(8))),
            lasts: executor.between(5 * MINUTE, 60 * MINUTE),
            gone: call.method == "POST" && self.happens(|weather| weather.session_gone),
        };
        let done = act(self, &fate);
        if self.happens(|weather| weather.devin_stalls) {
            executor.pause(MINUTE).await;
            return Err("took too long".into());
        }
        executor.pause(executor.between(Duration::from_millis(20), Duration::from_millis(400))).await;
        if self.happens(|weather| weather.devin_deaf) {
            return if executor.happens(0.5) { Err("connection reset".into()) } else { Ok(answer(500, &Value::Null)) };
        }
        Ok(done)
    }

    /// A session was created: is it the only one, and within the limits?
    fn created(&self, call: &Call) {
        let now = self.executor.now();
        let tags = call.body.as_ref().and_then(|body| body["tags"].as_array().cloned()).unwrap_or_default();
        let tag = tags.iter().filter_map(Value::as_str).find(|tag| tag.starts_with("incident:")).unwrap_or_default();
        if self.devin.borrow().tagged(tag).len() > 1 {
            self.broke(format!("{tag} has two sessions"));
        }
        let released = self.released.borrow().iter().any(|key| tag.contains(key.as_str()));
        let mut created = self.created.borrow_mut();
        created.push((now, released));
        let within =
            |from: Time| created.iter().rev().take_while(|(at, _)| *at > from).filter(|(_, free)| !free).count();
        let (minute, day) = (within(now.minus(MINUTE)), within(Time(now.midnight().0 - 1)));
        let Limits { per_minute, per_day, .. } = self.settings.limits.clone();
        if minute > per_minute as usize {
            self.broke(format!("{minute} sessions in a minute, at most {per_minute}"));
        }
        if day > per_day as usize {
            self.broke(format!("{day} sessions in a day, at most {per_day}"));
        }
    }

    /// Of the register's rows only those are there that count for something.
    pub fn check_rows(&self) {
        let oldest = self.executor.now().midnight().minus(DAY).0;
        let old = self.number(&format!("SELECT count(*) FROM permits WHERE at < {oldest} AND confirmed = 1"));
        if old > 0 {
            self.broke(format!("{old} permits of sessions from days ago are kept"));
        }
        for id in self.texts("SELECT id FROM permits WHERE confirmed = 0") {
            let name = id.trim_start_matches("incident:");
            let key = name.split_once('.').map_or(name, |(key, _)| key);
            let Some(record) = self.record(key) else { continue };
            // It is told with the next publish.
            if record.unpublished.is_some() || !record.former.is_empty() {
                continue;
            }
            let tries =
                matches!(record.state, State::Waiting { .. } | State::Creating { .. } | State::LookingUp { .. });
            if record.correlation_id() != id || !tries {
                self.broke(format!("{id} holds a permit although the record is {:?}", record.state));
            }
        }
    }

    fn texts(&self, query: &str) -> Vec<String> {
        let Ok(mut statement) = self.database.prepare(query) else { return Vec::new() };
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.filter_map(std::result::Result::ok).collect()
    }

    /// Somebody has to wait for its turn: is there really no room?
    fn must_wait(&self, key: &str, limits: Limits) {
        let now = self.executor.now();
        let created = self.created.borrow();
        // A permit counts a little longer than a minute, and from before its session is there.
        let window = now.minus(2 * MINUTE + 5 * SECOND);
        let minute = created.iter().rev().take_while(|(at, _)| *at > window).count() as i64;
        let day = created.iter().rev().take_while(|(at, _)| *at >= now.midnight()).count() as i64;
        let others = self.number("SELECT count(*) FROM permits WHERE confirmed = 0")
            + self.number("SELECT count(*) FROM waiters");
        if minute + others < i64::from(limits.per_minute) && day + others < i64::from(limits.per_day) {
            let words = format!("{minute} sessions in the last minutes, {day} today, {others} others want one");
            self.broke(format!("{key} has to wait: {words}"));
        }
    }

    /// The alerts that some session of a group has heard of, and whether any of its sessions takes no more messages.
    pub fn named_to(&self, key: &str) -> (BTreeSet<String>, bool) {
        let devin = self.devin.borrow();
        let of_key = |tag: &String| {
            let name = tag.strip_prefix("incident:").unwrap_or_default();
            name.split_once('.').map_or(name, |(base, _)| base) == key
        };
        let sessions = || devin.sessions.iter().filter(|session| session.tags.iter().any(of_key));
        (sessions().flat_map(|session| session.named.clone()).collect(), sessions().any(|session| session.gone))
    }

    /// How many sessions there are with the tag of this key, whichever attempt.
    pub fn sessions_of(&self, key: &str) -> usize {
        let devin = self.devin.borrow();
        let mut count = 0;
        for attempt in 1.. {
            let tag = if attempt == 1 { format!("incident:{key}") } else { format!("incident:{key}.{attempt}") };
            match devin.tagged(&tag).len() {
                0 if attempt > 40 => return count,
                found => count += found,
            }
        }
        count
    }
}

/// What an incident's object sees of the world.
pub struct IncidentObject {
    world: Weak<World>,
    key: String,
}

impl IncidentObject {
    fn world(&self) -> Rc<World> {
        self.world.upgrade().unwrap()
    }

    fn answered(&self, call: &Call, answer: &std::result::Result<Answer, String>) {
        self.world().happened(&self.key, || {
            let came = answer.as_ref().map_or_else(Clone::clone, |answer| answer.status.to_string());
            format!("{} {}: {came}", call.method, call.url)
        });
    }

    /// Here the object may die. Whoever called is never answered.
    async fn may_die(&self) {
        let world = self.world();
        if world.happens(|weather| weather.crash) {
            world.crash(&self.key);
            pending::<()>().await;
        }
    }
}

impl Object for IncidentObject {
    type Settings = Settings;

    fn now(&self) -> Time {
        self.world().executor.now()
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        Some(Rc::clone(&self.world().settings))
    }

    fn retention(&self) -> Duration {
        30 * DAY
    }

    async fn alarm(&self) -> Result<Option<Time>> {
        let world = self.world();
        let incidents = world.incidents.borrow();
        Ok(incidents.get(&self.key).and_then(|slot| slot.alarm))
    }

    async fn set_alarm(&self, at: Time) -> Result<()> {
        let world = self.world();
        if world.happens(|weather| weather.storage_fails) {
            return Err(Error("storage failed".into()));
        }
        let runs = {
            let mut incidents = world.incidents.borrow_mut();
            let slot = incidents.entry(self.key.clone()).or_default();
            slot.alarm = Some(at);
            slot.alarm_runs
        };
        // While one runs, the next is looked at when it has ended.
        if !runs {
            world.wake_at(&self.key, at);
        }
        Ok(())
    }

    fn warn(&self, _: &str) {}
}

impl IncidentHost for IncidentObject {
    fn chance(&self) -> f64 {
        self.world().executor.chance()
    }

    async fn pause(&self, duration: Duration) {
        self.world().executor.pause(duration).await;
    }

    async fn read(&self, name: &str) -> Result<Option<String>> {
        let world = self.world();
        if world.happens(|weather| weather.storage_fails) {
            return Err(Error("storage failed".into()));
        }
        let incidents = world.incidents.borrow();
        Ok(incidents.get(&self.key).and_then(|slot| slot.storage.get(name)).cloned())
    }

    async fn write(&self, texts: Vec<(&str, String)>) -> Result<()> {
        self.may_die().await;
        let world = self.world();
        if world.happens(|weather| weather.storage_fails) {
            return Err(Error("storage failed".into()));
        }
        world.figures.writes.set(world.figures.writes.get() + 1);
        {
            let mut incidents = world.incidents.borrow_mut();
            let slot = incidents.entry(self.key.clone()).or_default();
            for (name, text) in texts {
                if name == "record" {
                    world.figures.longest.set(world.figures.longest.get().max(text.len()));
                    if text.len() > MOST_BYTES {
                        world.broke(format!("{}: a record of {} bytes", self.key, text.len()));
                    }
                    world.happened(&self.key, || match Record::from_text(&text) {
                        Ok(record) => format!("stored: {:?}, {} messages to send", record.state, record.outbox.len()),
                        Err(error) => format!("stored: {error}"),
                    });
                }
                slot.storage.insert(name.to_owned(), text);
            }
        }
        self.may_die().await;
        Ok(())
    }

    async fn erase(&self) -> Result<()> {
        let world = self.world();
        let mut incidents = world.incidents.borrow_mut();
        let slot = incidents.entry(self.key.clone()).or_default();
        slot.storage.clear();
        slot.alarm = None;
        Ok(())
    }

    async fn ask_devin(&self, _: &Access, call: &Call) -> std::result::Result<Answer, String> {
        self.may_die().await;
        let creates = call.method == "POST" && call.url.ends_with("/sessions");
        if creates {
            self.world().asked_for(&self.key);
        }
        let act = |world: &World, fate: &Fate| {
            let answer = world.devin.borrow_mut().act(call, fate, world.executor.now());
            if creates {
                world.created(call);
                let released = world.released.borrow().contains(&self.key);
                world.counts_for_route(&self.key, released);
            }
            answer
        };
        let answer = self.world().outside(call, act).await;
        self.answered(call, &answer);
        self.may_die().await;
        answer
    }

    async fn poll_devin(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String> {
        self.ask_devin(access, call).await
    }

    async fn ask_target(&self, question: Question<'_>) -> std::result::Result<Answer, String> {
        self.may_die().await;
        let call = &question.call;
        let answer = self.world().outside(call, |world, _| world.devin.borrow_mut().notify(call)).await;
        self.answered(call, &answer);
        self.may_die().await;
        answer
    }

    fn session_secret(&self, _: &str) -> Option<String> {
        None
    }

    async fn tags_left_out(&self) -> bool {
        false
    }

    async fn remember_tags_left_out(&self) {}

    async fn admit(&self, line: Line, applicant: Applicant, limits: Limits) -> Result<Admission> {
        let world = self.world();
        if applicant.released {
            world.released.borrow_mut().insert(self.key.clone());
        }
        let asked = world.executor.now();
        let (line, limits_in_force) = (Box::new(line), limits.clone());
        let call = register::calls::Call::Admit { line, applicant: applicant.clone(), limits: limits_in_force };
        let admission = world.ask_register(call).await;
        world.happened(&self.key, || format!("asks the register for a permit: {admission:?}"));
        if let Ok(admission) = &admission {
            world.admitted(&self.key, &applicant, admission, asked);
        }
        if matches!(admission, Ok(Admission::Queued { .. } | Admission::Held { why: Reason::Day, .. })) {
            world.must_wait(&self.key, limits);
        }
        self.may_die().await;
        admission
    }

    async fn publish(&self, line: Line, id: Option<String>, permit: PermitUse) -> Result<()> {
        let used = format!("{permit:?}");
        let answer: Result<()> =
            self.world().ask_register(register::calls::Call::Publish { line: Box::new(line), id, permit }).await;
        self.world().happened(&self.key, || format!("publishes its line, permit {used}: {answer:?}"));
        self.may_die().await;
        answer
    }

    async fn first_today(&self, topic: String, incident: String, state: String) -> Result<Option<u32>> {
        self.world().ask_register(register::calls::Call::FirstToday { topic, incident, state }).await
    }

    async fn cache(&self, _: &Record) -> Result<()> {
        if self.world().happens(|weather| weather.storage_fails) { Err(Error("KV failed".into())) } else { Ok(()) }
    }

    fn count(&self, _: Count) {}

    fn count_session(&self, _: &Record, _: Duration) {}

    fn log_step(&self, _: &Record, _: Duration) {}
}

/// What the register's object sees of the world.
pub struct RegisterObject {
    world: Weak<World>,
}

impl RegisterObject {
    fn world(&self) -> Rc<World> {
        self.world.upgrade().unwrap()
    }
}

impl Object for RegisterObject {
    type Settings = Settings;

    fn now(&self) -> Time {
        self.world().executor.now()
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        Some(Rc::clone(&self.world().settings))
    }

    fn retention(&self) -> Duration {
        30 * DAY
    }

    async fn alarm(&self) -> Result<Option<Time>> {
        Ok(self.world().register.borrow().alarm)
    }

    async fn set_alarm(&self, at: Time) -> Result<()> {
        let world = self.world();
        world.register.borrow_mut().alarm = Some(at);
        let executor = Rc::clone(&world.executor);
        let later = Rc::clone(&world);
        executor.spawn(async move {
            later.executor.pause(at.since(later.executor.now())).await;
            let rings = {
                let mut slot = later.register.borrow_mut();
                let rings = slot.alarm == Some(at);
                if rings {
                    slot.alarm = None;
                }
                rings
            };
            if rings {
                let _ = later.register_program().alarm().await;
            }
        });
        Ok(())
    }

    fn warn(&self, _: &str) {}
}

/// A row of SQLite's.
pub struct SqliteRow(Vec<(String, rusqlite::types::Value)>);

impl Row for SqliteRow {
    fn text(&self, column: &str) -> Option<String> {
        match self.0.iter().find(|(name, _)| name == column)? {
            (_, rusqlite::types::Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn integer(&self, column: &str) -> i64 {
        match self.0.iter().find(|(name, _)| name == column) {
            Some((_, rusqlite::types::Value::Integer(number))) => *number,
            _ => 0,
        }
    }
}

impl RegisterHost for RegisterObject {
    type Row = SqliteRow;

    fn sql(&self, statement: &str, bindings: Vec<Binding>) -> Result<Vec<SqliteRow>> {
        let world = self.world();
        let failed = |error: rusqlite::Error| Error(error.to_string());
        if bindings.is_empty() && statement.starts_with("CREATE") {
            world.database.execute_batch(statement).map_err(failed)?;
            return Ok(Vec::new());
        }
        let mut prepared = world.database.prepare_cached(statement).map_err(failed)?;
        let names: Vec<String> = prepared.column_names().into_iter().map(str::to_owned).collect();
        let bindings = bindings.into_iter().map(|binding| match binding {
            Binding::Null => rusqlite::types::Value::Null,
            Binding::Integer(number) => rusqlite::types::Value::Integer(number),
            Binding::Text(text) => rusqlite::types::Value::Text(text),
        });
        let mut rows = prepared.query(rusqlite::params_from_iter(bindings)).map_err(failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let values = names.iter().enumerate().map(|(at, name)| Ok((name.clone(), row.get(at)?)));
            all.push(SqliteRow(values.collect::<rusqlite::Result<_>>().map_err(failed)?));
        }
        drop(rows);
        let steps = prepared.reset_status(rusqlite::StatementStatus::VmStep);
        let figures = &world.figures;
        figures.sql_steps.set(figures.sql_steps.get() + u64::try_from(steps).unwrap_or_default());
        figures.sql_rows.set(figures.sql_rows.get() + all.len() as u64);
        Ok(all)
    }

    async fn call(&self, key: &Key, id: &str) -> Result<()> {
        self.world().call(key.as_str(), program::calls::Call::Called { id: id.to_owned() }).await
    }
}

/// What the cron trigger sees of the world.
pub struct Cron {
    /// The world.
    pub world: Rc<World>,
}

impl CronHost for Cron {
    type Settings = Settings;

    fn now(&self) -> Time {
        self.world.executor.now()
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        Some(Rc::clone(&self.world.settings))
    }

    async fn open_sessions(&self, most: u32) -> Result<Vec<Line>> {
        self.world.ask_register(register::calls::Call::Open { most }).await
    }

    async fn ask_for_list(&self, _: &Access, call: &Call) -> std::result::Result<Answer, String> {
        self.world.outside(call, |world, fate| world.devin.borrow_mut().act(call, fate, world.executor.now())).await
    }

    async fn report(&self, key: &Key, line: &Line, report: Report) -> Result<bool> {
        let call = program::calls::Call::Report { line: Box::new(line.clone()), report: Box::new(report) };
        self.world.call(key.as_str(), call).await
    }

    async fn credits(&self, out: Vec<String>, at_work: Vec<String>) -> Result<()> {
        self.world.ask_register(register::calls::Call::Credits { out, at_work }).await
    }

    fn warn(&self, _: &str) {}
}
