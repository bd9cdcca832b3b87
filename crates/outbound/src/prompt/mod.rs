//! What Devin is asked to do: a template from `prompts/`, filled with the incident, everything a sender wrote in a
//! fence, and never longer than Devin takes.

mod config;
mod context;
pub mod fields;
mod fill;
mod library;
mod limit;
mod render;
pub mod template;
pub mod title;
mod writer;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use config::Config;
pub use fill::{LIMIT, ROOM, TemplateError, check, render};
pub use library::{FileProblem, Library, Template};
pub use template::Mistake;

/// The marker of a text's fence: the same on each attempt, not to be guessed by whoever wrote the incident, and of no use to
/// whoever has read it in an earlier text. `mark`: what the text is recognised by at Devin.
pub fn marker(secret: &[u8], mark: &str) -> String {
    // HMAC takes a key of any length, so there is no error to speak of.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(secret) else { return String::new() };
    mac.update(b"fence");
    mac.update(mark.as_bytes());
    hex::encode(mac.finalize().into_bytes()).chars().take(16).collect()
}

#[cfg(test)]
pub(crate) mod tests;
