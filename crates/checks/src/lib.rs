//! What must hold for any input, however hostile. `fuzz/` looks for inputs that break it, with a target for each check;
//! those it found, and its seeds, are tested on every run of `cargo test`. No part of the Worker.

mod auth;
mod prompt;
mod routing;
mod senders;
mod text;

use std::borrow::Cow;

use inbound::auth::{Attempt, HookSecrets, Token, Verified};
use inbound::endpoint::Hook;
use incident::time::Time;

/// A check: it panics where the input breaks a promise.
pub type Check = fn(&[u8]);

/// Every check, by the name of its fuzz target.
pub const CHECKS: &[(&str, Check)] = &[
    ("signature", auth::signature),
    ("signatures", auth::signatures),
    ("token", auth::token),
    ("pagerduty", senders::pagerduty),
    ("azure_monitor", senders::azure_monitor),
    ("kibana", senders::kibana),
    ("alert", senders::alert),
    ("any", senders::any),
    ("clean", text::clean),
    ("redact", text::redact),
    ("fence", text::fence),
    ("template", prompt::template),
    ("routes", routing::routes),
];

/// Runs the check of that name.
pub fn check(name: &str, input: &[u8]) {
    let found = CHECKS.iter().find(|(known, _)| *known == name);
    assert!(found.is_some(), "there is no check {name}");
    found.into_iter().for_each(|(_, check)| check(input));
}

/// The input of a check that takes text.
fn text_of(input: &[u8]) -> Cow<'_, str> {
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
fn all_visible(text: &str) {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// What fuzzing found once, and what it starts from.
    #[test]
    fn known_inputs_pass() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
        for (name, check) in super::CHECKS {
            let mut inputs = 0;
            for folder in ["seeds", "regressions"] {
                let Ok(files) = fuzz.join(folder).join(name).read_dir() else { continue };
                for file in files {
                    let path = file.unwrap().path();
                    println!("{}", path.display());
                    check(&std::fs::read(path).unwrap());
                    inputs += 1;
                }
            }
            assert!(inputs > 0, "no input for {name}");
        }
    }
}
