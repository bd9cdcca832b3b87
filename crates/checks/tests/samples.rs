//! What Devin reads of each sender's sample: read by a person, and kept.

#![cfg(test)]

use inbound::endpoint::Endpoint;
use inbound::senders::{self, Parsed, SENDERS};
use incident::event::Kind;
use incident::sender::Sender;
use outbound::prompt::{Config, Library, Template, render};
use text::Fence;

/// The details in the prompt of a sample's first event, between the first pair of fences.
fn details(name: &str) -> (Sender, Kind, String) {
    let path = format!("{}/../../scripts/samples/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let text = ["id", "event", "now", "earlier"]
        .into_iter()
        .zip(["id-1", "event-1", "2026-05-04T10:46:00Z", "2026-05-04T10:00:00Z"])
        .fold(text, |text, (field, value)| text.replace(&format!("{{{{{field}}}}}"), value));
    let sample: serde_json::Value = serde_json::from_str(&text).unwrap();
    let body = sample["body"].to_string();
    let hook = senders::hook_at(sample["path"].as_str().unwrap().strip_prefix("/hooks/").unwrap(), &[]).unwrap();
    let Ok(Parsed::Events { events, .. }) =
        senders::parse(hook, &checks::verified(body.as_bytes()), checks::mappings())
    else {
        panic!("{name}")
    };
    let Ok(Parsed::Events { events: by_shape, .. }) =
        senders::parse(Endpoint::Any, &checks::verified(body.as_bytes()), checks::mappings())
    else {
        panic!("{name}")
    };
    assert_eq!(events, by_shape, "{name} is recognised by its shape");
    let event = events.into_iter().next().unwrap().sanitize(true);
    let library = Library::new(&checks::texts("prompts"));
    let prompt = render(
        library.text(Template::Triage),
        &event.incident,
        &[],
        &Config::default(),
        &Fence::new("0123456789abcdef"),
    )
    .unwrap();
    let inside = prompt.split("<<<UNTRUSTED 0123456789abcdef\n").nth(1).unwrap();
    let inside = inside.split("UNTRUSTED 0123456789abcdef>>>").next().unwrap();
    let lines: Vec<&str> = inside.lines().map(str::trim_end).filter(|line| line.starts_with(['-', ' '])).collect();
    (event.sender, event.kind, lines.join("\n"))
}

macro_rules! samples {
    ($($name:literal $kind:ident $expected:literal)*) => {
        #[test]
        fn every_sample_becomes_what_it_was_read_as() {
            $(
                let (_, kind, found) = details($name);
                assert_eq!((kind, found.as_str()), (Kind::$kind, $expected.trim_matches('\n')), "{}", $name);
            )*
        }

        #[test]
        fn every_sender_has_a_sample() {
            let mut senders = vec![Sender::Pagerduty, Sender::AzureMonitor, Sender::Kibana, Sender::Alert];
            $(senders.push(details($name).0);)*
            assert!(SENDERS.iter().all(|known| senders.contains(&known.sender)));
        }
    };
}

include!("samples.in");
