//! The lifecycle against a model of Devin and of those who are told: random events, replies, reports, crashes and times.
//! After every step at most one session lives and nobody was told anything twice that could be looked up; in the end
//! nothing that was accepted is forgotten, and nobody waits to be told.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::devin::{End, Report};
use crate::incident::event::{Incident, Sender};
use crate::incident::key::Key;

/// What may happen next.
#[derive(Clone, Debug)]
enum Happening {
    /// An event comes in; `again`: the sender delivers the last one of this kind once more; `ignored`: by a route.
    Event { kind: Kind, again: bool, ignored: bool },
    /// The alarm does one step, and it goes like this.
    Step(Fate),
    /// Devin reports on the session.
    Report(End),
    /// Time passes, or the clock is set back.
    Pass(i64),
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Fine,
    Busy,
    /// Done, but the answer is lost.
    LostAnswer,
    /// Not done, and no answer.
    LostRequest,
    Refused,
    /// The session takes no more messages.
    Gone,
    /// The object dies before the call,
    CrashBefore,
    /// or after Devin has done what was asked.
    CrashAfter,
}

/// Who is told, what of, and of which session.
type Notice = (&'static str, &'static str, String);

/// Devin, as the bridge sees it.
#[derive(Default)]
struct Devin {
    /// Sessions by the mark they were created with.
    sessions: BTreeMap<String, Vec<String>>,
    /// Messages by session, in order.
    messages: BTreeMap<String, Vec<String>>,
    /// Sessions that were given the whole task.
    whole: Vec<String>,
    /// Sessions that ended.
    gone: Vec<String>,
}

struct World {
    devin: Devin,
    record: Option<Record>,
    plan: Plan,
    sender: Sender,
    now: Time,
    events: u32,
    last: BTreeMap<&'static str, u32>,
    /// Whether an event was accepted that a session, or a message to one, is owed for.
    owed: bool,
    /// Whether Devin ever refused for good, so that a failed record is a right end.
    refused: bool,
    /// Whether something was tried for two days in vain, likewise.
    given_up: bool,
    /// How often each notice has arrived, and how often the bridge knows it.
    arrived: BTreeMap<Notice, usize>,
    known: BTreeMap<Notice, usize>,
}

impl World {
    fn new(workflow: Workflow, start_on: Kind) -> World {
        let (sender, window) = match workflow {
            Workflow::Postmortem => (Sender::Pagerduty, None),
            Workflow::Triage => (Sender::Alert, Some(3_600)),
        };
        let plan = Plan { workflow, start_on, dedup_window_seconds: window, ..Default::default() };
        World {
            devin: Devin::default(),
            record: None,
            plan,
            sender,
            now: Time(1_760_000_000_000),
            events: 0,
            last: BTreeMap::new(),
            owed: false,
            refused: false,
            given_up: false,
            arrived: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    fn event(&mut self, kind: Kind, again: bool, ignored: bool) {
        let number = match self.last.get(kind.name()) {
            Some(number) if again => *number,
            _ => {
                self.events += 1;
                self.events
            }
        };
        self.last.insert(kind.name(), number);
        let event = IncidentEvent {
            key: Key::new(self.sender, &["Q1"]).unwrap(),
            sender: self.sender,
            kind,
            event_type: kind.name().to_owned(),
            id: (self.sender == Sender::Pagerduty).then(|| number.to_string()),
            occurred_at: None,
            change: (kind == Kind::Updated).then(|| format!("note {number}")),
            delivery: None,
            incident: Incident { title: "t".into(), ..Default::default() },
        };
        let before = self.record.clone();
        let (record, taken) = take(before, event, (!ignored).then(|| self.plan.clone()), self.now);
        self.record = record;
        self.owed |= matches!(taken, Taken::Accepted);
    }

    /// One step of the alarm. Whatever is not in `self.record` when a crash comes is forgotten, as it would be.
    fn step(&mut self, fate: Fate) {
        let Some(mut record) = self.record.take() else { return };
        interrupted(&mut record, self.now);
        let now = self.now;
        let crash = matches!(fate, Fate::CrashBefore | Fate::CrashAfter);
        let failure = match fate {
            Fate::Busy => Some(Failure::Busy { after: None, words: "busy".into() }),
            Fate::LostAnswer | Fate::LostRequest => Some(Failure::Unknown { words: "lost".into() }),
            Fate::Refused => Some(Failure::Refused { status: 401, words: "no".into() }),
            _ => None,
        };
        let done = matches!(fate, Fate::Fine | Fate::LostAnswer | Fate::CrashAfter);
        match due(&record, now) {
            Step::Publish => published(&mut record, fate != Fate::LostRequest, now, 0.0),
            Step::Create => {
                creating(&mut record, now);
                let mark = record.mark();
                let session = Session { id: format!("s{}", self.devin.messages.len()), url: String::new() };
                if done || fate == Fate::Gone {
                    self.devin.sessions.entry(mark).or_default().push(session.id.clone());
                    self.devin.messages.insert(session.id.clone(), Vec::new());
                    if record.opening == Opening::Full {
                        self.devin.whole.push(session.id.clone());
                    }
                }
                self.refused |= fate == Fate::Refused;
                if !crash {
                    create_replied(&mut record, failure.map_or(Ok(session), Err), now, 0.5);
                }
            }
            Step::LookUp => {
                let found = self.devin.sessions.get(&record.mark()).and_then(|ids| ids.first());
                let found = found.map(|id| Session { id: id.clone(), url: String::new() });
                self.refused |= fate == Fate::Refused;
                if !crash {
                    look_up_replied(&mut record, failure.map_or(Ok(found), Err), false, now, 0.5);
                }
            }
            Step::Send => {
                let (id, mark) = addressee(&record);
                sending(&mut record, "text", now);
                if fate == Fate::Gone {
                    self.devin.gone.push(id.clone());
                }
                let gone = self.devin.gone.contains(&id);
                if done && !gone {
                    self.devin.messages.get_mut(&id).unwrap().push(mark);
                }
                let reply = match failure {
                    _ if gone => Err(Failure::Refused { status: 404, words: "gone".into() }),
                    Some(failure) => Err(failure),
                    None => Ok(()),
                };
                self.refused |= fate == Fate::Refused;
                if !crash {
                    send_replied(&mut record, reply, now, 0.5);
                }
            }
            Step::LookUpMessage => {
                let (id, mark) = addressee(&record);
                let found = self.devin.messages.get(&id).is_some_and(|messages| messages.contains(&mark));
                self.refused |= fate == Fate::Refused;
                if !crash {
                    message_look_up_replied(&mut record, failure.map_or(Ok(found), Err), now, 0.5);
                }
            }
            Step::Notify(target) => {
                let before = record.clone();
                let notice = notices::first(&record, target).unwrap().clone();
                let session = notice.news["sessionId"].as_str().unwrap().to_owned();
                let what = (target.name(), notice.about.name(), session);
                let looking = matches!(notice.delivery, Delivery::LookingUp(_));
                let there = self.arrived.contains_key(&what);
                if !looking {
                    notices::sending(&mut record, target);
                    if done || fate == Fate::Gone {
                        *self.arrived.entry(what.clone()).or_default() += 1;
                    }
                }
                if !crash {
                    if failure.is_none() && (!looking || there) {
                        *self.known.entry(what).or_default() += 1;
                    }
                    match (looking, failure) {
                        (true, failure) => {
                            notices::look_up_replied(&mut record, target, failure.map_or(Ok(there), Err), now, 0.5);
                        }
                        (false, failure) => {
                            notices::replied(&mut record, target, failure.map_or(Ok(()), Err), now, 0.5)
                        }
                    }
                }
                let rest = |record: &Record| Record { notices: vec![], timeline: vec![], ..record.clone() };
                assert_eq!(rest(&record), rest(&before), "a notice is nobody else's business");
            }
            Step::Wait(_) | Step::Rest => {}
        }
        self.given_up |= record.timeline.last().is_some_and(|entry| entry.what.contains("48 hours"));
        self.record = Some(record);
    }

    fn report(&mut self, end: End) {
        let Some(record) = &mut self.record else { return };
        let Some(session) = &record.session else { return };
        let end = if self.devin.gone.contains(&session.id) { End::Over } else { end };
        let report =
            Report { session: session.id.clone(), state: Some(end.name().to_owned()), end, ..Report::default() };
        outcome::reported(record, &report, self.now);
    }

    /// At every moment: a mark has one session at most, no message arrived twice or out of order, and a first session
    /// stays the only one unless it is gone.
    fn check(&self) -> Result<(), TestCaseError> {
        for (mark, sessions) in &self.devin.sessions {
            prop_assert!(sessions.len() <= 1, "{mark} has {sessions:?}");
        }
        for messages in self.devin.messages.values() {
            let number = |mark: &String| mark.rsplit(' ').next().unwrap().trim_end_matches(')').parse::<u32>().unwrap();
            prop_assert!(messages.iter().map(number).is_sorted_by(|a, b| a < b), "{messages:?}");
        }
        if self.plan.workflow == Workflow::Postmortem {
            let living = self.devin.messages.keys().filter(|id| !self.devin.gone.contains(id)).count();
            prop_assert!(living <= 1, "{living} sessions live for one incident");
        }
        for (what @ (target, about, session), known) in &self.known {
            // A session ends again after each message that wakes it.
            let ends = self.devin.messages.get(session).map_or(0, Vec::len) + 1;
            let most = if *about == "started" { 1 } else { ends };
            prop_assert!(*known <= most, "{what:?} was known to be told {known} times");
            prop_assert!(*target == "webhook" || self.arrived[what] <= most, "{what:?} came more often");
        }
        Ok(())
    }

    /// From now on everything goes well. How it ends.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..500 {
            self.check()?;
            let Some(record) = &self.record else { return Ok(()) };
            match due(record, self.now) {
                Step::Rest => {
                    prop_assert!(record.notices.is_empty(), "somebody still waits to be told");
                    return Ok(());
                }
                Step::Wait(until) => {
                    prop_assert!(until > self.now, "waits for the past");
                    prop_assert!(until.since(self.now) <= LONGEST_PAUSE, "waits too long");
                    self.now = until;
                }
                _ => self.step(Fate::Fine),
            }
        }
        prop_assert!(false, "no end: {:?}", self.record);
        Ok(())
    }
}

/// The session that the next message is for, and the message's mark.
fn addressee(record: &Record) -> (String, String) {
    let message = next_message(record).unwrap();
    match &message.farewell {
        Some(farewell) => (farewell.session.id.clone(), farewell.mark.clone()),
        None => (record.session.clone().unwrap().id, record.message_mark(message.number)),
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Triggered),
        Just(Kind::Acknowledged),
        Just(Kind::Resolved),
        Just(Kind::Reopened),
        Just(Kind::Updated)
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Fine),
        1 => Just(Fate::Busy),
        2 => Just(Fate::LostAnswer),
        2 => Just(Fate::LostRequest),
        1 => Just(Fate::Refused),
        1 => Just(Fate::Gone),
        2 => Just(Fate::CrashBefore),
        2 => Just(Fate::CrashAfter),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => (kind(), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(kind, again, ignored)| Happening::Event { kind, again, ignored }),
        6 => fate().prop_map(Happening::Step),
        1 => prop_oneof![Just(End::Open), Just(End::Asleep), Just(End::Over)].prop_map(Happening::Report),
        3 => prop_oneof![Just(SECOND), Just(10 * SECOND), Just(MINUTE), Just(2 * HOUR), Just(-MINUTE), Just(60 * HOUR)]
            .prop_map(Happening::Pass),
    ]
}

fn world() -> impl Strategy<Value = (Workflow, Kind)> {
    prop_oneof![
        Just((Workflow::Postmortem, Kind::Resolved)),
        Just((Workflow::Postmortem, Kind::Acknowledged)),
        Just((Workflow::Postmortem, Kind::Triggered)),
        Just((Workflow::Triage, Kind::Triggered)),
    ]
}

proptest! {
    // PROPTEST_CASES=100000 for the long run.
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_there_is_one_session_and_nothing_is_forgotten(
        (workflow, start_on) in world(),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let mut world = World::new(workflow, start_on);
        for happening in happenings {
            match happening {
                Happening::Event { kind, again, ignored } => world.event(kind, again, ignored),
                Happening::Step(fate) => world.step(fate),
                Happening::Report(end) => world.report(end),
                Happening::Pass(milliseconds) => world.now = world.now.plus(milliseconds),
            }
            world.check()?;
        }
        let read = world.record.as_mut().map(|record| Record::from_text(&record.to_text()).unwrap());
        prop_assert_eq!(&read, &world.record, "what is stored can be read and means the same");
        world.settle()?;
        if let Some(record) = &world.record && world.owed {
            match record.state {
                State::Started => {
                    let id = &record.session.as_ref().unwrap().id;
                    prop_assert!(!world.devin.gone.contains(id) || record.plan.workflow == Workflow::Triage
                        || record.outbox.iter().all(|message| message.delivery == Delivery::Failed));
                    prop_assert!(record.outbox.iter().all(|message| message.delivery == Delivery::Failed));
                    prop_assert!(record.outbox.is_empty() || world.refused || world.given_up);
                    let told = world.devin.whole.contains(id) || !world.devin.messages[id].is_empty();
                    prop_assert!(
                        told || !record.concluded || !record.outbox.is_empty(),
                        "the session was never told that it is over"
                    );
                }
                State::Failed => {
                    prop_assert!(world.refused || world.given_up, "failed without a reason: {record:?}");
                }
                ref state => prop_assert!(false, "ends in {state:?}"),
            }
        }
    }
}
