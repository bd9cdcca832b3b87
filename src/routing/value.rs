//! Reading one value of a route: the right type and a sensible size, or what was found and what was expected.

use serde_json::Value;

/// What is wrong with a value, or with one item of a list.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The item's position in its list, counted from 1.
    pub(super) item: Option<usize>,
    /// The value found; `None` where saying more than `expected` does would only repeat the setting.
    pub(super) found: Option<String>,
    /// What was expected.
    pub(super) expected: String,
}

/// A value, or everything that is wrong with it.
pub(super) type Read<T> = Result<T, Vec<Wrong>>;

/// One thing wrong with a value as a whole.
pub(super) fn wrong<T>(found: String, expected: impl Into<String>) -> Read<T> {
    Err(vec![Wrong { item: None, found: Some(found), expected: expected.into() }])
}

/// `true` or `false`.
pub(super) fn yes_no(value: &Value) -> Read<bool> {
    match value.as_bool() {
        Some(yes) => Ok(yes),
        None => wrong(show(value), "true or false, without quotes"),
    }
}

/// A whole number from 1 to `most`.
pub(super) fn count(value: &Value, most: u64) -> Read<u64> {
    // Numbers may have come through JavaScript, which knows no other than 3.0.
    let number = value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=1e15).contains(n))?;
        Some(number as u64)
    });
    match number {
        Some(number) if (1..=most).contains(&number) => Ok(number),
        _ => wrong(show(value), format!("a whole number from 1 to {most}, without quotes")),
    }
}

/// A text of one line that says something.
pub(super) fn line(value: &Value, most: usize) -> Result<String, String> {
    match value.as_str() {
        Some(text) if fits(text, most) && !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(format!("a text of one line, 1 to {most} characters")),
    }
}

/// A text that may have several lines.
pub(super) fn lines(value: &Value, most: usize) -> Result<String, String> {
    match value.as_str() {
        Some(text) if fits(text, most) => Ok(text.to_owned()),
        _ => Err(format!("a text, 1 to {most} characters")),
    }
}

/// A name or id: a short text without spaces.
pub(super) fn id(value: &Value) -> Result<String, String> {
    match value.as_str() {
        Some(text) if fits(text, 200) && !text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            Ok(text.to_owned())
        }
        _ => Err("an id: a text without spaces".to_owned()),
    }
}

/// `one` for a value that must not be a list, with what was found where it fails.
pub(super) fn single(value: &Value, one: impl FnOnce(&Value) -> Result<String, String>) -> Read<String> {
    one(value).or_else(|expected| wrong(show(value), expected))
}

/// Like [`single`], but an empty text is fine: it switches a default off.
pub(super) fn single_or_empty(value: &Value, one: impl FnOnce(&Value) -> Result<String, String>) -> Read<String> {
    if value.as_str() == Some("") { Ok(String::new()) } else { single(value, one) }
}

/// One value or a list of them; everything wrong in it is told, not only the first. With `secret`, what was found is
/// described and never shown.
pub(super) fn each(value: &Value, secret: bool, one: &dyn Fn(&Value) -> Result<String, String>) -> Read<Vec<String>> {
    let found = |value: &Value| Some(if secret { kind(value) } else { show(value) });
    let Value::Array(items) = value else {
        return one(value)
            .map(|text| vec![text])
            .map_err(|expected| vec![Wrong { item: None, found: found(value), expected }]);
    };
    if items.len() > MOST_ITEMS {
        return wrong(kind(value), format!("at most {MOST_ITEMS} items"));
    }
    let mut texts = Vec::new();
    let mut wrongs = Vec::new();
    for (n, item) in items.iter().enumerate() {
        match one(item) {
            Ok(text) => texts.push(text),
            Err(expected) => wrongs.push(Wrong { item: Some(n + 1), found: found(item), expected }),
        }
    }
    if wrongs.is_empty() { Ok(texts) } else { Err(wrongs) }
}

/// No list in a route is longer.
const MOST_ITEMS: usize = 100;

fn fits(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().nth(most).is_none()
}

/// A value for a person. What is inside a table or list is never shown: it may hold a secret's value.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => kind(value),
    }
}

/// What sort of value it is, without showing it.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "a table".to_owned(),
    }
}

/// A text in quotes, on one line and cut to a length that is pleasant to read.
pub(super) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}
