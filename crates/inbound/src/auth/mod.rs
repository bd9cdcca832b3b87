//! Who is calling: proof of identity over the raw bytes, before anything is parsed.

mod attempt;
pub mod entra;
mod parse;
pub mod signature;
pub mod sns;
pub mod strength;

use crate::endpoint::Endpoint;
pub use attempt::{Attempt, Rotating, secret_of_authorization};
pub use entra::{Entra, Token};
use incident::secret::Secret;
use incident::sender::Sender;
pub use parse::signatures;
pub use signature::{Scheme, Signature};

/// A body whose sender is authenticated. Parsers take nothing else, so no unverified byte can be parsed.
pub struct Verified<'a> {
    body: &'a [u8],
    by: String,
    is_form: bool,
}

impl<'a> Verified<'a> {
    /// The raw bytes as they were received.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// What proved it, as the log names it: once `…_previous` no longer turns up there, the previous secret can go.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Whether the request's Content-Type calls the body a form.
    pub fn is_form(&self) -> bool {
        self.is_form
    }

    /// A body that the tests vouch for.
    #[cfg(test)]
    pub fn in_test(body: &'a [u8]) -> Self {
        Verified { body, by: "test".to_owned(), is_form: false }
    }
}

/// What the hooks accept as proof.
#[derive(Clone, Debug, Default)]
pub struct EndpointSecrets {
    /// The shared secret, which opens every hook: `WEBHOOK_SECRET`.
    pub shared: Rotating,
    /// Those that open one hook only: `WEBHOOK_SECRET_<SENDER>`.
    pub own: Vec<OwnSecret>,
    /// The signatures, PagerDuty's and those of `SIGNATURES`.
    pub signatures: Vec<Signature>,
    /// The tenant whose tokens Azure's hooks take.
    pub entra: Option<Entra>,
    /// The topics whose messages Amazon SNS's own signature proves: `SNS_TOPICS`.
    pub topics: Vec<String>,
    /// Whether some of it could not be read, so that nobody can be told to be a stranger.
    pub unreadable: bool,
    /// Whether anybody may call while there is no secret: `ALLOW_UNAUTHENTICATED`.
    pub open: bool,
}

/// A secret that is sent like the shared one and opens one hook only. What stands in an address, and so in logs, opens
/// nothing else then.
#[derive(Clone, Debug)]
pub struct OwnSecret {
    /// What the log calls it: `webhook_secret_azure_monitor`.
    pub name: String,
    /// What it opens.
    pub hook: Endpoint,
    /// The secret.
    pub secrets: Rotating,
}

/// The setting that has a hook's own secret, by the hook's name: `azure-monitor` → `WEBHOOK_SECRET_AZURE_MONITOR`.
pub fn own_secret_name(hook: &str) -> String {
    format!("WEBHOOK_SECRET_{}", hook.to_ascii_uppercase().replace('-', "_"))
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing is configured that this hook could check, or some of it is wrong: nothing is processed until that is
    /// fixed.
    NotConfigured,
    /// The proof is missing or wrong; the caller is not told which.
    Unauthorized,
    /// The token may be good, but the keys that would show it can't be had at present.
    NoKeys,
}

impl EndpointSecrets {
    /// Checks a request's proof over its raw body; `token` is what the check of a token, or of SNS's signature, found. Until
    /// one holds, every comparison is made whatever the ones before gave, so that the time tells who is refused nothing.
    pub fn verify<'a>(&self, attempt: &Attempt<'a>, token: &Token) -> Result<Verified<'a>, Refusal> {
        let let_in = |by: String| Verified { body: attempt.body, by, is_form: attempt.is_form() };
        let mut checkable = self.shared.is_set() || self.takes_tokens(attempt.hook) || self.takes_topics(attempt.hook);
        let mut proofs = Vec::new();
        let offered = attempt.shared_secrets();
        let shared = |secret: &Secret| offered.iter().fold(false, |any, guess| any | secret.matches(guess));
        check("webhook_secret", &self.shared, &shared, &mut proofs);
        for own in self.own.iter().filter(|own| own.hook == attempt.hook) {
            checkable |= own.secrets.is_set();
            check(&own.name, &own.secrets, &shared, &mut proofs);
        }
        for signature in &self.signatures {
            if signature.hooks.contains(&attempt.hook) {
                checkable |= signature.secrets.is_set();
                let holds = |secret: &Secret| signature.scheme.holds(secret, attempt);
                // Each is an HMAC over the whole body.
                if proofs.is_empty() {
                    check(&signature.name, &signature.secrets, &holds, &mut proofs);
                }
            }
        }
        if *token == Token::Proven {
            let name = if self.takes_topics(attempt.hook) { "sns_signature" } else { "entra_token" };
            proofs.push(name.to_owned());
        }
        match proofs.into_iter().next() {
            Some(by) => Ok(let_in(by)),
            None if !checkable && self.open => Ok(let_in("none".to_owned())),
            None if !checkable || self.unreadable => Err(Refusal::NotConfigured),
            None if *token == Token::NoKeys => Err(Refusal::NoKeys),
            None => Err(Refusal::Unauthorized),
        }
    }

    /// Whether there is anything at all that a sender could prove itself with, at some hook.
    pub fn is_set(&self) -> bool {
        self.shared.is_set()
            || self.own.iter().any(|own| own.secrets.is_set())
            || self.signatures.iter().any(|signature| signature.secrets.is_set())
            || self.entra.is_some()
            || !self.topics.is_empty()
    }

    /// Whether a hook takes Amazon SNS's own signature.
    pub fn takes_topics(&self, hook: Endpoint) -> bool {
        hook == Endpoint::Of(Sender::Sns) && !self.topics.is_empty()
    }

    /// Whether a hook takes Entra ID tokens.
    pub fn takes_tokens(&self, hook: Endpoint) -> bool {
        self.entra.is_some() && matches!(hook, Endpoint::Of(Sender::AzureMonitor) | Endpoint::Any)
    }
}

/// Adds the name of each of the two secrets that the request has.
fn check(name: &str, secrets: &Rotating, holds: &dyn Fn(&Secret) -> bool, proofs: &mut Vec<String>) {
    if secrets.current.as_ref().is_some_and(holds) {
        proofs.push(name.to_owned());
    }
    if secrets.previous.as_ref().is_some_and(holds) {
        proofs.push(format!("{name}_previous"));
    }
}

#[cfg(test)]
mod tests;
