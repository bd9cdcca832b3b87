//! A large body made smaller before it is read. Reading costs more for each value than for each byte, and nothing of what
//! is left out here would be shown: a prompt has room for some hundred values and 30,000 characters.

use super::bounds::MOST_ALERTS;
use std::borrow::Cow;
use text::cut::level;

/// A text with more values than this loses some.
const MOST_VALUES: usize = 10_000;
/// Then so many entries of each list and object stay: one more than a body may have alerts, so that too many are noticed, …
const ENTRIES: usize = MOST_ALERTS + 1;
/// … of what stands deeper than an alert's own fields, as its labels do, so many, and none once there are too many values.
const DEEP_ENTRIES: usize = 50;
const FIELDS: usize = 3;
/// A text with more bytes than this loses the middle of its longest strings.
const MOST_BYTES: usize = 128 * 1024;
/// No shorter than this, because names and ids are such.
const SHORT: usize = 300;
/// Deeper texts are refused by whoever reads them.
const DEEPEST: usize = 128;
/// What stands where the middle of a string is left out.
const GAP: &[u8] = " … ".as_bytes();

/// A body with fewer values and shorter strings, where it has very many or very long ones.
pub struct Thinned<'a> {
    /// What is left of it.
    pub bytes: Cow<'a, [u8]>,
    /// Where parts of it begin, and where in the body.
    parts: Vec<(usize, usize)>,
}

impl Thinned<'_> {
    /// What is left of a body. What is no JSON stays none, unless what breaks it is left out.
    pub fn of(body: &[u8]) -> Thinned<'_> {
        let whole = || Thinned { bytes: Cow::Borrowed(body), parts: Vec::new() };
        // A value has two bytes at least, with what stands behind it.
        if body.len() <= MOST_VALUES * 2 {
            return whole();
        }
        let (values, strings) = counted(body);
        let lengths = strings.iter().map(|(start, end)| end - start).collect();
        let longest = if body.len() > MOST_BYTES { level(lengths, MOST_BYTES).max(SHORT) } else { usize::MAX };
        if values <= MOST_VALUES && longest == usize::MAX {
            return whole();
        }
        let thinner = Thinner {
            body,
            strings: strings.into_iter(),
            longest,
            few: values > MOST_VALUES,
            out: Vec::new(),
            parts: Vec::new(),
            copied: 0,
            indexes: Vec::new(),
            values: 0,
        };
        thinner.run().unwrap_or_else(whole)
    }

    /// How many bytes the body has up to and including byte number `place`, from 1, of what is left.
    pub fn place(&self, place: usize) -> usize {
        let Some(last) = place.checked_sub(1) else { return 0 };
        let next = self.parts.partition_point(|(start, _)| *start <= last);
        let part = next.checked_sub(1).and_then(|n| self.parts.get(n));
        part.map_or(place, |(start, from)| from + (place - start))
    }
}

/// The same of a text.
pub fn thin(text: &str) -> Cow<'_, str> {
    match Thinned::of(text.as_bytes()).bytes {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Nothing is cut inside a character.
        Cow::Owned(bytes) => String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

/// How many values a text has, and where its strings begin and end, behind and before the quotes.
fn counted(bytes: &[u8]) -> (usize, Vec<(usize, usize)>) {
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
    body: &'a [u8],
    /// Those that have not been met.
    strings: std::vec::IntoIter<(usize, usize)>,
    longest: usize,
    few: bool,
    out: Vec<u8>,
    parts: Vec<(usize, usize)>,
    /// Up to where the body has been copied or left out.
    copied: usize,
    /// The position, from 0, of the entry that is being read in each list and object that is open.
    indexes: Vec<usize>,
    values: usize,
}

impl<'a> Thinner<'a> {
    /// What is left; nothing where it is too deep.
    fn run(mut self) -> Option<Thinned<'a>> {
        let bytes = self.body;
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
        self.copy(bytes.len());
        Some(Thinned { bytes: Cow::Owned(self.out), parts: self.parts })
    }

    /// Whether what stands behind this comma, in its list or object, is left out.
    fn is_enough(&mut self) -> bool {
        let depth = self.indexes.len();
        let Some(index) = self.indexes.last_mut() else { return false };
        *index += 1;
        let most = if depth < FIELDS { ENTRIES } else { DEEP_ENTRIES };
        self.few && (*index >= most || (depth >= FIELDS && self.values > MOST_VALUES))
    }

    /// Leaves the middle of the string from `start` to `end` out, where it is too long.
    fn shorten(&mut self, start: usize, end: usize) {
        if end.saturating_sub(start) <= self.longest {
            return;
        }
        let Some(string) = self.body.get(start..end) else { return };
        let (head, tail) = ends(string, self.longest / 2);
        self.copy(start + head);
        self.out.extend_from_slice(GAP);
        self.copied = start + tail;
    }

    fn copy(&mut self, to: usize) {
        self.parts.push((self.out.len(), self.copied));
        self.out.extend_from_slice(self.body.get(self.copied..to).unwrap_or_default());
        self.copied = to;
    }
}

/// Where the list or object ends that the comma at `at` is in.
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
fn ends(string: &[u8], most: usize) -> (usize, usize) {
    // In UTF-8 a character has three more bytes at most; in another encoding any place will do.
    let inside = |at: usize| string.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let head = (most.saturating_sub(3)..=most).rev().find(|at| !inside(*at)).unwrap_or(most);
    let last = string.len().saturating_sub(most);
    let tail = (last..=last + 3).find(|at| !inside(*at)).unwrap_or(last);
    let head = escape_around(string, head).map_or(head, |(begin, _)| begin);
    let tail = escape_around(string, tail).map_or(tail, |(_, end)| end);
    (head, tail.max(head).min(string.len()))
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
            assert!(a.starts_with("first ") && a.ends_with(" last") && a.contains(" … "), "{piece}");
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

        #[test]
        fn a_place_is_where_the_body_has_it(text in large(), part in 0.0..1.0_f64) {
            let thinner = Thinned::of(text.as_bytes());
            let place = ((thinner.bytes.len() - 1) as f64 * part) as usize;
            let (left, whole) = (thinner.bytes[place], text.as_bytes()[thinner.place(place + 1) - 1]);
            let gap = thinner.bytes[place.saturating_sub(GAP.len())..].windows(GAP.len()).take(GAP.len() + 1).any(|w| w == GAP);
            prop_assert!(left == whole || gap, "{left} is {whole}");
            prop_assert_eq!(thinner.place(thinner.bytes.len()), text.len());
        }
    }
}
