//! What the programs need from whatever runs them: the clock, chance, storage, alarms, and calls to others. The Worker
//! gives them the runtime's, the simulator its own.

use std::rc::Rc;
use std::time::Duration;

use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::key::Key;
use incident::listing::Line;
use incident::record::Record;
use incident::session::Report;
use incident::time::Time;
use outbound::devin::call::Access;
use outbound::devin::compose::ComposeSettings;
use outbound::http::{Answer, Call};
use outbound::notify::{Question, Targets};

use crate::counts::Count;

/// Why the runtime did not do what it was asked: storage failed, an object did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// What the runtime was asked for, or why it is not there.
pub type Result<T> = std::result::Result<T, Error>;

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error(error.to_string())
    }
}

/// The part of the settings that the programs work with.
pub trait Settings {
    /// Devin's API, with the key.
    fn devin(&self) -> &Access;
    /// What sessions and messages are composed from.
    fn compose(&self) -> ComposeSettings<'_>;
    /// Sessions a minute and a day.
    fn limits(&self) -> Limits;
    /// Who is notified.
    fn targets(&self) -> &Targets;
    /// Whether e-mail addresses are redacted in what Devin wrote.
    fn redact_emails(&self) -> bool;
}

/// What both objects have.
#[expect(async_fn_in_trait, reason = "an object has one thread")]
pub trait Object {
    /// The settings in force.
    type Settings: Settings;

    /// Now.
    fn now(&self) -> Time;
    /// The settings; `None` while they are wrong.
    fn settings(&self) -> Option<Rc<Self::Settings>>;
    /// How long an incident is kept after it was last heard of.
    fn retention(&self) -> Duration;
    /// When the alarm goes off, if one is set.
    async fn alarm(&self) -> Result<Option<Time>>;
    /// Sets the alarm, in place of one that is set.
    async fn set_alarm(&self, at: Time) -> Result<()>;
    /// Tells whoever reads the log of something that went wrong.
    fn warn(&self, words: &str);
}

/// What an incident's object has. Calls to Devin and to people fail with words that say why there is no answer; whether
/// they acted is then unknown.
#[expect(async_fn_in_trait, reason = "an object has one thread")]
pub trait IncidentHost: Object {
    /// A number from 0 (inclusive) to 1 (exclusive).
    fn chance(&self) -> f64;
    /// Comes back after so long.
    async fn pause(&self, duration: Duration);
    /// What is stored under this name.
    async fn read(&self, name: &str) -> Result<Option<String>>;
    /// Stores all of them or none.
    async fn write(&self, texts: Vec<(&str, String)>) -> Result<()>;
    /// Deletes everything, the alarm too.
    async fn erase(&self) -> Result<()>;
    /// Asks Devin.
    async fn ask_devin(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String>;
    /// Asks Devin while a person waits, who would rather know less than wait longer.
    async fn poll_devin(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String>;
    /// Asks whoever is notified.
    async fn ask_target(&self, question: Question<'_>) -> std::result::Result<Answer, String>;
    /// A secret that a route hands on to its sessions.
    fn session_secret(&self, name: &str) -> Option<String>;
    /// Whether Devin was seen, within a day, to leave out the tag by which a session is found again.
    async fn tags_left_out(&self) -> bool;
    /// Devin left it out.
    async fn remember_tags_left_out(&self);
    /// Asks the register for a permit; it lists the line too.
    async fn admit(&self, line: Line, applicant: Applicant, limits: Limits) -> Result<Admission>;
    /// Tells the register of a line, and of what became of the permit under an id; `None`: of the line alone.
    async fn publish(&self, line: Line, id: Option<String>, permit: PermitUse) -> Result<()>;
    /// Asks the register whether people are still to be notified about a topic today: of how many incidents it is true then,
    /// and `None` where they were notified about another incident.
    async fn first_today(&self, topic: String, incident: String, state: String) -> Result<Option<u32>>;
    /// Writes the record's entry in the dedup cache.
    async fn cache(&self, record: &Record) -> Result<()>;
    /// Counts something.
    fn count(&self, what: Count);
    /// Counts a session, and the time from the event that wanted it.
    fn count_session(&self, record: &Record, took: Duration);
    /// A line of the log about a step that was taken.
    fn log_step(&self, record: &Record, took: Duration);
}

/// What the cron trigger has.
#[expect(async_fn_in_trait, reason = "one trigger runs at a time")]
pub trait CronHost {
    /// The settings in force.
    type Settings: Settings;

    /// Now.
    fn now(&self) -> Time;
    /// The settings; `None` while they are wrong.
    fn settings(&self) -> Option<Rc<Self::Settings>>;
    /// The lines of at most so many incidents whose sessions are to be asked about.
    async fn open_sessions(&self, most: u32) -> Result<Vec<Line>>;
    /// Asks Devin for sessions with all that they have made, or for what was said in one.
    async fn ask_for_list(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String>;
    /// Tells an incident what Devin reports of its session; whether it asks for Devin's last words and has kept nothing.
    async fn report(&self, key: &Key, line: &Line, report: Report) -> Result<bool>;
    /// Tells the register what was seen of the account's credits: the incidents whose sessions Devin has just stopped
    /// because it can pay for nothing more, and those on whose sessions it works, or has.
    async fn credits(&self, out: Vec<String>, at_work: Vec<String>) -> Result<()>;
    /// Tells whoever reads the log of something that went wrong.
    fn warn(&self, words: &str);
}

/// A value that a statement is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nothing.
    Null,
    /// A whole number, exact up to 2^53.
    Integer(i64),
    /// A text.
    Text(String),
}

impl From<&str> for Binding {
    fn from(text: &str) -> Binding {
        Binding::Text(text.to_owned())
    }
}

impl From<&String> for Binding {
    fn from(text: &String) -> Binding {
        Binding::Text(text.clone())
    }
}

impl From<String> for Binding {
    fn from(text: String) -> Binding {
        Binding::Text(text)
    }
}

impl From<Time> for Binding {
    fn from(time: Time) -> Binding {
        Binding::Integer(time.0)
    }
}

impl From<i64> for Binding {
    fn from(number: i64) -> Binding {
        Binding::Integer(number)
    }
}

impl From<u8> for Binding {
    fn from(number: u8) -> Binding {
        Binding::Integer(number.into())
    }
}

impl From<bool> for Binding {
    fn from(value: bool) -> Binding {
        Binding::Integer(value.into())
    }
}

impl From<u32> for Binding {
    fn from(number: u32) -> Binding {
        Binding::Integer(number.into())
    }
}

impl<T: Into<Binding>> From<Option<T>> for Binding {
    fn from(value: Option<T>) -> Binding {
        value.map_or(Binding::Null, Into::into)
    }
}

/// A row of an answer.
pub trait Row {
    /// A column, where it holds text.
    fn text(&self, column: &str) -> Option<String>;
    /// A column, where it holds a whole number; 0 where it does not.
    fn integer(&self, column: &str) -> i64;
}

/// What the register has.
#[expect(async_fn_in_trait, reason = "an object has one thread")]
pub trait RegisterHost: Object {
    /// A row of an answer.
    type Row: Row;

    /// Runs statements of SQLite. What a request or an alarm does without waiting for anybody is one transaction.
    fn sql(&self, statement: &str, bindings: Vec<Binding>) -> Result<Vec<Self::Row>>;
    /// Tells an incident's object that there is a slot for the session with this correlation id.
    async fn call(&self, key: &Key, id: &str) -> Result<()>;
}
