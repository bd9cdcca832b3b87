//! What a route sets: the parts of an incident's plan that differ from the defaults.

use serde_json::{Map, Value};
use strum::VariantNames;

use super::group::{self, GroupField};
use super::value::{Form, Reader};
use crate::config::value::kind;
use incident::event::Kind;
use incident::notice::Target;
use incident::plan::{Plan, WhenDone, Workflow};
use incident::sender::Sender;

/// The names of the settings, as the documentation lists them.
pub const SETTINGS: [&str; 27] = [
    "ignore",
    "accept_unreadable",
    "workflow",
    "start_on",
    "min_occurrences",
    "window_seconds",
    "group_by",
    "group_wait_seconds",
    "prompt",
    "title",
    "language",
    "post_to",
    "observability",
    "structured_output",
    "playbook_id",
    "knowledge_ids",
    "secret_ids",
    "session_secrets",
    "repos",
    "tags",
    "max_acu_limit",
    "devin_mode",
    "session",
    "when_done",
    "notify",
    "sessions_per_day",
    "approve",
];

/// What of Devin's create request has a setting of its own, or is the bridge's to say: no `session` names it.
const OURS: [&str; 14] = [
    "prompt",
    "title",
    "tags",
    "playbook_id",
    "knowledge_ids",
    "secret_ids",
    "session_secrets",
    "repos",
    "max_acu_limit",
    "devin_mode",
    "structured_output_schema",
    "structured_output_required",
    "idempotent",
    "devin_id",
];

/// What the variables say, for everything a route does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// `DEVIN_PLAYBOOK_ID`.
    pub playbook_id: Option<String>,
    /// `TARGET_REPO`, as [`repo_name`](crate::config::repo::repo_name) gives it.
    pub repos: Vec<String>,
    /// `MAX_ACU_LIMIT`.
    pub max_acu_limit: Option<u64>,
    /// `POSTMORTEM_DESTINATION`; for postmortems only.
    pub post_to: Option<String>,
    /// `DEDUP_WINDOW_SECONDS`; for alerts only.
    pub dedup_window_seconds: Option<u64>,
    /// `STRUCTURED_OUTPUT`.
    pub structured_output: bool,
}

/// The settings of one route.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RouteSettings {
    pub(super) ignore: bool,
    pub(super) accept_unreadable: bool,
    pub(super) workflow: Option<Workflow>,
    pub(super) start_on: Option<Kind>,
    pub(super) min_occurrences: Option<u64>,
    pub(super) window_seconds: Option<u64>,
    pub(super) group_by: Vec<GroupField>,
    pub(super) repos: Option<Vec<String>>,
    pub(super) structured_output: Option<bool>,
    pub(super) sessions_per_day: Option<u64>,
    /// Everything that needs no thought: as it is here, or the plan's own default.
    pub(super) plan: Plan,
}

impl Default for RouteSettings {
    fn default() -> Self {
        RouteSettings {
            ignore: false,
            accept_unreadable: true,
            workflow: None,
            start_on: None,
            min_occurrences: None,
            window_seconds: None,
            group_by: Vec::new(),
            repos: None,
            structured_output: None,
            sessions_per_day: None,
            plan: Plan::default(),
        }
    }
}

/// What a setting takes, and where it goes.
enum Slot<'a> {
    Flag(&'a mut bool),
    /// One of which the absence has a meaning of its own.
    MaybeFlag(&'a mut Option<bool>),
    Count(&'a mut Option<u64>, u64),
    Text(&'a mut Option<String>, Form),
    List(&'a mut Vec<String>, Form),
    /// A list of which the absence has a meaning of its own.
    MaybeList(&'a mut Option<Vec<String>>, Form),
    Workflow(&'a mut Option<Workflow>),
    StartOn(&'a mut Option<Kind>),
    WhenDone(&'a mut WhenDone),
    Fields(&'a mut Map<String, Value>),
    Targets(&'a mut Option<Vec<Target>>),
    GroupBy(&'a mut Vec<GroupField>),
    /// A number of seconds that may be 0.
    Seconds(&'a mut u64, u64),
}

impl RouteSettings {
    /// The slot of a setting.
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        let plan = &mut self.plan;
        Some(match key {
            "ignore" => Slot::Flag(&mut self.ignore),
            "accept_unreadable" => Slot::Flag(&mut self.accept_unreadable),
            "workflow" => Slot::Workflow(&mut self.workflow),
            "start_on" => Slot::StartOn(&mut self.start_on),
            "min_occurrences" => Slot::Count(&mut self.min_occurrences, 1_000),
            // Thirty days: nothing is remembered longer by default.
            "window_seconds" => Slot::Count(&mut self.window_seconds, 2_592_000),
            "group_by" => Slot::GroupBy(&mut self.group_by),
            "group_wait_seconds" => Slot::Seconds(&mut plan.group_wait_seconds, 600),
            "prompt" => Slot::Text(&mut plan.prompt, Form::Lines(20_000)),
            "title" => Slot::Text(&mut plan.title, Form::Line(300)),
            "language" => Slot::Text(&mut plan.language, Form::Line(60)),
            "post_to" => Slot::Text(&mut plan.post_to, Form::LineOrEmpty(500)),
            "observability" => Slot::MaybeList(&mut plan.observability, Form::Line(60)),
            "structured_output" => Slot::MaybeFlag(&mut self.structured_output),
            "playbook_id" => Slot::Text(&mut plan.playbook_id, Form::IdOrEmpty),
            "knowledge_ids" => Slot::MaybeList(&mut plan.knowledge_ids, Form::Id),
            "secret_ids" => Slot::MaybeList(&mut plan.secret_ids, Form::SecretId),
            "session_secrets" => Slot::List(&mut plan.session_secrets, Form::SecretName),
            "repos" => Slot::MaybeList(&mut self.repos, Form::Repo),
            "tags" => Slot::List(&mut plan.tags, Form::Line(100)),
            "max_acu_limit" => Slot::Count(&mut plan.max_acu_limit, 1_000_000),
            "devin_mode" => Slot::Text(&mut plan.devin_mode, Form::Id),
            "session" => Slot::Fields(&mut plan.session),
            "notify" => Slot::Targets(&mut plan.notify),
            "when_done" => Slot::WhenDone(&mut plan.when_done),
            "sessions_per_day" => Slot::Count(&mut self.sessions_per_day, 100_000),
            "approve" => Slot::Flag(&mut plan.approve),
            _ => return None,
        })
    }

    /// Reads one setting; false where there is none of that name.
    pub(super) fn read(&mut self, key: &str, value: &Value, reader: &mut Reader) -> bool {
        let Some(slot) = self.slot(key) else { return false };
        match slot {
            Slot::Flag(to) => *to = reader.yes_no(value).unwrap_or(*to),
            Slot::MaybeFlag(to) => *to = reader.yes_no(value),
            Slot::Fields(to) => *to = reader.fields(value, &OURS),
            Slot::Targets(to) => {
                let mut names = Target::VARIANTS.to_vec();
                names.push("none");
                let chosen = reader.choices(value, &names);
                *to = Some(chosen.iter().filter_map(|name| name.parse().ok()).collect());
            }
            Slot::WhenDone(to) => {
                let name = reader.choice(value, WhenDone::VARIANTS).unwrap_or_default();
                *to = name.parse().unwrap_or_default();
            }
            Slot::Count(to, most) => *to = reader.number(value, 1, most),
            Slot::Text(to, form) => *to = reader.text(value, form),
            Slot::List(to, form) => *to = reader.texts(value, form).unwrap_or_default(),
            Slot::MaybeList(to, form) => *to = reader.texts(value, form),
            Slot::GroupBy(to) => *to = group::read(value, reader),
            Slot::Seconds(to, most) => *to = reader.number(value, 0, most).unwrap_or_default(),
            Slot::Workflow(to) => {
                *to = match reader.choice(value, &["postmortem", "triage"]) {
                    Some("postmortem") => Some(Workflow::Postmortem),
                    Some("triage") => Some(Workflow::Triage),
                    _ => None,
                }
            }
            Slot::StartOn(to) => {
                *to = match reader.choice(value, &["triggered", "acknowledged", "resolved"]) {
                    Some("triggered") => Some(Kind::Triggered),
                    Some("acknowledged") => Some(Kind::Acknowledged),
                    Some("resolved") => Some(Kind::Resolved),
                    _ => None,
                }
            }
        }
        // Devin takes 50 tags; the rest is for the bridge's own.
        if self.plan.tags.len() > 40 {
            reader.wrong(kind(value), "at most 40 tags");
            self.plan.tags.clear();
        }
        if key == "observability"
            && let Some(names) = &mut self.plan.observability
            && names.iter().any(|name| name.eq_ignore_ascii_case("none"))
        {
            if names.len() > 1 {
                reader.wrong(kind(value), "names of MCPs, or \"none\" alone");
            }
            names.clear();
        }
        true
    }

    /// What an event of this sender is for.
    pub(super) fn workflow_for(&self, sender: Sender) -> Workflow {
        let usual = if sender == Sender::Pagerduty { Workflow::Postmortem } else { Workflow::Triage };
        self.workflow.unwrap_or(usual)
    }

    /// The plan for an event of this sender: these settings over the defaults.
    pub(super) fn plan_for(&self, route: Option<u32>, sender: Sender, defaults: &Defaults) -> Plan {
        let mut plan = self.plan.clone();
        let is_postmortem = self.workflow_for(sender) == Workflow::Postmortem;
        plan.route = route;
        plan.workflow = self.workflow_for(sender);
        plan.start_on = self.start_on.unwrap_or(if is_postmortem { Kind::Resolved } else { Kind::Triggered });
        // A route for every sender must not wait for a word that alerts hardly ever say, nor a triage for the end: no
        // session would ever start.
        let never = match plan.start_on {
            Kind::Acknowledged => sender != Sender::Pagerduty && !is_postmortem,
            Kind::Resolved => !is_postmortem,
            Kind::Triggered | Kind::Reopened | Kind::Updated => false,
        };
        if never {
            plan.start_on = Kind::Triggered;
        }
        // An incident at PagerDuty has an identity of its own; only alerts come again as if they were new.
        plan.dedup_window_seconds = if sender == Sender::Pagerduty { None } else { defaults.dedup_window_seconds };
        if let Some(number) = self.min_occurrences {
            plan.min_occurrences = u32::try_from(number).unwrap_or(u32::MAX);
        }
        if let Some(seconds) = self.window_seconds {
            plan.window_seconds = seconds;
        }
        if plan.max_acu_limit.is_none() {
            plan.max_acu_limit = defaults.max_acu_limit;
        }
        plan.repos = self.repos.as_ref().unwrap_or(&defaults.repos).clone();
        fill(&mut plan.playbook_id, &defaults.playbook_id);
        // A triage has its own places for its results; the default destination is one for postmortems.
        fill(&mut plan.post_to, if is_postmortem { &defaults.post_to } else { &None });
        plan.structured_output = self.structured_output.unwrap_or(defaults.structured_output);
        plan
    }
}

/// Takes the default where nothing is set; an empty text switches it off.
fn fill(text: &mut Option<String>, default: &Option<String>) {
    if text.is_none() {
        text.clone_from(default);
    }
    if text.as_deref() == Some("") {
        *text = None;
    }
}
