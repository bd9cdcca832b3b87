//! The proofs of identity that a request brings.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::text_of;
use crate::auth::{Credentials, HookSecrets, Proof, Rotating};
use crate::hex;
use crate::secret::Secret;

const SHARED: &str = "shared-secret";
const KEY: &str = "signing-key";

/// Four lines of headers (PagerDuty's signature, `X-Webhook-Secret`, `Authorization`, `?secret=`), then the body.
/// `GOOD` in the first line stands for the right signature.
pub fn signature(input: &[u8]) {
    let mut parts = input.splitn(5, |byte| *byte == b'\n');
    let mut header = || parts.next().map(|part| text_of(part).into_owned());
    let (signature, secret, authorization, query) = (header(), header(), header(), header());
    let body = parts.next().unwrap_or_default();
    let right = hmac(body);
    let signature = signature.map(|header| header.replace("GOOD", &right));

    let signed = signature.as_deref().is_some_and(|header| {
        let mut parts = header.split(',').take(20).map(str::trim);
        parts.any(|part| part.strip_prefix("v1=").is_some_and(|hex| hex.eq_ignore_ascii_case(&right)))
    });
    let named = [&secret, &query].into_iter().flatten().any(|offered| offered == SHARED);
    let bearer = authorization
        .as_deref()
        .and_then(|header| header.trim().split_once(' '))
        .is_some_and(|(scheme, value)| scheme.eq_ignore_ascii_case("bearer") && value.trim() == SHARED);
    let basic = authorization.as_deref().is_some_and(|header| header.trim().to_ascii_lowercase().starts_with("basic "));

    let credentials =
        Credentials { webhook_secret: secret, authorization, query_secret: query, pagerduty_signature: signature };
    let one = |secret: &str| Rotating { current: Some(Secret::new(secret)), previous: None };
    let secrets = HookSecrets { shared: one(SHARED), pagerduty: one(KEY), open: false };
    match secrets.verify(&credentials, true, body) {
        Ok(verified) => {
            assert_eq!(verified.body(), body);
            match verified.by() {
                Proof::PagerdutySignature => assert!(signed),
                by => assert!(by == Proof::SharedSecret && (named || bearer || basic)),
            }
        }
        Err(_) => assert!(!signed && !named && !bearer),
    }
}

fn hmac(body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).map(|mut mac| {
        mac.update(body);
        hex::encode(&mac.finalize().into_bytes())
    });
    mac.unwrap_or_default()
}
