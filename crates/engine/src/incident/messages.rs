//! Messages to the session, and the look whether one has arrived.

use super::Program;
use crate::counts::{Cause, Count, Delivered};
use crate::host::{IncidentHost, Result, Settings};
use ::incident::failure::Failure;
use ::incident::lifecycle;
use ::incident::record::{Delivery, Record};
use outbound::devin::call::Access;
use outbound::devin::{compose, reply};

impl<H: IncidentHost> Program<H> {
    pub(super) async fn send(&self, settings: &H::Settings) -> Result<()> {
        let text = self.with_loaded(|record| {
            let message = lifecycle::next_message(record)?;
            let text = message.text.clone().map_or_else(|| compose::message(record, message, &settings.compose()), Ok);
            let to = message.prior_session.as_ref().map(|prior_session| &prior_session.session);
            let to = to.or(record.session.as_ref())?.clone();
            // At once: what comes from now on is not in this text.
            text.as_ref().inspect(|text| lifecycle::sending(record, text, self.host.now())).ok();
            Some((to, text))
        });
        let Some((session, text)) = text.await?.flatten() else { return Ok(()) };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                self.host.count(Count::Message(Delivered::Failed));
                let words = format!("no message: {error}");
                self.with_loaded(|record| {
                    lifecycle::send_replied(record, Err(Failure::Refused { status: 0, words }), self.host.now(), 0.0);
                })
                .await?;
                return self.store().await;
            }
        };
        self.store().await?;
        let answer = self.host.ask_devin(settings.devin(), &settings.devin().send(&session.id, &text)).await;
        let reply = reply::sent(answer, self.host.now());
        let (arrived, cause) = (reply.is_ok(), reply.as_ref().err().map(Cause::of));
        self.with_loaded(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::send_replied(record, reply, self.host.now(), self.host.chance());
            self.count_message(record, number, arrived, cause);
        })
        .await?;
        self.store().await
    }

    pub(super) async fn look_up_message(&self, access: &Access) -> Result<()> {
        let looked_for = self.with_loaded(|record| {
            let message = lifecycle::next_message(record)?;
            let Delivery::LookingUp(looks) = message.delivery else { return None };
            let (session, correlation_id) = match &message.prior_session {
                Some(prior_session) => (prior_session.session.clone(), prior_session.correlation_id.clone()),
                None => (record.session.clone()?, record.message_correlation_id(message.number)),
            };
            Some((session, correlation_id, message.not_before, looks))
        });
        let Some((session, correlation_id, due, looks)) = looked_for.await?.flatten() else { return Ok(()) };
        self.wait_for_list(due, looks).await;
        let look = async |page: &str| {
            let answer = self.host.ask_devin(access, &access.messages(&session.id, page)).await;
            reply::message_found(answer, &correlation_id, self.host.now())
        };
        let result = self.through_pages(look).await.map(|found| found.is_some());
        let (arrived, cause) = (matches!(result, Ok(true)), result.as_ref().err().map(Cause::of));
        self.with_loaded(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::message_look_up_replied(record, result, self.host.now(), self.host.chance());
            self.count_message(record, number, arrived, cause);
        })
        .await?;
        self.store().await
    }

    /// Counts what Devin's answer about message `number` has led to. It stays the next one as long as it is to be tried again.
    fn count_message(&self, record: &Record, number: Option<u32>, arrived: bool, cause: Option<Cause>) {
        let pending = lifecycle::next_message(record).map(|message| message.number) == number;
        match cause {
            _ if arrived => self.host.count(Count::Message(Delivered::Sent)),
            Some(cause) if pending => self.host.count(Count::Retried(cause)),
            Some(_) => self.host.count(Count::Message(Delivered::Failed)),
            None => {}
        }
    }
}
