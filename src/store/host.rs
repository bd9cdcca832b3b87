//! What both kinds of object have of the runtime.

use std::rc::Rc;
use std::time::Duration;

use worker::{Env, State};

use crate::configuration::configuration;
use crate::log;
use crate::runtime::{self, alarm_at, error};
use crate::settings::Settings;
use engine::host::{Object, Result};
use incident::time::Time;

/// An object's storage and alarm, and the Worker's bindings.
pub struct Host {
    pub state: State,
    pub env: Env,
}

impl Object for Host {
    type Settings = Settings;

    fn now(&self) -> Time {
        runtime::now()
    }

    fn settings(&self) -> Option<Rc<Settings>> {
        configuration(&self.env).settings.as_ref().ok().cloned()
    }

    fn retention(&self) -> Duration {
        configuration(&self.env).retention()
    }

    async fn alarm(&self) -> Result<Option<Time>> {
        Ok(self.state.storage().get_alarm().await.map_err(error)?.map(Time))
    }

    async fn set_alarm(&self, at: Time) -> Result<()> {
        self.state.storage().set_alarm(alarm_at(at)).await.map_err(error)
    }

    fn warn(&self, words: &str) {
        log::warning(words);
    }
}
