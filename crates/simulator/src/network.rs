//! The network between the bridge and the others: what of a call arrives, and what of its answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::devin::{Fate, answer};
use crate::world::{World, add};
use incident::session::LONGEST_CALL;
use incident::time::{HOUR, MINUTE, SECOND};
use outbound::http::{Answer, Call};

/// How long a call is on its way, and an answer.
const THERE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(900));
const BACK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(400));
/// What Slack says that it did not do, may have done, and asks for again.
const SLACK_ERRORS: [&str; 5] =
    ["channel_not_found", "invalid_auth", "ratelimited", "internal_error", "service_unavailable"];

impl World {
    async fn on_its_way(&self, (shortest, longest): (Duration, Duration)) {
        self.executor.pause(self.executor.between(shortest, longest)).await;
    }

    /// Lets Devin do what it is asked, if it does.
    pub(crate) async fn ask_devin(
        &self,
        call: &Call,
        act: impl FnOnce(&World, &Fate) -> Answer,
    ) -> std::result::Result<Answer, String> {
        add(&self.figures.devin, 1);
        let executor = &self.executor;
        self.on_its_way(THERE).await;
        if self.script.borrow().is_some() {
            return self.ask_by_script(call, act).await;
        }
        if self.happens(|weather| weather.devin_down) {
            return self.nothing_done().await;
        }
        if self.happens(|weather| weather.devin_busy) {
            return Ok(self.busy());
        }
        if self.happens(|weather| weather.devin_refuses) {
            let refusals = [(401, "the key has expired"), (402, "out of credits"), (403, "not allowed")];
            let (status, words) = refusals[executor.below(3)];
            return Ok(answer(status, &json!({"detail": words})));
        }
        let message = call.method == "POST" && !call.url.ends_with("/sessions");
        if message && self.happens(|weather| weather.devin_mute) {
            return Ok(answer(503, &Value::Null));
        }
        let fate = Fate {
            listed: executor.now().plus(executor.between(Duration::ZERO, 8 * SECOND)),
            lasts: executor.between(5 * MINUTE, HOUR),
            gone: message && self.happens(|weather| weather.session_gone),
            ends: executor.below(4),
            opens_late: executor.happens(0.3).then(|| executor.between(10 * MINUTE, 3 * HOUR)),
            paid: !self.happens(|weather| weather.no_credits),
        };
        self.takes_its_time().await;
        let done = act(self, &fate);
        if self.happens(|weather| weather.devin_stalls) {
            executor.pause(LONGEST_CALL).await;
            return Err("took too long".into());
        }
        self.on_its_way(BACK).await;
        if self.happens(|weather| weather.devin_deaf) {
            return self.unreadable();
        }
        Ok(done)
    }

    /// Lets those who are notified do what they are asked, if they do.
    pub(crate) async fn ask_people(&self, call: &Call) -> std::result::Result<Answer, String> {
        add(&self.figures.devin, 1);
        self.on_its_way(THERE).await;
        let happens = self.happens(|weather| weather.targets_fail);
        let fails = if happens { self.executor.below(4) } else { 4 };
        match fails {
            0 => return self.nothing_done().await,
            1 => return Ok(self.busy()),
            _ => {}
        }
        if call.url.contains("slack") && self.happens(|weather| weather.slack_errors) {
            let error = SLACK_ERRORS[self.executor.below(SLACK_ERRORS.len())];
            if error == "internal_error" && self.executor.happens(0.5) {
                self.people.borrow_mut().act(self, call);
            }
            return Ok(answer(200, &json!({"ok": false, "error": error})));
        }
        self.takes_its_time().await;
        let done = self.people.borrow_mut().act(self, call);
        match fails {
            2 => {
                self.executor.pause(MINUTE).await;
                Err("took too long".into())
            }
            3 => self.unreadable(),
            _ => {
                self.on_its_way(BACK).await;
                Ok(done)
            }
        }
    }

    /// Less than anybody's patience, and much more than usual.
    async fn takes_its_time(&self) {
        if self.happens(|weather| weather.slow) {
            self.on_its_way((40 * SECOND, 57 * SECOND)).await;
        }
    }

    async fn nothing_done(&self) -> std::result::Result<Answer, String> {
        match self.executor.below(3) {
            0 => Err("connection refused".into()),
            1 => Ok(answer(503, &Value::Null)),
            _ => {
                self.executor.pause(MINUTE).await;
                Err("took too long".into())
            }
        }
    }

    fn busy(&self) -> Answer {
        let mut busy = answer(429, &json!({"detail": "You exceeded your concurrent session limit of 5"}));
        busy.retry_after = self.executor.happens(0.5).then(|| "7".to_owned());
        busy
    }

    /// It was done, and the answer does not say so.
    fn unreadable(&self) -> std::result::Result<Answer, String> {
        match self.executor.below(4) {
            0 => Err("connection reset".into()),
            1 => Ok(answer(500, &Value::Null)),
            2 => Ok(Answer { body: "<html>Bad gateway</html>".into(), ..answer(502, &Value::Null) }),
            _ => Ok(Answer { body: "{\"sess".into(), whole: false, ..answer(200, &Value::Null) }),
        }
    }
}
