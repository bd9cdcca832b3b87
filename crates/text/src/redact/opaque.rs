//! Whether text looks made by a machine, as keys do, or written by people.

/// What a stretch of text is made of.
#[derive(Default)]
pub(super) struct Look {
    pub small: usize,
    pub capital: usize,
    pub digits: usize,
    pub other: usize,
    /// How often the next character is of another kind than the one before: in `fooBar2` twice. The capital that begins a
    /// word is not counted.
    pub changes: usize,
}

impl Look {
    pub fn of(text: &[u8]) -> Look {
        let mut look = Look::default();
        let mut last = 0;
        let mut length = 0;
        for byte in text {
            let kind = match byte {
                b'a'..=b'z' => {
                    look.small += 1;
                    1
                }
                b'A'..=b'Z' => {
                    look.capital += 1;
                    2
                }
                b'0'..=b'9' => {
                    look.digits += 1;
                    3
                }
                _ => {
                    look.other += 1;
                    0
                }
            };
            let begins_word = last == 2 && kind == 1 && length == 1;
            look.changes += usize::from(kind != 0 && last != 0 && kind != last && !begins_word);
            length = if kind == last { length + 1 } else { 1 };
            last = kind;
        }
        look
    }

    /// Capitals, small letters and digits, in no order that words or numbers have, nor names such as
    /// `HostDiskMayFillIn24Hours`.
    pub fn mixed(&self) -> bool {
        let length = self.small + self.capital + self.digits;
        let least = if self.small * 5 < length * 3 { 4 } else { 3 };
        self.small > 2 && self.capital > 2 && self.digits > 0 && self.changes * least >= length
    }
}

/// Whether some part of it, between what is neither letter nor digit, is no word and no number.
pub(super) fn random(text: &[u8]) -> bool {
    text.split(|b| !b.is_ascii_alphanumeric()).any(|part| {
        let look = Look::of(part);
        part.len() >= 4 && look.changes >= 2 && (look.digits > 0 || look.changes >= 4)
    })
}

/// Whether it has no digits and hardly changes between kinds of letters: `makeKubeConfigController`, `XXXXXXXX`.
pub(super) fn written(text: &[u8]) -> bool {
    let look = Look::of(text);
    look.digits == 0 && look.changes * 4 < text.len()
}

/// Whether a value looks made by a machine: digits and letters, at least `least` of them together, or very long.
pub(super) fn telling(value: &[u8], least: usize) -> bool {
    let digits = value.iter().any(u8::is_ascii_digit);
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    value.len() >= least && letters && (digits || value.len() >= 40)
}

/// Whether it is one long hexadecimal number.
pub(super) fn hexadecimal(value: &[u8]) -> bool {
    value.len() >= 32 && value.iter().all(u8::is_ascii_hexdigit) && value.iter().any(u8::is_ascii_digit)
}

/// Whether it is a UUID.
pub(super) fn uuid(value: &[u8]) -> bool {
    let dashes = [8, 13, 18, 23];
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| if dashes.contains(&at) { *b == b'-' } else { b.is_ascii_hexdigit() })
}
