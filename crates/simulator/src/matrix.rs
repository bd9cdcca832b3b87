//! The fault matrix of `docs/guarantees.md`, played on the programs: the same replies (`tests/faults/replies.json`), given to
//! the same calls, have to lead to the same outcomes (`tests/faults/outcomes.json`) as on workerd, where `tests/faults/`
//! tries them, and so has the death of the object in the middle of a call (`tests/crash/moments.json`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::BEGIN;
use crate::company::event;
use crate::devin::Fate;
use crate::settings::Settings;
use crate::world::World;
use engine::host::Result;
use engine::incident::calls::{Call as Asked, Outcome, SessionStatus};
use incident::admission::Limits;
use incident::event::{IncidentEvent, Kind};
use incident::lifecycle::Taken;
use incident::plan::Plan;
use incident::sender::Sender;
use incident::session::LONGEST_CALL;
use incident::time::{HOUR, MINUTE, SECOND, Time};
use outbound::devin::call::Api;
use outbound::http::{Answer, Call};

const REPLIES: &str = include_str!("../../../tests/faults/replies.json");
const MOMENTS: &str = include_str!("../../../tests/crash/moments.json");
const OUTCOMES: &str = include_str!("../../../tests/faults/outcomes.json");

/// How long a sender of alerts waits: less than a stall, more than everything else takes.
const PATIENCE: Duration = Duration::from_secs(45);
/// When everything that a reply leads to has happened.
const SETTLED: Duration = Duration::from_mins(20);

/// What is asked of Devin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinds {
    Create,
    Look,
    Send,
    MessageLook,
}

impl Kinds {
    fn of(call: &Call) -> Kinds {
        let path = call.url.split_once('?').map_or(call.url.as_str(), |(path, _)| path);
        match (call.method, path.ends_with("/sessions")) {
            ("POST", true) => Kinds::Create,
            (_, true) => Kinds::Look,
            ("POST", false) => Kinds::Send,
            _ => Kinds::MessageLook,
        }
    }
}

/// The columns: which call a reply is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The first create.
    Create,
    /// A second create; the first was answered 503 and had done nothing.
    Again,
    /// The message that the incident is resolved.
    Message,
    /// The look-up of a session; the create was answered 500 and had made it.
    Look,
    /// The look-up of a message; it was answered 500 and had arrived.
    LookMessage,
}

/// All of them, in the table's order.
pub const COLUMNS: [Column; 5] = [Column::Create, Column::Again, Column::Message, Column::Look, Column::LookMessage];

/// What Devin does with a call: see `tests/faults/matrix.mjs`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Reply {
    status: Option<u16>,
    body: Option<Value>,
    bodies: BTreeMap<String, Value>,
    html: bool,
    words: Option<String>,
    #[serde(rename = "problem")]
    _problem: bool,
    retry_after: Option<String>,
    retry_in_seconds: Option<u64>,
    #[serde(rename = "elsewhere")]
    _elsewhere: bool,
    done: bool,
    delay_ms: u64,
    cut: Option<Cut>,
    /// The object dies while it waits for the answer.
    dies: bool,
}

/// Where a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Cut {
    BeforeRead,
    AfterCreate,
    MidAnswer,
}

/// The name of a cell's outcome, where both versions of the API do not have the same.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Named {
    Both(String),
    Each { v3: String, v1: String },
}

/// A row: a reply, and what each call that it is given to leads to.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// What it is called in the table.
    pub name: String,
    reply: Option<Reply>,
    words: Option<String>,
    pause: Option<(u64, u64)>,
    #[serde(default)]
    slow: bool,
    times: Option<usize>,
    create: Option<Named>,
    again: Option<Named>,
    message: Option<Named>,
    look: Option<Named>,
    look_message: Option<Named>,
}

/// What a replay leads to.
#[derive(Clone, Debug, Deserialize)]
struct Replay {
    sessions: usize,
    #[serde(default)]
    messages: usize,
}

/// What must become of an incident: see `tests/faults/matrix.mjs`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Expected {
    #[serde(rename = "says")]
    _says: String,
    creates: usize,
    looks: usize,
    sends: usize,
    message_looks: usize,
    sessions: Option<usize>,
    state: Option<String>,
    words: bool,
    messages: usize,
    replay: Option<Replay>,
    linked: bool,
    waiting: Option<(u16, Option<String>)>,
}

/// The rows of the matrix.
pub fn replies() -> Vec<Row> {
    serde_json::from_str(REPLIES).unwrap()
}

/// The same where the object dies in the middle of a call.
pub fn moments() -> Vec<Row> {
    serde_json::from_str(MOMENTS).unwrap()
}

/// What Devin does with the calls of the one incident that there is, instead of what chance has it do.
#[derive(Default)]
pub(crate) struct Script {
    key: String,
    replies: Vec<(Kinds, Reply)>,
    calls: Vec<(Kinds, Time)>,
}

impl World {
    /// Lets Devin do what the script says, where there is one; else what it should.
    pub(crate) async fn ask_by_script(
        &self,
        call: &Call,
        act: impl FnOnce(&World, &Fate) -> Answer,
    ) -> std::result::Result<Answer, String> {
        let (key, reply) = {
            let mut script = self.script.borrow_mut();
            let Some(script) = script.as_mut() else { return Err("there is no script".into()) };
            let kind = Kinds::of(call);
            script.calls.push((kind, self.executor.now()));
            let place = script.replies.iter().position(|(of, _)| *of == kind);
            (script.key.clone(), place.map(|place| script.replies.remove(place).1))
        };
        let Some(reply) = reply else { return Ok(act(self, &usual(self.executor.now()))) };
        let delay = Duration::from_millis(reply.delay_ms);
        let cut_first = reply.cut == Some(Cut::BeforeRead);
        let done = reply.done || reply.cut.is_some() && !cut_first;
        let own = if done { Some(act(self, &usual(self.executor.now()))) } else { None };
        if reply.dies {
            self.crash(&key);
            pending::<()>().await;
        }
        if delay > LONGEST_CALL {
            if !done && !cut_first {
                self.acts_later(call.clone(), delay);
            }
            self.executor.pause(LONGEST_CALL).await;
            return Err("took too long".into());
        }
        match reply.cut {
            Some(Cut::BeforeRead | Cut::AfterCreate) => Err("connection reset".into()),
            Some(Cut::MidAnswer) => {
                let own = own.unwrap_or_else(|| crate::devin::answer(200, &Value::Null));
                Ok(Answer { body: own.body.chars().take(own.body.chars().count() / 2).collect(), whole: false, ..own })
            }
            None => Ok(reply.answer(&self.devin.borrow().api, self.executor.now())),
        }
    }

    /// Nobody waits for the answer any more, and it is done all the same.
    fn acts_later(&self, call: Call, delay: Duration) {
        let world = self.me();
        self.executor.spawn(async move {
            world.executor.pause(delay).await;
            let now = world.executor.now();
            world.devin.borrow_mut().act(&call, &usual(now), now);
        });
    }
}

/// What becomes of a session that Devin makes now: it is listed at once, and ends after an hour.
fn usual(now: Time) -> Fate {
    Fate { listed: now, lasts: HOUR, gone: false, ends: 1, opens_late: None, paid: true }
}

impl Reply {
    fn answer(&self, api: &Api, now: Time) -> Answer {
        let version = if *api == Api::V1 { "v1" } else { "v3" };
        let status = self.status.unwrap_or(200);
        let body = match (&self.words, self.bodies.get(version).or(self.body.as_ref())) {
            (Some(words), _) if *api == Api::V1 => json!({"detail": words}).to_string(),
            (Some(words), _) => {
                json!({"type": "about:blank", "title": "Refused", "status": status, "detail": words}).to_string()
            }
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(value)) => value.to_string(),
            (None, None) if self.html => "<html><body><h1>Something</h1></body></html>".to_owned(),
            (None, None) => String::new(),
        };
        let date = |seconds: u64| {
            let date = chrono::DateTime::from_timestamp_millis(now.plus(Duration::from_secs(seconds)).0).unwrap();
            date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
        };
        let retry_after = self.retry_after.clone().or(self.retry_in_seconds.map(date));
        Answer { status, retry_after, body, whole: true }
    }
}

/// One incident, and what is done with it.
struct Cell {
    world: Rc<World>,
    row: Row,
    column: Column,
    waits: bool,
    expected: Expected,
    event: IncidentEvent,
    plan: Plan,
    /// What happened, and was expected.
    seen: RefCell<Option<(Value, Value)>>,
}

/// Plays a cell; `waits`: its sender waits for the session. What happened, and what was expected, in the same shape; `None`:
/// the reply makes no sense for that call.
pub fn play(row: &Row, column: Column, waits: bool, api: &Api) -> Option<(Value, Value)> {
    let named = match column {
        Column::Create => &row.create,
        Column::Again => &row.again,
        Column::Message => &row.message,
        Column::Look => &row.look,
        Column::LookMessage => &row.look_message,
    };
    let name = match named.as_ref()? {
        Named::Both(name) => name,
        Named::Each { v1, .. } if *api == Api::V1 => v1,
        Named::Each { v3, .. } => v3,
    };
    let mut outcomes: BTreeMap<String, Expected> = serde_json::from_str(OUTCOMES).unwrap();
    let expected = outcomes.remove(name).unwrap_or_else(|| panic!("{} has an unknown outcome: {name}", row.name));
    let limits = Limits { per_minute: 1_000, per_day: 10_000, ..Limits::default() };
    let world = World::new(1, BEGIN, limits, api.clone());
    world.set_settings(|settings| settings.targets = Settings::targets(false, false, false));
    let (sender, kind) = if waits { (Sender::Alert, Kind::Triggered) } else { (Sender::Pagerduty, Kind::Resolved) };
    let event = event(sender, "Q1", kind, Some("the end".into()).filter(|_| !waits), None);
    let plan = Plan { start_on: if waits { Kind::Triggered } else { Kind::Acknowledged }, ..Plan::default() };
    let plan = if waits {
        Plan { workflow: incident::plan::Workflow::Triage, dedup_window_seconds: Some(3_600), ..plan }
    } else {
        plan
    };
    world.script.replace(Some(Script { key: event.key.to_string(), ..Script::default() }));
    let cell = Rc::new(Cell {
        world: Rc::clone(&world),
        row: row.clone(),
        column,
        waits,
        expected,
        event,
        plan,
        seen: RefCell::default(),
    });
    let playing = Rc::clone(&cell);
    world.executor.spawn(async move { playing.live().await });
    world.executor.run(BEGIN.plus(2 * HOUR), || {});
    let seen = cell.seen.take();
    let broken = world.broken();
    world.executor.end();
    assert_eq!(broken, None, "{}, {column:?}", row.name);
    seen
}

impl Cell {
    fn script(&self, kind: Kinds, replies: impl IntoIterator<Item = Reply>) {
        let mut script = self.world.script.borrow_mut();
        script.as_mut().unwrap().replies.extend(replies.into_iter().map(|reply| (kind, reply)));
    }

    async fn deliver(&self, event: &IncidentEvent) -> Result<Outcome> {
        self.world.hook(event, Some(&self.plan), PATIENCE).await
    }

    /// Leads the incident to the call in question, on to its end, and asks once more.
    async fn live(&self) {
        let given = self.row.reply.iter().cycle().take(self.row.times.unwrap_or(1)).cloned();
        let nothing_done = Reply { status: Some(503), ..Reply::default() };
        let done_unseen = Reply { status: Some(500), done: true, ..Reply::default() };
        if matches!(self.column, Column::Message | Column::LookMessage) {
            let begin = event(Sender::Pagerduty, "Q1", Kind::Acknowledged, Some("the beginning".into()), None);
            assert_eq!(self.deliver(&begin).await.unwrap().taken, Taken::Accepted);
            self.world.executor.pause(30 * SECOND).await;
        }
        match self.column {
            Column::Create => self.script(Kinds::Create, given),
            Column::Again => self.script(Kinds::Create, [nothing_done].into_iter().chain(given)),
            Column::Message => self.script(Kinds::Send, given),
            Column::Look => {
                self.script(Kinds::Create, [done_unseen]);
                self.script(Kinds::Look, given);
            }
            Column::LookMessage => {
                self.script(Kinds::Send, [done_unseen]);
                self.script(Kinds::MessageLook, given);
            }
        }
        let told = self.deliver(&self.event).await;
        // At once: a minute later it would be tried anew.
        let failed = matches!(&told, Ok(Outcome { session_status: SessionStatus::Failed { .. }, .. }));
        let at_once = if failed { Some(self.deliver(&self.event).await) } else { None };
        self.world.executor.pause(SETTLED).await;
        let mut seen = self.counted();
        let repeated = match at_once {
            Some(repeated) => repeated,
            None => self.deliver(&self.event).await,
        };
        seen["told"] = json!(self.answer(&told));
        seen["repeated"] = json!(self.answer(&repeated));
        if self.expected.replay.is_some() {
            seen["replayed"] = json!(self.replay().await);
            self.world.executor.pause(MINUTE).await;
            let counted = self.counted();
            seen["sessions after a replay"] = counted["sessions"].clone();
            seen["messages after a replay"] = counted["messages"].clone();
        }
        seen["replayed without need"] = json!(self.replay().await);
        self.seen.replace(Some((seen, self.expected())));
    }

    async fn replay(&self) -> Option<bool> {
        let name = self.world.record(self.event.key.as_str())?.name();
        self.world.call::<Option<bool>>(self.event.key.as_str(), Asked::Replay { name }).await.ok()?
    }

    /// What a hook answers: see `answer` in `src/web/webhook.rs`.
    fn answer(&self, outcome: &Result<Outcome>) -> (u16, Option<&'static str>) {
        let Ok(outcome) = outcome else { return (503, None) };
        match (&outcome.taken, &outcome.session_status) {
            (Taken::Ignored(_), _) => (200, Some("ignored")),
            (_, SessionStatus::Failed { .. }) if self.waits => (500, None),
            (_, SessionStatus::Failed { .. } | SessionStatus::Abandoned) | (Taken::Duplicate, _) => {
                (200, Some("duplicate"))
            }
            (Taken::Accepted, SessionStatus::Started { .. }) => (200, Some("started")),
            _ => (202, Some("accepted")),
        }
    }

    /// What is counted, the way to the call included.
    fn counted(&self) -> Value {
        let world = &self.world;
        let record = world.record(self.event.key.as_str()).unwrap();
        let (script, devin) = (world.script.borrow(), world.devin.borrow());
        let calls = &script.as_ref().unwrap().calls;
        let count = |kind: Kinds| calls.iter().filter(|(of, _)| *of == kind).count();
        let named = record.session.as_ref().and_then(|session| devin.session(&session.id));
        let words = self.row.words.as_deref().filter(|_| self.expected.words);
        let error = match (&record.error, words) {
            (Some(error), Some(words)) if error.contains(words) => "Devin's words",
            (Some(error), _) => error,
            (None, _) => "none",
        };
        let noted = words.is_none_or(|words| record.timeline.iter().any(|entry| entry.what.contains(words)));
        json!({
            "creates": count(Kinds::Create),
            "looks": count(Kinds::Look),
            "sends": count(Kinds::Send),
            "messageLooks": count(Kinds::MessageLook),
            "sessions": devin.sessions.len(),
            "state": record.state_name(),
            "reason": record.reason(),
            "error": error,
            "its words are in the timeline": noted,
            "messages": named.map_or(0, |session| session.messages.len()),
            "linked": self.is_linked(),
            "in time": self.is_in_time(calls),
        })
    }

    /// Whether the session that the record names has the whole task, and where the first one is.
    fn is_linked(&self) -> bool {
        let devin = self.world.devin.borrow();
        let [first, second] = devin.sessions.as_slice() else { return false };
        let request = self.world.stored(self.event.key.as_str(), "request").unwrap_or_default();
        let link = format!("/sessions/{}", first.id.trim_start_matches("devin-"));
        second.title.starts_with("Postmortem: ") && request.contains(&link)
    }

    /// Whether the pause between the call and the next one of its kind is as long as it should be.
    fn is_in_time(&self, calls: &[(Kinds, Time)]) -> bool {
        let Some((least, most)) = self.row.pause else { return true };
        let kind = match self.column {
            Column::Create | Column::Again => Kinds::Create,
            Column::Message => Kinds::Send,
            Column::Look => Kinds::Look,
            Column::LookMessage => Kinds::MessageLook,
        };
        let before = usize::from(self.column == Column::Again);
        let mut of_kind = calls.iter().filter(|(of, _)| *of == kind).map(|(_, at)| *at).skip(before);
        let (Some(call), Some(next)) = (of_kind.next(), of_kind.next()) else { return false };
        (u128::from(least)..=u128::from(most)).contains(&next.since(call).as_millis())
    }

    /// What is to be counted.
    fn expected(&self) -> Value {
        let expected = &self.expected;
        let way = match self.column {
            Column::Create => [0, 0, 0],
            Column::Again => [1, 3, 0],
            Column::Message | Column::Look => [1, 0, 0],
            Column::LookMessage => [1, 0, 1],
        };
        let failed = expected.state.as_deref() == Some("failed");
        let accepted = (202, Some("accepted".to_owned()));
        let told = if self.waits && !self.row.slow { expected.waiting.clone() } else { Some(accepted) };
        let repeated = if failed && self.waits { (500, None) } else { (200, Some("duplicate")) };
        let mut all = json!({
            "creates": expected.creates + way[0],
            "looks": expected.looks + way[1],
            "sends": expected.sends + way[2],
            "messageLooks": expected.message_looks,
            "sessions": expected.sessions.unwrap_or(1),
            "state": expected.state.as_deref().unwrap_or("started"),
            "reason": null,
            "error": if expected.words { "Devin's words" } else { "none" },
            "its words are in the timeline": true,
            "messages": expected.messages,
            "linked": expected.linked,
            "in time": true,
            "told": told,
            "repeated": repeated,
            "replayed without need": false,
        });
        if let Some(replay) = &expected.replay {
            all["replayed"] = json!(true);
            all["sessions after a replay"] = json!(replay.sessions);
            all["messages after a replay"] = json!(replay.messages);
        }
        all
    }
}
