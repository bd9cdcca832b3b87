//! Everything that is known of one incident and of the bridge's work on it: what the incident's object stores.

use serde_json::Value;

use super::event::{Incident, IncidentEvent};
use super::key::Key;
use super::plan::Plan;
use super::sender::Sender;
use crate::notice::{About, Target};
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::session::Session;
use crate::stored::{Fields, Stored};
use crate::time::Time;
use crate::{named, stored};

/// The format in which records are stored. A release that changes it reads all older ones.
pub const FORMAT: u32 = 1;

/// The stored record. Bounded: texts by [`Incident`]'s own limits, lists by the constants below.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// [`FORMAT`] at the time of writing.
    pub format: u32,
    /// The incident's identity.
    pub key: Key,
    /// Who told us.
    pub sender: Sender,
    /// An alert that fires again after its window is a new incident under the same key: 1, 2, …
    pub occurrence: u32,
    /// How many sessions were wanted under this key so far: tells their marks apart.
    pub generation: u32,
    /// What to do about it.
    pub plan: Plan,
    /// What is known of it.
    pub incident: Incident,
    /// How far the work has come.
    pub state: State,
    /// What the session is, or will be, started with.
    pub opening: Opening,
    /// The session, once it exists.
    pub session: Option<Session>,
    /// The session that could take no more messages, where a second one was started.
    pub previous: Option<Session>,
    /// What became of the session, as far as Devin has told.
    pub outcome: Option<Outcome>,
    /// Messages that the session is still to get, in order.
    pub outbox: Vec<Message>,
    /// What people are still to be told, in order for each target.
    pub notices: Vec<Notice>,
    /// How many messages were ever put into the outbox: their numbers.
    pub messages: u32,
    /// Notes and changes that wait for the next text that goes to Devin.
    pub changes: Vec<String>,
    /// How many of the changes stand in the text that is on its way.
    pub told: usize,
    /// Whether the session was told, or will be, that the incident is over.
    pub concluded: bool,
    /// Whether it was reopened since.
    pub reopened: bool,
    /// The ids of the latest events, to recognise one that is delivered again.
    pub recent: Vec<String>,
    /// When it fired, for routes that wait for several occurrences.
    pub firings: Vec<Time>,
    /// How many events there were, repeated ones included.
    pub seen: u32,
    /// When the first came.
    pub first_seen: Time,
    /// When the last came.
    pub last_seen: Time,
    /// Since when a session is wanted, once one is.
    pub wanted: Option<Time>,
    /// Whether somebody let it go ahead of the day's limit.
    pub released: bool,
    /// What went wrong last, in Devin's words.
    pub error: Option<String>,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// Since when the ledger and the list wait for the newest state, and how often telling them failed.
    pub unpublished: Option<Unpublished>,
}

/// How many event ids are remembered.
const MOST_RECENT: usize = 50;
/// How many lines the timeline keeps; the oldest go first, but the first line stays.
const MOST_TIMELINE: usize = 100;
/// How many notes wait for the next text.
const MOST_CHANGES: usize = 50;
/// The longest note.
const LONGEST_CHANGE: usize = 2_000;

/// How far the work has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// Known, but no session is wanted yet.
    #[default]
    Watching,
    /// A session is wanted and does not exist.
    Waiting {
        /// When to go on.
        not_before: Time,
        /// Its place in the budget's queue.
        turn: Turn,
        /// Failed attempts so far.
        trouble: Trouble,
    },
    /// Devin was asked to create the session and has not answered; after a crash nobody knows whether it did.
    Creating {
        /// When Devin was asked.
        since: Time,
        /// Failed attempts so far.
        trouble: Trouble,
    },
    /// The session may exist: it is being looked for.
    LookingUp {
        /// When to look next.
        not_before: Time,
        /// When Devin was asked to create it.
        since: Time,
        /// How many look-ups found nothing.
        looks: u32,
        /// Failed attempts so far.
        trouble: Trouble,
    },
    /// The session exists.
    Started,
    /// There is no session and there won't be one unless somebody asks for a replay.
    Failed,
}

/// Attempts that failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// How many.
    pub times: u32,
    /// When the first did.
    pub since: Option<Time>,
}

/// Whether an incident may go ahead as far as the budget is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Nothing is known against it.
    #[default]
    Free,
    /// Over the sessions per minute: this many are ahead of it.
    Queued(u32),
    /// Over the sessions per day.
    Held,
}

/// What a session is started with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// Gather data while the incident is open.
    Investigate,
    /// The whole task of the workflow.
    #[default]
    Full,
}

/// A message to a running session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// 1 for the incident's first message.
    pub number: u32,
    /// What it says.
    pub kind: MessageKind,
    /// Where its delivery stands.
    pub delivery: Delivery,
    /// When to go on.
    pub not_before: Time,
    /// When it was last sent.
    pub since: Time,
    /// Failed attempts so far.
    pub trouble: Trouble,
    /// Its text, once it was written for the first attempt; the same on each.
    pub text: Option<String>,
    /// For a message that is still owed to the session of an earlier occurrence.
    pub farewell: Option<Farewell>,
}

/// Something that people are to be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notice {
    /// Whom.
    pub target: Target,
    /// What of the session.
    pub about: About,
    /// The record as the list showed it then: [`super::listing::listing`].
    pub news: Value,
    /// Where its delivery stands.
    pub delivery: Delivery,
    /// When to go on.
    pub not_before: Time,
    /// Failed attempts so far.
    pub trouble: Trouble,
}

/// To whom and about what a message is that outlived its incident: the alert fires again, and the session of its last
/// occurrence has not been told yet that this one is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Farewell {
    /// The session of that occurrence.
    pub session: Session,
    /// What was known of it.
    pub incident: Incident,
    /// The text by which the message is recognised at Devin.
    pub mark: String,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageKind {
    /// The incident is over: finish the postmortem.
    #[default]
    Finalize,
    /// Something changed after that.
    Update,
    /// The alert recovered.
    Recovered,
}

/// Where the delivery of a message stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// To be sent.
    #[default]
    Ready,
    /// Sent, not answered; after a crash nobody knows whether it arrived.
    Sending,
    /// It may have arrived: it is being looked for, after so many looks.
    LookingUp(u32),
    /// Refused, or given up.
    Failed,
}

/// A line of the timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What, in a sentence.
    pub what: String,
}

/// The newest state is not yet in the ledger and the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unpublished {
    /// When to tell them.
    pub not_before: Time,
    /// How often it failed.
    pub failures: u32,
}

stored!(Record {
    format,
    key,
    sender,
    occurrence,
    generation,
    plan,
    incident,
    state,
    opening,
    session,
    previous,
    outcome,
    outbox,
    notices,
    messages,
    changes,
    told,
    concluded,
    reopened,
    recent,
    firings,
    seen,
    first_seen,
    last_seen,
    wanted,
    released,
    error,
    timeline,
    unpublished
});
stored!(Message { number, kind, delivery, not_before, since, trouble, text, farewell });
stored!(Notice { target, about, news, delivery, not_before, trouble });
stored!(Farewell { session, incident, mark });
stored!(Trouble { times, since });
stored!(Entry { at, what });
stored!(Unpublished { not_before, failures });
named!(Opening { Investigate => "investigate", Full => "full" });
named!(MessageKind { Finalize => "finalize", Update => "update", Recovered => "recovered" });

impl Stored for State {
    fn to_value(&self) -> Value {
        let mut fields = Fields::default();
        let mut name = |name: &str| fields.put("is", &name.to_owned());
        match self {
            State::Watching => name("watching"),
            State::Waiting { not_before, turn, trouble } => {
                name("waiting");
                fields.put("not_before", not_before);
                fields.put("turn", turn);
                fields.put("trouble", trouble);
            }
            State::Creating { since, trouble } => {
                name("creating");
                fields.put("since", since);
                fields.put("trouble", trouble);
            }
            State::LookingUp { not_before, since, looks, trouble } => {
                name("looking_up");
                fields.put("not_before", not_before);
                fields.put("since", since);
                fields.put("looks", looks);
                fields.put("trouble", trouble);
            }
            State::Started => name("started"),
            State::Failed => name("failed"),
        }
        fields.into_value()
    }

    fn from_value(value: Value) -> Self {
        let mut fields = Fields::of(value);
        let (not_before, since) = (fields.take("not_before"), fields.take("since"));
        let (turn, trouble, looks) = (fields.take("turn"), fields.take("trouble"), fields.take("looks"));
        match fields.take::<String>("is").as_str() {
            "waiting" => State::Waiting { not_before, turn, trouble },
            "creating" => State::Creating { since, trouble },
            "looking_up" => State::LookingUp { not_before, since, looks, trouble },
            "started" => State::Started,
            "failed" => State::Failed,
            _ => State::Watching,
        }
    }
}

impl Stored for Turn {
    fn to_value(&self) -> Value {
        match self {
            Turn::Free => Value::Null,
            Turn::Queued(behind) => behind.to_value(),
            Turn::Held => "held".into(),
        }
    }

    fn from_value(value: Value) -> Self {
        match value {
            Value::Number(_) => Turn::Queued(u32::from_value(value)),
            Value::String(_) => Turn::Held,
            _ => Turn::Free,
        }
    }
}

impl Stored for Delivery {
    fn to_value(&self) -> Value {
        match self {
            Delivery::Ready => Value::Null,
            Delivery::Sending => "sending".into(),
            Delivery::LookingUp(looks) => looks.to_value(),
            Delivery::Failed => "failed".into(),
        }
    }

    fn from_value(value: Value) -> Self {
        match value {
            Value::Number(_) => Delivery::LookingUp(u32::from_value(value)),
            Value::String(name) if name == "sending" => Delivery::Sending,
            Value::String(_) => Delivery::Failed,
            _ => Delivery::Ready,
        }
    }
}

impl Record {
    /// The record of an incident that nobody had heard of, before its first event is taken.
    pub fn new(event: &IncidentEvent, plan: Plan, now: Time) -> Record {
        Record {
            format: FORMAT,
            key: event.key.clone(),
            sender: event.sender,
            occurrence: 1,
            generation: 1,
            plan,
            incident: event.incident.clone(),
            state: State::Watching,
            opening: Opening::Full,
            session: None,
            previous: None,
            outcome: None,
            outbox: Vec::new(),
            notices: Vec::new(),
            messages: 0,
            changes: Vec::new(),
            told: 0,
            concluded: false,
            reopened: false,
            recent: Vec::new(),
            firings: Vec::new(),
            seen: 0,
            first_seen: now,
            last_seen: now,
            wanted: None,
            released: false,
            error: None,
            timeline: Vec::new(),
            unpublished: None,
        }
    }

    /// What people call this incident: its key, with the number of its occurrence where it is not the first.
    pub fn name(&self) -> String {
        numbered(&self.key, self.occurrence)
    }

    /// The text by which the wanted session is recognised at Devin.
    pub fn mark(&self) -> String {
        format!("incident:{}", numbered(&self.key, self.generation))
    }

    /// The text by which message `number` is recognised at Devin.
    pub fn message_mark(&self, number: u32) -> String {
        format!("({}, message {number})", self.mark())
    }

    /// The contract's word for the state.
    pub fn state_name(&self) -> &'static str {
        match &self.state {
            State::Watching => "waiting",
            State::Waiting { turn: Turn::Queued(_), .. } => "queued",
            State::Waiting { turn: Turn::Held, .. } => "held",
            State::Waiting { .. } | State::Creating { .. } | State::LookingUp { .. } => "waiting",
            State::Started => "started",
            State::Failed => "failed",
        }
    }

    /// How many messages the session is still to get; one that failed is not among them.
    pub fn to_deliver(&self) -> usize {
        self.outbox.iter().filter(|message| message.delivery != Delivery::Failed).count()
    }

    /// Why it is in its state, where there is more to say: why no session is wanted yet.
    pub fn reason(&self) -> Option<Reason> {
        let watching = if self.firings.is_empty() { Reason::EventType } else { Reason::Occurrences };
        (self.state == State::Watching).then_some(watching)
    }

    /// Since when a session is wanted that does not exist yet.
    pub fn waiting_since(&self) -> Option<Time> {
        let waits = !matches!(self.state, State::Watching | State::Started | State::Failed);
        waits.then(|| self.wanted.unwrap_or(self.first_seen))
    }

    /// Whether a create may be under way or may have been carried out unnoticed: its turn is not given back.
    pub fn unsettled(&self) -> bool {
        matches!(self.state, State::Creating { .. } | State::LookingUp { .. })
    }

    /// Whether a session is wanted for which Devin was never asked: its request is still to be written.
    pub fn session_untried(&self) -> bool {
        matches!(self.state, State::Waiting { trouble: Trouble { since: None, .. }, .. })
    }

    /// The text with the first `told` changes has arrived.
    pub fn forget_told_changes(&mut self) {
        self.changes.drain(..self.told.min(self.changes.len()));
        self.told = 0;
    }

    /// Adds a line to the timeline.
    pub fn note(&mut self, at: Time, what: impl Into<String>) {
        if self.timeline.len() >= MOST_TIMELINE {
            self.timeline.remove(1);
        }
        self.timeline.push(Entry { at, what: what.into() });
    }

    /// Keeps a change for the next text that goes to Devin.
    pub fn keep_change(&mut self, what: &str) {
        if self.changes.len() >= MOST_CHANGES {
            self.changes.remove(0);
            self.told = self.told.saturating_sub(1);
        }
        self.changes.push(text::cut::head(what, LONGEST_CHANGE));
    }

    /// Remembers an event's id.
    pub fn remember(&mut self, id: &str) {
        if self.recent.len() >= MOST_RECENT {
            self.recent.remove(0);
        }
        self.recent.push(id.chars().take(100).collect());
    }

    /// Whether the event with this id was taken already.
    pub fn remembers(&self, id: &str) -> bool {
        self.recent.iter().any(|known| known.chars().eq(id.chars().take(100)))
    }

    /// The ledger and the list are to learn of the newest state.
    pub fn publish(&mut self, now: Time) {
        self.unpublished = Some(Unpublished { not_before: now, failures: 0 });
    }

    /// The same, but there is time until `at`.
    pub fn publish_by(&mut self, at: Time) {
        self.unpublished.get_or_insert(Unpublished { not_before: at, failures: 0 });
    }
}

/// `key`, or `key.2` for the second of its kind.
fn numbered(key: &Key, number: u32) -> String {
    if number <= 1 { key.to_string() } else { format!("{key}.{number}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A record as format 1 wrote it. It stays as it is: releases to come have to read it.
    const FORMAT_1: &str = include_str!("record/format_1.json");

    #[test]
    fn format_1_is_read() {
        let record = Record::from_text(FORMAT_1).unwrap();
        assert_eq!((record.format, record.name().as_str()), (1, "pagerduty-Q1FORMAT"));
        assert_eq!(record.plan.start_on, Kind::Acknowledged);
        let State::LookingUp { since, looks, trouble, .. } = record.state else { panic!("{:?}", record.state) };
        assert_eq!((since, looks, trouble.times), (Time(1_760_000_000_000), 1, 2));
        assert_eq!((record.opening, record.concluded), (Opening::Investigate, true));
        let message = &record.outbox[0];
        assert_eq!(
            (message.kind, message.delivery, message.number),
            (MessageKind::Finalize, Delivery::LookingUp(2), 1)
        );
        assert_eq!(record.recent, ["01EVENT"]);
        assert_eq!(record.incident.labels, [("env".to_owned(), "prod".to_owned())]);
        assert_eq!(record.timeline.len(), 2);
    }

    #[test]
    fn lists_are_bounded() {
        let mut record = Record::from_text(FORMAT_1).unwrap();
        for n in 0..1_000 {
            record.note(Time(n), "x".repeat(10));
            record.keep_change(&"y".repeat(10_000));
            record.remember(&n.to_string());
        }
        assert_eq!((record.timeline.len(), record.changes.len(), record.recent.len()), (100, 50, 50));
        assert_eq!(record.timeline[0].what, "incident.acknowledged received");
        assert!(record.remembers("999") && !record.remembers("1"));
        assert!(record.to_text().len() < 200_000);
    }
}
