//! Kubernetes Secrets, as YAML or JSON: every value under `data` and `stringData` is a secret, whatever its name.

use super::source::{Hit, Source};

const NAME: &str = "secret";

/// A manifest is no longer than this between what says that it is a Secret and its data, in bytes.
const NEAR: usize = 4_096;

/// Its data is no longer, in bytes.
const LONGEST: usize = 100_000;

/// Where a text says that something is a Secret.
#[derive(Default)]
pub(super) struct Secrets {
    places: Vec<usize>,
    /// Where a document ends and another begins, if any is a Secret.
    parts: Vec<usize>,
    /// Up to where there is no data, because what was read as such had none.
    read: usize,
}

impl Secrets {
    pub fn of(src: &Source) -> Secrets {
        let mut places = Vec::new();
        let mut at = 0;
        while let Some(kind) = src.find(at, b"Secret") {
            at = kind + 6;
            let after = matches!(src.at(at), b'"' | b'\'' | b'\n' | b'\r' | b' ' | b',' | 0);
            let before = src.run_back(kind, 8, |b| matches!(b, b' ' | b'"' | b'\'' | b':'));
            if after && before < kind && src.slice(before.saturating_sub(4), before) == b"kind" {
                places.push(kind);
            }
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while !places.is_empty()
            && let Some(part) = src.find(at, b"\n---")
        {
            parts.push(part);
            at = part + 4;
        }
        Secrets { places, parts, read: 0 }
    }

    /// Whether data at `i` belongs to one.
    fn near(&self, i: usize) -> bool {
        let next = self.places.partition_point(|place| *place < i);
        let before = next.checked_sub(1).and_then(|n| self.places.get(n)).filter(|place| i - **place < NEAR);
        let after = self.places.get(next).filter(|place| **place - i < NEAR);
        let parted = |from: usize, to: usize| {
            let next = self.parts.partition_point(|part| *part < from);
            self.parts.get(next).is_some_and(|part| *part < to)
        };
        before.is_some_and(|place| !parted(*place, i)) || after.is_some_and(|place| !parted(i, *place))
    }

    /// The values under the `data` whose colon is at `colon`: the first of them that isn't hidden yet.
    pub fn data(&mut self, src: &Source, colon: usize) -> Vec<Hit> {
        if self.places.is_empty() || colon < self.read {
            return Vec::new();
        }
        let name = src.run_back(colon, 2, |b| matches!(b, b'"' | b'\''));
        let labelled = src.slice(name.saturating_sub(4), name).eq_ignore_ascii_case(b"data");
        let single = matches!(src.before(name.saturating_sub(4)), b'\n' | b' ' | b'"' | b'\'' | b'g' | 0);
        if !labelled || !single || !self.near(colon) {
            return Vec::new();
        }
        let brace = src.run(colon + 1, 16, |b| b.is_ascii_whitespace());
        let (hits, end) = if src.at(brace) == b'{' { in_json(src, brace + 1) } else { in_yaml(src, name, colon) };
        if hits.is_empty() {
            self.read = end;
        }
        hits
    }
}

/// The values of an object that begins at `from`, and where it ends.
fn in_json(src: &Source, from: usize) -> (Vec<Hit>, usize) {
    let mut hits = Vec::new();
    let end = src.run(from, LONGEST, |b| b != b'}');
    let mut at = from;
    while at < end {
        let Some(colon) = src.find(at, b":").filter(|colon| *colon < end) else { break };
        let quote = src.run(colon + 1, 8, |b| b.is_ascii_whitespace());
        let start = quote + 1;
        at = src.run(start, end, |b| b != src.at(quote));
        if src.at(quote) == b'"' && at > start && src.note(start).is_none() {
            hits.push(Hit { start, end: at, name: NAME });
        }
        at += 1;
    }
    (hits, end)
}

/// The values in the lines behind `colon` that are indented more than its label, and where these lines end.
fn in_yaml(src: &Source, label: usize, colon: usize) -> (Vec<Hit>, usize) {
    let mut hits = Vec::new();
    let line_start = src.run_back(label, 200, |b| b != b'\n');
    let indent = src.run(line_start, 200, |b| b == b' ') - line_start;
    let mut line = src.line_end(colon) + 1;
    // The name under which a value of several lines stands is indented so.
    let mut block = None;
    while line < src.len() {
        let text = src.run(line, 200, |b| b == b' ');
        let end = src.line_end(text);
        if end == text {
            line = end + 1;
            continue;
        }
        if text - line <= indent {
            break;
        }
        let colon = src.run(text, 254, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'"' | b'\''));
        let start = src.blanks(colon + 1, 100);
        match block {
            Some(deep) if text - line > deep => push(src, &mut hits, text, end),
            _ if src.at(colon) == b':' && matches!(src.at(start), b'|' | b'>') => block = Some(text - line),
            _ if src.at(colon) == b':' => {
                block = None;
                let quoted = usize::from(matches!(src.at(start), b'"' | b'\''));
                let end = src.run(start + quoted, end - start, |b| !matches!(b, b'"' | b'\'' | b'\n' | b'\r'));
                push(src, &mut hits, start + quoted, end);
            }
            _ => break,
        }
        line = end + 1;
    }
    (hits, line)
}

fn push(src: &Source, hits: &mut Vec<Hit>, start: usize, end: usize) {
    if end > start && src.note(start).is_none() {
        hits.push(Hit { start, end, name: NAME });
    }
}
