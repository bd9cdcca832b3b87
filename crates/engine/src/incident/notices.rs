//! Notifying people, as the lifecycle says is due.

use super::Program;
use crate::host::{IncidentHost, Result, Settings};
use ::incident::failure::Failure;
use ::incident::lifecycle::{notices, threads};
use ::incident::notice::Target;
use ::incident::record::Delivery;
use ::incident::thread::Operation;
use outbound::http::{self, Call};
use outbound::notify::pagerduty;
use outbound::notify::slack::{self, Access};

impl<H: IncidentHost> Program<H> {
    /// Sends the target's first notice, or looks for it.
    pub(super) async fn notify(&self, target: Target, settings: &H::Settings) -> Result<()> {
        let overtaken = self.with_loaded(|record| notices::overtaken(record, target)).await? == Some(true);
        if overtaken || !self.is_news_today(target).await? {
            return self.store().await;
        }
        if let (Target::Slack, Some(slack)) = (target, &settings.targets().slack) {
            return self.notify_slack(slack).await;
        }
        let notice = self.with_loaded(|record| notices::first(record, target).cloned()).await?.flatten();
        let Some(notice) = notice else { return Ok(()) };
        if notice.delivery == Delivery::Ready {
            self.with_loaded(|record| notices::sending(record, target)).await?;
            self.store().await?;
        }
        let looking = matches!(notice.delivery, Delivery::LookingUp(_));
        if let Delivery::LookingUp(looks) = notice.delivery {
            self.wait_for_list(notice.not_before, looks).await;
        }
        let answer = match settings.targets().question(&notice, looking) {
            Some(question) => self.host.ask_target(question).await.map_err(|error| format!("no answer: {error}")),
            None => {
                let words = "PagerDuty's id of the incident is not known".to_owned();
                let failure = Failure::Refused { status: 0, words };
                self.with_loaded(|record| {
                    notices::replied(record, target, Err(failure), self.host.now(), self.host.chance());
                })
                .await?;
                return self.store().await;
            }
        };
        self.with_loaded(|record| {
            let (now, chance) = (self.host.now(), self.host.chance());
            if looking {
                let found = pagerduty::found(answer, &notice, now);
                notices::look_up_replied(record, target, found, now, chance);
            } else {
                notices::replied(record, target, http::taken(answer, now), now, chance);
            }
        })
        .await?;
        self.store().await
    }

    /// Does what is due at Slack for the first notice, or looks for what may have been done.
    async fn notify_slack(&self, slack: &Access) -> Result<()> {
        self.with_loaded(threads::begin).await?;
        self.store().await?;
        let due = self
            .with_loaded(|record| Some((threads::operation(record)?, notices::first(record, Target::Slack)?.clone())));
        let Some((operation, notice)) = due.await?.flatten() else { return Ok(()) };
        let ask = async |call: Call| {
            self.host.ask_target(slack.question(call)).await.map_err(|error| format!("no answer: {error}"))
        };
        if let Delivery::LookingUp(looks) = notice.delivery {
            self.wait_for_list(notice.not_before, looks).await;
            let channel = match &operation {
                Operation::Reply(root) => &root.channel,
                _ => &slack.channel,
            };
            let look = async |page: &str| {
                let answer = ask(slack.look(&operation, &notice, page)).await;
                slack::found(answer, &operation, &notice, channel, self.host.now())
            };
            let found = self.through_pages(look).await;
            self.with_loaded(|record| {
                threads::look_up_replied(record, found, self.host.now(), self.host.chance());
            })
            .await?;
        } else {
            let reply = slack::posted(ask(slack.call(&operation, &notice)).await, self.host.now());
            self.with_loaded(|record| threads::replied(record, reply, self.host.now(), self.host.chance())).await?;
        }
        self.store().await
    }

    /// Whether the target's first notice is to be sent. One that goes out once a day may have gone out about another incident.
    async fn is_news_today(&self, target: Target) -> Result<bool> {
        let asked = self.with_loaded(|record| {
            let topic = notices::topic(record, target)?;
            Some((topic, notices::first(record, target)?.news.state.clone(), record.name()))
        });
        let Some((topic, state, incident)) = asked.await?.flatten() else { return Ok(true) };
        let answer = self.host.first_today(topic, incident, state).await;
        let (now, chance) = (self.host.now(), self.host.chance());
        let news = matches!(answer, Ok(Some(_)));
        self.with_loaded(|record| match answer {
            Ok(number) => notices::topic_checked(record, target, number, now),
            Err(error) => {
                notices::not_asked(record, target, format!("no answer from the register: {error}"), now, chance)
            }
        })
        .await?;
        Ok(news)
    }
}
