//! Signatures: HMAC-SHA256 over the raw body, in the manner of each sender.

use std::time::Duration;

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::attempt::{BASE64, Claim, Rotating};
use crate::endpoint::Endpoint;
use incident::secret::Secret;
use incident::time::Time;

/// The most signatures of one header that are looked at: a sender rotating secrets sends two or three.
const MOST_SIGNATURES: usize = 20;

/// The length of an HMAC-SHA256, in bytes.
const LENGTH: usize = 32;

/// How far a signed time may be from ours, either way.
const WINDOW: Duration = Duration::from_mins(5);

/// The longest id of a delivery, in characters.
const LONGEST_ID: usize = 128;

/// What Standard Webhooks writes before a secret's base64.
const SECRET_PREFIX: &str = "whsec_";

/// A way to sign that some hooks take, and its secrets.
#[derive(Clone, Debug)]
pub struct Signature {
    /// What the log calls it.
    pub name: String,
    /// The hooks that take it.
    pub hooks: Vec<Endpoint>,
    /// How it is made.
    pub scheme: Scheme,
    /// What it is made with.
    pub secrets: Rotating,
}

impl Signature {
    /// Whether a request claims to be signed like this.
    pub(super) fn is_claimed(&self, claim: &Claim) -> bool {
        (claim.header)(&self.scheme.header).is_some()
    }
}

/// How a sender signs.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// The header with the signature, or with several.
    pub header: String,
    /// What stands between several.
    pub separator: char,
    /// What stands before a signature: `v1=`, or nothing.
    pub prefix: String,
    /// How it is written.
    pub encoding: Encoding,
    /// Where the time is that was signed with the body, if one was.
    pub timestamp: Option<Timestamp>,
    /// The header with the id that was signed with the body, if one was.
    pub id_header: Option<String>,
    /// What is signed before the body, with `{timestamp}` and `{id}`.
    pub before: String,
    /// What is signed after the body, the same.
    pub after: String,
    /// Whether the key is base64 that has to be decoded, as Standard Webhooks has it; else its text is the key.
    pub decoded_key: bool,
}

/// How the bytes of a signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal.
    Hex,
    /// Base64, with its padding.
    Base64,
}

/// Where the time of a signature is, in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub enum Timestamp {
    /// In a header of its own.
    Header(String),
    /// In the signature's header, after this prefix.
    Prefix(String),
}

impl Scheme {
    /// PagerDuty's: `X-PagerDuty-Signature: v1=<hex>,v1=<hex>`, over the body alone. The key is the secret's text as it
    /// was given. Source: <https://developer.pagerduty.com/docs/verifying-webhook-signatures>.
    pub fn pagerduty() -> Scheme {
        Scheme {
            header: "X-PagerDuty-Signature".to_owned(),
            separator: ',',
            prefix: "v1=".to_owned(),
            encoding: Encoding::Hex,
            timestamp: None,
            id_header: None,
            before: String::new(),
            after: String::new(),
            decoded_key: false,
        }
    }

    /// Standard Webhooks, with headers that begin with `family`: `webhook` in the specification, `svix` at Svix.
    /// Sources: <https://www.standardwebhooks.com>, <https://docs.svix.com/receiving/verifying-payloads/how-manual>.
    pub fn standard_webhooks(family: &str) -> Scheme {
        Scheme {
            header: format!("{family}-signature"),
            separator: ' ',
            prefix: "v1,".to_owned(),
            encoding: Encoding::Base64,
            timestamp: Some(Timestamp::Header(format!("{family}-timestamp"))),
            id_header: Some(format!("{family}-id")),
            before: "{id}.{timestamp}.".to_owned(),
            after: String::new(),
            decoded_key: true,
        }
    }

    /// The bytes of the key; `None` where the secret is not written as this scheme has it.
    pub fn key(&self, secret: &Secret) -> Option<Vec<u8>> {
        let text = secret.expose();
        if self.decoded_key {
            BASE64.decode(text.strip_prefix(SECRET_PREFIX).unwrap_or(text)).ok().filter(|key| !key.is_empty())
        } else {
            Some(text.as_bytes().to_vec())
        }
    }

    /// Whether a request is signed with this secret, now. Where a signature is offered it is computed and compared whatever
    /// is wrong with the rest of the request, so that the time of an answer does not tell what was. Who offers none knows
    /// it, and does not make the bridge hash a megabyte.
    pub fn holds(&self, secret: &Secret, claim: &Claim, body: &[u8]) -> bool {
        let header = (claim.header)(&self.header).unwrap_or_default();
        let decode = |part: &str| part.strip_prefix(&self.prefix).and_then(|text| self.encoding.decode(text));
        let offered: Vec<_> = self.parts(header).filter_map(decode).filter(|bytes| bytes.len() == LENGTH).collect();
        if offered.is_empty() {
            return false;
        }
        let id = self.id_header.as_deref().and_then(claim.header).unwrap_or_default();
        let timestamp = match &self.timestamp {
            None => None,
            Some(Timestamp::Header(name)) => Some((claim.header)(name).unwrap_or_default()),
            Some(Timestamp::Prefix(prefix)) => {
                Some(self.parts(header).find_map(|part| part.strip_prefix(prefix)).unwrap_or_default())
            }
        };
        let Some(key) = self.key(secret) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return false };
        let (before, after) = self.around(timestamp.unwrap_or_default(), id);
        mac.update(before.as_bytes());
        mac.update(body);
        mac.update(after.as_bytes());
        let right = offered.iter().fold(false, |any, signature| any | mac.clone().verify_slice(signature).is_ok());
        let named = self.id_header.is_none() || is_id(id);
        right & named & timestamp.is_none_or(|text| is_current(text, claim.now))
    }

    /// What is signed before the body and after it. As long as only ids and times in their one form ([`is_id`],
    /// [`is_current`]) are taken, no two deliveries have the same signed bytes.
    fn around(&self, timestamp: &str, id: &str) -> (String, String) {
        // The id is the sender's word, so it comes last: what looks like a placeholder in it stays.
        let fill = |template: &str| template.replace("{timestamp}", timestamp).replace("{id}", id);
        (fill(&self.before), fill(&self.after))
    }

    fn parts<'a>(&self, header: &'a str) -> impl Iterator<Item = &'a str> {
        header.split(self.separator).map(str::trim).take(MOST_SIGNATURES)
    }
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => BASE64.decode(text).ok(),
        }
    }
}

/// Whether a text can be the id of a delivery. Nothing that stands between the signed parts may be in one: with a dot in
/// it, the beginning of one signed body could pass for the id of another.
fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a time in whole seconds is within the window around now. A time has ten digits, as from 2001 to 2286: with
/// more or fewer, digits of the body could pass for some of its own.
fn is_current(seconds: &str, now: Time) -> bool {
    if seconds.len() != 10 || seconds.starts_with('0') || !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let at = seconds.parse::<i64>().map(|seconds| Time(seconds.saturating_mul(1_000)));
    at.is_ok_and(|at| now.since(at) <= WINDOW && at.since(now) <= WINDOW)
}

/// The HMAC of the parts after each other.
#[cfg(test)]
pub fn mac(key: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The HMAC of a body, in hexadecimal.
#[cfg(test)]
pub fn sign(key: &str, body: &[u8]) -> String {
    hex::encode(mac(key, &[body]))
}

#[cfg(test)]
mod tests;
