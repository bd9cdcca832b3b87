//! What a row of the catalogue is: a kind of secret, and how it is found.

/// A kind of secret.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What the note calls it: `[redacted: aws key]`.
    pub name: &'static str,
    /// How it is found.
    pub(super) find: Find,
    /// A text with one such secret. Only where tests can run: the Worker has no use for 20 KB of examples.
    #[cfg(any(test, not(target_arch = "wasm32")))]
    pub(super) example: &'static str,
    /// An ordinary text that resembles it.
    #[cfg(any(test, not(target_arch = "wasm32")))]
    pub lookalike: &'static str,
}

/// How a kind of secret is found.
#[derive(Clone, Copy)]
pub(super) enum Find {
    /// By what it is made of: see `pattern`.
    Key(&'static [&'static str]),
    /// By a name before it that ends like one of these (letters and digits only, in lower case), as in
    /// `password=…`, `"password": "…"`, `--password …` and `<password>…`.
    Label(&'static [&'static str], Value),
    /// By code of its own: see `shape`.
    Shape,
}

impl Rule {
    pub(super) const fn new(name: &'static str, find: Find, example: &'static str, lookalike: &'static str) -> Rule {
        #[cfg(all(target_arch = "wasm32", not(test)))]
        let _ = (example, lookalike);
        Rule {
            name,
            find,
            #[cfg(any(test, not(target_arch = "wasm32")))]
            example,
            #[cfg(any(test, not(target_arch = "wasm32")))]
            lookalike,
        }
    }

    /// Whether it is a vendor's key.
    #[cfg(test)]
    pub(super) fn is_key(&self) -> bool {
        matches!(self.find, Find::Key(_))
    }

    /// A text with one such secret.
    #[cfg(any(test, not(target_arch = "wasm32")))]
    pub fn example(&self) -> String {
        match self.find {
            Find::Key(_) => self.example.replace(' ', ""),
            _ => self.example.to_owned(),
        }
    }
}

/// Rows of vendors' keys: the kind's name, its patterns, an example with blanks in it, a look-alike.
macro_rules! kinds {
    ($group:ident $($name:literal: $($pattern:literal)+; $example:literal; $lookalike:literal;)+) => {
        pub(crate) const $group: &[$crate::redact::rule::Rule] = &[$($crate::redact::rule::Rule::new(
            $name,
            $crate::redact::rule::Find::Key(&[$($pattern),+]),
            $example,
            $lookalike,
        )),+];
    };
}
pub(super) use kinds;

pub(super) const PRIVATE_KEY: &str = "private key";
pub(super) const JWT: &str = "jwt";
pub(super) const BEARER: &str = "bearer token";
pub(super) const URL: &str = "url password";
pub(super) const AZURE: &str = "azure key";
pub(super) const HASH: &str = "password hash";
pub(super) const OPAQUE: &str = "opaque key";
pub(super) const DISCORD: &str = "discord token";
pub(super) const CARD: &str = "card number";
pub(super) const EMAIL: &str = "email";

/// What a labelled value must be like to count as a secret. The more ordinary the label, the more is asked: a sentence
/// may say `token: unexpected`, but a colon after `password` mostly means one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// Anything but a placeholder or a word such as `invalid`; the rest of the line when nothing else is on it.
    Any,
    /// Four characters or more.
    Some,
    /// The same, but looking machine-made where it may be the middle of a sentence.
    Telling,
    /// Long and machine-made wherever it stands.
    Long,
    /// A number that people type, or machine-made.
    Digits,
    /// Exactly 32 letters and digits.
    Code,
    /// Nothing but a key looks like it.
    Opaque,
    /// Long and machine-made, in a URL's query.
    Query,
    /// An `Authorization` header's: the scheme stays.
    Credentials,
    /// A cookie header's, whole.
    Cookies,
}
