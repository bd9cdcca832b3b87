//! Reads single fields out of a text that was meant to be a JSON object.

use std::borrow::Cow;

use serde_json::Value;

use text::thin;

/// Longer than any name or id: a value without an end is cut here.
const MOST: usize = 1000;

/// As much of a body is looked at, in bytes: each field is looked for from its beginning.
const BEGINNING: usize = 64 * 1024;

/// The part of a body in which fields are looked for.
pub(super) fn beginning(body: &[u8]) -> &[u8] {
    body.get(..BEGINNING).unwrap_or(body)
}

/// A body without its middle, where it is long: what it breaks off with is what is newest in a log.
pub(super) fn ends(body: &[u8]) -> Cow<'_, [u8]> {
    if body.len() <= 2 * BEGINNING {
        return Cow::Borrowed(body);
    }
    let (head, tail) = thin::ends(body, 2 * BEGINNING);
    let part = |part: Option<&[u8]>| part.unwrap_or_default().to_vec();
    Cow::Owned([part(body.get(..head)), " … ".as_bytes().to_vec(), part(body.get(tail..))].concat())
}

/// The value of the first `"name": …` in a text. A string ends at a quote after which the object goes on or ends, so
/// that quotes which somebody forgot to escape belong to it.
pub(super) fn field(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("\"{name}\""))?;
    let after = after.trim_start().strip_prefix(':')?.trim_start();
    let after = after.split_at_checked(after.floor_char_boundary(MOST)).map_or(after, |(kept, _)| kept);
    let raw = match after.strip_prefix('"') {
        Some(string) => until_end(string),
        None => after.split([',', '}', '\n', '\r']).next().unwrap_or_default(),
    };
    let value = match serde_json::from_str(&format!("\"{raw}\"")) {
        Ok(Value::String(value)) => value,
        _ => raw.to_owned(),
    };
    let value = value.trim();
    // In the message about a template that can't be rendered, the template's own variables are no values.
    (!value.is_empty() && value != "null" && !value.contains("{{")).then(|| value.to_owned())
}

fn until_end(string: &str) -> &str {
    let mut escaped = false;
    for (index, character) in string.char_indices() {
        if character == '"' && !escaped {
            let (value, after) = string.split_at_checked(index).unwrap_or((string, ""));
            let next = after.strip_prefix('"').unwrap_or(after).trim_start_matches([' ', '\t']);
            if next.is_empty() || next.starts_with([',', '}', '\n', '\r']) {
                return value;
            }
        }
        escaped = character == '\\' && !escaped;
    }
    string.lines().next().unwrap_or_default()
}
