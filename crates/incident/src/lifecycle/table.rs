//! The tables of `docs/lifecycle.md`, written from what the code does.

use super::*;
use crate::event::Incident;
use crate::event::{IncidentEvent, Kind, Membership, Routing};
use crate::failure::Failure;
use crate::key::Key;
use crate::plan::{Plan, Workflow};
use crate::record::InitialTask;
use crate::sender::Sender;
use crate::session::Session;
use crate::time::MINUTE;

const NOW: Time = Time(1_760_000_000_000);

/// A situation of an incident: its name, and the events that lead to it, with whether Devin has answered after each.
struct Situation {
    name: &'static str,
    events: &'static [Kind],
    then: Then,
}

enum Then {
    Nothing,
    AskedDevin,
    Started,
    Failed,
}

fn event(sender: Sender, kind: Kind, id: &str) -> IncidentEvent {
    IncidentEvent {
        key: Key::new(sender, &["Q1"]).unwrap(),
        sender,
        kind,
        event_type: kind.name().to_owned(),
        id: (sender == Sender::Pagerduty).then(|| id.to_owned()),
        // As PagerDuty's events have one.
        change: (sender == Sender::Pagerduty && kind != Kind::Triggered).then(|| kind.name().to_owned()),
        delivery: None,
        group: None,
        routing: Routing::default(),
        bridge: None,
        occurred_at: None,
        incident: Incident { title: "t".into(), ..Default::default() },
    }
}

fn reach(situation: &Situation, sender: Sender, plan: &Plan) -> Option<Record> {
    let mut record = None;
    for (index, kind) in situation.events.iter().enumerate() {
        record = take(record, event(sender, *kind, &format!("before {index}")), Some(plan.clone()), NOW).0;
        let Some(record) = record.as_mut().filter(|record| matches!(record.state, State::Waiting { .. })) else {
            continue;
        };
        let session = Session { id: "devin-1".into(), url: String::new() };
        match situation.then {
            Then::Nothing => {}
            Then::AskedDevin => {
                creating(record, NOW);
            }
            Then::Started => {
                creating(record, NOW);
                create_replied(record, Ok(session), NOW, 0.0);
            }
            Then::Failed => {
                creating(record, NOW);
                create_replied(record, Err(Failure::Refused { status: 401, words: "no".into() }), NOW, 0.0);
            }
        }
    }
    record
}

/// What the event does, in a few words.
fn effect(before: Option<&Record>, after: Option<&Record>, taken: Taken) -> String {
    let message = after.is_some_and(|record| news::unwritten(&mut record.clone()).is_some());
    let changes = |record: Option<&Record>| record.map_or(0, |record| record.changes.len());
    let wanted = |record: Option<&Record>| record.is_some_and(|record| record.state != State::Watching);
    let episode = |record: Option<&Record>| record.map_or(0, |record| record.episode);
    let noted = changes(after) > changes(before);
    match taken {
        Taken::Ignored(reason) if noted => format!("kept for the prompt; `ignored` (`{}`)", reason.name()),
        Taken::Ignored(reason) => format!("`ignored` (`{}`)", reason.name()),
        Taken::Duplicate => "`duplicate`".to_owned(),
        Taken::Accepted if before.is_some() && episode(after) > episode(before) => {
            "**a session** for a new incident".to_owned()
        }
        Taken::Accepted if wanted(before) => "**a session** again, after a look for the first".to_owned(),
        Taken::Accepted => match after.map(|record| record.initial_task) {
            Some(InitialTask::Investigate) => "**a session** that investigates".to_owned(),
            _ => "**a session** with the whole task".to_owned(),
        },
        Taken::FollowUp if message => "**a message** to the session".to_owned(),
        Taken::FollowUp if before.map(|record| record.initial_task) != after.map(|record| record.initial_task) => {
            "the session starts with the whole task".to_owned()
        }
        Taken::FollowUp => "kept for the session's next text".to_owned(),
    }
}

fn table(title: &str, sender: Sender, plan: &Plan, situations: &[Situation]) -> String {
    let kinds = [Kind::Triggered, Kind::Acknowledged, Kind::Resolved, Kind::Reopened, Kind::Updated];
    let names = match sender {
        Sender::Pagerduty => &["triggered", "acknowledged", "resolved", "reopened", "note or change"][..],
        _ => &["fires", "", "recovers"][..],
    };
    let columns: Vec<(Kind, &str)> =
        kinds.into_iter().zip(names.iter().copied()).filter(|(_, name)| !name.is_empty()).collect();
    let heads: Vec<&str> = columns.iter().map(|(_, name)| *name).collect();
    let mut text =
        format!("### {title}\n\n| the incident | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for situation in situations {
        let cells: Vec<String> = columns
            .iter()
            .map(|(kind, _)| {
                let before = reach(situation, sender, plan);
                let (after, taken) = take(
                    before.clone(),
                    event(sender, *kind, "now"),
                    Some(plan.clone()),
                    NOW.plus(Duration::from_millis(1)),
                );
                effect(before.as_ref(), after.as_ref(), taken)
            })
            .collect();
        text.push_str(&format!("| {} | {} |\n", situation.name, cells.join(" | ")));
    }
    text
}

/// What one of a group's alerts does.
type OfAlert = (&'static str, Kind);

/// What the events of two alerts, `a` and `b`, do to their group.
fn groups(triage: &Plan) -> String {
    let plan = Plan { group_wait_seconds: 30, ..triage.clone() };
    let of = |alert: &str, kind: Kind| IncidentEvent {
        key: Key::group(&["one"]),
        group: Some(Membership { alert: Key::new(Sender::Alert, &[alert, ""]).unwrap(), made_of: String::new() }),
        ..event(Sender::Alert, kind, "")
    };
    let (a, b) = (("a", Kind::Triggered), ("b", Kind::Triggered));
    let over = ("a", Kind::Resolved);
    let situations: [(&str, &[OfAlert], bool); 5] = [
        ("is not known", &[], false),
        ("waits for others: `a` fires", &[a], false),
        ("has its session: `a` fires", &[a], true),
        ("has its session: `a` and `b` fire", &[a, b], true),
        ("has its session; `a` fired and recovered", &[a, over], true),
    ];
    let columns = [a, over, b, ("b", Kind::Resolved)];
    let mut text =
        "### Groups\n\n| the group | `a` fires | `a` recovers | `b` fires | `b` recovers |\n|---|---|---|---|---|\n"
            .to_owned();
    for (name, events, started) in situations {
        let mut before = None;
        let (fired, recovered): (Vec<OfAlert>, Vec<OfAlert>) =
            events.iter().partition(|(_, kind)| *kind == Kind::Triggered);
        for (alert, kind) in fired {
            before = take(before, of(alert, kind), Some(plan.clone()), NOW).0;
        }
        if let Some(record) = before.as_mut().filter(|_| started) {
            creating(record, NOW);
            create_replied(record, Ok(Session { id: "devin-1".into(), url: String::new() }), NOW, 0.0);
        }
        for (alert, kind) in recovered {
            before = take(before, of(alert, kind), Some(plan.clone()), NOW).0;
        }
        if let Some(record) = &mut before {
            record.outbox.clear();
        }
        let cells = columns.map(|(alert, kind)| {
            let (after, taken) = take(before.clone(), of(alert, kind), Some(plan.clone()), NOW.plus(MINUTE));
            effect(before.as_ref(), after.as_ref(), taken)
        });
        text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    text
}

fn tables() -> String {
    use Kind::{Acknowledged, Reopened, Resolved, Triggered};
    let at = |name, events, then| Situation { name, events, then };
    let by_default = [
        at("is not known", &[], Then::Nothing),
        at("is resolved; the session is on its way", &[Resolved], Then::AskedDevin),
        at("is resolved and has its session", &[Resolved], Then::Started),
        at("was reopened", &[Resolved, Reopened], Then::Started),
        at("failed", &[Resolved], Then::Failed),
    ];
    let early = [
        at("is not known", &[], Then::Nothing),
        at("is acknowledged; Devin was not asked yet", &[Acknowledged], Then::Nothing),
        at("is acknowledged; Devin was asked", &[Acknowledged], Then::AskedDevin),
        at("is acknowledged and has its session", &[Acknowledged], Then::Started),
        at("is resolved, its session notified", &[Acknowledged, Resolved], Then::Started),
        at("was reopened", &[Acknowledged, Resolved, Reopened], Then::Started),
        at("failed", &[Acknowledged], Then::Failed),
    ];
    let alerts = [
        at("is not known", &[], Then::Nothing),
        at("fired; Devin was not asked yet", &[Triggered], Then::Nothing),
        at("fired; Devin was asked", &[Triggered], Then::AskedDevin),
        at("fired and has its session, within the window", &[Triggered], Then::Started),
        at("recovered", &[Triggered, Resolved], Then::Started),
        at("recovered before Devin was asked", &[Triggered, Resolved], Then::Nothing),
        at("failed", &[Triggered], Then::Failed),
    ];
    let postmortem = |start_on| Plan { start_on, ..Default::default() };
    let triage = Plan {
        workflow: Workflow::Triage,
        start_on: Triggered,
        dedup_window_seconds: Some(3_600),
        ..Default::default()
    };
    [
        table("PagerDuty, by default", Sender::Pagerduty, &postmortem(Resolved), &by_default),
        table("PagerDuty, with `start_on = \"acknowledged\"`", Sender::Pagerduty, &postmortem(Acknowledged), &early),
        table("Alerts", Sender::Alert, &triage, &alerts),
        groups(&triage),
    ]
    .join("\n")
}

#[test]
fn the_document_is_what_the_code_does() {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lifecycle.md");
    let document = std::fs::read_to_string(PATH).unwrap();
    let (before, rest) = document.split_once("<!-- tables -->\n").unwrap();
    let (now, after) = rest.split_once("<!-- /tables -->").unwrap();
    let tables = tables();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, format!("{before}<!-- tables -->\n{tables}<!-- /tables -->{after}")).unwrap();
        return;
    }
    assert_eq!(now, tables, "run UPDATE_DOCS=1 cargo test the_document_is_what_the_code_does");
}
