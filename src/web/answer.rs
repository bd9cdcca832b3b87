//! The answers of the hooks: always a JSON object, as the contract has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr, VariantNames};

use incident::event::IncidentEvent;
use incident::key::Key;
use incident::reason::Reason;
use incident::session::Session;

/// What became of a request. Its name is part of the contract.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Stored; the session is on its way, or the event goes to the one that runs.
    #[default]
    Accepted,
    /// The session exists.
    Started,
    /// The incident has its session, or is on its way to one.
    Duplicate,
    /// There is nothing to do.
    Ignored,
    /// It was only asked what would happen.
    DryRun,
}

impl Status {
    /// The name in records, answers, logs and settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What a hook answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The HTTP status code.
    pub code: u16,
    /// The contract's `status`; absent on errors.
    pub status: Option<Status>,
    /// The incident's name.
    pub incident: Option<String>,
    /// A sentence for a person.
    pub message: String,
    /// Why.
    pub reason: Option<Reason>,
    /// The route that decided, counted from 1, where one did.
    pub route: Option<u32>,
    /// The incident's session, where it is known.
    pub session: Option<Session>,
    /// The short form of what went wrong.
    pub error: Option<String>,
    /// The long form, in Devin's own words where they are its.
    pub details: Option<String>,
    /// Seconds after which to send it again.
    pub retry_after: Option<u32>,
    /// What a dry run has to show, and other fields of one kind of answer.
    pub more: Map<String, Value>,
}

/// The body of an answer, in the order of the alphabet. What is not known is left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<&'a str>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    success: bool,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

impl Answer {
    /// An answer that all is well.
    pub fn ok(status: Status, message: impl Into<String>) -> Answer {
        let code = if status == Status::Accepted { 202 } else { 200 };
        Answer { status: Some(status), ..Answer::with(code, None, message.into()) }
    }

    /// An answer that something is wrong.
    pub fn error(code: u16, error: impl Into<String>, message: impl Into<String>) -> Answer {
        Answer::with(code, Some(error.into()), message.into())
    }

    fn with(code: u16, error: Option<String>, message: String) -> Answer {
        Answer { code, error, message, ..Default::default() }
    }

    /// Authentic, but nothing to do.
    pub fn ignored(reason: Reason, message: impl Into<String>) -> Answer {
        Answer { reason: Some(reason), ..Answer::ok(Status::Ignored, message) }
    }

    /// The caller could not prove who it is. The same whatever was wrong.
    pub fn unauthorized() -> Answer {
        Answer::error(401, "Unauthorized", "The secret or signature is missing or wrong.")
    }

    /// Nothing could be stored: send it again.
    pub fn unavailable(error: impl Into<String>, message: impl Into<String>) -> Answer {
        Answer { retry_after: Some(30), ..Answer::error(503, error, message) }
    }

    /// Names the incident.
    pub fn about(mut self, key: &Key) -> Answer {
        self.incident.get_or_insert_with(|| key.to_string());
        self
    }

    /// Names the group that the event belongs to, by what that was made of.
    pub fn of_group(mut self, event: &IncidentEvent) -> Answer {
        if let Some(group) = &event.group {
            self.more.insert("group".to_owned(), group.made_of.as_str().into());
        }
        self
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        serde_json::to_value(self.fields()).unwrap_or_default()
    }

    /// The JSON body as a text.
    pub fn to_json(&self) -> String {
        if self.more.is_empty() {
            return serde_json::to_string(&self.fields()).unwrap_or_default();
        }
        // In the order of the alphabet here too.
        self.body().to_string()
    }

    fn fields(&self) -> Fields<'_> {
        let session = self.session.as_ref();
        Fields {
            details: self.details.as_deref(),
            error: self.error.as_deref(),
            incident: self.incident.as_deref(),
            message: &self.message,
            reason: self.reason,
            route: self.route,
            session_id: session.map(|session| session.id.as_str()),
            session_url: session.map(|session| session.url.as_str()),
            status: self.status,
            success: self.error.is_none(),
            more: &self.more,
        }
    }

    /// One answer for several: the worst code, and each in `results`. Where some were refused and others kept, the code is
    /// that of what was kept: who sent them must not send those again.
    pub fn several(answers: Vec<Answer>) -> Answer {
        let refused = answers.iter().filter(|answer| (400..500).contains(&answer.code)).count();
        let kept = answers.len() > refused;
        let mut results = Vec::new();
        let mut worst = None::<Answer>;
        for answer in answers {
            results.push(answer.body());
            let counts = !(kept && (400..500).contains(&answer.code));
            if counts && worst.as_ref().is_none_or(|worst| worst.code <= answer.code) {
                worst = Some(answer);
            }
        }
        let Some(mut worst) = worst else {
            return Answer::ignored(Reason::NoIncident, "The body carries no event.");
        };
        if worst.code < 400 {
            // What one of them was recognised by says nothing of all.
            worst.details = None;
            worst.code = if refused > 0 { 200 } else { worst.code };
        }
        let refused = if kept && refused > 0 { format!(", {refused} of them refused") } else { String::new() };
        let message = format!("{} events{refused}; see results for each.", results.len());
        let mut more = Map::new();
        more.insert("results".to_owned(), Value::Array(results));
        Answer { message, more, incident: None, session: None, route: None, ..worst }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_of_several_decides() {
        let code = |codes: &[u16]| {
            let answer = |code: &u16| match code {
                200 => Answer::ok(Status::Duplicate, "known"),
                202 => Answer::ok(Status::Accepted, "kept"),
                code => Answer::error(*code, "wrong", "wrong"),
            };
            Answer::several(codes.iter().map(answer).collect()).code
        };
        assert_eq!([code(&[202, 202]), code(&[200, 202]), code(&[200, 200])], [202, 202, 200]);
        assert_eq!([code(&[202, 400]), code(&[400, 200]), code(&[400, 400])], [200, 200, 400]);
        assert_eq!([code(&[202, 503, 400]), code(&[503, 400]), code(&[500, 200])], [503, 503, 500]);
        let answer = Answer::several(vec![Answer::ok(Status::Accepted, "kept"), Answer::error(400, "wrong", "wrong")]);
        assert_eq!(answer.message, "2 events, 1 of them refused; see results for each.");
        assert_eq!(answer.body().get("success"), Some(&Value::Bool(true)));
    }
}
