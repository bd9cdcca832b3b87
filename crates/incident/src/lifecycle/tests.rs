mod approval;
mod by_hand;
mod episodes;
mod groups;
mod people;
mod sessions;
mod updates;

use super::outcome::Reported;
use super::*;
use crate::admission::{Admission, PermitUse};
use crate::event::Incident;
use crate::event::{IncidentEvent, Kind, Routing};
use crate::failure::Failure;
use crate::key::Key;
use crate::notice::{About, Target};
use crate::plan::{Plan, WhenDone, Workflow};
use crate::reason::Reason;
use crate::record::{Delivery, InitialTask, MOST_MESSAGES, MessageKind};
use crate::sender::Sender;
use crate::session::Session;
use crate::session::{End, Report};
use crate::time::{HOUR, MINUTE, SECOND};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: Time = Time(1_760_000_000_000);

fn event(sender: Sender, kind: Kind, id: &str) -> IncidentEvent {
    IncidentEvent {
        key: Key::new(sender, &["Q1"]).unwrap(),
        sender,
        kind,
        event_type: format!("{kind:?}"),
        id: (!id.is_empty()).then(|| id.to_owned()),
        occurred_at: None,
        change: None,
        delivery: None,
        group: None,
        routing: Routing::default(),
        bridge: None,
        incident: Incident { title: "t".into(), ..Default::default() },
    }
}

fn pagerduty(kind: Kind, id: &str) -> IncidentEvent {
    event(Sender::Pagerduty, kind, id)
}

fn firing() -> IncidentEvent {
    event(Sender::Alert, Kind::Triggered, "")
}

fn on(start_on: Kind) -> Plan {
    Plan { start_on, ..Default::default() }
}

fn triage() -> Plan {
    let workflow = Workflow::Triage;
    Plan { workflow, start_on: Kind::Triggered, dedup_window_seconds: Some(3_600), ..Default::default() }
}

fn session(id: &str) -> Session {
    Session { id: id.into(), url: format!("https://x/{id}") }
}

fn taken(record: Option<Record>, event: IncidentEvent, plan: Plan, now: Time) -> (Record, Taken) {
    let (record, taken) = take(record, event, Some(plan), now);
    (record.unwrap(), taken)
}

/// Takes the event and lets Devin create the session.
fn started(event: IncidentEvent, plan: Plan) -> Record {
    let (mut record, taken) = taken(None, event, plan, NOW);
    assert_eq!(taken, Taken::Accepted);
    create(&mut record, Ok(session("devin-1")), NOW);
    record
}

fn create(record: &mut Record, reply: Result<Session, Failure>, now: Time) {
    creating(record, now);
    create_replied(record, reply, now, 0.0);
    published(record, true, now, 0.0);
}

fn unknown() -> Failure {
    Failure::Unknown { words: "cut".into() }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn over() -> IncidentEvent {
    event(Sender::Alert, Kind::Resolved, "")
}

/// The next message reaches the session.
fn arrive(record: &mut Record, now: Time) {
    sending(record, "text", now);
    send_replied(record, Ok(()), now, 0.0);
    published(record, true, now, 0.0);
}

/// When the session gets its next message, and of what kind that is.
fn next(record: &Record, now: Time) -> Option<(u64, MessageKind)> {
    next_message(record).map(|message| (message.not_before.since(now).as_secs(), message.kind))
}
