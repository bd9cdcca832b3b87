//! What Devin reports of a session: kept in its incident's record, or, where the alert has fired again since, in the
//! list's last line of that episode. The postmortem that a session gave is kept beside the record.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Program;
use crate::host::{IncidentHost, Result};
use ::incident::admission::PermitUse;
use ::incident::lifecycle::{notices, outcome};
use ::incident::listing::Line;
use ::incident::notice::About;
use ::incident::record::Record;
use ::incident::session::{End, Report};
use ::incident::time::Time;

const POSTMORTEM: &str = "postmortem";

/// A postmortem, and whose it is: another session may have been started since.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    session: String,
    postmortem: Value,
}

impl<H: IncidentHost> Program<H> {
    pub(super) async fn report(&self, line: Line, report: Report) -> Result<()> {
        self.load().await?;
        let taken = self.take_report(line, report).await;
        if taken.is_err() {
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
        }
        taken
    }

    async fn take_report(&self, line: Line, report: Report) -> Result<()> {
        let at = self.host.now();
        let Some(current) = self.with_record(|record| record.name() == line.incident) else { return Ok(()) };
        let news = if current {
            let changed = self.with_record(|record| outcome::reported(record, &report, at)) == Some(true);
            // Output may come after the end, and then it is all that is new.
            changed || self.is_new_output(&report).await?
        } else {
            // The alert has fired again, and the record is about that. The list's line is all that is left of this
            // episode, so it is changed here and now.
            let known_end = line.ended_at.as_deref().and_then(Time::from_rfc3339);
            let ends = report.end != End::Open && known_end.is_none();
            let ended_at = if ends { Some(at) } else { known_end };
            let line = line.with(&outcome::of(&report, ended_at, None));
            self.host.publish(line.clone(), None, PermitUse::Undecided).await?;
            ends && self.with_record(|record| notices::announce(record, About::Ended, line, at)).is_some()
        };
        if !news {
            return Ok(());
        }
        self.host.set_alarm(at).await?;
        if current && !report.output.is_null() && self.is_session(&report.session) {
            let kept = Kept { session: report.session, postmortem: report.output };
            self.store_with(POSTMORTEM, serde_json::to_string(&kept)?).await?;
        } else {
            self.store().await?;
        }
        Ok(())
    }

    fn is_session(&self, id: &str) -> bool {
        self.with_record(|record| record.session.as_ref().is_some_and(|session| session.id == id)) == Some(true)
    }

    /// The postmortem that is stored, whosever it is.
    async fn kept(&self) -> Result<Option<Kept>> {
        let text = self.host.read(POSTMORTEM).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Whether the report has output of the record's session that is not stored yet.
    async fn is_new_output(&self, report: &Report) -> Result<bool> {
        if report.output.is_null() || !self.is_session(&report.session) {
            return Ok(false);
        }
        let kept = self.kept().await?;
        Ok(kept.is_none_or(|kept| kept.session != report.session || kept.postmortem != report.output))
    }

    /// The postmortem that the record's session gave; null where there is none.
    pub(super) async fn postmortem_of(&self, record: &Record) -> Result<Value> {
        let kept = self.kept().await?;
        let session = record.session.as_ref().map(|session| session.id.as_str());
        Ok(kept.filter(|kept| session == Some(&*kept.session)).map_or(Value::Null, |kept| kept.postmortem))
    }
}
