//! Text from outside, made safe to show: cleaned, redacted, cut to length, fenced. Before any of it is read, a large body is
//! made smaller ([`thin`]).
//!
//! The order matters. [`sanitize`] comes first, at intake: hidden characters are gone before the search for secrets, so
//! none can split a secret in two. Cutting comes after it, so no half of a secret is left that nothing recognises.
//! The fence comes last, around what the prompt shows.

pub mod clean;
pub mod cut;
pub mod fence;
pub mod json;
mod note;
pub mod redact;
pub mod thin;

pub use fence::Fence;

/// The whole treatment of a text at intake: hidden characters out ([`clean::block`]), then secrets out
/// ([`redact::redact`]). `emails` says whether e-mail addresses count as secrets. The result is not cut.
pub fn sanitize(text: &str, emails: bool) -> String {
    redact::redact(&clean::block(text), emails)
}

/// The same with no more than this effort: see [`redact::redact_within`].
pub fn sanitize_within(text: &str, emails: bool, effort: &redact::Effort) -> String {
    redact::redact_within(&clean::block(text), emails, effort)
}
