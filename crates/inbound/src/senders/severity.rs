//! Severity as senders write it: 0 (critical), 1 (error), 2 (warning), 3 (informational) and 4 (verbose), the levels of
//! Azure Monitor (<https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview>).
//!
//! It is read from the number or the word at the beginning, in any decoration: `Sev2`, `P1 - Critical`, `[HIGH]`,
//! `🔴 critical`, `Severity: 3`. What is neither stays unknown.

use serde_json::Value;

use super::json::{any_text, plain};
use super::names::normal;

/// What is expected, for error messages.
pub const EXPECTED: &str = "0 (critical) to 4 (verbose), \"Sev0\" to \"Sev4\", \"P1\" to \"P5\", \
    or a word such as critical, error, warning, informational or verbose";

/// What a severity may be called inside an object.
const NAMES: [&str; 9] = ["name", "label", "level", "value", "severity", "text", "title", "summary", "displayname"];

/// A severity: what it means, and what the sender called it where that says more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Severity {
    /// 0 (critical) to 4 (verbose), where it could be told.
    pub(super) level: Option<u8>,
    /// The sender's own word, unless it is just the number.
    pub(super) word: Option<String>,
}

/// What a value says of the severity; `None` where it says nothing at all.
pub(super) fn said(value: &Value) -> Option<Severity> {
    let shown = any_text(value)?;
    let word = match value {
        Value::Object(_) => named(value).unwrap_or(shown),
        _ => shown,
    };
    let level = read(value);
    let bare = normal(&word);
    let bare = bare.strip_prefix("severity").or_else(|| bare.strip_prefix("sev")).unwrap_or(&bare);
    let is_number = level.is_some_and(|level| bare == level.to_string() || bare == format!("{level}0"));
    Some(Severity { level, word: (!is_number).then_some(word) })
}

/// The severity a value means, if it means one.
pub(super) fn read(value: &Value) -> Option<u8> {
    match value {
        Value::Number(number) => level(number.as_f64()?),
        Value::Array(items) => items.first().and_then(read),
        Value::Object(_) => from_text(&named(value)?),
        _ => from_text(&plain(value)?),
    }
}

fn named(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    NAMES
        .iter()
        .find_map(|name| fields.iter().find(|(key, _)| normal(key) == *name).and_then(|(_, value)| plain(value)))
}

/// The severity a text means, if it means one.
pub(super) fn from_text(text: &str) -> Option<u8> {
    let text = text.trim();
    let negative = text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if negative {
        return None;
    }
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    let mut priority = false;
    for word in words.by_ref().filter(|word| !word.is_empty()) {
        match word {
            "severity" | "sev" | "level" | "lvl" | "very" | "s" => {}
            "priority" | "prio" | "p" => priority = true,
            _ => {
                let digits = word.trim_start_matches(|c: char| c.is_alphabetic());
                let prefix = word.strip_suffix(digits).unwrap_or_default();
                if digits.is_empty() {
                    return named_level(word);
                }
                if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                    return None;
                }
                match prefix {
                    "p" | "prio" | "priority" => priority = true,
                    "" | "s" | "sev" | "severity" | "l" | "lvl" | "level" => {}
                    _ => return None,
                }
                let number = whole(digits, priority);
                if number.is_some() {
                    return number;
                }
                // `5 - Low` is no level of ours, but its word is.
                if digits.contains('.') {
                    return None;
                }
            }
        }
    }
    None
}

fn named_level(word: &str) -> Option<u8> {
    Some(match word {
        "critical" | "crit" | "fatal" | "emergency" | "emerg" | "disaster" | "page" | "highest" | "blocker"
        | "urgent" | "severe" | "catastrophic" | "extreme" | "panic" => 0,
        "error" | "err" | "high" | "major" | "alert" | "important" | "serious" => 1,
        "warning" | "warn" | "medium" | "moderate" | "minor" | "average" | "mid" | "degraded" => 2,
        "informational" | "information" | "info" | "low" | "notice" => 3,
        "verbose" | "debug" | "trace" | "lowest" | "trivial" | "negligible" => 4,
        _ => return None,
    })
}

/// A whole number, also with a fraction of zero. Priorities begin at 1 where severities begin at 0. Nothing is above P1,
/// but some people have a P0.
fn whole(digits: &str, priority: bool) -> Option<u8> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number = whole.parse::<u8>().ok().filter(|_| fraction.bytes().all(|b| b == b'0'))?;
    if priority { (number <= 5).then(|| number.saturating_sub(1)) } else { (number <= 4).then_some(number) }
}

fn level(number: f64) -> Option<u8> {
    (number.fract() == 0.0 && (0.0..=4.0).contains(&number)).then_some(number as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_names_and_words_are_understood() {
        for (value, expected) in [
            (json!(0), 0),
            (json!(4.0), 4),
            (json!("1"), 1),
            (json!("2.0"), 2),
            (json!(" Sev2 "), 2),
            (json!("sev-3"), 3),
            (json!("Severity 4"), 4),
            (json!("P1"), 0),
            (json!("p5"), 4),
            (json!("P0"), 0),
            (json!("CRITICAL"), 0),
            (json!("Error"), 1),
            (json!("warning"), 2),
            (json!("Informational"), 3),
            (json!("verbose"), 4),
            (json!("1 - Critical"), 1),
            (json!("P1 - Critical"), 0),
            (json!("Highest"), 0),
            (json!("[HIGH]"), 1),
            (json!("🔴 critical!"), 0),
            (json!("severity: high"), 1),
            (json!("Priority 2 (Major)"), 1),
            (json!("prio-3"), 2),
            (json!("5 - Low"), 3),
            (json!("very high"), 1),
            (json!("SEVERITY_WARNING"), 2),
            (json!("major/customer-facing"), 1),
            (json!({"name": "Minor", "id": 7}), 2),
            (json!({"level": 1}), 1),
            (json!(["high"]), 1),
        ] {
            assert_eq!(read(&value), Some(expected), "{value}");
        }
    }

    #[test]
    fn everything_else_is_not_guessed() {
        for value in [
            json!(5),
            json!(-1),
            json!(1.5),
            json!("-1"),
            json!("1.5"),
            json!("9"),
            json!("P6"),
            json!("p"),
            json!("sev"),
            json!("NaN"),
            json!("bad"),
            json!(""),
            json!(null),
            json!(true),
            json!("not critical"),
            json!("non-critical"),
            json!("Not classified"),
            json!("<no value>"),
            json!("24x7 high"),
            json!("e2"),
        ] {
            assert_eq!(read(&value), None, "{value}");
        }
    }

    #[test]
    fn the_own_word_is_kept_where_it_says_more_than_the_number() {
        let said = |value: Value| said(&value).map(|said| (said.level, said.word));
        assert_eq!(said(json!("high")), Some((Some(1), Some("high".to_owned()))));
        assert_eq!(said(json!("Not classified")), Some((None, Some("Not classified".to_owned()))));
        assert_eq!(said(json!({"name": "SEV-1", "id": "x"})), Some((Some(1), None)));
        for number in [json!(1), json!("1"), json!("Sev1"), json!("severity 1"), json!(1.0)] {
            assert_eq!(said(number), Some((Some(1), None)));
        }
        assert_eq!(said(json!(7)), Some((None, Some("7".to_owned()))));
        assert_eq!((said(json!(" ")), said(json!(null)), said(json!([]))), (None, None, None));
    }

    proptest! {
        #[test]
        fn decoration_changes_nothing(
            word in proptest::sample::select(vec!["critical", "high", "2", "Sev3", "P1", "minor", "info", "Lowest"]),
            (before, after) in proptest::sample::select(vec![
                ("[", "]"), ("🔥 ", ""), ("**", "**"), ("severity: ", ""), ("(", ")"), ("\"", "\""), ("", "!"), ("", " - some words"),
                ("", " (see below)"), ("<", ">"), ("  ", "\n"), ("#", ""), ("level=", ""),
            ]),
        ) {
            prop_assert_eq!(from_text(&format!("{before}{word}{after}")), from_text(word));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,30}") {
            prop_assert!(from_text(&text).is_none_or(|level| level <= 4));
        }
    }
}
