//! The senders: each file says what one of them sends and what identifies an incident there.

pub mod alert;
pub mod azure_monitor;
mod bounds;
mod form;
mod html;
pub mod json;
pub mod kibana;
pub mod pagerduty;
mod severity;
#[cfg(test)]
mod testing;

use serde_json::Value;

use crate::auth::Verified;
use crate::endpoint::Hook;
use incident::event::IncidentEvent;
use incident::reason::Reason;
use incident::sender::Sender;

/// How many alerts one body may carry.
pub const MOST_ALERTS: usize = 100;

/// What a verified body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// Events, in the order of the body. `remark` is for the answer's message: something the sender should mend.
    Events {
        /// At least one event.
        events: Vec<IncidentEvent>,
        /// What is odd about the body, in a sentence.
        remark: Option<String>,
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

/// A body that can't be used, with what its author has to change. Answered with 400.
#[derive(Clone, Debug, PartialEq)]
pub struct BadBody {
    /// The short form, for example `Missing required field: alertName`.
    pub error: String,
    /// The field, the value and what was expected, or the byte at which the JSON broke.
    pub details: Option<String>,
}

/// Reads a body that came to this hook.
pub fn parse(hook: Hook, body: &Verified) -> Result<Parsed, BadBody> {
    match hook {
        Hook::Pagerduty => pagerduty::parse(body),
        Hook::Any => detect_and_parse(body),
        Hook::Alert => alert::parse(body),
        Hook::AzureMonitor => azure_monitor::parse(body),
        Hook::Kibana => kibana::parse(body),
    }
}

/// Reads a body whose sender is told by its shape: Azure by its schema, Kibana by what only its template has, and a
/// generic alert otherwise.
pub fn detect_and_parse(body: &Verified) -> Result<Parsed, BadBody> {
    let one = |alert: Value| {
        if azure_monitor::is_azure(&alert) {
            azure_monitor::one(alert)
        } else if kibana::is_kibana(&alert) {
            kibana::one(alert)
        } else {
            alert::one(alert)
        }
    };
    match read(body) {
        Ok(value) => each(value, &one),
        Err(broken) if kibana::is_kibana_text(&json::decode(body.body())) => Ok(kibana::unreadable(body, &broken)),
        Err(broken) => Err(not_json(&broken)),
    }
}

/// One alert of a body, with what its sender should mend.
type One = (IncidentEvent, Option<String>);

/// Reads a body of one alert, or a list of alerts, of which all are good or none is used: their author can then mend
/// the bad one and send the same body again.
fn each(value: Value, one: &dyn Fn(Value) -> Result<One, BadBody>) -> Result<Parsed, BadBody> {
    let Value::Array(alerts) = value else {
        let (event, remark) = one(value)?;
        return Ok(Parsed::Events { events: vec![event], remark });
    };
    let count = alerts.len();
    if count == 0 {
        return Err(BadBody { error: "The list of alerts is empty".to_owned(), details: None });
    }
    if count > MOST_ALERTS {
        let details = Some(format!("{count} alerts in one body: at most {MOST_ALERTS} are accepted."));
        return Err(BadBody { error: "Too many alerts".to_owned(), details });
    }
    let mut events = Vec::with_capacity(count);
    let mut remarks = Vec::new();
    for (index, alert) in alerts.into_iter().enumerate() {
        let place = format!("Alert {} of {count}", index + 1);
        let (event, remark) = one(alert).map_err(|bad| BadBody {
            details: Some(bad.details.map_or_else(|| format!("{place}."), |details| format!("{place}: {details}"))),
            error: bad.error,
        })?;
        events.push(event);
        remarks.extend(remark.map(|remark| format!("{place}: {remark}")));
    }
    Ok(Parsed::Events { events, remark: (!remarks.is_empty()).then(|| remarks.join(" ")) })
}

/// The JSON of a body, also where it is wrapped in a form.
fn read(body: &Verified) -> Result<Value, json::Broken> {
    let bytes = body.body();
    json::read(bytes).or_else(|broken| match form::json(&json::decode(bytes)) {
        Some(inner) => json::read(inner.as_bytes()),
        None => Err(broken),
    })
}

fn not_json(broken: &json::Broken) -> BadBody {
    BadBody { error: "Invalid JSON body".to_owned(), details: Some(format!("The body is not JSON: {broken}.")) }
}

#[cfg(test)]
mod tests;
