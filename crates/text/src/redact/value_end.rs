//! How the value after a label ends: in quotes, in a list, in a query string, a header, a connection string, YAML.

use super::opaque;
use super::place::{Place, Span};

/// How much is looked at of what a `+` in a form stands before.
const PIECE: usize = 64;

/// What ends a value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ends {
    /// Nothing encloses it: a blank, or what separates it from the next pair.
    Bare,
    /// The line, or the quote that a whole header stands in.
    Header,
    /// A list's bracket.
    List,
    /// This quote, written no wider than the opening one: `\"` ends what `\"` opens, but not what `"` does.
    Quote(u8, usize),
}

impl Place<'_> {
    /// Where the value begins, inside what encloses it, and what will end it.
    pub fn opening(&self, at: usize) -> (usize, Ends) {
        let src = self.src;
        if self.inner(at) {
            return (at, Ends::Bare);
        }
        if src.at(at) == b'[' && src.note(at).is_none() {
            return (src.run(at + 1, 64, |b| b.is_ascii_whitespace()), Ends::List);
        }
        // A value of ODBC's that has a semicolon in it.
        if src.at(at) == b'{' && src.before(self.label.start) == b';' && src.at(at + 1) != b'{' {
            return (at + 1, Ends::Quote(b'}', src.width(at)));
        }
        // Rust's Some("…"), Swift's Optional("…"), PHP's string(7) "…", Python's b'…', C#'s @"…" and so on.
        let mut quote = match () {
            () if src.starts(at, "Some(\"") => at + 5,
            () if src.starts(at, "Optional(\"") => at + 9,
            () if src.starts(at, "string(") => src.run(at + 7, 6, |b| b.is_ascii_digit() || matches!(b, b')' | b' ')),
            () => at,
        };
        let prefixed = src.at(quote).is_ascii_alphabetic() || matches!(src.at(quote), b'@' | b'$');
        if prefixed && matches!(src.at(quote + 1), b'"' | b'\'') {
            quote += 1;
        }
        match src.at(quote) {
            _ if self.inner(quote) => (at, Ends::Bare),
            b @ (b'"' | b'\'' | b'`') => (quote + 1, Ends::Quote(b, src.width(quote))),
            _ => (at, Ends::Bare),
        }
    }

    /// Where the value that begins at `start` ends; at most about `most` bytes are read.
    pub fn end(&self, start: usize, ends: Ends, most: usize) -> usize {
        let src = self.src;
        let limit = start.saturating_add(most).min(src.len());
        let mut end = start;
        match ends {
            Ends::Quote(quote, width) => return self.closing(start, limit, quote, width),
            Ends::List => {
                let near = limit.min(start.saturating_add(4096));
                while end < near && src.at(end) != b']' {
                    // A note's bracket is not the list's.
                    end = if src.at(end) == b'[' { src.note(end) } else { None }.unwrap_or(end + 1);
                }
                if src.at(end) != b']' && (end < limit || end == src.len()) {
                    end = src.line_end(start);
                }
            }
            Ends::Header => {
                let quote = src.before(self.label.start);
                let quote = if matches!(quote, b'"' | b'\'') { quote } else { b'\n' };
                while end < limit && !src.breaks(end) && src.at(end) != quote && src.note(end).is_none() {
                    end += 1;
                }
            }
            Ends::Bare => {
                // Values in connection strings may have spaces, as long as a semicolon or quote follows.
                let spaces = src.before(self.label.start) == b';' && {
                    let end = src.run(start, 128, |b| !matches!(b, b';' | b'"' | b'\'' | b'\n'));
                    matches!(src.at(end), b';' | b'"' | b'\'')
                };
                loop {
                    end = src.run(end, limit - end, |b| b.is_ascii_alphanumeric());
                    if end >= limit || self.ends_bare(end, spaces) {
                        break;
                    }
                    end += 1;
                }
            }
        }
        end
    }

    /// Where a quoted text ends: at its quote, or with the line.
    fn closing(&self, start: usize, limit: usize, quote: u8, width: usize) -> usize {
        let src = self.src;
        let mut at = start;
        while at < limit {
            let byte = src.at(at);
            // Two quotes are one of SQL's or YAML's.
            if byte == b'\'' && quote == byte && src.at(at + 1) == byte {
                at += 2;
                continue;
            }
            if byte == 0 || ((byte == quote || src.breaks(at)) && src.width(at) <= width) {
                return at;
            }
            at += 1;
        }
        limit
    }

    /// Whether the byte at `i` is part of a value because it is encoded once more than what stands around it.
    fn inner(&self, i: usize) -> bool {
        self.src.encoded(i) && self.src.width(i) > self.depth
    }

    /// Whether a value that nothing encloses ends before the byte at `i`. `spaces` may be part of it.
    pub fn ends_bare(&self, i: usize, spaces: bool) -> bool {
        let src = self.src;
        let byte = src.at(i);
        // `%26` doesn't end what a plain `=` begins.
        if byte != 0 && self.inner(i) {
            return false;
        }
        let next = src.at(i + 1);
        match byte {
            0 | b'\n' | b'\r' | b'<' => true,
            b' ' | b'\t' => !spaces,
            b'"' | b'\'' | b'`' => spaces || !next.is_ascii_alphanumeric() || src.width(i) > 1,
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
            // Those who encode a value, and its `+` not, write no words.
            b'+' if src.form_blank(i, self.depth) => {
                let piece = src.run(i + 1, PIECE, |b| b.is_ascii_alphanumeric() || b == b'/');
                !opaque::random(src.slice(i + 1, piece))
            }
            b'[' => src.note(i).is_some(),
            _ => false,
        }
    }

    /// Whether the comma, semicolon or ampersand at `i` ends a value: nothing or another pair follows.
    fn next_pair(&self, i: usize) -> bool {
        let src = self.src;
        let name = i + 1;
        if src.form_blank(name, self.depth)
            || matches!(src.at(name), 0..=b' ' | b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'<' | b'\\')
        {
            return true;
        }
        let end = src.run(name, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        end > name && matches!(src.at(end), b'=' | b':')
    }

    /// YAML's `|` and `>`: the lines after it that are indented more than the label.
    pub fn block(&self, at: usize) -> Option<Span> {
        let src = self.src;
        let mark = src.run(at, 4, |b| matches!(b, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9'));
        let mark = src.blanks(mark, 8);
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

    /// A password alone in its line may have several words.
    pub fn rest_of_line(&self, end: usize) -> usize {
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
}
