//! What people are notified of once a day and not for every incident: why sessions are held, and why there are none.

use super::Program;
use crate::host::{Binding, RegisterHost, Result, Row};

impl<H: RegisterHost> Program<H> {
    /// Of how many incidents a topic is true, where this one is to tell people of it; `None` where another one has today.
    pub(super) fn first_today(&self, topic: &str, incident: &str, state: &str) -> Result<Option<u32>> {
        let today = Binding::from(self.host.now().midnight());
        self.exec("DELETE FROM topics WHERE day < ?", vec![today.clone()])?;
        let statement = "INSERT OR IGNORE INTO topics VALUES (?, ?, ?)";
        self.exec(statement, vec![topic.into(), today, incident.into()])?;
        let rows = self.exec("SELECT incident FROM topics WHERE topic = ?", vec![topic.into()])?;
        if rows.first().and_then(|row| row.text("incident")).as_deref() != Some(incident) {
            return Ok(None);
        }
        let rows = self.exec("SELECT count(*) AS number FROM incidents WHERE state = ?", vec![state.into()])?;
        let number = rows.first().map_or(0, |row| row.integer("number"));
        // This one may not be on the list yet.
        Ok(Some(u32::try_from(number).unwrap_or(u32::MAX).max(1)))
    }
}
