//! A pause: nothing starts until it ends by itself, or somebody ends it. Those who ask meanwhile stand in line; afterwards
//! they start in its order, within the sessions per minute.

use super::Program;
use crate::host::{Binding, RegisterHost, Result};
use ::incident::admission::{self, Pause};
use ::incident::time::Time;

impl<H: RegisterHost> Program<H> {
    /// Begins a pause, or gives the one that there is another reason and end.
    pub(super) async fn begin_pause(&self, reason: String, until: Option<Time>) -> Result<Pause> {
        let now = self.host.now();
        let since = admission::paused(self, now)?.map_or(now, |pause| pause.since);
        let bindings = vec![Binding::from(since), until.into(), Binding::from(&reason)];
        self.exec("INSERT OR REPLACE INTO pause VALUES (1, ?, ?, ?)", bindings)?;
        if let Some(until) = until {
            // Those in line come by themselves then. Who was held before it has no reason to: the alarm calls it.
            self.host.set_alarm(until).await?;
        }
        Ok(Pause { reason, since, until })
    }

    /// Ends the pause, where there is one.
    pub(super) fn end_pause(&self) -> Result<()> {
        self.exec("DELETE FROM pause", Vec::new()).map(|_| ())
    }
}
