//! Escapes read as one character: `\u003d`, `\x22`, `\"`, `%3D`, `%253D`, `&lt;`, `&quot;`, also one inside another.

/// What one escape stands for, and how many bytes it is wide.
pub(super) struct Escape {
    pub stands_for: char,
    pub width: usize,
}

/// The bytes that an escape, or a character that is read as another, can begin with.
#[inline(always)]
pub(super) fn may_begin(byte: u8) -> bool {
    // Without `||`, so that the compiler may look at several bytes at a time.
    (byte == b'\\') | (byte == b'%') | (byte == b'&') | (byte == 0xc2) | (byte == 0xe2) | (byte == 0xef)
}

/// The escape that `text` begins with.
pub(super) fn read(text: &[u8]) -> Option<Escape> {
    let mut found = once(text)?;
    // `%253D` is `%3D` and that `=`; `\u0026quot;` is `&quot;` and that `"`.
    for _ in 0..3 {
        let Some(first) = u8::try_from(u32::from(found.stands_for)).ok().filter(|b| matches!(b, b'\\' | b'%' | b'&'))
        else {
            break;
        };
        let mut inner = [0; 12];
        let rest = text.get(found.width..).unwrap_or(&[]);
        for (place, byte) in inner.iter_mut().zip(std::iter::once(&first).chain(rest)) {
            *place = *byte;
        }
        // `%5C%22` is `\"`.
        let quote = first == b'\\' && (rest.starts_with(b"%22") || rest.starts_with(b"&quot;"));
        if quote {
            let width = found.width + if rest.starts_with(b"%") { 3 } else { 6 };
            return Some(Escape { stands_for: '"', width });
        }
        // After an escaped backslash, another one begins an escape of its own.
        let Some(nested) = once(&inner).filter(|_| !inner.starts_with(b"\\\\")) else { break };
        found = Escape { stands_for: nested.stands_for, width: found.width + nested.width - 1 };
    }
    Some(found)
}

fn once(text: &[u8]) -> Option<Escape> {
    let escape = |stands_for, width| Some(Escape { stands_for, width });
    match text {
        [b'\\', ..] => backslash(text),
        [b'%', rest @ ..] => escape(char::from(u8::try_from(hex(rest, 2)?).ok()?), 3),
        [b'&', rest @ ..] => entity(rest),
        // The no-break space, and the signs that people and word processors write instead of the plain ones.
        [0xc2, 0xa0, ..] => escape(' ', 2),
        [0xe2, 0x80, 0x9c..=0x9e, ..] => escape('"', 3),
        [0xe2, 0x80, 0x98..=0x9a, ..] => escape('\'', 3),
        [0xef, 0xbc, 0x9a, ..] => escape(':', 3),
        [0xef, 0xbc, 0x9d, ..] => escape('=', 3),
        _ => None,
    }
}

/// After any number of backslashes: each time JSON is written into JSON, they double.
fn backslash(text: &[u8]) -> Option<Escape> {
    let count = text.iter().take(64).take_while(|b| **b == b'\\').count();
    let rest = text.get(count..)?;
    let escape = |c: u32, width: usize| Some(Escape { stands_for: char::from_u32(c)?, width: count + width });
    match rest {
        // What is left over are backslashes themselves: see `plain`.
        [b @ (b'"' | b'\'' | b'`'), ..] if own(count) == count => escape(u32::from(*b), 1),
        [b'/', ..] => escape(u32::from(b'/'), 1),
        [b'n', ..] => escape(u32::from(b'\n'), 1),
        [b'r', ..] => escape(u32::from(b'\r'), 1),
        [b't', ..] => escape(u32::from(b'\t'), 1),
        [b'x', digits @ ..] => escape(hex(digits, 2)?, 3),
        [b'u', b'{', digits @ ..] => {
            let width = digits.iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
            (digits.get(width) == Some(&b'}') && width > 0).then(|| escape(hex(digits, width)?, width + 3)).flatten()
        }
        [b'u', digits @ ..] => escape(hex(digits, 4)?, 5),
        _ => None,
    }
}

/// Before a quote, one backslash escapes it and three do so twice, while two are nothing but one of these: how many of
/// `count` backslashes belong to the quote after them.
fn own(count: usize) -> usize {
    let levels = (1..6).rev().map(|level| (level + 1, (1usize << level) - 1));
    let mut fitting = levels.filter(|(next, own)| *own <= count && (count - own).is_multiple_of(1 << next));
    fitting.next().map_or(0, |(_, own)| own)
}

/// How many bytes of a text that [`read`] finds no escape in are not to be looked at again.
pub(super) fn plain(text: &[u8]) -> usize {
    let count = text.iter().take(64).take_while(|b| **b == b'\\').count();
    let left_over = match text.get(count) {
        Some(b'"' | b'\'' | b'`') => count - own(count),
        _ => count,
    };
    left_over.max(1)
}

fn entity(rest: &[u8]) -> Option<Escape> {
    const NAMES: [(&str, char); 10] = [
        ("amp;", '&'),
        ("lt;", '<'),
        ("gt;", '>'),
        ("quot;", '"'),
        ("apos;", '\''),
        ("nbsp;", ' '),
        ("equals;", '='),
        ("colon;", ':'),
        ("sol;", '/'),
        ("NewLine;", '\n'),
    ];
    if let [b'#', digits @ ..] = rest {
        let (digits, radix, sign) = match digits {
            [b'x' | b'X', digits @ ..] => (digits, 16, 3),
            _ => (digits, 10, 2),
        };
        let width = digits.iter().take(7).take_while(|b| char::from(**b).is_digit(radix)).count();
        if digits.get(width) != Some(&b';') {
            return None;
        }
        let digits = std::str::from_utf8(digits.get(..width)?).ok()?;
        let stands_for = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
        return Some(Escape { stands_for, width: sign + width + 1 });
    }
    if !matches!(rest, [b'a' | b'l' | b'g' | b'q' | b'n' | b'e' | b'c' | b's' | b'N', _, _, ..]) {
        return None;
    }
    let (name, stands_for) = NAMES.into_iter().find(|(name, _)| rest.starts_with(name.as_bytes()))?;
    Some(Escape { stands_for, width: name.len() + 1 })
}

fn hex(digits: &[u8], count: usize) -> Option<u32> {
    let digits = digits.get(..count)?;
    digits.iter().try_fold(0, |sum, b| Some(sum * 16 + char::from(*b).to_digit(16)?))
}
