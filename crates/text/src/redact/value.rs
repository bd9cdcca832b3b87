//! Where labels are found, and whether the value after one counts as a secret. `extent` knows where it ends.

use super::catalogue::{Rule, Value};
use super::extent::Ends;
use super::label::Label;
use super::ordinary;
use super::source::{Hit, Source, telling};
use super::token;

/// A label that was met as a value itself: `name: DB_PASSWORD` before `value: …`, as in lists of variables.
#[derive(Default)]
pub(super) struct Named {
    found: Option<(usize, &'static Rule, Value)>,
}

/// What is known of a value before it is read.
pub(super) struct Place<'a> {
    pub src: &'a Source<'a>,
    pub label: &'a Label,
    pub value: Value,
    /// A colon stands before it, so it may be a sentence.
    pub colon: bool,
    /// `=` and `&` are written as `%3D` and `%26`.
    pub encoded: bool,
}

/// Where a value lies, and whether quotes or tags say so.
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
}

/// How much of a value is looked at to tell whether it counts. Its end is searched for only if it does: what was read
/// is then replaced, and not read again.
const PROBE: usize = 64;

/// So many blanks may stand before a value, as in tables.
const BLANKS: usize = 1_000;

/// The value after the `=` or `:` at `sep`, `width` bytes wide.
pub(super) fn after_separator(src: &Source, sep: usize, width: usize, named: &mut Named) -> Option<Hit> {
    let colon = src.at(sep) == b':';
    if colon && (src.at(sep + 1) == b':' || src.before(sep) == b':') {
        // A path such as `Token::new`.
        return None;
    }
    let label = Label::before(src, sep);
    let (rule, value) = match (label.rule(), named.found) {
        (Some(found), _) => found,
        (None, Some((at, rule, value))) if label.is("value") && sep - at < 160 => (rule, value),
        _ => {
            if label.is("name") || label.is("key") {
                let from = src.run(sep + width, 8, |b| matches!(b, b' ' | b'"' | b'\'' | b'\\' | b'='));
                let to = src.run(from, 60, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
                named.found = Label::of(src.slice(from, to), from).rule().map(|(rule, value)| (sep, rule, value));
            }
            return None;
        }
    };
    // `=>`, `:=`, `==`.
    let at = src.run(sep + width, 2, |b| matches!(b, b'=' | b'>' | b'~'));
    let place = Place { src, label: &label, value, colon, encoded: width > 1 };
    place.hit(rule, at)
}

/// The text of the XML element whose opening tag ends with the `>` at `close`.
pub(super) fn in_element(src: &Source, close: usize) -> Option<Hit> {
    let label = Label::backwards(src, close, true);
    let (rule, value) = label.rule()?;
    let mut tag = label.start;
    if src.before(tag) == b':' {
        // A namespace.
        tag = (1..24).fold(tag - 1, |at, _| if src.before(at).is_ascii_alphanumeric() { at - 1 } else { at });
    }
    // `Result<Token>` and `Box<dyn Key>` are types.
    if src.before(tag) != b'<' || src.before(tag - 1).is_ascii_alphanumeric() || label.spaced {
        return None;
    }
    let data = src.starts(close + 1, "<![CDATA[");
    let start = close + if data { 10 } else { 1 };
    let end = src.run(start, usize::MAX, |b| b != b'<' && b != b'\n' && !(data && b == b']'));
    // `login <user> <password> [options]` tells how to call a program.
    if !data && !src.starts(end, "</") && end < src.len() {
        return None;
    }
    let place = Place { src, label: &label, value, colon: false, encoded: false };
    let span = Span { start, end, quoted: true };
    place.counts(&span).then(|| place.noted(rule, span))
}

/// The value of the command line option that begins with the `-` at `i`: `--password …`, `-Token …`, `-u user:…`.
pub(super) fn option(src: &Source, i: usize) -> Option<Hit> {
    if !matches!(src.before(i), 0 | b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'[' | b',') {
        return None;
    }
    let start = src.run(i, 2, |b| b == b'-');
    let end = src.run(start, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    // Also as JSON: `"--password", "…"`.
    let next = src.run(end, 1, |b| matches!(b, b'"' | b'\''));
    let next = src.run(next, 1, |b| b == b',');
    let next = src.run(next, 8, |b| matches!(b, b' ' | b'\t'));
    let separated = next > end && !matches!(src.before(next), b'"' | b'\'');
    if !separated || src.at(next) == b'-' {
        return None;
    }
    let label = Label::of(src.slice(start, end), start);
    if label.is("u") || label.is("user") || label.is("proxyuser") {
        let start = src.run(next, 1, |b| matches!(b, b'"' | b'\''));
        let end = src.run(start, 200, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'['));
        let colon = src.run(start, 200, |b| !matches!(b, 0..=b' ' | b':' | b'/' | b'['));
        let password = src.slice(colon + 1, end);
        let found = src.at(colon) == b':' && !ordinary::placeholder(password);
        // `1000:1000` are a user's and a group's numbers.
        let found = found && password.iter().any(|b| !b.is_ascii_digit());
        return found.then_some(Hit { start: colon + 1, end, name: "password" });
    }
    let (rule, value) = label.rule()?;
    Place { src, label: &label, value, colon: false, encoded: false }.hit(rule, next)
}

/// The quoted text after the quoted label that ends at `i`, with a comma between: headers are often shown as such
/// pairs. Lists of field names look the same, so only what is no mere word counts.
pub(super) fn in_tuple(src: &Source, i: usize) -> Option<Hit> {
    let label = Label::backwards(src, i, true);
    let (rule, value) = label.rule()?;
    let at = src.run(i + 2, 8, |b| matches!(b, b' ' | b'\t' | b'\n'));
    let place = Place { src, label: &label, value, colon: false, encoded: false };
    let (start, ends @ Ends::Quote(..)) = place.opening(at) else { return None };
    let word = src.slice(start, place.end(start, ends, PROBE)).iter().all(u8::is_ascii_alphabetic);
    if word { None } else { place.hit(rule, at) }
}

/// The quoted text that begins at `i`, where SQL puts a password without a separator: `PASSWORD '…'`.
pub(super) fn in_sql(src: &Source, i: usize) -> Option<Hit> {
    if src.before(i) != b' ' || !matches!(src.before(i - 1), b'd' | b'D' | b'y' | b'Y') {
        return None;
    }
    let label = Label::backwards(src, i - 1, true);
    let (rule, value) = label.rule()?;
    let place = Place { src, label: &label, value, colon: false, encoded: false };
    if value == Value::Any { place.hit(rule, i) } else { None }
}

/// The whole text where it is the value of a field of this name; of credentials the scheme stays. An object's fields
/// have names of their own, and a key block says itself what it is.
pub(super) fn under_name(src: &Source, name: &str) -> Option<Hit> {
    let label = Label::of(name.as_bytes(), 0);
    let (rule, value) = label.rule()?;
    let place = Place { src, label: &label, value, colon: false, encoded: false };
    let start = match value {
        Value::Credentials => place.credentials(0, Ends::List)?.0,
        Value::Cookies => place.cookies(0, Ends::List).map(|_| 0)?,
        _ if matches!(src.at(0), b'{' | b'[') || src.starts(0, "-----") => return None,
        _ => 0,
    };
    let span = Span { start, end: src.len(), quoted: true };
    place.counts(&span).then(|| place.noted(rule, span))
}

impl Place<'_> {
    /// The secret that begins at or after `at`.
    fn hit(&self, rule: &'static Rule, at: usize) -> Option<Hit> {
        let src = self.src;
        let lines = self.label.quoted;
        let mut begin = src.blanks(at, BLANKS, self.encoded);
        if lines {
            begin = src.run(begin, BLANKS, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
        }
        // A key block in quotes may have many lines; its own rule knows where it ends.
        if src.starts(src.run(begin, 3, |b| matches!(b, b'"' | b'\'' | b'\\')), "-----") {
            return None;
        }
        if let Some(span) = self.block(begin) {
            return self.counts(&span).then(|| self.noted(rule, span));
        }
        let (first, opened) = self.opening(begin);
        let (start, ends) = match self.value {
            Value::Credentials => self.credentials(first, opened)?,
            Value::Cookies => (first, self.cookies(first, opened)?),
            // A list of objects: their own labels say which is a secret.
            _ if opened == Ends::List && src.at(first) == b'{' => return None,
            _ => (first, opened),
        };
        let bare = ends == Ends::Bare;
        let mut span = Span { start, end: self.end(start, ends, PROBE), quoted: !bare };
        if !self.counts(&span) {
            return None;
        }
        if span.end >= start + PROBE {
            span.end = self.end(start, ends, usize::MAX);
        }
        if ends == Ends::List && start > first && src.at(span.end - 1) == src.at(first) {
            // The last quote stays as the first did.
            span.end -= 1;
        }
        if self.value == Value::Any && bare && (self.colon || begin > at) && self.label.begins_line(src) {
            span.end = self.rest_of_line(span.end);
        }
        Some(self.noted(rule, span))
    }

    /// The secret with the name that says most: `GITHUB_TOKEN=ghp_…` is a GitHub token.
    fn noted(&self, rule: &'static Rule, Span { start, end, .. }: Span) -> Hit {
        let special = token::vendor(self.src, start).or_else(|| token::jwt(self.src, start));
        let special = special.filter(|hit| hit.start == start && hit.end == end);
        Hit { start, end, name: special.map_or(rule.name, |hit| hit.name) }
    }

    /// Where the credentials of an `Authorization` header begin and how they end. The scheme stays.
    fn credentials(&self, first: usize, opened: Ends) -> Option<(usize, Ends)> {
        let src = self.src;
        let start = src.run(first, 1, |b| matches!(b, b'"' | b'\''));
        let scheme = src.run(start, 30, |b| b.is_ascii_alphanumeric() || b == b'-');
        let credentials = src.blanks(scheme, 8, self.encoded);
        let several = ordinary::one_of(src.slice(start, scheme), ordinary::LISTING_SCHEMES);
        let known = several || ordinary::one_of(src.slice(start, scheme), ordinary::SCHEMES);
        let known = known && credentials > scheme;
        let start = if known { credentials } else { start };
        let probe = src.run(start, PROBE, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'['));
        let probe = src.slice(start, probe);
        if ordinary::placeholder(probe) || (!known && !telling(probe, 8)) {
            return None;
        }
        let header = known && several && opened == Ends::Bare;
        Some((start, if header { Ends::Header } else { opened }))
    }

    /// How the value of a cookie header ends, if it is one.
    fn cookies(&self, first: usize, opened: Ends) -> Option<Ends> {
        let src = self.src;
        let name = src.run(first, 1, |b| matches!(b, b'"' | b'\''));
        let name_end = src.run(name, 100, |b| !matches!(b, 0..=b' ' | b'=' | b';' | b'"' | b'\'' | b'['));
        let pairs = name_end > name && src.at(name_end) == b'=';
        if !pairs && (self.colon || !telling(src.slice(name, name_end), 8)) {
            return None;
        }
        Some(if self.colon && opened == Ends::Bare { Ends::Header } else { opened })
    }

    /// Whether what was found counts as a secret after this label.
    fn counts(&self, span: &Span) -> bool {
        let src = self.src;
        let value = src.slice(span.start, span.end.min(span.start + PROBE));
        if value.is_empty() || src.note(span.start).is_some() {
            return false;
        }
        if matches!(self.value, Value::Credentials | Value::Cookies) {
            return true;
        }
        let unquoted = value.strip_prefix(b"\"").unwrap_or(value);
        if ordinary::placeholder(unquoted)
            || ordinary::sentence(unquoted)
            || (!span.quoted && ordinary::code(value, self.value == Value::Any))
        {
            return false;
        }
        let alone = self.label.begins_line(src) && src.breaks(span.end);
        let alone = alone || (span.end == src.len() && self.label.begins_line(src));
        let doubtful = self.colon && !self.label.quoted && !self.label.compound && !alone;
        match self.value {
            // Where a shell stands.
            Value::Any if self.label.is("pwd") || self.label.is("oldpwd") => {
                !matches!(value, [b'/' | b'~', ..] | [_, b':', b'\\' | b'/', ..])
            }
            // Not a count or a flag.
            Value::Any | Value::Credentials | Value::Cookies => {
                value.len() > 2 || !value.iter().all(u8::is_ascii_digit)
            }
            Value::Some => value.len() >= 4,
            Value::Telling if doubtful && span.quoted => value.len() >= 8,
            Value::Telling if doubtful => telling(value, 6),
            Value::Telling => value.len() >= 4,
            Value::Long => telling(value, 16),
            Value::Code => {
                value.len() == 32 && value.iter().all(u8::is_ascii_alphanumeric) && value.iter().any(u8::is_ascii_digit)
            }
            Value::Query => matches!(src.before(self.label.start), b'?' | b'&' | b';') && telling(value, 20),
        }
    }
}
