//! Admission: how many sessions may start in any minute and in a day, and who is next.
//!
//! What must hold:
//! - never more sessions than the limits allow, whatever is retried, interrupted or restarted;
//! - a session counts once, when it is created; an attempt that failed holds nothing while it waits for the next one;
//! - first come, first served within a rank, by when the session was wanted and not by who asks first: a slot that
//!   becomes free goes to the first in line, and never to a newcomer;
//! - who may not go for a reason of its own (its route's sessions are spent, the rest of the day's are for graver ones)
//!   delays nobody behind it;
//! - while there is a pause, nobody goes but whom a person lets go;
//! - nobody is waited for who does not come back.
//!
//! An attempt takes a [permit](Rows::reserve) before Devin is asked. It is confirmed when the session exists and released
//! when it is known that there is none. Who gets no permit waits in line until it asks again: at the time it was given,
//! or earlier when the register says that a slot is free ([`called`]). Pure: the register keeps the rows in its storage.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::{self, Fault};
use crate::reason::Reason;
use crate::session::LONGEST_CALL;
use crate::time::{SECOND, Time};

/// The limits in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Sessions in any 60 seconds.
    pub per_minute: u32,
    /// Sessions a day (UTC).
    pub per_day: u32,
    /// So many of a day's are only for those of rank 0.
    pub reserved: u32,
    /// Sessions a day of the routes that have a budget of their own, by what identifies each.
    pub routes: BTreeMap<String, u32>,
}

impl Limits {
    /// How far apart sessions start where as many do as may.
    pub fn pace(&self) -> Duration {
        RATE_WINDOW / self.per_minute.max(1)
    }
}

/// Nothing starts for a while, because somebody says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pause {
    /// Why, in that person's words.
    pub reason: String,
    /// Since when.
    pub since: Time,
    /// When it ends by itself; `None`: when somebody ends it.
    pub until: Option<Time>,
}

/// Who asks to start a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Applicant {
    /// The correlation id of the wanted session: what its permit is kept under.
    pub id: String,
    /// The incident's name.
    pub incident: String,
    /// 0 goes before 1.
    pub rank: u8,
    /// What identifies its route, where that has a budget of its own.
    pub route: Option<String>,
    /// Since when the session is wanted.
    pub since: Time,
    /// Whether a person let it go ahead of the limits.
    pub released: bool,
}

/// An applicant in line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiter {
    /// [`Applicant::id`].
    pub id: String,
    /// The incident's name.
    pub incident: String,
    /// [`Applicant::rank`].
    pub rank: u8,
    /// [`Applicant::since`].
    pub since: Time,
    /// When it is expected to ask again.
    pub back_at: Time,
    /// Whether it waits for another day or the end of a pause, and not only for its turn in the minute.
    pub held: bool,
}

/// So many who are in line in front of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Whether they are of rank 0.
    pub urgent: bool,
    /// Their [`Applicant::route`].
    pub route: Option<String>,
    /// How many.
    pub number: u32,
}

/// The answer to an [`Applicant`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Go ahead now.
    Admitted,
    /// Over the sessions per minute; ask again then.
    Queued {
        /// How many are in front.
        ahead: u32,
        /// When to ask again.
        until: Time,
    },
    /// Held; ask again then.
    Held {
        /// After the next midnight (UTC) or the end of the pause, in the order of the line.
        until: Time,
        /// `day`, `route_budget` or `paused`.
        #[serde(default = "day")]
        why: Reason,
    },
}

/// Why a register of a release before held somebody.
fn day() -> Reason {
    Reason::Day
}

/// What an incident's record says of its permit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermitUse {
    /// The session may exist: the permit stays as it is.
    Undecided,
    /// The session exists, and was seen to at this time.
    Session(Time),
    /// There is no session. `in_line`: one is still waited for.
    None {
        /// Whether it keeps its place in the line.
        in_line: bool,
    },
    /// There is a session that a release without permits has counted.
    #[default]
    Counted,
}

/// How much of the limits is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Permits of the last minute.
    pub minute: u32,
    /// Sessions since midnight (UTC), and attempts under way.
    pub today: u32,
    /// How many wait for their turn in the minute.
    pub queue: u32,
}

/// What counts against the limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Permits of the last minute.
    pub minute: u32,
    /// Sessions since midnight (UTC), and attempts under way,
    pub today: u32,
    /// of which so many are of rank 0,
    pub urgent: u32,
    /// and so many of each route with a budget of its own.
    pub routes: BTreeMap<String, u32>,
}

/// Which permits count for the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Those issued since then,
    pub since: Time,
    /// and since then where they are not confirmed: Devin may only now be creating the session.
    pub unconfirmed_since: Time,
}

/// Where permits and the line are kept. Each call is a statement or a few on tables.
pub trait Rows {
    /// Why the rows could not be read or written.
    type Error;

    /// Deletes confirmed permits from before the first time, and those never confirmed from before the second.
    fn forget(&self, confirmed: Time, reserved: Time) -> Result<(), Self::Error>;
    /// Permits from after `now`, where the clock has jumped back, count as issued now; and who was expected by the other
    /// time is not in line any more.
    fn tidy(&self, now: Time, expected_by: Time) -> Result<(), Self::Error>;
    /// What counts against the limits: of the permits in the window, and of those issued since midnight or not confirmed.
    fn spent(&self, window: Window, midnight: Time) -> Result<Spent, Self::Error>;
    /// When the permit was issued that is `place`-th (0 is the oldest) of those in the window; of one that is only there
    /// because it is not confirmed, as much later as it counts longer.
    fn issued_at(&self, window: Window, place: u32) -> Result<Option<Time>, Self::Error>;
    /// What the permit or the place in line under this id counts for besides; until neither is there.
    fn count_for(&self, id: &str, urgent: bool, route: Option<&str>) -> Result<(), Self::Error>;
    /// Issues a permit, in place of one that is there under that id.
    fn reserve(&self, id: &str, at: Time) -> Result<(), Self::Error>;
    /// The session exists since `at`: its permit is confirmed, and made where there is none. One that is confirmed stays
    /// as it is.
    fn confirm(&self, id: &str, at: Time) -> Result<(), Self::Error>;
    /// A permit that is not confirmed is, as of when it was issued.
    fn confirm_reserved(&self, id: &str) -> Result<(), Self::Error>;
    /// Takes a permit back.
    fn release(&self, id: &str) -> Result<(), Self::Error>;
    /// Puts somebody in line, or changes its row.
    fn wait(&self, waiter: &Waiter) -> Result<(), Self::Error>;
    /// Takes somebody out of the line.
    fn leave(&self, id: &str) -> Result<(), Self::Error>;
    /// Who is in line before that rank, time and id; those of rank 0 first.
    fn ahead(&self, rank: u8, since: Time, id: &str) -> Result<Vec<Group>, Self::Error>;
    /// How many are in line, `held` or not.
    fn in_line(&self, held: bool) -> Result<u32, Self::Error>;
    /// The first in line, at most so many, and of a route that `left` names at most as many as it says.
    fn first(&self, most: u32, left: &BTreeMap<String, u32>) -> Result<Vec<Waiter>, Self::Error>;
    /// The pause that somebody asked for last, also one that is over by now.
    fn pause(&self) -> Result<Option<Pause>, Self::Error>;
}

/// How long after its time somebody keeps its place in line: longer than an alarm is ever late.
const GRACE: Duration = Duration::from_mins(2);
/// A permit counts this long for the rate. A little more than a minute, because Devin's clock sees the session a little
/// later than the bridge issued the permit.
const RATE_WINDOW: Duration = Duration::from_secs(62);
/// A permit that is never confirmed is forgotten after this long: longer than any attempt is retried.
const RESERVED_FOR: Duration = Duration::from_hours(3 * 24);

/// Somebody asks for a permit. One it has is replaced, so that each attempt counts when it is made.
pub fn apply<R: Rows>(rows: &R, applicant: &Applicant, limits: &Limits, now: Time) -> Result<Admission, R::Error> {
    let Applicant { id, incident, rank, since, .. } = applicant;
    rows.release(id)?;
    tidy(rows, now)?;
    rows.count_for(id, *rank == 0, applicant.route.as_deref())?;
    let admission = if applicant.released { Admission::Admitted } else { judge(rows, applicant, limits, now)? };
    let (back_at, held) = match admission {
        Admission::Admitted => {
            rows.leave(id)?;
            rows.reserve(id, now)?;
            return Ok(admission);
        }
        Admission::Queued { until, .. } => (until, false),
        Admission::Held { until, .. } => (until, true),
    };
    rows.wait(&Waiter { id: id.clone(), incident: incident.clone(), rank: *rank, since: *since, back_at, held })?;
    Ok(admission)
}

/// Whether somebody may go now, by the limits and the line.
fn judge<R: Rows>(rows: &R, applicant: &Applicant, limits: &Limits, now: Time) -> Result<Admission, R::Error> {
    let Applicant { id, rank, since, route, .. } = applicant;
    let mut groups = rows.ahead(*rank, *since, id)?;
    if fault::is_back(Fault::NewcomerFirst) {
        groups.clear();
    }
    if let Some(pause) = paused(rows, now)? {
        let all = groups.iter().fold(0_u32, |sum, group| sum.saturating_add(group.number));
        let from = pause.until.unwrap_or_else(|| now.next_midnight());
        return Ok(Admission::Held { until: spread(from, all, limits), why: Reason::Paused });
    }
    let mut room = Room::of(rows, limits, now)?;
    let (mut urgent, mut others, mut own) = (0_u32, 0_u32, 0_u32);
    for group in groups {
        let can_go = room.take(group.route.as_ref(), group.number);
        let sum = if group.urgent { &mut urgent } else { &mut others };
        *sum = sum.saturating_add(can_go);
        if route.is_some() && group.route == *route {
            own = own.saturating_add(group.number.saturating_sub(can_go));
        }
    }
    let ahead = urgent.saturating_add(others);
    if room.take(route.as_ref(), 1) == 0 {
        return Ok(Admission::Held { until: spread(now.next_midnight(), own, limits), why: Reason::RouteBudget });
    }
    if ahead >= room.day || *rank > 0 && others >= room.others {
        // Those who still go today are not there tomorrow. With them the line would move as fast as it asks, and one after
        // the other in it would be given the same moment.
        let urgent_go = urgent.min(room.day);
        let others_go = others.min(room.others).min(room.day.saturating_sub(urgent_go));
        let ahead = ahead.saturating_sub(urgent_go).saturating_sub(others_go);
        return Ok(Admission::Held { until: spread(now.next_midnight(), ahead, limits), why: Reason::Day });
    }
    if ahead < limits.per_minute.saturating_sub(room.in_minute) {
        return Ok(Admission::Admitted);
    }
    // The one that is k-th in line goes when the k-th of the permits now counted has aged out; beyond those, a whole
    // window later for every full set.
    let needed = room.in_minute.saturating_add(ahead).saturating_sub(limits.per_minute);
    let (windows, rest) = (needed / limits.per_minute.max(1), needed % limits.per_minute.max(1));
    let base = rows.issued_at(window(now), rest)?.unwrap_or(now);
    let until = base.plus(RATE_WINDOW.saturating_mul(windows.saturating_add(1))).max(now.plus(SECOND / 10));
    Ok(Admission::Queued { ahead, until })
}

/// As many each minute as may start then, so that the moment at which all may go is no stampede.
fn spread(from: Time, ahead: u32, limits: &Limits) -> Time {
    if fault::is_back(Fault::Herd) {
        return from;
    }
    let minutes = ahead / limits.per_minute.max(1);
    let within = (SECOND / 10).saturating_mul(ahead % limits.per_minute.max(1));
    from.plus(RATE_WINDOW.saturating_mul(minutes).saturating_add(within))
}

/// What is left of the limits, before anybody in line has gone.
struct Room {
    /// Permits that count for the rate.
    in_minute: u32,
    /// Sessions today,
    day: u32,
    /// of which so many for those that are not of rank 0.
    others: u32,
    /// Sessions today of each route with a budget of its own.
    routes: BTreeMap<String, u32>,
}

impl Room {
    fn of<R: Rows>(rows: &R, limits: &Limits, now: Time) -> Result<Room, R::Error> {
        let spent = rows.spent(window(now), now.midnight())?;
        let day = limits.per_day.saturating_sub(spent.today);
        let of_others = spent.today.saturating_sub(spent.urgent);
        let others = day.min(limits.per_day.saturating_sub(limits.reserved).saturating_sub(of_others));
        let mut routes = limits.routes.clone();
        for (route, left) in &mut routes {
            *left = left.saturating_sub(spent.routes.get(route).copied().unwrap_or_default());
        }
        Ok(Room { in_minute: spent.minute, day, others, routes })
    }

    /// How many of a route's may go as far as its own budget is concerned; they are taken from it.
    fn take(&mut self, route: Option<&String>, number: u32) -> u32 {
        let Some(left) = route.and_then(|route| self.routes.get_mut(route)) else { return number };
        let some = number.min(*left);
        *left = left.saturating_sub(some);
        some
    }
}

/// The pause that there is now.
pub fn paused<R: Rows>(rows: &R, now: Time) -> Result<Option<Pause>, R::Error> {
    Ok(rows.pause()?.filter(|pause| pause.until.is_none_or(|until| until > now)))
}

/// An incident was published: what became of its permit.
pub fn settle<R: Rows>(rows: &R, id: &str, permit: PermitUse, now: Time) -> Result<(), R::Error> {
    tidy(rows, now)?;
    match permit {
        PermitUse::Undecided => Ok(()),
        PermitUse::Counted => {
            rows.leave(id)?;
            rows.confirm_reserved(id)
        }
        PermitUse::Session(at) => {
            rows.leave(id)?;
            // A session of another day counts for nothing any more.
            if fault::is_back(Fault::PermitAtEachPublish) {
                rows.release(id)?;
                return rows.confirm(id, now);
            }
            match at < oldest(now) {
                false => rows.confirm(id, at.min(now)),
                true if fault::is_back(Fault::ReleasedByClock) => rows.release(id),
                // By the clock of its incident, which may be wrong: where it was issued today, it counts today.
                true => rows.confirm_reserved(id),
            }
        }
        PermitUse::None { in_line: false } if fault::is_back(Fault::WaitingPermit) => Ok(()),
        PermitUse::None { in_line } => {
            if !in_line {
                rows.leave(id)?;
            }
            rows.release(id)
        }
    }
}

/// Who could go now and does not know: those first in line for whom there is a slot, as long as they are not about to ask
/// by themselves.
pub fn called<R: Rows>(rows: &R, limits: &Limits, now: Time) -> Result<Vec<Waiter>, R::Error> {
    if rows.first(1, &BTreeMap::new())?.is_empty() {
        return Ok(Vec::new());
    }
    tidy(rows, now)?;
    let mut called = could_go(rows, limits, limits.per_minute, now)?;
    called.retain(|waiter| waiter.back_at > now.plus(SECOND));
    Ok(called)
}

/// When to look again for those to be called: some are held for whom the day has room, and the minute had none.
pub fn call_again<R: Rows>(rows: &R, limits: &Limits, now: Time) -> Result<Option<Time>, R::Error> {
    let next = now.plus(RATE_WINDOW);
    let waiting = could_go(rows, limits, u32::MAX, now)?;
    Ok(waiting.iter().any(|waiter| waiter.held && waiter.back_at > next).then_some(next))
}

/// The first in line for whom the day has room, and the minute, in which at most so many may start.
fn could_go<R: Rows>(rows: &R, limits: &Limits, per_minute: u32, now: Time) -> Result<Vec<Waiter>, R::Error> {
    if paused(rows, now)?.is_some() {
        return Ok(Vec::new());
    }
    let room = Room::of(rows, limits, now)?;
    let free = room.day.min(per_minute.saturating_sub(room.in_minute)).min(MOST_CALLED);
    if free == 0 {
        return Ok(Vec::new());
    }
    let mut others = room.others;
    let mut waiters = rows.first(free, &room.routes)?;
    waiters.retain(|waiter| {
        let goes = waiter.rank == 0 || others > 0;
        others = others.saturating_sub((waiter.rank > 0).into());
        goes
    });
    Ok(waiters)
}

/// So many are called at a time.
const MOST_CALLED: u32 = 20;

/// Somebody was called: it is expected now.
pub fn expect<R: Rows>(rows: &R, waiter: Waiter, now: Time) -> Result<(), R::Error> {
    rows.wait(&Waiter { back_at: now, ..waiter })
}

/// How much of the limits is used now.
pub fn usage<R: Rows>(rows: &R, now: Time) -> Result<Usage, R::Error> {
    tidy(rows, now)?;
    let Spent { minute, today, .. } = rows.spent(window(now), now.midnight())?;
    Ok(Usage { minute, today, queue: rows.in_line(false)? })
}

/// Corrects what a clock that has jumped has left, and drops who is no longer waited for.
fn tidy<R: Rows>(rows: &R, now: Time) -> Result<(), R::Error> {
    rows.tidy(now, now.minus(GRACE))
}

/// Deletes what no longer counts: to be called now and then.
pub fn forget<R: Rows>(rows: &R, now: Time) -> Result<(), R::Error> {
    if fault::is_back(Fault::RowsForEver) {
        return Ok(());
    }
    rows.forget(oldest(now), now.minus(RESERVED_FOR))
}

/// What counts for the rate.
fn window(now: Time) -> Window {
    let since = Time(now.minus(RATE_WINDOW).0.saturating_add(1));
    Window { since, unconfirmed_since: since.minus(LONGEST_CALL) }
}

/// Sessions from before then count for nothing any more.
fn oldest(now: Time) -> Time {
    now.midnight().min(window(now).since)
}

#[cfg(test)]
pub mod memory;
#[cfg(test)]
mod tests;
