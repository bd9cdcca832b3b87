//! Messages to the session, and the look whether one has arrived.

use super::IncidentObject;
use super::look::through_pages;
use crate::clients::devin as client;
use crate::runtime::{chance, now};
use crate::settings::Settings;
use crate::store::tally::{self, Cause, Count, Delivered};
use incident::failure::Failure;
use incident::lifecycle;
use incident::record::Record;
use outbound::devin::call::Access;
use outbound::devin::{compose, reply};

impl IncidentObject {
    pub(super) async fn send(&self, settings: &Settings) -> worker::Result<()> {
        let text = self.with_loaded(|record| {
            let message = lifecycle::next_message(record)?;
            let text = message.text.clone().map_or_else(|| compose::message(record, message, &settings.compose()), Ok);
            let to = message.farewell.as_ref().map(|farewell| &farewell.session);
            let to = to.or(record.session.as_ref())?.clone();
            // At once: what comes from now on is not in this text.
            text.as_ref().inspect(|text| lifecycle::sending(record, text, now())).ok();
            Some((to, text))
        });
        let Some((session, text)) = text.await?.flatten() else { return Ok(()) };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                tally::count(Count::Message(Delivered::Failed));
                let words = format!("no message: {error}");
                self.with_loaded(|record| {
                    lifecycle::send_replied(record, Err(Failure::Refused { status: 0, words }), now(), 0.0);
                })
                .await?;
                return self.store().await;
            }
        };
        self.store().await?;
        let answer = client::ask(&settings.devin, &settings.devin.send(&session.id, &text)).await;
        let reply = reply::sent(answer, now());
        let (arrived, cause) = (reply.is_ok(), reply.as_ref().err().map(Cause::of));
        self.with_loaded(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::send_replied(record, reply, now(), chance());
            count_message(record, number, arrived, cause);
        })
        .await?;
        self.store().await
    }

    pub(super) async fn look_up_message(&self, access: &Access) -> worker::Result<()> {
        let looked_for = self.with_loaded(|record| {
            let message = lifecycle::next_message(record)?;
            Some(match &message.farewell {
                Some(farewell) => (farewell.session.clone(), farewell.mark.clone()),
                None => (record.session.clone()?, record.message_mark(message.number)),
            })
        });
        let Some((session, mark)) = looked_for.await?.flatten() else { return Ok(()) };
        let look = async |page: &str| {
            let answer = client::ask(access, &access.messages(&session.id, page)).await;
            reply::message_found(answer, &mark, now())
        };
        let result = through_pages(look).await.map(|found| found.is_some());
        let (arrived, cause) = (matches!(result, Ok(true)), result.as_ref().err().map(Cause::of));
        self.with_loaded(|record| {
            let number = lifecycle::next_message(record).map(|message| message.number);
            lifecycle::message_look_up_replied(record, result, now(), chance());
            count_message(record, number, arrived, cause);
        })
        .await?;
        self.store().await
    }
}

/// The same about message `number`. It stays the next one as long as it is to be tried again.
fn count_message(record: &Record, number: Option<u32>, arrived: bool, cause: Option<Cause>) {
    let pending = lifecycle::next_message(record).map(|message| message.number) == number;
    match cause {
        _ if arrived => tally::count(Count::Message(Delivered::Sent)),
        Some(cause) if pending => tally::count(Count::Retried(cause)),
        Some(_) => tally::count(Count::Message(Delivered::Failed)),
        None => {}
    }
}
