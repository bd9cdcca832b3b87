//! Dry runs: what would happen to an event, going by what is known of its incident, without doing it.

use serde_json::{Map, Value, json};
use worker::Env;

use crate::log;
use crate::runtime::now;
use crate::settings::Settings;
use crate::store::{dedup_cache, incident_calls as incidents};
use crate::web::answer::{Answer, Status};
use crate::web::event::addressed;
use crate::web::query::Query;
use engine::edge::{early, needs_no_object};
use engine::host::Settings as _;
use engine::incident::calls::{DryRun, Outcome, SessionStatus};
use inbound::routing::Decision;
use incident::event::IncidentEvent;
use incident::lifecycle::Taken;
use incident::reason::Reason;
use incident::record::{InitialTask, Record};
use outbound::devin::compose;

/// Whether a request asks for a dry run, or the value that says neither yes nor no. A word that is not understood must
/// not start anything, and neither must a name that is written otherwise: `dryrun`, `dry-run`, `dryRun`.
pub fn wants_dry_run(query: Query<'_>) -> Result<bool, String> {
    let mut wanted = false;
    for (_, value) in query.pairs().filter(|(name, _)| is_dry_run(name)) {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "1" | "true" | "yes" | "on" => wanted = true,
            "0" | "false" | "no" | "off" => {}
            _ => return Err(value.into_owned()),
        }
    }
    Ok(wanted)
}

fn is_dry_run(name: &str) -> bool {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).eq("dryrun".chars())
}

/// What would happen, without doing it.
pub async fn dry_run(event: IncidentEvent, settings: &Settings, env: &Env) -> Answer {
    let decision = settings.routes.decide(&event, &settings.defaults);
    let (event, plan, ignored) = match decision {
        Decision::Handle(mut plan) => (addressed(event, &mut plan, settings), Some(plan), None),
        Decision::Ignore { reason, message, .. } => (event, None, Some((reason, message))),
    };
    let dry = match &plan {
        _ if early(&event) && ignored.is_some() => None,
        Some(plan) if needs_no_object(&event, plan) => Some(DryRun {
            outcome: Outcome {
                taken: Taken::Ignored(Reason::EventType),
                incident: event.key.to_string(),
                ..Outcome::default()
            },
            record: None,
        }),
        plan => match incidents::dry_run(env, &event, plan.as_ref()).await {
            Ok(dry) => Some(dry),
            Err(error) => {
                log::warning(&format!("{}: what is known of it could not be read: {error}", event.key));
                return Answer::unavailable(
                    "Storage",
                    "What is known of the incident could not be read. Please try again.",
                );
            }
        },
    };
    let mut routes = Vec::new();
    for explained in settings.routes.explain(&event) {
        routes.push(json!({"route": explained.route, "decides": explained.decides, "text": explained.text}));
    }
    let taken = dry.as_ref().map(|dry| dry.outcome.taken);
    let (action, would, reason) = match taken {
        None | Some(Taken::Ignored(Reason::Route)) => {
            ("ignore", "would be ignored", ignored.as_ref().map(|(reason, _)| *reason))
        }
        Some(Taken::Accepted) => ("start_session", "would start a session", None),
        Some(Taken::FollowUp) => ("message", "would reach the incident's session, and start none", None),
        Some(Taken::Duplicate) => ("duplicate", "would be a duplicate, and start nothing", None),
        Some(Taken::Ignored(reason)) => ("ignore", "would start nothing", Some(reason)),
    };
    let why = ignored.map(|(_, message)| message).filter(|_| action == "ignore");
    let mut more = Map::new();
    let mut shown = Map::new();
    shown.insert("action".into(), action.into());
    shown.insert("reason".into(), json!(reason));
    shown.insert("routes".into(), routes.into());
    shown.extend(why.map(|why| ("why".into(), why.into())));
    shown.extend(plan.as_ref().map(|plan| ("workflow".into(), plan.workflow.name().into())));
    more.insert("decision".into(), shown.into());
    let (incident, session_status, record) = match dry {
        Some(DryRun { outcome, record }) => (outcome.incident, outcome.session_status, record),
        None => (event.key.to_string(), SessionStatus::Idle, None),
    };
    // What an event of this kind would start with, even where this one alone starts nothing.
    let record = match (record, &plan) {
        (Some(record), _) if action != "ignore" || plan.is_none() => Some(record),
        (_, Some(plan)) => Some(Record { initial_task: InitialTask::Full, ..Record::new(&event, plan.clone(), now()) }),
        (_, None) => None,
    };
    if let Some(record) = record.filter(|_| plan.is_some())
        && let Err(error) = show_request(&record, settings, dedup_cache::tags_are_left_out(env).await, &mut more)
    {
        more.insert("request".into(), Value::Null);
        return Answer { details: Some(error), more, ..Answer::error(500, "Prompt", "There is no prompt.") };
    }
    let session = if let SessionStatus::Started { session } = session_status { Some(session) } else { None };
    more.insert("event".into(), json!(event.incident));
    let message = format!("Dry run: {} {would}. Nothing was stored.", event.event_type);
    let route = settings.routes.routing(&event).route;
    Answer { more, reason, route, session, incident: Some(incident), ..Answer::ok(Status::DryRun, message) }
        .of_group(&event)
}

/// Adds the prompt and the request for Devin to a dry run's answer. `Err`: why there is no prompt.
fn show_request(
    record: &Record,
    settings: &Settings,
    tags_left_out: bool,
    more: &mut Map<String, Value>,
) -> Result<(), String> {
    let request = compose::session(record, &settings.compose(), tags_left_out).map_err(|error| error.to_string())?;
    let mut secrets = Vec::new();
    for name in &request.session_secrets {
        secrets.push((name.clone(), "(not shown)".to_owned()));
    }
    let call = settings.devin.create(&request, &secrets);
    more.insert("prompt".into(), request.prompt.into());
    more.insert("request".into(), json!({"method": call.method, "url": call.url, "body": call.body}));
    Ok(())
}
