//! The fault matrix of `docs/guarantees.md`, tried on the lifecycle: the table that the Worker is held to on workerd
//! (`tests/faults/`) is read here cell by cell, and what the pure parts make of the same replies has to agree with it.

use std::time::Duration;

use serde_json::{Value, json};

use incident::event::{Incident, IncidentEvent, Kind, Routing};
use incident::key::Key;
use incident::lifecycle::*;
use incident::plan::Plan;
use incident::record::Record;
use incident::sender::Sender;
use incident::session::LONGEST_CALL;
use incident::time::{SECOND, Time};

use super::call::{Api, SessionRequest};
use super::reply;
use crate::http::Answer;

const PAGE: &str = include_str!("../../../../docs/guarantees.md");
const OUTCOMES: &str = include_str!("../../../../tests/faults/outcomes.json");

/// How long an answer takes that is not late.
const PROMPT: Duration = Duration::from_millis(10);

/// The columns of the table, in its order: which call the reply is given to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Create,
    SecondCreate,
    Message,
    Look,
    MessageLook,
}

const COLUMNS: [Column; 5] = [Column::Create, Column::SecondCreate, Column::Message, Column::Look, Column::MessageLook];

/// What Devin does with a call: the answer, after how long it comes, and when the work is done, if ever (
/// after the call).
#[derive(Clone)]
struct Reply {
    answer: Result<Answer, String>,
    takes: Duration,
    done_after: Option<Duration>,
}

impl Reply {
    fn new(status: u16, body: &str, done: bool) -> Reply {
        let answer = Answer { status, retry_after: None, body: body.to_owned(), whole: true };
        Reply { answer: Ok(answer), takes: PROMPT, done_after: done.then_some(Duration::ZERO) }
    }

    /// The reply that a row's name describes; `None` where everything is answered as it should be.
    fn named(name: &str, now: Time) -> Option<Reply> {
        let done = name.ends_with(", done") || name.contains("when it is done") || name.contains("in the middle");
        let stalls = name.starts_with("a stall");
        if let Some(status) = name.get(..3).and_then(|status| status.parse::<u16>().ok()) {
            let body = match name {
                "200" => return None,
                _ if name.contains("not in the list yet") => r#"{"items":[],"sessions":[]}"#,
                _ if name.contains("without a `session_id`") => "{}",
                _ if name.contains("not JSON") || name.contains("HTML") => "<html></html>",
                _ => r#"{"detail":"Devin's words"}"#,
            };
            let mut reply = Reply::new(status, body, done);
            if let Ok(answer) = &mut reply.answer {
                answer.retry_after = match name.split_once("`Retry-After: ").and_then(|(_, rest)| rest.split_once('`'))
                {
                    Some((value, _)) => Some(value.to_owned()),
                    None if name.contains("a date 5 s ahead") => Some(http_date(now.plus(5 * SECOND))),
                    None => None,
                };
            }
            return Some(reply);
        }
        let done_after = match name {
            _ if name.contains("done at its start") || done => Some(Duration::ZERO),
            _ if name.contains("done at its end") => Some(90 * SECOND),
            _ => None,
        };
        let answer = if name.contains("in the middle") {
            Ok(Answer { status: 200, retry_after: None, body: "{\"sess".into(), whole: false })
        } else {
            Err("no answer".to_owned())
        };
        Some(Reply { answer, takes: if stalls { LONGEST_CALL } else { PROMPT }, done_after })
    }
}

fn http_date(time: Time) -> String {
    let date = chrono::DateTime::from_timestamp_millis(time.0).unwrap();
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Devin, for one incident.
struct Devin {
    api: Api,
    /// The correlation id of each session, from when the list shows it.
    sessions: Vec<(String, Time)>,
    /// The session, the correlation id, from when the list shows it.
    messages: Vec<(String, String, Time)>,
    /// The replies that are still to be given, each to the next call of its kind.
    script: Vec<(Step, Reply)>,
    calls: Vec<Step>,
}

impl Devin {
    /// The scripted reply to this call.
    fn scripted(&mut self, step: Step) -> Option<Reply> {
        self.calls.push(step);
        let place = self.script.iter().position(|(call, _)| *call == step)?;
        Some(self.script.remove(place).1)
    }

    /// Makes the session, or finds the one that v1 already has of this request. Its id.
    fn create(&mut self, correlation_id: &str, at: Time) -> String {
        let known = self.sessions.iter().position(|(known, _)| known == correlation_id && self.api == Api::V1);
        let place = known.unwrap_or_else(|| {
            self.sessions.push((correlation_id.to_owned(), at));
            self.sessions.len() - 1
        });
        format!("devin-{place}")
    }

    fn shown_sessions(&self, now: Time) -> Value {
        let shown = self.sessions.iter().enumerate().filter(|(_, (_, from))| *from <= now);
        let shown = shown.map(
            |(place, (correlation_id, _))| json!({"session_id": format!("devin-{place}"), "tags": [correlation_id]}),
        );
        let shown: Vec<Value> = shown.collect();
        json!({"items": shown, "sessions": shown})
    }

    fn shown_messages(&self, session: &str, now: Time) -> Value {
        let shown = self.messages.iter().filter(|(to, _, from)| to == session && *from <= now);
        json!({"items": shown.map(|(_, correlation_id, _)| json!({"message": correlation_id})).collect::<Vec<_>>()})
    }
}

struct World {
    devin: Devin,
    record: Option<Record>,
    now: Time,
}

impl World {
    fn new(api: Api) -> World {
        let devin = Devin { api, sessions: vec![], messages: vec![], script: vec![], calls: vec![] };
        World { devin, record: None, now: Time(1_760_000_000_000) }
    }

    fn event(&mut self, kind: Kind) {
        let event = IncidentEvent {
            group: None,
            key: Key::new(Sender::Pagerduty, &["Q1"]).unwrap(),
            sender: Sender::Pagerduty,
            kind,
            event_type: kind.name().to_owned(),
            id: Some(kind.name().to_owned()),
            change: None,
            delivery: None,
            routing: Routing::default(),
            bridge: None,
            occurred_at: None,
            incident: Incident { title: "t".into(), ..Default::default() },
        };
        let plan = Plan { start_on: Kind::Acknowledged, ..Default::default() };
        self.record = take(self.record.take(), event, Some(plan), self.now).0;
    }

    /// Goes on until there is nothing left to do.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            let Some(mut record) = self.record.take() else { return };
            let step = due(&record, self.now);
            match step {
                Step::Publish => published(&mut record, true, self.now, 0.0),
                Step::Notify(_) => notices::only(&mut record, &[]),
                Step::Wait(until) => self.now = until,
                Step::Create | Step::Send => self.ask(&mut record, step),
                Step::LookUp | Step::LookUpMessage => self.look(&mut record, step),
                Step::Expire => expire(&mut record, self.now),
                Step::Close | Step::Rest => {
                    self.record = Some(record);
                    return;
                }
            }
            self.record = Some(record);
        }
        panic!("no end");
    }

    fn ask(&mut self, record: &mut Record, step: Step) {
        let begun = self.now;
        let message = (step == Step::Send).then(|| addressee(record));
        match step {
            Step::Create => {
                creating(record, begun);
            }
            _ => sending(record, "text", begun),
        }
        let scripted = self.devin.scripted(step);
        let done_after = scripted.as_ref().map_or(Some(Duration::ZERO), |reply| reply.done_after);
        let mut body = json!({});
        if let Some(after) = done_after {
            let at = begun.plus(after);
            match message {
                Some((session, correlation_id)) => self.devin.messages.push((session, correlation_id, at)),
                None => body = json!({"session_id": self.devin.create(&record.correlation_id(), at), "url": ""}),
            }
        }
        let reply = scripted.unwrap_or_else(|| Reply::new(200, &body.to_string(), true));
        self.now = begun.plus(reply.takes);
        match step {
            Step::Create => create_replied(
                record,
                reply::created(reply.answer, &SessionRequest::default(), self.now).0,
                self.now,
                0.5,
            ),
            _ => send_replied(record, reply::sent(reply.answer, self.now), self.now, 0.5),
        }
    }

    fn look(&mut self, record: &mut Record, step: Step) {
        let scripted = self.devin.scripted(step);
        let message = (step == Step::LookUpMessage).then(|| addressee(record));
        let shown = match &message {
            Some((session, _)) => self.devin.shown_messages(session, self.now),
            None => self.devin.shown_sessions(self.now),
        };
        let reply = scripted.unwrap_or_else(|| Reply::new(200, &shown.to_string(), true));
        self.now = self.now.plus(reply.takes);
        match message {
            Some((_, correlation_id)) => {
                let found =
                    reply::message_found(reply.answer, &correlation_id, self.now).map(|page| page.found.is_some());
                message_look_up_replied(record, found, self.now, 0.5);
            }
            None => {
                let api = self.devin.api.clone();
                let found =
                    reply::found(&api, reply.answer, &record.correlation_id(), "", self.now).map(|page| page.found);
                look_up_replied(record, found, api == Api::V1, self.now, 0.5);
            }
        }
    }

    /// Leads the incident to the call of that column, and on to its end.
    fn run(&mut self, column: Column, reply: Option<&Reply>, times: usize) {
        if matches!(column, Column::Message | Column::MessageLook) {
            self.event(Kind::Acknowledged);
            self.settle();
        }
        let nothing_done = Reply::new(503, "", false);
        let done_unseen = Reply::new(500, "", true);
        let (call, before) = match column {
            Column::Create => (Step::Create, None),
            Column::SecondCreate => (Step::Create, Some((Step::Create, nothing_done))),
            Column::Message => (Step::Send, None),
            Column::Look => (Step::LookUp, Some((Step::Create, done_unseen))),
            Column::MessageLook => (Step::LookUpMessage, Some((Step::Send, done_unseen))),
        };
        self.devin.script.extend(before);
        self.devin.script.extend(reply.into_iter().cycle().take(times).map(|reply| (call, reply.clone())));
        self.event(Kind::Resolved);
        self.settle();
    }

    /// What the table counts, less the way to the call.
    fn counted(&self, column: Column) -> Value {
        let record = self.record.as_ref().unwrap();
        let calls = |step: Step| self.devin.calls.iter().filter(|call| **call == step).count();
        let way = match column {
            Column::Create => [0, 0, 0, 0],
            Column::SecondCreate => [1, 3, 0, 0],
            Column::Message | Column::Look => [1, 0, 0, 0],
            Column::MessageLook => [1, 0, 1, 0],
        };
        let own = record.session.as_ref().map(|session| session.id.clone());
        json!({
            "creates": calls(Step::Create) - way[0],
            "looks": calls(Step::LookUp) - way[1],
            "sends": calls(Step::Send) - way[2],
            "messageLooks": calls(Step::LookUpMessage) - way[3],
            "sessions": self.devin.sessions.len(),
            "state": record.state_name(),
            "words": record.error.is_some(),
            "messages": self.devin.messages.iter().filter(|(session, ..)| own.as_ref() == Some(session)).count(),
        })
    }
}

fn addressee(record: &Record) -> (String, String) {
    let message = next_message(record).unwrap();
    (record.session.clone().unwrap().id, record.message_correlation_id(message.number))
}

/// An outcome of the shared list as the counts that it means.
fn meant(outcome: &Value) -> Value {
    let number = |name: &str, absent: u64| outcome.get(name).and_then(Value::as_u64).unwrap_or(absent);
    json!({
        "creates": number("creates", 0),
        "looks": number("looks", 0),
        "sends": number("sends", 0),
        "messageLooks": number("messageLooks", 0),
        "sessions": number("sessions", 1),
        "state": outcome.get("state").and_then(Value::as_str).unwrap_or("started"),
        "words": outcome.get("words").is_some(),
        "messages": number("messages", 0),
    })
}

/// What a cell says of an API version.
fn of_api<'a>(cell: &'a str, api: &Api) -> &'a str {
    match cell.strip_prefix("v3: ").and_then(|rest| rest.split_once("; v1: ")) {
        Some((v3, _)) if *api != Api::V1 => v3,
        Some((_, v1)) => v1,
        None => cell,
    }
}

/// The rows of the table: the reply's name, and its cells.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let table = PAGE.split_once("<!-- matrix -->\n").unwrap().1.split_once("<!-- /matrix -->").unwrap().0;
    let row = |line: &'static str| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        (cells.next().unwrap(), cells.collect())
    };
    table.lines().skip(2).map(row).collect()
}

#[test]
fn the_lifecycle_does_what_the_table_says() {
    let outcomes: Value = serde_json::from_str(OUTCOMES).unwrap();
    let mut tried = 0;
    for api in [Api::V3 { org: "org-1".into() }, Api::V1] {
        for (name, cells) in rows() {
            for (column, cell) in COLUMNS.into_iter().zip(cells) {
                let says = of_api(cell, &api);
                if says == "–" {
                    continue;
                }
                let mut world = World::new(api.clone());
                let reply = Reply::named(name, world.now);
                let times = match name {
                    _ if name.ends_with(": twice") => 2,
                    _ if says.contains("until Devin is back") => 3,
                    _ => 1,
                };
                world.run(column, reply.as_ref(), times);
                let counted = world.counted(column);
                let what = format!("{name}, {column:?}, {api:?}: {says}, but {counted}");
                if says.contains("until Devin is back") {
                    assert_eq!((&counted["sessions"], &counted["state"]), (&json!(1), &json!("started")), "{what}");
                } else {
                    let named = outcomes.as_object().unwrap().values().filter(|outcome| outcome["says"] == says);
                    assert!(named.map(meant).any(|meant| meant == counted), "{what}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried} cells were tried");
}
