//! The asking itself: one request to whoever is notified.

use std::time::Duration;

use crate::clients::devin;
use crate::fetch::Bounds;
use outbound::http::Answer;
use outbound::notify::Question;

/// The notes of an incident are the longest answer; PagerDuty keeps up to 2,000 of them.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(10), size: 1024 * 1024 };

/// Sends one request. An error says in words why there is no answer; whether the target acted on it is unknown.
pub async fn ask(Question { call, headers, secrets }: Question<'_>) -> Result<Answer, String> {
    devin::send(&call, &headers, &secrets, BOUNDS).await
}
