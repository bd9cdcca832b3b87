//! The asking itself: one request to a target.

use std::time::Duration;

use crate::clients::devin;
use crate::fetch::Bounds;
use crate::runtime::now;
use incident::failure::Failure;
use incident::record::{Delivery, Notice};
use outbound::http;
use outbound::notify::{Question, Targets, pagerduty};

/// The notes of an incident are the longest answer; PagerDuty keeps up to 2,000 of them.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(10), size: 1024 * 1024 };

/// What came of asking.
pub enum Reply {
    /// Whether the target took the notice.
    Told(Result<(), Failure>),
    /// Whether the notice was found there.
    LookedFor(Result<bool, Failure>),
}

/// Sends the notice, or looks whether it has arrived, as its delivery says.
pub async fn ask(targets: &Targets, notice: &Notice) -> Reply {
    let looking = matches!(notice.delivery, Delivery::LookingUp(_));
    let Some(Question { call, headers, secrets }) = targets.question(notice, looking) else {
        let words = "PagerDuty's id of the incident is not known".to_owned();
        return Reply::Told(Err(Failure::Refused { status: 0, words }));
    };
    let answer = devin::send(&call, &headers, &secrets, BOUNDS).await;
    let answer = answer.map_err(|error| format!("no answer: {error}"));
    if looking {
        Reply::LookedFor(pagerduty::found(answer, notice.about, &notice.news, now()))
    } else {
        Reply::Told(http::taken(answer, now()))
    }
}
