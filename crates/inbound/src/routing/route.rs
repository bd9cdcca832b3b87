//! One route.

use sha2::{Digest, Sha256};

use incident::event::IncidentEvent;
use incident::sender::Sender;

use super::condition::{Condition, Field};
use super::pattern::Pattern;
use super::settings::RouteSettings;

/// Conditions, and what is done about an event that meets all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Route {
    pub(super) conditions: Vec<Condition>,
    pub(super) settings: RouteSettings,
}

impl Route {
    /// Whether an event meets every condition.
    pub(super) fn matches(&self, event: &IncidentEvent) -> bool {
        self.conditions.iter().all(|condition| condition.is_met(event))
    }

    /// The route's sessions a day, where it has a budget of its own, and what identifies it: its conditions, so that it
    /// keeps what it has spent when the routes before it or its settings change.
    pub(super) fn budget(&self) -> Option<(String, u32)> {
        let most = u32::try_from(self.settings.sessions_per_day?).unwrap_or(u32::MAX);
        let conditions: Vec<String> = self.conditions.iter().map(|condition| format!("{condition:?}")).collect();
        let digest = hex::encode(Sha256::digest(conditions.join("\n")));
        Some((format!("r{}", digest.get(..16).unwrap_or(&digest)), most))
    }

    /// Whether an event's title alone tells it from any other of the same sender and urgency.
    pub(super) fn is_chosen_by_words(&self) -> bool {
        let about = |field: &Field| matches!(field, Field::Service | Field::Team | Field::Resource | Field::Label(_));
        self.conditions.iter().any(|condition| condition.field == Field::AlertName)
            && !self.conditions.iter().any(|condition| about(&condition.field))
    }

    /// Whether it looks at events of this sender at all.
    pub(super) fn may_match(&self, sender: Sender) -> bool {
        let name = Pattern::whole(sender.name());
        let mut wanted = self.conditions.iter().filter(|condition| condition.field == Field::Sender);
        wanted.all(|condition| condition.patterns.contains(&name))
    }
}

/// A route's place in the configuration: `ROUTES[1]` is the first.
pub(super) fn position(n: usize) -> String {
    format!("ROUTES[{}]", n + 1)
}
