//! JSON as others write it.

use serde_json::Value;

/// Reads a text. Half of a surrogate pair, which a text has that was cut inside an emoji, stays visible as `\ud83d`, and a
/// number that no float has room for, such as `1e999`, becomes a text.
///
/// # Errors
/// Where it is no JSON.
pub fn parse(text: &str) -> serde_json::Result<Value> {
    // By way of `FromStr`, whose code is compiled with `serde_json`, for speed.
    text.parse::<Value>().or_else(|error| {
        // Only where that is what is wrong, because it costs as much again.
        let words = error.to_string();
        let repaired = match () {
            () if words.contains("hex escape") => keep_half_surrogates(text),
            () if words.contains("out of range") => quote_endless_numbers(text),
            () => None,
        };
        // The other one may be wrong too; then nothing is left to repair.
        repaired.and_then(|repaired| parse(&repaired).ok()).ok_or(error)
    })
}

/// The text with every number beyond all floats in quotes, or `None` where there is none.
fn quote_endless_numbers(text: &str) -> Option<String> {
    let mut repaired = String::new();
    let mut found = false;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| matches!(c, '"' | '-' | '0'..='9')) {
        let (before, from) = rest.split_at_checked(at)?;
        let length = if from.starts_with('"') { string_length(from)? } else { number_length(from) };
        let (token, after) = from.split_at_checked(length)?;
        let endless = token.parse::<f64>().is_ok_and(f64::is_infinite);
        found |= endless;
        let quote = if endless { "\"" } else { "" };
        for piece in [before, quote, token, quote] {
            repaired.push_str(piece);
        }
        rest = after;
    }
    repaired.push_str(rest);
    found.then_some(repaired)
}

/// The length of the string that a text begins with, its quotes included.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = |(_, c): &(usize, char)| {
        let ends = !escaped && *c == '"';
        escaped = !escaped && *c == '\\';
        ends
    };
    text.char_indices().skip(1).find(end).map(|(at, _)| at.saturating_add(1))
}

fn number_length(text: &str) -> usize {
    text.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(text.len())
}

/// The text with every lone `\uD800`–`\uDFFF` escape made literal, or `None` where there is none.
fn keep_half_surrogates(text: &str) -> Option<String> {
    let mut repaired = String::new();
    let mut found = false;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        repaired.push_str(before);
        let unit = code_unit(after);
        let high = unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
        let low_follows = after
            .get(5..)
            .and_then(|next| next.strip_prefix('\\'))
            .and_then(code_unit)
            .is_some_and(|unit| (0xdc00..0xe000).contains(&unit));
        let (copied, lone) = match unit {
            Some(_) if high && low_follows => (11, false),
            Some(unit) if (0xd800..0xe000).contains(&unit) => (5, true),
            // The escaped character goes along, so that the second of two backslashes does not begin an escape.
            _ => (after.chars().next().map_or(0, char::len_utf8), false),
        };
        found |= lone;
        repaired.push_str(if lone { "\\\\" } else { "\\" });
        let (escape, remaining) = after.split_at_checked(copied)?;
        repaired.push_str(escape);
        rest = remaining;
    }
    repaired.push_str(rest);
    found.then_some(repaired)
}

/// The code unit of `uXXXX`.
fn code_unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn half_a_surrogate_pair_stays_visible() {
        // Half a pair at the end, in the middle and the wrong way round; whole pairs and literal text stay.
        for (text, expected) in [
            (r#""cut \ud83d""#, r"cut \ud83d"),
            (r#""cut \ud83d here""#, r"cut \ud83d here"),
            (r#""\udc00\ud83d\ude00""#, "\\udc00\u{1f600}"),
            (r#""\\ud83d \ud83d\n""#, "\\ud83d \\ud83d\n"),
        ] {
            assert_eq!(parse(text).ok(), Some(json!(expected)), "{text}");
        }
        assert!(parse(r#""\ud83d" x"#).is_err());
    }

    #[test]
    fn a_number_that_no_float_has_room_for_is_a_text() {
        let many = "9".repeat(400);
        for (text, expected) in [
            ("1e999", json!("1e999")),
            (
                r#"{"a":-1E+400, "1e999":"x\"1e999\\","c":[1.5,1e999]}"#,
                json!({"a": "-1E+400", "1e999": "x\"1e999\\", "c": [1.5, "1e999"]}),
            ),
            (r#"["cut \ud83d",1e999]"#, json!([r"cut \ud83d", "1e999"])),
            (r#"[1e999,"cut \ud83d"]"#, json!(["1e999", r"cut \ud83d"])),
            (many.as_str(), json!(many)),
            ("[1e308,-0,1e-999]", json!([1e308, -0.0, 0.0])),
        ] {
            assert_eq!(parse(text).ok(), Some(expected), "{text}");
        }
        for text in ["1e999 x", "[1e999", "[1e999,NaN]", r#"{"a":1e999,"b"}"#, r#"[1e999,"\"#] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
