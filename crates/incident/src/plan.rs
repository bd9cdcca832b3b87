//! What is to be done about an incident: the outcome of routing, carried with the event and kept with the incident.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::event::Kind;
use crate::notice::Target;

/// The kind of work Devin is asked for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Workflow {
    /// Write up an incident that is over; may begin to gather while it is still open.
    #[default]
    Postmortem,
    /// Find and fix what an alert points at.
    Triage,
}

impl Workflow {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// How one incident is to be handled. Everything here comes from the configuration, nothing from a sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The position of the route that decided, counted from 1; `None` where no route matched.
    pub route: Option<u32>,
    /// Postmortem or triage.
    pub workflow: Workflow,
    /// The first kind of event that starts a session: triggered, acknowledged or resolved.
    pub start_on: Kind,
    /// A firing within this many seconds of the last one is the same incident; `None`: always the same.
    pub dedup_window_seconds: Option<u64>,
    /// How many events that could start a session must come before one does.
    pub min_occurrences: u32,
    /// … within this many seconds.
    pub window_seconds: u64,
    /// How many seconds the session of a group waits for others of its alerts.
    pub group_wait_seconds: u64,
    /// The name of a template or the text of one, in place of the workflow's own.
    pub prompt: Option<String>,
    /// A template for the session's title.
    pub title: Option<String>,
    /// Devin's playbook.
    pub playbook_id: Option<String>,
    /// Devin's knowledge notes: `None` leaves the choice to Devin, an empty list means none.
    pub knowledge_ids: Option<Vec<String>>,
    /// Secrets stored at Devin that the session may use, likewise.
    pub secret_ids: Option<Vec<String>>,
    /// The names of this Worker's secrets whose values the session gets.
    pub session_secrets: Vec<String>,
    /// `owner/name` of the repositories the session works in.
    pub repos: Vec<String>,
    /// Tags on top of the bridge's own.
    pub tags: Vec<String>,
    /// The most ACUs the session may spend.
    pub max_acu_limit: Option<u64>,
    /// Devin's mode, passed on as it is.
    pub devin_mode: Option<String>,
    /// Where the result goes.
    pub post_to: Option<String>,
    /// Which observability MCPs to use; `None`: the default; empty: none.
    pub observability: Option<Vec<String>>,
    /// The language to write in.
    pub language: Option<String>,
    /// Whether Devin is asked for structured output too: the postmortem, or what it found.
    pub structured_output: bool,
    /// Further fields of Devin's create request, passed on as they are.
    pub session: Map<String, Value>,
    /// What becomes of the session once it has ended.
    pub when_done: WhenDone,
    /// Who is notified of it, of those who can be; `None`: all of them.
    pub notify: Option<Vec<Target>>,
    /// What identifies the route, where it has sessions a day of its own.
    pub budget: Option<String>,
    /// Whether each session waits until a person approves it.
    pub approve: bool,
}

/// What becomes of a session once it has ended: one that waits for its next task holds one of the account's slots.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum WhenDone {
    /// It stays as it is, and takes more messages.
    #[default]
    Keep,
    /// It is put away.
    Archive,
    /// It is ended for good.
    Terminate,
}

impl WhenDone {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            route: None,
            workflow: Workflow::Postmortem,
            start_on: Kind::Resolved,
            dedup_window_seconds: None,
            min_occurrences: 1,
            window_seconds: 3600,
            group_wait_seconds: 0,
            prompt: None,
            title: None,
            playbook_id: None,
            knowledge_ids: None,
            secret_ids: None,
            session_secrets: Vec::new(),
            repos: Vec::new(),
            tags: Vec::new(),
            max_acu_limit: None,
            devin_mode: None,
            post_to: None,
            observability: None,
            language: None,
            structured_output: false,
            session: Map::new(),
            when_done: WhenDone::Keep,
            notify: None,
            budget: None,
            approve: false,
        }
    }
}
