//! Starting the session at Devin, and looking for it where it may exist.

use super::Program;
use crate::counts::{Cause, Count};
use crate::host::{IncidentHost, Result, Settings};
use ::incident::admission::Admission;
use ::incident::failure::Failure;
use ::incident::lifecycle;
use ::incident::record::{self, Record};
use outbound::devin::call::{Access, Api, SessionRequest};
use outbound::devin::{compose, reply};

const REQUEST: &str = "request";

impl<H: IncidentHost> Program<H> {
    pub(super) async fn create(&self, settings: &H::Settings) -> Result<()> {
        let Some((line, applicant)) = self.with_loaded(|record| (record.line(), record.applicant())).await? else {
            return Ok(());
        };
        let admission = match self.host.admit(line, applicant, settings.limits()).await {
            Ok(admission) => admission,
            Err(error) => {
                self.host.warn(&format!("no answer from the register: {error}"));
                self.with_loaded(|record| lifecycle::not_admitted(record, self.host.now(), self.host.chance())).await?;
                return self.store().await;
            }
        };
        if admission != Admission::Admitted {
            self.with_loaded(|record| {
                lifecycle::must_wait(record, admission, self.host.now());
                record.publish(self.host.now());
            })
            .await?;
            return self.store().await;
        }
        let request = match self.request(settings).await? {
            Ok(request) => request,
            Err(words) => {
                self.host.count(Count::Failed(Cause::Prompt));
                self.with_loaded(|record| {
                    let now = self.host.now();
                    if lifecycle::creating(record, now) {
                        lifecycle::create_replied(record, Err(Failure::Refused { status: 0, words }), now, 0.0);
                    }
                })
                .await?;
                return self.store().await;
            }
        };
        if self.with_loaded(|record| lifecycle::creating(record, self.host.now())).await? != Some(true) {
            return self.store().await;
        }
        self.store_with(REQUEST, serde_json::to_string(&request)?).await?;
        let mut secrets = Vec::new();
        for name in &request.session_secrets {
            secrets.extend(self.host.session_secret(name).map(|value| (name.clone(), value)));
        }
        let answer = self.host.ask_devin(settings.devin(), &settings.devin().create(&request, &secrets)).await;
        let answer = answer.map(|answer| answer.hiding(secrets.iter().map(|(_, value)| value.as_str())));
        let reply = reply::created(answer, self.host.now());
        let cause = reply.as_ref().err().map(Cause::of);
        self.with_loaded(|record| {
            lifecycle::create_replied(record, reply, self.host.now(), self.host.chance());
            self.count_session(record, cause);
        })
        .await?;
        self.store().await
    }

    /// The request of the session that is wanted: as it was sent before, or made now. `Err`: why there is none.
    async fn request(&self, settings: &H::Settings) -> Result<std::result::Result<SessionRequest, String>> {
        let (untried, correlation_id) = self
            .with_loaded(|record| (record.session_untried(), record.correlation_id()))
            .await?
            .unwrap_or((true, String::new()));
        if !untried
            && let Some(request) = self.stored_request().await?
            && request.correlation_id == correlation_id
        {
            return Ok(Ok(request));
        }
        let made = self.with_loaded(|record| compose::session(record, &settings.compose())).await?;
        Ok(made
            .map_or(Err("the incident is gone".to_owned()), |made| made.map_err(|error| format!("no prompt: {error}"))))
    }

    pub(super) async fn stored_request(&self) -> Result<Option<SessionRequest>> {
        let text = self.host.read(REQUEST).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(super) async fn look_up(&self, access: &Access) -> Result<()> {
        let sought = self.with_loaded(|record| {
            let since = match record.state {
                record::State::LookingUp { since, .. } => since,
                _ => record.first_seen,
            };
            (record.correlation_id(), since.minus(lifecycle::CLOCK_LEEWAY))
        });
        let Some((correlation_id, since)) = sought.await? else { return Ok(()) };
        let tagged = self.stored_request().await?.is_none_or(|request| !request.tags.is_empty());
        let look = async |page: &str| {
            let answer = self.host.ask_devin(access, &access.find(&correlation_id, tagged, since, page)).await;
            reply::found(&access.api, answer, &correlation_id, page, self.host.now())
        };
        let result = self.through_pages(look).await;
        let repeatable = access.api == Api::V1;
        let cause = result.as_ref().err().map(Cause::of);
        self.with_loaded(|record| {
            lifecycle::look_up_replied(record, result, repeatable, self.host.now(), self.host.chance());
            self.count_session(record, cause);
        })
        .await?;
        self.store().await
    }

    /// Counts what Devin's answer about a session has led to; `cause`: what was wrong with it.
    fn count_session(&self, record: &Record, cause: Option<Cause>) {
        match (&record.state, cause) {
            (record::State::Started, _) => {
                let wanted = record.wanted.unwrap_or(record.first_seen);
                self.host.count_session(record, self.host.now().since(wanted));
            }
            (record::State::Failed, Some(cause)) => self.host.count(Count::Failed(cause)),
            (_, Some(cause)) => self.host.count(Count::Retried(cause)),
            _ => {}
        }
    }
}
