//! The asking itself: one request to a target.

use std::time::Duration;

use super::{Target, Targets, pagerduty};
use crate::devin::call::Call;
use crate::devin::client;
use crate::devin::reply::{self, Failure};
use crate::environment::now;
use crate::incident::record::{Delivery, Notice};
use crate::outbound::Bounds;

/// The notes of an incident are the longest answer; PagerDuty keeps up to 2,000 of them.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(10), size: 1024 * 1024 };

/// What came of asking.
pub enum Reply {
    /// Whether the target took the notice.
    Told(Result<(), Failure>),
    /// Whether the notice was found there.
    LookedFor(Result<bool, Failure>),
}

/// What goes out to a target.
struct Question<'a> {
    call: Call,
    headers: Vec<(&'a str, String)>,
    secrets: Vec<&'a str>,
}

impl Targets {
    /// Those who can be told.
    pub fn all(&self) -> Vec<Target> {
        Target::ALL.into_iter().filter(|target| self.has(*target)).collect()
    }

    /// Whether there is such a target.
    pub fn has(&self, target: Target) -> bool {
        match target {
            Target::Pagerduty => self.pagerduty.is_some(),
            Target::Webhook => self.webhook.is_some(),
        }
    }

    /// Sends the notice, or looks whether it has arrived, as its delivery says.
    pub async fn ask(&self, notice: &Notice) -> Reply {
        let looking = matches!(notice.delivery, Delivery::LookingUp(_));
        let Some(Question { call, headers, secrets }) = self.question(notice, looking) else {
            let words = "PagerDuty's id of the incident is not known".to_owned();
            return Reply::Told(Err(Failure::Refused { status: 0, words }));
        };
        let answer = client::send(&call, &headers, &secrets, BOUNDS).await;
        let answer = answer.map_err(|error| format!("no answer: {error}"));
        if looking {
            Reply::LookedFor(pagerduty::found(answer, notice.about, &notice.news, now()))
        } else {
            Reply::Told(reply::taken(answer, now()))
        }
    }

    fn question(&self, notice: &Notice, looking: bool) -> Option<Question<'_>> {
        let (about, news) = (notice.about, &notice.news);
        match notice.target {
            Target::Pagerduty => {
                let access = self.pagerduty.as_ref()?;
                let token = access.token.expose();
                Some(Question {
                    call: if looking { access.list(news) } else { access.write(about, news) }?,
                    headers: vec![
                        ("Authorization", format!("Token token={token}")),
                        ("Accept", "application/vnd.pagerduty+json;version=2".to_owned()),
                        ("From", access.from.clone()),
                    ],
                    secrets: vec![token],
                })
            }
            Target::Webhook => {
                let webhook = self.webhook.as_ref()?;
                Some(Question { call: webhook.message(about, news), headers: Vec::new(), secrets: webhook.secrets() })
            }
        }
    }
}
