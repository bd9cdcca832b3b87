//! The table of fields in `docs/prompts.md` is the one the code has.

use inbound::endpoint::Endpoint;
use inbound::senders::{self, Parsed};
use incident::sender::Sender;
use outbound::prompt::fields::{self, FIELDS, Kind, Origin};
use outbound::prompt::{Config, render};
use text::Fence;

const FROM: &str = "<!-- The table is written by `UPDATE_DOCS=1 cargo test docs_list_every_field`. -->\n";
const TO: &str = "<!-- End of the table. -->\n";

/// The columns of the table: three senders, and all others by the name of the generic alert.
const COLUMNS: [&str; 4] = ["pagerduty", "azure_monitor", "kibana", "alert"];

fn column(sender: Sender) -> &'static str {
    COLUMNS.into_iter().find(|name| *name == sender.name()).unwrap_or("alert")
}

fn table() -> String {
    let senders = ["PagerDuty", "Azure Monitor", "Kibana", "All others"];
    let mut out = format!("| Field | Holds | {} | Meaning |\n|---|---|{}---|\n", senders.join(" | "), ":-:|".repeat(4));
    for field in FIELDS.iter().filter(|field| field.origin == Origin::Sender) {
        let limits = field.limits;
        let holds = match field.kind {
            Kind::Line => format!("a line, {} characters", limits.each),
            Kind::Text => format!("text, {} characters, its beginning", limits.each),
            Kind::Log => format!("text, {} characters, its beginning and its end", limits.each),
            Kind::List => {
                format!("a list of {}, {} characters each, {} in all", limits.entries, limits.each, limits.total)
            }
            Kind::Pairs => {
                format!("{} pairs, {} characters each, {} in all", limits.entries, limits.each, limits.total)
            }
        };
        let filled = fields::filled_by(field.id);
        let marks: String = COLUMNS.iter().map(|name| if filled.contains(name) { " ✓ |" } else { " |" }).collect();
        out += &format!("| `{}` | {holds} |{marks} {} |\n", field.name, fields::meaning(field.id));
    }
    out += "\nThese come from the configuration and may stand anywhere. None of them is ever shortened.\n\n";
    out += "| Field | Holds | Meaning |\n|---|---|---|\n";
    for field in FIELDS.iter().filter(|field| field.origin == Origin::Configuration) {
        let holds = if field.kind == Kind::List { "a list" } else { "a line" };
        out += &format!("| `{}` | {holds} | {} |\n", field.name, fields::meaning(field.id));
    }
    out
}

#[test]
fn docs_list_every_field() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/prompts.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(FROM).expect("the comment before the table");
    let (found, after) = rest.split_once(TO).expect("the comment after the table");
    let expected = format!("\n{}\n", table());
    if found == expected {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, [before, FROM, &expected, TO, after].concat()).unwrap();
    } else {
        panic!("docs/prompts.md is out of date: run `UPDATE_DOCS=1 cargo test docs_list_every_field`");
    }
}

#[test]
fn the_table_makes_sense() {
    for (index, field) in FIELDS.iter().enumerate() {
        assert!(std::ptr::eq(fields::find(field.name).unwrap(), field), "{} stands twice", field.name);
        assert_eq!(field.id as usize, index);
        let filled = fields::filled_by(field.id);
        assert!(filled.iter().all(|name| COLUMNS.contains(name)), "{}", field.name);
        assert_eq!(filled.is_empty(), field.origin == Origin::Configuration, "{}", field.name);
        assert_eq!(field.limits.total == 0, field.origin == Origin::Configuration, "{}", field.name);
        assert!(!fields::meaning(field.id).contains('|'));
    }
}

/// Every sample event, in the way its sender sends it.
#[test]
fn no_sender_fills_a_field_that_the_table_denies_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/samples");
    let mut events = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let sample: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let body = sample["body"].to_string();
        let Ok(Parsed::Events { events: found, .. }) =
            senders::parse(Endpoint::Any, &checks::verified(body.as_bytes()), checks::mappings())
        else {
            continue;
        };
        for event in found {
            events += 1;
            let changes: Vec<String> = event.change.into_iter().collect();
            let present = |name: &str| {
                let template = format!("{{{{#if {name}}}}}yes{{{{/if}}}}");
                !render(&template, &event.incident, &changes, &Config::default(), &Fence::new("")).unwrap().is_empty()
            };
            for field in FIELDS.iter().filter(|field| field.origin == Origin::Sender && present(field.name)) {
                let known = fields::filled_by(field.id).contains(&column(event.sender));
                assert!(known, "{}: {} fills {}", file.display(), event.sender.name(), field.name);
            }
        }
    }
    assert!(events >= 12, "{events}");
}
