//! Event + `ROUTES` → decision: the first route whose every condition matches decides, else the defaults do.

mod condition;
mod parse;
mod pattern;
mod reach;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use serde_json::Value;

pub use condition::CONDITIONS;
pub use settings::SETTINGS;

use crate::config::problem::Problem;
use condition::{Condition, Field};
use incident::event::IncidentEvent;
use incident::plan::Plan;
use incident::reason::Reason;
use incident::sender::Sender;
use pattern::Pattern;
use settings::RouteSettings;

/// The `event_type` of a body that could not be read but was kept, for Devin to look at as it is.
pub const UNREADABLE: &str = "unreadable";

/// The routes of the configuration, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes(Vec<Route>);

/// Conditions, and what is done about an event that meets all of them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Route {
    conditions: Vec<Condition>,
    settings: RouteSettings,
}

/// What the variables say, for everything a route does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// `DEVIN_PLAYBOOK_ID`.
    pub playbook_id: Option<String>,
    /// `TARGET_REPO`, as [`repo_name`](crate::config::repo::repo_name) gives it.
    pub repos: Vec<String>,
    /// `MAX_ACU_LIMIT`.
    pub max_acu_limit: Option<u64>,
    /// `POSTMORTEM_DESTINATION`; for postmortems only.
    pub post_to: Option<String>,
    /// `DEDUP_WINDOW_SECONDS`; for alerts only.
    pub dedup_window_seconds: Option<u64>,
}

/// What is to be done about an event.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there is one for each event, taken apart at once")]
pub enum Decision {
    /// Nothing.
    Ignore {
        /// Why.
        reason: Reason,
        /// The route that says so, counted from 1.
        route: Option<u32>,
        /// The same for a person, in a sentence.
        message: String,
    },
    /// It is handled like this.
    Handle(Plan),
}

/// Why a route decides about an event or does not, for dry runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The route, counted from 1; `None` for the defaults, which decide where no route does.
    pub route: Option<u32>,
    /// Whether this one decides.
    pub decides: bool,
    /// The same for a person: `route 1: service is "api", wanted "billing*"`.
    pub text: String,
}

impl Routes {
    /// Reads the variable `ROUTES`: a list of tables, or a text that holds one as JSON. Null and an empty text mean
    /// there are no routes.
    ///
    /// # Errors
    /// Everything that is wrong with it, never only the first thing.
    pub fn parse(value: &Value) -> Result<Routes, Vec<Problem>> {
        parse::routes(value).map(Routes)
    }

    /// What is to be done about an event.
    pub fn decide(&self, event: &IncidentEvent, defaults: &Defaults) -> Decision {
        let decides = self.0.iter().enumerate().find(|(_, route)| route.matches(event));
        let Some((n, route)) = decides else {
            return Decision::Handle(RouteSettings::default().plan_for(None, event.sender, defaults));
        };
        let number = number(n);
        let ignored = |why: &str| Decision::Ignore {
            reason: Reason::Route,
            route: Some(number),
            message: format!("Route {number} {why}."),
        };
        if route.settings.ignore {
            ignored("ignores it")
        } else if event.event_type == UNREADABLE && !route.settings.accept_unreadable {
            ignored("accepts no unreadable body")
        } else {
            Decision::Handle(route.settings.plan_for(Some(number), event.sender, defaults))
        }
    }

    /// Every route up to the one that decides, with what kept it from deciding; last the one that does.
    pub fn explain(&self, event: &IncidentEvent) -> Vec<Explained> {
        let mut explained = Vec::new();
        for (n, route) in self.0.iter().enumerate() {
            let number = number(n);
            let mut text = format!("route {number}: ");
            let mut decides = true;
            for condition in &route.conditions {
                if !condition.is_met(event) {
                    text.push_str(if decides { "" } else { "; " });
                    text.push_str(&condition.compared(event));
                    decides = false;
                }
            }
            if decides {
                let why = if route.conditions.is_empty() { "it has no condition" } else { "every condition is met" };
                text.push_str(why);
            }
            explained.push(Explained { route: Some(number), decides, text });
            if decides {
                return explained;
            }
        }
        let text = "no route matches; the defaults decide".to_owned();
        explained.push(Explained { route: None, decides: true, text });
        explained
    }

    /// The Worker secrets that routes name, each with the setting that does (`ROUTES[2].session_secrets`), to be
    /// checked where the secrets are.
    pub fn session_secrets(&self) -> Vec<(String, &str)> {
        let mut all = Vec::new();
        for (n, route) in self.0.iter().enumerate() {
            for name in &route.settings.plan.session_secrets {
                all.push((format!("{}.session_secrets", position(n)), name.as_str()));
            }
        }
        all
    }

    /// The templates of prompts and titles in routes, each with its setting, to be checked where the fields are known.
    pub fn templates(&self) -> Vec<(String, &str)> {
        let mut all = Vec::new();
        for (n, route) in self.0.iter().enumerate() {
            let plan = &route.settings.plan;
            for (key, text) in [("prompt", &plan.prompt), ("title", &plan.title)] {
                if let Some(text) = text {
                    all.push((format!("{}.{key}", position(n)), text.as_str()));
                }
            }
        }
        all
    }
}

impl Route {
    fn matches(&self, event: &IncidentEvent) -> bool {
        self.conditions.iter().all(|condition| condition.is_met(event))
    }

    /// Whether it looks at events of this sender at all.
    fn may_match(&self, sender: Sender) -> bool {
        let name = Pattern::whole(sender.name());
        let mut wanted = self.conditions.iter().filter(|condition| condition.field == Field::Sender);
        wanted.all(|condition| condition.patterns.contains(&name))
    }
}

/// A route's number for people, who count from 1.
fn number(n: usize) -> u32 {
    u32::try_from(n + 1).unwrap_or(u32::MAX)
}

/// A route's place in the configuration: `ROUTES[1]` is the first.
fn position(n: usize) -> String {
    format!("ROUTES[{}]", n + 1)
}
