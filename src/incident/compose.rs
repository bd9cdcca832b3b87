//! What Devin is asked and told: the record and the settings → a session request, or a message's text. Pure.

use serde_json::Value;

use super::event::{Incident, Sender};
use super::plan::Workflow;
use super::record::{Message, MessageKind, Opening, Record};
use crate::devin::call::SessionRequest;
use crate::prompt::{self, Config, Template, TemplateError};
use crate::settings::Settings;
use crate::text::clean;
use crate::text::fence::Fence;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;
/// The longest tag, in characters, and the most of them. Fifty is Devin's limit on the tags of a session.
const LONGEST_TAG: usize = 100;
const MOST_TAGS: usize = 50;

/// The session that `record` wants.
pub fn session(record: &Record, settings: &Settings) -> Result<SessionRequest, TemplateError> {
    let plan = &record.plan;
    let mark = record.mark();
    let prompt = prompt_of(record, settings)?;
    let title = title(record);
    Ok(SessionRequest {
        prompt,
        title: if settings.tags { title } else { format!("{title} [{mark}]") },
        tags: if settings.tags { tags(record, &mark) } else { Vec::new() },
        mark,
        playbook_id: plan.playbook_id.clone(),
        knowledge_ids: plan.knowledge_ids.clone(),
        secret_ids: plan.secret_ids.clone(),
        session_secrets: plan.session_secrets.clone(),
        repos: plan.repos.clone(),
        max_acu_limit: plan.max_acu_limit,
        devin_mode: plan.devin_mode.clone(),
        structured_output_schema: plan.structured_output.then(postmortem_schema).flatten(),
    })
}

/// The shape of a postmortem, for Devin to fill in beside the document.
fn postmortem_schema() -> Option<Value> {
    serde_json::from_str(include_str!("../../prompts/postmortem.schema.json")).ok()
}

/// The text of a message to the record's session, with the mark by which it is found again.
pub fn message(record: &Record, message: &Message, settings: &Settings) -> Result<String, TemplateError> {
    let template = match message.kind {
        MessageKind::Finalize => Template::Finalize,
        MessageKind::Update => Template::Update,
        MessageKind::Recovered => Template::Recovered,
    };
    let (text, mark) = match &message.farewell {
        Some(farewell) => (render(template.text(), record, &farewell.incident, &[], settings)?, farewell.mark.clone()),
        None => {
            let text = render(template.text(), record, &record.incident, &record.changes, settings)?;
            (text, record.message_mark(message.number))
        }
    };
    Ok(format!("{}\n\n{mark}", text.trim_end()))
}

fn prompt_of(record: &Record, settings: &Settings) -> Result<String, TemplateError> {
    let own = match (record.plan.workflow, record.opening) {
        (Workflow::Triage, _) => Template::Triage,
        (Workflow::Postmortem, Opening::Investigate) => Template::Investigate,
        (Workflow::Postmortem, Opening::Full) => Template::Postmortem,
    };
    // A route's prompt replaces the workflow's main one, not the preparation for it.
    let chosen = match (&record.plan.prompt, own) {
        (Some(_), Template::Investigate) | (None, _) => own.text(),
        (Some(prompt), _) => prompt::named_or_inline(prompt).unwrap_or(own.text()),
    };
    render(chosen, record, &record.incident, &record.changes, settings)
}

fn render(
    template: &str,
    record: &Record,
    incident: &Incident,
    changes: &[String],
    settings: &Settings,
) -> Result<String, TemplateError> {
    let plan = &record.plan;
    let observability = match &plan.observability {
        Some(chosen) => chosen.clone(),
        None if plan.workflow == Workflow::Postmortem => vec!["Datadog".to_owned()],
        None => Vec::new(),
    };
    let config = Config {
        post_to: plan.post_to.clone().unwrap_or_default(),
        observability,
        language: plan.language.clone().unwrap_or_default(),
        previous_session_url: record.previous.as_ref().map(|session| session.url.clone()).unwrap_or_default(),
        structured_output: plan.structured_output,
        alert: record.sender != Sender::Pagerduty,
        ..settings.prompt.clone()
    };
    let marker = prompt::marker(settings.devin.key.expose().as_bytes(), &record.key);
    prompt::render(template, incident, changes, &config, &Fence::new(&marker))
}

fn title(record: &Record) -> String {
    let incident = &record.incident;
    let title = match (&record.plan.title, record.plan.workflow, record.opening) {
        (Some(title), ..) => fill(title, incident),
        (None, Workflow::Triage, _) => format!("Triage: {}", incident.title),
        (None, Workflow::Postmortem, Opening::Investigate) => format!("Incident: {}", incident.title),
        (None, Workflow::Postmortem, Opening::Full) => format!("Postmortem: {}", incident.title),
    };
    clean::line(&title, LONGEST_TITLE)
}

/// A route's title, with the incident's own words in it. What is still in double braces then is no field of a title.
pub fn fill(title: &str, incident: &Incident) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let fields = [
        ("{{title}}", incident.title.clone()),
        ("{{service}}", text(&incident.service)),
        ("{{priority}}", text(&incident.priority)),
        ("{{resource}}", text(&incident.resource)),
        ("{{number}}", text(&incident.number)),
        ("{{severity}}", incident.severity.map(|severity| severity.to_string()).unwrap_or_default()),
    ];
    let mut filled = String::new();
    let mut rest = title;
    // In one pass: what a sender wrote is no template, and names of fields in the value of one, of which each becomes
    // another value with more names, would make megabytes of it.
    while let Some(at) = rest.find("{{") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let field = fields.iter().find_map(|(name, value)| Some((value.as_str(), from.strip_prefix(name)?)));
        let (put, after) = field.unwrap_or_else(|| from.split_at_checked(2).unwrap_or((from, "")));
        filled.push_str(before);
        filled.push_str(put);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn tags(record: &Record, mark: &str) -> Vec<String> {
    let Record { plan, incident, sender, .. } = record;
    let pagerduty = *sender == Sender::Pagerduty;
    let kind = match (plan.workflow, pagerduty) {
        (Workflow::Postmortem, true) => "pagerduty-postmortem",
        (Workflow::Postmortem, false) => "alert-postmortem",
        (Workflow::Triage, true) => "pagerduty-triage",
        (Workflow::Triage, false) => "alert-triage",
    };
    let unknown = pagerduty.then_some("unknown-service");
    let service = incident.service.as_deref().or(incident.resource.as_deref()).or(unknown);
    let mut tags = vec![mark.to_owned(), kind.to_owned()];
    tags.extend(service.map(|service| format!("service:{service}")));
    tags.extend(plan.tags.iter().cloned());
    let mut clean: Vec<String> = tags.iter().map(|tag| clean::line(tag, LONGEST_TAG)).collect();
    clean.retain(|tag| !tag.is_empty());
    clean.truncate(MOST_TAGS);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::event::{IncidentEvent, Kind};
    use crate::incident::key::Key;
    use crate::incident::plan::Plan;
    use crate::settings;
    use crate::time::Time;
    use serde_json::json;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn record(plan: Plan) -> Record {
        let event = IncidentEvent {
            key: Key::new(Sender::Pagerduty, &["Q1"]).unwrap(),
            sender: Sender::Pagerduty,
            kind: Kind::Resolved,
            incident: Incident {
                title: "pool\u{202e} exhausted\nnow".into(),
                service: Some("orders".into()),
                ..Default::default()
            },
            ..Default::default()
        };
        Record::new(&event, plan, Time(0))
    }

    fn settings(tags: &str) -> Settings {
        let all = json!({"DEVIN_API_KEY": "cog_k", "DEVIN_ORG_ID": "org-1", "TAGS": tags});
        settings::read(|name| all.get(name).cloned()).settings.unwrap()
    }

    #[test]
    fn a_session_is_found_by_its_tag_or_by_its_title() {
        let tagged = session(&record(Plan::default()), &settings("on")).unwrap();
        assert_eq!(tagged.title, "Postmortem: pool exhausted now");
        assert_eq!(tagged.tags, ["incident:pagerduty-Q1", "pagerduty-postmortem", "service:orders"]);
        let untagged = session(&record(Plan::default()), &settings("off")).unwrap();
        assert_eq!(untagged.title, "Postmortem: pool exhausted now [incident:pagerduty-Q1]");
        assert!(untagged.tags.is_empty());
        assert_eq!(untagged.mark, tagged.mark);
    }

    #[test]
    fn a_route_shapes_the_session() {
        let plan = Plan {
            title: Some("{{service}}: {{title}}".into()),
            tags: vec!["team:a".into(), " ".into()],
            structured_output: true,
            ..Default::default()
        };
        let shaped = session(&record(plan), &settings("on")).unwrap();
        assert_eq!(shaped.title, "orders: pool exhausted now");
        assert_eq!(shaped.tags.last().map(String::as_str), Some("team:a"));
        let schema = shaped.structured_output_schema.unwrap();
        for section in ["title", "date", "severity", "summary", "timeline", "root_cause", "action_items", "links"] {
            assert!(schema["properties"][section].is_object(), "{section}");
        }
    }

    #[test]
    fn a_title_is_filled_once() {
        let names = |name: &str| Some(name.repeat(40));
        let incident = Incident {
            title: "{{service}}".repeat(40),
            service: names("{{priority}}"),
            priority: names("{{resource}}"),
            resource: names("{{number}}"),
            number: names("7"),
            ..Default::default()
        };
        assert_eq!(fill("{{title}}: {{number}}", &incident), format!("{}: {}", incident.title, "7".repeat(40)));
        assert_eq!(fill("{{{{severity}} {{x}} {{", &incident), "{{ {{x}} {{");
    }

    #[test]
    fn a_message_ends_with_its_mark() {
        let mut record = record(Plan::default());
        record.messages = 1;
        let update = Message { number: 1, kind: MessageKind::Update, ..Default::default() };
        let text = message(&record, &update, &settings("on")).unwrap();
        assert!(text.ends_with("\n\n(incident:pagerduty-Q1, message 1)"), "{text}");
    }
}
