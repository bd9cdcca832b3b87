//! Secrets that can be compared and handed to whom they are for, and never shown.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret value. `Debug` shows nothing of it, and it can't be displayed or serialised.
#[derive(Clone, PartialEq)]
pub struct Secret {
    value: String,
    /// Its SHA-256, which guesses are compared with.
    digest: [u8; 32],
}

impl Secret {
    /// Keeps `value` secret.
    pub fn new(value: &str) -> Secret {
        Secret { value: value.to_owned(), digest: Sha256::digest(value.as_bytes()).into() }
    }

    /// The value, for the request or the signature it is for.
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// Whether `guess` is the secret. Takes the same time whatever the guess: digests of both are compared, so that
    /// not even the length shows.
    pub fn matches(&self, guess: &str) -> bool {
        self.digest.as_slice().ct_eq(Sha256::digest(guess.as_bytes()).as_slice()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn matches_only_itself_and_shows_nothing() {
        let secret = Secret::new("s3cret");
        assert!(secret.matches("s3cret"));
        assert!(!secret.matches("s3cre") && !secret.matches("") && !secret.matches("s3cret "));
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
