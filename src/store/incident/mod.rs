//! The incident's Durable Object: one for each key. It stores the record, feeds it events, alarms and Devin's replies,
//! and does what the lifecycle says is due.
//!
//! What must hold:
//! - everything that Devin is asked to do is asked by the alarm, one call after the other, so that no two of them overlap
//!   (a person who looks at the incident's page only has the session's state read);
//! - what the object is about to do is stored before it is done: after a crash the alarm runs again and finds what was
//!   under way;
//! - an alarm never ends without the next one while anything is owed;
//! - memory never says more than storage: where a write fails, the record is read again.
//!
//! The alarm works in two lanes, one for Devin and one for those who are notified: neither waits for the other.

mod look;
mod messages;
mod notices;
mod outcome;
mod page;
mod session;

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{join, select};
use worker::{Delay, DurableObject, Env, Request, Response, State, durable_object, js_sys, wasm_bindgen::JsValue};

use crate::configuration;
use crate::log;
use crate::runtime::{self, alarm_at, chance, now};
use crate::settings::Settings;
use crate::store::incident_calls::{Call, Outcome, Rehearsal, Standing};
use crate::store::{ledger, register_calls as register};
use incident::event::IncidentEvent;
use incident::lifecycle::{self, Step};
use incident::plan::Plan;
use incident::record::Record;
use incident::time::{MINUTE, Time};

const RECORD: &str = "record";
/// One alarm takes at most so many steps in each lane, …
const MOST_STEPS: usize = 20;
/// … and begins none after so long: the runtime ends an alarm after 15 minutes, and a step may take a few.
const LONGEST_RUN: Duration = Duration::from_mins(4);
/// When to go on where storage has failed, …
const AFTER_AN_ERROR: Duration = Duration::from_secs(10);
/// … and where the record can't be read: only another release can change that.
const AFTER_UNREADABLE: Duration = Duration::from_mins(10);

/// The object.
#[durable_object(alarm)]
pub struct IncidentObject {
    state: State,
    env: Env,
    /// What storage holds, once it was read: `Some(None)` where it holds nothing.
    record: RefCell<Option<Option<Record>>>,
    /// Those who wait for the record to change.
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
    /// How many lanes are at work.
    busy: Cell<u32>,
    /// Whether a lane had to stop: the other one then begins nothing new.
    stopped: Cell<bool>,
    /// Whether the stored record can't be read.
    unreadable: Cell<bool>,
}

impl DurableObject for IncidentObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            record: RefCell::new(None),
            waiting: RefCell::default(),
            busy: Cell::new(0),
            stopped: Cell::new(false),
            unreadable: Cell::new(false),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        match runtime::called(request).await? {
            Call::Event { event, plan, wait } => {
                runtime::reply(self.event(*event, plan.map(|plan| *plan), wait).await?)
            }
            Call::DryRun { event, plan } => runtime::reply(self.dry_run(*event, plan.map(|plan| *plan)).await?),
            Call::Show { name, ask_devin } => runtime::reply(self.show(&name, ask_devin).await?),
            Call::Replay { name } => runtime::reply(self.operate(&name, lifecycle::replay).await?),
            Call::GiveUp { name } => runtime::reply(self.operate(&name, lifecycle::give_up).await?),
            Call::Report { line, report } => runtime::reply(self.report(*line, report).await?),
            Call::Called { id } => runtime::reply(self.called(&id).await?),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if let Err(error) = self.work().await {
            let name = self.state.id().name().unwrap_or_default();
            log::warning(&format!("{name}: the work was cut short: {error}"));
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
            // An alarm that fails is run again six times, which is over in about two minutes, and then never.
            let pause = if self.unreadable.get() { AFTER_UNREADABLE } else { AFTER_AN_ERROR };
            self.state.storage().set_alarm(alarm_at(now().plus(jittered(pause)))).await?;
        }
        Response::empty()
    }
}

impl IncidentObject {
    async fn event(&self, event: IncidentEvent, plan: Option<Plan>, wait: Duration) -> worker::Result<Outcome> {
        self.load().await?;
        let (key, arrived) = (event.key.clone(), now());
        let current = self.record.borrow_mut().take().flatten();
        let (record, taken) = lifecycle::take(current, event, plan, arrived);
        self.record.replace(Some(record));
        let Some(due) = self.with_record(|record| lifecycle::due(record, arrived)) else {
            return Ok(Outcome { taken, incident: key.to_string(), standing: Standing::Idle });
        };
        let stored = self.store_and_arm(due, arrived).await;
        if let Err(error) = stored {
            self.record.replace(None);
            return Err(error);
        }
        let deadline = arrived.plus(wait);
        loop {
            let (incident, standing) = self
                .with_loaded(|record| (record.name(), Standing::of(record)))
                .await?
                .unwrap_or((key.to_string(), Standing::Idle));
            // What begins only later is not worth waiting for.
            let later = self.with_record(|record| lifecycle::begins(record) >= Some(deadline)) == Some(true);
            if standing.settled() || later || now() >= deadline {
                return Ok(Outcome { taken, incident, standing });
            }
            self.changed_before(Some(deadline)).await;
        }
    }

    async fn dry_run(&self, event: IncidentEvent, plan: Option<Plan>) -> worker::Result<Rehearsal> {
        self.load().await?;
        let key = event.key.clone();
        let current = self.with_record(|record| record.clone());
        let (record, taken) = lifecycle::take(current, event, plan, now());
        let incident = record.as_ref().map_or_else(|| key.to_string(), Record::name);
        let standing = record.as_ref().map(Standing::of).unwrap_or_default();
        Ok(Rehearsal { outcome: Outcome { taken, incident, standing }, record })
    }

    /// Stores the record and sees to it that the alarm will do what is due.
    async fn store_and_arm(&self, due: Step, now: Time) -> worker::Result<()> {
        self.store().await?;
        let wanted = match due {
            Step::Rest => self.with_record(|record| record.last_seen).map_or(now, |last_seen| self.end_of(last_seen)),
            Step::Wait(until) => until,
            _ => now,
        };
        // An alarm that was lost is set again by the next event, and one that is due earlier stays as it is.
        let storage = self.state.storage();
        match storage.get_alarm().await? {
            Some(at) if at <= wanted.0 => Ok(()),
            _ => storage.set_alarm(alarm_at(wanted)).await,
        }
    }

    /// Does what is due, step by step, and sees to it that the next alarm does the rest.
    async fn work(&self) -> worker::Result<()> {
        let begun = now();
        if self.with_loaded(|record| lifecycle::interrupted(record, begun)).await?.is_none() {
            return Ok(());
        }
        let configuration = configuration::configuration(&self.env);
        let settings = configuration.settings.as_ref().ok();
        self.stopped.set(false);
        let (session, notices) = join(
            self.lane(lifecycle::due_for_session, settings, begun),
            self.lane(lifecycle::notices::due, settings, begun),
        )
        .await;
        session.and(notices)?;
        let Some(step) = self.with_loaded(|record| lifecycle::due(record, now())).await? else { return Ok(()) };
        let at = match step {
            Step::Rest => return self.rest().await,
            Step::Wait(until) => until,
            Step::Publish => now(),
            _ if settings.is_some() => now(),
            _ => {
                // Nothing is lost: the work goes on when the settings are fixed, which starts a new isolate.
                log::warning("an incident waits because the configuration is wrong");
                now().plus(jittered(MINUTE))
            }
        };
        self.state.storage().set_alarm(alarm_at(at)).await
    }

    /// Does what is due in one lane, until nothing is and the other lane has nothing to do either: what that does may
    /// make something due here.
    async fn lane(
        &self,
        due: fn(&Record, Time) -> Step,
        settings: Option<&Settings>,
        begun: Time,
    ) -> worker::Result<()> {
        let mut steps = 0;
        while steps < MOST_STEPS && now().since(begun) < LONGEST_RUN && !self.stopped.get() {
            let Some(step) = self.with_loaded(|record| due(record, now())).await? else { return Ok(()) };
            let until = match step {
                Step::Wait(until) => Some(until),
                Step::Rest => None,
                Step::Publish | Step::Create | Step::LookUp | Step::Send | Step::LookUpMessage | Step::Notify(_) => {
                    steps = steps.saturating_add(1);
                    self.busy.set(self.busy.get().saturating_add(1));
                    let acted = self.act(step, settings).await;
                    self.busy.set(self.busy.get().saturating_sub(1));
                    self.wake();
                    match acted {
                        Ok(true) => continue,
                        // It can't be done now.
                        Ok(false) => return Ok(()),
                        Err(error) => {
                            self.stopped.set(true);
                            self.record.replace(None);
                            return Err(error);
                        }
                    }
                }
            };
            if self.busy.get() == 0 {
                return Ok(());
            }
            self.changed_before(until).await;
        }
        Ok(())
    }

    /// Takes one step; whether it could be taken: without settings only the list can be told.
    async fn act(&self, step: Step, settings: Option<&Settings>) -> worker::Result<bool> {
        let begun = now();
        let Some(settings) = settings else {
            return match step {
                Step::Publish => self.publish().await.map(|()| true),
                _ => Ok(false),
            };
        };
        match step {
            Step::Publish => return self.publish().await.map(|()| true),
            Step::Notify(target) if !settings.notify.has(target) => {
                self.with_loaded(|record| lifecycle::notices::only(record, &settings.notify.all())).await?;
                return self.store().await.map(|()| true);
            }
            Step::Create => self.create(settings).await?,
            Step::LookUp => self.look_up(&settings.devin).await?,
            Step::Send => self.send(settings).await?,
            Step::LookUpMessage => self.look_up_message(&settings.devin).await?,
            Step::Notify(target) => self.notify(target, settings).await?,
            Step::Wait(_) | Step::Rest => return Ok(false),
        }
        self.log(begun);
        Ok(true)
    }

    /// Tells the list, the budget and the dedup cache how a record stands. Whether the first two have it, and what the
    /// cache has.
    async fn tell(&self, record: &Record) -> (bool, Option<String>) {
        let listed = self.list(record).await;
        if let Err(error) = &listed {
            log::warning(&format!("{}: could not be listed: {error}", record.name()));
        }
        let wanted = record.cache_state();
        if wanted.is_none() || wanted == record.cached {
            return (listed.is_ok(), record.cached.clone());
        }
        match ledger::write(&self.env, record, self.retention()).await {
            Ok(()) => (listed.is_ok(), wanted),
            Err(error) => {
                log::warning(&format!("{}: could not be written to KV: {error}", record.name()));
                (false, record.cached.clone())
            }
        }
    }

    async fn list(&self, record: &Record) -> worker::Result<()> {
        for former in &record.former {
            register::publish(&self.env, former.line.clone(), former.id.clone(), former.permit).await?;
        }
        register::publish(&self.env, record.line(), record.mark(), record.permit()).await
    }

    async fn publish(&self) -> worker::Result<()> {
        let Some(record) = self.with_loaded(|record| record.clone()).await? else { return Ok(()) };
        let (told, cached) = self.tell(&record).await;
        self.with_loaded(|current| {
            if current.occurrence == record.occurrence {
                current.cached = cached;
            }
            if told {
                current.former.retain(|former| !record.former.contains(former));
            }
            // What changed while these two were told is told next.
            let same = current.line() == record.line() && current.recent == record.recent;
            if same || !told {
                lifecycle::published(current, told, now(), chance());
            }
        })
        .await?;
        self.store().await
    }

    /// Nothing is left to do: at the end of the retention time everything is deleted.
    async fn rest(&self) -> worker::Result<()> {
        let Some(last_seen) = self.with_loaded(|record| record.last_seen).await? else { return Ok(()) };
        let end = self.end_of(last_seen);
        if now() < end {
            return self.state.storage().set_alarm(alarm_at(end)).await;
        }
        self.state.storage().delete_all().await?;
        self.record.replace(Some(None));
        Ok(())
    }

    fn end_of(&self, last_seen: Time) -> Time {
        last_seen.plus(self.retention())
    }

    fn retention(&self) -> Duration {
        configuration::configuration(&self.env).retention()
    }

    /// Does what somebody asks for by hand; whether there was anything to do. `None`: it is another occurrence.
    async fn operate(&self, name: &str, act: fn(&mut Record, Time) -> bool) -> worker::Result<Option<bool>> {
        self.load().await?;
        let done = self.with_record(|record| (record.name() == name).then(|| act(record, now()))).flatten();
        if done == Some(true) {
            self.store_or_forget().await?;
            self.state.storage().set_alarm(alarm_at(now())).await?;
        }
        Ok(done)
    }

    /// The register has a slot for the session with this correlation id.
    async fn called(&self, id: &str) -> worker::Result<()> {
        self.load().await?;
        if self.with_record(|record| record.mark() == id && lifecycle::called(record, now())) == Some(true) {
            self.store_or_forget().await?;
            self.state.storage().set_alarm(alarm_at(now())).await?;
        }
        Ok(())
    }

    /// Reads the record from storage, where that was not done yet.
    async fn load(&self) -> worker::Result<()> {
        if self.record.borrow().is_some() {
            return Ok(());
        }
        let stored = self.state.storage().get::<String>(RECORD).await?;
        let record = stored.map(|text| Record::from_text(&text)).transpose();
        self.unreadable.set(record.is_err());
        let record = record.map_err(|unreadable| worker::Error::RustError(unreadable.to_string()))?;
        // Another event may have read it, and gone on, in the meantime.
        self.record.borrow_mut().get_or_insert(record);
        Ok(())
    }

    /// Looks at the record, or changes it. Never across an `await`, because others change it meanwhile. Only where it is
    /// certainly loaded: right after [`Self::load`].
    fn with_record<T>(&self, act: impl FnOnce(&mut Record) -> T) -> Option<T> {
        self.record.borrow_mut().as_mut()?.as_mut().map(act)
    }

    /// The same after an `await`: where somebody else's write has failed since, the record is read again.
    async fn with_loaded<T>(&self, act: impl FnOnce(&mut Record) -> T) -> worker::Result<Option<T>> {
        self.load().await?;
        Ok(self.with_record(act))
    }

    async fn store(&self) -> worker::Result<()> {
        let Some(text) = self.with_record(|record| record.to_text()) else { return Ok(()) };
        self.state.storage().put_raw(RECORD, text).await?;
        self.wake();
        Ok(())
    }

    /// Stores what a request, and not the alarm, has changed.
    async fn store_or_forget(&self) -> worker::Result<()> {
        let stored = self.store().await;
        if stored.is_err() {
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
        }
        stored
    }

    /// Waits until the record has changed, or it is so late.
    async fn changed_before(&self, until: Option<Time>) {
        let (tell, told) = oneshot::channel();
        self.waiting.borrow_mut().push(tell);
        match until {
            Some(until) => {
                let pause = until.since(now());
                select(told, pin!(Delay::from(pause))).await;
            }
            None => {
                // Nobody drops the sender without waking.
                let _ = told.await;
            }
        }
    }

    /// Those who wait look again.
    fn wake(&self) {
        for waiting in self.waiting.take() {
            // Who has stopped waiting need not be woken.
            let _ = waiting.send(());
        }
    }

    /// Stores the record and another text in one, so that neither is ever there without the other.
    async fn store_with(&self, name: &str, text: String) -> worker::Result<()> {
        let Some(record) = self.with_record(|record| record.to_text()) else { return Ok(()) };
        let both = js_sys::Object::new();
        for (name, text) in [(RECORD, record), (name, text)] {
            js_sys::Reflect::set(&both, &JsValue::from_str(name), &JsValue::from_str(&text))?;
        }
        self.state.storage().put_multiple_raw(both).await
    }

    fn log(&self, begun: Time) {
        self.with_record(|record| {
            let what = record.timeline.last().map_or("", |entry| &entry.what);
            let session = record.session.as_ref().map(|session| session.id.as_str());
            log::step(&record.name(), record.state_name(), session, what, now().since(begun));
        });
    }
}

/// A pause and up to a quarter more, so that many objects do not come back in step.
fn jittered(pause: Duration) -> Duration {
    pause.saturating_add((pause / 4).mul_f64(chance()))
}
