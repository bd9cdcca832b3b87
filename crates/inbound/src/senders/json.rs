//! JSON as senders really write it: fields that are absent, null, blank or of another type are never an error here.
//! Every accessor answers `None` for them, and each parser decides what it can do without.

use std::borrow::Cow;

use serde_json::Value;

use text::thin::Thinned;

/// Some editors and PowerShell put one in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where and why a body stopped being JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {byte} (line {line}, column {column})")]
pub struct Broken {
    /// The number of bytes up to and including the offending one: `head -c <byte>` ends with it.
    pub byte: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its place in that line, from 1, in bytes.
    pub column: usize,
    /// What was wrong, in the parser's words.
    pub problem: String,
}

/// So many bytes in a row or apart may be no UTF-8 before everything behind them is taken as Latin-1.
const MOST_INVALID: usize = 10_000;

/// Reads a body. What JSON itself leaves open is read kindly: a byte order mark is skipped, bytes that are no UTF-8 are
/// taken as Latin-1 (Windows PowerShell's `Invoke-RestMethod` sends a body without a charset that way), and half of a
/// surrogate pair (a text that was cut inside an emoji) stays visible as `\ud83d`, as does a number such as `1e999`.
pub fn read(body: &[u8]) -> Result<Value, Broken> {
    let whole = utf16(body).map_or(Cow::Borrowed(body), |text| Cow::Owned(text.into_bytes()));
    let bytes = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&whole);
    let begun = bytes.trim_ascii_start();
    // Most texts that are no JSON show it at once, and need not be decoded.
    if begun.first().is_some_and(|first| !b"{[\"-0123456789tfn".contains(first)) {
        return Err(broken("expected value", bytes.len() - begun.len() + 1, &whole, body));
    }
    let thinner = Thinned::of(bytes);
    let text = decode(&thinner.bytes);
    let error = match text::json::parse(&text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let problem = error.to_string();
    let lines_before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let place = thinner.place(undecoded(&thinner.bytes, lines_before + error.column()));
    let problem = problem.split(" at line ").next().unwrap_or(&problem);
    Err(broken(problem, place, &whole, body))
}

/// The bytes as text, whatever they are.
pub fn decode(body: &[u8]) -> Cow<'_, str> {
    if let Some(text) = utf16(body) {
        return Cow::Owned(text);
    }
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(body.len().saturating_mul(2));
            for (valid, latin) in pieces(body) {
                text.push_str(valid);
                text.extend(latin.iter().map(|byte| char::from(*byte)));
            }
            Cow::Owned(text)
        }
    }
}

/// The bytes as text that is UTF-8 and what is taken as Latin-1 behind it, by turns.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let (mut read, mut invalid) = (0, 0);
    let mut chunks = bytes.utf8_chunks();
    std::iter::from_fn(move || {
        if invalid > MOST_INVALID {
            let rest = bytes.get(read..).filter(|rest| !rest.is_empty())?;
            read = bytes.len();
            return Some(("", rest));
        }
        let chunk = chunks.next()?;
        read += chunk.valid().len() + chunk.invalid().len();
        invalid += chunk.invalid().len();
        Some((chunk.valid(), chunk.invalid()))
    })
}

/// How many of the bytes became the first `decoded` bytes of their text: see [`decode`].
fn undecoded(bytes: &[u8], decoded: usize) -> usize {
    let (mut read, mut left) = (0, decoded);
    for (valid, latin) in pieces(bytes) {
        if left <= valid.len() {
            return read + left;
        }
        read += valid.len();
        left -= valid.len();
        for byte in latin {
            let length = char::from(*byte).len_utf8();
            if left <= length {
                return read + 1;
            }
            read += 1;
            left -= length;
        }
    }
    read
}

/// The text of a body in UTF-16, which is told by its byte order mark, or by two first characters that are a zero and an
/// ASCII letter or sign each.
fn utf16(body: &[u8]) -> Option<String> {
    let (big, rest) = match body {
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, rest @ ..] => (false, rest),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => (true, body),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => (false, body),
        _ => return None,
    };
    let mut units = Vec::with_capacity(rest.len() / 2);
    for pair in rest.chunks_exact(2) {
        if let [first, second] = pair {
            units.push(if big { u16::from_be_bytes([*first, *second]) } else { u16::from_le_bytes([*first, *second]) });
        }
    }
    Some(String::from_utf16_lossy(&units))
}

/// What is said of a body whose JSON breaks with the byte before `place` of what follows a byte order mark; `whole` is the
/// body, or its text where it was UTF-16.
fn broken(problem: &str, place: usize, whole: &[u8], body: &[u8]) -> Broken {
    if body.starts_with(&[0x1f, 0x8b]) {
        let problem = "the body is compressed with gzip and its header Content-Encoding does not say so".to_owned();
        return Broken { byte: 1, line: 1, column: 1, problem };
    }
    let text = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
    if text.trim_ascii_start().is_empty() {
        return Broken { byte: 0, line: 1, column: 0, problem: "the body is empty".to_owned() };
    }
    let in_utf16 = utf16(body).is_some();
    let byte = if in_utf16 { place.saturating_mul(2).min(body.len()) } else { whole.len() - text.len() + place };
    let before = body.get(..byte.saturating_sub(1)).unwrap_or_default();
    let column = before.rsplit(|b| *b == b'\n').next().map_or(0, <[u8]>::len) + usize::from(byte > 0);
    // Counted here, because a line break that is itself the offending byte still belongs to its line.
    let breaks = before.iter().filter(|b| **b == b'\n').count();
    Broken { byte, line: breaks.saturating_add(1), column, problem: problem.to_owned() }
}

/// What is at the end of a path of field names.
pub fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name)).filter(|value| !value.is_null())
}

/// The text at a path: a string, a number or a boolean, without the blanks around it; nothing where it is blank.
pub fn text(value: &Value, path: &[&str]) -> Option<String> {
    plain(at(value, path)?)
}

/// The first of several fields that has a text. Senders, and versions of one sender, name the same thing differently.
pub fn first_text(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text(value, &[name]))
}

/// A value as text, if it is one: see [`text()`].
pub fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A value as text, whatever it is: lists of plain values as `a, b`, everything else that is nested as compact JSON.
/// Nothing for null, blank strings and empty lists and objects.
pub fn any_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) if items.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        Value::Array(items) if !items.iter().any(|item| item.is_array() || item.is_object()) => {
            let items = collect(items, &plain);
            (!items.is_empty()).then(|| items.join(", "))
        }
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
        _ => plain(value),
    }
}

/// A text that was escaped once more than it should be (`\\n` for a line break, `\\"` for a quote), as it was meant. A path
/// such as `C:\new` stays.
pub fn unescaped(text: &str) -> String {
    let escapes = ["\\n", "\\t", "\\\"", "\\r"];
    if !text.contains('\n') && !text.contains(":\\") && escapes.iter().any(|escape| text.contains(escape)) {
        // What is between quotes that are not escaped is no JSON, but means itself.
        let mut quoted = String::with_capacity(text.len().saturating_add(2));
        let mut escaped = false;
        for character in text.chars() {
            if character == '"' && !escaped {
                quoted.push('\\');
            }
            quoted.push(character);
            escaped = character == '\\' && !escaped;
        }
        if let Ok(text) = serde_json::from_str(&format!("\"{quoted}\"")) {
            return text;
        }
    }
    text.to_owned()
}

/// The whole number at a path, also where it was sent as a string or with a fraction of zero.
pub fn integer(value: &Value, path: &[&str]) -> Option<i64> {
    match at(value, path)? {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The items at a path: those of a list, or the one value that was sent instead of a list.
pub fn items<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    match at(value, path) {
        Some(Value::Array(items)) => items,
        Some(other) => std::slice::from_ref(other),
        None => &[],
    }
}

/// The texts of one field of each item at a path: `texts(data, &["teams"], "summary")`.
pub fn texts(value: &Value, path: &[&str], field: &str) -> Vec<String> {
    collect(items(value, path), &|item| text(item, &[field]).or_else(|| plain(item)))
}

/// What `of` makes of each item, where it makes something of it.
pub fn collect(items: &[Value], of: &dyn Fn(&Value) -> Option<String>) -> Vec<String> {
    let mut texts = Vec::new();
    for item in items {
        texts.extend(of(item));
    }
    texts
}

/// Adds a named text to a list, where there is one.
pub fn add(list: &mut Vec<(String, String)>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        list.push((name.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_break_is_where_the_body_has_it() {
        for (body, byte, line, column) in [
            (&b"{\"a\": }"[..], 7, 1, 7),
            (b"{\n\"a\": x}", 8, 2, 6),
            (b"\xef\xbb\xbf{\"a\": }", 10, 1, 10),
            (b"{\"\xe9\xe9\": }", 8, 1, 8),
            (b"{\"a\": 1", 7, 1, 7),
            (b" \n ", 0, 1, 0),
            (b"", 0, 1, 0),
        ] {
            let broken = read(body).unwrap_err();
            let shown = String::from_utf8_lossy(body);
            assert_eq!((broken.byte, broken.line, broken.column), (byte, line, column), "{shown}: {broken}");
        }
    }

    #[test]
    fn what_json_leaves_open_is_read_kindly() {
        assert_eq!(read(b"\xef\xbb\xbf{\"a\":1}"), Ok(json!({"a": 1})));
        assert_eq!(read(b"{\"a\":\"caf\xe9 \xc3\xa9\"}"), Ok(json!({"a": "caf\u{e9} \u{e9}"})));
        for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
            assert_eq!(read(bytes), Ok(json!({})), "{bytes:?}");
        }
        assert_eq!(read(br#""cut \ud83d""#), Ok(json!(r"cut \ud83d")));
        assert!(read(br#""\ud83d" x"#).is_err());
    }

    #[test]
    fn what_was_escaped_twice_is_read() {
        for (text, meant) in [
            (r"one\ntwo\tthree", "one\ntwo\tthree"),
            (r#"he said \"no\" \u00e9"#, "he said \"no\" é"),
            (r#"a "b"\n"#, "a \"b\"\n"),
            (r"C:\new\table", r"C:\new\table"),
            (r"\d+\n", r"\d+\n"),
            ("real\nbreak \\n", "real\nbreak \\n"),
            ("plain", "plain"),
            (r"end\n\", r"end\n\"),
        ] {
            assert_eq!(unescaped(text), meant);
        }
    }

    #[test]
    fn values_are_taken_as_they_come() {
        let value = json!({"a": {"b": " x "}, "n": "7", "f": 7.0, "half": 7.5, "yes": true, "blank": " ", "none": null,
            "list": [1, "two", null], "one": {"s": "x"}, "many": [{"s": "x"}, "y", {"t": 1}], "empty": []});
        assert_eq!(text(&value, &["a", "b"]).as_deref(), Some("x"));
        assert_eq!(text(&value, &["yes"]).as_deref(), Some("true"));
        for absent in ["blank", "none", "list", "nowhere"] {
            assert_eq!(text(&value, &[absent]), None);
        }
        assert_eq!(first_text(&value, &["blank", "n"]).as_deref(), Some("7"));
        assert_eq!(
            (integer(&value, &["n"]), integer(&value, &["f"]), integer(&value, &["half"])),
            (Some(7), Some(7), None)
        );
        let shown = |name: &str| value.get(name).and_then(any_text);
        assert_eq!(shown("list").as_deref(), Some("1, two"));
        assert_eq!(shown("one").as_deref(), Some(r#"{"s":"x"}"#));
        assert_eq!((shown("empty"), shown("none")), (None, None));
        assert_eq!(texts(&value, &["many"], "s"), ["x", "y"]);
        assert_eq!(texts(&value, &["one"], "s"), ["x"]);
    }
}
