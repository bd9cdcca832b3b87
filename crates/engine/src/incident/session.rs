//! Starting the session at Devin, and looking for it where it may exist.

use super::Program;
use crate::counts::{Cause, Count};
use crate::host::{IncidentHost, Result, Settings};
use ::incident::admission::Admission;
use ::incident::failure::Failure;
use ::incident::fault::{self, Fault};
use ::incident::lifecycle;
use ::incident::record::{self, Record};
use ::incident::time::Time;
use outbound::devin::call::{Access, Api, SessionRequest};
use outbound::devin::{compose, reply};
use outbound::http;

const REQUEST: &str = "request";
/// What people are notified of where an organisation allows certain tags only.
const TAGS_LEFT_OUT: &str = "Devin left out the tag by which this session is found again, so sessions carry it in their \
     titles now: allow the tag in your organisation, or set TAGS = \"off\"";

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
        let (reply, tags_left_out) = reply::created(answer, &request, self.host.now());
        if tags_left_out {
            self.host.warn(TAGS_LEFT_OUT);
            self.host.remember_tags_left_out().await;
        }
        let cause = reply.as_ref().err().map(Cause::of);
        self.with_loaded(|record| {
            if tags_left_out {
                record.note(self.host.now(), TAGS_LEFT_OUT);
            }
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
        let tags_left_out = self.host.tags_left_out().await;
        let made = self.with_loaded(|record| compose::session(record, &settings.compose(), tags_left_out)).await?;
        Ok(made
            .map_or(Err("the incident is gone".to_owned()), |made| made.map_err(|error| format!("no prompt: {error}"))))
    }

    pub(super) async fn stored_request(&self) -> Result<Option<SessionRequest>> {
        let text = self.host.read(REQUEST).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(super) async fn look_up(&self, access: &Access) -> Result<()> {
        let sought = self.with_loaded(|record| {
            let (since, due, looks) = match record.state {
                record::State::LookingUp { since, not_before, looks, .. } => (since, not_before, looks),
                _ => (record.first_seen, self.host.now(), 0),
            };
            let short = fault::is_back(Fault::ShortLeeway);
            let leeway = if short { lifecycle::CLOCK_LEEWAY / 12 } else { lifecycle::CLOCK_LEEWAY };
            (record.correlation_id(), since.minus(leeway), due, looks)
        });
        let Some((correlation_id, since, due, looks)) = sought.await? else { return Ok(()) };
        self.wait_for_list(due, looks).await;
        let tagged = self.stored_request().await?.is_none_or(|request| request.found_by_tag());
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

    /// Where a look comes late its clock may have been set forward, and then no time has passed since the one before.
    pub(super) async fn wait_for_list(&self, due: Time, looks: u32) {
        let pause = lifecycle::before_look(due, looks, self.host.now());
        if !pause.is_zero() {
            self.host.pause(pause).await;
        }
    }

    /// Puts the session away or ends it, as its route says.
    pub(super) async fn close(&self, access: &Access) -> Result<()> {
        let session =
            self.with_loaded(|record| record.session.clone().map(|session| (session.id, record.plan.when_done)));
        let call = session.await?.flatten().and_then(|(id, when_done)| access.close(&id, when_done));
        let reply = match call {
            Some(call) => Some(http::taken(self.host.ask_devin(access, &call).await, self.host.now())),
            None => None,
        };
        self.with_loaded(|record| lifecycle::close::replied(record, reply, self.host.now(), self.host.chance()))
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
