//! Hostile text made harmless and still readable.
//!
//! One rule: what a reader can't see isn't there. Invisible characters and terminal escape sequences are dropped, not
//! shown: a mark in their place would cut words (and secrets) in two, and ten thousand marks would fill a prompt.

/// How a character is treated.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// It stays.
    Seen,
    /// It becomes a newline: line and paragraph separators, form feed, vertical tab.
    Newline,
    /// It becomes a plain space: every other kind of blank.
    Space,
    /// It stays between two visible non-ASCII characters: emoji sequences, Persian and Indic scripts need it.
    Joiner,
    /// It stays once after a visible non-ASCII character: it picks a glyph (emoji or text style).
    Variant,
    /// It starts a terminal escape sequence, and goes with it.
    Escape,
    /// It goes.
    Hidden,
}

fn kind(c: char) -> Kind {
    match c {
        ' '..='~' | '\n' | '\t' => Kind::Seen,
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Newline,
        '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}' => Kind::Escape,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Kind::Hidden,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}' => {
            Kind::Space
        }
        '\u{200c}' | '\u{200d}' => Kind::Joiner,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' => Kind::Variant,
        // Soft hyphen, grapheme joiner, Arabic letter mark, Hangul and Khmer fillers, Mongolian vowel separator.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' => {
            Kind::Hidden
        }
        // Zero-width, directional marks, embeddings, overrides and isolates, invisible operators.
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => Kind::Hidden,
        // More fillers, byte order mark, interlinear annotation, noncharacters, shorthand and musical format controls.
        '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{fdd0}'..='\u{fdef}' => Kind::Hidden,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => Kind::Hidden,
        // Tag characters and the supplementary variation selectors: whole messages fit in them.
        '\u{e0000}'..='\u{e0fff}' => Kind::Hidden,
        _ if u32::from(c) & 0xfffe == 0xfffe => Kind::Hidden,
        _ => Kind::Seen,
    }
}

/// Several lines of hostile text, made harmless: line ends become LF and every kind of blank a plain space; terminal
/// escape sequences, control characters (but LF and tab), directional controls, zero-width characters, Unicode tags
/// and other invisible characters are dropped. A joiner or variation selector stays where an emoji or a script needs
/// it, so text in any language reads as before (flags of regions, made of tags, become plain black flags).
/// Doing it twice changes nothing more.
pub fn block(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    // The character last kept, as far as the next joiner or variant is concerned.
    let mut last = '\n';
    let mut last_kind = Kind::Newline;
    loop {
        // Most texts are made of nothing else.
        let rest = chars.as_str();
        let (plain, rest) = rest.split_at_checked(plain(rest.as_bytes())).unwrap_or(("", rest));
        if let Some(byte) = plain.as_bytes().last() {
            out.push_str(plain);
            (last, last_kind) = (char::from(*byte), Kind::Seen);
            chars = rest.chars();
        }
        let Some(c) = chars.next() else { break };
        let this = kind(c);
        let put = match this {
            Kind::Seen => c,
            Kind::Newline if c == '\r' && chars.as_str().starts_with('\n') => continue,
            Kind::Newline => '\n',
            Kind::Space => ' ',
            Kind::Variant if last_kind == Kind::Seen && !last.is_ascii() => c,
            Kind::Joiner
                if last_kind != Kind::Joiner
                    && !last.is_ascii()
                    && chars.clone().next().is_some_and(|next| !next.is_ascii() && kind(next) == Kind::Seen) =>
            {
                c
            }
            Kind::Escape => {
                chars = after_escape(c, chars.as_str()).chars();
                continue;
            }
            Kind::Joiner | Kind::Variant | Kind::Hidden => continue,
        };
        out.push(put);
        last = put;
        last_kind = this;
    }
    out
}

/// How many bytes at the beginning are visible ASCII characters, newlines and tabs.
fn plain(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !matches!(byte, b' '..=b'~' | b'\n' | b'\t')).unwrap_or(bytes.len())
}

/// The text after an escape sequence that `introducer` began. What isn't a whole sequence is text, and stays.
fn after_escape(introducer: char, rest: &str) -> &str {
    let (what, inside) = match introducer {
        '\u{1b}' => {
            let mut chars = rest.chars();
            (chars.next().unwrap_or('\0'), chars.as_str())
        }
        // The one-character forms of `ESC P`, `ESC X`, `ESC [`, `ESC ]`, `ESC ^` and `ESC _` lie 0x40 above the letter.
        _ => (char::from_u32(u32::from(introducer) - 0x40).unwrap_or('\0'), rest),
    };
    match what {
        '[' => after_parameters(inside).unwrap_or(rest),
        ']' | 'P' | 'X' | '^' | '_' => after_string(inside).unwrap_or(rest),
        // Choosing a character set: intermediates, then one final character.
        ' '..='/' => {
            let end = inside.trim_start_matches(|c| matches!(c, ' '..='/'));
            let mut chars = end.chars();
            if matches!(chars.next(), Some('0'..='~')) { chars.as_str() } else { rest }
        }
        '0'..='~' => inside,
        _ => rest,
    }
}

/// After the parameters and the final character of a control sequence such as a colour.
fn after_parameters(text: &str) -> Option<&str> {
    // No real sequence is longer, and a limit keeps a long row of openings from being read again and again.
    let end = text.char_indices().take(64).find(|(_, c)| !matches!(c, ' '..='?'))?;
    if matches!(end.1, '@'..='~') { text.get(end.0 + 1..) } else { None }
}

/// After a string command (a window title, a hyperlink's address) and its end: BEL, ST or `ESC \`.
fn after_string(text: &str) -> Option<&str> {
    let (at, end) = text.char_indices().take(4096).find(|(_, c)| c.is_control())?;
    let after = text.get(at + end.len_utf8()..)?;
    match end {
        '\u{7}' | '\u{9c}' => Some(after),
        '\u{1b}' => after.strip_prefix('\\'),
        _ => None,
    }
}

/// One line, for titles, names and log lines: [`block`], every run of blanks and newlines one space, nothing at the
/// ends, and no more than `max_chars` characters, the last of them `…` where something was cut off.
pub fn line(text: &str, max_chars: usize) -> String {
    if text.len() <= max_chars && is_line(text.as_bytes()) {
        return text.to_owned();
    }
    let mut out = String::new();
    for word in block(text).split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if out.chars().count() > max_chars {
        out.truncate(crate::cut::first(&out, max_chars.saturating_sub(1)).trim_end().len());
        if max_chars > 0 {
            out.push('…');
        }
    }
    out
}

/// Whether a text is visible ASCII in words with one space between them.
fn is_line(bytes: &[u8]) -> bool {
    let mut last = b' ';
    let words = bytes.iter().all(|byte| {
        let follows = matches!(byte, b'!'..=b'~') || (*byte == b' ' && last != b' ');
        last = *byte;
        follows
    });
    words && (last != b' ' || bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn line_ends_become_lf() {
        assert_eq!(block("a\r\nb\rc\u{2028}d\u{85}e\u{c}f\n"), "a\nb\nc\nd\ne\nf\n");
    }

    #[test]
    fn escape_sequences_go_and_their_text_stays() {
        assert_eq!(block("\x1b[1;31mERROR\x1b[0m disk \u{9b}2Kfull\x1b(B"), "ERROR disk full");
        assert_eq!(block("see \x1b]8;;https://evil.example\x07here\x1b]8;;\x1b\\ now"), "see here now");
        assert_eq!(block("\x1bcreset\x1b7"), "reset");
    }

    #[test]
    fn a_broken_escape_hides_nothing() {
        assert_eq!(block("\x1b]0;title that never ends\nnext"), "]0;title that never ends\nnext");
        assert_eq!(block("\x1b[31"), "[31");
        assert_eq!(block("\x1b[é"), "[é");
        assert_eq!(block("end\x1b"), "end");
    }

    #[test]
    fn hidden_characters_go() {
        for c in "\0\u{7}\u{8}\u{7f}\u{ad}\u{61c}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202e}\u{2060}\
            \u{2066}\u{2069}\u{feff}\u{fff9}\u{fffb}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e01ef}\u{fe0f}\u{ffff}"
            .chars()
        {
            assert_eq!(block(&format!("ig{c}nore")), "ignore", "{c:?}");
        }
        assert_eq!(block(&"\u{e0041}".repeat(10_000)), "");
    }

    #[test]
    fn any_language_stays_readable() {
        for text in [
            "Größe übersteigt das Maß — ça déborde",
            "ディスクの空き容量が不足しています",
            "המערכת אינה זמינה",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 🏳\u{fe0f}\u{200d}🌈 🇩🇪",
            "한국어 ไทย Ελληνικά Кириллица",
        ] {
            assert_eq!(block(text), text);
        }
        assert_eq!(block("prix\u{a0}: 5\u{202f}€"), "prix : 5 €");
    }

    #[test]
    fn one_joiner_or_variant_at_most() {
        assert_eq!(block("é\u{200d}\u{200d}\u{200c}é\u{fe0f}\u{fe0e}\u{fe0f}"), "é\u{200c}é\u{fe0f}");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("  a\r\n\tb\u{3000} c ", 80), "a b c");
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdefg", 6), "abcde…");
        assert_eq!(line("abcd efg", 6), "abcd…");
        assert_eq!(line("abc", 1), "…");
        assert_eq!(line("abc", 0), "");
    }

    /// Strings made mostly of what this module is about.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            proptest::char::any(),
            prop::sample::select(
                "\x1b[]PX^_\\;m\x07\u{9b}\u{9c}\u{9d}\r\n\t é漢❤\u{200c}\u{200d}\u{fe0f}\u{200b}\u{a0}"
                    .chars()
                    .collect::<Vec<_>>()
            ),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn twice_is_once(text in hostile()) {
            let once = block(&text);
            prop_assert_eq!(block(&once), once.as_str());
            let short = line(&text, 9);
            prop_assert_eq!(line(&short, 9), short);
        }

        #[test]
        fn nothing_hidden_is_left(text in hostile()) {
            for c in block(&text).chars() {
                prop_assert!(matches!(kind(c), Kind::Seen | Kind::Joiner | Kind::Variant), "{:?}", c);
            }
        }

        #[test]
        fn a_line_fits(text in hostile(), max in 0usize..40) {
            let line = line(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(!line.contains('\n'));
        }
    }
}
