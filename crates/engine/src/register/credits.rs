//! Whether the account can pay for sessions. Devin says that it can't only of a session that exists, so that it is held
//! against new ones: every half hour one of them tries, and so does whom a person lets go. When Devin is seen to work on
//! that one, it is over. The others ask again after that half hour, one after the other: they may be hundreds.

use std::time::Duration;

use super::Program;
use crate::host::{Binding, RegisterHost, Result, Row};
use ::incident::admission::{Applicant, Limits};
use ::incident::time::{DAY, Time};

/// So long after one has tried the next one does.
const TRIES_AFTER: Duration = Duration::from_mins(30);

impl<H: RegisterHost> Program<H> {
    /// Until when somebody is held because the account can't pay; `None` where it can, as far as is known, or where this
    /// one is to try.
    pub(super) fn held_for_credits(&self, applicant: &Applicant, limits: &Limits) -> Result<Option<Time>> {
        let Some((tries, trying)) = self.trying()? else { return Ok(None) };
        if trying == applicant.incident {
            return Ok(None);
        }
        let now = self.host.now();
        if is_to_come(tries, now) && !applicant.released {
            return self.after_the_others(tries, limits).map(Some);
        }
        if now < tries && !is_to_come(tries, now) {
            // Times of a clock that has been set back since.
            self.exec("DELETE FROM credits_line", Vec::new())?;
        }
        self.next_try(&applicant.incident, now)?;
        Ok(None)
    }

    /// When the next one tries, where the account can't pay and it is not yet time: until then all who ask are held.
    pub(super) fn next_try_at(&self) -> Result<Option<Time>> {
        let now = self.host.now();
        Ok(self.trying()?.map(|(tries, _)| tries).filter(|tries| is_to_come(*tries, now)))
    }

    /// Where the account can't pay: when the next one tries, and who does now.
    fn trying(&self) -> Result<Option<(Time, String)>> {
        let rows = self.exec("SELECT tries, incident FROM credits", Vec::new())?;
        Ok(rows.first().map(|row| (Time(row.integer("tries")), row.text("incident").unwrap_or_default())))
    }

    /// When the next of those who are held asks again: not before the next one tries, and as far from who was held before
    /// it as sessions may start one after the other.
    fn after_the_others(&self, tries: Time, limits: &Limits) -> Result<Time> {
        let rows = self.exec("SELECT until FROM credits_line", Vec::new())?;
        let last = rows.first().map(|row| Time(row.integer("until")));
        let next = last.map_or(tries, |last| last.plus(limits.pace()).max(tries));
        let until = if next.since(tries) > DAY { tries } else { next };
        self.exec("INSERT OR REPLACE INTO credits_line VALUES (1, ?)", vec![Binding::from(until)])?;
        Ok(until)
    }

    /// Devin was seen to stop these incidents' sessions because the account can't pay, and to work on those of others.
    pub(super) fn seen_credits(&self, out: &[String], at_work: &[String]) -> Result<()> {
        let now = self.host.now();
        match self.trying()?.map(|(_, incident)| incident) {
            None if out.is_empty() => Ok(()),
            // Nobody tries yet.
            None => self.next_try("", now),
            Some(trying) if out.contains(&trying) => self.next_try("", now),
            Some(trying) if at_work.contains(&trying) => self.exec("DELETE FROM credits", Vec::new()).map(|_| ()),
            Some(_) => Ok(()),
        }
    }

    /// This incident tries now, and the next one half an hour later.
    fn next_try(&self, incident: &str, now: Time) -> Result<()> {
        let bindings = vec![Binding::from(now.plus(TRIES_AFTER)), incident.into()];
        self.exec("INSERT OR REPLACE INTO credits VALUES (1, ?, ?)", bindings).map(|_| ())
    }
}

/// Whether the next one tries later than now. Further away than any is made, the clock has been set back since.
fn is_to_come(tries: Time, now: Time) -> bool {
    now < tries && tries.since(now) <= TRIES_AFTER
}
