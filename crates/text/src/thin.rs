//! A large body made smaller before it is read. Reading costs more for each value than for each byte, and nothing of what
//! is left out here would be shown: a prompt has room for some hundred values and 30,000 characters.
//!
//! Where something is left out stands a mark of it, so that two alerts that differ in nothing else are still two. And
//! nothing is cut inside a word, nor begins behind a label that is gone: of half a secret, or of one without its label,
//! nothing would tell later on what it is.

use std::borrow::Cow;

use memchr::memchr2;

use crate::cut::level;

/// A text with more values than this loses some.
const MOST_VALUES: usize = 10_000;
/// Then so many entries of each list and object stay, …
pub const ENTRIES: usize = 101;
/// … of what stands deeper than an alert's own fields, as its labels do, so many, and none once there are too many values.
const DEEP_ENTRIES: usize = 30;
const FIELDS: usize = 3;
/// A text with more bytes than this loses most of its longest strings: all but their first words and their last lines.
const MOST_BYTES: usize = 128 * 1024;
/// No shorter than this, because names and ids are such; what its mark would make no shorter stays.
const SHORT: usize = 300;
const MARK: usize = 40;
/// So many marks there are of entries. Ordinary alerts have a few each.
const MOST_MARKS: usize = 5_000;
/// Deeper texts are refused by whoever reads them.
const DEEPEST: usize = 128;

/// A body with fewer values and shorter strings, where it has very many or very long ones.
pub struct Thinned<'a> {
    /// What is left.
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
            open: Vec::new(),
            values: 0,
            marks: 0,
        };
        thinner.run().unwrap_or_else(whole)
    }

    /// How many bytes the body has up to and including byte number `place`, from 1, of what is left.
    pub fn place(&self, place: usize) -> usize {
        let Some(last) = place.checked_sub(1) else { return 0 };
        let next = self.parts.partition_point(|(start, _)| *start <= last);
        let part = next.checked_sub(1).and_then(|n| self.parts.get(n));
        // A mark stands for what is up to where the next part begins.
        let end = self.parts.get(next).map_or(usize::MAX, |(_, from)| *from);
        part.map_or(place, |(start, from)| end.min(from + (place - start)))
    }
}

/// What is left of a text in the same way.
pub fn thin(text: &str) -> Cow<'_, str> {
    match Thinned::of(text.as_bytes()).bytes {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Nothing is cut inside a character.
        Cow::Owned(bytes) => String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

/// How many values a text has, and where its strings begin and end, behind and before the quotes.
fn counted(bytes: &[u8]) -> (usize, Vec<(usize, usize)>) {
    let mut strings = Vec::new();
    let values = scan(bytes, |start, end| strings.push((start, end)));
    (values, strings)
}

/// How many values a text has at most, its texts and the names of fields not looked into.
pub fn values(text: &str) -> usize {
    scan(text.as_bytes(), |_, _| {})
}

fn scan(bytes: &[u8], mut string: impl FnMut(usize, usize)) -> usize {
    let (mut values, mut at) = (1, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1);
                string(at + 1, end);
                at = end;
            }
            b',' | b'[' | b'{' => values += 1,
            _ => {}
        }
        at += 1;
    }
    values
}

/// Where the closing quote of the string is that begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            // One by one where there are many.
            _ if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => at += 1,
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                at = memchr2(b'"', b'\\', rest).map_or(bytes.len(), |next| at + next);
            }
        }
    }
    at.min(bytes.len())
}

/// Sixteen letters that tell bytes from others. Nobody gains by making two alike: who can write the one could as well have
/// sent the other.
pub fn mark(bytes: &[u8]) -> String {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut mark = bytes.len() as u64;
    let mut add = |word| {
        mark = (mark ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
        mark ^= mark >> 32;
    };
    // Eight at a time, because there may be a megabyte.
    let (words, rest) = bytes.as_chunks();
    words.iter().for_each(|word| add(*word));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    add(last);
    // Letters, because a number would not count as part of what identifies an alert.
    (0..16).map(|place| char::from(b'a' + (mark >> (place * 4) & 15) as u8)).collect()
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
    /// The lists and objects that are open.
    open: Vec<Open>,
    values: usize,
    marks: usize,
}

/// A list or object that is being read.
struct Open {
    list: bool,
    /// The position of its entry that is being read, from 0.
    index: usize,
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
                    self.open.push(Open { list: *byte == b'[', index: 0 });
                    if self.open.len() > DEEPEST {
                        return None;
                    }
                }
                b']' | b'}' => {
                    self.open.pop();
                }
                b',' => {
                    self.values += 1;
                    if self.is_enough() {
                        let end = close(bytes, at);
                        self.leave_out(at, end);
                        at = end;
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
        let depth = self.open.len();
        let Some(open) = self.open.last_mut() else { return false };
        open.index += 1;
        let most = if depth < FIELDS { ENTRIES } else { DEEP_ENTRIES };
        self.few && (open.index >= most || (depth >= FIELDS && self.values > MOST_VALUES))
    }

    /// Leaves out the entries from the comma at `start` to `end`. The body's own list is one of alerts: what is left out of
    /// that is refused.
    fn leave_out(&mut self, start: usize, end: usize) {
        self.copy(start);
        self.copied = end;
        if self.marks >= MOST_MARKS {
            return;
        }
        self.marks += 1;
        let mark = mark(self.body.get(start..end).unwrap_or_default());
        let note = match self.open.as_slice() {
            [] | [Open { list: true, .. }] => return,
            [.., Open { list: true, .. }] => format!(",\"left out: more entries ({mark})\""),
            _ => format!(",\"left out\":\"more entries ({mark})\""),
        };
        self.out.extend_from_slice(note.as_bytes());
    }

    /// Leaves out what stands between the first words and the last lines of the string from `start` to `end`, where it is
    /// too long.
    fn shorten(&mut self, start: usize, end: usize) {
        if end.saturating_sub(start) <= self.longest.saturating_add(MARK) {
            return;
        }
        let Some(string) = self.body.get(start..end) else { return };
        let (head, tail) = ends(string, self.longest);
        self.copy(start + head);
        self.copied = start + tail;
        let mark = mark(string.get(head..tail).unwrap_or_default());
        self.out.extend_from_slice(format!(" … (left out: {mark})").as_bytes());
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

/// Where the first words and the last lines of a string as JSON writes it end and begin, which have `most` bytes together.
pub fn ends(string: &[u8], most: usize) -> (usize, usize) {
    let last = string.len().saturating_sub(most / 2);
    // By their first byte, because most have none.
    let mut breaks = string.iter().enumerate().skip(last).filter(|(_, byte)| matches!(**byte, b'\\' | b'\n' | b'\r'));
    let tail = breaks.find(|(at, _)| is_break(string, *at)).map_or(string.len(), |(at, _)| at);
    let room = most.saturating_sub(string.len() - tail);
    let before = string.get(..=room).unwrap_or(string).iter().enumerate().skip(1).rev();
    let mut ends = before.filter(|(_, byte)| !matches!(**byte, b'a'..=b'z' | b'A'..=b'Z' | b'-'..=b':' | b'='));
    let head = ends.find(|(at, _)| is_between_words(string, *at)).map_or(0, |(at, _)| at);
    (head, tail)
}

/// Whether a new line, written out or as an escape, begins at `at`.
fn is_break(string: &[u8], at: usize) -> bool {
    match string.get(at..) {
        Some([b'\n' | b'\r', ..]) => true,
        Some([b'\\', b'n' | b'r', ..]) => begins_escape(string, at),
        _ => false,
    }
}

/// Whether what stands before `at` is no part of a word that goes on there. Scripts without blanks have characters of three
/// bytes, and what secrets are made of has one.
fn is_between_words(string: &[u8], at: usize) -> bool {
    match string.get(at..) {
        Some([b' ' | b'\t' | b',' | b';' | 0xe0 | 0xe3..=0xe9, ..]) => true,
        Some([b'\\', b't', ..]) => begins_escape(string, at),
        _ => is_break(string, at),
    }
}

/// Whether the backslash at `at` begins an escape, and is not the second half of one.
fn begins_escape(string: &[u8], at: usize) -> bool {
    let before = string.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count().is_multiple_of(2)
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
    fn of_long_strings_the_first_words_and_the_last_lines_stay() {
        for piece in ["a", "é", "\\n", "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "a\\n漢\\u00e9", "a b ", "漢"] {
            let text = format!("{{\"a\":\"first {} last\",\"b\":\"short\"}}", piece.repeat(900_000 / piece.len()));
            let thinner = thin(&text);
            assert!(thinner.len() < MOST_BYTES + 100, "{piece}: {}", thinner.len());
            let value = read(&thinner);
            let a = value["a"].as_str().unwrap();
            assert!(a.starts_with("first") && a.contains(" … (left out: "), "{piece}");
            assert_eq!(a.ends_with(" last"), piece.contains("\\n"), "{piece}");
            assert_eq!(a.len() > MOST_BYTES / 3, ["\\n", "b", "漢"].iter().any(|word| piece.contains(word)), "{piece}");
            assert_eq!(value["b"], "short");
        }
    }

    #[test]
    fn no_half_of_a_secret_stays_and_none_without_its_label() {
        let secret = concat!("gh", "p_1234567890abcdefghijklmnopqrstuvwxyz");
        for between in [" ", "\\n", ",", "漢"] {
            for before in (0..80).step_by(7) {
                let filler = format!("word{between}").repeat(30_000);
                let text = format!("{}{}password: {secret}{between}{filler}", "x".repeat(before), filler);
                for text in [text.clone(), text.repeat(3)] {
                    let shortened = thin(&format!("[\"{text}\"]")).into_owned();
                    let (whole, halves) = (
                        shortened.matches(&format!("password: {secret}")).count(),
                        shortened.matches("uvwxyz").count(),
                    );
                    assert_eq!(
                        (whole, halves, whole),
                        (shortened.matches("1234").count(), whole, shortened.matches("ghp_").count())
                    );
                }
            }
        }
    }

    #[test]
    fn what_differs_in_what_is_left_out_still_differs() {
        let labels = |n: usize, last: &str| {
            let mut labels: Vec<_> = (0..n).map(|n| (format!("label{n}"), json!("same"))).collect();
            labels.push(("last".to_owned(), json!(last)));
            json!(labels.into_iter().collect::<serde_json::Map<_, _>>())
        };
        let tags = |n: usize, last: &str| json!([vec!["same"; n], vec![last]].concat());
        let long = |last: &str| json!({"text": format!("{}{last}{}", "x y ".repeat(1_000), "x y ".repeat(1_000))});
        type Alike<'a> = &'a dyn Fn(&str) -> Value;
        let alike: [Alike; 4] = [&|last| labels(200, last), &|last| tags(200, last), &|last| labels(2, last), &long];
        for one in alike {
            // Also where the values that a body may have are spent before.
            let body = |last: &str| {
                let mut alerts = vec![json!({"labels": labels(150, "x")}); 70];
                alerts.push(json!({"labels": one(last)}));
                json!(alerts).to_string()
            };
            let (a, b) = (body("one"), body("two"));
            assert_ne!(thin(&a), thin(&b));
            assert_eq!(thin(&a), thin(&a.clone()));
            assert!(thin(&a).len() < a.len());
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
            prop_assert!(thinner.len() <= text.len() + MOST_MARKS * (MARK + 10));
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
            let around = &thinner.bytes[place.saturating_sub(MARK + 10)..(place + MARK + 10).min(thinner.bytes.len())];
            let mark = around.windows(8).any(|word| word == b"left out");
            prop_assert!(left == whole || mark, "{left} is {whole}");
            prop_assert_eq!(thinner.place(thinner.bytes.len()), text.len());
        }
    }
}
