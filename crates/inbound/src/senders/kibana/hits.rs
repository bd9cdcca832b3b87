//! The documents that a rule found, as log lines, one a document: time, level, `service@host`, message,
//! `error.type: error.message`, trace. Log lines, errors of APM, alerts as data and checks of monitors are read.
//! `{{context.hits.asJSON}}` in double braces and quotes is a string that holds a JSON array; with `{{{…}}}` and without
//! quotes it is the array.

use serde_json::Value;

use crate::senders::json::{any_text, at, items, plain, unescaped};
use crate::senders::names::Body;
use crate::senders::{bounds, times};
use text::thin::thin;

/// The most bytes of one document's line, of what follows it (a stack trace), and of a field shown for want of a message.
const LINE: usize = 2_000;
const TRACE: usize = 1_500;
const FIELD: usize = 200;

/// What the documents tell.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// One line for each, the newest last.
    pub(super) logs: Option<String>,
    /// The service and the host that all of them name.
    pub(super) service: Option<String>,
    pub(super) host: Option<String>,
}

/// What a line is made of.
#[derive(Default)]
struct Line {
    time: Option<String>,
    service: Option<String>,
    host: Option<String>,
    text: String,
}

/// Reads the hits of a body.
pub(super) fn read(hits: &Value) -> Documents {
    let unpacked;
    let hits = match hits {
        Value::String(text) => match serde_json::from_str(&thin(text)) {
            Ok(value) => {
                unpacked = value;
                &unpacked
            }
            // `{{context.hits}}` renders as objects one after the other, which no parser takes.
            Err(_) => {
                let logs = any_text(hits).map(|text| bounds::both_ends(&unescaped(&text), bounds::LOGS));
                return Documents { logs, ..Documents::default() };
            }
        },
        other => other,
    };
    let mut lines: Vec<Line> = items(hits, &[]).iter().filter_map(line).collect();
    if lines.iter().all(|line| line.time.is_some()) {
        lines.sort_by(|a, b| a.time.cmp(&b.time));
    }
    let same = |of: &dyn Fn(&Line) -> &Option<String>| {
        let first = lines.first().and_then(|line| of(line).clone())?;
        lines.iter().all(|line| of(line).as_deref() == Some(&first)).then_some(first)
    };
    let (service, host) = (same(&|line| &line.service), same(&|line| &line.host));
    // Of many long ones each keeps its beginning.
    let share = (bounds::LOGS / lines.len().max(1)).max(FIELD);
    let mut texts = Vec::with_capacity(lines.len());
    for line in &lines {
        texts.push(bounds::head(&line.text, share));
    }
    let logs = (!texts.is_empty()).then(|| bounds::both_ends(&texts.join("\n"), bounds::LOGS));
    Documents { logs, service, host }
}

fn line(hit: &Value) -> Option<Line> {
    let document = at(hit, &["_source"]).or_else(|| at(hit, &["fields"])).unwrap_or(hit);
    if !document.is_object() {
        return any_text(document).map(|text| Line { text, ..Line::default() });
    }
    let body = Body::new(document.clone());
    let of = |names: &[&str]| body.read(names, &first);
    let time = body.read(&["timestamp", "alertstart", "time", "eventcreated", "datetime"], &times::read);
    let level = of(&["loglevel", "level", "severitytext", "severity"]);
    let service = of(&["servicename", "service", "containername", "application", "appname", "app"]);
    let host = of(&["hostname", "host", "podname", "agentname", "nodename"]);
    let thrown = body
        .read(&["errorexception", "exception"], &|value| items(value, &[]).first().filter(|v| v.is_object()).cloned());
    let of_thrown = |name: &str| thrown.as_ref().and_then(|thrown| thrown.get(name)).and_then(first);
    let kind = of(&["errortype", "exceptiontype", "exceptionclass"]).or_else(|| of_thrown("type"));
    let said = of(&["errormessage", "exceptionmessage"]).or_else(|| of_thrown("message"));
    let message = of(&[
        "message",
        "alertreason",
        "eventoriginal",
        "logoriginal",
        "errorlogmessage",
        "log",
        "bodytext",
        "body",
        "msg",
        "reason",
    ]);
    let message = message.or_else(|| monitor(&body)).filter(|message| said.as_ref() != Some(message));
    let error = match (kind, said) {
        (Some(kind), Some(said)) => Some(format!("{kind}: {said}")),
        (kind, said) => kind.or(said),
    };
    let trace = of(&["traceid"]);
    let stack = of(&["errorstacktrace", "exceptionstacktrace", "stacktrace", "stack"]);
    let place = match (&service, &host) {
        (Some(service), Some(host)) => Some(format!("{service}@{host}")),
        (service, host) => service.clone().or_else(|| host.as_ref().map(|host| format!("@{host}"))),
    };
    let told = message.is_some() || error.is_some();
    let mut head: Vec<String> = [time.clone(), level, place].into_iter().flatten().collect();
    let mut rest = String::new();
    let mut parts = Vec::new();
    for part in [message, error].into_iter().flatten() {
        let part = unescaped(&part);
        let (first, more) = part.trim_end().split_once('\n').unwrap_or((part.trim_end(), ""));
        parts.push(first.trim_end().to_owned());
        push_line(&mut rest, more);
    }
    if !told {
        parts.push(fields(document));
    }
    parts.extend(trace.map(|trace| format!("trace {trace}")));
    parts.retain(|part| !part.is_empty());
    if !parts.is_empty() {
        head.push(parts.join("; "));
    }
    if let Some(stack) = stack.filter(|stack| !rest.contains(stack.as_str())) {
        push_line(&mut rest, &unescaped(&stack));
    }
    let mut text = bounds::head(&head.join(" "), LINE);
    push_line(&mut text, &bounds::head(rest.trim_end(), TRACE));
    (!text.is_empty()).then_some(Line { time, service, host, text })
}

fn push_line(text: &mut String, line: &str) {
    if !line.trim().is_empty() {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(line);
    }
}

/// A plain value, or the first of a list of them: `fields` holds nothing else.
fn first(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => items.first().and_then(plain),
        _ => plain(value),
    }
}

/// What a monitor found: `monitor checkout is down (https://shop.example)`.
fn monitor(body: &Body) -> Option<String> {
    let of = |names: &[&str]| body.read(names, &first);
    let (name, status) = (of(&["monitorname", "monitorid"])?, of(&["monitorstatus", "statestatus"])?);
    let url = of(&["urlfull", "urldomain"]).map(|url| format!(" ({url})")).unwrap_or_default();
    Some(format!("monitor {name} is {status}{url}"))
}

/// The fields of a document that tells nothing we know.
fn fields(document: &Value) -> String {
    let mut shown = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        let known = ["@timestamp", "level", "service", "host", "log.level", "service.name", "host.name"]
            .contains(&name.as_str());
        if let Some(text) = any_text(value).filter(|_| !known && shown.len() < 20) {
            shown.push(format!("{name}: {}", bounds::head(&text, FIELD)));
        }
    }
    shown.join(", ")
}
