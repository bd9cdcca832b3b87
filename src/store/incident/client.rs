//! What an incident's object is asked, and what it answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::Env;

use crate::runtime;
use incident::event::IncidentEvent;
use incident::key::Key;
use incident::lifecycle::Taken;
use incident::plan::Plan;
use incident::record::{Record, State, Turn};
use incident::session::{Report, Session};
use incident::stored::{self, Stored};

const BINDING: &str = "INCIDENT";

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
    /// Where the work stands that is written down in a record.
    pub fn of(record: &Record) -> Standing {
        match (&record.state, &record.session) {
            (State::Watching, _) => Standing::Idle,
            (State::Waiting { turn: Turn::Queued(behind), .. }, _) => Standing::Queued { behind: *behind },
            (State::Waiting { turn: Turn::Held, .. }, _) => Standing::Held,
            (State::Started, Some(session)) => Standing::Started { session: session.clone() },
            (State::Failed, _) => Standing::Failed { error: record.error.clone().unwrap_or_default() },
            _ => Standing::OnItsWay,
        }
    }

    /// Whether waiting any longer would be in vain.
    pub fn settled(&self) -> bool {
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

/// Tells an incident that waits in line that there is a slot for the session with this correlation id.
pub async fn call(env: &Env, key: &Key, id: &str) -> worker::Result<()> {
    ask(env, key, "called", stored::object(vec![("id", id.into())])).await.map(|_| ())
}

/// Tells the object what Devin reports of a session. `line` is the list's line of the incident, by whose name it goes.
pub async fn report(env: &Env, key: &Key, line: &Value, report: &Report) -> worker::Result<()> {
    let question = stored::object(vec![("line", line.clone()), ("report", report.to_value())]);
    ask(env, key, "report", question).await.map(|_| ())
}

async fn ask(env: &Env, key: &Key, what: &str, question: Value) -> worker::Result<Value> {
    runtime::ask(env.durable_object(BINDING)?.get_by_name(key.as_str())?, what, &question).await
}
