//! Secrets that are known by their shape: private key blocks, passwords in URLs, card numbers, e-mail addresses.

use super::allowlist;
use super::opaque::{random, telling};
use super::rule::{AZURE, CARD, DISCORD, EMAIL, HASH, PRIVATE_KEY, URL};
use super::source::{Hit, Source};

const BEGIN: &str = "-----BEGIN";
const END: &str = "-----END";

/// No key block is longer, in bytes: RSA with 16,384 bits needs 13,000.
const LONGEST_BLOCK: usize = 16_384;

/// No password's hash is longer, in bytes.
const LONGEST_HASH: usize = 300;

/// The private key block that begins at `i`, or whose end does when its beginning was cut off.
pub(super) fn private_key(src: &Source, i: usize) -> Option<Hit> {
    if src.starts(i, BEGIN) {
        let body = title(src, i + BEGIN.len())?;
        let limit = body.saturating_add(LONGEST_BLOCK).min(src.len());
        let mut at = body;
        while at < limit && !(src.at(at) == b'-' && src.starts(at, "-----")) && src.note(at).is_none() {
            at += 1;
        }
        let end = if src.starts(at, END) { title(src, at + END.len()) } else { None };
        let end = end.unwrap_or_else(|| key_lines(src, body));
        return Some(Hit { start: i, end, name: PRIVATE_KEY });
    }
    if !src.starts(i, END) {
        return None;
    }
    let end = title(src, i + END.len())?;
    let mut start = i;
    while key_material(src.before(start)) || matches!(src.before(start), b'\n' | b'\\') {
        start -= 1;
    }
    Some(Hit { start, end, name: PRIVATE_KEY })
}

/// The private key without its first line, of which what is inside begins at `i`: by what all keys of a kind begin with.
pub(super) fn key_body(src: &Source, i: usize) -> Option<Hit> {
    const BEGINNINGS: [&str; 11] = [
        "MIIEvQIBADANBg",
        "MIIEvgIBADANBg",
        "MIIEvAIBADANBg",
        "MIIEpAIBAAKCAQ",
        "MIIEpQIBAAKCAQ",
        "MIIEowIBAAKCAQ",
        "MIIJQgIBADANBg",
        "MIIJKAIBAAKCAg",
        "MHcCAQEEI",
        "MIGHAgEAMBMGBy",
        "MC4CAQAwBQYDK2Vw",
    ];
    if !BEGINNINGS.iter().any(|beginning| src.starts(i, beginning)) {
        return None;
    }
    let end = key_lines(src, i);
    let last = src.run(end, 4, |b| b.is_ascii_whitespace());
    let whole = if src.starts(last, END) { title(src, last + END.len()) } else { None };
    (end > i + 40).then_some(Hit { start: i, end: whole.unwrap_or(end), name: PRIVATE_KEY })
}

/// The private key in a file of PuTTY's, whose line `Private-Lines: 14` begins at `i`.
pub(super) fn putty_key(src: &Source, i: usize) -> Option<Hit> {
    const TITLE: &str = "Private-Lines: ";
    let number = i + TITLE.len();
    let start = src.run(number, 4, |b| b.is_ascii_digit());
    let end = key_lines(src, start);
    (src.starts(i, TITLE) && start > number && end > start).then_some(Hit { start, end, name: PRIVATE_KEY })
}

/// Where ` RSA PRIVATE KEY-----` and the like, at `i`, end; the blanks may be written as in URLs.
fn title(src: &Source, i: usize) -> Option<usize> {
    let end = src.run(i, 60, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b' ' | b'+' | b'%'));
    let words = src.slice(i, end);
    let key = words.ends_with(b"KEY") || words.ends_with(b"BLOCK");
    let private = key && words.windows(7).any(|word| word == b"PRIVATE");
    (private && src.starts(end, "-----")).then_some(end + 5)
}

/// Base64, also in a URL.
fn key_material(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'%')
}

/// The end of a block that lost its last line: after the last of the lines that hold nothing but key material.
fn key_lines(src: &Source, body: usize) -> usize {
    let mut end = body;
    let mut at = body;
    loop {
        at = src.run(at, LONGEST_BLOCK, |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let header = ["Proc-Type:", "DEK-Info:", "Comment:", "Version:"].iter().any(|name| src.starts(at, name));
        let line = if header { src.line_end(at) } else { src.run(at, usize::MAX, key_material) };
        // A shorter word is the log going on, unless the text was cut off there.
        if line == at || (!header && line - at < 16 && line < src.len() && src.at(line) != b'.') {
            return end;
        }
        end = line;
        at = line;
    }
}

/// The password in `scheme://user:password@host`, or the token in `scheme://token@host`; `colon` is the first colon.
pub(super) fn url_password(src: &Source, colon: usize) -> Option<Hit> {
    let start = colon + 3;
    let stop = |b: u8| matches!(b, 0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'[' | b'\\');
    let mut end = start;
    let (mut user_end, mut at_sign) = (None, None);
    let depth = if src.encoded(colon) { src.width(colon) } else { 1 };
    while end < start + 400 {
        // What is written wider is part of the password: `%40` in a plain URL, `%2540` in an encoded one.
        let part = src.encoded(end) && src.width(end) > depth;
        if !part && stop(src.at(end)) {
            break;
        }
        match src.at(end) {
            _ if part => {}
            b':' if user_end.is_none() => user_end = Some(end),
            b'@' => at_sign = Some(end),
            b'&' if src.encoded(colon) && !src.encoded(end) => break,
            b'/' | b'?' | b'#' | b',' => {
                // A password that isn't encoded may contain these; a port number ends with them.
                let port = user_end.is_none_or(|c| src.slice(c + 1, end).iter().all(u8::is_ascii_digit));
                if at_sign.is_some() || port || src.starts(end, "//") {
                    break;
                }
            }
            _ => {}
        }
        end += 1;
    }
    let at_sign = at_sign?;
    let (start, least) = match user_end {
        Some(colon) if colon < at_sign => (colon + 1, 1),
        _ => (start, 16),
    };
    let value = src.slice(start, at_sign);
    let word = value.iter().all(u8::is_ascii_alphabetic);
    // `USER:PASSWORD` stand for what somebody has to fill in.
    let capitals = src.slice(colon + 3, at_sign).iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b':'));
    let named = ["user:password", "username:password", "user:pass"];
    let named = allowlist::one_of(src.slice(colon + 3, at_sign), &named);
    let shown = named || allowlist::placeholder(value) && (!word || capitals);
    let found = !shown && (least == 1 || telling(value, least));
    found.then_some(Hit { start, end: at_sign, name: URL })
}

/// The password in `user:password@tcp(host)`, as Go's MySQL driver writes it; `at` is the at sign.
pub(super) fn dsn_password(src: &Source, at: usize) -> Option<Hit> {
    let mut start = at;
    while at - start < 100 && !matches!(src.before(start), 0..=b' ' | b'"' | b'\'' | b'`' | b':' | b']' | b'=') {
        start -= 1;
    }
    (start < at && src.before(start) == b':').then_some(Hit { start, end: at, name: URL })
}

/// The password in `jdbc:oracle:thin:user/password@host` or `sqlplus user/password@host`; `at` is the at sign.
pub(super) fn oracle_password(src: &Source, at: usize) -> Option<Hit> {
    let password = src.run_back(at, 60, |b| !matches!(b, 0..=b' ' | b'"' | b'\'' | b'/' | b'@' | b']'));
    if password == at || src.before(password) != b'/' {
        return None;
    }
    let user = src.run_back(password.checked_sub(1)?, 60, |b| b.is_ascii_alphanumeric() || b == b'_');
    let found = [&b"thin:"[..], b"plus "].contains(&src.slice(user.saturating_sub(5), user));
    found.then_some(Hit { start: password, end: at, name: URL })
}

/// The card number that begins at `i`: 13 to 19 digits, in groups or not, of a known brand, with a right check digit.
pub(super) fn card(src: &Source, i: usize) -> Option<Hit> {
    if matches!(src.before(i), b'.' | b'-' | b'_' | b'/') {
        return None;
    }
    let mut digits = [0u8; 19];
    let mut count = 0;
    let mut separator = 0;
    let mut at = i;
    let mut found = None;
    loop {
        let group = at;
        while let (b @ b'0'..=b'9', Some(place)) = (src.at(at), digits.get_mut(count)) {
            *place = b - b'0';
            count += 1;
            at += 1;
        }
        let length = at - group;
        let next = src.at(at);
        if next.is_ascii_alphanumeric() || next == b'_' || (group > i && length < 3) {
            break;
        }
        if is_card(digits.get(..count).unwrap_or(&[])) && !(next == b'.' && src.at(at + 1).is_ascii_digit()) {
            found = Some(at);
        }
        let first = separator == 0;
        let width = match next {
            b' ' | b'-' | b'+' => 1,
            b'%' if src.starts(at, "%20") => 3,
            _ => break,
        };
        if !(first || next == separator) || (first && length != 4) {
            break;
        }
        separator = next;
        at += width;
    }
    found.map(|end| Hit { start: i, end, name: CARD })
}

fn is_card(digits: &[u8]) -> bool {
    let first = digits.iter().take(4).fold(0u32, |sum, d| sum * 10 + u32::from(*d));
    let lengths: &[usize] = match first {
        4000..=4999 => &[13, 16, 19],
        5100..=5599 | 2221..=2720 => &[16],
        3400..=3499 | 3700..=3799 => &[15],
        3000..=3059 | 3600..=3699 | 3800..=3999 => &[14, 16],
        3528..=3589 => &[16],
        6011 | 6440..=6599 => &[16, 19],
        6200..=6299 | 8100..=8199 => &[16, 17, 18, 19],
        5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799 => &[16],
        _ => return false,
    };
    let mut sum = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let value = if place % 2 == 1 { digit * 2 } else { *digit };
        sum += u32::from(if value > 9 { value - 9 } else { value });
    }
    lengths.contains(&digits.len()) && sum % 10 == 0
}

/// The e-mail address around the `@` at `at`.
pub(super) fn email(src: &Source, at: usize) -> Option<Hit> {
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    // The domain ends with the last part that can be a top level, whatever stands behind it: text in a script without
    // spaces, a full stop, another secret. Only its first part may have letters beyond ASCII.
    let domain = at + 1;
    if !src.at(domain).is_ascii_alphanumeric() && src.at(domain) < 0x80 {
        return None;
    }
    let mut dot = src.run(domain, 63, |b| b.is_ascii_alphanumeric() || b == b'-' || b >= 0x80);
    // `icon@2x.png` is a picture.
    let picture = dot == domain + 2 && src.at(domain + 1) == b'x';
    let mut end = 0;
    while src.at(dot) == b'.' && dot - domain < 253 && dot > domain {
        let letters = src.run(dot + 1, 63, |b| b.is_ascii_alphabetic());
        if letters > dot + 2 && !src.at(letters).is_ascii_alphanumeric() {
            end = letters;
        }
        dot = src.run(letters, 63, |b| b.is_ascii_alphanumeric() || b == b'-');
    }
    if picture || end == 0 {
        return None;
    }
    let start = src.run_back(at, 64, |b| letter(b) || matches!(b, b'%' | b'+'));
    if start >= at {
        return None;
    }
    // A program's account, or a user of a machine.
    const MACHINES: [&str; 3] = ["gserviceaccount.com", ".compute.internal", ".cluster.local"];
    if MACHINES.iter().any(|machine| src.slice(domain, end).ends_with(machine.as_bytes())) {
        return None;
    }
    // `//user@host` is a URL's user, and `git@host:` a repository: a host's name, no one's address.
    let user = src.before(start) == b'/' && src.before(start - 1) == b'/';
    if user || (src.slice(start, at) == b"git" && matches!(src.at(end), b':' | b'/')) {
        return None;
    }
    Some(Hit { start, end, name: EMAIL })
}

/// The secret of an application in Microsoft Entra: three characters, a digit, `Q~` and 31 to 34 more; `tilde` is the
/// first tilde.
pub(super) fn entra_secret(src: &Source, tilde: usize) -> Option<Hit> {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'~' | b'.' | b'-');
    let start = tilde.checked_sub(5)?;
    let end = src.run(tilde + 1, 40, belongs);
    let found = src.before(tilde) == b'Q'
        && src.before(tilde - 1).is_ascii_digit()
        && src.run_back(tilde, 5, belongs) == start
        && end - tilde > 31;
    found.then_some(Hit { start, end, name: AZURE })
}

/// A key of Azure's with the mark of its service in it, such as `+ACR`, which begins with the `+` at `plus`.
pub(super) fn azure_key(src: &Source, plus: usize) -> Option<Hit> {
    const SERVICES: [&str; 8] = ["+ACR", "+ASt", "+ASb", "+AEh", "+ABa", "+AMC", "+ARm", "+AIo"];
    if src.at(plus + 1) != b'A' || !SERVICES.iter().any(|mark| src.starts(plus, mark)) {
        return None;
    }
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let start = src.run_back(plus, 90, belongs);
    let last = src.run(plus, 90, belongs);
    let end = src.run(last, 2, |b| b == b'=');
    matches!(end - start, 44 | 52 | 88).then_some(Hit { start, end, name: AZURE })
}

/// A bot's token at Discord, which begins with the word at `i`: its id in base64, a time, a signature.
pub(super) fn discord_token(src: &Source, i: usize) -> Option<Hit> {
    let joined = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let first = src.run(i, 29, joined);
    let second = src.run(first + 1, 7, joined);
    let third = src.run(second + 1, 60, joined);
    let found = !joined(src.before(i))
        && (23..=28).contains(&(first - i))
        && (src.at(first), second - first, src.at(second)) == (b'.', 7, b'.')
        && third - second > 27;
    found.then_some(Hit { start: i, end: third, name: DISCORD })
}

/// The password in a line of `.pgpass`, `host:5432:database:user:password`, whose port begins at `colon`.
pub(super) fn pgpass(src: &Source, colon: usize) -> Option<Hit> {
    let field = |b: u8| !matches!(b, 0..=b' ' | b':' | b'"' | b'\'' | b'/' | b'[');
    let database = src.run(colon + 6, 64, field);
    let user = src.run(database + 1, 64, field);
    let belongs = |b: u8| !matches!(b, 0..=b' ' | b'[');
    let found = src.at(database) == b':' && src.at(user) == b':' && src.run(user + 1, 3, belongs) == user + 4;
    // Only what counts is read to its end, as it is not read again.
    found.then(|| Hit { start: user + 1, end: src.run(user + 1, usize::MAX, belongs), name: "password" })
}

/// A password's hash as crypt, bcrypt and Argon2 write it, which begins with the `$` at `i`: it can be guessed. `read`: up to
/// where there is none, because what was looked at there before was none.
pub(super) fn password_hash(src: &Source, i: usize, read: &mut usize) -> Option<Hit> {
    const KINDS: [&str; 13] =
        ["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$apr1$", "$argon2", "$pbkdf2", "$scrypt$", "$7$", "$P$"];
    if i < *read || !KINDS.iter().any(|kind| src.starts(i, kind)) {
        return None;
    }
    let end = src.run(i, LONGEST_HASH, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'$' | b'.' | b'/' | b'+' | b'=' | b',' | b'_' | b'-')
    });
    // One that begins in the first half would have shown itself by its salt.
    *read = if end - i < LONGEST_HASH { end } else { i + LONGEST_HASH / 2 };
    let end = i + src.slice(i, end).iter().rposition(|b| b.is_ascii_alphanumeric()).map_or(0, |last| last + 1);
    (end - i > 24 && random(src.slice(i, end))).then_some(Hit { start: i, end, name: HASH })
}
