//! What the programs see of the world: the traits of the engine, over storage and alarms that the world keeps.

use std::future::pending;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crate::clocks::REGISTER;
use crate::devin::Fate;
use crate::settings::Settings;
use crate::world::{RECORD, World, add};
use engine::counts::Count;
use engine::host::{Binding, CronHost, Error, IncidentHost, Object, RegisterHost, Result, Row};
use engine::incident as program;
use engine::register;
use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::key::Key;
use incident::listing::Line;
use incident::reason::Reason;
use incident::record::Record;
use incident::session::Report;
use incident::time::{DAY, HOUR, Time};
use outbound::devin::call::Access;
use outbound::http::{Answer, Call};
use outbound::notify::Question;

/// How the statement begins with which the register issues a permit.
const RESERVES: &str = "INSERT OR REPLACE INTO permits";
/// … and with which it puts somebody in line, with its id, incident, rank, since when it waits, when it comes back, and
/// whether it is held.
const WAITS: &str = "INSERT OR REPLACE INTO waiters";
/// The longest record that may be stored, in bytes.
const MOST_BYTES: usize = 240 * 1024;

/// What an incident's object sees of the world.
pub struct IncidentObject {
    pub(crate) world: Weak<World>,
    pub(crate) key: String,
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
        world.may_jump(&self.key);
        if world.happens(|weather| weather.crash) {
            world.crash(&self.key);
            pending::<()>().await;
        }
    }
}

impl Object for IncidentObject {
    type Settings = Settings;

    fn now(&self) -> Time {
        self.world().clock(&self.key)
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        self.world().settings.borrow().clone()
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
        add(&world.figures.rows, 1);
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
        Ok(incidents.get(&self.key).and_then(|slot| slot.stored(name)).cloned())
    }

    async fn write(&self, texts: Vec<(&str, String)>) -> Result<()> {
        self.may_die().await;
        let world = self.world();
        if world.happens(|weather| weather.storage_fails) {
            return Err(Error("storage failed".into()));
        }
        add(&world.figures.writes, 1);
        add(&world.figures.rows, texts.len() as u64);
        {
            let mut incidents = world.incidents.borrow_mut();
            let slot = incidents.entry(self.key.clone()).or_default();
            for (name, text) in texts {
                if name == RECORD {
                    world.is_bounded(&self.key, &text);
                    world.figures.longest.set(world.figures.longest.get().max(text.len()));
                    if text.len() > MOST_BYTES {
                        world.broke(format!("{}: a record of {} bytes", self.key, text.len()));
                    }
                    world.happened(&self.key, || match Record::from_text(&text) {
                        Ok(record) => format!("stored: {:?}, {} messages to send", record.state, record.outbox.len()),
                        Err(error) => format!("stored: {error}"),
                    });
                }
                let before = slot.store(name, text);
                world.keeps_later(&self.key, before.as_ref().filter(|_| name == RECORD));
            }
        }
        self.may_die().await;
        Ok(())
    }

    async fn erase(&self) -> Result<()> {
        let world = self.world();
        let mut incidents = world.incidents.borrow_mut();
        let slot = incidents.entry(self.key.clone()).or_default();
        slot.erase();
        Ok(())
    }

    async fn ask_devin(&self, _: &Access, call: &Call) -> std::result::Result<Answer, String> {
        self.may_die().await;
        let creates = call.method == "POST" && call.url.ends_with("/sessions");
        if creates {
            self.world().asked_for(&self.key);
        }
        let act = |world: &World, fate: &Fate| {
            let before = world.devin.borrow().sessions.len();
            let answer = world.devin.borrow_mut().act(call, fate, world.executor.now());
            if world.devin.borrow().sessions.len() > before {
                world.created(call);
                let released = world.released.borrow().contains(&self.key);
                world.counts_for_route(&self.key, released);
            }
            answer
        };
        let answer = self.world().ask_devin(call, act).await;
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
        let answer = self.world().ask_people(call).await;
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
        if let Ok(Admission::Held { .. }) = admission {
            world.figures.held.borrow_mut().insert(applicant.incident);
        }
        self.may_die().await;
        admission
    }

    async fn publish(&self, line: Line, id: Option<String>, permit: PermitUse) -> Result<()> {
        let used = format!("{permit:?} of {}", id.as_deref().unwrap_or("none"));
        let (name, state, reason, told) = (line.incident.clone(), line.state.clone(), line.reason, id.clone());
        let answer: Result<()> =
            self.world().ask_register(register::calls::Call::Publish { line: Box::new(line), id, permit }).await;
        if let (PermitUse::Session(at), Some(id), Ok(())) = (permit, &told, &answer) {
            self.world().is_counted(id, at);
        }
        if answer.is_ok() {
            self.world().listed.borrow_mut().insert(name, (state, reason));
        }
        self.world().happened(&self.key, || format!("publishes its line, permit {used}: {answer:?}"));
        self.may_die().await;
        answer
    }

    async fn first_today(&self, topic: String, incident: String, state: String) -> Result<Option<u32>> {
        self.world().ask_register(register::calls::Call::FirstToday { topic, incident, state }).await
    }

    async fn cache(&self, record: &Record) -> Result<()> {
        self.may_die().await;
        let cached = self.world().cache(record).await;
        self.may_die().await;
        cached
    }

    fn count(&self, what: Count) {
        if let Count::Retried(_) = what {
            add(&self.world().figures.retried, 1);
        }
    }

    fn count_session(&self, _: &Record, took: Duration) {
        let world = self.world();
        let longest = &world.figures.longest_wait;
        if world.clocks_were_right(HOUR) {
            longest.set(longest.get().max(took));
        }
    }

    fn log_step(&self, _: &Record, _: Duration) {}
}

/// What the register's object sees of the world.
pub struct RegisterObject {
    pub(crate) world: Weak<World>,
}

impl RegisterObject {
    fn world(&self) -> Rc<World> {
        self.world.upgrade().unwrap()
    }
}

impl Object for RegisterObject {
    type Settings = Settings;

    fn now(&self) -> Time {
        self.world().clock(REGISTER)
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        self.world().settings.borrow().clone()
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
        add(&world.figures.rows, 1);
        world.wake_register();
        Ok(())
    }

    fn warn(&self, _: &str) {}
}

/// A row of SQLite's: its columns' names, and what they hold.
pub struct SqliteRow(Rc<Vec<String>>, Vec<rusqlite::types::Value>);

impl SqliteRow {
    fn value(&self, column: &str) -> Option<&rusqlite::types::Value> {
        self.1.get(self.0.iter().position(|name| name == column)?)
    }
}

impl Row for SqliteRow {
    fn text(&self, column: &str) -> Option<String> {
        match self.value(column)? {
            rusqlite::types::Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn integer(&self, column: &str) -> i64 {
        match self.value(column) {
            Some(rusqlite::types::Value::Integer(number)) => *number,
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
        if let (Some(Binding::Text(id)), true) = (bindings.first(), statement.starts_with(RESERVES)) {
            world.is_first_in_line(id);
        }
        if statement.starts_with(WAITS)
            && let [Binding::Text(id), _, Binding::Integer(rank), Binding::Integer(since), Binding::Integer(at), held] =
                bindings.as_slice()
            && *held == Binding::Integer(1)
        {
            world.comes_back_in_turn(id, (*rank, *since), Time(*at));
        }
        let mut prepared = world.database.prepare_cached(statement).map_err(failed)?;
        let bindings = bindings.into_iter().map(|binding| match binding {
            Binding::Null => rusqlite::types::Value::Null,
            Binding::Integer(number) => rusqlite::types::Value::Integer(number),
            Binding::Text(text) => rusqlite::types::Value::Text(text),
        });
        let mut rows = prepared.query(rusqlite::params_from_iter(bindings)).map_err(failed)?;
        let mut all: Vec<SqliteRow> = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let names = match all.first() {
                Some(SqliteRow(names, _)) => Rc::clone(names),
                None => Rc::new(row.as_ref().column_names().into_iter().map(str::to_owned).collect()),
            };
            let values = (0..names.len()).map(|at| row.get(at)).collect::<rusqlite::Result<_>>().map_err(failed)?;
            all.push(SqliteRow(names, values));
        }
        drop(rows);
        let steps = prepared.reset_status(rusqlite::StatementStatus::VmStep);
        let figures = &world.figures;
        add(&figures.sql_steps, u64::try_from(steps).unwrap_or_default());
        add(&figures.sql_rows, all.len() as u64);
        let bytes = all.iter().flat_map(|row| &row.1).map(|value| match value {
            rusqlite::types::Value::Text(text) => text.len() as u64,
            _ => 0,
        });
        figures.largest.set(figures.largest.get().max(bytes.sum()));
        if !prepared.readonly() {
            add(&figures.rows, world.database.changes());
        }
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
        self.world.settings.borrow().clone()
    }

    async fn open_sessions(&self, most: u32) -> Result<Vec<Line>> {
        self.world.ask_register(register::calls::Call::Open { most }).await
    }

    async fn ask_for_list(&self, _: &Access, call: &Call) -> std::result::Result<Answer, String> {
        self.world.ask_devin(call, |world, fate| world.devin.borrow_mut().act(call, fate, world.executor.now())).await
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
