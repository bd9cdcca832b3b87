//! The senders' parsers, and what becomes of their events before anything is stored.

use serde_json::Value;

use super::input::{all_visible, mappings, verified};
use inbound::endpoint::Endpoint;
use inbound::senders::{self, MOST_ALERTS, Mappings, Parsed};
use incident::event::IncidentEvent;
use incident::key::Key;
use incident::sender::Sender;

/// PagerDuty's webhooks: nothing is ever refused.
pub fn pagerduty(input: &[u8]) {
    assert!(parsed(Endpoint::Of(Sender::Pagerduty), input));
}

/// Azure Monitor's common alert schema.
pub fn azure_monitor(input: &[u8]) {
    parsed(Endpoint::Of(Sender::AzureMonitor), input);
}

/// Kibana's bodies, JSON or not.
pub fn kibana(input: &[u8]) {
    parsed(Endpoint::Of(Sender::Kibana), input);
}

/// The generic alert.
pub fn alert(input: &[u8]) {
    parsed(Endpoint::Of(Sender::Alert), input);
}

/// Bodies told apart by their shape.
pub fn any(input: &[u8]) {
    parsed(Endpoint::Any, input);
}

/// `{"sources": …, "body": …}`: a setting of mappings, and a body that each of them reads.
pub fn mapping(input: &[u8]) {
    let Ok(mut input) = serde_json::from_slice::<Value>(input) else { return };
    let mut take = |name: &str| input.get_mut(name).map(Value::take).unwrap_or_default();
    let (setting, body) = (take("sources"), take("body"));
    match senders::mapping::sources(&setting) {
        Err(problems) => assert!(problems.iter().all(|problem| problem.setting.starts_with("SOURCES"))),
        Ok(sources) => {
            let body = body.to_string();
            let mut mappings = mappings().clone();
            mappings.sources = sources;
            for (position, source) in mappings.sources.iter().enumerate() {
                assert!(senders::hook_at(&source.name, &mappings.sources) == Some(Endpoint::Source(position)));
                read(Endpoint::Source(position), body.as_bytes(), &mappings, true);
            }
        }
    }
}

/// Whether the body is accepted. What is made of it is within bounds, and the same each time. What takes long to look
/// at is looked at for two hooks, which lead to all parsers.
fn parsed(hook: Endpoint, body: &[u8]) -> bool {
    read(hook, body, mappings(), matches!(hook, Endpoint::Of(Sender::Pagerduty) | Endpoint::Any))
}

fn read(hook: Endpoint, body: &[u8], mappings: &Mappings, thorough: bool) -> bool {
    let read = senders::parse(hook, &verified(body), mappings);
    if thorough {
        assert_eq!(read, senders::parse(hook, &verified(body), mappings));
    }
    match read {
        Err(bad) => {
            assert!(!bad.error.is_empty() && bad.error.len() < 200);
            false
        }
        Ok(Parsed::Confirm { .. }) => true,
        Ok(Parsed::Nothing { message, .. }) => {
            assert!(!message.is_empty());
            true
        }
        Ok(Parsed::Events { events, .. }) => {
            assert!((1..=MOST_ALERTS).contains(&events.len()));
            // No body becomes much more than it was: each text is shown in a few places at most.
            if thorough {
                let size: usize = events.iter().flat_map(texts).map(|text| text.len()).sum();
                assert!(size <= 20 * body.len() + 1_000 * MOST_ALERTS, "{size}");
            }
            for event in events {
                assert!(!event.incident.title.is_empty());
                assert!(Key::parse(event.key.as_str()).is_some(), "{}", event.key);
                kept(event, thorough);
            }
            true
        }
    }
}

/// What is stored of an event: short and visible, and safe once and for all.
fn kept(event: IncidentEvent, thorough: bool) {
    let kept = event.sanitize(true);
    for text in texts(&kept) {
        assert!(text.chars().count() <= 20_000);
        all_visible(&text);
    }
    if thorough {
        assert_eq!(kept.clone().sanitize(true), kept);
    }
}

/// Every text of an event, wherever it stands.
fn texts(event: &IncidentEvent) -> Vec<String> {
    let (mut texts, mut left) = (Vec::new(), vec![serde_json::to_value(event).unwrap_or_default()]);
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) => texts.push(text),
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => {
                for (name, value) in fields {
                    texts.push(name);
                    left.push(value);
                }
            }
            _ => {}
        }
    }
    texts
}
