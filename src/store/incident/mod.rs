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

mod notices;
mod outcome;

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{join, select};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::{Delay, DurableObject, Env, Request, Response, State, durable_object, js_sys, wasm_bindgen::JsValue};

use crate::clients::devin as client;
use crate::configuration;
use crate::log;
use crate::runtime::{self, alarm_at, chance, now};
use crate::settings::Settings;
use crate::store::calling::ask;
use crate::store::tally::{self, Cause, Count, Delivered};
use crate::store::{ledger, register};
use incident::admission::Admission;
use incident::event::IncidentEvent;
use incident::failure::Failure;
use incident::key::Key;
use incident::lifecycle::{self, Step, Taken};
use incident::listing::listing;
use incident::plan::Plan;
use incident::record::{self, Record, Turn};
use incident::session::Session;
use incident::stored;
use incident::stored::{Fields, Stored};
use incident::time::{MINUTE, SECOND, Time};
use outbound::devin::call::{Access, Api, SessionRequest};
use outbound::devin::{compose, reply};

pub use outcome::report;

const RECORD: &str = "record";
const REQUEST: &str = "request";
/// One alarm takes at most so many steps in each lane, …
const MOST_STEPS: usize = 20;
/// … and begins none after so long: the runtime ends an alarm after 15 minutes, and a step may take a few.
const LONGEST_RUN: i64 = 4 * MINUTE;
/// A look-up reads at most so many pages, …
const MOST_PAGES: usize = 10;
/// … and begins none after so long.
const LONGEST_LOOK: i64 = 2 * MINUTE;
/// When to go on where storage has failed, …
const AFTER_AN_ERROR: i64 = 10 * SECOND;
/// … and where the record can't be read: only another release can change that.
const AFTER_UNREADABLE: i64 = 10 * MINUTE;

/// What became of an event, for the hook's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Accepted, duplicate or ignored.
    pub taken: Taken,
    /// The incident's name.
    pub incident: String,
    /// Where the work stands.
    pub standing: Standing,
}

/// Where the work on an incident stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Standing {
    /// No session is wanted.
    #[default]
    Idle,
    /// The session is on its way.
    OnItsWay,
    /// It waits for its turn, behind so many others.
    Queued {
        /// How many.
        behind: u32,
    },
    /// Today's sessions are spent.
    Held,
    /// The session exists.
    Started {
        /// Which.
        session: Session,
    },
    /// There is none and there won't be one.
    Failed {
        /// Devin's words.
        error: String,
    },
}

/// What would become of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// What would be answered.
    pub outcome: Outcome,
    /// The record as it would be; `None` where nothing would be kept.
    pub record: Option<Record>,
}

impl Standing {
    fn of(record: &Record) -> Standing {
        match (&record.state, &record.session) {
            (record::State::Watching, _) => Standing::Idle,
            (record::State::Waiting { turn: Turn::Queued(behind), .. }, _) => Standing::Queued { behind: *behind },
            (record::State::Waiting { turn: Turn::Held, .. }, _) => Standing::Held,
            (record::State::Started, Some(session)) => Standing::Started { session: session.clone() },
            (record::State::Failed, _) => Standing::Failed { error: record.error.clone().unwrap_or_default() },
            _ => Standing::OnItsWay,
        }
    }

    /// Whether waiting any longer would be in vain.
    fn settled(&self) -> bool {
        !matches!(self, Standing::OnItsWay)
    }
}

/// Hands an event to its incident's object, which has stored it when this returns. Where `wait` (milliseconds) is not
/// 0, it returns once the session exists, if that is sooner.
pub async fn deliver(env: &Env, event: &IncidentEvent, plan: Option<&Plan>, wait: i64) -> worker::Result<Outcome> {
    let question = stored::object(vec![
        ("event", event.to_value()),
        ("plan", plan.map(Plan::to_value).into()),
        ("wait", wait.into()),
    ]);
    Ok(serde_json::from_value(ask(env, &event.key, "event", question).await?)?)
}

/// What would become of an event, going by what is known of its incident. Nothing is stored.
pub async fn dry_run(env: &Env, event: &IncidentEvent, plan: Option<&Plan>) -> worker::Result<Rehearsal> {
    let question = stored::object(vec![("event", event.to_value()), ("plan", plan.map(Plan::to_value).into())]);
    Ok(serde_json::from_value(ask(env, &event.key, "dry_run", question).await?)?)
}

/// Everything the object knows of the incident of that name: the record, its prompt, its postmortem and, where Devin is
/// to be asked, the session's present state; null where it knows nothing, or only of a later occurrence.
pub async fn show(env: &Env, key: &Key, name: &str, ask_devin: bool) -> worker::Result<Value> {
    ask(env, key, "show", stored::object(vec![("name", name.into()), ("ask_devin", ask_devin.into())])).await
}

/// Tries again what failed. `None`: there is no such incident; otherwise whether anything was to be done.
pub async fn replay(env: &Env, key: &Key, name: &str) -> worker::Result<Option<bool>> {
    Ok(ask(env, key, "replay", stored::object(vec![("name", name.into())])).await?.as_bool())
}

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
        let mut question = Fields::of(serde_json::from_str(&runtime::text_of(request.inner()).await?)?);
        let answer = match request.path().as_str() {
            "/event" => {
                let outcome = self.event(question.read("event")?, question.read("plan")?, question.take("wait"));
                serde_json::to_value(outcome.await?)?
            }
            "/dry_run" => serde_json::to_value(self.dry_run(question.read("event")?, question.read("plan")?).await?)?,
            "/report" => {
                self.report(question.take("line"), question.read("report")?).await?;
                Value::Null
            }
            "/replay" => self.replay(&question.take::<String>("name")).await?.map_or(Value::Null, Value::Bool),
            "/called" => {
                self.called(&question.take::<String>("id")).await?;
                Value::Null
            }
            "/show" => self.show(&question.take::<String>("name"), question.take("ask_devin")).await?,
            // Another release asks for something that this one does not know: it tries again.
            other => return Response::error(format!("this release does not know {other}"), 501),
        };
        Response::ok(stored::text(&answer))
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
    async fn event(&self, event: IncidentEvent, plan: Option<Plan>, wait: i64) -> worker::Result<Outcome> {
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
            if standing.settled() || now() >= deadline {
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
        register::publish(&self.env, listing(record), record.mark(), record.permit()).await
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
            let same = listing(current) == listing(&record) && current.recent == record.recent;
            if same || !told {
                lifecycle::published(current, told, now(), chance());
            }
        })
        .await?;
        self.store().await
    }

    async fn create(&self, settings: &Settings) -> worker::Result<()> {
        let Some((line, applicant)) = self.with_loaded(|record| (listing(record), record.applicant())).await? else {
            return Ok(());
        };
        let wait = match register::admit(&self.env, line, &applicant, settings.limits).await {
            Ok(Admission::Admitted) => None,
            Ok(Admission::Queued { ahead, until }) => Some((Turn::Queued(ahead), until)),
            Ok(Admission::Held { until }) => Some((Turn::Held, until)),
            Err(error) => {
                log::warning(&format!("no answer from the register: {error}"));
                self.with_loaded(|record| lifecycle::not_admitted(record, now(), chance())).await?;
                return self.store().await;
            }
        };
        if let Some((turn, until)) = wait {
            self.with_loaded(|record| {
                lifecycle::must_wait(record, turn, until, now());
                record.publish(now());
            })
            .await?;
            return self.store().await;
        }
        let request = match self.request(settings).await? {
            Ok(request) => request,
            Err(words) => {
                tally::count(Count::Failed(Cause::Prompt));
                self.with_loaded(|record| {
                    lifecycle::creating(record, now());
                    lifecycle::create_replied(record, Err(Failure::Refused { status: 0, words }), now(), 0.0);
                })
                .await?;
                return self.store().await;
            }
        };
        self.with_loaded(|record| lifecycle::creating(record, now())).await?;
        self.store_with(REQUEST, request.to_text()).await?;
        let mut secrets = Vec::new();
        for name in &request.session_secrets {
            secrets.extend(configuration::secret(&self.env, name).map(|value| (name.clone(), value)));
        }
        let answer = client::ask(&settings.devin, &settings.devin.create(&request, &secrets)).await;
        let answer = answer.map(|answer| answer.hiding(secrets.iter().map(|(_, value)| value.as_str())));
        let reply = reply::created(answer, now());
        let cause = reply.as_ref().err().map(Cause::of);
        self.with_loaded(|record| {
            lifecycle::create_replied(record, reply, now(), chance());
            count_session(record, cause);
        })
        .await?;
        self.store().await
    }

    /// The request of the session that is wanted: as it was sent before, or made now. `Err`: why there is none.
    async fn request(&self, settings: &Settings) -> worker::Result<Result<SessionRequest, String>> {
        let (untried, mark) = self
            .with_loaded(|record| (record.session_untried(), record.mark()))
            .await?
            .unwrap_or((true, String::new()));
        if !untried
            && let Some(request) = self.stored_request().await?
            && request.mark == mark
        {
            return Ok(Ok(request));
        }
        let made = self.with_loaded(|record| compose::session(record, &settings.compose())).await?;
        Ok(made
            .map_or(Err("the incident is gone".to_owned()), |made| made.map_err(|error| format!("no prompt: {error}"))))
    }

    async fn stored_request(&self) -> worker::Result<Option<SessionRequest>> {
        let text = runtime::stored_text(&self.state, REQUEST).await?;
        Ok(text.and_then(|text| SessionRequest::from_text(&text)))
    }

    async fn look_up(&self, access: &Access) -> worker::Result<()> {
        let sought = self.with_loaded(|record| {
            let since = match record.state {
                record::State::LookingUp { since, .. } => since,
                _ => record.first_seen,
            };
            (record.mark(), since.plus(-lifecycle::CLOCK_LEEWAY))
        });
        let (Some((mark, since)), begun) = (sought.await?, now()) else { return Ok(()) };
        let tagged = self.stored_request().await?.is_none_or(|request| !request.tags.is_empty());
        let mut page = String::new();
        let mut result = Err(too_long());
        for _ in 0..MOST_PAGES {
            let answer = client::ask(access, &access.find(&mark, tagged, since, &page)).await;
            match reply::found(&access.api, answer, &mark, &page, now()) {
                Ok(reply::Page { found: None, next: Some(next) }) if now().since(begun) < LONGEST_LOOK => page = next,
                Ok(reply::Page { found: None, next: Some(_) }) => {
                    result = Err(too_slow());
                    break;
                }
                Ok(last) => {
                    result = Ok(last.found);
                    break;
                }
                Err(failure) => {
                    result = Err(failure);
                    break;
                }
            }
        }
        let repeatable = access.api == Api::V1;
        let cause = result.as_ref().err().map(Cause::of);
        self.with_loaded(|record| {
            lifecycle::look_up_replied(record, result, repeatable, now(), chance());
            count_session(record, cause);
        })
        .await?;
        self.store().await
    }

    async fn send(&self, settings: &Settings) -> worker::Result<()> {
        let text = self.with_loaded(|record| {
            let message = lifecycle::next_message(record)?;
            let text = message.text.clone().map_or_else(|| compose::message(record, message, &settings.compose()), Ok);
            let to = message.farewell.as_ref().map(|farewell| &farewell.session);
            Some((to.or(record.session.as_ref())?.clone(), text))
        });
        let Some((session, text)) = text.await?.flatten() else { return Ok(()) };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                tally::count(Count::Message(Delivered::Failed));
                let words = format!("no message: {error}");
                self.with_loaded(|record| {
                    lifecycle::send_replied(record, Err(Failure::Refused { status: 0, words }), now(), 0.0);
                })
                .await?;
                return self.store().await;
            }
        };
        self.with_loaded(|record| lifecycle::sending(record, &text, now())).await?;
        self.store().await?;
        let answer = client::ask(&settings.devin, &settings.devin.send(&session.id, &text)).await;
        let reply = reply::sent(answer, now());
        let (arrived, cause) = (reply.is_ok(), reply.as_ref().err().map(Cause::of));
        self.with_loaded(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::send_replied(record, reply, now(), chance());
            count_message(record, number, arrived, cause);
        })
        .await?;
        self.store().await
    }

    async fn look_up_message(&self, access: &Access) -> worker::Result<()> {
        let looked_for = self.with_loaded(|record| {
            let message = lifecycle::next_message(record)?;
            Some(match &message.farewell {
                Some(farewell) => (farewell.session.clone(), farewell.mark.clone()),
                None => (record.session.clone()?, record.message_mark(message.number)),
            })
        });
        let (Some((session, mark)), begun) = (looked_for.await?.flatten(), now()) else { return Ok(()) };
        let mut page = String::new();
        let mut result = Err(too_long());
        for _ in 0..MOST_PAGES {
            let answer = client::ask(access, &access.messages(&session.id, &page)).await;
            match reply::message_found(answer, &mark, now()) {
                Ok(reply::Page { found: None, next: Some(next) }) if now().since(begun) < LONGEST_LOOK => page = next,
                Ok(reply::Page { found: None, next: Some(_) }) => {
                    result = Err(too_slow());
                    break;
                }
                Ok(last) => {
                    result = Ok(last.found.is_some());
                    break;
                }
                Err(failure) => {
                    result = Err(failure);
                    break;
                }
            }
        }
        let (arrived, cause) = (matches!(result, Ok(true)), result.as_ref().err().map(Cause::of));
        self.with_loaded(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::message_look_up_replied(record, result, now(), chance());
            count_message(record, number, arrived, cause);
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

    fn retention(&self) -> i64 {
        configuration::configuration(&self.env).retention()
    }

    async fn show(&self, name: &str, ask_devin: bool) -> worker::Result<Value> {
        self.load().await?;
        let Some(record) = self.with_record(|record| record.clone()).filter(|record| record.name() == name) else {
            return Ok(Value::Null);
        };
        let mut timeline = Vec::new();
        for entry in &record.timeline {
            timeline.push(stored::object(vec![("at", entry.at.rfc3339().into()), ("what", entry.what.to_value())]));
        }
        let postmortem = self.postmortem_of(&record).await?;
        let mut shown = listing(&record);
        let prompt = self.stored_request().await?.filter(|request| request.mark == record.mark());
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("timeline".into(), timeline.into());
            fields.insert("prompt".into(), prompt.map(|request| request.prompt).into());
            let session = if ask_devin { self.session_now(&record).await } else { Value::Null };
            fields.insert("session".into(), session);
            fields.insert("postmortem".into(), postmortem);
            fields.insert("replayable".into(), lifecycle::replay(&mut record.clone(), now()).into());
        }
        Ok(shown)
    }

    /// The session's present state, asked from Devin; null where there is none or Devin does not say.
    async fn session_now(&self, record: &Record) -> Value {
        let configuration = configuration::configuration(&self.env);
        let (Some(session), Ok(settings)) = (&record.session, &configuration.settings) else { return Value::Null };
        let answer = client::glance(&settings.devin, &settings.devin.session(&session.id)).await;
        match reply::state(answer, now()) {
            Ok(state) => state,
            Err(failure) => stored::object(vec![("error", failure.words().into())]),
        }
    }

    async fn replay(&self, name: &str) -> worker::Result<Option<bool>> {
        self.load().await?;
        let replay = |record: &mut Record| (record.name() == name).then(|| lifecycle::replay(record, now()));
        let replayed = self.with_record(replay).flatten();
        if replayed == Some(true) {
            self.store_or_forget().await?;
            self.state.storage().set_alarm(alarm_at(now())).await?;
        }
        Ok(replayed)
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
        let stored = runtime::stored_text(&self.state, RECORD).await?;
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
        self.state.storage().put_raw(RECORD, JsValue::from_str(&text)).await?;
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
                let pause = Duration::from_millis(until.since(now()).unsigned_abs());
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

/// Counts what Devin's answer about a session has led to; `cause`: what was wrong with it.
fn count_session(record: &Record, cause: Option<Cause>) {
    match (&record.state, cause) {
        (record::State::Started, _) => {
            tally::started(record.sender, now().since(record.wanted.unwrap_or(record.first_seen)));
        }
        (record::State::Failed, Some(cause)) => tally::count(Count::Failed(cause)),
        (_, Some(cause)) => tally::count(Count::Retried(cause)),
        _ => {}
    }
}

/// The same about message `number`. It stays the next one as long as it is to be tried again.
fn count_message(record: &Record, number: Option<u32>, arrived: bool, cause: Option<Cause>) {
    let pending = lifecycle::next_message(record).map(|message| message.number) == number;
    match cause {
        _ if arrived => tally::count(Count::Message(Delivered::Sent)),
        Some(cause) if pending => tally::count(Count::Retried(cause)),
        Some(_) => tally::count(Count::Message(Delivered::Failed)),
        None => {}
    }
}

/// What a look-up has found that ran out of pages: nothing, which is not the same as that there is nothing.
fn too_long() -> Failure {
    Failure::Refused { status: 0, words: format!("Devin's list goes on after {MOST_PAGES} pages") }
}

/// The same where there was no time for all pages.
fn too_slow() -> Failure {
    Failure::Unknown { words: format!("Devin's list took longer than {} s", LONGEST_LOOK / SECOND) }
}

/// A pause and up to a quarter more, so that many objects do not come back in step.
fn jittered(pause: i64) -> i64 {
    pause.saturating_add((pause as f64 / 4.0 * chance()) as i64)
}
