//! What is remembered of failed attempts.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Attempts that failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// How many.
    #[serde(rename = "times")]
    pub attempts: u32,
    /// When the first did.
    #[serde(rename = "since")]
    pub first_failure: Option<Time>,
}
