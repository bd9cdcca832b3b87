//! What the register can be asked, and how it answers. As for the incidents' objects, what one release does not know of
//! another is an error, and asked again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::{Delay, Env};

use crate::log;
use crate::runtime;
use crate::store::tally::{self, Batch, Counts};
use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::listing::Line;
use incident::time::Time;

/// The binding of the object.
const BINDING: &str = "REGISTER";
/// The most incidents on a page of the list.
pub const LARGEST_PAGE: u32 = 200;

/// What the register is asked, with what the isolate has counted since it last asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// What was counted.
    #[serde(default)]
    pub batch: Batch,
    /// What is asked.
    pub call: Call,
}

/// What the register is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// May a session start? Answered with an [`Admission`].
    Admit {
        /// The incident's line.
        line: Box<Line>,
        /// Who asks.
        applicant: Applicant,
        /// The limits in force.
        limits: Limits,
    },
    /// An incident's newest state; answered with null.
    Publish {
        /// The incident's line.
        line: Box<Line>,
        /// The correlation id of its session; `None` where the line alone has changed.
        id: Option<String>,
        /// What became of the permit under that id.
        permit: PermitUse,
    },
    /// The lines of the sessions to be asked about, at most so many.
    Open {
        /// How many.
        most: u32,
    },
    /// The line of one incident; null where there is none.
    One {
        /// Its name.
        name: String,
    },
    /// A page of the list.
    List(Query),
    /// How everything stands, as [`Stats`].
    Stats {
        /// How many of the last hours are shown one by one.
        hours: u32,
    },
    /// Nothing: there is only something that was counted.
    Counts,
}

/// Which incidents to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Only those with this text in the name of their service, likewise.
    pub service: Option<String>,
    /// Only those with this severity (`0` to `4`) or priority (`P1`), likewise.
    pub severity: Option<String>,
    /// Only those last heard of then or later.
    pub since: Option<Time>,
    /// Only those first heard of then or earlier.
    pub until: Option<Time>,
}

/// How the bridge stands over all incidents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Sessions since midnight (UTC), and attempts under way.
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
    pub oldest_waiting: Option<u64>,
}

/// Asks for a permit to start a session of the incident, whose state the list learns of too.
pub async fn admit(env: &Env, line: Line, applicant: Applicant, limits: Limits) -> worker::Result<Admission> {
    ask(env, Call::Admit { line: Box::new(line), applicant, limits }).await
}

/// Tells the list of an incident's newest state, and the budget what became of the permit for the session with this
/// correlation id.
pub async fn publish(env: &Env, line: Line, id: String, permit: PermitUse) -> worker::Result<()> {
    ask(env, Call::Publish { line: Box::new(line), id: Some(id), permit }).await
}

/// Changes an incident's line in the list, and nothing else.
pub async fn list_line(env: &Env, line: Line) -> worker::Result<()> {
    ask(env, Call::Publish { line: Box::new(line), id: None, permit: PermitUse::Undecided }).await
}

/// The list's lines of at most `most` incidents whose sessions are to be asked about, those first that were asked about
/// the longest time ago; and it counts as asked now.
pub async fn open_sessions(env: &Env, most: u32) -> worker::Result<Vec<Line>> {
    ask(env, Call::Open { most }).await
}

/// A page of the list, newest first: `{"incidents": […], "cursor": … or null}`.
pub async fn list(env: &Env, query: Query) -> worker::Result<Value> {
    ask(env, Call::List(query)).await
}

/// The list's line for the incident of that name; null where there is none.
pub async fn one(env: &Env, name: &str) -> worker::Result<Value> {
    ask(env, Call::One { name: name.to_owned() }).await
}

/// How everything stands, with the counts of so many of the last hours one by one.
pub async fn stats(env: &Env, hours: u32) -> worker::Result<Stats> {
    ask(env, Call::Stats { hours }).await
}

/// Tells of what the isolate has counted, where nothing else has taken it along within [`tally::PAUSE`].
pub async fn tell_counts(env: Env) {
    Delay::from(tally::PAUSE).await;
    if tally::is_worth_a_call()
        && let Err(error) = ask::<()>(&env, Call::Counts).await
    {
        log::warning(&format!("the register did not take the counts: {error}"));
    }
}

/// Asks the register something. What the isolate has counted since it was last asked goes along.
async fn ask<R: DeserializeOwned>(env: &Env, call: Call) -> worker::Result<R> {
    let register = env.durable_object(BINDING)?.get_by_name("register")?;
    let request = Request { batch: tally::take(), call };
    let answer = runtime::ask(register, &request).await;
    if answer.is_err() && !request.batch.is_empty() {
        tally::put_back(request.batch);
    }
    answer
}

/// A cursor's place in the list: when an incident was first seen (Unix milliseconds), and its name. `None` for what no
/// page ever ended with.
pub fn parse_cursor(cursor: &str) -> Option<(i64, String)> {
    let (time, incident) = cursor.split_once('.')?;
    let digits = time.len() <= 15 && time.bytes().all(|b| b.is_ascii_digit());
    let named = incident.len() <= 80 && incident.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !digits || !named || incident.is_empty() {
        return None;
    }
    Some((time.parse().ok()?, incident.to_owned()))
}
