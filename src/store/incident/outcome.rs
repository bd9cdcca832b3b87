//! What Devin reports of a session: kept in its incident's record, or, where the alert has fired again since, in the
//! list's last line of that occurrence. The postmortem that a session gave is kept beside the record.

use serde_json::Value;
use worker::Env;

use super::{IncidentObject, alarm_at, ask};
use crate::runtime::{self, now};
use crate::store::register;
use incident::key::Key;
use incident::lifecycle::{notices, outcome};
use incident::notice::About;
use incident::outcome::fields;
use incident::record::Record;
use incident::session::{End, Report};
use incident::stored;
use incident::stored::Stored;

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

incident::stored!(Kept { session, postmortem });

impl IncidentObject {
    pub(super) async fn report(&self, line: Value, report: Report) -> worker::Result<()> {
        self.load().await?;
        let taken = self.take_report(line, report).await;
        if taken.is_err() {
            // Memory may be ahead of storage now: storage is the truth.
            self.record.replace(None);
        }
        taken
    }

    async fn take_report(&self, mut line: Value, report: Report) -> worker::Result<()> {
        let at = now();
        let name = line.get("incident").and_then(Value::as_str).unwrap_or_default();
        let Some(current) = self.with_record(|record| record.name() == name) else { return Ok(()) };
        let news = if current {
            let changed = self.with_record(|record| outcome::reported(record, &report, at)) == Some(true);
            // Output may come after the end, and then it is all that is new.
            changed || self.is_new_output(&report).await?
        } else {
            // The alert has fired again, and the record is about that. The list's line is all that is left of this
            // occurrence, so it is changed here and now.
            let ended = report.end != End::Open;
            if let Some(listed) = line.as_object_mut() {
                for (field, value) in fields(Some(&outcome::of(&report, ended.then_some(at), None))) {
                    listed.insert(field.to_owned(), value);
                }
            }
            register::list_line(&self.env, line.clone()).await?;
            ended && self.with_record(|record| notices::announce(record, About::Ended, line, at)).is_some()
        };
        if !news {
            return Ok(());
        }
        if current && !report.output.is_null() && self.is_session(&report.session) {
            let kept = Kept { session: report.session, postmortem: report.output };
            self.store_with(POSTMORTEM, kept.to_text()).await?;
        } else {
            self.store().await?;
        }
        self.state.storage().set_alarm(alarm_at(at)).await
    }

    fn is_session(&self, id: &str) -> bool {
        self.with_record(|record| record.session.as_ref().is_some_and(|session| session.id == id)) == Some(true)
    }

    /// Whether the report has output of the record's session that is not stored yet.
    async fn is_new_output(&self, report: &Report) -> worker::Result<bool> {
        if report.output.is_null() || !self.is_session(&report.session) {
            return Ok(false);
        }
        let kept = runtime::stored_text(&self.state, POSTMORTEM).await?.and_then(|text| Kept::from_text(&text));
        Ok(kept.is_none_or(|kept| kept.session != report.session || kept.postmortem != report.output))
    }

    /// The postmortem that the record's session gave; null where there is none.
    pub(super) async fn postmortem_of(&self, record: &Record) -> worker::Result<Value> {
        let kept = runtime::stored_text(&self.state, POSTMORTEM).await?.and_then(|text| Kept::from_text(&text));
        let session = record.session.as_ref().map(|session| session.id.as_str());
        Ok(kept.filter(|kept| session == Some(&*kept.session)).map_or(Value::Null, |kept| kept.postmortem))
    }
}
