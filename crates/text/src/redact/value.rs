//! Where labels are found, and whether the value after one counts as a secret. `extent` knows where it ends.

use super::allowlist;
use super::label::Label;
use super::labels::Ending;
use super::opaque::{self, Look, telling};
use super::place::{Place, Span};
use super::rule::Value;
use super::sentence;
use super::source::{Hit, Source};
use super::stored;
use super::token;
use super::value_end::Ends;

/// A label that was met as a value itself: `name: DB_PASSWORD` before `value: …`, as in lists of variables.
#[derive(Default)]
pub(super) struct Named {
    found: Option<(usize, &'static Ending)>,
}

/// How much of a value is looked at to tell whether it counts. Its end is searched for only if it does: what was read
/// is then replaced, and not read again.
const PROBE: usize = 64;

/// So much of a line is looked at to tell whether it is a program's sentence.
const STATUS: usize = 120;

/// So many blanks may stand before a value, as in tables.
const BLANKS: usize = 1_000;

/// The value after the `=` or `:` at `sep`.
pub(super) fn after_separator(src: &Source, sep: usize, named: &mut Named) -> Option<Hit> {
    let colon = src.at(sep) == b':';
    let doubled = if colon { b':' } else { b'=' };
    // LDIF has base64 behind two: `userPassword:: …`.
    let ldif = colon && src.at(sep + 1) == b':' && src.at(sep + 2) == b' ';
    if src.before(sep) == doubled || (colon && !ldif && src.at(sep + 1) == b':') {
        // A path such as `Token::new`, or a comparison that was looked at already.
        return None;
    }
    if !Label::may_stand_before(src, sep) {
        return None;
    }
    let label = Label::before(src, sep);
    // A shell's `${PASSWORD:?must be set}`.
    if colon && src.at(sep + 1) == b'?' && src.slice(label.start.saturating_sub(2), label.start) == b"${" {
        return None;
    }
    if label.is("name") && src.starts_like(label.start.saturating_sub(6), "data; ") {
        return in_form(src, sep);
    }
    if label.is("name") || label.is("key") || label.is("parameterkey") {
        named.found = quoted_label(src, sep + 1).map(|ending| (sep, ending));
    }
    if of_hash(src, &label, sep + 1) {
        return None;
    }
    let ending = match (label.kind(), named.found) {
        (Some(ending), _) => ending,
        (None, Some((at, ending))) if (label.is("value") || label.is("parametervalue")) && sep - at < 160 => ending,
        _ if label.is("default") || !colon && label.is("value") => declared(src, label.start)?,
        _ if colon => return sentence::after_colon(src, &label, sep),
        _ => return None,
    };
    // `arn:aws:secretsmanager:eu:1:secret:db`.
    if colon && !label.spaced && src.before(label.start) == b':' && (ending.value != Value::Any || ldif) {
        return None;
    }
    // `=>`, `:=`, `==`, `=~ "…"`.
    let pattern = |at: usize| src.at(at) == b'~' && matches!(src.at(at + 1), b' ' | b'"' | b'\'' | b'/');
    let sign = |at: usize| (matches!(src.at(at), b'=' | b'>') || pattern(at)) && src.width(at) == src.width(sep);
    let first = if ldif { sep + 2 } else { sep + 1 };
    let at = (0..2).fold(first, |at, _| if sign(at) { at + 1 } else { at });
    let depth = src.depth(sep);
    Place { src, label: &label, value: ending.value, colon, depth }.hit(ending.name, at)
}

/// Whether the label says that it is a hash of a secret which stands behind `at`, as Helm's `checksum/secret` does, and it
/// is one. `checksum_secret` may be a secret that checksums are made with.
fn of_hash(src: &Source, label: &Label, at: usize) -> bool {
    const HASHES: [&str; 5] = ["checksum", "digest", "fingerprint", "sha256", "hash"];
    let slash = label.start.saturating_sub(1);
    let word = || src.run_back(slash, 12, |b| b.is_ascii_alphanumeric());
    let said = src.before(label.start) == b'/' && allowlist::one_of(src.slice(word(), slash), &HASHES)
        || ["checksumof", "digestof", "fingerprintof", "hashof"].iter().any(|name| label.contains(name));
    let from = src.run(at, 8, |b| matches!(b, b' ' | b'"' | b'\'' | b'\\'));
    let from = if src.starts_like(from, "sha256:") { from + 7 } else { from };
    let to = src.run(from, 129, |b| b.is_ascii_hexdigit());
    said && matches!(to - from, 32 | 40 | 56 | 64 | 96 | 128) && !src.at(to).is_ascii_alphanumeric()
}

/// Whether it is a count, `BAD_SIGNING_KEY = 4506`, or several, as in `0:-1#42`. Codes to log in with are longer.
fn number(value: &[u8]) -> bool {
    let signs = value.iter().any(|b| matches!(b, b':' | b'#' | b'%' | b'/' | b','));
    !value.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80) && (value.len() < 5 || signs)
}

/// The kind that the label says which stands behind `at` as a value.
fn quoted_label(src: &Source, at: usize) -> Option<&'static Ending> {
    let from = src.run(at, 8, |b| matches!(b, b' ' | b'"' | b'\'' | b'\\' | b'='));
    let to = src.run(from, 60, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || b >= 0x80);
    Label::of(src.slice(from, to), from).kind()
}

/// The field of a form with several parts whose name stands behind the `=` at `sep`: its value is the next paragraph.
fn in_form(src: &Source, sep: usize) -> Option<Hit> {
    let ending = quoted_label(src, sep + 1)?;
    let line = src.line_end(sep);
    let start = src.run(line, 4, |b| matches!(b, b'\n' | b'\r'));
    let end = src.line_end(start);
    (start > line + 1 && end > start).then_some(Hit { start, end, name: ending.name })
}

/// The kind that the name of the variable or output says whose declaration `at` is in, as Terraform writes it:
/// `variable "db_password" { default = … }`.
fn declared(src: &Source, at: usize) -> Option<&'static Ending> {
    let open = src.run_back(at, 200, |b| b != b'{' && b != b'}');
    let quote = src.run_back(open.checked_sub(1)?, 4, |b| b == b' ');
    let name = src.run_back(quote.checked_sub(1)?, 60, |b| b != b'"' && b != b'\n');
    let declares = ["variable \"", "output \""];
    if src.before(open) != b'{' || !declares.iter().any(|word| src.slice(0, name).ends_with(word.as_bytes())) {
        return None;
    }
    Label::of(src.slice(name, quote - 1), name).kind()
}

/// The whole text where it is the value of a field of this name; of credentials the scheme stays. An object's fields
/// have names of their own, and a key block says itself what it is.
pub(super) fn under_name(src: &Source, name: &str) -> Option<Hit> {
    let label = Label::of(name.as_bytes(), 0);
    let ending = label.kind()?;
    let place = Place { src, label: &label, value: ending.value, colon: false, depth: 1 };
    let start = match ending.value {
        Value::Credentials => place.credentials(0, Ends::List)?.0,
        Value::Cookies => place.cookies(0, Ends::List).map(|_| 0)?,
        _ if matches!(src.at(0), b'{' | b'[') || src.starts(0, "-----") => return None,
        _ if stored::end(src, 0) == Some(src.len()) => return None,
        _ => 0,
    };
    let span = Span { start, end: src.len(), quoted: true };
    place.counts(&span).then(|| place.noted(ending.name, span))
}

impl Place<'_> {
    /// The secret that begins at or after `at`.
    pub fn hit(&self, name: &'static str, at: usize) -> Option<Hit> {
        let src = self.src;
        src.spend(1);
        let mut begin = src.blanks(at, BLANKS);
        if self.depth > 1 {
            while begin < at + BLANKS && (src.at(begin) == b' ' || src.form_blank(begin, self.depth)) {
                begin += 1;
            }
        }
        // A shell's command goes on in the next line.
        if src.at(begin) == b'\\' && src.breaks(begin + 1) {
            begin = src.run(begin + 1, BLANKS, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
        }
        if self.label.quoted {
            begin = src.run(begin, BLANKS, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
        }
        // A key block in quotes may have many lines; its own rule knows where it ends.
        if src.starts(src.run(begin, 3, |b| matches!(b, b'"' | b'\'' | b'\\')), "-----") {
            return None;
        }
        if let Some(span) = self.block(begin) {
            let encrypted = stored::ansible(src, span.start).is_some_and(|end| end >= span.end);
            return (!encrypted && self.counts(&span)).then(|| self.noted(name, span));
        }
        let (first, opened) = self.opening(begin);
        let (start, ends) = match self.value {
            Value::Credentials => self.credentials(first, opened)?,
            Value::Cookies => (first, self.cookies(first, opened)?),
            // A list of objects: their own labels say which is a secret.
            _ if opened == Ends::List && src.at(first) == b'{' => return None,
            _ => (first, opened),
        };
        let stored = stored::end(src, start);
        if let Some(end) = stored.filter(|end| self.closes(*end, ends)) {
            return self.behind_stored(name, end);
        }
        let bare = ends == Ends::Bare;
        let mut span = Span { start, end: self.end(start, ends, PROBE), quoted: !bare };
        if !self.counts(&span) || (bare && self.status(start)) {
            return None;
        }
        if span.end >= start + PROBE {
            span.end = self.end(start, ends, usize::MAX);
        }
        // More than a reference is none.
        if let Some(stored) = stored.filter(|stored| *stored > span.end) {
            span.end = self.end(stored, ends, usize::MAX);
        }
        if ends == Ends::List && start > first && src.at(span.end - 1) == src.at(first) {
            // The last quote stays as the first did.
            span.end -= 1;
        }
        if let Ends::Quote(quote, width) = ends {
            span.end = self.changed(span.end, quote, width);
        }
        if self.value == Value::Any && bare {
            span.end = self.four_groups(span.start, span.end);
        }
        if self.value == Value::Any && bare && (self.colon || begin > at) && self.label.begins_line(src) {
            span.end = self.rest_of_line(span.end);
        }
        Some(self.noted(name, span))
    }

    /// Whether the value ends at `end`.
    fn closes(&self, end: usize, ends: Ends) -> bool {
        let src = self.src;
        match ends {
            Ends::Quote(quote, _) => src.at(end) == quote,
            Ends::List => matches!(src.at(end), b']' | b','),
            Ends::Bare | Ends::Header => {
                self.ends_bare(end, false) || src.at(end) == b':' && matches!(src.at(end + 1), 0..=b' ')
            }
        }
    }

    /// Whether the line that goes on at `start` is what a program says of a secret, with no word that may be one.
    fn status(&self, start: usize) -> bool {
        let src = self.src;
        let line = src.slice(start, src.run(start, STATUS, |b| !matches!(b, 0 | b'\n')));
        self.colon && allowlist::status(line) && !line.split(|b| *b == b' ').any(sentence::like_password)
    }

    /// The password that stands where a reference to it ends, in the same line.
    fn behind_stored(&self, name: &'static str, end: usize) -> Option<Hit> {
        let start = self.src.blanks(end, 8);
        let probe = self.end(start, Ends::Bare, PROBE);
        let counts = start > end && self.value == Value::Any && sentence::like_password(self.src.slice(start, probe));
        counts.then(|| Hit { start, end: self.end(start, Ends::Bare, usize::MAX), name })
    }

    /// The end of what a value that ends at `end` is changed to, as plans show it: `"…" -> "…"`.
    fn changed(&self, end: usize, quote: u8, width: usize) -> usize {
        let src = self.src;
        let arrow = src.blanks(end + 1, 8);
        let next = src.blanks(arrow + 2, 8);
        if !src.starts(arrow, "->") || src.at(next) != quote || src.note(next + 1).is_some() {
            return end;
        }
        self.end(next + 1, Ends::Quote(quote, width), usize::MAX)
    }

    /// The end of a password of four groups of four, as mail providers give it to programs.
    fn four_groups(&self, start: usize, end: usize) -> usize {
        let src = self.src;
        if self.label.ends_with("mnemonic") || self.label.ends_with("phrase") {
            return self.words(end);
        }
        let group = |at| {
            let end = src.run(at, 5, |b| b.is_ascii_lowercase() || b.is_ascii_digit());
            (end == at + 4).then_some(end)
        };
        let next = |end: usize| group(end + 1).filter(|_| src.at(end) == b' ');
        let all = group(start).filter(|first| *first == end).and_then(next).and_then(next).and_then(next);
        all.unwrap_or(end)
    }

    /// The end of the words from which a wallet's key is made, of which the first ends at `end`.
    fn words(&self, end: usize) -> usize {
        let next = |end: &usize| {
            let word = self.src.run(end + 1, 9, |b| b.is_ascii_lowercase());
            (self.src.at(*end) == b' ' && (4..=9).contains(&(word - end))).then_some(word)
        };
        std::iter::successors(Some(end), next).take(24).last().unwrap_or(end)
    }

    /// The secret with the name that says most: `GITHUB_TOKEN=ghp_…` is a GitHub token.
    fn noted(&self, name: &'static str, Span { start, end, .. }: Span) -> Hit {
        let special = token::vendor_at(self.src, start).or_else(|| token::jwt(self.src, start));
        let special = special.filter(|hit| hit.start == start && hit.end == end);
        Hit { start, end, name: special.map_or(name, |hit| hit.name) }
    }

    /// Where the credentials of an `Authorization` header begin and how they end. The scheme stays.
    fn credentials(&self, first: usize, opened: Ends) -> Option<(usize, Ends)> {
        let src = self.src;
        let start = src.run(first, 1, |b| matches!(b, b'"' | b'\''));
        let scheme = src.run(start, 30, |b| b.is_ascii_alphanumeric() || b == b'-');
        // A long header may go on in the next line, which then begins with a blank.
        let credentials = src.run(scheme, 8, |b| matches!(b, b' ' | b'\t' | b'+' | b'\n' | b'\r'));
        let credentials = if matches!(src.before(credentials), b' ' | b'\t' | b'+') { credentials } else { scheme };
        let several = allowlist::one_of(src.slice(start, scheme), allowlist::LISTING_SCHEMES);
        let known = several || allowlist::one_of(src.slice(start, scheme), allowlist::SCHEMES);
        // Of a scheme that nobody knows, what follows must look like credentials.
        let second = src.run(credentials, PROBE, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'[' | b','));
        let known = known || (opened != Ends::List && telling(src.slice(credentials, second), 16));
        let said = second > credentials + 1 && allowlist::sentence(src.slice(credentials, second));
        let known = known && credentials > scheme && !said;
        let start = if known { credentials } else { start };
        let probe = src.run(start, PROBE, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'['));
        let probe = src.slice(start, probe);
        if allowlist::placeholder(probe) || allowlist::shell(probe) || (!known && !telling(probe, 8)) {
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
    pub fn counts(&self, span: &Span) -> bool {
        let src = self.src;
        let value = src.slice(span.start, src.before_note(span.start, span.end.min(span.start + PROBE)));
        if value.is_empty() || src.note(span.start).is_some() {
            return false;
        }
        if matches!(self.value, Value::Credentials | Value::Cookies) {
            return true;
        }
        // Before what takes longer.
        if self.value == Value::Opaque && !self.opaque(value) {
            return false;
        }
        let unquoted = value.strip_prefix(b"\"").unwrap_or(value);
        if allowlist::placeholder(unquoted)
            || allowlist::sentence(unquoted)
            || (!span.quoted && allowlist::code(value, self.value == Value::Any))
            || (self.value != Value::Any && allowlist::reference(unquoted))
            || allowlist::variable(value, self.label, self.value == Value::Any)
        {
            return false;
        }
        let alone = self.label.begins_line(src) && (src.breaks(span.end) || span.end == src.len());
        let doubtful = self.colon && !self.label.quoted && !self.label.compound && !alone;
        let ordinary = || self.prose(span, value) || number(value) || !span.quoted && self.in_code(span, value);
        match self.value {
            // Where a shell stands.
            Value::Any if self.label.is("pwd") || self.label.is("oldpwd") => {
                !matches!(value, [b'/' | b'~', ..] | [_, b':', b'\\' | b'/', ..])
            }
            // Not a count or a flag.
            Value::Any | Value::Credentials | Value::Cookies => {
                value.len() > 2 || !value.iter().all(u8::is_ascii_digit)
            }
            Value::Some | Value::Telling if ordinary() || self.of_metric(span) => false,
            Value::Some => value.len() >= 4,
            Value::Telling if doubtful && span.quoted => value.len() >= 8,
            Value::Telling if doubtful => telling(value, 6),
            Value::Telling => value.len() >= 4,
            Value::Long => telling(value, 16) && (opaque::random(value) || value.len() >= 40),
            Value::Digits => {
                (4..=12).contains(&value.len()) && value.iter().all(u8::is_ascii_digit) || telling(value, 6)
            }
            Value::Code => {
                value.len() == 32 && value.iter().all(u8::is_ascii_alphanumeric) && value.iter().any(u8::is_ascii_digit)
            }
            Value::Opaque => true,
            Value::Query => matches!(src.before(self.label.start), b'?' | b'&' | b';') && telling(value, 20),
        }
    }

    /// Whether a word is the first of a sentence: `API key: Generate one in the settings`.
    fn prose(&self, span: &Span, value: &[u8]) -> bool {
        let src = self.src;
        let follows = src.at(span.end) == b' ' && src.at(span.end + 1).is_ascii_alphabetic();
        let word = || value.len() < 16 && value.iter().all(u8::is_ascii_alphabetic) && opaque::written(value);
        self.colon && !span.quoted && follows && word()
    }

    /// Whether it is an argument, `token=auth_header,`, or a type.
    fn in_code(&self, span: &Span, value: &[u8]) -> bool {
        let argument = !self.colon && matches!(self.src.at(span.end), b',' | b')');
        argument && allowlist::identifier(value) || allowlist::type_name(value)
    }

    /// Whether it is the name of a secret in a metric's labels: `kube_secret_info{secret="orders-db"}`.
    fn of_metric(&self, span: &Span) -> bool {
        let src = self.src;
        let name = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        self.label.is("secret")
            && matches!(src.before(self.label.start), b'{' | b',')
            && src.slice(span.start.saturating_sub(2), span.start) == b"=\""
            && src.slice(span.start, span.end).iter().all(name)
            && src.slice(span.start, span.end).contains(&b'-')
            && !opaque::random(src.slice(span.start, span.end))
    }

    /// Whether nothing but a key looks like this value of something that is called a key.
    fn opaque(&self, value: &[u8]) -> bool {
        const OTHER_KEYS: [&str; 31] = [
            "public",
            "recv",
            "cache",
            "partition",
            "primary",
            "foreign",
            "sort",
            "hash",
            "range",
            "routing",
            "object",
            "idempotency",
            "dedup",
            "group",
            "lock",
            "row",
            "shard",
            "index",
            "unique",
            "message",
            "record",
            "ssh",
            "host",
            "kms",
            "alias",
            "incident",
            "alert",
            "event",
            "trace",
            "file",
            "artifact",
        ];
        let named = !self.label.is("key") && !self.label.is("keys");
        let mixed =
            value.len() >= 20 && Look::of(value).mixed() && !value.iter().any(|b| matches!(b, b':' | b'/' | b'.'));
        (mixed || (named && opaque::hexadecimal(value))) && !OTHER_KEYS.iter().any(|other| self.label.contains(other))
    }
}
