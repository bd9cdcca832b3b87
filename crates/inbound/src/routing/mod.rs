//! Event + `ROUTES` → decision: the first route whose every condition matches decides, else the defaults do.

mod condition;
mod group;
mod parse;
mod pattern;
mod reach;
mod route;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use serde_json::Value;

pub use condition::CONDITIONS;
pub use group::GROUP_FIELDS;
pub use settings::{Defaults, SETTINGS};

use crate::config::problem::Problem;
use incident::event::{IncidentEvent, Routing};
use incident::plan::Plan;
use incident::reason::Reason;
use route::{Route, position};
use settings::RouteSettings;
use text::cut;

/// The `event_type` of a body that could not be read but was kept, for Devin to look at as it is.
pub const UNREADABLE: &str = "unreadable";

/// How many lines are kept of why a route decides.
const MOST_LINES: usize = 12;
/// The longest of them, in characters.
const LONGEST_LINE: usize = 300;

/// The routes of the configuration, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes(Vec<Route>);

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
            let plan = route.settings.plan_for(Some(number), event.sender, defaults);
            Decision::Handle(Plan { budget: route.budget().map(|(route, _)| route), ..plan })
        }
    }

    /// The event as its route wants it: where that groups alerts and the event has all the values, under the key of its group.
    /// A group is handled as an alert is, whoever sends what belongs to it.
    pub fn grouped(&self, event: IncidentEvent, plan: &mut Plan, defaults: &Defaults) -> IncidentEvent {
        let route = plan.route.and_then(|number| self.0.get(usize::try_from(number).ok()?.checked_sub(1)?));
        match route.and_then(|route| group::membership(&route.settings.group_by, &event, plan)) {
            Some((key, membership)) => {
                plan.dedup_window_seconds = defaults.dedup_window_seconds;
                IncidentEvent { key, group: Some(membership), ..event }
            }
            None => event,
        }
    }

    /// The sessions a day of the routes that have a budget of their own, by what identifies each.
    pub fn budgets(&self) -> BTreeMap<String, u32> {
        self.0.iter().filter_map(Route::budget).collect()
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

    /// Which route decides about an event and why, as the record keeps it: at most [`MOST_LINES`] lines, of which the
    /// last says what decided.
    pub fn routing(&self, event: &IncidentEvent) -> Routing {
        let mut explained = self.explain(event);
        let route = explained.last().and_then(|last| last.route);
        let left_out = explained.len().saturating_sub(MOST_LINES);
        if left_out > 0 {
            let text = format!("and {} more", left_out.saturating_add(1));
            let from = MOST_LINES.saturating_sub(2);
            let more = Explained { route: None, decides: false, text };
            explained.splice(from..from.saturating_add(left_out).saturating_add(1), [more]);
        }
        Routing { route, why: explained.into_iter().map(|line| cut::head(&line.text, LONGEST_LINE)).collect() }
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

    /// The routes that hand secrets or repositories to sessions although little but an event's title leads to them, in a
    /// sentence each. Whoever can raise an alert can word its title.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (n, route) in self.0.iter().enumerate() {
            let (secrets, repos) = (&route.settings.plan.session_secrets, &route.settings.repos);
            let repos = repos.as_ref().is_some_and(|repos| !repos.is_empty());
            let granted = [("session_secrets", !secrets.is_empty()), ("repos", repos)];
            let granted: Vec<_> = granted.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
            if !granted.is_empty() && route.is_chosen_by_words() {
                warnings.push(format!(
                    "{}: {} for whatever has this alert_name, which anybody who can raise an alert can write: add a \
                     condition on its service, team, resource or a label",
                    position(n),
                    granted.join(" and "),
                ));
            }
        }
        warnings
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

/// A route's number for people, who count from 1.
fn number(n: usize) -> u32 {
    u32::try_from(n + 1).unwrap_or(u32::MAX)
}
