//! Places where a label's value stands without `=` or `:` before it: elements, command lines, pairs, SQL.

use super::allowlist;
use super::label::Label;
use super::line::{Line, PROGRAMS};
use super::opaque::{Look, telling};
use super::place::{Place, Span};
use super::rule::Value;
use super::source::{Hit, Source};
use super::value_end::Ends;

/// As much of a password is looked at on a command line, in bytes, to tell whether it is one; its end may be further.
const WORD: usize = 200;

/// As much of a row of values is looked at, in bytes.
const LONGEST_ROW: usize = 1_000;

/// The text of the XML element whose opening tag ends with the `>` at `close`.
pub(super) fn in_element(src: &Source, close: usize) -> Option<Hit> {
    // Most have no name before them, and need not be read.
    let last = src.before(close);
    if !last.is_ascii_alphanumeric() && last < 0x80 && !matches!(last, b'_' | b'-' | b'.' | b'"' | b'\'') {
        return None;
    }
    let label = if matches!(last, b'"' | b'\'') {
        Label::backwards(src, before_attributes(src, close)?, true)
    } else {
        Label::backwards(src, close, true)
    };
    let ending = label.kind()?;
    let mut tag = label.start;
    if src.before(tag) == b':' {
        // A namespace.
        tag = src.run_back(tag - 1, 24, |b| b.is_ascii_alphanumeric());
    }
    // `Result<Token>` and `Box<dyn Key>` are types.
    if src.before(tag) != b'<'
        || src.before(tag - 1).is_ascii_alphanumeric()
        || src.before(tag - 1) == b'.'
        || label.spaced
    {
        return None;
    }
    let data = src.starts(close + 1, "<![CDATA[");
    let start = close + if data { 10 } else { 1 };
    // XML escapes `<` where it leaves `>` as it is.
    let width = src.width(close).max(src.width(tag - 1));
    let end = text_end(src, start, width, if data { b']' } else { b'<' });
    // `login <user> <password> [options]` tells how to call a program.
    if !data
        && !src.starts(end, "</")
        && (end < src.len() || src.slice(start, end).iter().any(|b| matches!(b, b' ' | b'"' | b'\'' | b'@')))
    {
        return None;
    }
    let place = Place { src, label: &label, value: ending.value, colon: false, depth: 1 };
    let span = Span { start, end, quoted: true };
    place.counts(&span).then_some(Hit { start, end, name: ending.name })
}

/// The value behind the arrow that ends at `i`, as Scala shows maps: `Map(user -> app, password -> …)`. What is behind the
/// arrow of a function, or of a type, is code.
pub(super) fn after_arrow(src: &Source, i: usize) -> Option<Hit> {
    let end = src.run_back(i - 1, 4, |b| matches!(b, b' ' | b'"'));
    if !Label::may_stand_before(src, end) {
        return None;
    }
    let label = Label::backwards(src, end, false);
    let ending = label.kind()?;
    let hit = Place { src, label: &label, value: ending.value, colon: false, depth: 1 }.hit(ending.name, i + 1)?;
    telling(src.slice(hit.start, src.before_note(hit.start, hit.end.min(hit.start + WORD))), 8).then_some(hit)
}

/// Where the name of the element ends whose opening tag ends with the `>` at `close` and has attributes.
fn before_attributes(src: &Source, close: usize) -> Option<usize> {
    let tag = src.run_back(close, 200, |b| !matches!(b, b'<' | b'>'));
    if src.before(tag) != b'<' {
        return None;
    }
    let name = src.run(tag, 64, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':') || b >= 0x80);
    (src.at(name) == b' ').then_some(name)
}

/// Where an element's text ends: with the line or with this sign, written no wider than its tag is: `&lt;` is text.
fn text_end(src: &Source, start: usize, width: usize, sign: u8) -> usize {
    let mut end = start;
    let stop = |at: usize| (src.at(at) == b'\n' || src.at(at) == sign) && src.width(at) <= width;
    while end < src.len() && !stop(end) {
        end += 1;
    }
    end
}

/// The text of the element after the one whose closing tag ends with the `>` at `close`, as property lists and maps pair
/// names and values: `<key>password</key><string>…`.
pub(super) fn in_next_element(src: &Source, close: usize) -> Option<Hit> {
    let tag = src.run_back(close, 12, |b| b.is_ascii_alphanumeric());
    let name_end = tag.checked_sub(2)?;
    if src.slice(name_end, tag) != b"</" || tag == close {
        return None;
    }
    let label = Label::backwards(src, name_end, true);
    if src.before(label.start) != b'>' {
        return None;
    }
    let ending = label.kind()?;
    let open = src.run(close + 1, 80, |b| b.is_ascii_whitespace());
    let value = src.run(open + 1, 12, |b| b.is_ascii_alphanumeric());
    if src.at(open) != b'<' || src.at(value) != b'>' || value == open + 1 {
        return None;
    }
    let start = value + 1;
    let end = text_end(src, start, src.width(close), b'<');
    let place = Place { src, label: &label, value: ending.value, colon: false, depth: 1 };
    let span = Span { start, end, quoted: true };
    (src.starts(end, "</") && place.counts(&span)).then_some(Hit { start, end, name: ending.name })
}

/// The value of the command line option that begins with the `-` at `i`: `--password …`, `-Token …`, `-u user:…`, and,
/// for programs that are known to take one so, `-p …` and its like.
pub(super) fn option(src: &Source, i: usize, line: &mut Line) -> Option<Hit> {
    if !matches!(src.before(i), 0 | b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'[' | b',') {
        return None;
    }
    let start = src.run(i, 2, |b| b == b'-');
    let end = src.run(start, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    // Also as JSON: `"--password", "…"`.
    let next = src.run(end, 1, |b| matches!(b, b'"' | b'\''));
    let next = src.run(next, 1, |b| b == b',');
    let next = src.run(next, 8, |b| matches!(b, b' ' | b'\t'));
    let separated = next > end && !matches!(src.before(next), b'"' | b'\'') && src.at(next) != b'-';
    if start == i + 1
        && matches!(src.at(start), b'p' | b'P' | b'a' | b'w' | b'k' | b'A' | b'X')
        && let Some(hit) = short_option(src, i, if separated && end == start + 1 { Some(next) } else { None }, line)
    {
        return Some(hit);
    }
    if !separated {
        return None;
    }
    let label = Label::of(src.slice(start, end), start);
    if src.slice(start, end) == b"U" {
        return after_percent(src, next);
    }
    if label.is("u") || label.is("user") || label.is("proxyuser") {
        return after_user(src, next);
    }
    let ending = label.kind()?;
    Place { src, label: &label, value: ending.value, colon: false, depth: 1 }.hit(ending.name, next)
}

/// The password in `user:password`, as curl takes it, or in `user,password`, as lftp does; or the key that takes the user's
/// place, as in `sk_live_…:`.
fn after_user(src: &Source, next: usize) -> Option<Hit> {
    let quoted = |at: usize| matches!(src.at(at), b'"' | b'\'');
    // Where what is in quotes, or before a blank, begins and ends.
    let text = |at: usize, most: usize| match src.at(at) {
        quote @ (b'"' | b'\'') => (at + 1, src.run(at + 1, most, |b| !matches!(b, 0 | b'\n' | b'[') && b != quote)),
        _ => (at, src.run(at, most, |b| b > b' ' && !matches!(b, b'"' | b'\'' | b'['))),
    };
    let (start, end) = text(next, WORD);
    let colon = src.run(start, WORD, |b| !matches!(b, 0..=b' ' | b':' | b',' | b'/' | b'['));
    let user = src.slice(start, colon);
    if src.at(colon) == b':' && colon + 1 == end && quoted(next) == quoted(end) && telling(user, 12) {
        return Some(Hit { start, end: colon, name: "password" });
    }
    let behind = colon + 1;
    // `bob:'…'`
    let at = if quoted(next) || !quoted(behind) { next } else { behind };
    let (from, to) = text(at, WORD);
    let first = from.max(behind);
    let password = src.slice(first, to);
    // Users' names are listed with commas.
    let separated = src.at(colon) == b':' || src.at(colon) == b',' && telling(password, 8);
    let shown = allowlist::placeholder(password) || allowlist::placeholder(src.slice(start, to));
    // `1000:1000` are a user's and a group's numbers.
    let found = separated && password.len() > 2 && !shown && password.iter().any(|b| !b.is_ascii_digit());
    found.then(|| Hit { start: first, end: text(at, usize::MAX).1, name: "password" })
}

/// The password in `user%password`, as Samba's programs take it.
fn after_percent(src: &Source, next: usize) -> Option<Hit> {
    let start = src.run(next, 1, |b| matches!(b, b'"' | b'\''));
    let percent = src.run(start, 60, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'\\'));
    let belongs = |b: u8| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[');
    let end = src.run(percent, WORD, belongs);
    let found = src.at(percent) == b'%' && end > percent + 3 && percent > start;
    found.then(|| Hit { start: percent + 1, end: src.run(end, usize::MAX, belongs), name: "password" })
}

/// The password behind `-p`, or behind a blank after it at `next`, if a program that takes one so stands before it.
fn short_option(src: &Source, i: usize, next: Option<usize>, line: &mut Line) -> Option<Hit> {
    let letter = src.at(i + 1);
    line.read(src, i);
    let takes = |(n, (option, attached, _)): (usize, &(u8, bool, &str))| {
        *option == letter && next.is_some() != *attached && line.programs & (1 << n) != 0
    };
    if !PROGRAMS.iter().enumerate().any(takes) {
        return None;
    }
    let start = next.unwrap_or(i + 2);
    let quote = src.at(start);
    let quoted = matches!(quote, b'"' | b'\'');
    let start = if quoted { start + 1 } else { start };
    let belongs = |b: u8| {
        if quoted { !matches!(b, 0 | b'\n') && b != quote } else { !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[') }
    };
    let end = src.run(start, WORD, belongs);
    let value = src.slice(start, end);
    let found = end > start + 2 && !allowlist::placeholder(value) && !value.iter().all(u8::is_ascii_digit);
    found.then(|| Hit { start, end: src.run(end, usize::MAX, belongs), name: "password" })
}

/// The quoted text after the quoted label that ends at `i`, with a comma between: headers are often shown as such
/// pairs. Lists of field names look the same, so only what is no mere word counts.
pub(super) fn in_tuple(src: &Source, i: usize) -> Option<Hit> {
    let label = Label::backwards(src, i, true);
    let ending = label.kind()?;
    // `readFile('/etc/passwd', 'utf8')`
    if src.before(label.start) == b'/' {
        return None;
    }
    let at = src.run(i + 2, 8, |b| matches!(b, b' ' | b'\t' | b'\n'));
    let place = Place { src, label: &label, value: ending.value, colon: false, depth: 1 };
    let (start, ends @ Ends::Quote(..)) = place.opening(at) else { return None };
    let value = src.slice(start, src.before_note(start, place.end(start, ends, 64)));
    let letters = value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b' '));
    if letters && Look::of(value).changes < 3 { None } else { place.hit(ending.name, at) }
}

/// The quoted text that begins at `i`, where SQL puts a password without a separator: `PASSWORD '…'`, `PASSWORD('…')`,
/// and IPsec its keys: `PSK "…"`.
pub(super) fn in_sql(src: &Source, i: usize) -> Option<Hit> {
    let called = src.before(i) == b'(';
    if !(called || src.before(i) == b' ') || !matches!(src.before(i - 1), b'd' | b'D' | b'y' | b'Y' | b'g' | b'K') {
        return None;
    }
    let label = Label::backwards(src, i - 1, true);
    let ending = label.kind()?;
    let place = Place { src, label: &label, value: ending.value, colon: false, depth: 1 };
    // What others call with a text is mostly no password: `get_password('app')`.
    let counts = ending.value == Value::Any && (!called || label.is("password")) || !called && label.is("psk");
    if counts { place.hit(ending.name, i) } else { None }
}

/// The last value of a row, where the statement names the columns and one of them is a secret's:
/// `INSERT INTO users (name, password) VALUES ('bob', '…')`; `open` is the bracket before the values.
pub(super) fn in_values(src: &Source, open: usize) -> Option<Hit> {
    let words = src.run_back(open, 4, |b| b == b' ');
    let keyword = src.slice(words.saturating_sub(6), words);
    if !keyword.eq_ignore_ascii_case(b"values") {
        return None;
    }
    let close = src.run_back(words - 6, 4, |b| b.is_ascii_whitespace()).checked_sub(1)?;
    let columns = src.run_back(close, 400, |b| b != b'(' && b != b'\n');
    let columns = src.slice(columns, close).split(|b| *b == b',');
    let is_secret = |column| Label::of(column, 0).kind().is_some_and(|ending| ending.value != Value::Opaque);
    // No further than the last of them.
    let count = columns.clone().enumerate().filter(|(_, column)| is_secret(column)).last().map_or(0, |(n, _)| n + 1);
    let mut at = open + 1;
    for column in columns.take(count) {
        at = src.run(at, 8, |b| b.is_ascii_whitespace());
        let quote = src.at(at);
        let quoted = matches!(quote, b'"' | b'\'');
        let start = if quoted { at + 1 } else { at };
        let most = (open + LONGEST_ROW).saturating_sub(start);
        let belongs = |b: u8| if quoted { b != quote && b != 0 } else { !matches!(b, 0 | b',' | b')') };
        let end = src.run(start, most, belongs);
        if is_secret(column)
            && quoted
            && end > start
            && src.note(start).is_none()
            && !allowlist::placeholder(src.slice(start, end))
        {
            return Some(Hit { start, end: src.run(end, usize::MAX, belongs), name: "password" });
        }
        at = src.run(end, 2, |b| matches!(b, b'"' | b'\'' | b','));
        at = src.run(at, 2, |b| matches!(b, b',' | b' '));
        if at == end {
            break;
        }
    }
    None
}

/// The quoted text that begins at `i` in a pair of Erlang's: `{password,"…"}`, `{password,<<"…">>}`.
pub(super) fn in_pair(src: &Source, i: usize) -> Option<Hit> {
    let binary = if src.before(i) == b'<' && src.before(i - 1) == b'<' { i - 2 } else { i };
    if src.before(binary) != b',' || !src.before(binary - 1).is_ascii_lowercase() {
        return None;
    }
    let label = Label::backwards(src, binary - 1, true);
    let ending = label.kind()?;
    if src.before(label.start) != b'{' {
        return None;
    }
    Place { src, label: &label, value: ending.value, colon: false, depth: 1 }.hit(ending.name, i)
}

/// What takes a secret among arguments that have no names, as stack traces and statements show it: which of them it is, and
/// how long it is at least.
const CALLS: [(&str, usize, usize); 17] = [
    ("PDO->__construct", 2, 3),
    ("new PDO", 2, 3),
    ("mysqli_connect", 2, 3),
    ("mysqli->__construct", 2, 3),
    ("mysqli->real_connect", 2, 3),
    ("getConnection", 2, 3),
    // ClickHouse's, with the key of an account.
    ("s3", 2, 32),
    ("pgp_sym_encrypt", 1, 3),
    ("pgp_sym_decrypt", 1, 3),
    ("aes_encrypt", 1, 3),
    ("aes_decrypt", 1, 3),
    ("createHmac", 1, 3),
    ("hash_hmac", 2, 3),
    ("SetBasicAuth", 1, 3),
    ("HTTPBasicAuth", 1, 3),
    ("NetworkCredential", 1, 3),
    ("UsernamePasswordCredentials", 1, 3),
];

/// The secret among the arguments in the bracket at `open`.
pub(super) fn in_call(src: &Source, open: usize) -> Option<Hit> {
    // None of their names ends otherwise.
    if !matches!(src.before(open), b't' | b'T' | b'O' | b'n' | b'3' | b'c' | b'h' | b'l' | b's') {
        return None;
    }
    let called = |name: &str| {
        let start = open.checked_sub(name.len()).filter(|at| *at >= src.floor);
        start.is_some_and(|at| src.starts_like(at, name) && !src.before(at).is_ascii_alphanumeric())
    };
    let (_, before, least) = CALLS.iter().find(|(name, ..)| called(name))?;
    src.spend(1);
    let quoted = |at: usize| matches!(src.at(at), b'"' | b'\'');
    let text = |at: usize, most: usize| src.run(at + 1, most, |b| b != src.at(at) && !matches!(b, 0 | b'\n'));
    let mut at = open + 1;
    for _ in 0..*before {
        let end = if quoted(at) { text(at, WORD) + 1 } else { src.run(at, WORD, |b| !matches!(b, 0..=b')' | b',')) };
        at = src.run(end, 4, |b| matches!(b, b',' | b' '));
        if at == end {
            return None;
        }
    }
    let start = at + 1;
    let end = text(at, WORD);
    let found = quoted(at) && end >= start + least;
    let found = found && !allowlist::placeholder(src.slice(start, end));
    found.then(|| Hit { start, end: text(at, usize::MAX), name: "password" })
}

/// The password behind the `>` at `i`, as Redis writes what a user may do: `ACL SETUSER app on >… ~* +@all`, and in its
/// files `user app on >…`.
pub(super) fn in_acl(src: &Source, i: usize) -> Option<Hit> {
    if !matches!(src.before(i), b' ' | b'"') || !src.at(i + 1).is_ascii_graphic() {
        return None;
    }
    let line = src.run_back(i, WORD, |b| !matches!(b, b'\n' | b'<' | b'>'));
    let mut words = src.slice(line, i).split(|b| matches!(b, b' ' | b'"'));
    let file = matches!(src.before(line), 0 | b'\n') && words.clone().next() == Some(b"user");
    let user = words.any(|word| word.eq_ignore_ascii_case(if file { b"on" } else { b"setuser" }));
    let belongs = |b: u8| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[');
    let end = src.run(i + 1, WORD, belongs);
    let found = user && end > i + 3 && !allowlist::placeholder(src.slice(i + 1, end));
    found.then(|| Hit { start: i + 1, end: src.run(end, usize::MAX, belongs), name: "password" })
}
