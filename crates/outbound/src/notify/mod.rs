//! Telling people where the session went: notes on the incident at PagerDuty, messages to an incoming webhook, and a
//! thread at Slack.
//!
//! [`words`]: what is said, from a record as the list shows it and what the session found. [`pagerduty`], [`webhook`], [`slack`]: how each target takes it.
//! When something is said, and what an answer means for it, is the lifecycle's
//! ([`incident::lifecycle::notices`]).

pub mod pagerduty;
pub mod slack;
pub mod webhook;
mod words;

use crate::http::Call;
use incident::notice::Target;
use incident::record::Notice;

/// Where notices go, as far as it is configured.
#[derive(Debug, Default)]
pub struct Targets {
    /// `PAGERDUTY_API_TOKEN` and what belongs to it.
    pub pagerduty: Option<pagerduty::Access>,
    /// `NOTIFY_WEBHOOK_URL`.
    pub webhook: Option<webhook::Webhook>,
    /// `SLACK_BOT_TOKEN` and what belongs to it.
    pub slack: Option<slack::Access>,
}

/// What goes out to a target.
pub struct Question<'a> {
    /// The request.
    pub call: Call,
    /// Its headers, besides the usual ones.
    pub headers: Vec<(&'a str, String)>,
    /// What neither an answer nor an error may show.
    pub secrets: Vec<&'a str>,
}

impl slack::Access {
    /// What goes out with the bot's token.
    pub fn question(&self, call: Call) -> Question<'_> {
        let token = self.token.expose();
        Question { call, headers: vec![("Authorization", format!("Bearer {token}"))], secrets: vec![token] }
    }
}

impl Targets {
    /// Those who can be notified.
    pub fn all(&self) -> Vec<Target> {
        Target::ALL.into_iter().filter(|target| self.has(*target)).collect()
    }

    /// Whether there is such a target.
    pub fn has(&self, target: Target) -> bool {
        match target {
            Target::Pagerduty => self.pagerduty.is_some(),
            Target::Webhook => self.webhook.is_some(),
            Target::Slack => self.slack.is_some(),
        }
    }

    /// The request that sends the notice, or looks whether it has arrived; `None` where PagerDuty's id of the incident is
    /// not known.
    pub fn question(&self, notice: &Notice, looking: bool) -> Option<Question<'_>> {
        match notice.target {
            Target::Pagerduty => {
                let access = self.pagerduty.as_ref()?;
                let token = access.token.expose();
                Some(Question {
                    call: if looking { access.list(&notice.news) } else { access.write(notice) }?,
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
                Some(Question { call: webhook.message(notice), headers: Vec::new(), secrets: webhook.secrets() })
            }
            // What is due there depends on the thread.
            Target::Slack => None,
        }
    }
}
