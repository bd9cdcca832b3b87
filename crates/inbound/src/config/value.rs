//! Values of the configuration, as a problem shows them to a person.

use serde_json::Value;

use super::repo::is_name;

/// The bridge's own secrets. A session reads what strangers wrote; none of these may come near one.
pub const OWN_SECRETS: [&str; 10] = [
    "DEVIN_API_KEY",
    "WEBHOOK_SECRET",
    "WEBHOOK_SECRET_PREVIOUS",
    "PAGERDUTY_SIGNING_SECRET",
    "PAGERDUTY_SIGNING_SECRET_PREVIOUS",
    "PAGERDUTY_API_TOKEN",
    "SLACK_BOT_TOKEN",
    "NOTIFY_WEBHOOK_URL",
    "ADMIN_TOKEN",
    "VIEWER_TOKEN",
];

/// Whether a secret is one of the bridge's own: those, and each hook's.
pub fn is_own_secret(name: &str) -> bool {
    OWN_SECRETS.contains(&name) || name.starts_with("WEBHOOK_SECRET_")
}

/// Whether a Worker secret may be called that.
pub fn is_secret_name(text: &str) -> bool {
    is_name(text, "_") && text.to_ascii_uppercase() == text
}

/// A value for a person. What is inside a table or list is never shown: it may hold a secret's value.
pub fn show(value: &Value) -> String {
    match value {
        // An address may have a password in it, before the @.
        Value::String(text) if text.contains("://") => quote(text.rsplit_once('@').map_or(text, |(_, rest)| rest)),
        Value::String(text) => quote(text),
        _ => kind(value),
    }
}

/// A value for a person where its text may be secret: what sort it is, without showing it.
pub fn kind(value: &Value) -> String {
    match value {
        Value::String(text) => format!("a text of length {}", text.chars().count()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(items) => format!("a table of {}", items.len()),
        Value::Number(_) | Value::Null | Value::Bool(_) => value.to_string(),
    }
}

/// A text in quotes, on one line and cut to a length that is pleasant to read.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", short(text))
}

/// A text on one line, without what nobody sees, and cut to a length that is pleasant to read.
pub fn short(text: &str) -> String {
    let mut short = String::new();
    for (n, c) in text::clean::block(text).chars().enumerate() {
        if n == 80 {
            short.push('…');
            break;
        }
        short.push(if c.is_control() { ' ' } else { c });
    }
    short
}
