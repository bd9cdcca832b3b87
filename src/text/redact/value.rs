//! Where a labelled value begins and ends in the many shapes it comes in, and whether it counts as a secret.

use super::catalogue::{Rule, Value};
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
struct Place<'a> {
    src: &'a Source<'a>,
    label: &'a Label,
    value: Value,
    /// A colon stands before it, so it may be a sentence.
    colon: bool,
    /// `=` and `&` are written as `%3D` and `%26`.
    encoded: bool,
}

/// How much of a value is looked at to tell whether it counts. Its end is searched for only if it does: what was read
/// is then replaced, and not read again.
const PROBE: usize = 64;

/// Where a value lies, and whether quotes or tags say so.
struct Span {
    start: usize,
    end: usize,
    quoted: bool,
}

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
                named.found = Label::of(src.slice(from, to)).rule().map(|(rule, value)| (sep, rule, value));
            }
            return None;
        }
    };
    // `=>`, `:=`, `==`.
    let at = src.run(sep + width, 2, |b| matches!(b, b'=' | b'>' | b'~'));
    let place = Place { src, label: &label, value, colon, encoded: width > 1 };
    place.hit(rule, at)
}

/// The text of the XML element whose opening tag ends with the `>` at `end`.
pub(super) fn in_element(src: &Source, end: usize) -> Option<Hit> {
    let label = Label::backwards(src, end, true);
    let (rule, value) = label.rule()?;
    if !matches!(src.before(label.start), b'<' | b':') {
        return None;
    }
    let mut start = end + 1;
    let data = src.starts(start, "<![CDATA[");
    start += if data { 9 } else { 0 };
    let end = src.run(start, usize::MAX, |b| b != b'<' && b != b'\n' && !(data && b == b']'));
    let place = Place { src, label: &label, value, colon: false, encoded: false };
    place.judge(rule, Span { start, end, quoted: true })
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
    let label = Label::of(src.slice(start, end));
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
    let probe = place.delimited(at)?;
    let probe = src.slice(probe.start, probe.end.min(probe.start + PROBE));
    if probe.iter().all(u8::is_ascii_alphabetic) || src.at(at) == b'[' { None } else { place.hit(rule, at) }
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

impl Place<'_> {
    /// The secret that begins at or after `at`.
    fn hit(&self, rule: &'static Rule, at: usize) -> Option<Hit> {
        let start = match self.label.quoted {
            true => self.src.run(at, 64, |b| b.is_ascii_whitespace()),
            false => self.src.run(at, 64, |b| matches!(b, b' ' | b'\t')),
        };
        // A key block in quotes may have many lines; its own rule knows where it ends.
        if self.src.starts(self.src.run(start, 3, |b| matches!(b, b'"' | b'\'' | b'\\')), "-----") {
            return None;
        }
        let mut span = match self.value {
            Value::Credentials => self.credentials(start)?,
            Value::Cookies => self.cookies(start)?,
            _ => self.delimited(start).or_else(|| self.block(start)).unwrap_or_else(|| self.bare(start, PROBE)),
        };
        if !span.quoted && span.end - span.start == PROBE && self.counts(&span) {
            span = self.bare(start, usize::MAX);
        }
        let words = !span.quoted && (self.colon || start > at) && self.label.begins_line(self.src);
        let mut hit = self.judge(rule, span)?;
        if words && self.value == Value::Any {
            hit.end = self.rest_of_line(hit.end);
        }
        Some(hit)
    }

    fn judge(&self, rule: &'static Rule, span: Span) -> Option<Hit> {
        let src = self.src;
        if !self.counts(&span) {
            return None;
        }
        let special = token::vendor(src, span.start).or_else(|| token::jwt(src, span.start));
        let name =
            special.filter(|hit| hit.end == span.end && hit.start == span.start).map_or(rule.name, |hit| hit.name);
        Some(Hit { start: span.start, end: span.end, name })
    }

    /// A value in quotes or in a list's brackets.
    fn delimited(&self, start: usize) -> Option<Span> {
        let src = self.src;
        if src.at(start) == b'[' && src.note(start).is_none() {
            let start = src.run(start + 1, 64, |b| b.is_ascii_whitespace());
            let probe = Span { start, end: src.run(start, PROBE, |b| b != b']'), quoted: true };
            if src.at(start) == b'{' || !self.counts(&probe) {
                return Some(Span { start, end: start, quoted: true });
            }
            let end = src.run(start, 4096, |b| b != b']');
            let end = if src.at(end) == b']' { end } else { src.line_end(start) };
            return Some(Span { start, end, quoted: true });
        }
        if self.encoded && src.starts(start, "%22") {
            let start = start + 3;
            let mut end = start;
            while !matches!(src.at(end), 0..=b' ' | b'"' | b'&' | b'[') && !src.starts(end, "%22") {
                end += 1;
            }
            return Some(Span { start, end, quoted: true });
        }
        // Rust's Some("…").
        let start = if src.starts(start, "Some(\"") { start + 5 } else { start };
        // Python's b'…', C#'s @"…" and so on.
        let prefixed = src.at(start).is_ascii_alphabetic() || matches!(src.at(start), b'@' | b'$');
        let start = if prefixed && matches!(src.at(start + 1), b'"' | b'\'') { start + 1 } else { start };
        let inside = src.run(start, 8, |b| b == b'\\');
        let level = inside - start;
        let quote = src.at(inside);
        if !matches!(quote, b'"' | b'\'' | b'`') {
            return None;
        }
        let start = inside + 1;
        Some(Span { start, end: closing(src, start, quote, level), quoted: true })
    }

    /// YAML's `|` and `>`: the lines after it that are indented more than the label.
    fn block(&self, at: usize) -> Option<Span> {
        let src = self.src;
        let mark = src.run(at, 4, |b| matches!(b, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9'));
        if !self.colon || !matches!(src.at(at), b'|' | b'>') || src.at(mark) != b'\n' || !self.label.begins_line(src) {
            return None;
        }
        let indent = self.label.indent(src);
        let start = src.run(mark, usize::MAX, |b| matches!(b, b' ' | b'\n'));
        let mut end = mark;
        let mut line = mark + 1;
        while line < src.len() {
            let text = src.run(line, usize::MAX, |b| b == b' ');
            let line_end = src.run(text, usize::MAX, |b| b != b'\n');
            if line_end > text {
                if text - line <= indent || src.starts(text, "-----") {
                    break;
                }
                end = line_end;
            }
            line = line_end + 1;
        }
        Some(Span { start, end: end.max(start), quoted: true })
    }

    /// A value that nothing encloses, or its first `most` bytes.
    fn bare(&self, start: usize, most: usize) -> Span {
        let src = self.src;
        // Values in connection strings may have spaces, as long as a semicolon or quote follows.
        let spaces = src.before(self.label.start) == b';' && {
            let end = src.run(start, 128, |b| !matches!(b, b';' | b'"' | b'\'' | b'\n'));
            matches!(src.at(end), b';' | b'"' | b'\'')
        };
        let mut end = start;
        while end < src.len() && end - start < most && !self.ends_bare(end, spaces) {
            end += 1;
        }
        Span { start, end, quoted: false }
    }

    fn ends_bare(&self, i: usize, spaces: bool) -> bool {
        let src = self.src;
        let next = src.at(i + 1);
        match src.at(i) {
            0 | b'\n' | b'\r' | b'<' => true,
            b' ' | b'\t' => !spaces,
            b'"' | b'\'' | b'`' => spaces || !next.is_ascii_alphanumeric(),
            b'\\' => src.breaks(i) || matches!(next, b'"' | b'\'') || (next == b'\\' && src.at(i + 2) == b'"'),
            // What encloses the pair ends the value; in the middle of it, it is part of it.
            b')' | b']' | b'}' | b'>' => {
                matches!(
                    next,
                    0..=b' '
                        | b'"'
                        | b'\''
                        | b'`'
                        | b','
                        | b';'
                        | b'&'
                        | b')'
                        | b']'
                        | b'}'
                        | b'>'
                        | b'.'
                        | b':'
                        | b'<'
                        | b'\\'
                )
            }
            b';' if spaces => true,
            b',' | b';' | b'&' => self.next_pair(i),
            b'[' => src.note(i).is_some(),
            b'%' => self.encoded && src.starts(i, "%26"),
            _ => false,
        }
    }

    /// Whether the comma, semicolon or ampersand at `i` ends a value: nothing or another pair follows.
    fn next_pair(&self, i: usize) -> bool {
        let src = self.src;
        let name = if src.starts(i, "&amp;") { i + 5 } else { i + 1 };
        if matches!(src.at(name), 0..=b' ' | b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'<' | b'\\') {
            return true;
        }
        let end = src.run(name, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        end > name && matches!(src.at(end), b'=' | b':')
    }

    /// The scheme of an `Authorization` header stays; what follows it goes.
    fn credentials(&self, start: usize) -> Option<Span> {
        let src = self.src;
        let outer = self.delimited(start);
        let inside = outer.as_ref().map_or(start, |span| span.start);
        let start = src.run(inside, 1, |b| matches!(b, b'"' | b'\''));
        let in_list = start > inside;
        let scheme = src.run(start, 30, |b| b.is_ascii_alphanumeric() || b == b'-');
        let credentials = src.run(scheme, 8, |b| matches!(b, b' ' | b'\t'));
        let several = ordinary::one_of(src.slice(start, scheme), ordinary::LISTING_SCHEMES);
        let known = several || ordinary::one_of(src.slice(start, scheme), ordinary::SCHEMES);
        let known = known && credentials > scheme;
        let start = if known { credentials } else { start };
        if src.note(start).is_some() {
            return None;
        }
        // As `counts` does for other values, on the first part only.
        let probe = src.slice(start, src.run(start, PROBE, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[')));
        if ordinary::placeholder(probe) || (!known && !telling(probe, 8)) {
            return None;
        }
        let end = match outer {
            Some(span) if in_list && src.at(span.end - 1) == src.at(inside) => span.end - 1,
            Some(span) => span.end,
            None if several && known => self.header_end(start),
            None => self.bare(start, usize::MAX).end,
        };
        Some(Span { start, end, quoted: true })
    }

    /// A cookie header's value, to the end of the line.
    fn cookies(&self, start: usize) -> Option<Span> {
        let src = self.src;
        let outer = self.delimited(start);
        let start = outer.as_ref().map_or(start, |span| span.start);
        let name = src.run(start, 1, |b| matches!(b, b'"' | b'\''));
        let name_end = src.run(name, 100, |b| !matches!(b, 0..=b' ' | b'=' | b';' | b'"' | b'\'' | b'['));
        let pairs = name_end > name && src.at(name_end) == b'=';
        if !pairs && (self.colon || !telling(src.slice(name, name_end), 8)) {
            return None;
        }
        match outer {
            Some(span) => Some(span),
            None if self.colon => Some(Span { start, end: self.header_end(start), quoted: true }),
            None => Some(Span { start, end: self.bare(start, usize::MAX).end, quoted: true }),
        }
    }

    /// The end of a header: the line's, or the quote's that the whole header stands in.
    fn header_end(&self, start: usize) -> usize {
        let src = self.src;
        let quote = src.before(self.label.start);
        let mut end = start;
        while end < src.len() && !src.breaks(end) && src.note(end).is_none() {
            if src.at(end) == quote && matches!(quote, b'"' | b'\'') {
                break;
            }
            end += 1;
        }
        end
    }

    /// A password alone in its line may have several words.
    fn rest_of_line(&self, end: usize) -> usize {
        let src = self.src;
        let mut last = end;
        while last < src.len() && !src.breaks(last) {
            let next = src.at(last + 1);
            match src.at(last) {
                b'=' | b'"' | b'[' => return end,
                b':' if next == b' ' => return end,
                b' ' if matches!(next, b'#' | b'/' | b';') => break,
                _ => last += 1,
            }
        }
        last
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

/// Where a quoted text that begins at `start` ends: at its quote, which has no more backslashes before it than the
/// opening one had, or with the line.
fn closing(src: &Source, start: usize, quote: u8, level: usize) -> usize {
    let mut at = start;
    let mut backslashes = 0;
    loop {
        match src.at(at) {
            0 | b'\n' | b'\r' => return at,
            b'\\' => backslashes += 1,
            b if b == quote && (backslashes <= level || (level == 0 && backslashes % 2 == 0)) => {
                return at - backslashes.min(level);
            }
            _ => backslashes = 0,
        }
        at += 1;
    }
}
