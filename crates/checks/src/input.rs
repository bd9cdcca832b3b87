//! What the checks share.

use std::borrow::Cow;
use std::sync::LazyLock;

use inbound::auth::{Attempt, Claim, EndpointSecrets, Token, Verified};
use inbound::endpoint::Endpoint;
use inbound::senders::Mappings;
use incident::time::Time;

/// The input of a check that takes text.
pub fn text_of(input: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(input)
}

/// A body as it comes in where anybody may call.
pub fn verified(body: &[u8]) -> Verified<'_> {
    let open = EndpointSecrets { open: true, ..EndpointSecrets::default() };
    let claim = Claim { hook: Endpoint::Any, header: &|_| None, query_secret: None, now: Time(0) };
    let Ok(verified) = Attempt::new(&open, claim).verify(body, &Token::Absent) else {
        unreachable!("anybody may call")
    };
    verified
}

/// The files of `prompts` or `senders`, each with its path.
pub fn texts(folder: &str) -> Vec<(String, String)> {
    let place = format!("{}/../../{folder}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(place).into_iter().flatten().flatten();
    let named = files.map(|file| (format!("{folder}/{}", file.file_name().display()), file.path()));
    named.filter_map(|(name, path)| Some((name, std::fs::read_to_string(path).ok()?))).collect()
}

/// The mappings of the folder `senders/`.
pub fn mappings() -> &'static Mappings {
    static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
        let mut problems = Vec::new();
        let mappings = inbound::senders::mappings(Vec::new(), &texts("senders"), &mut problems);
        assert_eq!(problems, []);
        mappings
    });
    &MAPPINGS
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
