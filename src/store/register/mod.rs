//! The register: one object for all incidents. It admits sessions within the budget, whose [`permits`] it keeps, as well
//! as the [`list`] of incidents and the [`counts`].
//!
//! No sender waits for it: what comes here are incidents' alarms, people's look-ups, the cron trigger, and counts that an
//! isolate hands over after its answers. Its own alarm calls those in line for whom there is a slot.

mod counts;
mod list;
mod open_sessions;
mod permits;
mod sql;

use std::cell::Cell;
use std::time::Duration;

use worker::wasm_bindgen::JsValue;
use worker::{DurableObject, Env, Response, SqlCursor, State, durable_object};

use crate::configuration;
use crate::log;
use crate::runtime::{self, alarm_at, now};
use crate::store::incident_calls;
use crate::store::register_calls::{Call, Request, Stats};
use crate::store::tally::Batch;
use incident::admission::{self, Limits, PermitUse};
use incident::key::Key;
use incident::listing::Line;

/// When somebody is called again who could not be reached.
const CALLED_AGAIN_AFTER: Duration = Duration::from_secs(30);

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
        let new_ignored = Cell::new(u32::MAX);
        Self { state, env, created: Cell::new(false), new_ignored }
    }

    async fn fetch(&self, request: worker::Request) -> worker::Result<Response> {
        let Request { batch, call } = runtime::called(request).await?;
        self.take_batch(batch)?;
        match call {
            Call::Admit { line, applicant, limits } => {
                self.list_incident(&line)?;
                let admission = admission::apply(self, &applicant, limits, now())?;
                self.call_next(limits).await?;
                runtime::reply(admission)
            }
            Call::Publish { line, id, permit } => {
                self.published(&line, id.as_deref(), permit)?;
                self.call_next_of_settings().await?;
                runtime::reply(())
            }
            Call::Open { most } => {
                let open = self.open(most)?;
                self.call_next_of_settings().await?;
                runtime::reply(open)
            }
            Call::One { name } => runtime::reply(self.one(&name)?),
            Call::List(query) => runtime::reply(self.page(&query)?),
            Call::Stats { hours } => runtime::reply(self.stats(hours)?),
            Call::Counts => runtime::reply(()),
        }
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

    fn published(&self, line: &Line, id: Option<&str>, permit: PermitUse) -> worker::Result<()> {
        self.list_incident(line)?;
        self.keep_open(line)?;
        if let Some(id) = id {
            admission::settle(self, id, permit, now())?;
        }
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
            match incident_calls::call(&self.env, &key, &waiter.id).await {
                Ok(()) => admission::expect(self, waiter, now())?,
                Err(error) => {
                    failed = true;
                    log::warning(&format!("{key}: could not be notified that there is a slot for it: {error}"));
                }
            }
        }
        if failed {
            self.state.storage().set_alarm(alarm_at(now().plus(CALLED_AGAIN_AFTER))).await?;
        }
        Ok(())
    }

    fn forget_expired(&self) -> worker::Result<()> {
        self.forget(now().minus(configuration::configuration(&self.env).retention()))
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
        let storage = self.state.storage().sql();
        if !self.created.get() {
            storage.exec_raw(sql::LIST, None)?;
            storage.exec_raw(sql::PERMITS, None)?;
            storage.exec_raw(sql::FOLLOWED, None)?;
            storage.exec_raw(sql::COUNTS, None)?;
            self.take_over_turns()?;
            self.take_over_open_sessions()?;
            self.created.set(true);
        }
        storage.exec_raw(query, bindings)
    }
}
