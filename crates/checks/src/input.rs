//! What the checks share.

use std::borrow::Cow;

use inbound::auth::{Attempt, HookSecrets, Token, Verified};
use inbound::endpoint::Hook;
use incident::time::Time;

/// The input of a check that takes text.
pub fn text_of(input: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(input)
}

/// A body as it comes in where anybody may call.
pub fn verified(body: &[u8]) -> Verified<'_> {
    let open = HookSecrets { open: true, ..HookSecrets::default() };
    let attempt = Attempt { hook: Hook::Any, header: &|_| None, query_secret: None, body, now: Time(0) };
    let Ok(verified) = open.verify(&attempt, &Token::Absent) else { unreachable!("anybody may call") };
    verified
}

/// Nothing in the text is hidden from a reader: no control character but newline and tab, nothing that changes the
/// direction, no zero-width character and no tag. Joiners and variation selectors may stand after a visible character
/// beyond ASCII, which emoji and some scripts need.
pub fn all_visible(text: &str) {
    let mut last = ' ';
    for c in text.chars() {
        match c {
            '\n' | '\t' => {}
            '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => assert!(!last.is_ascii(), "{text:?}"),
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => {
                panicking(c, text);
            }
            '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => {
                panicking(c, text);
            }
            c if c.is_control() => panicking(c, text),
            _ => {}
        }
        last = c;
    }
}

fn panicking(c: char, text: &str) {
    assert!(c == ' ', "{c:?} in {text:?}");
}
