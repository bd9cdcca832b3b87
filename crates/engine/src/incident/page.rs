//! What people are shown of an incident.

use serde_json::{Value, json};

use super::Program;
use crate::host::{IncidentHost, Result, Settings};
use ::incident::lifecycle;
use ::incident::plan::Workflow;
use ::incident::record::Record;
use outbound::devin::reply;

impl<H: IncidentHost> Program<H> {
    pub(super) async fn show(&self, name: &str, ask_devin: bool) -> Result<Value> {
        self.load().await?;
        let Some(record) = self.with_record(|record| record.clone()).filter(|record| record.name() == name) else {
            return Ok(Value::Null);
        };
        let mut timeline = Vec::new();
        for entry in &record.timeline {
            timeline.push(json!({"at": entry.at.rfc3339(), "what": entry.what}));
        }
        let postmortem = match record.plan.workflow {
            Workflow::Postmortem => self.postmortem_of(&record).await?,
            Workflow::Triage => Value::Null,
        };
        let finding = record.outcome.as_ref().and_then(|outcome| outcome.finding.as_ref());
        let mut shown = serde_json::to_value(record.line())?;
        let prompt = self.stored_request().await?.filter(|request| request.correlation_id == record.correlation_id());
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("timeline".into(), timeline.into());
            fields.insert("prompt".into(), prompt.map(|request| request.prompt).into());
            let session = if ask_devin { self.session_now(&record).await } else { Value::Null };
            fields.insert("session".into(), session);
            fields.insert("postmortem".into(), postmortem);
            fields.insert("finding".into(), serde_json::to_value(finding)?);
            let now = self.host.now();
            fields.insert("replayable".into(), lifecycle::replay(&mut record.clone(), now).into());
            fields.insert("canGiveUp".into(), lifecycle::give_up(&mut record.clone(), now).into());
        }
        Ok(shown)
    }

    /// The session's present state, asked from Devin; null where there is none or Devin does not say.
    async fn session_now(&self, record: &Record) -> Value {
        let (Some(session), Some(settings)) = (&record.session, self.host.settings()) else { return Value::Null };
        let answer = self.host.poll_devin(settings.devin(), &settings.devin().session(&session.id)).await;
        match reply::state(answer, self.host.now()) {
            Ok(state) => state,
            Err(failure) => json!({"error": failure.words()}),
        }
    }
}
