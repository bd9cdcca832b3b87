//! A large body made smaller before it is read. Reading costs more for each value than for each byte, and nothing of what
//! is left out here would be shown: a prompt has room for some hundred values and 30,000 characters.

use super::bounds::MOST_ALERTS;
use std::borrow::Cow;
use text::cut::level;

/// A text with more values than this loses some.
const MOST_VALUES: usize = 20_000;
/// Then so many entries of each list and object stay: one more than a body may have alerts, so that too many are noticed, …
const ENTRIES: usize = MOST_ALERTS + 1;
/// … and once there are too many values, none that stand deeper than an alert's own fields.
const FIELDS: usize = 3;
/// A text with more bytes than this loses the middle of its longest strings.
const MOST_BYTES: usize = 256 * 1024;
/// No shorter than this, because names and ids are such.
const SHORT: usize = 1_000;
/// Deeper texts are refused by whoever reads them.
const DEEPEST: usize = 128;
/// What stands where the middle of a string is left out.
const GAP: &str = " … ";

/// The JSON text with fewer values and shorter strings, where it has very many or very long ones. What is no JSON stays
/// none, unless it stands in what is left out.
pub fn thin(text: &str) -> Cow<'_, str> {
    // A value has two bytes at least, with what stands behind it.
    if text.len() <= MOST_VALUES * 2 {
        return Cow::Borrowed(text);
    }
    let (values, strings) = counted(text);
    let lengths = strings.iter().map(|(start, end)| end - start).collect();
    let longest = if text.len() > MOST_BYTES { level(lengths, MOST_BYTES).max(SHORT) } else { usize::MAX };
    if values <= MOST_VALUES && longest == usize::MAX {
        return Cow::Borrowed(text);
    }
    let few = values > MOST_VALUES;
    let strings = strings.into_iter();
    let thinner =
        Thinner { text, strings, longest, few, out: String::new(), copied: 0, indexes: Vec::new(), values: 0 }.run();
    thinner.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// How many values a text has, and where its strings begin and end, behind and before the quotes.
fn counted(text: &str) -> (usize, Vec<(usize, usize)>) {
    let bytes = text.as_bytes();
    let (mut values, mut strings, mut at) = (1, Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1);
                strings.push((at + 1, end));
                at = end;
            }
            b',' | b'[' | b'{' => values += 1,
            _ => {}
        }
        at += 1;
    }
    (values, strings)
}

/// Where the closing quote of the string is that begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

struct Thinner<'a> {
    text: &'a str,
    /// Those that have not been met.
    strings: std::vec::IntoIter<(usize, usize)>,
    longest: usize,
    few: bool,
    out: String,
    /// Up to where the text has been copied or left out.
    copied: usize,
    /// The position, from 0, of the entry that is being read in each list and object that is open.
    indexes: Vec<usize>,
    values: usize,
}

impl Thinner<'_> {
    /// The thinner text; nothing where it is too deep.
    fn run(mut self) -> Option<String> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => {
                    let end = self.strings.find(|(start, _)| *start > at).map_or(bytes.len(), |(_, end)| end);
                    self.shorten(at + 1, end);
                    at = end;
                }
                b'[' | b'{' => {
                    self.values += 1;
                    self.indexes.push(0);
                    if self.indexes.len() > DEEPEST {
                        return None;
                    }
                }
                b']' | b'}' => {
                    self.indexes.pop();
                }
                b',' => {
                    self.values += 1;
                    if self.is_enough() {
                        self.copy(at);
                        at = close(bytes, at);
                        self.copied = at;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.copy(self.text.len());
        Some(self.out)
    }

    /// Whether what stands behind this comma, in its list or object, is left out.
    fn is_enough(&mut self) -> bool {
        let depth = self.indexes.len();
        let Some(index) = self.indexes.last_mut() else { return false };
        *index += 1;
        self.few && (*index >= ENTRIES || (depth >= FIELDS && self.values > MOST_VALUES))
    }

    /// Leaves the middle of the string from `start` to `end` out, where it is too long.
    fn shorten(&mut self, start: usize, end: usize) {
        if end.saturating_sub(start) <= self.longest {
            return;
        }
        let Some(string) = self.text.get(start..end) else { return };
        let (head, tail) = ends(string, self.longest / 2);
        self.copy(start + head);
        self.out.push_str(GAP);
        self.copied = start + tail;
    }

    fn copy(&mut self, to: usize) {
        self.out.push_str(self.text.get(self.copied..to).unwrap_or(""));
        self.copied = to;
    }
}

/// Where the list or object ends that the comma at `at` stands in.
fn close(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1),
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Where the first and the last `most` bytes of a string as JSON writes it end and begin: never inside a character or an
/// escape.
fn ends(string: &str, most: usize) -> (usize, usize) {
    let head = string.floor_char_boundary(most);
    let tail = string.ceil_char_boundary(string.len().saturating_sub(most));
    let head = escape_around(string.as_bytes(), head).map_or(head, |(begin, _)| begin);
    let tail = escape_around(string.as_bytes(), tail).map_or(tail, |(_, end)| end);
    (head, string.ceil_char_boundary(tail).max(head))
}

/// Where the escape begins and ends that has the boundary before `at` inside it. Two halves of one character are one.
fn escape_around(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let begins = |at: usize| {
        let before = bytes.get(..=at).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
    };
    let unicode = |at: usize| bytes.get(at..at + 2) == Some(b"\\u") && begins(at);
    let first_half = |at: usize| {
        unicode(at) && matches!(bytes.get(at + 2..at + 4), Some([b'd' | b'D', b'8' | b'9' | b'a'..=b'b' | b'A'..=b'B']))
    };
    let mut from = (at.saturating_sub(11)..at).filter(|begin| begins(*begin));
    from.find_map(|begin| {
        let width = match unicode(begin) {
            true if first_half(begin) && unicode(begin + 6) => 12,
            true => 6,
            false => 2,
        };
        (begin + width > at).then_some((begin, begin + width))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// How many values there are.
    fn values(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(fields) => fields.values().map(values).sum::<usize>(),
            _ => 0,
        }
    }

    #[test]
    fn what_is_not_large_stays_as_it_is() {
        let alerts = vec![json!({"a": "b", "labels": {"x": "y".repeat(500), "z": [1, 2, 3]}}); 100];
        for text in [json!(alerts).to_string(), json!("x".repeat(MOST_BYTES - 10)).to_string(), "[1".repeat(90_000)] {
            assert!(matches!(thin(&text), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn the_beginnings_of_lists_and_objects_stay() {
        let fields: serde_json::Map<_, _> = (0..60_000).map(|n| (format!("f{n}"), json!({"v": n}))).collect();
        for many in [json!(fields), json!(vec![json!([]); 60_000]), json!(vec![7; 60_000])] {
            let body = json!({"alertName": "first", "context": many, "description": "last"});
            let thinner = read(&thin(&body.to_string()));
            assert_eq!((&thinner["alertName"], &thinner["description"]), (&json!("first"), &json!("last")));
            assert!(values(&thinner) < 500, "{}", values(&thinner));
        }
    }

    #[test]
    fn no_alert_of_several_is_lost_and_too_many_are_noticed() {
        let alert =
            |n: usize| json!({"alertName": n, "context": {"list": vec![n; 300], "more": vec![n; 99]}, "end": n});
        for count in [100, 101, 500] {
            let thinner = read(&thin(&json!((0..count).map(alert).collect::<Vec<_>>()).to_string()));
            let alerts = thinner.as_array().unwrap();
            assert_eq!(alerts.len(), count.min(101));
            assert!(alerts.iter().enumerate().all(|(n, alert)| alert["alertName"] == n && alert["end"] == n));
            assert!(values(&thinner) < 2 * MOST_VALUES);
        }
    }

    #[test]
    fn long_strings_lose_their_middle() {
        for piece in ["a", "é", "\\n", "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "a\\n漢\\u00e9"] {
            let text = format!("{{\"a\":\"first {} last\",\"b\":\"short\"}}", piece.repeat(900_000 / piece.len()));
            let thinner = thin(&text);
            assert!(thinner.len() < MOST_BYTES + 100, "{piece}: {}", thinner.len());
            let value = read(&thinner);
            let a = value["a"].as_str().unwrap();
            assert!(a.starts_with("first ") && a.ends_with(" last") && a.contains(GAP), "{piece}");
            assert_eq!(value["b"], "short");
        }
    }

    /// JSON text with very many values and strings of any length.
    fn large() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(|n| json!(n)),
            (any::<String>(), 1..40_usize).prop_map(|(text, times)| json!(text.repeat(times))),
        ];
        let inner = leaf.prop_recursive(3, 30, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|list| json!(list)),
                prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|fields| json!(fields)),
            ]
        });
        (inner, 1..500_000_usize).prop_map(|(value, length)| {
            let text = value.to_string();
            let times = length / text.len() + 1;
            format!("[{}]", vec![text; times].join(","))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn json_stays_json(text in large()) {
            let thinner = thin(&text);
            prop_assert!(serde_json::from_str::<Value>(&thinner).is_ok());
            prop_assert!(thinner.len() <= text.len() + GAP.len());
        }

        #[test]
        fn any_text_is_survived(text in any::<String>(), times in 1..50_000_usize) {
            let text = text.repeat(times.min(300_000 / text.len().max(1)));
            let _ = thin(&text);
        }
    }
}
