//! Secrets in the columns of a table whose header names them: CSV, Markdown, what databases' clients print.

use super::allowlist;
use super::label::Label;
use super::opaque::{random, telling};
use super::rule::Value;
use super::source::{Hit, Source};

/// As much of a header, and of a row, is looked at, in bytes, and so many rows.
const HEADER: usize = 400;
const ROW: usize = 1_000;
const ROWS: usize = 100;

/// The secrets below the header in which the label stands that ends at `end`, the last one first, and where the table ends.
pub(super) fn below(src: &Source, end: usize) -> (Vec<Hit>, usize) {
    let close = src.run(end, 4, |b| matches!(b, b'"' | b' '));
    let mut hits = Vec::new();
    if !matches!(src.at(close), b',' | b';' | b'|' | b'\t' | b'\n' | b'\r') {
        return (hits, end);
    }
    let begin = src.run_back(end, HEADER, |b| !matches!(b, b'\n' | b'\r'));
    let mut line = src.run(end, HEADER, |b| !matches!(b, b'\n' | b'\r'));
    let header = src.slice(begin, line);
    let Some(separator) = header.iter().copied().find(|b| matches!(b, b',' | b';' | b'|' | b'\t')) else {
        return (hits, line);
    };
    let names = || header.split(move |b| *b == separator);
    if !src.breaks(line) || !names().all(is_name) {
        return (hits, line);
    }
    let kind = |name: &[u8]| Label::of(name.trim_ascii(), 0).kind().filter(|ending| ending.value != Value::Opaque);
    for _ in 0..ROWS {
        src.spend(1);
        let mut at = src.run(line, 2, |b| matches!(b, b'\n' | b'\r'));
        line = src.run(at, ROW, |b| !matches!(b, b'\n' | b'\r'));
        let rule = src.slice(at, line).iter().all(|b| matches!(b, b'-' | b'+' | b'|' | b':' | b' '));
        let fields = src.slice(at, line).split(|b| *b == separator);
        if line == at || !rule && fields.clone().count() != names().count() {
            break;
        }
        for (name, field) in names().zip(fields).filter(|_| !rule) {
            let value = field.split(|b| matches!(b, b' ' | b'"')).find(|part| !part.is_empty()).unwrap_or(field);
            let start = at + field.windows(value.len().max(1)).position(|part| part == value).unwrap_or(0);
            if let Some(ending) = kind(name)
                && telling(value, 8)
                && random(value)
                && !value.contains(&b'[')
                && !allowlist::placeholder(value)
            {
                hits.push(Hit { start, end: start + value.len(), name: ending.name });
            }
            at += field.len() + 1;
        }
    }
    hits.reverse();
    (hits, line)
}

/// Whether this stands above a column: a few words, or nothing at a table's edge.
fn is_name(field: &[u8]) -> bool {
    field.len() <= 40
        && field.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | b'"' | b'.' | 0x80..))
}
