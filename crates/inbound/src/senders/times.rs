//! Points in time as senders write them, as RFC 3339: seconds, milliseconds, microseconds or nanoseconds since 1970
//! become one, any other text stays as it is, and a time that only says "not yet" (Go's zero time) is none.

use serde_json::Value;

use super::json::plain;
use incident::time::Time;

/// The time a value means. A list (as Elasticsearch's `fields` are) means its first.
pub(super) fn read(value: &Value) -> Option<String> {
    let value = value.as_array().map_or(value, |items| items.first().unwrap_or(&Value::Null));
    let text = plain(value)?;
    match epoch(&text) {
        Some(Time(0)) => None,
        Some(time) => Some(shown(time)).filter(|text| !text.is_empty()),
        None => Some(text).filter(|text| !is_zero(text)),
    }
}

/// RFC 3339, without a fraction of zero.
fn shown(time: Time) -> String {
    let text = time.rfc3339();
    text.strip_suffix(".000Z").map(|whole| format!("{whole}Z")).unwrap_or(text)
}

/// The zero time of Go and of .NET.
fn is_zero(text: &str) -> bool {
    text.starts_with("0001-01-01")
}

/// A number of seconds or a fraction of them since 1970, told apart by size: for two centuries to come, no two of them
/// have as many digits.
fn epoch(text: &str) -> Option<Time> {
    let number = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")).unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: i64 = whole.parse().ok()?;
    Some(Time(match whole.len() {
        _ if count == 0 => 0,
        9..=10 => {
            let rest: String = fraction.chars().chain("000".chars()).take(3).collect();
            count.saturating_mul(1_000).saturating_add(rest.parse().unwrap_or(0))
        }
        12..=13 => count,
        15..=16 => count / 1_000,
        18..=19 => count / 1_000_000,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_become_times_and_texts_stay() {
        for value in [
            json!(1_700_000_000),
            json!("1700000000"),
            json!(1_700_000_000_000_i64),
            json!("1700000000000"),
            json!(1_700_000_000_000_000_i64),
            json!(1_700_000_000_000_000_000_i64),
            json!("/Date(1700000000000)/"),
            json!([1_700_000_000_000_i64]),
        ] {
            assert_eq!(read(&value).as_deref(), Some("2023-11-14T22:13:20Z"), "{value}");
        }
        assert_eq!(read(&json!(1_700_000_000.5)).as_deref(), Some("2023-11-14T22:13:20.500Z"));
        for text in ["2026-05-04T10:00:00Z", "yesterday", "10:02", "12"] {
            assert_eq!(read(&json!(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn no_time_is_none() {
        for value in [
            json!(null),
            json!(""),
            json!(0),
            json!("0"),
            json!("0001-01-01T00:00:00Z"),
            json!("0001-01-01 00:00:00 +0000 UTC"),
            json!([]),
            json!({"a": 1}),
        ] {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
