//! Secrets that are known by how they begin: vendors' keys, JSON Web Tokens, bearer tokens.

use super::catalogue::{BEARER, Find, JWT, Token, tokens_from};
use super::source::{Hit, Source, random, telling};

/// The vendor's key that begins at `i`.
pub(super) fn vendor(src: &Source, i: usize) -> Option<Hit> {
    let second = src.at(i + 1);
    if !src.word_start(i) {
        return None;
    }
    for rule in tokens_from(src.at(i)) {
        let Find::Token(token) = &rule.find else { continue };
        let found = token
            .prefixes
            .iter()
            .filter(|prefix| prefix.as_bytes().get(1) == Some(&second))
            .find_map(|prefix| body(src, i, prefix, token));
        if let Some((start, end)) = found {
            return Some(Hit { start, end, name: rule.name });
        }
    }
    None
}

fn body(src: &Source, i: usize, prefix: &str, token: &Token) -> Option<(usize, usize)> {
    if !src.starts(i, prefix) {
        return None;
    }
    // A run that `random` may refuse must not be read once for each of its parts.
    if token.random && matches!(src.before(i), b'_' | b'-' | b'.') {
        return None;
    }
    let start = i + prefix.len();
    let most = if token.exact { token.least + 1 } else { usize::MAX };
    let mut end = src.run(start, most, |b| b.is_ascii_alphanumeric() || token.also.as_bytes().contains(&b));
    // A full stop or hyphen at the end is the sentence's.
    while end > start && matches!(src.at(end - 1), b'.' | b'-' | b'/') {
        end -= 1;
    }
    let length = end - start;
    if length < token.least
        || (token.exact && length != token.least)
        || (token.random && !random(src.slice(start, end)))
        || (token.upper && src.slice(start, end).iter().any(u8::is_ascii_lowercase))
    {
        return None;
    }
    if !token.keep {
        end = src.run(end, 2, |b| b == b'=');
    }
    Some((if token.keep { start } else { i }, end))
}

/// The JSON Web Token (or encrypted one) that begins at `i`, also when it lost its signature.
pub(super) fn jwt(src: &Source, i: usize) -> Option<Hit> {
    let part = |from| src.run(from, usize::MAX, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if !src.starts(i, "eyJ") || !src.word_start(i) || matches!(src.before(i), b'_' | b'-') {
        return None;
    }
    let mut end = part(i);
    if end - i < 10 || src.at(end) != b'.' {
        return None;
    }
    let second = part(end + 1);
    // An encrypted one may have an empty second part; a signed one's claims are JSON too.
    if !src.starts(end + 1, "eyJ") && src.at(second) != b'.' {
        return None;
    }
    while src.at(end) == b'.' && part(end + 1) > end + 1 || src.starts(end, "..") {
        end = part(end + 1);
    }
    Some(Hit { start: i, end, name: JWT })
}

/// The token after the word `Bearer` at `i`.
pub(super) fn bearer(src: &Source, i: usize) -> Option<Hit> {
    if !src.starts_like(i, "bearer") || !src.word_start(i) {
        return None;
    }
    let mut start = src.run(i + 6, 4, |b| matches!(b, b' ' | b'\t' | b'+' | b':' | b'=' | b'"' | b'\''));
    if src.starts(start, "%20") {
        start += 3;
    }
    if start == i + 6 {
        return None;
    }
    let end = src.run(start, usize::MAX, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
    });
    telling(src.slice(start, end), 8).then_some(Hit { start, end, name: BEARER })
}
