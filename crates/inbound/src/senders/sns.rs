//! Amazon SNS: <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>.
//!
//! **What it accepts.** Notifications. A `Message` that is an alarm of CloudWatch (JSON with `AlarmName`) is read as one, any
//! other JSON as what it looks like, and a text as an alert of its topic. `SubscriptionConfirmation` asks whether messages
//! are wanted: see `SNS_TOPICS`. SNS sends `text/plain`.
//!
//! **What identifies the incident.** An alarm's `AlarmArn`, or its name, account and region; else the topic and the subject
//! without numbers.

use serde_json::Value;

use super::body::{BadBody, One, Parsed, each};
use super::description::Description;
use super::identity::{Identity, steady};
use super::json::{add, at, first_text, items, text};
use super::names::inner;
use super::{alert, bounds, labels, status, times};
use crate::auth::sns::is_of_sns;
use incident::event::Incident;
use incident::reason::Reason;
use incident::sender::Sender;

/// The sender.
pub(super) const DESCRIPTION: Description =
    Description { is, read: |body, _| parsed(&body), inside, ..Description::new(Sender::Sns, "Amazon SNS") };

fn is(body: &Value) -> bool {
    ["Type", "TopicArn", "MessageId"].iter().all(|name| text(body, &[name]).is_some())
}

fn parsed(body: &Value) -> Result<Parsed, BadBody> {
    let topic = text(body, &["TopicArn"]).unwrap_or_default();
    match text(body, &["Type"]).as_deref() {
        Some("SubscriptionConfirmation") => match text(body, &["SubscribeURL"]).filter(|url| is_of_sns(url)) {
            Some(url) => Ok(Parsed::Confirm { topic, url }),
            None => {
                let details =
                    Some("SubscribeURL has to be an address of https://sns.<region>.amazonaws.com/.".to_owned());
                Err(BadBody { error: "Invalid field: SubscribeURL".to_owned(), details })
            }
        },
        Some("UnsubscribeConfirmation") => {
            let message = "The subscription was ended.".to_owned();
            Ok(Parsed::Nothing { sender: Sender::Sns, reason: Reason::EventType, message })
        }
        // An alarm may also come as it is: with raw message delivery, or from EventBridge.
        _ if body.get("Message").is_none() && alarm_of(body).is_some() => {
            each(body.clone(), &|body| one(&body, &topic))
        }
        _ if text(body, &["Message"]).is_none() => {
            let details = Some("Expected a notification of Amazon SNS, or an alarm of CloudWatch.".to_owned());
            Err(BadBody { error: "Missing required field: Message".to_owned(), details })
        }
        _ => notification(body, &topic),
    }
}

/// What a notification carries that is no alarm.
fn inside(body: &Value) -> Option<Value> {
    let is_notification = !text(body, &["Type"]).is_some_and(|kind| kind.ends_with("Confirmation"));
    let message = text(body, &["Message"]).filter(|_| is_notification)?;
    inner(&message).filter(|inside| alarm_of(inside).is_none())
}

fn notification(body: &Value, topic: &str) -> Result<Parsed, BadBody> {
    let message = text(body, &["Message"]).unwrap_or_default();
    match inner(&message) {
        Some(inside) if alarm_of(&inside).is_some() => each(inside, &|alarm| one(&alarm, topic)),
        _ => each(body.clone(), &|body| other(&body, topic)),
    }
}

/// The alarm in a message of CloudWatch's own, or in an event of EventBridge about one.
fn alarm_of(message: &Value) -> Option<Alarm<'_>> {
    if text(message, &["AlarmName"]).is_some() {
        return Some(Alarm { own: message, detail: None });
    }
    let detail = at(message, &["detail"])?;
    text(detail, &["alarmName"]).map(|_| Alarm { own: message, detail: Some(detail) })
}

struct Alarm<'v> {
    own: &'v Value,
    /// EventBridge's, which has other names for the same.
    detail: Option<&'v Value>,
}

impl Alarm<'_> {
    fn of(&self, own: &str, detail: &[&str]) -> Option<String> {
        self.detail.map_or_else(|| text(self.own, &[own]), |found| text(found, detail))
    }
}

fn one(message: &Value, topic: &str) -> Result<One, BadBody> {
    let Some(alarm) = alarm_of(message) else {
        return Err(BadBody { error: "Missing required field: AlarmName".to_owned(), details: None });
    };
    let name = alarm.of("AlarmName", &["alarmName"]).unwrap_or_default();
    let arn = alarm
        .of("AlarmArn", &["alarmArn"])
        .or_else(|| items(message, &["resources"]).first().and_then(super::json::plain));
    let account = first_text(message, &["AWSAccountId", "account"]).unwrap_or_default();
    let region = first_text(message, &["Region", "region"]).unwrap_or_default();
    let key = match &arn {
        Some(arn) => Identity::of(&[("AlarmArn", arn)]).key(Sender::Sns, 1, 0),
        None => Identity::of(&[("AlarmName", &name), ("AWSAccountId", &account), ("Region", &region)]).key(
            Sender::Sns,
            3,
            0,
        ),
    };
    let (key, identity) =
        key.ok_or_else(|| BadBody { error: "Missing required field: AlarmName".to_owned(), details: None })?;
    let word = alarm.of("NewStateValue", &["state", "value"]);
    let kind = word.as_deref().map(status::kind).unwrap_or_default();
    let trigger = at(message, &["Trigger"]).unwrap_or(&Value::Null);
    let dimensions = labels::read("Dimensions", at(trigger, &["Dimensions"]).unwrap_or(&Value::Null));
    let changed = at(message, &["StateChangeTime"]).or_else(|| at(message, &["time"])).and_then(times::read);
    let over = kind == incident::event::Kind::Resolved;
    let mut incident = Incident {
        title: name,
        url: None,
        status: word.clone(),
        started_at: changed.clone().filter(|_| !over),
        resolved_at: changed.filter(|_| over),
        description: alarm.of("AlarmDescription", &["configuration", "description"]),
        resource: dimensions.first().map(|(_, value)| value.clone()),
        signal_type: Some("metric".to_owned()),
        source: Some("cloudwatch".to_owned()),
        labels: bounds::entries(dimensions),
        ..Incident::default()
    };
    for (name, value) in [
        ("reason", alarm.of("NewStateReason", &["state", "reason"])),
        ("condition", condition(trigger)),
        ("before", alarm.of("OldStateValue", &["previousState", "value"])),
        ("region", Some(region).filter(|text| !text.is_empty())),
        ("account", Some(account).filter(|text| !text.is_empty())),
        ("alarm", arn),
        ("topic", Some(topic.to_owned()).filter(|topic| !topic.is_empty())),
    ] {
        add(&mut incident.context, name, value);
    }
    Ok((alert::event(Sender::Sns, key, kind, word, incident).identified_by(identity), None))
}

/// `AVERAGE CPUUtilization GreaterThanThreshold 80, 2 periods of 300 s, of AWS/EC2`.
fn condition(trigger: &Value) -> Option<String> {
    let of = |name: &str| text(trigger, &[name]);
    let words: Vec<String> =
        [of("Statistic"), of("MetricName"), of("ComparisonOperator"), of("Threshold")].into_iter().flatten().collect();
    let mut line = words.join(" ");
    if let (Some(periods), Some(seconds)) = (of("EvaluationPeriods"), of("Period")) {
        line.push_str(&format!(", {periods} periods of {seconds} s"));
    }
    line.push_str(&of("Namespace").map(|namespace| format!(", of {namespace}")).unwrap_or_default());
    (!words.is_empty()).then_some(line)
}

/// A message that is no alarm.
fn other(body: &Value, topic: &str) -> Result<One, BadBody> {
    let (subject, message) = (text(body, &["Subject"]), text(body, &["Message"]).unwrap_or_default());
    let name = subject.clone().unwrap_or_else(|| message.lines().next().unwrap_or_default().to_owned());
    let name = bounds::head(&name, 300);
    let what = steady(&name).unwrap_or_else(|| name.clone());
    let identity = Identity::of(&[("TopicArn", topic), ("Subject", &what)]).key(Sender::Sns, 2, 1);
    let (key, identity) =
        identity.ok_or_else(|| BadBody { error: "Missing required field: TopicArn".to_owned(), details: None })?;
    // Without its `MessageAttributes`: SNS does not sign them, and a route could match what anybody put there.
    let incident = Incident {
        title: name,
        started_at: at(body, &["Timestamp"]).and_then(times::read),
        description: Some(bounds::head(&message, bounds::TEXT)),
        source: Some("sns".to_owned()),
        context: vec![("topic".to_owned(), topic.to_owned())],
        ..Incident::default()
    };
    let word = subject.as_deref().map(status::kind).unwrap_or_default();
    Ok((alert::event(Sender::Sns, key, word, None, incident).identified_by(identity), None))
}

#[cfg(test)]
mod tests;
