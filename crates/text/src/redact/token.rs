//! Secrets that are known by how they look: vendors' keys, JSON Web Tokens, bearer tokens.

use super::catalogue;
use super::opaque::{Look, telling};
use super::pattern;
use super::rule::{BEARER, JWT};
use super::source::{Hit, Source};

/// The vendor's key that begins with the word at `i`, which has `length` letters and digits.
pub(super) fn vendor(src: &Source, i: usize, length: usize) -> Option<Hit> {
    let begins @ [first, second, _] = [src.at(i), src.at(i + 1), src.at(i + 2)];
    let behind = src.at(i + length);
    let heads = catalogue::heads(begins, length, behind);
    if heads == [0; 4] {
        return None;
    }
    let joined = matches!(src.before(i), b'_' | b'-') && src.before(i - 1).is_ascii_alphanumeric();
    // Of several that fit, the one that says most of how it begins gives the name.
    let mut found: Option<(usize, Hit)> = None;
    for head in heads {
        let mut number = head;
        while let Some(entry) = catalogue::entry(number) {
            number = entry.next;
            if (entry.literal < 3 || entry.begins == begins)
                && (!joined || entry.inside_words)
                && found.as_ref().is_none_or(|(literal, _)| entry.literal > *literal)
                && (entry.literal != 2 || entry.begins == [first, second, 0])
                && (entry.literal > 0 || (length >= entry.offset && (entry.behind == 0 || entry.behind == behind)))
                && src.starts(i, entry.pattern.get(..entry.literal).unwrap_or(""))
                && let Some((start, end)) = pattern::span(src, i, entry.pattern)
            {
                found = Some((entry.literal, Hit { start, end, name: entry.name }));
            }
        }
    }
    found.map(|(_, hit)| hit)
}

/// The vendor's key that begins at `i`, wherever that is.
pub(super) fn vendor_at(src: &Source, i: usize) -> Option<Hit> {
    vendor(src, i, src.run(i, 96, |b| b.is_ascii_alphanumeric()) - i)
}

/// The JSON Web Token (or encrypted one) that begins at `i`, also when it lost its signature.
pub(super) fn jwt(src: &Source, i: usize) -> Option<Hit> {
    let part = |from| src.run(from, usize::MAX, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if !src.starts(i, "ey") || matches!(src.before(i), b'_' | b'-') {
        return None;
    }
    let mut end = part(i);
    if end - i < 10 || src.at(end) != b'.' {
        return None;
    }
    let second = part(end + 1);
    // An encrypted one may have an empty second part; a signed one's claims are JSON too.
    if !src.starts(end + 1, "ey") && src.at(second) != b'.' {
        return None;
    }
    if !Look::of(src.slice(i, end.min(i + 64))).mixed() {
        return None;
    }
    while src.at(end) == b'.' && part(end + 1) > end + 1 || src.starts(end, "..") {
        end = part(end + 1);
    }
    Some(Hit { start: i, end: src.run(end, 2, |b| b == b'='), name: JWT })
}

/// The token after the word `Bearer` at `i`.
pub(super) fn bearer(src: &Source, i: usize) -> Option<Hit> {
    if !src.starts_like(i, "bearer") {
        return None;
    }
    let start = src.run(i + 6, 4, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'+' | b':' | b'=' | b'"' | b'\''));
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    // Only what counts is read to its end, as it is not read again.
    let probe = src.run(start, 64, belongs);
    // `token_type=Bearer expires_in=3600`: another pair, not what belongs to it.
    let name = src.run(start, 64, |b| b.is_ascii_lowercase() || b == b'_');
    let pair = src.at(name) == b'=' && src.at(name + 1).is_ascii_alphanumeric();
    if start == i + 6 || pair || !telling(src.slice(start, probe), 8) {
        return None;
    }
    Some(Hit { start, end: src.run(probe, usize::MAX, belongs), name: BEARER })
}
