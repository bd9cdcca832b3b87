//! What an incident's object can be asked, and how it answers.
//!
//! During a rolling deployment an isolate of one release may ask an object of another. What that does not know it answers
//! with an error, and so does a reply that can't be read here: whoever asked tries again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use incident::event::IncidentEvent;
use incident::lifecycle::Taken;
use incident::listing::Line;
use incident::plan::Plan;
use incident::reason::Reason;
use incident::record::{AdmissionState, Record, State};
use incident::session::{Report, Session};

/// What an object is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Take an event; answered with an [`Outcome`].
    Event {
        /// The event.
        event: Box<IncidentEvent>,
        /// What the routes say of it; `None` where they ignore it.
        plan: Option<Box<Plan>>,
        /// How long the sender may be kept waiting for the session.
        wait: Duration,
    },
    /// What would become of an event; answered with a [`DryRun`].
    DryRun {
        /// The event.
        event: Box<IncidentEvent>,
        /// What the routes say of it.
        plan: Option<Box<Plan>>,
    },
    /// Everything that is known of the incident; null where it is another episode.
    Show {
        /// The incident's name.
        name: String,
        /// Whether Devin is asked for the session's present state.
        ask_devin: bool,
    },
    /// Try again what failed, or start what waits. Answered with whether anything was to be done; null where it is another
    /// episode.
    Replay {
        /// The incident's name.
        name: String,
    },
    /// Give up on what waits. Answered likewise.
    GiveUp {
        /// The incident's name.
        name: String,
    },
    /// Devin has reported on a session; answered with whether Devin's last words are asked for, and nothing was kept.
    Report {
        /// The list's line of the incident.
        line: Box<Line>,
        /// What Devin says.
        report: Box<Report>,
    },
    /// The register has a slot; answered with null.
    Called {
        /// The correlation id of the session it is for.
        id: String,
    },
}

/// What became of an event, for the hook's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Accepted, duplicate or ignored.
    pub taken: Taken,
    /// The incident's name.
    pub incident: String,
    /// Where the work stands.
    pub session_status: SessionStatus,
    /// The line of an incident whose session is asked for a little later, for the list meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Box<Line>>,
}

/// Where the work on an incident stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SessionStatus {
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
    /// It is held.
    Held {
        /// Why; `None`: today's sessions are spent.
        #[serde(default)]
        why: Option<Reason>,
    },
    /// The session exists.
    Started {
        /// Which.
        session: Session,
    },
    /// Somebody gave up on it.
    Abandoned,
    /// There is none and there won't be one.
    Failed {
        /// Devin's words.
        error: String,
    },
}

/// What would become of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DryRun {
    /// What would be answered.
    pub outcome: Outcome,
    /// The record as it would be, of a group as if it had no other alert; `None` where nothing would be kept.
    pub record: Option<Record>,
}

impl SessionStatus {
    /// That of the work on `record`.
    pub fn of(record: &Record) -> SessionStatus {
        match (&record.state, &record.session) {
            (State::Watching, _) => SessionStatus::Idle,
            (State::Waiting { admission: AdmissionState::Queued(behind), .. }, _) => {
                SessionStatus::Queued { behind: *behind }
            }
            (State::Waiting { admission: AdmissionState::Held, .. }, _) => SessionStatus::Held { why: record.reason() },
            (State::Started, Some(session)) => SessionStatus::Started { session: session.clone() },
            (State::Failed, _) if record.abandoned => SessionStatus::Abandoned,
            (State::Failed, _) => SessionStatus::Failed { error: record.error.clone().unwrap_or_default() },
            _ => SessionStatus::OnItsWay,
        }
    }

    /// Whether waiting any longer would be in vain.
    pub fn settled(&self) -> bool {
        !matches!(self, SessionStatus::OnItsWay)
    }
}
