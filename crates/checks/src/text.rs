//! Cleaning, cutting, redaction and the fence.

use super::input::{all_visible, text_of};
use text::{Fence, clean as cleaning, cut, fence as fencing, redact as redaction, sanitize};

/// The first byte is the length to cut to, the rest the text.
pub fn clean(input: &[u8]) {
    let (most, text) = match input.split_first() {
        Some((most, text)) => (usize::from(*most), text_of(text)),
        None => (0, text_of(input)),
    };
    let block = cleaning::block(&text);
    all_visible(&block);
    assert!(block.len() <= text.len());
    assert_eq!(cleaning::block(&block), block);

    let line = cleaning::line(&text, most);
    all_visible(&line);
    assert!(line.chars().count() <= most && !line.contains(['\n', '\t']), "{line:?}");
    assert_eq!(cleaning::line(&line, most), line);

    let fits = text.chars().count() <= most;
    for cut in [cut::head(&text, most), cut::both_ends(&text, most), cut::link(&text, most)] {
        assert!(cut.chars().count() <= most, "{cut:?}");
        assert_eq!(fits, cut == text, "{cut:?}");
    }
}

/// The whole input is the text; a byte that can only be the middle of a character, and is not, stands for an example of
/// the catalogue: one of 64, of which the bytes from 0xf8 on, which no text has, say whether they are the first ones.
pub fn redact(input: &[u8]) {
    let mut text = String::new();
    let mut page = 0;
    for chunk in input.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            if *byte >= 0xf8 {
                page = usize::from(byte & 7);
                continue;
            }
            let row = redaction::catalogue().nth(page * 64 + usize::from(byte & 0x3f));
            text.push_str(&row.map_or_else(|| "\u{fffd}".to_owned(), redaction::Rule::example));
        }
    }
    let clean = cleaning::block(&text);
    let shown = sanitize(&text, true);
    all_visible(&shown);
    only_notes_added(&clean, &shown);
    assert!(shown.len() <= clean.len() * 4 + 100);
    assert_eq!(redaction::redact(&shown, true), shown, "{text:?}");
    assert_eq!(cleaning::block(&shown), shown, "{text:?}");
}

/// What is no note was there before, in the same order.
fn only_notes_added(text: &str, shown: &str) {
    let mut rest = text;
    for (index, piece) in shown.split("[redacted: ").enumerate() {
        let piece = if index == 0 { piece } else { piece.split_once(']').map_or(piece, |(_, piece)| piece) };
        let found = rest.split_once(piece);
        assert!(found.is_some(), "{piece:?} of {shown:?} in {text:?}");
        rest = found.map_or("", |(_, rest)| rest);
    }
}

const OPEN: &str = "<<<UNTRUSTED 4f2a";
const CLOSE: &str = "UNTRUSTED 4f2a>>>";

/// The whole input is what a sender wrote, who happens to know the marker.
pub fn fence(input: &[u8]) {
    let text = text_of(input);
    let wrapped = Fence::new("4f2a").wrap(&text);
    let inside = wrapped.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE));
    assert!(inside.is_some_and(|inside| inside.starts_with('\n') && inside.ends_with('\n')), "{wrapped:?}");
    let inside = inside.unwrap_or_default();
    assert!(!inside.contains("```") && !inside.contains("~~~"), "{inside:?}");
    for line in inside.lines() {
        let dense: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        let word = letters(line).collect::<String>().to_ascii_uppercase().contains("UNTRUSTED");
        assert!(!(word && (dense.contains("<<") || dense.contains(">>"))), "{line:?}");
    }
    all_visible(inside);
    assert_eq!(fencing::neutral(inside), inside);
    // It is still readable: the words are those of the sender, but for letters that look like brackets.
    let words = |text: &str| letters(text).filter(|c| !matches!(c, 'ᐸ' | 'ᐳ')).collect::<String>();
    assert_eq!(words(inside), words(&cleaning::block(&text)));
    assert!(inside.len() <= text.len() + 2);
}

/// Letters and digits, and the letters that flags are made of.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '\u{1f1e6}'..='\u{1f1ff}'))
}
