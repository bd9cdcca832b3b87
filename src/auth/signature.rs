//! Signatures over the raw body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;
use crate::secret::Secret;

/// The most signatures of one header that are looked at: a sender rotating secrets sends two or three.
const MOST_SIGNATURES: usize = 20;

/// Whether one of the `v1=` values of `X-PagerDuty-Signature` is the HMAC-SHA256 of the body. Values of other
/// versions are passed over. The key is the secret's text as it was given, not decoded.
/// Source: <https://developer.pagerduty.com/docs/verifying-webhook-signatures>.
pub fn pagerduty(secret: &Secret, header: &str, body: &[u8]) -> bool {
    let Some(mac) = hmac_sha256(secret.expose(), body) else { return false };
    header.split(',').take(MOST_SIGNATURES).fold(false, |any, part| {
        let right = part
            .trim()
            .strip_prefix("v1=")
            .and_then(hex::decode)
            .is_some_and(|signature| mac.clone().verify_slice(&signature).is_ok());
        any | right
    })
}

fn hmac_sha256(key: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(body);
    Some(mac)
}

/// The header value PagerDuty would send.
#[cfg(test)]
pub fn sign(key: &str, body: &[u8]) -> String {
    format!("v1={}", hex::encode(&hmac_sha256(key, body).unwrap().finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_known_vector_holds() {
        // RFC 4231, test case 2.
        let header = "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(pagerduty(&Secret::new("Jefe"), header, b"what do ya want for nothing?"));
    }

    #[test]
    fn one_good_signature_of_three_is_enough_and_other_versions_do_not_count() {
        let secret = Secret::new("key");
        let good = sign("key", b"body");
        let bad = sign("other", b"body");
        assert!(pagerduty(&secret, &format!("{bad},{good},v1=00"), b"body"));
        assert!(pagerduty(&secret, &format!("{bad}, {good}"), b"body"));
        assert!(!pagerduty(&secret, &bad, b"body"));
        assert!(!pagerduty(&secret, &good.replace("v1=", "v2="), b"body"));
        assert!(!pagerduty(&secret, &good, b"body "));
        for odd in ["", "v1=", "v1", "v1=zz", ",,,", "v1=é", good.trim_end_matches(|c| c != '=')] {
            assert!(!pagerduty(&secret, odd, b"body"), "{odd}");
        }
    }
}
