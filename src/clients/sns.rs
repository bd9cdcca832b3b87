//! Amazon SNS: the one address that confirms a subscription is asked, and nothing else.

use std::time::Duration;

use worker::Headers;

use crate::fetch::{self, Bounds};

const BOUNDS: Bounds = Bounds { time: Duration::from_secs(5), size: 4096 };

/// Confirms a subscription; `url` is an address of SNS itself. `Err` says why it is not confirmed.
pub async fn confirm(url: &str) -> Result<(), String> {
    match fetch::ask("GET", url, Headers::new(), None, BOUNDS).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("Amazon SNS answered {}", answer.status)),
        Err(error) => Err(format!("Amazon SNS could not be asked: {error}")),
    }
}
