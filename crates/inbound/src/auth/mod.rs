//! Who is calling: proof of identity over the raw bytes, before anything is parsed.

mod attempt;
pub mod entra;
mod parse;
pub mod signature;
pub mod sns;
pub mod strength;

use crate::endpoint::Endpoint;
pub use attempt::{Claim, Rotating, secret_of_authorization};
pub use entra::{Entra, Token};
use incident::secret::Secret;
use incident::sender::Sender;
pub use parse::signatures;
pub use signature::{Scheme, Signature};

/// In so many headers a request may be signed: Svix, for one, signs in its own and in those of Standard Webhooks.
const MOST_SIGNED: usize = 2;

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

/// A request whose claims are compared with the secrets, and whose body is not needed for that.
pub struct Attempt<'a> {
    secrets: &'a EndpointSecrets,
    claim: Claim<'a>,
    /// The shared secret that it has, or that of its hook.
    opened_by: Option<String>,
}

impl<'a> Attempt<'a> {
    /// Compares the secrets that a request offers. Every comparison is made whatever the ones before gave, so that the time
    /// tells who is refused nothing.
    pub fn new(secrets: &'a EndpointSecrets, claim: Claim<'a>) -> Self {
        let offered = claim.shared_secrets();
        let holds = |secret: &Secret| offered.iter().fold(false, |any, guess| any | secret.matches(guess));
        let own = secrets.own.iter().filter(|own| own.hook == claim.hook);
        let all = own.map(|own| (own.name.as_str(), &own.secrets));
        let mut opened_by = None;
        for (name, rotating) in [("webhook_secret", &secrets.shared)].into_iter().chain(all) {
            let by = proof(name, rotating, &holds);
            opened_by = opened_by.or(by);
        }
        Attempt { secrets, claim, opened_by }
    }

    /// Why the request is refused, where no body could change that: it has no secret, and claims nothing that a body has to
    /// show.
    pub fn refusal(&self) -> Option<Refusal> {
        let Attempt { secrets, claim, .. } = self;
        let signed = self.signatures().any(|signature| signature.is_claimed(claim));
        let token = secrets.takes_tokens(claim.hook) && (claim.header)("Authorization").is_some();
        let claims = signed || token || secrets.takes_topics(claim.hook);
        if claims { None } else { self.verify(&[], &Token::Absent).err() }
    }

    /// Checks a request's proof over its raw body; `token` is what the check of a token, or of SNS's signature, found.
    pub fn verify<'b>(&self, body: &'b [u8], token: &Token) -> Result<Verified<'b>, Refusal> {
        let Attempt { secrets, claim, opened_by } = self;
        let let_in = |by: String| Verified { body, by, is_form: claim.is_form() };
        let mut by = opened_by.clone();
        // Each is an HMAC over the whole body, and whoever offers many is nobody's sender.
        let mut headers: Vec<&str> = Vec::new();
        for signature in self.signatures().filter(|signature| signature.is_claimed(claim)) {
            let header = signature.scheme.header.as_str();
            if !headers.contains(&header) {
                headers.push(header);
            }
            if headers.len() > MOST_SIGNED {
                break;
            }
            let holds = |secret: &Secret| signature.scheme.holds(secret, claim, body);
            by = by.or_else(|| proof(&signature.name, &signature.secrets, &holds));
        }
        let own = if secrets.takes_topics(claim.hook) { "sns_signature" } else { "entra_token" };
        let by = by.or_else(|| (*token == Token::Proven).then(|| own.to_owned()));
        match by {
            Some(by) => Ok(let_in(by)),
            None if !self.is_checkable() && secrets.open => Ok(let_in("none".to_owned())),
            None if !self.is_checkable() || secrets.unreadable => Err(Refusal::NotConfigured),
            None if *token == Token::NoKeys => Err(Refusal::NoKeys),
            None => Err(Refusal::Unauthorized),
        }
    }

    /// Whether there is anything that could prove a request to this hook.
    fn is_checkable(&self) -> bool {
        let Attempt { secrets, claim: Claim { hook, .. }, .. } = self;
        secrets.shared.is_set()
            || secrets.own.iter().any(|own| own.hook == *hook && own.secrets.is_set())
            || self.signatures().any(|signature| signature.secrets.is_set())
            || secrets.takes_tokens(*hook)
            || secrets.takes_topics(*hook)
    }

    /// The signatures that the hook takes.
    fn signatures(&self) -> impl Iterator<Item = &'a Signature> {
        let hook = self.claim.hook;
        self.secrets.signatures.iter().filter(move |signature| signature.hooks.contains(&hook))
    }
}

/// The name of that of the two secrets that the request has.
fn proof(name: &str, secrets: &Rotating, holds: &dyn Fn(&Secret) -> bool) -> Option<String> {
    let [current, previous] = [&secrets.current, &secrets.previous].map(|secret| secret.as_ref().is_some_and(holds));
    let previous = previous.then(|| format!("{name}_previous"));
    if current { Some(name.to_owned()) } else { previous }
}

impl EndpointSecrets {
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

#[cfg(test)]
mod tests;
