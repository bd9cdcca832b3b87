//! The cron trigger: what its [program](engine::outcomes) sees of the runtime.

use std::rc::Rc;

use worker::Env;

use crate::clients::devin;
use crate::configuration::configuration;
use crate::log;
use crate::runtime::{self, error};
use crate::settings::Settings;
use crate::store::{incident_calls as incidents, register_calls as register};
use engine::host::{CronHost, Result};
use incident::key::Key;
use incident::listing::Line;
use incident::session::Report;
use incident::time::Time;
use outbound::devin::call::Access;
use outbound::http::{Answer, Call};

/// Asks once what became of the sessions.
pub async fn ask(env: &Env) {
    engine::outcomes::ask(&Host { env }).await;
}

struct Host<'a> {
    env: &'a Env,
}

impl CronHost for Host<'_> {
    type Settings = Settings;

    fn now(&self) -> Time {
        runtime::now()
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        configuration(self.env).settings.as_ref().ok().cloned()
    }

    async fn open_sessions(&self, most: u32) -> Result<Vec<Line>> {
        register::open_sessions(self.env, most).await.map_err(error)
    }

    async fn ask_for_list(&self, access: &Access, call: &Call) -> std::result::Result<Answer, String> {
        devin::ask(access, call).await
    }

    async fn report(&self, key: &Key, line: &Line, report: Report) -> Result<bool> {
        incidents::report(self.env, key, line, report).await.map_err(error)
    }

    async fn credits(&self, out: Vec<String>, at_work: Vec<String>) -> Result<()> {
        register::credits(self.env, out, at_work).await.map_err(error)
    }

    fn warn(&self, words: &str) {
        log::warning(words);
    }
}
