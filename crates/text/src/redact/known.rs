//! Secrets that are known, such as the bridge's own keys, hidden wherever a text repeats them: plain, escaped as JSON,
//! URLs and markup do, in base64. An error often quotes what was sent.

use super::source::Source;
use crate::clean;

/// What stands for a known secret.
const NOTE: &str = "[redacted]";

/// Of a secret in base64, fewer characters than this would also be found where it isn't.
const LEAST: usize = 8;

/// The text without this secret, however it is written.
pub fn hide(text: &str, secret: &str) -> String {
    if secret.is_empty() {
        return text.to_owned();
    }
    // As it is, also where it contains what looks like an escape; and as JSON, and JSON in JSON, write it.
    let json = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let forms = [secret.to_owned(), json(secret), json(&json(secret))];
    let plain = forms.iter().fold(text.to_owned(), |text, form| text.replace(form, NOTE));
    let plain = without_encoded(&plain, secret.as_bytes());
    let mut forms = vec![secret.as_bytes().to_vec()];
    for form in (0..3).filter_map(|before| in_base64(secret.as_bytes(), before)) {
        // The alphabet for URLs has two other characters.
        forms.push(
            form.iter()
                .map(|b| {
                    if *b == b'+' {
                        b'-'
                    } else if *b == b'/' {
                        b'_'
                    } else {
                        *b
                    }
                })
                .collect(),
        );
        forms.push(form);
    }
    without(&plain, &forms)
}

/// The text without this secret as URLs write it, whichever of its characters are encoded.
fn without_encoded(text: &str, secret: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = after_encoded(rest, secret) {
            out.push_str(NOTE);
            rest = after;
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
    }
    out
}

/// What stands behind the secret that `text` begins with, where `%3D`, also as `%253D`, is a `=`.
fn after_encoded<'a>(text: &'a str, secret: &[u8]) -> Option<&'a str> {
    let mut rest = text.as_bytes();
    for byte in secret {
        rest = match rest {
            [b'%', encoded @ ..] => {
                let mut digits = encoded;
                while let [b'2', b'5', more @ ..] = digits {
                    digits = more;
                }
                let value = std::str::from_utf8(digits.get(..2)?).ok()?;
                let found = u8::from_str_radix(value, 16) == Ok(*byte);
                if found { digits.get(2..)? } else { rest.strip_prefix(&[*byte])? }
            }
            _ => rest.strip_prefix(&[*byte])?,
        };
    }
    text.get(text.len() - rest.len()..)
}

/// The text without any of these, with every escape read as what it stands for.
fn without(text: &str, forms: &[Vec<u8>]) -> String {
    let src = Source::new(text);
    if is_kept_apart(&src, forms) {
        return NOTE.to_owned();
    }
    let mut first = [false; 256];
    for byte in forms.iter().filter_map(|form| form.first()) {
        if let Some(place) = first.get_mut(usize::from(*byte)) {
            *place = true;
        }
    }
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < src.len() {
        let begins = first.get(usize::from(src.at(at))).is_some_and(|first| *first);
        let form = forms.iter().find(|form| begins && src.slice(at, at + form.len()) == form.as_slice());
        let Some(form) = form else {
            at += 1;
            continue;
        };
        out.push_str(text.get(copied..src.raw(at)).unwrap_or(""));
        out.push_str(NOTE);
        at += form.len();
        copied = src.raw(at);
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    out
}

/// Whether one of these is there once invisible characters and terminal escapes are gone, which are dropped before anything is
/// shown. Nobody writes a secret so who means well: nothing of such a text is kept.
fn is_kept_apart(src: &Source<'_>, forms: &[Vec<u8>]) -> bool {
    let bytes = src.slice(0, src.len());
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return false;
    }
    let text = String::from_utf8_lossy(bytes);
    let shown = clean::block(&text);
    let is_in = |text: &str, form: &[u8]| std::str::from_utf8(form).is_ok_and(|form| text.contains(form));
    shown != text && forms.iter().any(|form| is_in(&shown, form) && !is_in(&text, form))
}

/// The characters of base64 that say nothing but the secret, when so many bytes stand before it, modulo 3. The ones at
/// its ends also depend on what stands beside it.
fn in_base64(secret: &[u8], before: usize) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |n: usize| {
        let byte = secret.get(n / 8).copied().unwrap_or(0);
        usize::from(byte >> (7 - n % 8) & 1)
    };
    // Where the first character begins that has bits of the secret only.
    let first = (6 - before * 8 % 6) % 6;
    let count = (secret.len() * 8).checked_sub(first)? / 6;
    let digit = |n: usize| {
        let value = (0..6).fold(0, |value, place| value << 1 | bit(first + n * 6 + place));
        ALPHABET.get(value).copied()
    };
    (count >= LEAST).then(|| (0..count).filter_map(digit).collect())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    /// How a secret may be written in somebody else's error.
    fn written(secret: &str) -> Vec<String> {
        let percent = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
        let mut all = vec![
            secret.to_owned(),
            serde_json::to_string(secret).unwrap(),
            serde_json::to_string(&serde_json::to_string(secret).unwrap()).unwrap(),
            secret.bytes().map(percent).collect(),
            secret.bytes().map(|b| format!("%{b:02x}")).collect(),
            secret.bytes().map(percent).collect::<String>().replace('%', "%25"),
            secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect(),
            secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
        ];
        for before in ["", "x", "x:", "user:"] {
            for after in ["", "!", "!!"] {
                let text = [before, secret, after].concat();
                all.push(BASE64_STANDARD.encode(&text));
                all.push(BASE64_STANDARD_NO_PAD.encode(&text));
                all.push(BASE64_URL_SAFE.encode(&text));
                all.push(BASE64_STANDARD.encode(&text).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
            }
        }
        all
    }

    #[test]
    fn a_known_secret_is_hidden_however_it_is_written() {
        for secret in ["cog_k3v9x2m7q4w8z1n6", "a?b>c~d\"e\\f&g<h=i+j/k", "ünïcode-secret-key"] {
            for text in written(secret) {
                let shown = hide(&format!("refused: {text}, sorry"), secret);
                assert!(shown.starts_with("refused: ") && shown.ends_with(", sorry"), "{shown}");
                let left = shown.replace(NOTE, "");
                assert!(left.len() <= "refused: , sorry".len() + 20, "{text}: {shown}");
            }
        }
    }

    #[test]
    fn what_is_not_the_secret_stays() {
        assert_eq!(hide("nothing to see", ""), "nothing to see");
        assert_eq!(hide("no key here: 100 %, c:\\new, &amp;", "cog_k3v9x2m7"), "no key here: 100 %, c:\\new, &amp;");
        assert_eq!(hide("a short key is found as it is only: YWI=", "ab"), "a short key is found as it is only: YWI=");
    }

    #[test]
    fn what_is_dropped_later_keeps_no_secret_apart() {
        const KEY: &str = "cog_k3v9x2m7q4w8z1n6";
        let apart = |with: &str| KEY.chars().map(String::from).collect::<Vec<_>>().join(with);
        for with in [
            "\u{200b}",
            "\u{ad}",
            "\0",
            "\u{1b}[0m",
            "\u{feff}",
            "\u{e0041}",
            "\u{fe0f}",
            "\\u200b",
            "%E2%80%8B",
            "&#8203;",
        ] {
            for text in [apart(with), BASE64_STANDARD.encode(KEY).replacen('z', &format!("z{with}"), 1)] {
                let shown = hide(&format!("{{\"detail\": \"refused: {text}, sorry\"}}"), KEY);
                assert_eq!(shown, NOTE, "{with:?}");
            }
        }
        let other = "{\"detail\": \"caf\\u00e9 \u{200b}\u{1b}[31m cog_k3v9x2\"}";
        assert_eq!(hide(other, KEY), other);
        assert_eq!(hide(&format!("{KEY} a\u{200b}b"), KEY), format!("{NOTE} a\u{200b}b"));
    }

    proptest! {
        // What looks like an escape in the secret itself may be read as one where yet another way of writing is used.
        #[test]
        fn nothing_is_left(secret in "[!-$'-\\[\\]-~]{12,40}", which in 0usize..56, before in "[a-z ]{0,5}", after in "[a-z ]{0,5}") {
            let text = format!("{before} {} {after}", written(&secret)[which]);
            let shown = hide(&text, &secret);
            prop_assert!(shown.contains(NOTE), "{text}");
            prop_assert!(!shown.contains(&secret));
            prop_assert_eq!(hide(&shown, &secret), shown);
        }
    }
}
