//! Devin's API: what to ask ([`call`]), what an answer means ([`reply`]), and the asking itself ([`client`]).

pub mod call;
pub mod client;
pub mod reply;

use serde::{Deserialize, Serialize};

/// A session at Devin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Devin's id of it, `devin-…`.
    pub id: String,
    /// The page on which people watch it: always the one Devin returned, never built here.
    pub url: String,
}
