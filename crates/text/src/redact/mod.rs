//! Secrets replaced by notes such as `[redacted: aws key]`, before anything is stored, logged or sent.
//!
//! A walk over the text: where a character may begin, or stand in front of, a secret of the [`CATALOGUE`], the rule
//! in question looks at what is there; what it recognises is replaced as a whole and not looked at again. Every
//! look back is bounded, and every look ahead either is or consumes what it has read, so that no text takes longer
//! than its length warrants. There is no regular expression engine: it would be larger than the rest of the Worker.

mod catalogue;
mod extent;
mod label;
mod ordinary;
mod shape;
mod source;
mod token;
mod value;

#[cfg(test)]
mod tests;

pub use catalogue::{CATALOGUE, Rule};
use source::{Hit, NOTE, Source};

/// The text with its secrets replaced. `emails` says whether e-mail addresses count as secrets. Doing it twice changes
/// nothing more. Hidden characters inside a secret would keep it from being recognised, so text from outside is
/// cleaned first: see [`super::safe`].
pub fn redact(text: &str, emails: bool) -> String {
    let mut out = None;
    // What is left may look different without the secrets that were in it: `key: word_AKIA…[` looks like source code,
    // `key: word_` doesn't. Mostly the second walk finds nothing, and text without secrets needs no second one.
    for _ in 0..MOST_WALKS {
        match walk(out.as_deref().unwrap_or(text), emails) {
            Some(shown) => out = Some(shown),
            None => break,
        }
    }
    out.unwrap_or_else(|| text.to_owned())
}

/// The value of a field of this name, with its secrets replaced: all of it, in however many words, where the name says
/// that it is one, as `password` does.
pub fn named(name: &str, text: &str, emails: bool) -> String {
    let src = Source::new(text);
    let Some(hit) = value::under_name(&src, name) else { return redact(text, emails) };
    let mut out = text.get(..hit.start).unwrap_or("").to_owned();
    push_note(&mut out, hit.name);
    out
}

fn push_note(out: &mut String, name: &str) {
    out.push_str(NOTE);
    out.push_str(name);
    out.push(']');
}

/// More than any text has been seen to need; a limit keeps the time in proportion to the length.
const MOST_WALKS: usize = 6;

/// One walk over the text; nothing when there is no secret in it.
fn walk(text: &str, emails: bool) -> Option<String> {
    let mut src = Source::new(text);
    let mut named = value::Named::default();
    let mut out = String::new();
    let mut copied = 0;
    let mut i = 0;
    while i < src.len() {
        let byte = src.at(i);
        if byte == b'['
            && let Some(end) = src.note(i)
        {
            i = end;
            src.floor = end;
            continue;
        }
        let Some(hit) = secret(&src, i, byte, emails, &mut named) else {
            i += 1;
            continue;
        };
        // A limit may have ended it in the middle of a character.
        let end = text.ceil_char_boundary(hit.end);
        out.push_str(text.get(copied..text.floor_char_boundary(hit.start)).unwrap_or(""));
        push_note(&mut out, hit.name);
        copied = end;
        i = end;
        src.floor = end;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    Some(out)
}

/// The secret that the byte at `i` leads to.
fn secret(src: &Source, i: usize, byte: u8, emails: bool, named: &mut value::Named) -> Option<Hit> {
    let special = match byte {
        b':' if src.starts(i, "://") => shape::url_password(src, i),
        b'=' | b':' => value::after_separator(src, i, 1, named),
        b'%' if src.starts_like(i, "%3a%2f%2f") => shape::encoded_url_password(src, i),
        b'%' if src.starts_like(i, "%3d") || src.starts_like(i, "%3a") => value::after_separator(src, i, 3, named),
        b'%' if emails && src.starts(i, "%40") => shape::email(src, i, 3),
        b'@' if src.starts(i, "@tcp(") || src.starts(i, "@unix(") => shape::dsn_password(src, i),
        b'@' if emails => shape::email(src, i, 1),
        b'>' => value::in_element(src, i),
        b'-' if src.starts(i, "-----") => shape::private_key(src, i),
        b'-' => value::option(src, i),
        b'"' | b'\'' if src.at(i + 1) == b',' => value::in_tuple(src, i),
        b'"' | b'\'' => value::in_sql(src, i),
        b'0'..=b'9' => shape::card(src, i),
        b'b' | b'B' => token::bearer(src, i),
        b'e' => token::jwt(src, i),
        _ => None,
    };
    if special.is_none() && byte.is_ascii_alphabetic() { token::vendor(src, i) } else { special }
}
