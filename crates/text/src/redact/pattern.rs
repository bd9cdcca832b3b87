//! The small language that vendors' keys are described in: `ghp_{x30+}`, `{h32}-us{d1-2}`.
//!
//! Outside of braces stands what is literally there. In braces stand a set of characters and how many there are of
//! them: `{A36}` exactly 36, `{d10-13}` from 10 to 13, `{b40+}` 40 or more, which only the last may be. A key ends where
//! no letter or digit follows, or else it is something else. The sets:
//!
//! | set | has |
//! |---|---|
//! | `d` `a` `l` `u` `A` | digits; small letters; these with digits; capitals with digits; letters and digits |
//! | `B` | base32, in small letters |
//! | `h` `H` | hexadecimal digits, with small letters; with any |
//! | `w` `x` | `A` with `_` and `-`; also with `.` |
//! | `b` `s` | `A` with `+` and `/`; also with `_`, `-`, `.`, `=` and `%` |
//! | `p` | what stands in a URL's path |
//!
//! What stands before a `>` is no secret and stays: `hooks.slack.com/>{p16+}`.
//!
//! There are no alternatives and nothing is tried twice, so a key is read once at most.

use super::opaque;
use super::source::Source;

/// Where the key that begins at `i` and has this pattern begins, without what stays of it, and where it ends.
pub(super) fn span(src: &Source, i: usize, pattern: &str) -> Option<(usize, usize)> {
    let mut at = i;
    let mut start = i;
    let mut rest = pattern.as_bytes();
    let mut made_of_words = false;
    // Of letters of either case, so that a name would fit.
    let mut either = false;
    let mut first = None;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'>' {
            start = at;
            rest = after;
            continue;
        }
        if *byte != b'{' {
            if src.at(at) != *byte {
                return None;
            }
            at += 1;
            rest = after;
            continue;
        }
        let (group, after) = Group::read(after)?;
        rest = after;
        let last = rest.is_empty();
        // What can't be told from words by its first characters is not read to its end.
        let most = if group.open { group.least } else { group.most };
        let end = src.run(at, most, |b| group.set.has(b));
        if end - at < group.least {
            return None;
        }
        first = first.or(Some(at));
        made_of_words |= group.set.separated();
        either |= group.set.has(b'a') && group.set.has(b'Z');
        at = if group.open { src.run(end, LONGEST, |b| group.set.has(b)) } else { end };
        if last && !group.open && src.at(at).is_ascii_alphanumeric() {
            return None;
        }
        if last {
            // A full stop or hyphen at the end is the sentence's.
            while group.open && at > end && matches!(src.at(at - 1), b'.' | b'-' | b':') {
                at -= 1;
            }
            let probe = src.slice(first.unwrap_or(i), end.max(first.unwrap_or(i)));
            let words = || !opaque::random(probe) && !opaque::random(src.slice(end, at.min(end + 64)));
            if start == i && (either && opaque::written(probe) || made_of_words && words()) {
                return None;
            }
            at = src.run(at, 2, |b| b == b'=');
        }
    }
    Some((start, at))
}

/// No key is longer, in bytes.
const LONGEST: usize = 8_192;

struct Group {
    set: Set,
    least: usize,
    most: usize,
    open: bool,
}

impl Group {
    /// Reads `A36}`, `d10-13}` or `b40+}`.
    fn read(text: &[u8]) -> Option<(Group, &[u8])> {
        let (set, mut rest) = text.split_first()?;
        let mut number = || {
            let mut value = 0;
            while let Some((digit @ b'0'..=b'9', after)) = rest.split_first() {
                value = value * 10 + usize::from(digit - b'0');
                rest = after;
            }
            let next = rest.split_first();
            rest = next.map_or(rest, |(_, after)| after);
            (value, next.map_or(0, |(next, _)| *next))
        };
        let (least, then) = number();
        let (most, open) = match then {
            b'-' => (number().0, false),
            b'+' => {
                number();
                (least, true)
            }
            _ => (least, false),
        };
        Some((Group { set: Set(*set), least, most, open }, rest))
    }
}

/// A set of characters, by its letter.
#[derive(Clone, Copy)]
pub(super) struct Set(pub u8);

impl Set {
    pub fn has(self, b: u8) -> bool {
        match self.0 {
            b'd' => b.is_ascii_digit(),
            b'a' => b.is_ascii_lowercase(),
            b'l' => b.is_ascii_lowercase() || b.is_ascii_digit(),
            b'B' => matches!(b, b'a'..=b'z' | b'2'..=b'7'),
            b'u' => b.is_ascii_uppercase() || b.is_ascii_digit(),
            b'A' => b.is_ascii_alphanumeric(),
            b'h' => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            b'H' => b.is_ascii_hexdigit(),
            b'w' => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
            b'x' => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'),
            b'b' => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'),
            b'p' => {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'_' | b'-' | b'.' | b'/' | b'@' | b':' | b'~' | b'%' | b'+' | b'=')
            }
            _ => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-' | b'.' | b'=' | b'%'),
        }
    }

    /// Whether words with something between them are made of it too.
    pub const fn separated(self) -> bool {
        matches!(self.0, b'w' | b'x' | b'b' | b's' | b'p')
    }
}

/// A pattern as the index has it: with the name of what it describes, and the next one that begins alike.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub name: &'static str,
    pub pattern: &'static str,
    /// How many characters stand before the first brace …
    pub literal: usize,
    /// … or, where none do, how many letters and digits stand before anything else; of digits, the fewest.
    pub offset: usize,
    /// What stands behind them then.
    pub behind: u8,
    /// Its first three characters, as far as they are known.
    pub begins: [u8; 3],
    /// Whether the key may begin in the middle of a word: then nothing that it is made of joins words, and what it is
    /// refused for has been read once only.
    pub inside_words: bool,
    /// Which entry to look at next.
    pub next: u16,
}

impl Entry {
    pub const EMPTY: Entry =
        Entry { name: "", pattern: "", literal: 0, offset: 0, behind: 0, begins: [0; 3], inside_words: false, next: 0 };

    pub const fn new(name: &'static str, pattern: &'static str, next: u16) -> Entry {
        let bytes = pattern.as_bytes();
        let mut literal = 0;
        while literal < bytes.len() && !matches!(at(bytes, literal), b'{' | b'>') {
            literal += 1;
        }
        let (offset, behind) = if literal == 0 { leading(bytes) } else { (0, 0) };
        let begins = [
            if literal > 0 { at(bytes, 0) } else { 0 },
            if literal > 1 { at(bytes, 1) } else { 0 },
            if literal > 2 { at(bytes, 2) } else { 0 },
        ];
        Entry { name, pattern, literal, offset, behind, begins, inside_words: !joins_words(bytes), next }
    }
}

/// Whether a set in the pattern has characters that join words.
const fn joins_words(pattern: &[u8]) -> bool {
    let mut i = 0;
    while i < pattern.len() {
        if at(pattern, i) == b'{' && Set(at(pattern, i + 1)).separated() {
            return true;
        }
        i += 1;
    }
    false
}

/// How many letters and digits a key of this pattern has, at least, before anything else, and what comes then.
const fn leading(pattern: &[u8]) -> (usize, u8) {
    let mut count = 0;
    let mut i = 0;
    while i < pattern.len() {
        if at(pattern, i) != b'{' {
            if !at(pattern, i).is_ascii_alphanumeric() {
                return (count, at(pattern, i));
            }
            count += 1;
            i += 1;
            continue;
        }
        let mut number = 0;
        i += 2;
        while at(pattern, i).is_ascii_digit() {
            number = number * 10 + (at(pattern, i) - b'0') as usize;
            i += 1;
        }
        if at(pattern, i) != b'}' {
            // A number of any length, with its end behind it.
            while at(pattern, i) != b'}' {
                i += 1;
            }
            return (number, at(pattern, i + 1));
        }
        count += number;
        i += 1;
    }
    (count, 0)
}

const fn at(bytes: &[u8], i: usize) -> u8 {
    match bytes.split_at_checked(i) {
        Some((_, [byte, ..])) => *byte,
        _ => 0,
    }
}
