use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::auth::Verified;
use crate::endpoint::Endpoint;
use crate::senders::testing::{any_json, put_at};
use incident::event::{IncidentEvent, Kind};

fn read(body: &Value) -> Result<Parsed, BadBody> {
    crate::senders::parse(
        Endpoint::Any,
        &Verified::in_test(body.to_string().as_bytes()),
        &crate::senders::testing::mappings(),
    )
}

fn event(body: &Value) -> IncidentEvent {
    match read(body) {
        Ok(Parsed::Events { mut events, .. }) => events.remove(0),
        other => panic!("{other:?}"),
    }
}

fn notification(subject: &str, message: &str) -> Value {
    json!({"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:alarms", "Subject": subject,
        "Message": message, "Timestamp": "2026-05-04T10:00:00Z", "SignatureVersion": "1"})
}

fn alarm(state: &str) -> Value {
    json!({"AlarmName": "cpu", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu", "AlarmDescription": "CPU is high",
        "AWSAccountId": "111122223333", "NewStateValue": state, "NewStateReason": "Threshold Crossed", "StateChangeTime": "2026-05-04T10:00:00.000+0000",
        "Region": "EU (Ireland)", "OldStateValue": "OK", "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Statistic": "AVERAGE",
        "Dimensions": [{"value": "i-1", "name": "InstanceId"}], "Period": 300, "EvaluationPeriods": 2, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 80.0}})
}

#[test]
fn an_alarm_of_cloudwatch_is_read_out_of_its_message() {
    let found = event(&notification("ALARM: cpu", &alarm("ALARM").to_string()));
    assert_eq!((found.sender, found.kind, found.incident.title.as_str()), (Sender::Sns, Kind::Triggered, "cpu"));
    assert_eq!(found.incident.labels, [("InstanceId".to_owned(), "i-1".to_owned())]);
    let condition = "AVERAGE CPUUtilization GreaterThanThreshold 80.0, 2 periods of 300 s, of AWS/EC2";
    assert!(
        found.incident.context.contains(&("condition".to_owned(), condition.to_owned())),
        "{:?}",
        found.incident.context
    );
    let over = event(&notification("OK: cpu", &alarm("OK").to_string()));
    assert_eq!((over.key, over.kind), (found.key, Kind::Resolved));
    assert_eq!(event(&notification("x", &alarm("INSUFFICIENT_DATA").to_string())).kind, Kind::Triggered);
}

#[test]
fn an_event_of_eventbridge_is_the_same_alarm() {
    let bridge = json!({"source": "aws.cloudwatch", "account": "111122223333", "region": "eu-west-1", "time": "2026-05-04T10:00:00Z",
        "resources": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu"],
        "detail": {"alarmName": "cpu", "state": {"value": "OK", "reason": "fine"}, "configuration": {"description": "CPU is high"}}});
    let found = event(&notification("", &bridge.to_string()));
    assert_eq!((found.kind, &found.key), (Kind::Resolved, &event(&notification("x", &alarm("ALARM").to_string())).key));
}

#[test]
fn other_messages_are_alerts_of_their_topic() {
    let first = event(&notification("Backup 17 failed", "See the log of 2026-05-04."));
    assert_eq!(
        (first.incident.title.as_str(), first.incident.description.as_deref()),
        ("Backup 17 failed", Some("See the log of 2026-05-04."))
    );
    assert_eq!(first.key, event(&notification("Backup 18 failed", "else")).key);
    assert_ne!(first.key, event(&notification("Restore failed", "else")).key);
    // What somebody else sends by way of SNS is read as theirs.
    let grafana = json!({"receiver": "r", "orgId": 1, "alerts": [{"status": "firing", "labels": {"alertname": "a"}, "fingerprint": "f"}]});
    assert_eq!(event(&notification("x", &grafana.to_string())).sender, Sender::Grafana);
}

#[test]
fn nothing_is_read_that_sns_does_not_sign() {
    let mut hostile = notification("Backup 17 failed", "See the log.");
    let signed = event(&hostile);
    hostile["MessageAttributes"] = json!({"team": {"Type": "String", "Value": "payments"}});
    for (name, value) in [("UnsubscribeURL", "https://evil.example"), ("severity", "0"), ("AlarmName", "cpu")] {
        hostile[name] = value.into();
    }
    hostile["alerts"] = json!([{"status": "resolved", "labels": {"alertname": "x"}}]);
    assert_eq!(event(&hostile), signed);
}

#[test]
fn a_topic_does_not_speak_for_those_who_prove_themselves() {
    let pagerduty =
        json!({"event": {"id": "1", "event_type": "incident.resolved", "data": {"id": "Q1", "type": "incident"}}});
    let essentials = json!({"alertId": "a", "alertRule": "r", "monitorCondition": "Resolved"});
    let azure = json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials}});
    for body in [pagerduty, azure] {
        // The same comes in by itself.
        assert_ne!(event(&body).sender, Sender::Sns);
        let carried = event(&notification("Relayed", &body.to_string()));
        assert_eq!((carried.sender, carried.incident.title.as_str()), (Sender::Sns, "Relayed"), "{body}");
    }
}

#[test]
fn a_subscription_is_confirmed_at_sns_alone() {
    let confirmation = |url: &str| {
        json!({"Type": "SubscriptionConfirmation", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:1:t",
        "Token": "t", "SubscribeURL": url})
    };
    let url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
    let confirm = Parsed::Confirm { topic: "arn:aws:sns:eu-west-1:1:t".to_owned(), url: url.to_owned() };
    assert_eq!(read(&confirmation(url)), Ok(confirm));
    assert!(is_of_sns("https://sns.cn-north-1.amazonaws.com.cn/?x"));
    for url in [
        "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://evil.example/sns.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com@evil.example/",
        "https://sns..amazonaws.com/",
        "https://sns.a.b.amazonaws.com/",
        "https://s3.amazonaws.com/",
        "",
        "https://sns.eu-west-1.amazonaws.com:8443/",
    ] {
        assert_eq!(read(&confirmation(url)).unwrap_err().error, "Invalid field: SubscribeURL", "{url}");
    }
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_survived(field in 0usize..40, value in any_json(), inside in any::<bool>()) {
        let mut inner = alarm("ALARM");
        if inside {
            put_at(&mut inner, field, value.clone());
        }
        let mut body = notification("s", &inner.to_string());
        if !inside {
            put_at(&mut body, field, value);
        }
        let _ = read(&body);
    }
}
