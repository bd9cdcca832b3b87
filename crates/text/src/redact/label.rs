//! Secrets that are known by a label: `password=…` and its like, in query strings, JSON, YAML, INI, XML, headers,
//! connection strings, command lines.

use super::catalogue::{Find, Rule, Value, labels_to};
use super::source::Source;

/// The name before a value.
pub(super) struct Label {
    /// Its letters and digits in lower case, the last one first.
    letters: [u8; 40],
    length: usize,
    /// How many of them the last word has.
    last_word: usize,
    /// Where it begins.
    pub start: usize,
    /// It stands in quotes of its own.
    pub quoted: bool,
    /// It is several words.
    pub spaced: bool,
    /// Its last word is put together with `_` or `-`, as no word of a sentence is.
    pub compound: bool,
}

impl Label {
    /// The label that ends before `end`: before a `=` or `:`.
    pub fn before(src: &Source, end: usize) -> Label {
        let mut at = end;
        let mut quoted = false;
        while end - at < 32 && matches!(src.before(at), b' ' | b'\t') {
            at -= 1;
        }
        if let Some(quote) = src.escaped_quote_before(at) {
            return Label::backwards(src, quote, true);
        }
        let edge = at;
        // `"name"`, `\"name\"`, `user[name]`, `environ['name']`.
        while edge - at < 8 && matches!(src.before(at), b'"' | b'\'' | b'`' | b'\\' | b']') && at > src.floor {
            quoted |= matches!(src.before(at), b'"' | b'\'');
            at -= 1;
        }
        Label::backwards(src, at, quoted)
    }

    /// The label whose last character stands before `end`.
    pub fn backwards(src: &Source, end: usize, quoted: bool) -> Label {
        let mut label =
            Label { letters: [0; 40], length: 0, last_word: 0, start: end, quoted, spaced: false, compound: false };
        let mut at = end;
        loop {
            let byte = src.before(at);
            if byte.is_ascii_digit() && label.length == 0 {
                // `token_2` is a token.
            } else if byte.is_ascii_alphanumeric() {
                let Some(place) = label.letters.get_mut(label.length) else { break };
                *place = byte.to_ascii_lowercase();
                label.length += 1;
                label.last_word += usize::from(!label.spaced && label.start == at);
            } else if byte == b' ' && label.start == at && at < end {
                // One space, and only if a word stands before it.
                if !src.before(at - 1).is_ascii_alphanumeric() {
                    break;
                }
                at -= 1;
                continue;
            } else if !matches!(byte, b'_' | b'-' | b'.') || end - at > 80 {
                break;
            }
            label.spaced |= label.start > at;
            label.compound |= !label.spaced && matches!(byte, b'_' | b'-') && label.length > 0;
            at -= 1;
            label.start = at;
        }
        label
    }

    /// The label that is written in `text`, which begins at `start`.
    pub fn of(text: &[u8], start: usize) -> Label {
        let mut label =
            Label { letters: [0; 40], length: 0, last_word: 0, start, quoted: false, spaced: false, compound: false };
        let letters = text.iter().rev().skip_while(|b| b.is_ascii_digit()).filter(|b| b.is_ascii_alphanumeric());
        for (place, byte) in label.letters.iter_mut().zip(letters) {
            *place = byte.to_ascii_lowercase();
            label.length += 1;
        }
        label.last_word = label.length;
        label
    }

    fn ends_with(&self, ending: &str) -> bool {
        ending.len() <= self.length && ending.bytes().rev().zip(&self.letters).all(|(a, b)| a == *b)
    }

    /// Whether it, or its last word, is exactly this word.
    pub fn is(&self, word: &str) -> bool {
        self.last_word == word.len() && self.ends_with(word)
    }

    /// The rule for values with this label.
    pub fn rule(&self) -> Option<(&'static Rule, Value)> {
        let last = self.letters.first().copied().unwrap_or(0);
        labels_to(last).find_map(|rule| match &rule.find {
            // These labels are ordinary words: only the whole name counts.
            Find::Label(words, Value::Query) => words.iter().any(|word| self.is(word)).then_some((rule, Value::Query)),
            Find::Label(words, value) => words.iter().any(|word| self.ends_with(word)).then_some((rule, *value)),
            _ => None,
        })
    }

    /// Whether nothing but indentation, a list's dash or a word such as `export` stands before it in its line.
    pub fn begins_line(&self, src: &Source) -> bool {
        let mut at = self.start;
        if self.spaced && !["export ", "set ", "env ", "arg "].iter().any(|word| src.starts_like(at, word)) {
            return false;
        }
        while matches!(src.before(at), b' ' | b'\t' | b'-' | b'"' | b'\'') && self.start - at < 64 {
            at -= 1;
        }
        matches!(src.before(at), 0 | b'\n' | b'\r')
    }

    /// How far it is indented, and whether that is known.
    pub fn indent(&self, src: &Source) -> usize {
        let mut at = self.start;
        while matches!(src.before(at), b' ' | b'-') && self.start - at < 64 {
            at -= 1;
        }
        self.start - at
    }
}
