//! What Devin reports of a session: kept in its incident's record, or, where the alert has fired again since, in the
//! list's last line of that episode. The postmortem that a session gave is kept beside the record.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Program;
use crate::host::{IncidentHost, Result};
use ::incident::admission::PermitUse;
use ::incident::lifecycle::notices;
use ::incident::lifecycle::outcome::{self, Reported};
use ::incident::listing::Line;
use ::incident::outcome::Outcome;
use ::incident::record::Record;
use ::incident::session::Report;
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
    /// Takes what Devin reports; whether that needs Devin's last words too, and nothing was kept.
    pub(super) async fn report(&self, line: Line, report: Report) -> Result<bool> {
        self.load().await?;
        let taken = self.take_report(line, report).await;
        if taken.is_err() {
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
        }
        Ok(taken? == Reported::WantsWords)
    }

    async fn take_report(&self, line: Line, report: Report) -> Result<Reported> {
        let at = self.host.now();
        let Some(current) = self.with_record(|record| record.name() == line.incident) else {
            return Ok(Reported::Nothing);
        };
        if !current {
            return self.take_report_of_earlier_episode(line, &report, at).await;
        }
        match self.with_record(|record| outcome::reported(record, &report, at)).unwrap_or_default() {
            Reported::WantsWords => return Ok(Reported::WantsWords),
            // Output that changes nothing that people are notified of is kept all the same.
            Reported::Nothing if !self.is_new_output(&report).await? => return Ok(Reported::Nothing),
            Reported::Nothing | Reported::Kept => {}
        }
        self.host.set_alarm(at).await?;
        if !report.output.is_null() && self.is_session(&report.session) {
            let kept = Kept { session: report.session, postmortem: report.output };
            self.store_with(POSTMORTEM, serde_json::to_string(&kept)?).await?;
        } else {
            self.store().await?;
        }
        Ok(Reported::Kept)
    }

    /// The alert has fired again, and the record is about that. The list's line is all that is left of this episode, so it
    /// is changed here and now.
    async fn take_report_of_earlier_episode(&self, line: Line, report: &Report, at: Time) -> Result<Reported> {
        let time = |text: &Option<String>| text.as_deref().and_then(Time::from_rfc3339);
        let ended_at = time(&line.ended_at);
        let before = Outcome {
            pull_requests: line.pull_requests.clone(),
            acus: line.acus.clone(),
            ended_at,
            waits_since: time(&line.waits_since),
            // What people were notified of at its end is not known any more: only another pull request is news then.
            finding: report.finding.clone().filter(|_| ended_at.is_some()),
            ..Outcome::default()
        };
        let Some((after, told)) = outcome::after(&before, report, true, false, at) else {
            return Ok(Reported::WantsWords);
        };
        let line = line.with(&after);
        self.host.publish(line.clone(), None, PermitUse::Undecided).await?;
        if let Some(about) = told {
            self.with_record(|record| notices::announce(record, about, line, outcome::said(about, &after, report), at));
            self.host.set_alarm(at).await?;
            self.store().await?;
        }
        Ok(Reported::Kept)
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
