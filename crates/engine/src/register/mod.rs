//! The register: one object for all incidents. It admits sessions within the budget, whose [`permits`] it keeps, as well
//! as the [`list`] of incidents and the [`counts`].
//!
//! No sender waits for it: what comes here are incidents' alarms, people's look-ups, the cron trigger, and counts that an
//! isolate hands over after its answers. Its own alarm calls those in line for whom there is a slot.

pub mod calls;
mod counts;
mod credits;
mod list;
mod open_sessions;
mod pause;
mod permits;
mod seldom;
mod sql;
mod topics;

use std::cell::Cell;
use std::time::Duration;

use serde_json::Value;

use crate::counts::Batch;
use crate::host::{Binding, RegisterHost, Result, Settings};
use ::incident::admission::{self, Admission, Limits, PermitUse, Rows};
use ::incident::key::Key;
use ::incident::listing::Line;
use ::incident::reason::Reason;
use calls::{Call, Request, Stats};
use seldom::Seldom;

/// When somebody is called again who could not be reached.
const CALLED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// The program of the register's object.
pub struct Program<H> {
    host: H,
    /// Whether the tables are there.
    created: Cell<bool>,
    /// How many lines of ignored events came since they were last cut down.
    new_ignored: Cell<u32>,
    /// When what no longer counts was last deleted.
    cleaned: Seldom,
    /// When sessions that nobody asks about any more were.
    sessions_forgotten: Seldom,
}

impl<H: RegisterHost> Program<H> {
    /// The program as it starts.
    pub fn new(host: H) -> Program<H> {
        // Nobody knows how many lines came before the start, so the next one has them cut down.
        Program {
            host,
            created: Cell::new(false),
            new_ignored: Cell::new(u32::MAX),
            cleaned: Seldom::default(),
            sessions_forgotten: Seldom::default(),
        }
    }

    /// Answers a request; the answer is JSON.
    pub async fn answer(&self, Request { batch, call }: Request) -> Result<Value> {
        self.take_batch(batch)?;
        match call {
            Call::Admit { line, applicant, limits } => {
                self.clean()?;
                self.list_incident(&line)?;
                let mut admission = admission::apply(self, &applicant, &limits, self.host.now())?;
                if admission == Admission::Admitted
                    && let Some(until) = self.held_for_credits(&applicant, &limits)?
                {
                    self.release(&applicant.id)?;
                    admission = Admission::Held { until, why: Reason::Credits };
                }
                self.call_next(&limits).await?;
                Ok(serde_json::to_value(admission)?)
            }
            Call::Publish { line, id, permit } => {
                self.published(&line, id.as_deref(), permit)?;
                // Nothing else that is published makes room; for what time makes, those in line and the cron trigger ask.
                if let PermitUse::None { .. } = permit {
                    self.call_next_of_settings().await?;
                }
                Ok(Value::Null)
            }
            Call::Open { most } => {
                let open = self.open(most)?;
                self.call_next_of_settings().await?;
                Ok(serde_json::to_value(open)?)
            }
            Call::Credits { out, at_work } => {
                self.seen_credits(&out, &at_work)?;
                self.call_next_of_settings().await?;
                Ok(Value::Null)
            }
            Call::FirstToday { topic, incident, state } => {
                Ok(serde_json::to_value(self.first_today(&topic, &incident, &state)?)?)
            }
            Call::One { name } => self.one(&name),
            Call::List(query) => self.page(&query),
            Call::Pause { reason, until } => Ok(serde_json::to_value(self.begin_pause(reason, until).await?)?),
            Call::Resume => {
                self.end_pause()?;
                self.call_next_of_settings().await?;
                Ok(Value::Null)
            }
            Call::Paused => Ok(serde_json::to_value(admission::paused(self, self.host.now())?)?),
            Call::Stats { hours } => Ok(serde_json::to_value(self.stats(hours)?)?),
            Call::Counts => Ok(Value::Null),
        }
    }

    /// The alarm has gone off.
    pub async fn alarm(&self) -> Result<()> {
        match self.host.settings() {
            Some(settings) => self.call(&settings.limits()).await,
            None => Ok(()),
        }
    }

    /// Keeps what an isolate has counted.
    fn take_batch(&self, batch: Batch) -> Result<()> {
        if !batch.counts.is_empty() {
            self.add_counts(&batch.counts, self.host.now())?;
        }
        if batch.lines.is_empty() {
            return Ok(());
        }
        for line in batch.lines {
            self.list_unknown(line)?;
        }
        self.clean()
    }

    fn published(&self, line: &Line, id: Option<&str>, permit: PermitUse) -> Result<()> {
        self.clean()?;
        self.list_incident(line)?;
        self.keep_open(line)?;
        if let Some(id) = id {
            admission::settle(self, id, permit, self.host.now())?;
        }
        Ok(())
    }

    async fn call_next_of_settings(&self) -> Result<()> {
        match self.host.settings() {
            Some(settings) => self.call_next(&settings.limits()).await,
            None => Ok(()),
        }
    }

    /// Where somebody in line could go and does not know it, the alarm calls it: a request must not wait for that.
    async fn call_next(&self, limits: &Limits) -> Result<()> {
        if admission::called(self, limits, self.host.now())?.is_empty() {
            return Ok(());
        }
        let at = self.next_try_at()?.unwrap_or_else(|| self.host.now());
        self.host.set_alarm(at).await
    }

    /// Calls those in line for whom there is a slot. Who does not hear it asks again at its own time. While the account
    /// can't pay, nobody is called: each would ask, be held and leave its slot to the next.
    async fn call(&self, limits: &Limits) -> Result<()> {
        let mut failed = false;
        let called = admission::called(self, limits, self.host.now())?;
        let later = self.next_try_at()?.filter(|_| !called.is_empty());
        for waiter in called.into_iter().filter(|_| later.is_none()) {
            let Some(key) = Key::of_name(&waiter.incident) else { continue };
            match self.host.call(&key, &waiter.id).await {
                Ok(()) => admission::expect(self, waiter, self.host.now())?,
                Err(error) => {
                    failed = true;
                    self.host.warn(&format!("{key}: could not be notified that there is a slot for it: {error}"));
                }
            }
        }
        let now = self.host.now();
        let again = if failed { Some(now.plus(CALLED_AGAIN_AFTER)) } else { admission::call_again(self, limits, now)? };
        let pause_ends = admission::paused(self, now)?.and_then(|pause| pause.until);
        match later.or(again).into_iter().chain(pause_ends).min() {
            Some(at) => self.host.set_alarm(at).await,
            None => Ok(()),
        }
    }

    /// Deletes what no longer counts, now and then: nothing relies on its being gone.
    fn clean(&self) -> Result<()> {
        let now = self.host.now();
        if !self.cleaned.is_due(now) {
            return Ok(());
        }
        self.forget_incidents(now.minus(self.host.retention()))?;
        admission::forget(self, now)
    }

    fn stats(&self, hours: u32) -> Result<Stats> {
        let now = self.host.now();
        let usage = admission::usage(self, now)?;
        let mut stats = Stats {
            totals: self.totals()?,
            hours: self.last_hours(hours, now)?,
            limits: self.host.settings().map(|settings| settings.limits()).unwrap_or_default(),
            minute: usage.minute,
            today: usage.today,
            queue: usage.queue,
            pause: admission::paused(self, now)?,
            ..Stats::default()
        };
        self.count_states(&mut stats, now)?;
        Ok(stats)
    }

    /// Runs the statements where an earlier release has left this table; the last of them drop it.
    fn take_over(&self, table: &str, statements: &[&str]) -> Result<()> {
        let found = self.host.sql("SELECT 1 FROM sqlite_master WHERE name = ?", vec![table.into()])?;
        if !found.is_empty() {
            for statement in statements {
                self.host.sql(statement, Vec::new())?;
            }
        }
        Ok(())
    }

    fn exec(&self, statement: &str, bindings: Vec<Binding>) -> Result<Vec<H::Row>> {
        if !self.created.get() {
            let tables = [
                sql::LIST,
                sql::PERMITS,
                sql::COUNTED,
                sql::PAUSE,
                sql::FOLLOWED,
                sql::TOPICS,
                sql::CREDITS,
                sql::COUNTS,
            ];
            for tables in tables {
                self.host.sql(tables, Vec::new())?;
            }
            self.take_over_turns()?;
            self.take_over_open_sessions()?;
            self.created.set(true);
        }
        self.host.sql(statement, bindings)
    }
}
