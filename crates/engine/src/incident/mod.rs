//! The program of an incident's object: one for each key. It stores the record, feeds it events, alarms and Devin's replies,
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

pub mod calls;
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
use futures_util::future::{Either, join, select};
use serde::Serialize;
use serde_json::Value;

use crate::host::{Error, IncidentHost, Result, Settings};
use ::incident::event::IncidentEvent;
use ::incident::fault::{self, Fault};
use ::incident::lifecycle::{self, Step, Taken};
use ::incident::listing::Line;
use ::incident::plan::Plan;
use ::incident::record::Record;
use ::incident::time::{MINUTE, Time};
use calls::{Call, DryRun, Outcome, SessionStatus};

const RECORD: &str = "record";
/// One alarm takes at most so many steps in each lane, …
const MOST_STEPS: usize = 20;
/// … and begins none after so long: the runtime ends an alarm after 15 minutes, and a step may take a few.
const LONGEST_RUN: Duration = Duration::from_mins(4);
/// When to go on where storage has failed, …
const AFTER_AN_ERROR: Duration = Duration::from_secs(10);
/// … and where the record can't be read: only another release can change that.
const AFTER_UNREADABLE: Duration = Duration::from_mins(10);

/// The program of one incident's object.
pub struct Program<H> {
    host: H,
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

impl<H: IncidentHost> Program<H> {
    /// The program as it starts: nothing was read yet.
    pub fn new(host: H) -> Program<H> {
        Program {
            host,
            record: RefCell::new(None),
            waiting: RefCell::default(),
            busy: Cell::new(0),
            stopped: Cell::new(false),
            unreadable: Cell::new(false),
        }
    }

    /// Answers a call; the answer is JSON.
    pub async fn answer(&self, call: Call) -> Result<Value> {
        Ok(match call {
            Call::Event { event, plan, wait } => json(self.event(*event, plan.map(|plan| *plan), wait).await?)?,
            Call::DryRun { event, plan } => json(self.dry_run(*event, plan.map(|plan| *plan)).await?)?,
            Call::Show { name, ask_devin } => self.show(&name, ask_devin).await?,
            Call::Replay { name } => json(self.operate(&name, lifecycle::replay).await?)?,
            Call::GiveUp { name } => json(self.operate(&name, lifecycle::give_up).await?)?,
            Call::Report { line, report } => json(self.report(*line, *report).await?)?,
            Call::Called { id } => json(self.called(&id).await?)?,
        })
    }

    /// The alarm has gone off. An error is to be given to the runtime, which then runs it again.
    pub async fn alarm(&self) -> Result<()> {
        let Err(error) = self.work().await else { return Ok(()) };
        self.host.warn(&format!("the work was cut short: {error}"));
        // Memory may be ahead of storage now: storage is the truth.
        self.record.replace(None);
        // An alarm that fails is run again six times, which is over in about two minutes, and then never.
        let pause = if self.unreadable.get() { AFTER_UNREADABLE } else { AFTER_AN_ERROR };
        self.set_alarm(self.host.now().plus(self.jittered(pause))).await
    }

    async fn event(&self, event: IncidentEvent, plan: Option<Plan>, wait: Duration) -> Result<Outcome> {
        self.load().await?;
        let (key, arrived) = (event.key.clone(), self.host.now());
        let current = self.record.borrow_mut().take().flatten();
        let known = current.is_some();
        let (record, taken) = lifecycle::take(current, event, plan, arrived);
        self.record.replace(Some(record));
        let Some(due) = self.with_record(|record| lifecycle::due(record, arrived)) else {
            return Ok(Outcome { taken, incident: key.to_string(), ..Outcome::default() });
        };
        let stored = self.arm_and_store(due, known, arrived).await;
        if let Err(error) = stored {
            self.record.replace(None);
            return Err(error);
        }
        let deadline = arrived.plus(wait);
        // Not by the clock, which may be set meanwhile.
        let (mut patience, mut is_over) = (pin!(self.host.pause(wait)), wait.is_zero());
        loop {
            let (incident, session_status) = self
                .with_loaded(|record| (record.name(), SessionStatus::of(record)))
                .await?
                .unwrap_or((key.to_string(), SessionStatus::Idle));
            // What begins only later is not worth waiting for.
            let later = self.with_record(|record| lifecycle::begins(record) >= Some(deadline)) == Some(true);
            if session_status.settled() || later || is_over {
                return Ok(Outcome { taken, incident, session_status, line: self.unlisted(taken) });
            }
            if fault::is_back(Fault::ClockedPatience) {
                self.changed_before(Some(deadline)).await;
                is_over = self.host.now() >= deadline;
                continue;
            }
            is_over = matches!(select(self.changed(), patience.as_mut()).await, Either::Right(_));
        }
    }

    /// The incident's line, where its session begins later, and the list hears of it with that.
    fn unlisted(&self, taken: Taken) -> Option<Box<Line>> {
        let now = self.host.now();
        self.with_record(|record| {
            let later = taken == Taken::Accepted && lifecycle::begins(record).is_some_and(|begins| begins > now);
            later.then(|| Box::new(record.line()))
        })
        .flatten()
    }

    async fn dry_run(&self, event: IncidentEvent, plan: Option<Plan>) -> Result<DryRun> {
        self.load().await?;
        let key = event.key.clone();
        let current = self.with_record(|record| record.clone());
        let now = self.host.now();
        // Whoever may send one of a group's alerts need not see what others have sent.
        let alone = event.group.is_some().then(|| lifecycle::take(None, event.clone(), plan.clone(), now).0);
        let (record, taken) = lifecycle::take(current, event, plan, now);
        let incident = record.as_ref().map_or_else(|| key.to_string(), Record::name);
        let session_status = record.as_ref().map(SessionStatus::of).unwrap_or_default();
        Ok(DryRun { outcome: Outcome { taken, incident, session_status, line: None }, record: alone.unwrap_or(record) })
    }

    /// Sees to it that the alarm will do what is due, and stores the record. In this order: an alarm that finds nothing to do
    /// does no harm, and a record whose sender gave up would wait for good without one. `known`: storage has had a record.
    async fn arm_and_store(&self, due: Step, known: bool, now: Time) -> Result<()> {
        let wanted = match due {
            Step::Rest => self.with_record(|record| record.last_seen).map_or(now, |last_seen| self.end_of(last_seen)),
            Step::Wait(until) => until,
            _ => now,
        };
        if fault::is_back(Fault::AlarmLast) {
            self.store().await?;
        }
        // An alarm that was lost is set again by the next event, and one that is due earlier stays as it is.
        let alarm = if known { self.host.alarm().await? } else { None };
        match alarm {
            Some(at) if at <= wanted => {}
            _ => self.host.set_alarm(wanted).await?,
        }
        self.store().await
    }

    /// The same for what was changed by a request, and is to be gone on with now.
    async fn arm_and_store_now(&self) -> Result<()> {
        let stored = match self.host.set_alarm(self.host.now()).await {
            Ok(()) => self.store().await,
            failed => failed,
        };
        if stored.is_err() {
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
        }
        stored
    }

    /// Does what is due, step by step, and sees to it that the next alarm does the rest.
    async fn work(&self) -> Result<()> {
        let begun = self.host.now();
        self.load().await?;
        if self.with_record(|record| lifecycle::interrupted(record, begun)).is_none() {
            return Ok(());
        }
        let settings = self.host.settings();
        let settings = settings.as_deref();
        self.stopped.set(false);
        let (session, notices) = join(
            self.lane(lifecycle::due_for_session, settings, begun),
            self.lane(lifecycle::notices::due, settings, begun),
        )
        .await;
        session.and(notices)?;
        let Some(step) = self.with_loaded(|record| lifecycle::due(record, self.host.now())).await? else {
            return Ok(());
        };
        let at = match step {
            Step::Rest => return self.rest().await,
            Step::Wait(until) => until,
            Step::Publish => self.host.now(),
            _ if settings.is_some() => self.host.now(),
            _ => {
                // Nothing is lost: the work goes on when the settings are fixed, which starts a new isolate.
                self.host.warn("an incident waits because the configuration is wrong");
                self.host.now().plus(self.jittered(MINUTE))
            }
        };
        self.host.set_alarm(at).await
    }

    /// Does what is due in one lane, until nothing is and the other lane has nothing to do either: what that does may
    /// make something due here.
    async fn lane(&self, due: fn(&Record, Time) -> Step, settings: Option<&H::Settings>, begun: Time) -> Result<()> {
        let mut steps = 0;
        let goes_on = |steps| {
            steps < MOST_STEPS && self.host.now().since(begun) < LONGEST_RUN || fault::is_back(Fault::EndlessAlarm)
        };
        while goes_on(steps) && !self.stopped.get() {
            let Some(step) = self.with_loaded(|record| due(record, self.host.now())).await? else { return Ok(()) };
            let until = match step {
                Step::Wait(until) => Some(until),
                Step::Rest => None,
                Step::Publish
                | Step::Create
                | Step::Expire
                | Step::LookUp
                | Step::Send
                | Step::LookUpMessage
                | Step::Close
                | Step::Notify(_) => {
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

    /// Takes one step; whether it could be taken: without settings only the list can be updated.
    async fn act(&self, step: Step, settings: Option<&H::Settings>) -> Result<bool> {
        let begun = self.host.now();
        let Some(settings) = settings else {
            return match step {
                Step::Publish => self.publish().await.map(|()| true),
                _ => Ok(false),
            };
        };
        match step {
            Step::Publish => return self.publish().await.map(|()| true),
            Step::Notify(target) if !settings.targets().has(target) => {
                self.with_loaded(|record| lifecycle::notices::only(record, &settings.targets().all())).await?;
                return self.store().await.map(|()| true);
            }
            Step::Create => self.create(settings).await?,
            Step::Expire => {
                self.with_loaded(|record| lifecycle::expire(record, self.host.now())).await?;
                self.store().await?;
            }
            Step::LookUp => self.look_up(settings.devin()).await?,
            Step::Send => self.send(settings).await?,
            Step::LookUpMessage => self.look_up_message(settings.devin()).await?,
            Step::Close => self.close(settings.devin()).await?,
            Step::Notify(target) => self.notify(target, settings).await?,
            Step::Wait(_) | Step::Rest => return Ok(false),
        }
        self.log(begun);
        Ok(true)
    }

    /// Tells the list, the budget and the dedup cache how a record stands. How many of its earlier sessions the first two
    /// have, whether they have all of it, and what the cache has.
    async fn tell(&self, record: &Record) -> (usize, bool, Option<String>) {
        let (former, listed) = self.list(record).await;
        if let Err(error) = &listed {
            self.host.warn(&format!("{}: could not be listed: {error}", record.name()));
        }
        let wanted = record.cache_state();
        let needless = wanted.is_none() || wanted == record.cached;
        if needless && !fault::is_back(Fault::CacheAlways) {
            return (former, listed.is_ok(), record.cached.clone());
        }
        match self.host.cache(record).await {
            Ok(()) => (former, listed.is_ok(), wanted),
            Err(error) => {
                self.host.warn(&format!("{}: could not be written to KV: {error}", record.name()));
                (former, false, record.cached.clone())
            }
        }
    }

    /// How many of the earlier sessions were reported, and whether everything was.
    async fn list(&self, record: &Record) -> (usize, Result<()>) {
        for (told, former) in record.former.iter().enumerate() {
            let publish = self.host.publish(former.line.clone(), Some(former.id.clone()), former.permit);
            if let Err(error) = publish.await {
                return (told, Err(error));
            }
        }
        let listed = self.host.publish(record.line(), Some(record.correlation_id()), record.permit()).await;
        (record.former.len(), listed)
    }

    async fn publish(&self) -> Result<()> {
        let Some(record) = self.with_loaded(|record| record.clone()).await? else { return Ok(()) };
        let (former, told, cached) = self.tell(&record).await;
        self.with_loaded(|current| {
            if current.episode == record.episode {
                current.cached = cached;
            }
            let listed = record.former.get(..former).unwrap_or_default();
            current.former.retain(|former| !listed.contains(former));
            // What changed while these two were updated comes next.
            let same = current.line() == record.line() && current.recent == record.recent;
            if same || !told {
                lifecycle::published(current, told, self.host.now(), self.host.chance());
            }
        })
        .await?;
        self.store().await
    }

    /// Nothing is left to do: at the end of the retention time everything is deleted.
    async fn rest(&self) -> Result<()> {
        let Some(last_seen) = self.with_loaded(|record| record.last_seen).await? else { return Ok(()) };
        let end = self.end_of(last_seen);
        if self.host.now() < end {
            return self.host.set_alarm(end).await;
        }
        self.host.erase().await?;
        self.record.replace(Some(None));
        Ok(())
    }

    fn end_of(&self, last_seen: Time) -> Time {
        last_seen.plus(self.host.retention())
    }

    /// Does what somebody asks for by hand; whether there was anything to do. `None`: it is another episode.
    async fn operate(&self, name: &str, act: fn(&mut Record, Time) -> bool) -> Result<Option<bool>> {
        self.load().await?;
        let now = self.host.now();
        let named = |record: &Record| record.name() == name || fault::is_back(Fault::AnyEpisode);
        let done = self.with_record(|record| named(record).then(|| act(record, now))).flatten();
        if done == Some(true) {
            self.arm_and_store_now().await?;
        }
        Ok(done)
    }

    /// The register has a slot for the session with this correlation id.
    async fn called(&self, id: &str) -> Result<()> {
        self.load().await?;
        if self.with_record(|record| record.correlation_id() == id && lifecycle::called(record, self.host.now()))
            == Some(true)
        {
            self.arm_and_store_now().await?;
        }
        Ok(())
    }

    /// Reads the record from storage, where that was not done yet.
    async fn load(&self) -> Result<()> {
        if self.record.borrow().is_some() {
            return Ok(());
        }
        let stored = self.host.read(RECORD).await?;
        let record = stored.map(|text| Record::from_text(&text)).transpose();
        let record = if fault::is_back(Fault::UnreadableRecord) { Ok(record.ok().flatten()) } else { record };
        self.unreadable.set(record.is_err());
        let record = record.map_err(|unreadable| Error(unreadable.to_string()))?;
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
    async fn with_loaded<T>(&self, act: impl FnOnce(&mut Record) -> T) -> Result<Option<T>> {
        if !fault::is_back(Fault::LostRecord) {
            self.load().await?;
        }
        Ok(self.with_record(act))
    }

    async fn store(&self) -> Result<()> {
        let Some(text) = self.with_record(|record| record.to_text()) else { return Ok(()) };
        self.host.write(vec![(RECORD, text)]).await?;
        self.wake();
        Ok(())
    }

    /// Comes when the record has changed. Nobody drops the sender without that.
    fn changed(&self) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        self.waiting.borrow_mut().push(tell);
        told
    }

    /// Waits until the record has changed, or it is so late.
    async fn changed_before(&self, until: Option<Time>) {
        let changed = self.changed();
        match until {
            Some(until) => {
                let pause = until.since(self.host.now());
                select(changed, pin!(self.host.pause(pause))).await;
            }
            None => {
                let _ = changed.await;
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
    async fn store_with(&self, name: &str, text: String) -> Result<()> {
        let Some(record) = self.with_record(|record| record.to_text()) else { return Ok(()) };
        self.host.write(vec![(RECORD, record), (name, text)]).await
    }

    async fn set_alarm(&self, at: Time) -> Result<()> {
        self.host.set_alarm(at).await
    }

    /// A pause and up to a quarter more, so that many objects do not come back in step.
    fn jittered(&self, pause: Duration) -> Duration {
        pause.saturating_add((pause / 4).mul_f64(self.host.chance()))
    }

    fn log(&self, begun: Time) {
        self.with_record(|record| self.host.log_step(record, self.host.now().since(begun)));
    }
}

fn json(value: impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(value)?)
}
