//! Everything that is known of one incident and of the bridge's work on it: what the incident's object stores.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{Incident, IncidentEvent};
use super::key::Key;
use super::listing::listing;
use super::plan::Plan;
use super::sender::Sender;
use crate::admission::{Applicant, PermitUse};
use crate::named;
use crate::notice::{About, Target};
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::session::Session;
use crate::time::{MINUTE, Time};
use text::cut;

/// The format in which records are stored. A release that changes it reads all older ones.
pub const FORMAT: u32 = 1;

/// The stored record. Bounded: texts by [`Incident`]'s own limits, lists by the constants below.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Deliveries without an id that were counted lately, likewise.
    pub deliveries: Vec<Delivered>,
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
    /// Whether somebody let it go ahead of the limits.
    pub released: bool,
    /// When the bridge learned that the session exists: it counts once, at this time.
    pub started_at: Option<Time>,
    /// Whether it failed without anybody knowing that there is no session: it counts as one.
    pub may_exist: bool,
    /// When the last attempt failed for good.
    pub failed_at: Option<Time>,
    /// How often in a row the register did not answer who asked for a permit.
    pub unanswered: u32,
    /// What the dedup cache was given last: see [`Record::cache_state`].
    pub cached: Option<String>,
    /// What went wrong last, in Devin's words.
    pub error: Option<String>,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// Since when the ledger and the list wait for the newest state, and how often telling them failed.
    pub unpublished: Option<Unpublished>,
    /// Earlier occurrences of which the list and the budget have not been told how they stood in the end.
    pub former: Vec<Former>,
}

/// What the list and the budget are still to be told of an earlier occurrence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Former {
    /// Its line: [`super::listing::listing`].
    pub line: Value,
    /// The correlation id of its session.
    pub id: String,
    /// What became of its permit.
    pub permit: PermitUse,
}

/// A delivery that was counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivered {
    /// [`IncidentEvent::delivery`].
    pub id: String,
    /// When.
    pub at: Time,
}

/// A record is stored in at most so many bytes. What a prompt can hold is a fraction of that.
pub const MOST_BYTES: usize = 240 * 1024;
/// How many event ids are remembered.
const MOST_RECENT: usize = 50;
/// How many deliveries are remembered.
const MOST_DELIVERIES: usize = 20;
/// The same bytes within this time are the same delivery, in milliseconds.
const REDELIVERED_WITHIN: i64 = 2 * MINUTE;
/// How many messages wait at most. Only messages to sessions of earlier occurrences pile up.
pub const MOST_MESSAGES: usize = 20;
/// How many characters notes have together: more never reach a prompt.
const MOST_CHANGED: usize = 24_000;
/// The longest error and line of the timeline.
const LONGEST_WORDS: usize = 500;
/// How many earlier occurrences wait to be told of.
const MOST_FORMER: usize = 5;
/// How many lines the timeline keeps; the oldest go first, but the first line stays.
const MOST_TIMELINE: usize = 100;
/// How many notes wait for the next text.
const MOST_CHANGES: usize = 50;
/// The longest note.
const LONGEST_CHANGE: usize = 2_000;

/// How far the work has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Known, but no session is wanted yet.
    #[default]
    Watching,
    /// A session is wanted and does not exist.
    Waiting {
        /// When to go on.
        #[serde(default)]
        not_before: Time,
        /// Its place in line.
        #[serde(default)]
        turn: Turn,
        /// Failed attempts so far.
        #[serde(default)]
        trouble: Trouble,
    },
    /// Devin was asked to create the session and has not answered; after a crash nobody knows whether it did.
    Creating {
        /// When Devin was asked.
        since: Time,
        /// Failed attempts so far.
        #[serde(default)]
        trouble: Trouble,
    },
    /// The session may exist: it is being looked for.
    LookingUp {
        /// When to look next.
        not_before: Time,
        /// When Devin was asked to create it.
        since: Time,
        /// How many look-ups found nothing.
        #[serde(default)]
        looks: u32,
        /// Failed attempts so far.
        #[serde(default)]
        trouble: Trouble,
    },
    /// The session exists.
    Started,
    /// There is no session and there won't be one unless somebody asks for a replay.
    Failed,
}

/// Attempts that failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trouble {
    /// How many.
    pub times: u32,
    /// When the first did.
    pub since: Option<Time>,
}

/// Whether an incident may go ahead as far as the budget is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredTurn", from = "StoredTurn")]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredDelivery", from = "StoredDelivery")]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What, in a sentence.
    pub what: String,
}

/// The newest state is not yet in the ledger and the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unpublished {
    /// When to tell them.
    pub not_before: Time,
    /// How often it failed.
    pub failures: u32,
}

named!(Opening { Investigate => "investigate", Full => "full" });
named!(MessageKind { Finalize => "finalize", Update => "update", Recovered => "recovered" });

impl From<Turn> for StoredTurn {
    fn from(turn: Turn) -> Self {
        match turn {
            Turn::Free => StoredTurn::Free,
            Turn::Queued(ahead) => StoredTurn::Queued(ahead),
            Turn::Held => StoredTurn::Held(Held::Held),
        }
    }
}

impl From<StoredTurn> for Turn {
    fn from(turn: StoredTurn) -> Self {
        match turn {
            StoredTurn::Free => Turn::Free,
            StoredTurn::Queued(ahead) => Turn::Queued(ahead),
            StoredTurn::Held(Held::Held) => Turn::Held,
        }
    }
}

/// As format 1 writes a [`Turn`]: null, a number, or `"held"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredTurn {
    Free,
    Queued(u32),
    Held(Held),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Held {
    Held,
}

impl From<Delivery> for StoredDelivery {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Ready => StoredDelivery::Ready,
            Delivery::Sending => StoredDelivery::Sent(Sent::Sending),
            Delivery::LookingUp(looks) => StoredDelivery::LookingUp(looks),
            Delivery::Failed => StoredDelivery::Sent(Sent::Failed),
        }
    }
}

impl From<StoredDelivery> for Delivery {
    fn from(delivery: StoredDelivery) -> Self {
        match delivery {
            StoredDelivery::Ready => Delivery::Ready,
            StoredDelivery::Sent(Sent::Sending) => Delivery::Sending,
            StoredDelivery::LookingUp(looks) => Delivery::LookingUp(looks),
            StoredDelivery::Sent(Sent::Failed) => Delivery::Failed,
        }
    }
}

/// As format 1 writes a [`Delivery`]: null, a number, `"sending"` or `"failed"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredDelivery {
    Ready,
    LookingUp(u32),
    Sent(Sent),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    Sending,
    Failed,
}

/// A stored record that can't be used. Nothing may be done for its incident then: a guess could start a second session.
#[derive(Debug)]
pub enum Unreadable {
    /// A later release wrote it, in this format.
    Later(u32),
    /// It is broken, or says something that no release up to this one writes: serde's words.
    Broken(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreadable::Later(format) => {
                write!(
                    f,
                    "its record has format {format}, which a later release wrote (this one reads up to {FORMAT}); deploy that release again"
                )
            }
            Unreadable::Broken(why) => write!(f, "its record can't be read ({why}); deploy the release that wrote it"),
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
            deliveries: Vec::new(),
            firings: Vec::new(),
            seen: 0,
            first_seen: now,
            last_seen: now,
            wanted: None,
            released: false,
            started_at: None,
            may_exist: false,
            failed_at: None,
            unanswered: 0,
            cached: None,
            error: None,
            timeline: Vec::new(),
            unpublished: None,
            former: Vec::new(),
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

    /// What became of the permit of its session.
    pub fn permit(&self) -> PermitUse {
        match (&self.state, self.started_at) {
            (State::Creating { .. } | State::LookingUp { .. }, _) => PermitUse::Undecided,
            (State::Started, Some(at)) => PermitUse::Session(at),
            (State::Started, None) => PermitUse::Counted,
            (State::Waiting { turn: Turn::Queued(_) | Turn::Held, .. }, _) => PermitUse::None { in_line: true },
            (State::Failed, _) if self.may_exist => PermitUse::Session(self.failed_at.unwrap_or(self.first_seen)),
            (State::Waiting { .. } | State::Watching | State::Failed, _) => PermitUse::None { in_line: false },
        }
    }

    /// Who asks for a permit. Severity 0 and P1 go first, then who has waited longest.
    pub fn applicant(&self) -> Applicant {
        let Incident { severity, priority, .. } = &self.incident;
        let first =
            *severity == Some(0) || priority.as_deref().is_some_and(|name| name.trim().eq_ignore_ascii_case("P1"));
        Applicant {
            id: self.mark(),
            incident: self.name(),
            rank: u8::from(!first),
            since: self.wanted.unwrap_or(self.first_seen),
            released: self.released,
        }
    }

    /// What the dedup cache is to answer: for which session and up to which event. `None` where there is nothing to
    /// answer: without a session, and for alerts, which only the incident's object can judge.
    pub fn cache_state(&self) -> Option<String> {
        let session = self.session.as_ref().filter(|_| self.sender == Sender::Pagerduty)?;
        Some(format!("{} {}", session.id, self.recent.last().map_or("", String::as_str)))
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
        self.timeline.push(Entry { at, what: cut::head(&what.into(), LONGEST_WORDS) });
    }

    /// Keeps a change for the next text that goes to Devin.
    pub fn keep_change(&mut self, what: &str) {
        if self.changes.len() >= MOST_CHANGES {
            self.changes.remove(0);
            self.told = self.told.saturating_sub(1);
        }
        self.changes.push(cut::head(what, LONGEST_CHANGE));
        let mut length: usize = self.changes.iter().map(|change| change.chars().count()).sum();
        while length > MOST_CHANGED {
            length = length.saturating_sub(self.forget_oldest_change());
        }
    }

    /// Drops the oldest note, and says how many characters it had.
    fn forget_oldest_change(&mut self) -> usize {
        if self.changes.is_empty() {
            return 0;
        }
        self.told = self.told.saturating_sub(1);
        self.changes.remove(0).chars().count()
    }

    /// Keeps what went wrong.
    pub fn set_error(&mut self, words: Option<String>) {
        self.error = words.map(|words| cut::head(&words, LONGEST_WORDS));
    }

    /// Remembers a delivery without an id; whether it came before, within [`REDELIVERED_WITHIN`].
    pub fn is_redelivery(&mut self, id: &str, now: Time) -> bool {
        self.deliveries.retain(|delivered| now.since(delivered.at) < REDELIVERED_WITHIN);
        if self.deliveries.iter().any(|delivered| delivered.id == id) {
            return true;
        }
        if self.deliveries.len() >= MOST_DELIVERIES {
            self.deliveries.remove(0);
        }
        self.deliveries.push(Delivered { id: id.chars().take(100).collect(), at: now });
        false
    }

    /// The record as it is stored. Never more than [`MOST_BYTES`]: where it is, the oldest and the longest goes first.
    pub fn to_text(&mut self) -> String {
        loop {
            let text = serde_json::to_string(self).unwrap_or_default();
            if text.len() <= MOST_BYTES || !self.shrink() {
                return text;
            }
        }
    }

    /// Drops what is worth least; whether there was anything.
    fn shrink(&mut self) -> bool {
        if self.timeline.len() > 5 {
            self.timeline.drain(1..self.timeline.len() / 2);
            return true;
        }
        let farewells = self.outbox.iter().filter(|message| message.farewell.is_some()).count();
        if farewells > 0 {
            let mut dropped = farewells.div_ceil(2);
            self.outbox.retain(|message| {
                let drops = message.farewell.is_some() && dropped > 0;
                dropped = dropped.saturating_sub(drops.into());
                !drops
            });
            return true;
        }
        if self.changes.len() > 2 {
            self.forget_oldest_change();
            return true;
        }
        let incident = &mut self.incident;
        for people in [&mut incident.teams, &mut incident.assignees] {
            if people.len() > 3 {
                people.truncate(3);
                return true;
            }
        }
        for pairs in [&mut incident.context, &mut incident.labels] {
            if pairs.len() > 1 {
                pairs.truncate(pairs.len() / 2);
                return true;
            }
        }
        for text in [&mut incident.logs, &mut incident.description] {
            if let Some(long) = text.as_ref().filter(|text| text.len() > 4_000) {
                *text = Some(cut::both_ends(long, long.chars().count() / 2));
                return true;
            }
        }
        self.notices.pop().is_some()
    }

    /// Reads a stored record.
    ///
    /// # Errors
    /// Where it is not certain what it says.
    pub fn from_text(text: &str) -> Result<Record, Unreadable> {
        // What must be there, besides.
        #[derive(Deserialize)]
        struct Format {
            #[serde(default)]
            format: u32,
        }
        #[derive(Deserialize)]
        struct Required {
            #[serde(rename = "key")]
            _key: String,
            #[serde(rename = "sender")]
            _sender: String,
            #[serde(rename = "state")]
            _state: IgnoredAny,
        }
        let broken = |error: serde_json::Error| Unreadable::Broken(error.to_string());
        if !text.starts_with('{') {
            // serde would take a list for a record whose fields have no names.
            return Err(Unreadable::Broken("it is no object".to_owned()));
        }
        // First of all: what else a later format has is not known.
        match serde_json::from_str::<Format>(text).map_err(broken)? {
            Format { format } if format > FORMAT => Err(Unreadable::Later(format)),
            _ => serde_json::from_str::<Required>(text).and_then(|_| serde_json::from_str(text)).map_err(broken),
        }
    }

    /// The list and the budget are still to learn how `last`, the occurrence before, stood in the end.
    pub fn keep_former(&mut self, last: &Record) {
        self.former.clone_from(&last.former);
        if last.unpublished.is_some() {
            self.former.push(Former { line: listing(last), id: last.mark(), permit: last.permit() });
        }
        let too_many = self.former.len().saturating_sub(MOST_FORMER);
        self.former.drain(..too_many);
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
        assert_eq!((record.timeline.len(), record.changes.len(), record.recent.len()), (100, 12, 50));
        assert_eq!(record.timeline[0].what, "incident.acknowledged received");
        assert!(record.remembers("999") && !record.remembers("1"));
        assert!(record.to_text().len() < 200_000);
    }

    #[test]
    fn what_is_not_certain_is_not_read() {
        let with = |field: &str, value: serde_json::Value| {
            let mut record: serde_json::Value = serde_json::from_str(FORMAT_1).unwrap();
            record[field] = value;
            Record::from_text(&record.to_string())
        };
        let state = |name: &str| serde_json::json!({"is": name, "not_before": 1});
        assert!(with("state", state("waiting")).is_ok());
        assert!(matches!(with("state", state("approving")), Err(Unreadable::Broken(_))));
        assert!(matches!(with("opening", "later".into()), Err(Unreadable::Broken(_))));
        assert!(matches!(with("format", 2.into()), Err(Unreadable::Later(2))));
        assert!(with("a_field_of_a_later_release", 1.into()).is_ok());
        for text in ["", "{", "null", "[]", "{}", r#"{"format":1}"#, &FORMAT_1[..200]] {
            assert!(Record::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_delivery_is_written_as_format_1_reads_it() {
        for delivery in
            [Delivery::Ready, Delivery::Sending, Delivery::LookingUp(0), Delivery::LookingUp(2), Delivery::Failed]
        {
            let text = serde_json::to_string(&delivery).unwrap();
            assert_eq!(serde_json::from_str::<Delivery>(&text).unwrap(), delivery, "{text}");
        }
        for turn in [Turn::Free, Turn::Queued(0), Turn::Queued(7), Turn::Held] {
            let text = serde_json::to_string(&turn).unwrap();
            assert_eq!(serde_json::from_str::<Turn>(&text).unwrap(), turn, "{text}");
        }
        assert_eq!(
            serde_json::to_string(&(Turn::Held, Delivery::Sending, Turn::Free)).unwrap(),
            r#"["held","sending",null]"#
        );
    }

    /// Text that takes as many bytes as text can.
    fn long(length: usize) -> String {
        "\u{1f525}".repeat(length)
    }

    proptest::proptest! {
        // Each writes megabytes.
        #![proptest_config(proptest::test_runner::Config { cases: 8, max_shrink_iters: 30, ..Default::default() })]

        #[test]
        fn a_record_is_bounded_whatever_it_holds(
            messages in 0..60_usize,
            notices in 0..20_usize,
            pairs in 0..30_usize,
            changes in 0..60_usize,
            prompt in 0..10_000_usize,
        ) {
            let mut record = Record::from_text(FORMAT_1).unwrap();
            record.plan.prompt = Some(long(prompt));
            let pair = || (long(500), long(2_000));
            record.incident = Incident {
                title: long(500),
                teams: vec![long(500); pairs],
                assignees: vec![long(500); pairs],
                description: Some(long(8_000)),
                logs: Some(long(20_000)),
                labels: vec![pair(); pairs],
                context: vec![pair(); pairs],
                ..Incident::default()
            };
            let farewell = Farewell { incident: record.incident.in_short(), ..Farewell::default() };
            for number in 0..messages {
                record.outbox.push(Message { number: number as u32, farewell: Some(farewell.clone()), ..Message::default() });
            }
            record.outbox.push(Message { text: Some(long(25_000)), ..Message::default() });
            for _ in 0..notices {
                record.notices.push(Notice { news: listing(&record), ..Notice::default() });
            }
            for n in 0..changes {
                record.keep_change(&long(5_000));
                record.note(Time(n as i64), long(5_000));
                record.remember(&long(500));
                record.is_redelivery(&long(n), Time(n as i64));
            }
            record.set_error(Some(long(10_000)));
            let text = record.to_text();
            proptest::prop_assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
            proptest::prop_assert_eq!(Record::from_text(&text).unwrap(), record);
        }
    }
}
