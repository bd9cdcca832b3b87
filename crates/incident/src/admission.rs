//! Admission: how many sessions may start in any minute and in a day, and who is next.
//!
//! What must hold:
//! - never more sessions than the limits allow, whatever is retried, interrupted or restarted;
//! - a session counts once, when it is created; an attempt that failed holds nothing while it waits for the next one;
//! - first come, first served within a rank, by when the session was wanted and not by who asks first: a slot that
//!   becomes free goes to the first in line, and never to a newcomer;
//! - nobody is waited for who does not come back.
//!
//! An attempt takes a [permit](Rows::reserve) before Devin is asked. It is confirmed when the session exists and released
//! when it is known that there is none. Who gets no permit waits in line until it asks again: at the time it was given,
//! or earlier when the register says that a slot is free ([`called`]). Pure: the register keeps the rows in its storage.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::{self, Fault};
use crate::time::{SECOND, Time};

/// The limits in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Sessions in any 60 seconds.
    pub per_minute: u32,
    /// Sessions a day (UTC).
    pub per_day: u32,
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
    /// Whether it waits for another day, and not only for its turn in the minute.
    pub held: bool,
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
    /// Over the sessions per day; ask again then.
    Held {
        /// After the next midnight (UTC), in the order of the line.
        until: Time,
    },
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

/// Where permits and the line are kept. Each call is one statement on tables.
pub trait Rows {
    /// Why the rows could not be read or written.
    type Error;

    /// Deletes confirmed permits from before the first time, and those never confirmed from before the second.
    fn forget(&self, confirmed: Time, reserved: Time) -> Result<(), Self::Error>;
    /// Permits from after `now`, where the clock has jumped back, count as issued now.
    fn clamp(&self, now: Time) -> Result<(), Self::Error>;
    /// How many permits were issued at or after this time; `reserved`: those not confirmed count whenever they were issued.
    fn issued(&self, since: Time, reserved: bool) -> Result<u32, Self::Error>;
    /// When the permit was issued that is `place`-th (0 is the oldest) of those at or after `since`.
    fn issued_at(&self, since: Time, place: u32) -> Result<Option<Time>, Self::Error>;
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
    /// Takes those out of the line who were expected before then.
    fn drop_absent(&self, expected_before: Time) -> Result<(), Self::Error>;
    /// How many are in line before that rank, time and id.
    fn ahead(&self, rank: u8, since: Time, id: &str) -> Result<u32, Self::Error>;
    /// How many are in line, `held` or not.
    fn in_line(&self, held: bool) -> Result<u32, Self::Error>;
    /// The first in line, at most so many.
    fn first(&self, most: u32) -> Result<Vec<Waiter>, Self::Error>;
}

/// How long after its time somebody keeps its place in line: longer than an alarm is ever late.
const GRACE: Duration = Duration::from_mins(2);
/// A permit counts this long for the rate. A little more than a minute, because Devin's clock sees the session a little
/// later than the bridge issued the permit.
const RATE_WINDOW: Duration = Duration::from_secs(62);
/// A permit that is never confirmed is forgotten after this long: longer than any attempt is retried.
const RESERVED_FOR: Duration = Duration::from_hours(3 * 24);

/// Somebody asks for a permit. One it has is replaced, so that each attempt counts when it is made.
pub fn apply<R: Rows>(rows: &R, applicant: &Applicant, limits: Limits, now: Time) -> Result<Admission, R::Error> {
    let Applicant { id, rank, since, .. } = applicant;
    rows.release(id)?;
    tidy(rows, now)?;
    let window = window(now);
    let today = rows.issued(now.midnight(), true)?;
    let minute = rows.issued(window, false)?;
    let ahead = rows.ahead(*rank, *since, id)?;
    if applicant.released || ahead < free(limits, today, minute) {
        rows.leave(id)?;
        rows.reserve(id, now)?;
        return Ok(Admission::Admitted);
    }
    let held = ahead >= limits.per_day.saturating_sub(today);
    let until = if held {
        // As many each minute as may start then, so that midnight is no stampede.
        let minutes = ahead / limits.per_minute.max(1);
        let within = (SECOND / 10).saturating_mul(ahead % limits.per_minute.max(1));
        now.next_midnight().plus(RATE_WINDOW.saturating_mul(minutes).saturating_add(within))
    } else {
        // The one that is k-th in line goes when the k-th of the permits now counted has aged out; beyond those, a whole
        // window later for every full set.
        let needed = minute.saturating_add(ahead).saturating_sub(limits.per_minute);
        let (windows, rest) = (needed / limits.per_minute.max(1), needed % limits.per_minute.max(1));
        let base = rows.issued_at(window, rest)?.unwrap_or(now);
        base.plus(RATE_WINDOW.saturating_mul(windows.saturating_add(1))).max(now.plus(SECOND / 10))
    };
    let incident = applicant.incident.clone();
    rows.wait(&Waiter { id: id.clone(), incident, rank: *rank, since: *since, back_at: until, held })?;
    Ok(if held { Admission::Held { until } } else { Admission::Queued { ahead, until } })
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
            if at < oldest(now) { rows.release(id) } else { rows.confirm(id, at.min(now)) }
        }
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
pub fn called<R: Rows>(rows: &R, limits: Limits, now: Time) -> Result<Vec<Waiter>, R::Error> {
    if rows.first(1)?.is_empty() {
        return Ok(Vec::new());
    }
    tidy(rows, now)?;
    let today = rows.issued(now.midnight(), true)?;
    let minute = rows.issued(window(now), false)?;
    let mut called = rows.first(free(limits, today, minute).min(MOST_CALLED))?;
    called.retain(|waiter| waiter.back_at > now.plus(SECOND));
    Ok(called)
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
    Ok(Usage {
        minute: rows.issued(window(now), false)?,
        today: rows.issued(now.midnight(), true)?,
        queue: rows.in_line(false)?,
    })
}

/// So many may start now, over all in line.
fn free(limits: Limits, today: u32, minute: u32) -> u32 {
    limits.per_day.saturating_sub(today).min(limits.per_minute.saturating_sub(minute))
}

/// Drops what no longer counts.
fn tidy<R: Rows>(rows: &R, now: Time) -> Result<(), R::Error> {
    rows.clamp(now)?;
    if !fault::is_back(Fault::RowsForEver) {
        rows.forget(oldest(now), now.minus(RESERVED_FOR))?;
    }
    rows.drop_absent(now.minus(GRACE))
}

/// What was issued from then on counts for the rate.
fn window(now: Time) -> Time {
    Time(now.minus(RATE_WINDOW).0.saturating_add(1))
}

/// Sessions from before then count for nothing any more.
fn oldest(now: Time) -> Time {
    now.midnight().min(window(now))
}

#[cfg(test)]
pub mod memory;
#[cfg(test)]
mod tests;
