//! Text inside base64: decoded once, searched, and hidden as a whole where a secret is in it.

use super::source::{Hit, Source};

/// Shorter text holds no secret with a name.
const LEAST: usize = 24;

/// What is looked at to tell text from pictures and hashes.
const PROBE: usize = 32;

/// The text in base64 that begins at `i`, if `secret` names one in it.
pub(super) fn base64(src: &Source, i: usize, secret: impl Fn(&str) -> Option<&'static str>) -> (usize, Option<Hit>) {
    let probe = src.slice(i, i + PROBE);
    if probe.len() < LEAST || !probe.chunks_exact(4).take(LEAST / 4).all(text_like) {
        return (i, None);
    }
    let mut last = src.run(i, usize::MAX, |b| value(b).is_some());
    let mut lines = src.slice(i, last).to_vec();
    // Mail and certificates break it into lines of one length.
    let length = last - i;
    while matches!(length, 64 | 76) && lines.len().is_multiple_of(length) {
        let next = src.run(last, 2, |b| matches!(b, b'\r' | b'\n'));
        let end = src.run(next, length, |b| value(b).is_some());
        if next == last || end == next {
            break;
        }
        lines.extend_from_slice(src.slice(next, end));
        last = end;
    }
    let text = decoded(&lines);
    // A character may be cut in two at the end.
    let text = text.utf8_chunks().map(|chunk| chunk.valid()).collect::<String>();
    let end = src.run(last, 2, |b| b == b'=');
    (last, secret(&text).map(|name| Hit { start: i, end, name }))
}

/// Whether it stands for a text of words.
pub(super) fn prose(base64: &[u8]) -> bool {
    let groups = || base64.chunks_exact(4);
    groups().len() >= LEAST / 4 && groups().all(text_like) && decoded(base64).iter().filter(|b| **b == b' ').count() > 1
}

/// Whether these four characters stand for three bytes of text.
fn text_like(group: &[u8]) -> bool {
    let bits = group.iter().try_fold(0u32, |bits, byte| Some(bits << 6 | u32::from(value(*byte)?)));
    bits.is_some_and(|bits| {
        [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8].iter().all(|b| b.is_ascii() && readable(b))
    })
}

/// Whether text may contain this byte.
fn readable(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t' | 0x80..)
}

/// The bytes that these characters stand for, as far as they go.
pub(super) fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for group in text.chunks(4) {
        let mut bits = 0u32;
        let mut count = 0;
        for byte in group {
            let Some(value) = value(*byte) else { break };
            bits = bits << 6 | u32::from(value);
            count += 1;
        }
        let whole = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        match count {
            4 => bytes.extend_from_slice(&whole),
            3 => bytes.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
            2 => bytes.push((bits >> 4) as u8),
            _ => {}
        }
        if count < 4 {
            break;
        }
    }
    bytes
}

/// The six bits that a character stands for, in either alphabet.
fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
