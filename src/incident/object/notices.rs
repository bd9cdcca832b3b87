//! Notifying people, as the lifecycle says is due.

use super::IncidentObject;
use crate::environment::{chance, now};
use crate::incident::lifecycle::notices;
use crate::incident::record::Delivery;
use crate::notify::Target;
use crate::notify::client::Reply;
use crate::settings::Settings;

impl IncidentObject {
    /// Sends the target's first notice, or looks for it.
    pub(super) async fn notify(&self, target: Target, settings: &Settings) -> worker::Result<()> {
        let notice = self.with_loaded(|record| notices::first(record, target).cloned()).await?.flatten();
        let Some(notice) = notice else { return Ok(()) };
        if notice.delivery == Delivery::Ready {
            self.with_loaded(|record| notices::sending(record, target)).await?;
            self.store().await?;
        }
        let reply = settings.notify.ask(&notice).await;
        self.with_loaded(|record| match reply {
            Reply::Told(reply) => notices::replied(record, target, reply, now(), chance()),
            Reply::LookedFor(reply) => notices::look_up_replied(record, target, reply, now(), chance()),
        })
        .await?;
        self.store().await
    }
}
