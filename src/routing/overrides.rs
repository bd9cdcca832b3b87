//! What a route sets: the settings of an incident's plan that differ from the defaults.

use serde_json::Value;

use super::repo::repo_name;
use super::value::{Read, count, each, id, line, lines, single, single_or_empty, wrong, yes_no};
use super::{Defaults, nearest::nearest};
use crate::incident::event::{Kind, Sender};
use crate::incident::plan::{Plan, Workflow};

/// The names of the settings, as the documentation lists them.
pub const SETTINGS: [&str; 20] = [
    "ignore",
    "accept_unreadable",
    "workflow",
    "start_on",
    "min_occurrences",
    "window_seconds",
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
];

/// The bridge's own secrets. A session reads what strangers wrote; none of these may come near one.
const OWN_SECRETS: [&str; 6] = [
    "DEVIN_API_KEY",
    "WEBHOOK_SECRET",
    "WEBHOOK_SECRET_PREVIOUS",
    "PAGERDUTY_SIGNING_SECRET",
    "PAGERDUTY_SIGNING_SECRET_PREVIOUS",
    "ADMIN_TOKEN",
];

/// The settings of one route; what is `None` or empty is left to the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Overrides {
    pub(super) ignore: bool,
    pub(super) accept_unreadable: Option<bool>,
    pub(super) workflow: Option<Workflow>,
    pub(super) start_on: Option<Kind>,
    pub(super) min_occurrences: Option<u64>,
    pub(super) window_seconds: Option<u64>,
    pub(super) prompt: Option<String>,
    pub(super) title: Option<String>,
    pub(super) language: Option<String>,
    post_to: Option<String>,
    observability: Option<Vec<String>>,
    pub(super) structured_output: bool,
    playbook_id: Option<String>,
    knowledge_ids: Option<Vec<String>>,
    secret_ids: Option<Vec<String>>,
    pub(super) session_secrets: Vec<String>,
    repos: Option<Vec<String>>,
    tags: Vec<String>,
    max_acu_limit: Option<u64>,
    devin_mode: Option<String>,
}

impl Overrides {
    /// Reads one setting; `None` where there is none of that name.
    pub(super) fn read(&mut self, key: &str, value: &Value) -> Option<Read<()>> {
        Some(match key {
            "ignore" => yes_no(value).map(|yes| self.ignore = yes),
            "accept_unreadable" => yes_no(value).map(|yes| self.accept_unreadable = Some(yes)),
            "workflow" => one_of(value, &WORKFLOWS).map(|workflow| self.workflow = Some(workflow)),
            "start_on" => one_of(value, &START_ON).map(|kind| self.start_on = Some(kind)),
            "min_occurrences" => count(value, 1_000).map(|n| self.min_occurrences = Some(n)),
            // Thirty days: nothing is remembered longer by default.
            "window_seconds" => count(value, 2_592_000).map(|n| self.window_seconds = Some(n)),
            "prompt" => single(value, |value| lines(value, 20_000)).map(|text| self.prompt = Some(text)),
            "title" => single(value, |value| line(value, 300)).map(|text| self.title = Some(text)),
            "language" => single(value, |value| line(value, 60)).map(|text| self.language = Some(text)),
            "post_to" => single_or_empty(value, |value| line(value, 500)).map(|text| self.post_to = Some(text)),
            "observability" => observability(value).map(|names| self.observability = Some(names)),
            "structured_output" => yes_no(value).map(|yes| self.structured_output = yes),
            "playbook_id" => single_or_empty(value, id).map(|id| self.playbook_id = Some(id)),
            "knowledge_ids" => each(value, false, &id).map(|ids| self.knowledge_ids = Some(ids)),
            "secret_ids" => each(value, true, &id).map(|ids| self.secret_ids = Some(ids)),
            "session_secrets" => each(value, true, &secret_name).map(|names| self.session_secrets = names),
            "repos" => each(value, false, &repo).map(|repos| self.repos = Some(repos)),
            "tags" => tags(value).map(|tags| self.tags = tags),
            "max_acu_limit" => count(value, 1_000_000).map(|n| self.max_acu_limit = Some(n)),
            "devin_mode" => single(value, id).map(|mode| self.devin_mode = Some(mode)),
            _ => return None,
        })
    }

    /// The plan for an event of `sender`: these settings over the defaults.
    pub(super) fn plan(&self, route: Option<u32>, sender: Sender, defaults: &Defaults) -> Plan {
        let workflow = self.workflow.unwrap_or(usual_workflow(sender));
        let usual_start = match workflow {
            Workflow::Postmortem => Kind::Resolved,
            Workflow::Triage => Kind::Triggered,
        };
        // A triage has its own places for its results; the default destination is one for postmortems.
        let post_to = self.post_to.clone().or_else(|| match workflow {
            Workflow::Postmortem => defaults.post_to.clone(),
            Workflow::Triage => None,
        });
        let usual = Plan::default();
        Plan {
            route,
            workflow,
            start_on: self.start_on.unwrap_or(usual_start),
            // An incident at PagerDuty has an identity of its own; only alerts come again as if they were new.
            dedup_window_seconds: if sender == Sender::Pagerduty { None } else { defaults.dedup_window_seconds },
            min_occurrences: self
                .min_occurrences
                .map_or(usual.min_occurrences, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            window_seconds: self.window_seconds.unwrap_or(usual.window_seconds),
            prompt: self.prompt.clone(),
            title: self.title.clone(),
            // An empty text switches the default off.
            playbook_id: self.playbook_id.clone().or_else(|| defaults.playbook_id.clone()).filter(|id| !id.is_empty()),
            knowledge_ids: self.knowledge_ids.clone(),
            secret_ids: self.secret_ids.clone(),
            session_secrets: self.session_secrets.clone(),
            repos: self.repos.clone().unwrap_or_else(|| defaults.repos.clone()),
            tags: self.tags.clone(),
            max_acu_limit: self.max_acu_limit.or(defaults.max_acu_limit),
            devin_mode: self.devin_mode.clone(),
            post_to: post_to.filter(|place| !place.is_empty()),
            observability: self.observability.clone(),
            language: self.language.clone(),
            structured_output: self.structured_output,
        }
    }
}

/// What an event of this sender is for, where no route says otherwise.
pub(super) fn usual_workflow(sender: Sender) -> Workflow {
    if sender == Sender::Pagerduty { Workflow::Postmortem } else { Workflow::Triage }
}

const WORKFLOWS: [(&str, Workflow); 2] = [("postmortem", Workflow::Postmortem), ("triage", Workflow::Triage)];

const START_ON: [(&str, Kind); 3] =
    [("triggered", Kind::Triggered), ("acknowledged", Kind::Acknowledged), ("resolved", Kind::Resolved)];

/// One of a few names.
fn one_of<T: Copy>(value: &Value, known: &[(&str, T)]) -> Read<T> {
    if let Some((_, meaning)) = known.iter().find(|(name, _)| value.as_str() == Some(name)) {
        return Ok(*meaning);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let meant = value.as_str().and_then(|text| nearest(text, &names));
    let meant = meant.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    wrong(super::value::show(value), format!("{}{meant}", names.join(" or ")))
}

fn observability(value: &Value) -> Read<Vec<String>> {
    let names = each(value, false, &|value| line(value, 60))?;
    match names.iter().any(|name| name.eq_ignore_ascii_case("none")) {
        false => Ok(names),
        true if names.len() == 1 => Ok(Vec::new()),
        true => wrong(super::value::kind(value), "names of MCPs, or \"none\" alone"),
    }
}

fn tags(value: &Value) -> Read<Vec<String>> {
    let tags = each(value, false, &|value| line(value, 100))?;
    // Devin takes 50; the rest is for the bridge's own.
    if tags.len() > 40 { wrong(super::value::kind(value), "at most 40 tags") } else { Ok(tags) }
}

fn repo(value: &Value) -> Result<String, String> {
    value.as_str().and_then(repo_name).ok_or_else(|| "owner/name, or https://github.com/owner/name".to_owned())
}

fn secret_name(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::Object(_) => {
            let advice =
                "the name of a Worker secret: put the value there with `npx wrangler secret put NAME`, never here";
            return Err(advice.to_owned());
        }
        value => value.as_str().unwrap_or_default(),
    };
    let is_name = (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if OWN_SECRETS.contains(&text) {
        Err("a secret made for sessions; the bridge's own stay here".to_owned())
    } else if is_name {
        Ok(text.to_owned())
    } else {
        Err("the name of a Worker secret: capital letters, digits and _".to_owned())
    }
}
