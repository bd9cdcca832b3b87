//! Why a call came to nothing.

use std::time::Duration;

/// What went wrong with a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Devin did nothing and asks to come back.
    Busy {
        /// How long to wait, where Devin said so sensibly.
        after: Option<Duration>,
        /// Devin's words.
        words: String,
    },
    /// It may or may not have been done.
    Unknown {
        /// What is known, for people.
        words: String,
    },
    /// Devin refuses, and would again.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Devin's words.
        words: String,
    },
}

impl Failure {
    /// What to tell people.
    pub fn words(&self) -> &str {
        match self {
            Failure::Busy { words, .. } | Failure::Unknown { words } | Failure::Refused { words, .. } => words,
        }
    }
}
