//! Severity as senders write it: 0 (critical), 1 (error), 2 (warning), 3 (informational) and 4 (verbose), the levels of
//! Azure Monitor (<https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview>).

use serde_json::Value;

use super::json::plain;

/// What is understood, for error messages.
pub const EXPECTED: &str = "0 (critical) to 4 (verbose), \"Sev0\" to \"Sev4\", \"P1\" to \"P5\", \
    or a word such as critical, error, warning, informational or verbose";

/// The severity a value means, if it means one.
pub fn read(value: &Value) -> Option<u8> {
    if let Value::Number(number) = value {
        return level(number.as_f64()?);
    }
    from_text(&plain(value)?)
}

/// The severity a text means, if it means one.
pub fn from_text(text: &str) -> Option<u8> {
    let text = text.trim().to_ascii_lowercase();
    // Priorities begin at 1 where severities begin at 0. Nothing is above P1, but some people have a P0.
    if let Some(priority) = text.strip_prefix('p').and_then(|rest| rest.parse::<u8>().ok()) {
        return (priority <= 5).then(|| priority.saturating_sub(1));
    }
    let bare = text.strip_prefix("severity").or_else(|| text.strip_prefix("sev")).unwrap_or(&text);
    let number = bare.trim_start_matches([' ', '-', '_', ':']);
    // Whole numbers with a fraction of zero too. `f64`'s own reading would cost 15 KB of WASM.
    let whole = number
        .split_once('.')
        .map_or(number, |(whole, zeros)| if zeros.bytes().all(|b| b == b'0') { whole } else { number });
    if let Ok(number) = whole.parse::<u8>() {
        return (number <= 4).then_some(number);
    }
    Some(match text.as_str() {
        "critical" | "crit" | "fatal" | "emergency" | "emerg" | "disaster" | "page" => 0,
        "error" | "err" | "high" | "major" | "alert" => 1,
        "warning" | "warn" | "medium" | "moderate" | "minor" | "average" => 2,
        "informational" | "information" | "info" | "low" | "notice" => 3,
        "verbose" | "debug" | "trace" => 4,
        _ => return None,
    })
}

fn level(number: f64) -> Option<u8> {
    (number.fract() == 0.0 && (0.0..=4.0).contains(&number)).then_some(number as u8)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_names_and_words_are_understood() {
        for (value, expected) in [
            (json!(0), 0),
            (json!(4.0), 4),
            (json!("1"), 1),
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
            json!("9"),
            json!("P6"),
            json!("p"),
            json!("sev"),
            json!("NaN"),
            json!("bad"),
            json!(""),
            json!(null),
            json!(true),
            json!([1]),
            json!({"level": 1}),
        ] {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
