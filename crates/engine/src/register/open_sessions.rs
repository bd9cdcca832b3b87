//! The sessions about which Devin is asked now and then: those that have not ended, and for a day those that have, because
//! pull requests and output may still come.

use std::time::Duration;

use super::Program;
use crate::host::{Binding, RegisterHost, Result, Row};
use ::incident::fault::{self, Fault};
use ::incident::listing::Line;
use ::incident::time::{DAY, HOUR, Time, millis};

/// What the first release kept: only sessions that had not ended.
const FROM_FIRST_RELEASE: [&str; 2] = [
    "INSERT OR IGNORE INTO followed_sessions SELECT incident, asked, NULL FROM open_sessions",
    "DROP TABLE open_sessions",
];
/// So long after its end a session is asked about.
const FOLLOWED_FOR: Duration = DAY;

impl<H: RegisterHost> Program<H> {
    /// Takes over what the first release has stored, where that was not done yet.
    pub(super) fn take_over_open_sessions(&self) -> Result<()> {
        self.take_over("open_sessions", &FROM_FIRST_RELEASE)
    }

    /// An incident was published: whether its session is to be asked about, and since when it has ended.
    pub(super) fn keep_open(&self, line: &Line) -> Result<()> {
        let incident = Binding::from(&line.incident);
        if line.state != "started" || line.session_id.as_deref().unwrap_or_default().is_empty() {
            return self.exec("DELETE FROM followed_sessions WHERE incident = ?", vec![incident]).map(|_| ());
        }
        let ended: Binding = line.ended_at.as_deref().and_then(Time::from_rfc3339).into();
        let statement = "INSERT INTO followed_sessions VALUES (?1, 0, ?2) \
             ON CONFLICT (incident) DO UPDATE SET ended = ?2 WHERE ended IS NOT ?2";
        self.exec(statement, vec![incident, ended]).map(|_| ())
    }

    /// Those that were asked about the longest time ago; of those that have ended, each ever more seldom and at least every
    /// hour. An incident that the list has forgotten is asked about no more.
    pub(super) fn open(&self, most: u32) -> Result<Vec<Line>> {
        let now = self.host.now();
        let oldest = Binding::from(now.minus(FOLLOWED_FOR));
        if self.sessions_forgotten.is_due(now) {
            self.exec(
                "DELETE FROM followed_sessions WHERE ended < ? OR NOT EXISTS \
                 (SELECT 1 FROM incidents WHERE incidents.incident = followed_sessions.incident)",
                vec![oldest.clone()],
            )?;
        }
        if fault::is_back(Fault::NotFollowed) {
            self.exec("DELETE FROM followed_sessions WHERE ended IS NOT NULL", Vec::new())?;
        }
        // Lines are long: only those of the chosen are read.
        let rows = self.exec(
            "SELECT incident, listing FROM (SELECT incident, asked FROM followed_sessions \
             WHERE ended IS NULL OR ended >= ?4 AND ?1 - asked >= min(?2, asked - ended) \
             ORDER BY asked, incident LIMIT ?3) CROSS JOIN incidents USING (incident)",
            vec![Binding::from(now), Binding::from(millis(HOUR)), Binding::from(most), oldest],
        )?;
        let mut lines = Vec::new();
        let mut names = Vec::new();
        for row in rows {
            let (Some(name), Some(listing)) = (row.text("incident"), row.text("listing")) else { continue };
            // A line that a later release wrote is left to that.
            lines.extend(serde_json::from_str::<Line>(&listing));
            names.push(name);
        }
        // Where all are asked about each time, it is of no use to know when that was, but of those that have ended.
        let all = names.len() < usize::try_from(most).unwrap_or(usize::MAX);
        if !names.is_empty() {
            let asked = "UPDATE followed_sessions SET asked = ?1 WHERE incident IN (SELECT value FROM json_each(?2)) \
                 AND (ended IS NOT NULL OR NOT ?3)";
            self.exec(asked, vec![Binding::from(now), serde_json::to_string(&names)?.into(), Binding::from(all)])?;
        }
        Ok(lines)
    }
}
