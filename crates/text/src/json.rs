//! JSON as others write it.

use serde_json::Value;

/// Reads a text. Half of a surrogate pair, which a text has that was cut inside an emoji, stays visible as `\ud83d`.
///
/// # Errors
/// Where it is no JSON.
pub fn parse(text: &str) -> serde_json::Result<Value> {
    // By way of `FromStr`, whose code is compiled with `serde_json`, for speed.
    text.parse::<Value>().or_else(|error| {
        // Only where that is what is wrong, because it costs as much again.
        let halved = error.to_string().contains("hex escape");
        let repaired = halved.then(|| keep_half_surrogates(text)).flatten();
        repaired.and_then(|repaired| repaired.parse::<Value>().ok()).ok_or(error)
    })
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
}
