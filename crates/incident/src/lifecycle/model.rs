//! The lifecycle against a model of Devin, of the register and of those who are notified: a few incidents that share a
//! budget, random events, replies, reports, crashes, failing writes, records of the format before, clocks and days. Each
//! object is evicted after every step: nothing lives on but what is stored.
//!
//! After every step an incident has at most one session, the budget is kept, and nobody was notified twice of anything that could
//! be looked up, a note of the timeline included; what is kept stays bounded. In the end nothing that was accepted is
//! forgotten, nobody waits to be notified, every note that came after the end was read by a session, and no permit is left over.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::admission::memory::Memory;
use crate::admission::{self, Admission, Limits};
use crate::event::Incident;
use crate::event::{IncidentEvent, Kind, Membership, Routing};
use crate::failure::Failure;
use crate::group::News;
use crate::key::Key;
use crate::plan::{Plan, Workflow};
use crate::record::{AdmissionState, InitialTask};
use crate::sender::Sender;
use crate::session::Session;
use crate::session::{End, Report};
use crate::time::{HOUR, MINUTE, SECOND};

/// What may happen next.
#[derive(Clone, Debug)]
enum Happening {
    /// An event comes in; `again`: the sender delivers the last one of this kind once more; `ignored`: by a route;
    /// `lost`: it can't be stored; `severity`: an alert's; `alert`: which of a group's.
    Event { kind: Kind, again: bool, ignored: bool, lost: bool, severity: u8, alert: u8 },
    /// The alarm does one step, and it goes like this.
    Step(Fate),
    /// Devin reports on the session.
    Report(End),
    /// Somebody asks for a replay.
    Replay,
    /// Somebody gives up on it.
    GiveUp,
    /// The record is as the release before would have written it.
    Before,
    /// Time passes,
    Pass(Duration),
    /// or the clock is set back.
    SetBack(Duration),
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
    /// or after Devin has done what was asked,
    CrashAfter,
    /// or the answer came and can't be stored.
    WriteFails,
    /// The register does not answer.
    NoRegister,
}

/// Who is notified, what of, and of which session.
/// A workflow, what starts its session, how many firings that takes, whether it is a group, whether somebody has to approve it.
type Kinds = (Workflow, Kind, u32, bool, bool);
type Notice = (&'static str, &'static str, String);

/// Devin, as the bridge sees it.
#[derive(Default)]
struct Devin {
    /// Sessions by the correlation id they were created with.
    sessions: BTreeMap<String, Vec<String>>,
    /// Messages by session, in order.
    messages: BTreeMap<String, Vec<String>>,
    /// What of the timeline each session has read, in its prompt or in a message.
    read: BTreeMap<String, Vec<String>>,
    /// Sessions that were given the whole task.
    whole: Vec<String>,
    /// Sessions that ended.
    gone: Vec<String>,
}

/// What all incidents share.
struct World {
    rows: Memory,
    limits: Limits,
    now: Time,
    /// What a clock that never jumps back would show.
    elapsed: Duration,
    jumped: bool,
    /// Sessions that were created within the limits: when, by both clocks.
    created: Vec<(Duration, Time)>,
    lives: Vec<Life>,
}

/// An incident.
struct Life {
    key: String,
    devin: Devin,
    /// What its object has stored.
    stored: Option<String>,
    /// The request that is stored with it: the session's correlation id, and what of the timeline the prompt shows.
    request: Option<(String, Vec<String>)>,
    /// Notes that came while the session was, or had to be, notified of the end already.
    late: Vec<String>,
    /// Whether somebody has asked for a replay.
    replayed: bool,
    /// How often somebody approved its session.
    approvals: usize,
    /// Whether an earlier release has had the record meanwhile, which knows of no insisting.
    rolled_back: bool,
    plan: Plan,
    /// Whether it is a group of alerts.
    group: bool,
    sender: Sender,
    events: u32,
    last: BTreeMap<&'static str, u32>,
    /// Whether an event was accepted that a session, or a message to one, is owed for.
    owed: bool,
    /// Whether what was owed a session recovered before Devin was asked for it.
    not_started: bool,
    /// Whether Devin ever refused for good, so that a failed record is a right end.
    refused: bool,
    /// Whether something was tried for two days in vain, likewise.
    given_up: bool,
    /// How often each notice has arrived, and how often the bridge knows it.
    arrived: BTreeMap<Notice, usize>,
    known: BTreeMap<Notice, usize>,
}

impl World {
    fn new(lives: &[Kinds], limits: Limits) -> World {
        let life = |(n, (workflow, start_on, occurrences, group, approve)): (usize, &Kinds)| {
            Life::new(format!("Q{n}"), (*workflow, *start_on, *occurrences, *group, *approve))
        };
        World {
            rows: Memory::default(),
            limits,
            now: Time(1_760_000_000_000),
            elapsed: Duration::ZERO,
            jumped: false,
            created: Vec::new(),
            lives: lives.iter().enumerate().map(life).collect(),
        }
    }

    fn pass(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
        self.elapsed += duration;
    }

    fn happen(&mut self, who: usize, happening: Happening) {
        let (now, who) = (self.now, who % self.lives.len());
        let life = &mut self.lives[who];
        match happening {
            Happening::Event { kind, again, ignored, lost, severity, alert } => {
                let event = life.next_event(kind, again, severity, alert);
                life.event(event, ignored, lost, now);
            }
            Happening::Step(fate) => self.step(who, fate),
            Happening::Report(end) => life.report(end, now),
            Happening::Replay => {
                life.replayed = true;
                let waits = |record: &Record| record.awaits_approval() || record.state == State::Failed;
                life.approvals += usize::from(life.record().is_some_and(|record| waits(&record)));
                life.change(|record| {
                    replay(record, now);
                });
            }
            Happening::GiveUp => {
                // A failed record, and messages that never arrive, are a right end then.
                life.given_up |= life.record().is_some_and(|mut record| give_up(&mut record, now));
                life.change(|record| {
                    give_up(record, now);
                });
            }
            Happening::Before => life.forget_new_fields(),
            Happening::Pass(duration) => self.pass(duration),
            Happening::SetBack(duration) => {
                self.now = self.now.minus(duration);
                self.jumped = true;
            }
        }
    }

    fn step(&mut self, who: usize, fate: Fate) {
        let World { rows, limits, now, elapsed, created, lives, .. } = self;
        if lives[who].step(fate, rows, limits, *now) {
            created.push((*elapsed, *now));
        }
        // The register's alarm.
        let Ok(called) = admission::called(rows, limits, *now);
        for waiter in called {
            for life in lives.iter_mut().filter(|life| waiter.incident.ends_with(&life.key)) {
                life.change(|record| {
                    super::called(record, *now);
                });
            }
            let Ok(()) = admission::expect(rows, waiter, *now);
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for life in &self.lives {
            life.check()?;
        }
        for (at, time) in &self.created {
            let minute = self.created.iter().filter(|(other, _)| (*at..*at + MINUTE).contains(other)).count();
            prop_assert!(minute <= self.limits.per_minute as usize, "{minute} sessions in a minute");
            let day = self.created.iter().filter(|(_, other)| other.midnight() == time.midnight()).count();
            prop_assert!(self.jumped || day <= self.limits.per_day as usize, "{day} sessions in a day");
        }
        Ok(())
    }

    /// From now on everything goes well. How it ends.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..2_000 {
            self.check()?;
            let mut next = None;
            for (who, life) in self.lives.iter().enumerate() {
                let Some(record) = life.record() else { continue };
                let at = match due(&record, self.now) {
                    Step::Rest => continue,
                    Step::Wait(until) => until,
                    _ => self.now,
                };
                let waits = match record.state {
                    State::Waiting { admission: AdmissionState::Queued(_), .. } => HOUR,
                    State::Waiting { admission: AdmissionState::Held, .. } => 25 * HOUR,
                    State::Started => LONGEST_GATHERING,
                    _ => LONGEST_PAUSE,
                };
                prop_assert!(at.since(self.now) <= waits, "waits too long: {record:?}");
                if next.is_none_or(|(_, earliest)| at < earliest) {
                    next = Some((who, at));
                }
            }
            let Some((who, at)) = next else { return self.settled() };
            self.pass(at.since(self.now));
            self.step(who, Fate::Fine);
        }
        prop_assert!(false, "no end: {:?}", self.lives.iter().map(Life::record).collect::<Vec<_>>());
        Ok(())
    }

    fn settled(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.rows.line.borrow().is_empty(), "somebody is left in line");
        let permits = self.rows.permits.borrow();
        prop_assert!(
            permits.values().all(|(_, confirmed)| *confirmed),
            "a permit is left over: {permits:?}, {:?}",
            self.lives.iter().map(Life::record).collect::<Vec<_>>()
        );
        for life in &self.lives {
            life.settled()?;
        }
        Ok(())
    }
}

impl Life {
    fn new(key: String, (workflow, start_on, occurrences, group, approve): Kinds) -> Life {
        let (sender, window) = match workflow {
            Workflow::Postmortem if start_on == Kind::Reopened => (Sender::Alert, Some(3_600)),
            Workflow::Postmortem => (Sender::Pagerduty, None),
            Workflow::Triage => (Sender::Alert, Some(3_600)),
        };
        let start_on = if start_on == Kind::Reopened { Kind::Resolved } else { start_on };
        let plan = Plan {
            workflow,
            start_on,
            dedup_window_seconds: window,
            min_occurrences: occurrences,
            group_wait_seconds: if group { 30 } else { 0 },
            approve,
            ..Default::default()
        };
        Life {
            key,
            devin: Devin::default(),
            stored: None,
            request: None,
            late: Vec::new(),
            replayed: false,
            approvals: 0,
            rolled_back: false,
            plan,
            group,
            sender,
            events: 0,
            last: BTreeMap::new(),
            owed: false,
            not_started: false,
            refused: false,
            given_up: false,
            arrived: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// What the object reads when it starts.
    fn record(&self) -> Option<Record> {
        self.stored.as_ref().map(|text| Record::from_text(text).unwrap())
    }

    fn store(&mut self, record: &mut Record) {
        self.not_started |= record.not_started.is_some();
        self.stored = Some(record.to_text());
    }

    fn change(&mut self, change: impl FnOnce(&mut Record)) {
        if let Some(mut record) = self.record() {
            change(&mut record);
            self.store(&mut record);
        }
    }

    fn forget_new_fields(&mut self) {
        self.rolled_back = true;
        let Some(text) = &self.stored else { return };
        let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
        for field in [
            "started_at",
            "failed_at",
            "unanswered",
            "cached",
            "deliveries",
            "episodes",
            "flaps",
            "levels",
            "requested",
            "held_for",
            "approval",
            "not_started",
            "insisted",
        ] {
            record.as_object_mut().unwrap().remove(field);
        }
        self.stored = Some(record.to_string());
    }

    fn next_event(&mut self, kind: Kind, again: bool, severity: u8, alert: u8) -> IncidentEvent {
        let number = match self.last.get(kind.name()) {
            Some(number) if again => *number,
            _ => {
                self.events += 1;
                self.events
            }
        };
        self.last.insert(kind.name(), number);
        let alert = Key::new(self.sender, &[&self.key, &alert.to_string()]).unwrap();
        IncidentEvent {
            key: if self.group { Key::group(&[&self.key]) } else { Key::new(self.sender, &[&self.key]).unwrap() },
            sender: self.sender,
            kind,
            event_type: kind.name().to_owned(),
            id: (self.sender == Sender::Pagerduty).then(|| number.to_string()),
            occurred_at: None,
            change: (kind == Kind::Updated).then(|| format!("note {number}")),
            delivery: None,
            group: self.group.then(|| Membership { alert: alert.clone(), made_of: self.key.clone() }),
            routing: Routing::default(),
            bridge: None,
            incident: Incident {
                title: if self.group { alert.to_string() } else { "t".into() },
                severity: (self.sender == Sender::Alert).then_some(severity),
                ..Default::default()
            },
        }
    }

    fn event(&mut self, event: IncidentEvent, ignored: bool, lost: bool, now: Time) {
        let before = self.record();
        let known = before.is_some();
        let concluded = before.as_ref().is_some_and(|record| record.concluded && record.state != State::Failed);
        let note = event.change.clone();
        let (record, taken) = take(before, event, (!ignored).then(|| self.plan.clone()), now);
        assert!(record.is_some() || !known, "what is known is kept");
        if lost {
            return;
        }
        if let Some(mut record) = record {
            self.store(&mut record);
        }
        self.owed |= matches!(taken, Taken::Accepted);
        if concluded && taken == Taken::FollowUp {
            self.late.extend(note);
        }
    }

    /// One step of the alarm; whether a session was created within the limits. Whatever is not stored when a crash comes
    /// is forgotten, as it would be.
    fn step(&mut self, fate: Fate, rows: &Memory, limits: &Limits, now: Time) -> bool {
        let Some(mut record) = self.record() else { return false };
        interrupted(&mut record, now);
        let mut created = false;
        let crash = matches!(fate, Fate::CrashBefore | Fate::CrashAfter);
        let failure = match fate {
            Fate::Busy => Some(Failure::Busy { after: None, words: "busy".into() }),
            Fate::LostAnswer | Fate::LostRequest => Some(Failure::Unknown { words: "lost".into() }),
            Fate::Refused => Some(Failure::Refused { status: 401, words: "no".into() }),
            _ => None,
        };
        let done =
            matches!(fate, Fate::Fine | Fate::LostAnswer | Fate::CrashAfter | Fate::WriteFails | Fate::NoRegister);
        match due(&record, now) {
            Step::Publish => {
                let told = !matches!(fate, Fate::LostRequest | Fate::NoRegister | Fate::CrashBefore);
                if told {
                    for former in std::mem::take(&mut record.former) {
                        let Ok(()) = admission::settle(rows, &former.id, former.permit, now);
                    }
                    let Ok(()) = admission::settle(rows, &record.correlation_id(), record.permit(), now);
                }
                published(&mut record, told, now, 0.0);
            }
            Step::Expire => expire(&mut record, now),
            Step::Create if fate == Fate::NoRegister => not_admitted(&mut record, now, 0.0),
            Step::Create => {
                let applicant = record.applicant();
                let Ok(admission) = admission::apply(rows, &applicant, limits, now);
                if admission != Admission::Admitted {
                    must_wait(&mut record, admission, now);
                    record.publish(now);
                    if !crash {
                        self.store(&mut record);
                    }
                    return false;
                }
                let correlation_id = record.correlation_id();
                if record.session_untried() || self.request.as_ref().is_none_or(|(of, _)| *of != correlation_id) {
                    let shown = record.changes.iter().cloned().chain(record.all_alerts()).collect();
                    self.request = Some((correlation_id.clone(), shown));
                }
                creating(&mut record, now);
                let over = record.concluded && record.plan.workflow == Workflow::Triage;
                assert!(!over || record.insisted || self.rolled_back, "Devin is asked for what is over: {record:?}");
                self.store(&mut record);
                let session = Session { id: format!("s{}", self.devin.messages.len()), url: String::new() };
                if done || fate == Fate::Gone {
                    created = !applicant.released;
                    self.devin.sessions.entry(correlation_id).or_default().push(session.id.clone());
                    self.devin.messages.insert(session.id.clone(), Vec::new());
                    self.devin.read.insert(session.id.clone(), self.request.clone().unwrap().1);
                    if record.initial_task == InitialTask::Full {
                        self.devin.whole.push(session.id.clone());
                    }
                }
                self.refused |= fate == Fate::Refused;
                if !crash {
                    create_replied(&mut record, failure.map_or(Ok(session), Err), now, 0.5);
                }
            }
            Step::LookUp => {
                let found = self.devin.sessions.get(&record.correlation_id()).and_then(|ids| ids.first());
                let found = found.map(|id| Session { id: id.clone(), url: String::new() });
                self.refused |= fate == Fate::Refused;
                if !crash {
                    look_up_replied(&mut record, failure.map_or(Ok(found), Err), false, now, 0.5);
                }
            }
            Step::Send => {
                let (id, correlation_id) = addressee(&record);
                let message = next_message(&record).unwrap();
                let news = match &message.prior_session {
                    Some(prior_session) => prior_session.changes.clone(),
                    None => record.changes.iter().cloned().chain(record.new_alerts()).collect(),
                };
                let text = message.text.clone().unwrap_or_else(|| news.join("\n"));
                sending(&mut record, &text, now);
                self.store(&mut record);
                if fate == Fate::Gone {
                    self.devin.gone.push(id.clone());
                }
                let gone = self.devin.gone.contains(&id);
                if done && !gone {
                    self.devin.messages.get_mut(&id).unwrap().push(correlation_id);
                    self.devin.read.get_mut(&id).unwrap().extend(text.lines().map(str::to_owned));
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
                let (id, correlation_id) = addressee(&record);
                let found = self.devin.messages.get(&id).is_some_and(|messages| messages.contains(&correlation_id));
                self.refused |= fate == Fate::Refused;
                if !crash {
                    message_look_up_replied(&mut record, failure.map_or(Ok(found), Err), now, 0.5);
                }
            }
            Step::Notify(target) => {
                let before = record.clone();
                let notice = notices::first(&record, target).unwrap().clone();
                if notices::overtaken(&mut record, target) {
                    self.store(&mut record);
                    return false;
                }
                let session = notice.news.session_id.clone().unwrap_or_default();
                let what = (target.name(), notice.about.name(), session);
                let looking = matches!(notice.delivery, Delivery::LookingUp(_));
                let there = self.arrived.contains_key(&what);
                if !looking {
                    notices::sending(&mut record, target);
                    self.store(&mut record);
                    if done || fate == Fate::Gone {
                        *self.arrived.entry(what.clone()).or_default() += 1;
                    }
                }
                if !crash {
                    if fate != Fate::WriteFails && failure.is_none() && (!looking || there) {
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
            Step::Close => close::replied(&mut record, Some(Ok(())), now, 0.0),
            Step::Wait(_) | Step::Rest => {}
        }
        self.given_up |= record.timeline.last().is_some_and(|entry| entry.what.contains("48 hours"));
        if !crash && fate != Fate::WriteFails {
            self.store(&mut record);
        }
        created
    }

    fn report(&mut self, end: End, now: Time) {
        let Some(mut record) = self.record() else { return };
        let Some(session) = &record.session else { return };
        let end = if self.devin.gone.contains(&session.id) { End::Over } else { end };
        let report = Report {
            session: session.id.clone(),
            state: Some(end.name().to_owned()),
            end,
            words: Some(String::new()),
            ..Report::default()
        };
        outcome::reported(&mut record, &report, now);
        self.store(&mut record);
    }

    /// At every moment: a correlation id has one session at most, no message arrived twice or out of order, and a first session
    /// stays the only one unless it is gone.
    fn check(&self) -> Result<(), TestCaseError> {
        for (correlation_id, sessions) in &self.devin.sessions {
            prop_assert!(sessions.len() <= 1, "{correlation_id} has {sessions:?}");
        }
        for messages in self.devin.messages.values() {
            let number = |correlation_id: &String| {
                correlation_id.rsplit(' ').next().unwrap().trim_end_matches(')').parse::<u32>().unwrap()
            };
            let numbers: Vec<u32> = messages.iter().map(number).collect();
            let once = numbers.iter().collect::<std::collections::BTreeSet<_>>().len() == numbers.len();
            // What somebody has sent again by hand comes after what went on meanwhile.
            prop_assert!(once && (self.replayed || numbers.is_sorted()), "{messages:?}");
        }
        if let Some(record) = self.record() {
            prop_assert!(record.outbox.len() <= 25 && record.changes.len() <= 50, "it grows: {record:?}");
            prop_assert!(record.changes_sent <= record.changes.len());
        }
        // Of an alert the same note may come twice: it has no id.
        if self.sender == Sender::Pagerduty {
            let mut read: Vec<&String> =
                self.devin.read.values().flatten().filter(|line| line.starts_with("note")).collect();
            let lines = read.len();
            read.sort();
            read.dedup();
            prop_assert!(read.len() == lines, "read twice: {:?}", self.devin.read);
            let living = self.devin.messages.keys().filter(|id| !self.devin.gone.contains(id)).count();
            prop_assert!(living <= 1, "{living} sessions live for one incident");
        }
        let sessions: usize = self.devin.sessions.values().map(Vec::len).sum();
        prop_assert!(
            !self.plan.approve || sessions <= self.approvals,
            "{sessions} sessions after {} approvals",
            self.approvals
        );
        // An incident may fail as often as it is tried again, and has no session by which to tell one time from another.
        let of_sessions = self.known.iter().filter(|((_, _, session), _)| !session.is_empty());
        for (what @ (target, about, session), known) in of_sessions {
            // A session ends again after each message that wakes it.
            let ends = self.devin.messages.get(session).map_or(0, Vec::len) + 1;
            let most = if *about == "started" { 1 } else { ends };
            prop_assert!(*known <= most, "{what:?} was known to be delivered {known} times");
            prop_assert!(*target == "webhook" || self.arrived[what] <= most, "{what:?} came more often");
        }
        Ok(())
    }

    fn settled(&self) -> Result<(), TestCaseError> {
        let Some(record) = self.record() else { return Ok(()) };
        prop_assert!(record.notices.is_empty(), "somebody still waits to be notified");
        if !self.owed {
            return Ok(());
        }
        match record.state {
            State::Started => {
                if self.devin.gone.is_empty() && record.outbox.is_empty() && record.episode == 1 {
                    let read = |note: &String| self.devin.read.values().flatten().any(|line| line.ends_with(note));
                    prop_assert!(self.late.iter().all(read), "nobody read {:?}: {:?}", self.late, self.devin.read);
                }
                let id = &record.session.as_ref().unwrap().id;
                self.every_alert_was_named(&record)?;
                let undelivered = record.outbox.iter().all(|message| message.delivery == Delivery::Failed);
                prop_assert!(!self.devin.gone.contains(id) || record.plan.workflow == Workflow::Triage || undelivered);
                prop_assert!(undelivered);
                prop_assert!(record.outbox.is_empty() || self.refused || self.given_up);
                let told = self.devin.whole.contains(id) || !self.devin.messages[id].is_empty();
                // Nobody approved the session that was to take its place.
                let declined = self.plan.approve && self.devin.gone.contains(id);
                prop_assert!(
                    told || !record.concluded || !record.outbox.is_empty() || declined,
                    "the session was never notified that it is over"
                );
            }
            State::Failed => {
                prop_assert!(self.refused || self.given_up, "failed without a reason: {record:?}");
            }
            // An episode that only counts, after one that has its session or was to have none.
            State::Watching => {
                prop_assert!(record.episode > 1 || self.not_started, "ends without a session: {record:?}");
            }
            ref state => prop_assert!(false, "ends in {state:?}"),
        }
        Ok(())
    }
}

impl Life {
    /// The session knows each alert of its group, and how it stands, unless it takes no messages any more.
    fn every_alert_was_named(&self, record: &Record) -> Result<(), TestCaseError> {
        let id = &record.session.as_ref().unwrap().id;
        let all = !self.devin.gone.contains(id) && record.outbox.is_empty();
        for member in record.alerts.iter().filter(|member| all && member.over.is_none()) {
            let named = self.devin.read[id].iter().any(|line| line.contains(&member.name));
            prop_assert!(named, "nobody read of {}: {:?}", member.name, self.devin.read);
            prop_assert!(member.news == News::None, "still to be sent: {record:?}");
        }
        Ok(())
    }
}

/// The session that the next message is for, and the message's correlation id.
fn addressee(record: &Record) -> (String, String) {
    let message = next_message(record).unwrap();
    match &message.prior_session {
        Some(prior_session) => (prior_session.session.id.clone(), prior_session.correlation_id.clone()),
        None => (record.session.clone().unwrap().id, record.message_correlation_id(message.number)),
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
        1 => Just(Fate::WriteFails),
        1 => Just(Fate::NoRegister),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => (kind(), any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.1), 0..5_u8, 0..4_u8).prop_map(
            |(kind, again, ignored, lost, severity, alert)| {
                Happening::Event { kind, again, ignored, lost, severity, alert }
            }
        ),
        6 => fate().prop_map(Happening::Step),
        1 => prop_oneof![Just(End::Open), Just(End::Waiting), Just(End::Asleep), Just(End::Over)].prop_map(Happening::Report),
        1 => prop_oneof![Just(Happening::Replay), Just(Happening::GiveUp), Just(Happening::Before)],
        3 => prop_oneof![
            5 => prop::sample::select(vec![SECOND, 10 * SECOND, MINUTE, 2 * HOUR, 60 * HOUR]).prop_map(Happening::Pass),
            1 => Just(Happening::SetBack(MINUTE)),
        ],
    ]
}

fn life() -> impl Strategy<Value = Kinds> {
    let work = prop_oneof![
        Just((Workflow::Postmortem, Kind::Resolved, 1, false)),
        Just((Workflow::Postmortem, Kind::Acknowledged, 1, false)),
        Just((Workflow::Postmortem, Kind::Triggered, 1, false)),
        // An alert's postmortem.
        Just((Workflow::Postmortem, Kind::Reopened, 1, false)),
        Just((Workflow::Triage, Kind::Triggered, 1, false)),
        Just((Workflow::Triage, Kind::Triggered, 2, false)),
        // Groups.
        Just((Workflow::Triage, Kind::Triggered, 1, true)),
        Just((Workflow::Triage, Kind::Triggered, 2, true)),
        Just((Workflow::Postmortem, Kind::Reopened, 1, true)),
        Just((Workflow::Postmortem, Kind::Triggered, 1, true)),
    ];
    let approve = prop::bool::weighted(0.2);
    (work, approve)
        .prop_map(|((workflow, kind, occurrences, group), approve)| (workflow, kind, occurrences, group, approve))
}

proptest! {
    // PROPTEST_CASES=100000 for the long run.
    #![proptest_config(ProptestConfig { max_shrink_iters: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_there_is_one_session_and_nothing_is_forgotten(
        lives in prop::collection::vec(life(), 1..4),
        per_minute in 1..3_u32,
        per_day in 1..6_u32,
        happenings in prop::collection::vec((0..3_usize, happening()), 1..90),
    ) {
        let mut world = World::new(&lives, Limits { per_minute, per_day, ..Limits::default() });
        for (who, happening) in happenings {
            world.happen(who, happening);
            world.check()?;
        }
        world.settle()?;
    }
}
