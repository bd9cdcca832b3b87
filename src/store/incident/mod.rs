//! The incident's Durable Object: one for each key. It stores the record, feeds it events, alarms and Devin's replies,
//! and does what the lifecycle says is due.
//!
//! Only the alarm talks to Devin, so calls for one incident never overlap. What the object is about to do is stored
//! before it is done; after a crash the alarm runs again and finds what was under way.

mod notices;
mod outcome;

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;
use worker::{
    Delay, DurableObject, Env, Request, Response, ScheduledTime, State, durable_object, js_sys, wasm_bindgen::JsValue,
};

use crate::clients::devin as client;
use crate::configuration;
use crate::log;
use crate::runtime::{self, chance, now};
use crate::settings::Settings;
use crate::store::tally::{self, Cause, Count, Delivered};
use crate::store::{ledger, register};
use incident::budget::{Grant, Limits};
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

const BINDING: &str = "INCIDENT";
const RECORD: &str = "record";
const REQUEST: &str = "request";
/// One alarm takes at most so many steps before it asks for the next one.
const MOST_STEPS: usize = 20;
/// A look-up reads at most so many pages.
const MOST_PAGES: usize = 10;
/// When to go on where storage has failed.
const AFTER_AN_ERROR: i64 = 10 * SECOND;
/// How often a waiting hook looks whether the session exists.
const GLANCE: Duration = Duration::from_millis(20);

/// What became of an event, for the hook's answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Accepted, duplicate or ignored.
    pub taken: Taken,
    /// The incident's name.
    pub incident: String,
    /// Where the work stands.
    pub standing: Standing,
}

/// Where the work on an incident stands.
#[derive(Clone, Debug, Default, PartialEq)]
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

stored!(Outcome { taken, incident, standing });

impl Stored for Standing {
    fn to_value(&self) -> Value {
        let is = |word: &str| stored::object(vec![("is", word.into())]);
        match self {
            Standing::Idle => is("idle"),
            Standing::OnItsWay => is("on_its_way"),
            Standing::Queued { behind } => stored::object(vec![("is", "queued".into()), ("behind", behind.to_value())]),
            Standing::Held => is("held"),
            Standing::Started { session } => {
                stored::object(vec![("is", "started".into()), ("session", session.to_value())])
            }
            Standing::Failed { error } => stored::object(vec![("is", "failed".into()), ("error", error.to_value())]),
        }
    }

    fn from_value(value: Value) -> Self {
        let mut fields = Fields::of(value);
        match fields.take::<String>("is").as_str() {
            "on_its_way" => Standing::OnItsWay,
            "queued" => Standing::Queued { behind: fields.take("behind") },
            "held" => Standing::Held,
            "started" => Standing::Started { session: fields.take("session") },
            "failed" => Standing::Failed { error: fields.take("error") },
            _ => Standing::Idle,
        }
    }
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
    Ok(Outcome::from_value(ask(env, &event.key, "event", question).await?))
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

async fn ask(env: &Env, key: &Key, what: &str, question: Value) -> worker::Result<Value> {
    runtime::ask(env.durable_object(BINDING)?.get_by_name(key.as_str())?, what, &question).await
}

/// The object.
#[durable_object(alarm)]
pub struct IncidentObject {
    state: State,
    env: Env,
    /// What storage holds, once it was read: `Some(None)` where it holds nothing.
    record: RefCell<Option<Option<Record>>>,
}

impl DurableObject for IncidentObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, record: RefCell::new(None) }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let mut question = Fields::of(serde_json::from_str(&runtime::text_of(request.inner()).await?)?);
        let answer = match request.path().as_str() {
            "/event" => {
                self.event(question.take("event"), question.take("plan"), question.take("wait")).await?.to_value()
            }
            "/report" => {
                self.report(question.take("line"), question.take("report")).await?;
                Value::Null
            }
            "/replay" => self.replay(&question.take::<String>("name")).await?.map_or(Value::Null, Value::Bool),
            _ => self.show(&question.take::<String>("name"), question.take("ask_devin")).await?,
        };
        Response::ok(stored::text(&answer))
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if let Err(error) = self.work().await {
            log::warning(&format!("an incident's work was cut short: {error}"));
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
            // An alarm that fails is run again six times, which is over in about two minutes, and then never.
            self.state.storage().set_alarm(alarm_at(now().plus(AFTER_AN_ERROR))).await?;
        }
        Response::empty()
    }
}

impl IncidentObject {
    async fn event(&self, event: IncidentEvent, plan: Option<Plan>, wait: i64) -> worker::Result<Outcome> {
        self.load().await?;
        let (key, arrived) = (event.key.clone(), now());
        let current = self.record.borrow_mut().take().flatten();
        let former = current.clone().filter(|record| record.unpublished.is_some());
        let (record, taken) = lifecycle::take(current, event, plan, arrived);
        let former = former.filter(|former| record.as_ref().is_some_and(|now| now.occurrence != former.occurrence));
        self.record.replace(Some(record));
        let Some(due) = self.with_record(|record| lifecycle::due(record, arrived)) else {
            return Ok(Outcome { taken, incident: key.to_string(), standing: Standing::Idle });
        };
        let stored = self.store_and_arm(due, arrived).await;
        if let Err(error) = stored {
            self.record.replace(None);
            return Err(error);
        }
        if let Some(former) = former {
            // The list would never learn how the last occurrence stood in the end.
            self.tell(&former).await;
        }
        let deadline = arrived.plus(wait);
        loop {
            let (incident, standing) = self
                .with_record(|record| (record.name(), Standing::of(record)))
                .unwrap_or((key.to_string(), Standing::Idle));
            if standing.settled() || now() >= deadline {
                return Ok(Outcome { taken, incident, standing });
            }
            Delay::from(GLANCE).await;
        }
    }

    /// Stores the record and sees to it that the alarm will do what is due.
    async fn store_and_arm(&self, due: Step, now: Time) -> worker::Result<()> {
        self.store().await?;
        let wanted = match due {
            Step::Rest => self.with_record(|record| record.last_seen).map_or(now, |last_seen| self.end_of(last_seen)),
            Step::Wait(until) => until,
            _ => now,
        };
        // An alarm that was lost is mended by the next event, and one that is due earlier stays as it is.
        let storage = self.state.storage();
        match storage.get_alarm().await? {
            Some(at) if at <= wanted.0 => Ok(()),
            _ => storage.set_alarm(alarm_at(wanted)).await,
        }
    }

    /// Does what is due, step by step.
    async fn work(&self) -> worker::Result<()> {
        self.load().await?;
        if self.with_record(|record| lifecycle::interrupted(record, now())).is_none() {
            return Ok(());
        }
        for _ in 0..MOST_STEPS {
            let Some(step) = self.with_record(|record| lifecycle::due(record, now())) else { return Ok(()) };
            let begun = now();
            match step {
                Step::Wait(until) => return self.state.storage().set_alarm(alarm_at(until)).await,
                Step::Rest => return self.rest().await,
                Step::Publish => self.publish().await?,
                step => {
                    let configuration = configuration::configuration(&self.env);
                    let Ok(settings) = &configuration.settings else {
                        // Nothing is lost: the work goes on when the settings are mended, which starts a new isolate.
                        log::warning("an incident waits because the configuration is wrong");
                        return self.state.storage().set_alarm(alarm_at(now().plus(MINUTE))).await;
                    };
                    match step {
                        Step::Notify(target) if !settings.notify.has(target) => {
                            self.with_record(|record| lifecycle::notices::only(record, &settings.notify.all()));
                            self.store().await?;
                            continue;
                        }
                        Step::Notify(target) => self.notify(target, settings).await?,
                        step => self.act(step, settings).await?,
                    }
                    self.log(begun);
                }
            }
        }
        self.state.storage().set_alarm(alarm_at(now())).await
    }

    /// Does what is due for the session.
    async fn act(&self, step: Step, settings: &Settings) -> worker::Result<()> {
        match step {
            Step::Publish => self.publish().await,
            Step::Create => self.create(settings).await,
            Step::LookUp => self.look_up(&settings.devin).await,
            Step::Send => self.send(settings).await,
            Step::LookUpMessage => self.look_up_message(&settings.devin).await,
            Step::Notify(_) | Step::Wait(_) | Step::Rest => Ok(()),
        }
    }

    /// Tells the list and the ledger how a record stands. Whether both have it.
    async fn tell(&self, record: &Record) -> bool {
        let listed = register::publish(&self.env, listing(record), record.unsettled()).await;
        let written = ledger::write(&self.env, record, self.retention()).await;
        for error in [&listed, &written].into_iter().filter_map(|result| result.as_ref().err()) {
            log::warning(&format!("{}: could not be published: {error}", record.name()));
        }
        listed.is_ok() && written.is_ok()
    }

    async fn publish(&self) -> worker::Result<()> {
        let Some(record) = self.with_record(|record| record.clone()) else { return Ok(()) };
        let told = self.tell(&record).await;
        self.with_record(|current| {
            // What changed while these two were told is told next.
            let same = listing(current) == listing(&record) && current.recent == record.recent;
            if same || !told {
                lifecycle::published(current, told, now());
            }
        });
        self.store().await
    }

    async fn create(&self, settings: &Settings) -> worker::Result<()> {
        let Some((line, released)) = self.with_record(|record| (listing(record), record.released)) else {
            return Ok(());
        };
        let per_day = if released { u32::MAX } else { settings.limits.per_day };
        let grant = register::turn(&self.env, line, Limits { per_day, ..settings.limits }).await;
        let wait = match grant {
            Ok(Grant::Go) => None,
            Ok(Grant::Queued { ahead, until }) => Some((Turn::Queued(ahead), until)),
            Ok(Grant::Held { until }) => Some((Turn::Held, until)),
            Err(error) => {
                log::warning(&format!("no answer from the register: {error}"));
                Some((Turn::Free, now().plus(5 * SECOND)))
            }
        };
        if let Some((turn, until)) = wait {
            self.with_record(|record| {
                lifecycle::must_wait(record, turn, until, now());
                record.publish(now());
            });
            return self.store().await;
        }
        let request = match self.request(settings).await? {
            Ok(request) => request,
            Err(words) => {
                tally::count(Count::Failed(Cause::Prompt));
                self.with_record(|record| {
                    lifecycle::creating(record, now());
                    lifecycle::create_replied(record, Err(Failure::Refused { status: 0, words }), now(), 0.0);
                });
                return self.store().await;
            }
        };
        self.with_record(|record| lifecycle::creating(record, now()));
        self.store_with(REQUEST, request.to_text()).await?;
        let mut secrets = Vec::new();
        for name in &request.session_secrets {
            secrets.extend(configuration::secret(&self.env, name).map(|value| (name.clone(), value)));
        }
        let answer = client::ask(&settings.devin, &settings.devin.create(&request, &secrets)).await;
        let answer = answer.map(|answer| answer.hiding(secrets.iter().map(|(_, value)| value.as_str())));
        let reply = reply::created(answer, now());
        let cause = reply.as_ref().err().map(Cause::of);
        self.with_record(|record| {
            lifecycle::create_replied(record, reply, now(), chance());
            count_session(record, cause);
        });
        self.store().await
    }

    /// The request of the session that is wanted: as it was sent before, or made now. `Err`: why there is none.
    async fn request(&self, settings: &Settings) -> worker::Result<Result<SessionRequest, String>> {
        let (untried, mark) =
            self.with_record(|record| (record.session_untried(), record.mark())).unwrap_or((true, String::new()));
        if !untried
            && let Some(request) = self.stored_request().await?
            && request.mark == mark
        {
            return Ok(Ok(request));
        }
        let made = self.with_record(|record| compose::session(record, &settings.compose()));
        Ok(made
            .map_or(Err("the incident is gone".to_owned()), |made| made.map_err(|error| format!("no prompt: {error}"))))
    }

    async fn stored_request(&self) -> worker::Result<Option<SessionRequest>> {
        let text = runtime::stored_text(&self.state, REQUEST).await?;
        Ok(text.and_then(|text| SessionRequest::from_text(&text)))
    }

    async fn look_up(&self, access: &Access) -> worker::Result<()> {
        let Some((mark, since)) = self.with_record(|record| {
            let since = match record.state {
                record::State::LookingUp { since, .. } => since,
                _ => record.first_seen,
            };
            (record.mark(), since.plus(-lifecycle::CLOCK_LEEWAY))
        }) else {
            return Ok(());
        };
        let tagged = self.stored_request().await?.is_none_or(|request| !request.tags.is_empty());
        let mut page = String::new();
        let mut result = Err(too_long());
        for _ in 0..MOST_PAGES {
            let answer = client::ask(access, &access.find(&mark, tagged, since, &page)).await;
            match reply::found(&access.api, answer, &mark, &page, now()) {
                Ok(reply::Page { found: None, next: Some(next) }) => page = next,
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
        self.with_record(|record| {
            lifecycle::look_up_replied(record, result, repeatable, now(), chance());
            count_session(record, cause);
        });
        self.store().await
    }

    async fn send(&self, settings: &Settings) -> worker::Result<()> {
        let text = self.with_record(|record| {
            let message = lifecycle::next_message(record)?;
            let text = message.text.clone().map_or_else(|| compose::message(record, message, &settings.compose()), Ok);
            let to = message.farewell.as_ref().map(|farewell| &farewell.session);
            Some((to.or(record.session.as_ref())?.clone(), text))
        });
        let Some((session, text)) = text.flatten() else { return Ok(()) };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                tally::count(Count::Message(Delivered::Failed));
                let words = format!("no message: {error}");
                self.with_record(|record| {
                    lifecycle::send_replied(record, Err(Failure::Refused { status: 0, words }), now(), 0.0);
                });
                return self.store().await;
            }
        };
        self.with_record(|record| lifecycle::sending(record, &text, now()));
        self.store().await?;
        let answer = client::ask(&settings.devin, &settings.devin.send(&session.id, &text)).await;
        let reply = reply::sent(answer, now());
        let (arrived, cause) = (reply.is_ok(), reply.as_ref().err().map(Cause::of));
        self.with_record(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::send_replied(record, reply, now(), chance());
            count_message(record, number, arrived, cause);
        });
        self.store().await
    }

    async fn look_up_message(&self, access: &Access) -> worker::Result<()> {
        let looked_for = self.with_record(|record| {
            let message = lifecycle::next_message(record)?;
            Some(match &message.farewell {
                Some(farewell) => (farewell.session.clone(), farewell.mark.clone()),
                None => (record.session.clone()?, record.message_mark(message.number)),
            })
        });
        let Some((session, mark)) = looked_for.flatten() else { return Ok(()) };
        let mut page = String::new();
        let mut result = Err(too_long());
        for _ in 0..MOST_PAGES {
            let answer = client::ask(access, &access.messages(&session.id, &page)).await;
            match reply::message_found(answer, &mark, now()) {
                Ok(reply::Page { found: None, next: Some(next) }) => page = next,
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
        self.with_record(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::message_look_up_replied(record, result, now(), chance());
            count_message(record, number, arrived, cause);
        });
        self.store().await
    }

    /// Nothing is left to do: at the end of the retention time everything is deleted.
    async fn rest(&self) -> worker::Result<()> {
        let Some(last_seen) = self.with_record(|record| record.last_seen) else { return Ok(()) };
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
            self.store().await?;
            self.state.storage().set_alarm(alarm_at(now())).await?;
        }
        Ok(replayed)
    }

    /// Reads the record from storage, where that was not done yet.
    async fn load(&self) -> worker::Result<()> {
        if self.record.borrow().is_some() {
            return Ok(());
        }
        let stored = runtime::stored_text(&self.state, RECORD).await?;
        let record = stored.and_then(|text| Record::from_text(&text));
        // Another event may have read it, and gone on, in the meantime.
        self.record.borrow_mut().get_or_insert(record);
        Ok(())
    }

    /// Looks at the record, or changes it. Never across an `await`, because others change it meanwhile.
    fn with_record<T>(&self, act: impl FnOnce(&mut Record) -> T) -> Option<T> {
        self.record.borrow_mut().as_mut()?.as_mut().map(act)
    }

    async fn store(&self) -> worker::Result<()> {
        match self.with_record(|record| record.to_text()) {
            Some(text) => self.state.storage().put_raw(RECORD, JsValue::from_str(&text)).await,
            None => Ok(()),
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

/// A time as the alarm takes it.
fn alarm_at(time: Time) -> ScheduledTime {
    // Exact for every date there is: milliseconds stay far below 2^53.
    ScheduledTime::new(js_sys::Date::new(&JsValue::from_f64(time.0 as f64)))
}
