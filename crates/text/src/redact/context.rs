//! Keys of kinds that no row knows: what only a machine writes, in a place where keys stand. There are as many ids and
//! hashes that look alike, and people need those to find what went wrong, so the place decides.

use super::encoded;
use super::label::Label;
use super::opaque::{Look, hexadecimal, uuid};
use super::rule::OPAQUE;
use super::source::{Hit, Source};

/// How long such a key is. What is longer is data.
const LEAST: usize = 20;
const MOST: usize = 160;

/// Parts of the names of what is no secret, however it looks: ids, hashes, places.
const ORDINARY_NAMES: [&str; 83] = [
    "event",
    "lease",
    "run",
    "job",
    "container",
    "gclid",
    "fbclid",
    "delivery",
    "bh",
    "accept",
    "h",
    "state",
    "sha224",
    "sha384",
    "x5t",
    "challenge",
    "did",
    "prj",
    "dpl",
    "team",
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "trace",
    "span",
    "request",
    "req",
    "correlation",
    "hash",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "digest",
    "checksum",
    "sum",
    "etag",
    "integrity",
    "fingerprint",
    "thumbprint",
    "cursor",
    "offset",
    "version",
    "commit",
    "revision",
    "rev",
    "ref",
    "build",
    "nonce",
    "serial",
    "kid",
    "ray",
    "name",
    "path",
    "file",
    "url",
    "uri",
    "host",
    "node",
    "pod",
    "image",
    "marker",
    "continuation",
    "next",
    "page",
    "data",
    "body",
    "payload",
    "content",
    "certificate",
    "cert",
    "public",
    "pub",
    "peer",
    "modulus",
    "address",
    "class",
    "n",
    "x",
    "y",
];

/// Vendors whose keys look like hashes and ids, and are told from them by the name before them.
const VENDORS: [&str; 84] = [
    "ably",
    "airtable",
    "alchemy",
    "algolia",
    "amplitude",
    "anthropic",
    "asana",
    "auth0",
    "binance",
    "bitbucket",
    "bitly",
    "bittrex",
    "bugsnag",
    "censys",
    "circleci",
    "clearbit",
    "cloudflare",
    "cloudinary",
    "codecov",
    "cohere",
    "coinbase",
    "contentful",
    "datadog",
    "deepl",
    "discord",
    "drone",
    "dropbox",
    "etherscan",
    "facebook",
    "fastly",
    "flickr",
    "fullcontact",
    "github",
    "gitlab",
    "hetzner",
    "heroku",
    "honeycomb",
    "huggingface",
    "infura",
    "intercom",
    "ipstack",
    "jenkins",
    "jira",
    "kraken",
    "kucoin",
    "launchdarkly",
    "linkedin",
    "linode",
    "logdna",
    "loggly",
    "mailchimp",
    "mailgun",
    "mandrill",
    "mapbox",
    "messagebird",
    "mistral",
    "mixpanel",
    "newrelic",
    "nexmo",
    "okta",
    "openai",
    "openweather",
    "opsgenie",
    "papertrail",
    "paypal",
    "plaid",
    "postmark",
    "pusher",
    "rapidapi",
    "rollbar",
    "segment",
    "sendgrid",
    "sentry",
    "shodan",
    "snyk",
    "sonar",
    "sparkpost",
    "splunk",
    "spotify",
    "sumologic",
    "travis",
    "twilio",
    "virustotal",
    "vultr",
];

/// Words of lines that say that somebody was not let in.
const REFUSALS: [&str; 17] = [
    "401",
    "403",
    "unauthorized",
    "unauthorised",
    "unauthenticated",
    "forbidden",
    "denied",
    "rejected",
    "refused",
    "invalid",
    "expired",
    "revoked",
    "credential",
    "credentials",
    "authenticate",
    "authentication",
    "login",
];

/// The beginnings of ids that are as long as keys.
const ID_PREFIXES: [&str; 12] =
    ["resp", "chatcmpl", "msg", "req", "run", "evt", "file", "batch", "thread", "user", "rs", "call"];

/// The key that begins with the word at `i`, which ends at `end`: with a vendor's prefix, or in a line that says that
/// somebody was not let in.
pub(super) fn word(src: &Source, i: usize, end: usize, refusals: &mut Refusals) -> Option<Hit> {
    let joined = |b: u8| matches!(b, b'_' | b'-');
    if joined(src.before(i)) {
        return if end - i < LEAST { None } else { vendors_key(src, i, end) };
    }
    let before = src.before(i);
    if before == b'/' {
        return in_link(src, i, end);
    }
    if matches!(before, b'.' | b'@' | b'$' | b'#' | b'~') || before >= 0x80 {
        return None;
    }
    // In base64, or between words of a form.
    let base64 = |b: u8| matches!(b, b'+' | b'/') && before != b'+';
    let last = src.run(end, MOST, |b| b.is_ascii_alphanumeric() || joined(b) || base64(b));
    let value = src.slice(i, last);
    if !(LEAST..=MOST).contains(&value.len()) || matches!(src.at(last), b'@' | b'(' | b'$' | b'/') {
        return None;
    }
    // A line of nothing else is one of many with data.
    let data = value.len() >= 60 && matches!(before, 0 | b'\n' | b'\r') && matches!(src.at(last), 0 | b'\n' | b'\r');
    let mixed = !data && Look::of(value).mixed() && !wordy(value);
    let key = || introduced(src, i);
    let refused = |refusals: &mut Refusals| refusals.around(src, i, last);
    let counts = (mixed && (key() || refused(refusals)) || hexadecimal(value) && key() && refused(refusals))
        && !ordinary_before(src, i);
    counts.then_some(Hit { start: i, end: src.run(last, 2, |b| b == b'='), name: OPAQUE })
}

/// The key in the path of a link that lets in whoever has it: `/reset-password/…`, `/hooks/…`.
fn in_link(src: &Source, i: usize, end: usize) -> Option<Hit> {
    const LINKS: [&str; 18] = [
        "hook",
        "hooks",
        "webhook",
        "webhooks",
        "reset",
        "password",
        "magic",
        "invite",
        "invitation",
        "verify",
        "confirm",
        "confirmation",
        "activate",
        "unsubscribe",
        "token",
        "login",
        "share",
        "autologin",
    ];
    let last = src.run(end, MOST, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let value = src.slice(i, last);
    let part = src.run_back(i - 1, 24, |b| b.is_ascii_alphanumeric());
    let known = LINKS.iter().any(|link| src.slice(part, i - 1).eq_ignore_ascii_case(link.as_bytes()));
    let counts = known
        && value.len() >= LEAST
        && !in_store(src, part, value)
        && (Look::of(value).mixed() && !wordy(value) || hexadecimal(value) || uuid(value) || scrambled(value));
    counts.then_some(Hit { start: i, end: last, name: OPAQUE })
}

/// Whether the part of a path at `part` ends the name of a secret in a store, `/secrets/db-password/…`, whose versions
/// are such numbers, or is how somebody logged in who has a lease, `auth/kubernetes/login/…`.
fn in_store(src: &Source, part: usize, value: &[u8]) -> bool {
    let segment = |end: usize| src.run_back(end, 64, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let name = segment(part);
    let above = segment(name.saturating_sub(1));
    if src.before(name) != b'/' || src.before(above) != b'/' {
        return false;
    }
    let top = segment(above - 1);
    src.starts(above, "secrets/") && hexadecimal(value) || src.starts(top, "auth/") && src.before(top) != b'/'
}

/// Whether it is one word of digits among letters all over, as no name is.
fn scrambled(value: &[u8]) -> bool {
    let look = Look::of(value);
    look.other == 0 && look.digits > 2 && look.changes * 4 >= value.len()
}

/// A key whose last part, from `i` to `end`, is long enough to be no id.
fn vendors_key(src: &Source, i: usize, end: usize) -> Option<Hit> {
    let joined = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let start = src.run_back(i, 40, joined);
    let before = src.before(start);
    let last = src.run(end, MOST, joined);
    if matches!(before, b'/' | b'.' | b'@' | b'$' | b'#' | b'~' | 0x80..) || matches!(src.at(last), b'/' | b'@' | b'(')
    {
        return None;
    }
    let prefix = src.slice(start, i - 1);
    let lower = prefix.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    let part = src.slice(i, end);
    let first = prefix.split(|b| matches!(b, b'_' | b'-')).next().unwrap_or(prefix);
    let id = ordinary_part(first) || ID_PREFIXES.iter().any(|known| known.as_bytes() == first);
    let secret = ["key", "tok", "secret", "pat", "sk", "live", "prod", "api", "auth", "pw"];
    let named =
        prefix.split(|b| matches!(b, b'_' | b'-')).any(|part| secret.iter().any(|name| part == name.as_bytes()));
    let counts = lower
        && !id
        && prefix.first().is_some_and(u8::is_ascii_alphabetic)
        && ((part.len() >= 30 && Look::of(part).mixed())
            || (prefix.len() <= 6 && part.len() >= 48 && src.before(i) == b'_' && hexadecimal(part))
            || (named && (hexadecimal(part) || (part.len() >= 20 && Look::of(part).mixed()))))
        && !ordinary_before(src, start);
    // With all that is glued to it: otherwise a dozen of them would take a dozen walks.
    counts.then(|| Hit { start: src.run_back(start, usize::MAX, joined), end: last, name: OPAQUE })
}

/// The key behind the `=` or `:` at `sep`, whose label says nothing: only its look, and what the label does not say.
pub(super) fn value(src: &Source, sep: usize) -> Option<Hit> {
    let mut start = if src.at(sep + 1) == b' ' { sep + 2 } else { sep + 1 };
    if matches!(src.at(start), b'"' | b'\'') {
        start += 1;
    }
    // Most values are short.
    if !src.at(start + 8).is_ascii_graphic() {
        return None;
    }
    let end = src.run(start, MOST + 1, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/'));
    let length = end - start;
    // C++ and Rust name functions so.
    if !(16..=MOST).contains(&length) || src.starts(start, "_Z") || src.starts(start, "_R") {
        return None;
    }
    let padded = src.run(end, 2, |b| b == b'=');
    let value = src.slice(start, end);
    let after = src.at(padded);
    if !matches!(after, 0..=b' ' | b'"' | b'\'' | b'&' | b',' | b';' | b')' | b'}' | b']' | b'<' | b'#') {
        return None;
    }
    // Before the label is read, which takes longer.
    let look = Look::of(value);
    if !look.mixed() && !hexadecimal(value) && !uuid(value) {
        return None;
    }
    let label = Label::before(src, sep);
    // `did:key:z6Mk…` is a path.
    let path = src.at(sep) == b':' && !label.spaced && src.before(label.start) == b':';
    if label.start == sep || path || ordinary(&label) {
        return None;
    }
    let plain = !value.iter().any(|b| matches!(b, b'+' | b'/'));
    let bytes32 = matches!(padded - start, 44 | 88) && padded > end;
    let counts = look.mixed() && !wordy(value) && ((plain && length >= 24 && !id(value)) || bytes32)
        || (hexadecimal(value) || uuid(value) || (plain && length >= LEAST && look.mixed()))
            && VENDORS.iter().any(|vendor| label.contains(vendor));
    (counts && !encoded::prose(value)).then_some(Hit { start, end: padded, name: OPAQUE })
}

/// Whether the value is an object's id with its kind before it, as in `cus_NffrFeUfNV2Hib`.
fn id(value: &[u8]) -> bool {
    let prefix = value.iter().take_while(|b| b.is_ascii_lowercase()).count();
    matches!(value.get(prefix), Some(b'_' | b'-')) && (2..=8).contains(&prefix) && value.len() - prefix < 31
}

/// Whether it is made of words, numbers and short hashes.
fn wordy(value: &[u8]) -> bool {
    value.split(|b| !b.is_ascii_alphanumeric()).all(|part| part.len() < 12 || !Look::of(part).mixed())
}

/// Whether the label says that what stands behind it is no secret.
fn ordinary(label: &Label) -> bool {
    ORDINARY_NAMES.iter().any(|name| label.ends_with_part(name))
        || ["sha", "hash", "digest", "public", "fingerprint"].iter().any(|name| label.contains(name))
}

/// Whether it is such a part of a name.
fn ordinary_part(part: &[u8]) -> bool {
    ORDINARY_NAMES.iter().any(|name| name.as_bytes() == part)
}

/// Whether a word stands before `start` that what follows is a key after.
fn introduced(src: &Source, start: usize) -> bool {
    const WORDS: [&str; 8] = ["key", "token", "secret", "credential", "apikey", "with", "using", "bearer"];
    let end = src.run_back(start, 3, |b| matches!(b, b' ' | b'"' | b'\''));
    let word = src.run_back(end, 12, |b| b.is_ascii_alphanumeric());
    WORDS.iter().any(|known| src.slice(word, end).eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether a word, or a label, stands before `start` that says that what follows is no secret.
fn ordinary_before(src: &Source, start: usize) -> bool {
    let end = src.run_back(start, 6, |b| matches!(b, b' ' | b'"' | b'\'' | b'=' | b':' | b'(' | b'[' | b'#' | b'+'));
    ordinary(&Label::backwards(src, end, false))
}

/// The words in the line that say that somebody was not let in, as far as it was read.
#[derive(Default)]
pub(super) struct Refusals {
    read: usize,
    /// Where the last of them ends.
    last: Option<usize>,
}

impl Refusals {
    /// Whether one of them stands in the line around what begins at `start` and ends at `end`, not far away.
    fn around(&mut self, src: &Source, start: usize, end: usize) -> bool {
        let to = src.run(end, 100, |b| b != b'\n');
        let mut at = self.read.max(start.saturating_sub(160)).max(src.floor.min(start));
        while at < to {
            let word = src.run(at, to - at, |b| b.is_ascii_alphanumeric());
            if src.at(word) == b'\n' && word < start {
                self.last = None;
            } else if word - at >= 3 && !(start..end).contains(&at) {
                let text = src.slice(at, word);
                if REFUSALS.iter().any(|refusal| text.eq_ignore_ascii_case(refusal.as_bytes())) {
                    self.last = Some(word);
                }
            }
            at = word + 1;
        }
        self.read = self.read.max(to);
        self.last.is_some_and(|last| last + 160 > start)
    }
}
