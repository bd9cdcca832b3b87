//! What must hold, whatever goes wrong: checked when a session is created, when somebody has to wait, every hour, and
//! when everything is over.

use std::collections::BTreeSet;

use memchr::memmem;
use serde_json::Value;

use crate::clocks::REGISTER;
use crate::world::World;
use incident::admission::Limits;
use incident::record::{Delivery, MOST_FORMER, MOST_MESSAGES, Record, State};
use incident::time::{DAY, HOUR, MINUTE, SECOND, Time};
use outbound::http::Call;

impl World {
    /// A session was created: is it the only one, and within the limits?
    pub(crate) fn created(&self, call: &Call) {
        let now = self.executor.now();
        let tags = call.body.as_ref().and_then(|body| body["tags"].as_array().cloned()).unwrap_or_default();
        let tag = tags.iter().filter_map(Value::as_str).find(|tag| tag.starts_with("incident:")).unwrap_or_default();
        if self.devin.borrow().tagged(tag).len() > 1 {
            self.broke(format!("{tag} has two sessions"));
        }
        let key = key_of(tag);
        self.with_session.borrow_mut().extend(self.record(key).map(|record| record.name()));
        let released = self.released.borrow().contains(key);
        let mut created = self.created.borrow_mut();
        created.push((now, released));
        let within =
            |from: Time| created.iter().rev().take_while(|(at, _)| *at > from).filter(|(_, free)| !free).count();
        let (minute, day) = (within(now.minus(MINUTE)), within(Time(now.midnight().0 - 1)));
        let anew = self.times_anew(now.minus(2 * MINUTE));
        let per_minute = self.most(now.minus(2 * MINUTE), |limits| limits.per_minute) * anew;
        let per_day = self.most_today();
        if minute > per_minute {
            self.broke(format!("{minute} sessions in a minute, at most {per_minute}"));
        }
        if day > per_day {
            self.broke(format!("{day} sessions in a day, at most {per_day}"));
        }
    }

    /// Whether what a record keeps of messages is within its bound.
    pub(crate) fn is_bounded(&self, key: &str, text: &str) {
        // Only messages have such a field, and each of them has it.
        let many = memmem::find_iter(text.as_bytes(), "\"sole\":").count() > MOST_MESSAGES;
        let Some(record) = many.then(|| Record::from_text(text).ok()).flatten() else { return };
        if record.outbox.len() > MOST_MESSAGES {
            self.broke(format!("{key}: {} messages are kept", record.outbox.len()));
        }
    }

    /// The register heard of a session, or of one that there may be: does it count, if it is one of today?
    pub(crate) fn is_counted(&self, id: &str, at: Time) {
        let now = self.clock(REGISTER);
        let created = self.devin.borrow().tagged(id).first().map(|session| session.created);
        if created.is_none() {
            let of_this = self.record(key_of(id)).filter(|record| record.correlation_id() == id);
            if of_this.is_some_and(|record| !record.may_exist) && !self.was_rolled_back(key_of(id)) {
                self.broke(format!("{} counts, although there is none", key_of(id)));
            }
            self.doubted.borrow_mut().insert(id.to_owned(), at);
        }
        let today = created.is_some_and(|created| created >= now.midnight().plus(MINUTE));
        let set = self.register_was_set(now.midnight().minus(HOUR)) > 0;
        if today && !set && self.number("SELECT count(*) FROM permits WHERE id = ?", [id]) == 0 {
            self.broke(format!("{}: its session of today does not count", key_of(id)));
        }
    }

    /// The register issues a permit: is there nobody in front who could go, and for whom there is no room beside it?
    pub(crate) fn is_first_in_line(&self, id: &str) {
        let key = key_of(id);
        let (now, limits) = (self.clock(REGISTER), self.limits.borrow().last().map(|(_, limits)| limits.clone()));
        let Some(limits) = limits else { return };
        let Some(record) = self.record(key).filter(|_| !self.released.borrow().contains(key)) else { return };
        let applicant = record.applicant();
        let ahead = self.ahead(id, applicant.rank.into(), applicant.since.0);
        let minute = self.number("SELECT count(*) FROM permits WHERE at > ?", [now.minus(MINUTE).0]);
        let day = self.number("SELECT count(*) FROM permits WHERE confirmed = 0 OR at >= ?", [now.midnight().0]);
        if ahead + minute >= i64::from(limits.per_minute) || ahead + day >= i64::from(limits.per_day) {
            self.broke(format!("{key} may start before {ahead} who wait: {minute} in a minute, {day} today"));
        }
    }

    /// Somebody is held until then: where all may go at that moment, does it come after those in front of it? Not where its
    /// route holds it, whose line is another one.
    pub(crate) fn comes_back_in_turn(&self, id: &str, (rank, since): (i64, i64), at: Time) {
        let now = self.clock(REGISTER);
        let begins = at == now.next_midnight() || self.number("SELECT until FROM pause", []) == at.0;
        let of_route = || self.number("SELECT count(*) FROM counted WHERE id = ? AND route IS NOT NULL", [id]);
        if at <= now || !begins || of_route() > 0 {
            return;
        }
        // At midnight those are gone who still start today.
        let gone = if at == now.next_midnight() { self.may_start_today() } else { 0 };
        let ahead = self.ahead(id, rank, since).saturating_sub(gone);
        if ahead > 0 {
            self.broke(format!("{} is to come back at the same moment as {ahead} in front of it", key_of(id)));
        }
    }

    /// At most so many sessions may still be created today.
    fn may_start_today(&self) -> i64 {
        self.most_today().saturating_sub(self.created_since(self.executor.now().midnight())) as i64
    }

    /// So many sessions the limits in force since midnight allow today.
    fn most_today(&self) -> usize {
        let midnight = self.executor.now().midnight();
        self.most(midnight, |limits| limits.per_day) * self.times_anew(midnight)
    }

    /// How many sessions were created since then.
    fn created_since(&self, from: Time) -> usize {
        self.created.borrow().iter().rev().take_while(|(at, _)| *at >= from).count()
    }

    /// How many are in line before somebody, without those of routes with a budget of their own, which may hold them.
    fn ahead(&self, id: &str, rank: i64, since: i64) -> i64 {
        let query = "SELECT count(*) FROM waiters LEFT JOIN counted USING (id) WHERE route IS NULL \
             AND (rank, since, waiters.id) < (?, ?, ?)";
        self.number(query, (rank, since, id))
    }

    /// How often the limits may have begun anew since then, because the register's clock was set.
    pub(crate) fn times_anew(&self, since: Time) -> usize {
        // A clock that is wrong has another midnight.
        let wrong = usize::from(!self.clock_was_right(REGISTER, self.executor.now().since(since) + 2 * HOUR));
        1 + wrong + self.register_was_set(since.minus(2 * HOUR))
    }

    /// Of the register's rows only those are there that count for something.
    pub fn check_rows(&self) {
        let oldest = self.executor.now().midnight().minus(DAY).0;
        let old = self.number("SELECT count(*) FROM permits WHERE at < ? AND confirmed = 1", [oldest]);
        if old > 0 {
            self.broke(format!("{old} permits of sessions from days ago are kept"));
        }
        for id in self.texts("SELECT id FROM permits WHERE confirmed = 0") {
            let (name, key) = (id.as_str(), key_of(&id));
            let Some(record) = self.record(key) else { continue };
            // Of many that were lost in a row the oldest are not remembered: their permits are forgotten after three days.
            let attempt = name.split_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or(1_u32);
            if attempt.saturating_add(MOST_FORMER as u32) <= record.attempt.saturating_add(1) {
                continue;
            }
            // It is told with the next publish.
            if record.unpublished.is_some() || !record.former.is_empty() || self.was_rolled_back(key) {
                continue;
            }
            let tries =
                matches!(record.state, State::Waiting { .. } | State::Creating { .. } | State::LookingUp { .. });
            let waits = matches!(record.state, State::Waiting { .. }) && record.unanswered == 0;
            let issued = Time(self.number("SELECT at FROM permits WHERE id = ?", [&id]));
            let set_lately = self.register_was_set(self.executor.now().minus(HOUR)) > 0;
            // It tells the register when it tries again, if it dies as soon as it has one: the longest pause is two minutes.
            if waits && !set_lately && self.clock(REGISTER).since(issued) > 3 * MINUTE {
                self.broke(format!("{id} holds a permit while it waits"));
            }
            if record.correlation_id() != id || !tries {
                self.broke(format!("{id} holds a permit although the record is {:?}", record.state));
            }
        }
    }

    /// Somebody has to wait for its turn: is there really no room?
    pub(crate) fn must_wait(&self, key: &str, limits: Limits) {
        let now = self.executor.now();
        // A clock that was wrong has left permits of another time.
        if !self.clocks_were_right(now.since(now.midnight()) + 4 * HOUR) {
            return;
        }
        // A permit counts a little longer than a minute, and from before its session is there.
        let window = now.minus(2 * MINUTE + 5 * SECOND);
        // Who may have a session counts as if it had.
        let since = |from: Time| {
            let doubted = self.doubted.borrow().values().filter(|at| **at >= from).count();
            (self.created_since(from) + doubted) as i64
        };
        let (minute, day) = (since(window), since(now.midnight()));
        let others = self.number("SELECT count(*) FROM permits WHERE confirmed = 0", [])
            + self.number("SELECT count(*) FROM waiters", []);
        let per_day = limits.per_day.saturating_sub(limits.reserved);
        if minute + others < i64::from(limits.per_minute) && day + others < i64::from(per_day) {
            let words = format!("{minute} sessions in the last minutes, {day} today, {others} others want one");
            self.broke(format!("{key} has to wait: {words}"));
        }
    }

    /// The alerts that some session of a group has heard of, and whether any of its sessions takes no more messages.
    pub fn named_to(&self, key: &str) -> (BTreeSet<String>, bool) {
        let devin = self.devin.borrow();
        let sessions = || devin.of_key(key);
        (sessions().flat_map(|session| session.named.clone()).collect(), sessions().any(|session| session.gone))
    }
}

/// The key in a correlation id.
fn key_of(id: &str) -> &str {
    let name = id.trim_start_matches("incident:");
    name.split_once('.').map_or(name, |(key, _)| key)
}

/// What sessions made after their end has come back to their incidents.
fn followed(world: &World) {
    let devin = world.devin.borrow();
    for key in world.keys() {
        let Some(record) = world.record(&key).filter(|record| record.state == State::Started) else { continue };
        let Some(session) = record.session.as_ref().and_then(|session| devin.session(&session.id)) else { continue };
        let known = record.outcome.as_ref().is_some_and(|outcome| !outcome.pull_requests.is_empty());
        let soon = session.opens.is_some_and(|at| at < session.ends.plus(6 * HOUR));
        if soon && !known && session.paid && !world.was_rolled_back(&key) {
            world.broke(format!("{key}: a pull request of {} was never seen", session.id));
        }
    }
}

/// After all faults have stopped, and the days that a spent budget may take: is anything still owed?
pub(crate) fn settled(world: &World) {
    for key in world.keys() {
        let Some(record) = world.record(&key) else {
            world.broke(format!("{key}: the record can't be read"));
            continue;
        };
        match record.state {
            State::Started | State::Failed | State::Watching => {}
            ref state => world.broke(format!("{key}: still {state:?}")),
        }
        // What failed waits with its messages until somebody replays it.
        if record.state != State::Failed && record.outbox.iter().any(|message| message.delivery != Delivery::Failed) {
            world.broke(format!("{key}: a message is still to be sent"));
        }
        if !record.notices.is_empty() {
            world.broke(format!("{key}: somebody is still to be notified"));
        }
    }
    for (key, names) in world.answered.accepted.borrow().iter() {
        let with_session = world.with_session.borrow();
        let names = names.iter().filter(|name| !with_session.contains(*name));
        let missing: Vec<&String> = names.filter(|name| !world.needs_none(name)).collect();
        if let [name, ..] = missing.as_slice()
            && !world.was_rolled_back(key)
        {
            world.broke(format!("{name} was accepted, and has neither a session nor a reason"));
        }
    }
    for (key, names) in world.answered.fired.borrow().iter() {
        let Some(record) = world.record(key).filter(|record| record.state == State::Started) else { continue };
        let (named, gone) = world.named_to(key);
        let unnamed =
            |name: &&String| record.alerts.iter().any(|member| member.name == **name) && !named.contains(*name);
        if let Some(name) = names.iter().find(unnamed)
            && !gone
            && !world.was_rolled_back(key)
            && record.outbox.is_empty()
        {
            world.broke(format!("{key}: no session was notified about {name}"));
        }
    }
    followed(world);
    let unconfirmed = world.number("SELECT count(*) FROM permits WHERE confirmed = 0", []);
    if unconfirmed > 0 {
        world.broke(format!("{unconfirmed} permits are left over"));
    }
    let waiting = world.number("SELECT count(*) FROM waiters", []);
    if waiting > 0 {
        world.broke(format!("{waiting} are left in line"));
    }
}
