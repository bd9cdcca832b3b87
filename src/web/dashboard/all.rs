//! What can be done to all incidents in a state: asked for once with their number, and done when that is confirmed.

use maud::html;
use serde_json::Value;
use worker::Env;

use super::page::frame;
use super::pieces::{list, text};
use super::reply::{page, problem};
use crate::store::incident_calls as incidents;
use crate::store::register_calls as register;
use crate::web::admin;
use crate::web::answer::Answer;
use crate::web::head::Head;
use crate::web::query::Query;
use crate::web::reply::Reply;
use engine::register::calls::{LARGEST_PAGE, ListQuery};
use incident::key::Key;
use incident::reason::Reason;

/// The most that are done at a time: each is a call to an object, of which a request may make a limited number.
const MOST: usize = 200;

/// Something for all incidents in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum All {
    /// Start those that are held or queued.
    ReleaseHeld,
    /// Try those again that have failed.
    RetryFailed,
}

impl All {
    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            All::ReleaseHeld => "/release-held",
            All::RetryFailed => "/retry-failed",
        }
    }

    /// What it does to so many.
    pub fn title(self, count: u64) -> String {
        match self {
            All::ReleaseHeld => format!("Release all {count}"),
            All::RetryFailed => format!("Try all {count} failed again"),
        }
    }

    fn states(self) -> &'static [&'static str] {
        match self {
            All::ReleaseHeld => &["held", "queued"],
            All::RetryFailed => &["failed"],
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            All::ReleaseHeld => {
                "Each starts a session at once, whatever SESSIONS_PER_MINUTE and SESSIONS_PER_DAY say, and counts among \
                 today's sessions."
            }
            All::RetryFailed => {
                "Each session that may exist already is looked for first; the others start within the limits. Where Devin \
                 refuses for the same reason, they fail again."
            }
        }
    }

    /// `GET`: asks whether that is meant, with the number.
    pub async fn ask(self, head: &Head, env: &Env) -> Reply {
        if let Some(refusal) = admin::refusal(head, env) {
            return problem(refusal);
        }
        let found = match self.find(env).await {
            Ok(found) => found.len(),
            Err(error) => return problem(admin::failed(&error)),
        };
        let count = u64::try_from(found.min(MOST)).unwrap_or_default();
        let title = self.title(count);
        let main = html! {
            section.card {
                h1 { (title) "?" }
                @if count == 0 {
                    p { "There is none left." }
                } @else {
                    p { (self.consequence()) }
                    @if found > MOST { p { "There are more: these are the oldest " (count) ". Do it again for the others." } }
                    @if admin::may_act(head, env) {
                        form method="post" action={ (self.path()) "?most=" (count) } { button { (title) } }
                    } @else {
                        p { "This token reads only." }
                    }
                }
                p { a href="/" { "Back to all incidents" } }
            }
        };
        page(200, frame(&title, None, html! {}, main).into_string())
    }

    /// `POST`: does it, to no more than the number that was confirmed, the oldest first.
    pub async fn act(self, head: &Head, origin: &str, query: Query<'_>, env: &Env) -> Reply {
        if let Some(refusal) = admin::refusal_to_act(head, origin, env) {
            return problem(refusal);
        }
        let Some(most) = query.get("most").and_then(|most| most.parse::<usize>().ok()).filter(|most| *most <= MOST)
        else {
            return problem(Answer::error(
                400,
                "Bad query",
                "most is missing or too large: expected how many at most, up to 200.",
            ));
        };
        let found = match self.find(env).await {
            Ok(found) => found,
            Err(error) => return problem(admin::failed(&error)),
        };
        let (mut done, mut unreached) = (0_usize, 0_usize);
        for name in found.into_iter().take(MOST) {
            if done >= most {
                break;
            }
            let Some(key) = Key::of_name(&name) else { continue };
            match incidents::replay(env, &key, &name).await {
                Ok(did) => done = done.saturating_add((did == Some(true)).into()),
                Err(_) => unreached = unreached.saturating_add(1),
            }
        }
        if unreached > 0 {
            let message = format!("{done} done; {unreached} could not be reached. Please try again.");
            return problem(Answer::unavailable("Storage", message));
        }
        Reply::SeeOther("/".to_owned())
    }

    /// The names of those in the state, the oldest first.
    async fn find(self, env: &Env) -> worker::Result<Vec<String>> {
        let mut found = Vec::new();
        for state in self.states() {
            let mut cursor = None;
            loop {
                let asked =
                    ListQuery { limit: LARGEST_PAGE, state: Some((*state).to_owned()), cursor, ..ListQuery::default() };
                let answer = register::list(env, asked).await?;
                // Each is approved on its page.
                let waits = |incident: &&Value| text(incident, "reason") != Reason::Approval.name();
                for incident in list(&answer, "incidents").iter().filter(waits) {
                    found.push((text(incident, "firstSeen").to_owned(), text(incident, "incident").to_owned()));
                }
                cursor = answer.get("cursor").and_then(Value::as_str).map(str::to_owned);
                if cursor.is_none() {
                    break;
                }
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, name)| name).collect())
    }
}
