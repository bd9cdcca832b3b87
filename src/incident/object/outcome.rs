//! What Devin reports of a session: kept in its incident's record, or, where the alert has fired again since, in the
//! list's last line of that occurrence. The postmortem that a session gave is kept beside the record.

use serde_json::Value;
use worker::Env;

use super::{IncidentObject, ask};
use crate::devin::{End, Report};
use crate::environment::{self, now};
use crate::incident::key::Key;
use crate::incident::lifecycle::{self, notices, outcome};
use crate::incident::outcome::fields;
use crate::incident::record::Record;
use crate::notify::About;
use crate::stored::Stored;
use crate::{register, stored};

const POSTMORTEM: &str = "postmortem";

/// Tells the object what Devin reports of a session. `line` is the list's line of the incident, by whose name it goes.
pub async fn report(env: &Env, key: &Key, line: &Value, report: &Report) -> worker::Result<()> {
    let question = stored::object(vec![("line", line.clone()), ("report", report.to_value())]);
    ask(env, key, "report", question).await.map(|_| ())
}

/// A postmortem, and whose it is: another session may have been started since.
#[derive(Default)]
struct Kept {
    session: String,
    postmortem: Value,
}

crate::stored!(Kept { session, postmortem });

impl IncidentObject {
    pub(super) async fn report(&self, line: Value, report: Report) -> worker::Result<()> {
        self.load().await?;
        let name = line.get("incident").and_then(Value::as_str).unwrap_or_default();
        let current = self.with_record(|record| record.name() == name);
        match current {
            None => Ok(()),
            Some(true) => self.report_of_this(&report).await,
            Some(false) => self.report_of_former(line, &report).await,
        }
    }

    async fn report_of_this(&self, report: &Report) -> worker::Result<()> {
        let at = now();
        let changed = self.with_record(|record| outcome::reported(record, report, at)) == Some(true);
        if !changed {
            return Ok(());
        }
        let stored = if report.output.is_null() {
            self.store().await
        } else {
            let kept = Kept { session: report.session.clone(), postmortem: report.output.clone() };
            self.store_with(POSTMORTEM, kept.to_text()).await
        };
        self.arm_after(stored, at).await
    }

    /// The alert has fired again, and the record is about that. The list is told here and now: this is all that is left
    /// of the occurrence.
    async fn report_of_former(&self, mut line: Value, report: &Report) -> worker::Result<()> {
        let at = now();
        let ended = report.end != End::Open;
        if let Some(listed) = line.as_object_mut() {
            for (field, value) in fields(Some(&outcome::of(report, ended.then_some(at), None))) {
                listed.insert(field.to_owned(), value);
            }
        }
        register::publish(&self.env, line.clone(), false, self.retention()).await?;
        if !ended {
            return Ok(());
        }
        self.with_record(|record| notices::announce(record, About::Ended, line, at));
        let stored = self.store().await;
        self.arm_after(stored, at).await
    }

    /// Sees to it that the alarm does what is due now; after a storage error memory is no longer the truth.
    async fn arm_after(&self, stored: worker::Result<()>, at: crate::time::Time) -> worker::Result<()> {
        let due = self.with_record(|record| lifecycle::due(record, at)).unwrap_or(lifecycle::Step::Rest);
        let armed = match stored {
            Ok(()) => self.arm(due, at).await,
            Err(error) => Err(error),
        };
        if armed.is_err() {
            self.record.replace(None);
        }
        armed
    }

    /// The postmortem that the record's session gave; null where there is none.
    pub(super) async fn postmortem_of(&self, record: &Record) -> worker::Result<Value> {
        let kept = environment::stored_text(&self.state, POSTMORTEM).await?.and_then(|text| Kept::from_text(&text));
        let session = record.session.as_ref().map(|session| session.id.as_str());
        Ok(kept.filter(|kept| session == Some(&*kept.session)).map_or(Value::Null, |kept| kept.postmortem))
    }
}
