//! Secrets that are known by a label: `password=…` and its like, in query strings, JSON, YAML, INI, XML, headers,
//! connection strings, command lines.

use super::labels::{self, Ending};
use super::rule::Value;
use super::source::Source;

/// As many letters of a label are read: more than any ending has, and a short sentence.
const LETTERS: usize = 32;

/// And so many bytes.
const LONGEST: usize = 80;

/// The name before a value.
pub(super) struct Label {
    /// Its letters and digits in lower case, the last one first.
    letters: [u8; LETTERS],
    length: usize,
    /// How many of them the last part has: `pin` in `user_pin` and `userPin`.
    last_part: usize,
    /// How many of them stand behind the last space.
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
    fn new(start: usize, quoted: bool) -> Label {
        Label {
            letters: [0; LETTERS],
            length: 0,
            last_part: 0,
            last_word: 0,
            start,
            quoted,
            spaced: false,
            compound: false,
        }
    }

    /// Whether a label that ends before `end` may say that a secret stands behind it, by its last letters: most say
    /// nothing, and need not be read.
    pub fn may_stand_before(src: &Source, end: usize) -> bool {
        // In a form, `+` is a blank.
        let form = src.encoded(end);
        let edge = src.run_back(end, 40, |b| {
            matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b']' | b'*') || (form && b == b'+')
        });
        let mut at = src.run_back(edge, 8, |b| b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
        let mut letters = [0; 3];
        let mut count = 0;
        while let Some(place) = letters.get_mut(count) {
            let byte = src.before(at);
            if byte.is_ascii_alphanumeric() || byte >= 0x80 {
                *place = byte.to_ascii_lowercase();
                count += 1;
            } else if !(matches!(byte, b'_' | b'-' | b'.' | b' ') || (form && byte == b'+')) || edge - at > 8 {
                break;
            }
            at = at.saturating_sub(1);
        }
        let [last, second, third] = letters;
        labels::known(last, second, third) || labels::known(last, second, 0) || labels::known(last, 0, 0)
    }

    /// The label that ends before `end`: before a `=` or `:`.
    pub fn before(src: &Source, end: usize) -> Label {
        let mut at = end;
        let mut quoted = false;
        let depth = src.depth(end);
        let blank =
            |at: usize| matches!(src.before(at), b' ' | b'\t') || (at > src.floor && src.form_blank(at - 1, depth));
        while end - at < 32 && blank(at) {
            at -= 1;
        }
        let edge = at;
        // `"name"`, `user[name]`, `environ['name']`.
        while edge - at < 8 && matches!(src.before(at), b'"' | b'\'' | b'`' | b'\\' | b']' | b'*') && at > src.floor {
            quoted |= matches!(src.before(at), b'"' | b'\'');
            at -= 1;
        }
        Label::read(src, at, quoted, depth)
    }

    /// The label whose last character stands before `end`.
    pub fn backwards(src: &Source, end: usize, quoted: bool) -> Label {
        Label::read(src, end, quoted, 1)
    }

    fn read(src: &Source, end: usize, quoted: bool, depth: usize) -> Label {
        src.spend(1);
        let mut label = Label::new(end, quoted);
        let text = src.slice(end.saturating_sub(LONGEST).max(src.floor.min(end)), end);
        let mut at = end;
        // What stands behind the byte being looked at, and whether the last part, and the last word, have ended.
        let mut later = 0;
        let (mut parted, mut worded, mut spaced) = (false, false, false);
        let mut bytes = text.iter().rev().copied().peekable();
        while let Some(byte) = bytes.next() {
            at -= 1;
            match byte {
                // `token_2` is a token.
                b'0'..=b'9' if label.length == 0 => {}
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0x80.. => {
                    let Some(place) = label.letters.get_mut(label.length) else { break };
                    *place = byte.to_ascii_lowercase();
                    label.length += 1;
                    parted |= byte.is_ascii_lowercase() && later == b'A';
                    worded |= spaced;
                    label.last_part += usize::from(!parted);
                    label.last_word += usize::from(!worded);
                }
                // One space, and only if a word stands before it.
                b' ' | b'+'
                    if !spaced
                        && (byte == b' ' || src.form_blank(at, depth))
                        && at + 1 < end
                        && bytes.peek().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80) =>
                {
                    parted = true;
                    spaced = true;
                    continue;
                }
                b'_' | b'-' | b'.' => {
                    parted |= label.length > 0;
                    label.compound |= !label.spaced && !spaced && byte != b'.' && label.length > 0;
                }
                _ => break,
            }
            later = if byte.is_ascii_uppercase() { b'A' } else { byte };
            label.spaced |= spaced;
            spaced = false;
            label.start = at;
        }
        label
    }

    /// The label that is written in `text`, which begins at `start`.
    pub fn of(text: &[u8], start: usize) -> Label {
        let mut label = Label::new(start, false);
        let mut later = 0;
        let mut parted = false;
        for byte in text.iter().rev().skip_while(|b| b.is_ascii_digit()) {
            if byte.is_ascii_alphanumeric() || *byte >= 0x80 {
                parted |= byte.is_ascii_lowercase() && later == b'A';
                let Some(place) = label.letters.get_mut(label.length) else { break };
                *place = byte.to_ascii_lowercase();
                label.length += 1;
                label.last_part += usize::from(!parted);
            } else {
                parted |= label.length > 0;
            }
            later = if byte.is_ascii_uppercase() { b'A' } else { *byte };
        }
        label.last_word = label.length;
        label
    }

    pub fn ends_with(&self, ending: &str) -> bool {
        ending.len() <= self.length && ending.bytes().rev().zip(&self.letters).all(|(a, b)| a == *b)
    }

    /// Whether it ends like this name, which is written in any way.
    pub fn ends_with_name(&self, name: &[u8]) -> bool {
        let letters = name.iter().rev().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
        self.letters.iter().take(self.length).copied().zip(letters.clone()).all(|(a, b)| a == b)
            && letters.count() <= self.length
    }

    /// Whether these letters stand anywhere in it.
    pub fn contains(&self, word: &str) -> bool {
        let letters = self.letters.get(..self.length).unwrap_or(&[]);
        letters.windows(word.len()).any(|window| window.iter().rev().eq(word.as_bytes()))
    }

    /// Whether it, or its last word, is exactly this word.
    pub fn is(&self, word: &str) -> bool {
        self.last_word == word.len() && self.ends_with(word)
    }

    /// Whether its last part is exactly this word.
    pub fn ends_with_part(&self, word: &str) -> bool {
        self.last_part == word.len() && self.ends_with(word)
    }

    /// The kind of secret that it says stands behind it.
    pub fn kind(&self) -> Option<&'static Ending> {
        let [last, second, third, fourth, ..] = self.letters;
        let kind = labels::ending([last, second, third, fourth], |ending| self.has(ending));
        // Helm's `existingSecret` is the name of one, the `Sec-WebSocket-Key` of a connection is no secret, nor is the
        // `PublicKeyToken` of a library.
        let other = || ["publickeytoken", "websocketkey"].iter().any(|name| self.ends_with(name));
        kind.filter(|_| !self.contains("existing") && !other())
    }

    fn has(&self, ending: &Ending) -> bool {
        match ending.value {
            // These labels are ordinary words: only the whole name counts.
            Value::Query => self.is(ending.text),
            _ if ending.word => self.ends_with_part(ending.text),
            _ => self.ends_with(ending.text),
        }
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
