//! Everything that is known of one incident and of the bridge's work on it: what the incident's object stores.

mod bounds;
mod members;
mod message;
mod state;
pub mod storage;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::event::{Incident, IncidentEvent, Routing};
use super::group::Member;
use super::key::Key;
use super::listing::{IGNORED, Line};
use super::plan::Plan;
use super::sender::Sender;
use crate::admission::{Applicant, PermitUse};
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::session::Session;
use crate::thread::Thread;
use crate::time::Time;

pub use crate::retry::Retry;
pub use message::{Delivery, Message, MessageKind, Notice, PriorSession};
pub use state::{AdmissionState, State};

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
    /// Who sent it.
    pub sender: Sender,
    /// How far the work has come. With those before it what is looked at first, so that nothing else needs to be read for it.
    pub state: State,
    /// An alert that fires again after its window is a new incident under the same key: 1, 2, …
    #[serde(rename = "occurrence")]
    pub episode: u32,
    /// How many sessions were wanted under this key so far: tells their correlation ids apart.
    #[serde(rename = "generation")]
    pub attempt: u32,
    /// What to do about it.
    pub plan: Plan,
    /// Why that is to be done.
    pub routing: Routing,
    /// What is known of it.
    pub incident: Incident,
    /// The alerts of a group, in the order in which they came; empty for any other incident.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Member>,
    /// What the group's key was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How many reports came of alerts beyond those that are kept.
    pub further_reports: u32,
    /// What the session is, or will be, started with.
    #[serde(rename = "opening")]
    pub initial_task: InitialTask,
    /// The session, once it exists.
    pub session: Option<Session>,
    /// The session that could take no more messages, where a second one was started.
    pub previous: Option<Session>,
    /// What became of the session, as far as Devin has reported.
    pub outcome: Option<Outcome>,
    /// Messages that the session is still to get, in order.
    pub outbox: Vec<Message>,
    /// What people are still to be notified of, in order for each target.
    pub notices: Vec<Notice>,
    /// The threads at Slack, the one that was used last at the end.
    pub threads: Vec<Thread>,
    /// How many messages were ever put into the outbox: their numbers.
    pub messages: u32,
    /// The [`Self::attempt`] for whose session the request was written last; 0: for none yet.
    pub requested: u32,
    /// Notes and changes that wait for the next text that goes to Devin.
    pub changes: Vec<String>,
    /// How many of the changes are in the text that is on its way.
    #[serde(rename = "told")]
    pub changes_sent: usize,
    /// Whether the session was notified, or will be, that the incident is over.
    pub concluded: bool,
    /// Whether it was reopened since.
    pub reopened: bool,
    /// How often it began again after it was over, as the same incident.
    pub episodes: u32,
    /// How many messages there were to tell of that.
    pub flaps: u32,
    /// The levels of severity, priority and state that the session knows of: see [`crate::worse`].
    pub levels: Vec<String>,
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
    /// Why it is held, while it is; `None` in a record of the release before: today's sessions are spent.
    pub held_for: Option<Reason>,
    /// How a person's approval stands, where the plan requires one.
    pub approval: Approval,
    /// The bridge's own address, `https://bridge.example`, where people may have to be led there.
    pub bridge: Option<String>,
    /// Why the session that was wanted is not wanted any more, where there is none.
    pub not_started: Option<Reason>,
    /// Whether somebody wants the session although the alert has recovered.
    pub insisted: bool,
    /// Whether somebody gave up on it: no repeat of its events starts anything then.
    pub abandoned: bool,
    /// Whether Devin was asked for the session and nobody knows whether there is one: where it failed it counts as one.
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
    /// Earlier sessions of which the list and the budget have not learned yet how they stood in the end.
    pub former: Vec<Former>,
}

/// When a session is asked for that waits for somebody's approval: at no time.
pub const NEVER: Time = Time(253_402_300_799_000);

/// How the approval stands that a person has to give to a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// Since when it is waited for.
    pub asked: Option<Time>,
    /// Whether it was given, to the session of the present attempt.
    pub given: bool,
    /// Whether people were notified, or are to be, that it is waited for.
    #[serde(rename = "told")]
    pub notified: bool,
}

/// What the list and the budget have still to learn of an earlier session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Former {
    /// Its line.
    pub line: Line,
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

/// How many messages are kept at most. Only messages to sessions of earlier occurrences, and those that failed, pile up.
pub const MOST_MESSAGES: usize = 20;
/// How many earlier occurrences wait to be published.
pub const MOST_FORMER: usize = 5;

/// What a session is started with.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum InitialTask {
    /// Gather data while the incident is open.
    Investigate,
    /// The whole task of the workflow.
    #[default]
    Full,
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

impl InitialTask {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
impl Record {
    /// The record of an unknown incident, before its first event is taken.
    pub fn new(event: &IncidentEvent, plan: Plan, now: Time) -> Record {
        Record {
            format: FORMAT,
            key: event.key.clone(),
            sender: event.sender,
            episode: 1,
            attempt: 1,
            requested: 0,
            plan,
            routing: event.routing.clone(),
            incident: event.incident.clone(),
            alerts: Vec::new(),
            group: event.group.as_ref().map(|group| group.made_of.clone()),
            further_reports: 0,
            state: State::Watching,
            initial_task: InitialTask::Full,
            session: None,
            previous: None,
            outcome: None,
            outbox: Vec::new(),
            notices: Vec::new(),
            threads: Vec::new(),
            messages: 0,
            changes: Vec::new(),
            changes_sent: 0,
            concluded: false,
            reopened: false,
            episodes: 0,
            flaps: 0,
            levels: Vec::new(),
            recent: Vec::new(),
            deliveries: Vec::new(),
            firings: Vec::new(),
            seen: 0,
            first_seen: now,
            last_seen: now,
            wanted: None,
            released: false,
            started_at: None,
            held_for: None,
            approval: Approval::default(),
            bridge: None,
            not_started: None,
            insisted: false,
            abandoned: false,
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

    /// What people call this incident: its key, with the number of its episode where it is not the first.
    pub fn name(&self) -> String {
        numbered(&self.key, self.episode)
    }

    /// The text by which the wanted session is recognised at Devin.
    pub fn correlation_id(&self) -> String {
        format!("incident:{}", numbered(&self.key, self.attempt))
    }

    /// The text by which message `number` is recognised at Devin.
    pub fn message_correlation_id(&self, number: u32) -> String {
        format!("({}, message {number})", self.correlation_id())
    }

    /// The incident's line in the list.
    pub fn line(&self) -> Line {
        let session = self.session.as_ref();
        let line = Line {
            incident: self.name(),
            sender: self.sender,
            state: self.state_name().to_owned(),
            alerts: self.listed_alerts(),
            alert_count: self.is_group().then_some(self.alerts.len()),
            reason: self.reason(),
            session_id: session.map(|session| session.id.clone()),
            session_url: session.map(|session| session.url.clone()),
            follow_ups: self.to_deliver(),
            seen: self.seen,
            first_seen: self.first_seen.rfc3339(),
            last_seen: self.last_seen.rfc3339(),
            waiting_since: self.waiting_since().map(Time::rfc3339),
            next_attempt: self.next_attempt().map(Time::rfc3339),
            route: self.plan.route,
            routing: self.routing.why.clone(),
            error: self.error.clone(),
            ..Line::default()
        }
        .about(&self.titled());
        match &self.outcome {
            Some(outcome) => line.with(outcome),
            None => line,
        }
    }

    /// The contract's word for the state.
    pub fn state_name(&self) -> &'static str {
        match &self.state {
            State::Watching if self.not_started.is_some() && self.firings.is_empty() => IGNORED,
            State::Watching => "waiting",
            State::Waiting { admission: AdmissionState::Queued(_), .. } => "queued",
            State::Waiting { admission: AdmissionState::Held, .. } => "held",
            State::Waiting { .. } | State::Creating { .. } | State::LookingUp { .. } => "waiting",
            State::Started => "started",
            State::Failed => "failed",
        }
    }

    /// How many messages the session is still to get; one that failed is not among them.
    pub fn to_deliver(&self) -> usize {
        self.outbox.iter().filter(|message| message.delivery != Delivery::Failed).count()
    }

    /// Why it is in its state, where there is more to say: why no session is wanted yet or any more, and why it is held.
    pub fn reason(&self) -> Option<Reason> {
        if matches!(self.state, State::Waiting { admission: AdmissionState::Held, .. }) {
            let held_for = if self.awaits_approval() { Some(Reason::Approval) } else { self.held_for };
            return Some(held_for.unwrap_or(Reason::Day));
        }
        let watching = match self.not_started {
            _ if !self.firings.is_empty() => Reason::Occurrences,
            Some(why) => why,
            None => Reason::EventType,
        };
        (self.state == State::Watching).then_some(watching)
    }

    /// Whether its session waits for somebody's approval.
    pub fn awaits_approval(&self) -> bool {
        matches!(self.state, State::Waiting { not_before: NEVER, .. })
    }

    /// Since when a session is wanted that does not exist yet.
    pub fn waiting_since(&self) -> Option<Time> {
        let waits = !matches!(self.state, State::Watching | State::Started | State::Failed);
        waits.then(|| self.wanted.unwrap_or(self.first_seen))
    }

    /// When Devin is asked next: for the session, or to take the next message.
    pub fn next_attempt(&self) -> Option<Time> {
        match &self.state {
            State::Waiting { not_before, admission: AdmissionState::Free, .. }
            | State::LookingUp { not_before, .. } => Some(*not_before),
            State::Started => {
                let next = self.outbox.iter().find(|message| message.delivery != Delivery::Failed);
                next.map(|message| message.not_before)
            }
            _ => None,
        }
    }

    /// What became of the permit of its session.
    pub fn permit(&self) -> PermitUse {
        match (&self.state, self.started_at) {
            (State::Creating { .. } | State::LookingUp { .. }, _) => PermitUse::Undecided,
            (State::Started, Some(at)) => PermitUse::Session(at),
            (State::Started, None) => PermitUse::Counted,
            (State::Waiting { not_before: NEVER, .. }, _) => PermitUse::None { in_line: false },
            (State::Waiting { admission: AdmissionState::Queued(_) | AdmissionState::Held, .. }, _) => {
                PermitUse::None { in_line: true }
            }
            (State::Failed, _) => match self.failed_at {
                Some(at) if self.may_exist => PermitUse::Session(at),
                Some(_) => PermitUse::None { in_line: false },
                // A release that did not keep this has written it: nobody knows.
                None => PermitUse::Counted,
            },
            (State::Waiting { .. } | State::Watching, _) => PermitUse::None { in_line: false },
        }
    }

    /// What the list and the budget are still to be told before this record may go on to another session: how it stands
    /// now, and what it had already kept of earlier ones.
    pub fn to_be_settled(&self) -> Vec<Former> {
        let mut former = self.former.clone();
        if self.unpublished.is_some() {
            former.push(Former { line: self.line(), id: self.correlation_id(), permit: self.permit() });
        }
        let too_many = former.len().saturating_sub(MOST_FORMER);
        former.split_off(too_many)
    }

    /// Keeps what the list and the budget are still to learn of an earlier session.
    pub fn keep_former(&mut self, former: Former) {
        self.former.push(former);
        self.former.drain(..self.former.len().saturating_sub(MOST_FORMER));
    }

    /// Who asks for a permit.
    pub fn applicant(&self) -> Applicant {
        Applicant {
            id: self.correlation_id(),
            incident: self.name(),
            rank: rank(&self.incident),
            route: self.plan.budget.clone(),
            since: self.wanted.unwrap_or(self.first_seen),
            released: self.released,
        }
    }

    /// What the dedup cache is to answer: for which session and up to which event. `None` where there is nothing to
    /// answer: without a session, and for alerts and groups, which only the incident's object can judge.
    pub fn cache_state(&self) -> Option<String> {
        let session = self.session.as_ref().filter(|_| self.sender == Sender::Pagerduty && !self.is_group())?;
        Some(format!("{} {}", session.id, self.recent.last().map_or("", String::as_str)))
    }

    /// Whether a session is wanted for which Devin was never asked: its request is still to be written.
    pub fn session_untried(&self) -> bool {
        match self.state {
            State::Waiting { retry, .. } => retry.first_failure.is_none() || self.requested != self.attempt,
            _ => false,
        }
    }

    /// The text with the first `changes_sent` changes has arrived, or may have: where its message is still there, it alone says them.
    pub fn forget_sent_changes(&mut self) {
        for message in self.outbox.iter_mut().filter(|message| message.prior_session.is_none()) {
            message.sole |= message.text.is_some();
        }
        self.changes.drain(..self.changes_sent.min(self.changes.len()));
        self.changes_sent = 0;
        self.settle_alerts();
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

/// Severity 0 and P1 go first, then by severity, or where there is none by priority; what says neither goes in the middle.
fn rank(incident: &Incident) -> u8 {
    let priority = incident.priority.as_deref().map(|name| name.trim().to_ascii_uppercase());
    let level = priority.as_deref().and_then(|name| name.strip_prefix('P')?.parse::<u8>().ok());
    let level = level.and_then(|level| level.checked_sub(1)).map(|level| level.min(4));
    match (incident.severity, level) {
        (_, Some(0)) => 0,
        (Some(severity), _) => severity,
        (None, Some(level)) => level,
        (None, None) => 2,
    }
}

/// `key`, or `key.2` for the second of its kind.
fn numbered(key: &Key, number: u32) -> String {
    if number <= 1 { key.to_string() } else { format!("{key}.{number}") }
}

#[cfg(test)]
mod tests;
