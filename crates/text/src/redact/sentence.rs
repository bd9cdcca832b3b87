//! A label's value behind nothing but blanks, in tables, `.netrc` and configuration files, or behind `is`, in a sentence.

use super::allowlist;
use super::label::Label;
use super::line::Line;
use super::opaque::{self, Look, telling};
use super::rule::Value;
use super::source::{Hit, Source};

/// As much of a value is looked at, in bytes, to tell whether it counts.
const WORD: usize = 200;

/// Whether a label may end before `end`, by its last letters: those of the labels that stand in such places.
pub(super) fn may_follow(src: &Source, end: usize) -> bool {
    let last = src.slice(end.saturating_sub(3), end);
    let &[a, b, c] = last else { return false };
    let letters = [a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()];
    const LAST: [&[u8; 3]; 21] = [
        b"ord", b"swd", b"ass", b"ase", b"ode", b"ret", b"ken", b"key", b"pwd", b"uth", b"ort", b" by", b"tpw", b"npw",
        b"dpw", b"bpw", b"nha", b"_pw", b"ity", b"gin", b"sse",
    ];
    LAST.contains(&&letters) || (letters[1] >= 0x80 && letters[2] == b'a')
}

/// What speaks for a value, and against it.
struct Clues {
    letters: bool,
    digits: bool,
    /// It has signs that passwords have and words don't.
    signs: bool,
    /// It has signs that join words.
    joined: bool,
    changes: usize,
    mixed: bool,
}

impl Clues {
    fn of(value: &[u8]) -> Clues {
        let look = Look::of(value);
        let has = |signs: &[u8]| value.iter().any(|b| signs.contains(b));
        Clues {
            letters: look.small + look.capital > 0,
            digits: look.digits > 0,
            signs: has(b"!#$%^&*+?~"),
            joined: has(b"-./:=(_,{"),
            changes: look.changes,
            mixed: look.mixed(),
        }
    }

    /// Whether it is no word.
    fn strange(&self) -> bool {
        (self.letters && self.digits) || self.signs || self.changes > 2
    }

    /// Whether it is like a password in the middle of a sentence.
    fn password(&self) -> bool {
        self.letters && self.strange() && !self.joined
    }
}

/// Whether it is like a password where words would stand, and names such as `ParameterNotFound`.
pub(super) fn like_password(value: &[u8]) -> bool {
    let last = value.iter().rposition(u8::is_ascii_alphanumeric);
    let value = last.and_then(|last| value.get(..=last)).unwrap_or(b"");
    let clues = Clues::of(value);
    value.len() >= 6 && clues.letters && (clues.digits || clues.signs) && !clues.joined
}

/// The value after the label that ends with the word from `word` to `end`.
pub(super) fn after_blank(src: &Source, word: usize, end: usize, line: &mut Line) -> Option<Hit> {
    let next = src.blanks(end, 100);
    if matches!(src.slice(word, end), b"AUTH" | b"PASS" | b"LOGIN") {
        return after_command(src, next);
    }
    let label = Label::backwards(src, end, false);
    let ending = label.kind()?;
    if matches!(ending.value, Value::Credentials | Value::Cookies | Value::Query | Value::Opaque) {
        return None;
    }
    let cell = src.at(next) == b'|' && (label.begins_line(src) || src.slice(0, label.start).ends_with(b"| "));
    let next = if cell { src.blanks(next + 1, 100) } else { next };
    let (at, said) = owner(src, next).unwrap_or_else(|| verb(src, next));
    let (start, end_of, quoted) = extent(src, at, WORD);
    let value = src.slice(start, end_of);
    if value.len() < 4 || allowlist::placeholder(value) || allowlist::sentence(value) || allowlist::reference(value) {
        return None;
    }
    let clues = Clues::of(value);
    let any = ending.value == Value::Any;
    let ended = || matches!(src.at(src.blanks(end_of, 100)), 0 | b'|' | b'\n' | b'\r');
    let table = if cell { ended() } else { next > end + 1 || src.at(end) == b'\t' };
    let alone = label.begins_line(src) || src.starts_like(src.run_back(label.start, 4, |b| b != b'\n'), "env ");
    let counts = if ending.value == Value::Code {
        said && opaque::hexadecimal(value)
    } else if said {
        says(any, quoted, &clues, value)
    } else if quoted {
        table && any
    } else if any && line.logs_in(src, word) {
        true
    } else if table && (label.compound || any || telling(value, 16)) || alone && (label.compound || any) {
        clues.strange() && !allowlist::code(value, false)
    } else {
        (any && clues.password() && value.len() >= 8 && clues.changes > 1)
            || (value.len() >= 16 && clues.mixed && !clues.joined)
    };
    let counts = counts && (table || !opaque::uuid(value));
    counts.then(|| Hit { start, end: extent(src, at, usize::MAX).1, name: ending.name })
}

/// The value behind the colon at `colon` of a sentence: `the new password for bob is: …`.
pub(super) fn after_colon(src: &Source, label: &Label, colon: usize) -> Option<Hit> {
    let any = ["password", "passwort", "passphrase", "passcode", "contrase"].iter().any(|name| label.contains(name));
    let known = any || ["token", "secret", "apikey", "accesskey"].iter().any(|name| label.contains(name));
    let verb = ["is", "was", "ist", "lautet", "to"].iter().any(|verb| label.is(verb));
    if !known || !verb || !label.spaced {
        return None;
    }
    let at = src.blanks(colon + 1, 8);
    let (start, end, quoted) = extent(src, at, WORD);
    let value = src.slice(start, end);
    let counts = value.len() >= 4
        && !allowlist::placeholder(value)
        && !allowlist::sentence(value)
        && says(any, quoted, &Clues::of(value), value);
    let name = if any { "password" } else { "secret" };
    counts.then(|| Hit { start, end: extent(src, at, usize::MAX).1, name })
}

/// The password behind the user's name in the words after `login` or `creds`, which begin at `i`: `as admin / …`, `ops:…`.
pub(super) fn pair(src: &Source, i: usize) -> Option<Hit> {
    src.spend(1);
    let end = src.run(i, 80, |b| b != b'\n');
    (i..end).filter(|sign| matches!(src.at(*sign), b'/' | b':')).find_map(|sign| {
        let blank = usize::from(src.before(sign) == b' ' && src.at(sign + 1) == b' ');
        let name = src.run_back(sign - blank, 30, |b| b.is_ascii_alphanumeric());
        if name <= i + 1 || src.before(name) != b' ' {
            return None;
        }
        password(src, sign + 1 + blank).filter(|(_, clues)| clues.mixed || clues.signs).map(|(hit, _)| hit)
    })
}

/// The password in a command line of a program that takes it among others: `htpasswd -b users bob …`.
pub(super) fn argument(src: &Source, i: usize) -> Option<Hit> {
    src.spend(1);
    let mut at = i;
    while at < i + WORD && !src.breaks(at) && !matches!(src.at(at), 0 | b'|' | b';') {
        let found = password(src, at).filter(|(_, clues)| clues.changes > 1);
        if let Some((hit, _)) = found {
            return Some(hit);
        }
        at = src.blanks(extent(src, at, WORD).1.max(at + 1), 8);
    }
    None
}

/// What begins at `at`, if it is like a password, with digits.
fn password(src: &Source, at: usize) -> Option<(Hit, Clues)> {
    let (start, end, _) = extent(src, at, WORD);
    let clues = Clues::of(src.slice(start, end));
    let found = end >= start + 8 && clues.digits && clues.password();
    found.then(|| (Hit { start, end: extent(src, at, usize::MAX).1, name: "password" }, clues))
}

/// Whether a sentence that names a value tells this one.
fn says(any: bool, quoted: bool, clues: &Clues, value: &[u8]) -> bool {
    let key = || clues.mixed && value.len() >= 20 && !value.iter().any(|b| matches!(b, b'.' | b'/' | b':'));
    any && (quoted || clues.password()) || telling(value, 12) && !clues.joined || key()
}

/// Where the value at `at` begins and ends, at most `most` bytes behind, and whether quotes say so. Only of what counts is
/// the end searched for, however far it is: what was read is then replaced, and not read again. A note is no part of a value.
fn extent(src: &Source, at: usize, most: usize) -> (usize, usize, bool) {
    let quote = src.at(at);
    if matches!(quote, b'"' | b'\'') {
        let end = src.run(at + 1, most, |b| b != quote && !matches!(b, 0 | b'\n'));
        return (at + 1, src.before_note(at + 1, end), true);
    }
    let end = src.run(at, most, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[' | b'<'));
    // Without the punctuation of the sentence behind it.
    let value = src.slice(at, end);
    let last = value.iter().rposition(|b| !matches!(b, b'.' | b',' | b';' | b')' | b':' | b'!'));
    (at, last.map_or(at, |last| at + last + 1), false)
}

/// Behind the words of `for the user bob` that have a verb or a colon behind them, and that there was one.
fn owner(src: &Source, next: usize) -> Option<(usize, bool)> {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@' | 0x80..);
    let mut end = src.run(next, 40, belongs);
    if !allowlist::one_of(src.slice(next, end), &["for", "of", "on", "für", "von", "para", "pour", "de"]) {
        return None;
    }
    for _ in 0..6 {
        if src.at(end) == b':' && src.at(end + 1) == b' ' {
            return Some((src.blanks(end + 1, 8), true));
        }
        if src.at(end) != b' ' {
            return None;
        }
        let at = end + 1;
        end = src.run(at, 40, belongs);
        if allowlist::one_of(src.slice(at, end), &["is", "was", "ist", "lautet", "es", "est", "é", "è"]) {
            return Some(verb(src, at));
        }
    }
    None
}

/// The password that begins at `i` behind a script without spaces: `密码是…`, `パスワードは…`.
pub(super) fn after_script(src: &Source, i: usize) -> Option<Hit> {
    const PARTICLES: [&str; 7] = ["是", "为", "為", "は", "：", "는", "은"];
    let blank = src.run_back(i, 1, |b| b == b' ');
    let end = blank.saturating_sub(3);
    if !PARTICLES.iter().any(|particle| src.slice(end, blank) == particle.as_bytes()) {
        return None;
    }
    let label = Label::backwards(src, end, false);
    let ending = label.kind()?;
    let belongs = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'[' | b'<');
    let found = like_password(src.slice(i, src.run(i, WORD, belongs)));
    found.then(|| Hit { start: i, end: src.run(i, usize::MAX, belongs), name: ending.name })
}

/// Behind `is`, `was changed to` and the like, and whether there was one. A digit may say how the value is encoded.
fn verb(src: &Source, next: usize) -> (usize, bool) {
    const VERBS: [&str; 16] = [
        "é", "è", "is", "was", "now", "set", "to", "as", "changed", "reset", "updated", "be", "ist", "lautet", "es",
        "est",
    ];
    let mut at = next;
    let mut last: &[u8] = b"";
    for _ in 0..4 {
        let end = src.run(at, 10, |b| b.is_ascii_alphabetic() || b >= 0x80);
        let word = src.slice(at, end);
        if src.at(end) != b' ' || !allowlist::one_of(word, &VERBS) {
            break;
        }
        last = word;
        at = src.blanks(end, 8);
    }
    if allowlist::one_of(last, &["set", "changed", "reset", "updated"]) {
        return (next, false);
    }
    if last.is_empty() && src.at(next).is_ascii_digit() && src.at(next + 1) == b' ' {
        return (next + 2, false);
    }
    (at, !last.is_empty())
}

/// What a protocol's `AUTH` and `PASS` send: `AUTH PLAIN …`, `AUTH user …`.
fn after_command(src: &Source, next: usize) -> Option<Hit> {
    let mut start = next;
    for _ in 0..2 {
        let belongs = |b: u8| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[');
        let end = src.run(start, WORD, belongs);
        let value = src.slice(start, end);
        let clues = Clues::of(value);
        let secret = value.len() >= 6 && clues.letters && (clues.digits && clues.changes > 1 || clues.changes > 3);
        if secret && !opaque::uuid(value) && !value.contains(&b'(') && !allowlist::code(value, false) {
            return Some(Hit { start, end: src.run(end, usize::MAX, belongs), name: "password" });
        }
        start = src.blanks(end, 4);
        if start == end {
            break;
        }
    }
    None
}
