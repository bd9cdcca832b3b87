//! Telling people, as the lifecycle says is due.

use std::pin::pin;

use futures_util::future::{Either, select};
use worker::Delay;

use super::{GLANCE, IncidentObject};
use crate::clients::notify::{self, Reply};
use crate::runtime::{chance, now};
use crate::settings::Settings;
use incident::lifecycle::{self, Step, notices};
use incident::notice::Target;
use incident::record::Delivery;

impl IncidentObject {
    /// Sends the target's first notice, or looks for it. What becomes due at Devin meanwhile is done meanwhile: a target
    /// that takes its time keeps nothing waiting.
    pub(super) async fn notify(&self, target: Target, settings: &Settings) -> worker::Result<()> {
        let notice = self.with_record(|record| notices::first(record, target).cloned()).flatten();
        let Some(notice) = notice else { return Ok(()) };
        if notice.delivery == Delivery::Ready {
            self.with_record(|record| notices::sending(record, target));
            self.store().await?;
        }
        let mut asked = pin!(notify::ask(&settings.notify, &notice));
        let reply = loop {
            match select(asked.as_mut(), pin!(Delay::from(GLANCE))).await {
                Either::Left((reply, _)) => break reply,
                Either::Right(_) => {
                    let due = self.with_record(|record| lifecycle::due(record, now()));
                    if let Some(step) = due.filter(|step| !matches!(step, Step::Notify(_))) {
                        self.act(step, settings).await?;
                    }
                }
            }
        };
        self.with_record(|record| match reply {
            Reply::Told(reply) => notices::replied(record, target, reply, now(), chance()),
            Reply::LookedFor(reply) => notices::look_up_replied(record, target, reply, now(), chance()),
        });
        self.store().await
    }
}
