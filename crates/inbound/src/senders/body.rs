//! What a sender makes of a body, and what several of them need to read one.

use serde_json::Value;

pub use super::bounds::MOST_ALERTS;
use super::{form, json};
use crate::auth::Verified;
use incident::event::IncidentEvent;
use incident::reason::Reason;
use incident::sender::Sender;

/// What a verified body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// Events, in the order of the body.
    Events {
        /// At least one event.
        events: Vec<IncidentEvent>,
        /// Those of several alerts that can't be used, each with its position in the body, from 0.
        refused: Vec<(usize, BadBody)>,
        /// What is odd about the body, in a sentence: for the answer's message.
        remark: Option<String>,
    },
    /// Amazon SNS asks whether its messages are wanted.
    Confirm {
        /// The topic.
        topic: String,
        /// The address that says yes.
        url: String,
    },
    /// Authentic, but there is nothing to do.
    Nothing {
        /// Whose body it is.
        sender: Sender,
        /// Why.
        reason: Reason,
        /// The same for a person, in a sentence.
        message: String,
    },
}

/// A body of whose type nothing comes, whatever the settings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Whose body it is.
    pub sender: Sender,
    /// That its type is not used, in a sentence that has nothing to redact.
    pub message: String,
}

impl Parsed {
    /// These events and nothing that was refused.
    pub(super) fn events(events: Vec<IncidentEvent>, remark: Option<String>) -> Parsed {
        Parsed::Events { events, refused: Vec::new(), remark }
    }
}

/// A body that can't be used, with what its author has to change. Answered with 400.
#[derive(Clone, Debug, PartialEq)]
pub struct BadBody {
    /// The short form, for example `Missing required field: alertName`.
    pub error: String,
    /// The field, the value and what was expected, or the byte at which the JSON broke.
    pub details: Option<String>,
}

/// Whether a text is what somebody sends to see whether it arrives.
pub(super) fn is_test_text(text: &str) -> bool {
    const WHOLE: [&str; 12] = [
        "test",
        "testing",
        "test message",
        "test alert",
        "test notification",
        "hello",
        "hello world",
        "connector test",
        "test connector",
        "webhook test",
        "test webhook",
        "ping",
    ];
    let text = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    WHOLE.contains(&text.as_str()) || text.starts_with("this is a test") || text.starts_with("this is only a test")
}

/// What a test is answered.
pub(super) fn test(sender: Sender) -> Parsed {
    let message = "The test arrived, and its sender is authenticated.".to_owned();
    Parsed::Nothing { sender, reason: Reason::Test, message }
}

/// One alert of a body, with what its sender should fix.
pub(super) type One = (IncidentEvent, Option<String>);

/// Reads a body of one alert, or a list of alerts. What is wrong with one of a list is no reason to lose the others; where
/// none can be used, the body is refused.
pub(super) fn each(value: Value, one: &dyn Fn(Value) -> Result<One, BadBody>) -> Result<Parsed, BadBody> {
    let Value::Array(alerts) = value else {
        let (event, remark) = one(value)?;
        return Ok(Parsed::events(vec![event], remark));
    };
    let count = alerts.len();
    if count == 0 {
        return Err(BadBody { error: "The list of alerts is empty".to_owned(), details: None });
    }
    if count > MOST_ALERTS {
        return Err(too_many(count));
    }
    let (mut events, mut refused, mut remarks) = (Vec::with_capacity(count), Vec::new(), Vec::new());
    for (index, alert) in alerts.into_iter().enumerate() {
        let place = format!("Alert {} of {count}", index + 1);
        match one(alert) {
            Ok((event, remark)) => {
                events.push(event);
                remarks.extend(remark.map(|remark| (place, remark)));
            }
            Err(bad) => refused.push((index, placed(bad, &place))),
        }
    }
    if events.is_empty() && !refused.is_empty() {
        return Err(refused.remove(0).1);
    }
    Ok(Parsed::Events { events, refused, remark: joined(&remarks) })
}

pub(super) fn too_many(count: usize) -> BadBody {
    let details = Some(format!("{count} alerts in one body: at most {MOST_ALERTS} are accepted."));
    BadBody { error: "Too many alerts".to_owned(), details }
}

/// What is wrong with one of several, with its place.
pub(super) fn placed(bad: BadBody, place: &str) -> BadBody {
    let details = bad.details.map_or_else(|| format!("{place}."), |details| format!("{place}: {details}"));
    BadBody { details: Some(details), ..bad }
}

/// The remarks on several alerts; one that was made on each of them stands once.
pub(super) fn joined(remarks: &[(String, String)]) -> Option<String> {
    let (_, first) = remarks.first()?;
    if remarks.len() > 1 && remarks.iter().all(|(_, remark)| remark == first) {
        return Some(first.clone());
    }
    let texts: Vec<String> = remarks.iter().map(|(place, remark)| format!("{place}: {remark}")).collect();
    Some(texts.join(" "))
}

/// The JSON of a body, also where it is wrapped in a form.
pub(super) fn read(body: &Verified) -> Result<Value, json::Broken> {
    let bytes = body.body();
    json::read(bytes).or_else(|broken| match form::json(&json::decode(bytes), body.is_form()) {
        Some(inner) => json::read(inner.as_bytes()),
        None => Err(broken),
    })
}

pub(super) fn not_json(broken: &json::Broken) -> BadBody {
    BadBody { error: "Invalid JSON body".to_owned(), details: Some(format!("The body is not JSON: {broken}.")) }
}
