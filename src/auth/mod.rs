//! Who is calling: proof of identity over the raw bytes, before anything is parsed.

mod signature;

use crate::secret::Secret;

/// A body whose sender proved who it is. Parsers take nothing else, so no unverified byte can be parsed.
pub struct Verified<'a> {
    body: &'a [u8],
    by: Proof,
}

impl<'a> Verified<'a> {
    /// The raw bytes as they were received.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// How the sender proved it.
    pub fn by(&self) -> Proof {
        self.by
    }

    /// A body that tests vouch for.
    #[cfg(test)]
    pub fn in_test(body: &'a [u8]) -> Self {
        Verified { body, by: Proof::SharedSecret }
    }
}

/// Which secret proved it: once the previous ones no longer turn up in the log, they can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// `WEBHOOK_SECRET`.
    SharedSecret,
    /// `WEBHOOK_SECRET_PREVIOUS`.
    PreviousSharedSecret,
    /// `PAGERDUTY_SIGNING_SECRET`.
    PagerdutySignature,
    /// `PAGERDUTY_SIGNING_SECRET_PREVIOUS`.
    PreviousPagerdutySignature,
    /// None: the configuration lets anybody in.
    Open,
}

impl Proof {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Proof::SharedSecret => "webhook_secret",
            Proof::PreviousSharedSecret => "webhook_secret_previous",
            Proof::PagerdutySignature => "pagerduty_signature",
            Proof::PreviousPagerdutySignature => "pagerduty_signature_previous",
            Proof::Open => "none",
        }
    }
}

/// A current secret and the one before it, while both are in use.
#[derive(Clone, Debug, Default)]
pub struct Rotating {
    /// The secret in force.
    pub current: Option<Secret>,
    /// The one it replaced.
    pub previous: Option<Secret>,
}

impl Rotating {
    /// Whether there is any secret at all.
    pub fn is_set(&self) -> bool {
        self.current.is_some() || self.previous.is_some()
    }
}

/// What the hooks accept as proof.
#[derive(Clone, Debug, Default)]
pub struct HookSecrets {
    /// The shared secret.
    pub shared: Rotating,
    /// What PagerDuty signs with.
    pub pagerduty: Rotating,
    /// Whether anybody may call while there is no secret: `ALLOW_UNAUTHENTICATED`.
    pub open: bool,
}

/// What a request brought as proof. Header values and the query parameter as they came.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// `X-Webhook-Secret`.
    pub webhook_secret: Option<String>,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// `?secret=`, decoded.
    pub query_secret: Option<String>,
    /// `X-PagerDuty-Signature`, where the hook takes it.
    pub pagerduty_signature: Option<String>,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No secret is configured that this hook could check: nothing is processed until one is.
    NotConfigured,
    /// The proof is missing or wrong; the caller is not told which.
    Unauthorized,
}

impl HookSecrets {
    /// Checks a request's proof over its raw body. `signed`: PagerDuty's signature counts on this hook. Every
    /// comparison is made whatever the ones before gave, so that the time tells nothing.
    pub fn verify<'a>(&self, credentials: &Credentials, signed: bool, body: &'a [u8]) -> Result<Verified<'a>, Refusal> {
        let checkable = self.shared.is_set() || signed && self.pagerduty.is_set();
        if !checkable {
            return if self.open { Ok(Verified { body, by: Proof::Open }) } else { Err(Refusal::NotConfigured) };
        }
        let offered = credentials.shared_secrets();
        let shared = |secret: &Option<Secret>| {
            let secret = secret.as_ref();
            secret.is_some_and(|secret| offered.iter().fold(false, |any, guess| any | secret.matches(guess)))
        };
        let signature = |secret: &Option<Secret>| match (secret, &credentials.pagerduty_signature) {
            (Some(secret), Some(header)) if signed => signature::pagerduty(secret, header, body),
            _ => false,
        };
        let proofs = [
            (shared(&self.shared.current), Proof::SharedSecret),
            (shared(&self.shared.previous), Proof::PreviousSharedSecret),
            (signature(&self.pagerduty.current), Proof::PagerdutySignature),
            (signature(&self.pagerduty.previous), Proof::PreviousPagerdutySignature),
        ];
        let proof = proofs.into_iter().find_map(|(holds, proof)| holds.then_some(proof));
        proof.map(|by| Verified { body, by }).ok_or(Refusal::Unauthorized)
    }
}

impl Credentials {
    /// The shared secrets offered, one for each carrier that was used.
    fn shared_secrets(&self) -> Vec<String> {
        let authorization = self.authorization.as_deref().and_then(secret_of_authorization);
        [self.webhook_secret.clone(), authorization, self.query_secret.clone()].into_iter().flatten().collect()
    }
}

/// The secret in an `Authorization` header: a bearer token, or the password of `Basic`, whose user may be anything.
pub fn secret_of_authorization(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(base64(value)?).ok()?;
        return pair.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

/// Decodes base64. By hand: the crate for it costs 5 KB of WASM.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in digits.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn base64_is_decoded_as_the_crate_does() {
        for text in ["", "a", "ab", "abc", "\u{ff}\0é漢😀~", &"xyz?>".repeat(30)] {
            assert_eq!(base64(&STANDARD.encode(text)).as_deref(), Some(text.as_bytes()));
        }
        for broken in ["a", "ab", "abc", "ab=", "a===", "====", "ab=c", "ab-_", "ab c"] {
            assert_eq!(base64(broken), None, "{broken}");
        }
    }

    const BODY: &[u8] = br#"{"event":{}}"#;

    fn secrets() -> HookSecrets {
        let rotating = |current: &str, previous: &str| Rotating {
            current: Some(Secret::new(current)),
            previous: Some(Secret::new(previous)),
        };
        HookSecrets { shared: rotating("new", "old"), pagerduty: rotating("key-new", "key-old"), open: false }
    }

    fn proof(credentials: Credentials) -> Result<Proof, Refusal> {
        secrets().verify(&credentials, true, BODY).map(|verified| verified.by())
    }

    #[test]
    fn every_carrier_takes_the_current_and_the_previous_secret() {
        for (secret, by) in [("new", Proof::SharedSecret), ("old", Proof::PreviousSharedSecret)] {
            let basic = STANDARD.encode(format!("anyone:{secret}"));
            let header = |value: String| Credentials { authorization: Some(value), ..Default::default() };
            assert_eq!(proof(header(format!("Bearer {secret}"))), Ok(by));
            assert_eq!(proof(header(format!("bearer  {secret}"))), Ok(by));
            assert_eq!(proof(header(format!("Basic {basic}"))), Ok(by));
            assert_eq!(proof(Credentials { webhook_secret: Some(secret.into()), ..Default::default() }), Ok(by));
            assert_eq!(proof(Credentials { query_secret: Some(secret.into()), ..Default::default() }), Ok(by));
        }
    }

    #[test]
    fn anything_else_is_unauthorized() {
        let header = |value: &str| Credentials { authorization: Some(value.into()), ..Default::default() };
        for wrong in ["", "new", "Bearer", "Bearer ", "Bearer New", "Basic new", "Basic bmV3", "Digest new"] {
            assert_eq!(proof(header(wrong)), Err(Refusal::Unauthorized), "{wrong}");
        }
        assert_eq!(proof(Credentials::default()), Err(Refusal::Unauthorized));
    }

    #[test]
    fn one_right_carrier_is_enough() {
        let both = Credentials {
            webhook_secret: Some("wrong".into()),
            query_secret: Some("new".into()),
            ..Default::default()
        };
        assert_eq!(proof(both), Ok(Proof::SharedSecret));
    }

    #[test]
    fn a_signature_counts_only_where_it_is_taken() {
        let header = signature::sign("key-new", BODY);
        let credentials = Credentials { pagerduty_signature: Some(header), ..Default::default() };
        assert_eq!(proof(credentials.clone()), Ok(Proof::PagerdutySignature));
        assert_eq!(secrets().verify(&credentials, false, BODY).map(|v| v.by()), Err(Refusal::Unauthorized));
    }

    #[test]
    fn without_a_secret_nobody_gets_in_unless_that_is_wanted() {
        let none = HookSecrets::default();
        assert_eq!(none.verify(&Credentials::default(), true, BODY).map(|v| v.by()), Err(Refusal::NotConfigured));
        let open = HookSecrets { open: true, ..Default::default() };
        assert_eq!(open.verify(&Credentials::default(), true, BODY).map(|v| v.by()), Ok(Proof::Open));
        let still_closed = HookSecrets { open: true, ..secrets() };
        let refused = still_closed.verify(&Credentials::default(), true, BODY).map(|v| v.by());
        assert_eq!(refused, Err(Refusal::Unauthorized));
    }

    #[test]
    fn a_signing_secret_does_not_open_hooks_that_take_no_signature() {
        let only_pagerduty = HookSecrets { pagerduty: secrets().pagerduty, ..Default::default() };
        let refused = only_pagerduty.verify(&Credentials::default(), false, BODY).map(|v| v.by());
        assert_eq!(refused, Err(Refusal::NotConfigured));
    }
}
