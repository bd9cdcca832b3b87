//! The documents that a rule found, as log lines. `{{context.hits.asJSON}}` in double braces and quotes is a string that
//! holds a JSON array; with `{{{…}}}` and without quotes it is the array.

use serde_json::{Map, Value};

use crate::senders::bounds;
use crate::senders::json::{any_text, at, items, text};

/// Where a document keeps what happened, best first. A field may be nested or have a dotted name.
const MESSAGES: [&[&str]; 6] =
    [&["message"], &["error", "message"], &["event", "original"], &["log", "original"], &["log"], &["body", "text"]];

/// The lines of the hits, the newest last; nothing where there are none.
pub(super) fn logs(hits: &Value) -> Option<String> {
    let unpacked;
    let hits = match hits {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(value) => {
                unpacked = value;
                &unpacked
            }
            // `{{context.hits}}` renders as objects one after the other, which no parser takes.
            Err(_) => return any_text(hits).map(|text| bounds::tail(&text, bounds::LOGS)),
        },
        other => other,
    };
    let mut lines = Vec::new();
    let mut dated = Map::new();
    for (time, message) in items(hits, &[]).iter().filter_map(line) {
        let Some(time) = time else {
            lines.push(message);
            continue;
        };
        let line = format!("{time} {message}");
        // A map sorts its keys; the number keeps apart, and in order, what happened at the same time.
        dated.insert(format!("{time}\0{:08}", lines.len()), Value::String(line.clone()));
        lines.push(line);
    }
    if dated.len() == lines.len() {
        lines = dated.values().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    (!lines.is_empty()).then(|| bounds::tail(&lines.join("\n"), bounds::LOGS))
}

fn line(hit: &Value) -> Option<(Option<String>, String)> {
    let document = at(hit, &["_source"]).or_else(|| at(hit, &["fields"])).unwrap_or(hit);
    let message = MESSAGES.iter().find_map(|path| value(document, path)).or_else(|| any_text(document))?;
    let trace = value(document, &["error", "stack_trace"]).filter(|trace| !message.contains(trace.as_str()));
    let message = trace.map_or_else(|| message.clone(), |trace| format!("{message}\n{trace}"));
    Some((value(document, &["@timestamp"]), message.trim_end().to_owned()))
}

/// A field by its path or its dotted name; of a list (`fields` holds nothing else) the first item.
fn value(document: &Value, path: &[&str]) -> Option<String> {
    let dotted = path.join(".");
    text(document, path).or_else(|| text(document, &[&dotted])).or_else(|| {
        let found = at(document, path).or_else(|| at(document, &[&dotted]))?;
        text(found.as_array()?.first()?, &[])
    })
}
