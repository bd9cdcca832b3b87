//! The incident's Durable Object: what its [program](engine::incident) sees of the runtime.

use std::time::Duration;

use worker::{Delay, DurableObject, Env, Request, Response, State, durable_object, js_sys, wasm_bindgen::JsValue};

use crate::clients::{devin, notify};
use crate::configuration;
use crate::log;
use crate::runtime::{self, error};
use crate::store::host::Host;
use crate::store::{dedup_cache, metrics_buffer, register_calls as register};
use engine::counts::Count;
use engine::host::{IncidentHost, Object, Result};
use engine::incident::Program;
use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::listing::Line;
use incident::record::Record;
use outbound::devin::call::Access;
use outbound::http::{Answer, Call};
use outbound::notify::Question;

/// The object.
#[durable_object(alarm)]
pub struct IncidentObject {
    program: Program<Host>,
}

impl DurableObject for IncidentObject {
    fn new(state: State, env: Env) -> Self {
        Self { program: Program::new(Host { state, env }) }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let answer = self.program.answer(runtime::called(request).await?).await;
        runtime::reply(answer.map_err(runtime::failed)?)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.program.alarm().await.map_err(runtime::failed)?;
        Response::empty()
    }
}

impl IncidentHost for Host {
    fn chance(&self) -> f64 {
        runtime::chance()
    }

    async fn pause(&self, duration: Duration) {
        Delay::from(duration).await;
    }

    async fn read(&self, name: &str) -> Result<Option<String>> {
        self.state.storage().get(name).await.map_err(error)
    }

    async fn write(&self, texts: Vec<(&str, String)>) -> Result<()> {
        let all = js_sys::Object::new();
        for (name, text) in texts {
            js_sys::Reflect::set(&all, &JsValue::from_str(name), &JsValue::from_str(&text))
                .map_err(|thrown| error(thrown.into()))?;
        }
        self.state.storage().put_multiple_raw(all).await.map_err(error)
    }

    async fn erase(&self) -> Result<()> {
        self.state.storage().delete_all().await.map_err(error)
    }

    async fn ask_devin(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String> {
        devin::ask(access, call).await
    }

    async fn poll_devin(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String> {
        devin::poll(access, call).await
    }

    async fn ask_target(&self, question: Question<'_>) -> std::result::Result<Answer, String> {
        notify::ask(question).await
    }

    fn session_secret(&self, name: &str) -> Option<String> {
        configuration::secret(&self.env, name)
    }

    async fn tags_left_out(&self) -> bool {
        dedup_cache::tags_are_left_out(&self.env).await
    }

    async fn remember_tags_left_out(&self) {
        if let Err(error) = dedup_cache::remember_tags_left_out(&self.env).await {
            log::warning(&format!("that Devin leaves out tags could not be written to KV: {error}"));
        }
    }

    async fn admit(&self, line: Line, applicant: Applicant, limits: Limits) -> Result<Admission> {
        register::admit(&self.env, line, applicant, limits).await.map_err(error)
    }

    async fn publish(&self, line: Line, id: Option<String>, permit: PermitUse) -> Result<()> {
        register::publish(&self.env, line, id, permit).await.map_err(error)
    }

    async fn first_today(&self, topic: String, incident: String, state: String) -> Result<Option<u32>> {
        register::first_today(&self.env, topic, incident, state).await.map_err(error)
    }

    async fn cache(&self, record: &Record) -> Result<()> {
        dedup_cache::write(&self.env, record, self.retention()).await.map_err(error)
    }

    fn count(&self, what: Count) {
        metrics_buffer::count(what);
    }

    fn count_session(&self, record: &Record, took: Duration) {
        metrics_buffer::started(record.sender, took);
    }

    fn log_step(&self, record: &Record, took: Duration) {
        let what = record.timeline.last().map_or("", |entry| &entry.what);
        let session = record.session.as_ref().map(|session| session.id.as_str());
        log::step(&record.name(), record.state_name(), session, what, took);
    }
}
