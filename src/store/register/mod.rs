//! The register: one object for all incidents. It admits sessions within the budget, whose [`permits`] it keeps, as well
//! as the [`list`] of incidents and the [`counts`].
//!
//! No sender waits for it: what comes here are incidents' alarms, people's look-ups, the cron trigger, and counts that an
//! isolate hands over after its answers. Its own alarm calls those in line for whom there is a slot.

mod counts;
mod list;
mod open_sessions;
mod permits;

use std::cell::Cell;
use std::time::Duration;

use serde_json::Value;
use worker::js_sys::Reflect;
use worker::wasm_bindgen::JsValue;
use worker::{Delay, DurableObject, Env, Request, Response, SqlCursor, State, durable_object};

use crate::configuration;
use crate::log;
use crate::runtime::{self, alarm_at, now};
use crate::store::calling;
use crate::store::tally::{self, Batch, Counts};
use incident::admission::{self, Admission, Applicant, Limits, PermitUse};
use incident::key::Key;
use incident::stored;
use incident::stored::{Fields, Stored};
use incident::time::{SECOND, Time};
use list::text;

pub use list::parse_cursor;
pub use open_sessions::open_sessions;

const BINDING: &str = "REGISTER";
/// When somebody is called again who could not be reached, in milliseconds.
const CALLED_AGAIN_AFTER: i64 = 30 * SECOND;
/// The most incidents on a page of the list.
pub const LARGEST_PAGE: u32 = 200;

/// Which incidents to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// How many, at most [`LARGEST_PAGE`].
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this sender.
    pub sender: Option<String>,
    /// Only those with this text in their name, title or service; whether letters of ASCII are capital does not matter.
    pub text: Option<String>,
}

/// How the bridge stands over all incidents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// What was counted since counting began.
    pub totals: Counts,
    /// What was counted in each of the last hours, by the start of the hour, the oldest first. An hour in which nothing
    /// was counted is not there.
    pub hours: Vec<(Time, Counts)>,
    /// The limits in force; 0 where the settings are wrong.
    pub limits: Limits,
    /// Sessions in the last minute.
    pub minute: u32,
    /// Sessions since midnight (UTC).
    pub today: u32,
    /// Incidents over the sessions per minute.
    pub queue: u32,
    /// Incidents that are `waiting` for Devin: not those whose session is not wanted yet.
    pub waiting: u32,
    /// Those that are `held`.
    pub held: u32,
    /// Those that are `failed`.
    pub failed: u32,
    /// For how many seconds the oldest of those that are waiting or queued has wanted a session.
    pub oldest_waiting: Option<i64>,
}

stored!(Query { limit, cursor, state, sender, text });
stored!(Stats { totals, hours, limits, minute, today, queue, waiting, held, failed, oldest_waiting });

/// Asks for a permit to start a session of the incident, whose state the list learns of too.
pub async fn admit(env: &Env, listing: Value, applicant: &Applicant, limits: Limits) -> worker::Result<Admission> {
    let question =
        vec![("listing", listing), ("applicant", serde_json::to_value(applicant)?), ("limits", limits.to_value())];
    Ok(serde_json::from_value(ask(env, "admit", question).await?)?)
}

/// Tells the list of an incident's newest state, and the budget what became of the permit for the session with this
/// correlation id.
pub async fn publish(env: &Env, listing: Value, id: String, permit: PermitUse) -> worker::Result<()> {
    let question = vec![("listing", listing), ("id", id.into()), ("permit", serde_json::to_value(permit)?)];
    ask(env, "publish", question).await.map(|_| ())
}

/// Changes an incident's line in the list, and nothing else.
pub async fn list_line(env: &Env, listing: Value) -> worker::Result<()> {
    ask(env, "publish", vec![("listing", listing)]).await.map(|_| ())
}

/// A page of the list, newest first: `{"incidents": […], "cursor": … or null}`.
pub async fn list(env: &Env, query: Query) -> worker::Result<Value> {
    ask(env, "list", vec![("query", query.to_value())]).await
}

/// The list's line for the incident of that name; null where there is none.
pub async fn one(env: &Env, name: &str) -> worker::Result<Value> {
    ask(env, "one", vec![("name", name.into())]).await
}

/// How everything stands, with the counts of so many of the last hours one by one.
pub async fn stats(env: &Env, hours: u32) -> worker::Result<Stats> {
    Ok(Stats::from_value(ask(env, "stats", vec![("hours", hours.to_value())]).await?))
}

/// Tells of what the isolate has counted, where nothing else has taken it along within [`tally::PAUSE`].
pub async fn tell_counts(env: Env) {
    Delay::from(Duration::from_millis(tally::PAUSE.unsigned_abs())).await;
    if tally::is_worth_a_call()
        && let Err(error) = ask(&env, "counts", Vec::new()).await
    {
        log::warning(&format!("the register did not take the counts: {error}"));
    }
}

/// Asks the register something. What the isolate has counted since it was last asked goes along.
async fn ask(env: &Env, what: &str, mut question: Vec<(&str, Value)>) -> worker::Result<Value> {
    let batch = tally::take();
    if !batch.is_empty() {
        question.push(("batch", batch.to_value()));
    }
    let register = env.durable_object(BINDING)?.get_by_name("register")?;
    let answer = runtime::ask(register, what, &stored::object(question)).await;
    if answer.is_err() {
        tally::put_back(batch);
    }
    answer
}

/// The object behind it.
#[durable_object(alarm)]
pub struct RegisterObject {
    state: State,
    env: Env,
    /// Whether the tables are there.
    created: Cell<bool>,
    /// How many lines of ignored events came since they were last cut down.
    new_ignored: Cell<u32>,
}

impl DurableObject for RegisterObject {
    fn new(state: State, env: Env) -> Self {
        // Nobody knows how many lines came before the start, so the next one has them cut down.
        let new_ignored = Cell::new(list::SLACK);
        Self { state, env, created: Cell::new(false), new_ignored }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let mut question = Fields::of(serde_json::from_str(&runtime::text_of(request.inner()).await?)?);
        self.take_batch(question.take("batch"))?;
        let answer = match request.path().as_str() {
            "/admit" => {
                self.list_incident(&question.take("listing"))?;
                let applicant: Applicant = question.read("applicant")?;
                let limits = question.read("limits")?;
                let admission = admission::apply(self, &applicant, limits, now())?;
                self.call_next(limits).await?;
                serde_json::to_value(admission)?
            }
            "/publish" => {
                let listing = question.take("listing");
                let permit = question.read::<Option<PermitUse>>("permit")?.unwrap_or_default();
                self.published(&listing, &question.take::<String>("id"), permit)?;
                self.call_next_of_settings().await?;
                Value::Null
            }
            "/open" => {
                let open = self.open(question.take("most"))?;
                self.call_next_of_settings().await?;
                open
            }
            "/one" => self.one(&question.take::<String>("name"))?,
            "/list" => self.page(&question.take("query"))?,
            "/stats" => self.stats(question.take("hours"))?.to_value(),
            "/counts" => Value::Null,
            // Another release asks for something that this one does not know: it tries again.
            other => return Response::error(format!("this release does not know {other}"), 501),
        };
        Response::ok(stored::text(&answer))
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if let Ok(settings) = &configuration::configuration(&self.env).settings {
            self.call(settings.limits).await?;
        }
        Response::empty()
    }
}

impl RegisterObject {
    /// Keeps what an isolate has counted.
    fn take_batch(&self, batch: Batch) -> worker::Result<()> {
        if !batch.counts.is_empty() {
            self.add_counts(&batch.counts, now())?;
        }
        if batch.ignored.is_empty() {
            return Ok(());
        }
        for line in batch.ignored {
            self.list_ignored(line)?;
        }
        self.forget_expired()
    }

    fn published(&self, listing: &Value, id: &str, permit: PermitUse) -> worker::Result<()> {
        self.list_incident(listing)?;
        self.keep_open(listing)?;
        admission::settle(self, id, permit, now())?;
        self.forget_expired()
    }

    async fn call_next_of_settings(&self) -> worker::Result<()> {
        match &configuration::configuration(&self.env).settings {
            Ok(settings) => self.call_next(settings.limits).await,
            Err(_) => Ok(()),
        }
    }

    /// Where somebody in line could go and does not know it, the alarm calls it: a request must not wait for that.
    async fn call_next(&self, limits: Limits) -> worker::Result<()> {
        if admission::called(self, limits, now())?.is_empty() {
            return Ok(());
        }
        self.state.storage().set_alarm(alarm_at(now())).await
    }

    /// Calls those in line for whom there is a slot. Who does not hear it asks again at its own time.
    async fn call(&self, limits: Limits) -> worker::Result<()> {
        let mut failed = false;
        for waiter in admission::called(self, limits, now())? {
            let Some(key) = Key::of_name(&waiter.incident) else { continue };
            match calling::call(&self.env, &key, &waiter.id).await {
                Ok(()) => admission::expect(self, waiter, now())?,
                Err(error) => {
                    failed = true;
                    log::warning(&format!("{key}: could not be told that there is a slot for it: {error}"));
                }
            }
        }
        if failed {
            self.state.storage().set_alarm(alarm_at(now().plus(CALLED_AGAIN_AFTER))).await?;
        }
        Ok(())
    }

    fn forget_expired(&self) -> worker::Result<()> {
        self.forget(now().plus(-configuration::configuration(&self.env).retention()))
    }

    fn stats(&self, hours: u32) -> worker::Result<Stats> {
        let now = now();
        let usage = admission::usage(self, now)?;
        let configuration = configuration::configuration(&self.env);
        let mut stats = Stats {
            totals: self.totals()?,
            hours: self.last_hours(hours, now)?,
            limits: configuration.settings.as_ref().map(|settings| settings.limits).unwrap_or_default(),
            minute: usage.minute,
            today: usage.today,
            queue: usage.queue,
            ..Stats::default()
        };
        self.count_states(&mut stats, now)?;
        Ok(stats)
    }

    fn exec(&self, query: &str, bindings: Vec<JsValue>) -> worker::Result<SqlCursor> {
        let sql = self.state.storage().sql();
        if !self.created.get() {
            sql.exec_raw(list::SCHEMA, None)?;
            sql.exec_raw(permits::SCHEMA, None)?;
            sql.exec_raw(open_sessions::SCHEMA, None)?;
            sql.exec_raw(counts::SCHEMA, None)?;
            self.take_over_turns()?;
            self.take_over_open_sessions()?;
            self.created.set(true);
        }
        sql.exec_raw(query, bindings)
    }
}

/// A column of a row, where it holds text.
fn column(row: &JsValue, name: &str) -> Option<String> {
    Reflect::get(row, &JsValue::from_str(name)).ok()?.as_string()
}

/// A column of a row, where it holds a whole number.
fn integer(row: &JsValue, name: &str) -> i64 {
    let value = Reflect::get(row, &JsValue::from_str(name)).ok();
    value.and_then(|value| value.as_f64()).unwrap_or_default() as i64
}

/// A number as SQL takes it: JavaScript's are exact up to 2^53, which is far beyond any date.
fn number(number: i64) -> JsValue {
    JsValue::from_f64(number as f64)
}
