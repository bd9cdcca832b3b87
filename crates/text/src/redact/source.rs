//! The text being searched, byte by byte, with every escape read as the character that it stands for. Every look
//! outside it gives 0, so no index can be wrong.

use std::borrow::Cow;
use std::cell::Cell;

use super::escape;
use crate::note::{LONGEST_NAME, NOTE};

/// A secret found: the bytes to replace, and the name for the note.
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
    pub name: &'static str,
}

/// Where an escape was.
struct Place {
    /// Where what it stands for is, …
    at: usize,
    /// … how many bytes that has, …
    len: usize,
    /// … where the escape is in the text itself, …
    raw: usize,
    /// … and how wide.
    width: usize,
}

pub(super) struct Source<'a> {
    raw: &'a [u8],
    bytes: Cow<'a, [u8]>,
    places: Vec<Place>,
    /// The end of the last secret or note. No look back goes beyond it: what stood there isn't shown any more, and a
    /// second search, which meets the note, must see the same as the first.
    pub floor: usize,
    /// The effort that the search has taken so far.
    spent: Cell<usize>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        let raw = text.as_bytes();
        let mut source = Source { raw, bytes: Cow::Borrowed(raw), places: Vec::new(), floor: 0, spent: Cell::new(0) };
        let mut bytes = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            if !escape::may_begin(*byte) {
                at = skip(raw, at + 1, escape::may_begin);
                continue;
            }
            let rest = raw.get(at..).unwrap_or(&[]);
            let Some(found) = escape::read(rest) else {
                at += escape::plain(rest);
                continue;
            };
            bytes.extend_from_slice(raw.get(copied..at).unwrap_or(&[]));
            let mut buffer = [0; 4];
            let stands_for: &[u8] = match u8::try_from(u32::from(found.stands_for)) {
                // In URLs, a byte of a character.
                Ok(byte) if byte >= 0x80 && rest.starts_with(b"%") => &[byte],
                _ => found.stands_for.encode_utf8(&mut buffer).as_bytes(),
            };
            source.places.push(Place { at: bytes.len(), len: stands_for.len(), raw: at, width: found.width });
            bytes.extend_from_slice(stands_for);
            at += found.width;
            copied = at;
        }
        if copied > 0 {
            bytes.extend_from_slice(raw.get(copied..).unwrap_or(&[]));
            source.bytes = Cow::Owned(bytes);
        }
        source
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The effort that the search has taken: see [`Effort`](super::Effort).
    pub fn spent(&self) -> usize {
        self.spent.get()
    }

    /// Counts what takes more time than to look at a byte.
    pub fn spend(&self, units: usize) {
        self.spent.set(self.spent.get().saturating_add(units));
    }

    /// The byte at `i`, 0 past the end.
    #[inline(always)]
    pub fn at(&self, i: usize) -> u8 {
        self.bytes.get(i).copied().unwrap_or(0)
    }

    /// The byte before `i`: 0 before the beginning, `]` before the floor (a note's last character).
    #[inline(always)]
    pub fn before(&self, i: usize) -> u8 {
        match i.checked_sub(1) {
            Some(at) if at >= self.floor => self.at(at),
            Some(_) => b']',
            None => 0,
        }
    }

    #[inline(always)]
    pub fn slice(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or(&[])
    }

    /// Where in the text itself the byte at `i` is.
    pub fn raw(&self, i: usize) -> usize {
        let Some(place) =
            self.places.partition_point(|place| place.at < i).checked_sub(1).and_then(|n| self.places.get(n))
        else {
            return i;
        };
        if i < place.at + place.len { place.raw } else { place.raw + place.width + (i - place.at - place.len) }
    }

    /// How many bytes of the text itself the byte at `i` has: 1 unless it was escaped.
    pub fn width(&self, i: usize) -> usize {
        if self.places.is_empty() { 1 } else { self.raw(i + 1) - self.raw(i) }
    }

    /// Whether the byte at `i` was written as in URLs, with `%` and two digits.
    pub fn encoded(&self, i: usize) -> bool {
        !self.places.is_empty() && self.raw.get(self.raw(i)) == Some(&b'%') && self.width(i) > 1
    }

    /// How wide the byte at `i` is written where it is encoded as in URLs, else 1: how often what stands around it is.
    pub fn depth(&self, i: usize) -> usize {
        if self.encoded(i) { self.width(i) } else { 1 }
    }

    /// Whether the byte at `i` is the `+` that forms write for a blank, where a sign is written as wide as this: `%3A` is 3
    /// wide and a blank beside it `+`, and in a form within a form it is `%253A` and `%2B`.
    pub fn form_blank(&self, i: usize, depth: usize) -> bool {
        self.at(i) == b'+' && depth > 1 && self.width(i) + 2 == depth
    }

    #[inline(always)]
    pub fn starts(&self, i: usize, with: &str) -> bool {
        self.slice(i, i + with.len()) == with.as_bytes()
    }

    /// The same whatever the case of ASCII letters.
    pub fn starts_like(&self, i: usize, with: &str) -> bool {
        self.slice(i, i + with.len()).eq_ignore_ascii_case(with.as_bytes())
    }

    /// Where the run of bytes that `belongs` accepts ends, at most `most` bytes from `i`.
    #[inline]
    pub fn run(&self, i: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let mut end = i;
        for byte in self.bytes.get(i..).unwrap_or(&[]) {
            if end - i >= most || !belongs(*byte) {
                break;
            }
            end += 1;
        }
        end
    }

    /// Where the run of bytes that `belongs` accepts, and that ends before `i`, begins: at most `most` bytes back.
    #[inline]
    pub fn run_back(&self, i: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let from = i.saturating_sub(most).max(self.floor);
        let mut start = i;
        for byte in self.slice(from, i).iter().rev() {
            if !belongs(*byte) {
                break;
            }
            start -= 1;
        }
        start
    }

    /// Where the word at `i` ends: its letters and digits.
    pub fn word_end(&self, i: usize) -> usize {
        self.run(i, usize::MAX, |b| b.is_ascii_alphanumeric())
    }

    /// Where these bytes stand next, from `i` on.
    pub fn find(&self, i: usize, what: &[u8]) -> Option<usize> {
        let first = *what.first()?;
        let mut at = i;
        loop {
            at = skip(&self.bytes, at, |b| b == first);
            if at >= self.len() {
                return None;
            }
            if self.slice(at, at + what.len()) == what {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Where the note that begins at `i` ends.
    pub fn note(&self, i: usize) -> Option<usize> {
        if !self.starts(i, NOTE) {
            return None;
        }
        let is_named = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b' ' | b'.');
        let end = self.run(i + NOTE.len(), LONGEST_NAME, is_named);
        (self.at(end) == b']').then_some(end + 1)
    }

    /// How far a value from `start` to `end` is judged: a note inside of it says nothing, and the search that left it has seen
    /// the rest.
    pub fn before_note(&self, start: usize, end: usize) -> usize {
        (start..end).find(|at| self.at(*at) == b'[' && self.note(*at).is_some()).unwrap_or(end)
    }

    /// The end of the blanks at `i`, `most` bytes at most.
    pub fn blanks(&self, i: usize, most: usize) -> usize {
        self.run(i, most, |b| matches!(b, b' ' | b'\t'))
    }

    /// The end of the line that `i` is in.
    pub fn line_end(&self, i: usize) -> usize {
        self.run(i, usize::MAX, |b| !matches!(b, b'\n' | b'\r'))
    }

    /// Whether there is a line break at `i`.
    pub fn breaks(&self, i: usize) -> bool {
        matches!(self.at(i), b'\n' | b'\r')
    }
}

/// Where the next byte is that `wanted` accepts, from `at` on. Where none is near, whole blocks are passed at once.
#[inline]
fn skip(bytes: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> usize {
    const BLOCK: usize = 32;
    let mut at = at;
    let mut near = at + BLOCK;
    while let Some(byte) = bytes.get(at) {
        if wanted(*byte) {
            break;
        }
        at += 1;
        if at >= near {
            // Without an early end, so that the compiler may look at several bytes at a time.
            while let Some(block) = bytes.get(at..at + BLOCK)
                && block.iter().fold(0, |any, b| any | u8::from(wanted(*b))) == 0
            {
                at += BLOCK;
            }
            near = at + BLOCK;
        }
    }
    at
}
