//! The text being searched, byte by byte. Every look outside it gives 0, so no index can be wrong.

/// A secret found: the bytes to replace, and the name for the note.
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
    pub name: &'static str,
}

/// How every note begins. It ends with `]`.
pub(super) const NOTE: &str = "[redacted: ";

/// Quotes as URLs, HTML and XML write them.
const ESCAPED_QUOTES: [&str; 5] = ["%22", "&quot;", "&#34;", "&#39;", "&#x27;"];

pub(super) struct Source<'a> {
    bytes: &'a [u8],
    /// The end of the last secret or note. No look back goes beyond it: what stood there isn't shown any more, and a
    /// second search, which meets the note, must see the same as the first.
    pub floor: usize,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        Source { bytes: text.as_bytes(), floor: 0 }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The byte at `i`, 0 past the end.
    pub fn at(&self, i: usize) -> u8 {
        self.bytes.get(i).copied().unwrap_or(0)
    }

    /// The byte before `i`: 0 before the beginning, `]` before the floor (a note's last character).
    pub fn before(&self, i: usize) -> u8 {
        match i.checked_sub(1) {
            Some(at) if at >= self.floor => self.at(at),
            Some(_) => b']',
            None => 0,
        }
    }

    pub fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or(&[])
    }

    pub fn starts(&self, i: usize, with: &str) -> bool {
        self.slice(i, i + with.len()) == with.as_bytes()
    }

    /// The same whatever the case of ASCII letters.
    pub fn starts_like(&self, i: usize, with: &str) -> bool {
        self.slice(i, i + with.len()).eq_ignore_ascii_case(with.as_bytes())
    }

    /// Where the run of bytes that `belongs` accepts ends, at most `most` bytes from `i`.
    pub fn run(&self, i: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(i..).unwrap_or(&[]);
        i + rest.iter().take(most).take_while(|b| belongs(**b)).count()
    }

    /// Where the note that begins at `i` ends.
    pub fn note(&self, i: usize) -> Option<usize> {
        if !self.starts(i, NOTE) {
            return None;
        }
        let end = self.run(i + NOTE.len(), 30, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' ');
        (self.at(end) == b']').then_some(end + 1)
    }

    /// The quote that is written at `i` as a URL or a markup language writes it.
    pub fn escaped_quote(&self, i: usize) -> Option<&'static str> {
        let may_be = matches!(self.at(i), b'%' | b'&');
        ESCAPED_QUOTES.iter().copied().find(|quote| may_be && self.starts_like(i, quote))
    }

    /// Where the quote begins that is written so and ends before `i`.
    pub fn escaped_quote_before(&self, i: usize) -> Option<usize> {
        let may_be = matches!(self.before(i), b'2' | b';');
        let starts = ESCAPED_QUOTES.iter().map(|quote| i.saturating_sub(quote.len()));
        let mut starts = starts.filter(|start| may_be && *start >= self.floor);
        starts.find(|start| self.escaped_quote(*start).is_some_and(|quote| start + quote.len() == i))
    }

    /// The end of the blanks at `i`, `most` bytes at most; with `encoded`, also of those that are written as in URLs.
    pub fn blanks(&self, i: usize, most: usize, encoded: bool) -> usize {
        let mut end = i;
        while end - i < most {
            end += match self.at(end) {
                b' ' | b'\t' => 1,
                b'+' if encoded => 1,
                b'%' if encoded && self.starts(end, "%20") => 3,
                _ => break,
            };
        }
        end
    }

    /// Whether a word can begin at `i`: no letter or digit before it, except as part of an escape such as `\n` or `%3D`.
    pub fn word_start(&self, i: usize) -> bool {
        if !self.before(i).is_ascii_alphanumeric() {
            return true;
        }
        let (two, three) = (self.before(i.saturating_sub(1)), self.before(i.saturating_sub(2)));
        let escape = two == b'\\' && matches!(self.before(i), b'n' | b'r' | b't');
        escape || (three == b'%' && two.is_ascii_hexdigit() && self.before(i).is_ascii_hexdigit())
    }

    /// The end of the line that `i` is in, also where the line break is written as an escape.
    pub fn line_end(&self, i: usize) -> usize {
        let mut end = i;
        while !self.breaks(end) && end < self.len() {
            end += 1;
        }
        end
    }

    /// Whether there is a line break at `i`, or one written as `\n` or `\r`.
    pub fn breaks(&self, i: usize) -> bool {
        match self.at(i) {
            b'\n' | b'\r' => true,
            b'\\' => matches!(self.at(i + 1), b'n' | b'r') && self.before(i) != b'\\',
            _ => false,
        }
    }
}

/// Whether a value looks made by a machine: digits and letters, at least `least` of them together, or very long.
pub(super) fn telling(value: &[u8], least: usize) -> bool {
    let digits = value.iter().any(u8::is_ascii_digit);
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    value.len() >= least && letters && (digits || value.len() >= 40)
}

/// Whether there is a long enough stretch of letters and digits mixed, as names made of words don't have.
pub(super) fn random(value: &[u8]) -> bool {
    value.split(|b| !b.is_ascii_alphanumeric()).any(|part| telling(part, 12))
}
