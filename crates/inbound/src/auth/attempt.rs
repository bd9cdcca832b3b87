//! What a request claims, and what it is compared with.

use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::{Engine, alphabet};
use incident::secret::Secret;
use incident::time::Time;

use crate::endpoint::Endpoint;

/// Base64 with its padding, read by any of our senders' rules: what the last digit says beyond the last byte is ignored.
pub(super) const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

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

/// What a request to a hook says of who sent it, besides its body.
pub struct Claim<'a> {
    /// Where it came to.
    pub hook: Endpoint,
    /// The value of a header by its name, which may be in any case.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// `?secret=`, decoded.
    pub query_secret: Option<String>,
    /// When it came.
    pub now: Time,
}

impl Claim<'_> {
    /// Whether its Content-Type calls the body a form.
    pub(super) fn is_form(&self) -> bool {
        let kind = (self.header)("Content-Type").unwrap_or_default();
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }

    /// The shared secrets offered, one for each carrier that was used.
    pub(super) fn shared_secrets(&self) -> Vec<String> {
        let header = (self.header)("X-Webhook-Secret").map(str::to_owned);
        let authorization = (self.header)("Authorization").and_then(secret_of_authorization);
        [header, authorization, self.query_secret.clone()].into_iter().flatten().collect()
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
        let pair = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
        return pair.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}
