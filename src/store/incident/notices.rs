//! Notifying people, as the lifecycle says is due.

use super::IncidentObject;
use crate::clients::notify::{self, Reply};
use crate::runtime::{chance, now};
use crate::settings::Settings;
use incident::lifecycle::notices;
use incident::notice::Target;
use incident::record::Delivery;

impl IncidentObject {
    /// Sends the target's first notice, or looks for it.
    pub(super) async fn notify(&self, target: Target, settings: &Settings) -> worker::Result<()> {
        let notice = self.with_loaded(|record| notices::first(record, target).cloned()).await?.flatten();
        let Some(notice) = notice else { return Ok(()) };
        if notice.delivery == Delivery::Ready {
            self.with_loaded(|record| notices::sending(record, target)).await?;
            self.store().await?;
        }
        let reply = notify::ask(&settings.notify, &notice).await;
        self.with_loaded(|record| match reply {
            Reply::Told(reply) => notices::replied(record, target, reply, now(), chance()),
            Reply::LookedFor(reply) => notices::look_up_replied(record, target, reply, now(), chance()),
        })
        .await?;
        self.store().await
    }
}
