//! The alerts of a group in its record.

use std::borrow::Cow;

use super::Record;
use crate::event::Incident;
use crate::group::{self, Member, News};
use crate::key::Key;
use crate::listing::ListedAlert;

impl Record {
    /// Whether it is the incident of a group.
    pub fn is_group(&self) -> bool {
        self.key.is_group()
    }

    /// The member with this key.
    pub fn member(&self, alert: &Key) -> Option<&Member> {
        self.alerts.iter().find(|member| member.key == *alert)
    }

    /// Whether an alert of the group fires.
    pub fn any_fires(&self) -> bool {
        self.alerts.iter().any(|member| member.over.is_none())
    }

    /// The incident as it is called: that of a group by the worst of its alerts, and how many others there are.
    pub fn titled(&self) -> Cow<'_, Incident> {
        match self.alerts.len().saturating_sub(1) {
            0 => Cow::Borrowed(&self.incident),
            others => {
                let title = format!("{} and {others} more", self.incident.title);
                Cow::Owned(Incident { title, ..self.incident.clone() })
            }
        }
    }

    /// The alerts as the list shows them, the worst and oldest first.
    pub(super) fn listed_alerts(&self) -> Vec<ListedAlert> {
        group::ordered(self.alerts.iter()).into_iter().map(ListedAlert::from).collect()
    }

    /// The group's alerts in the text that a session is started with.
    pub fn all_alerts(&self) -> Vec<String> {
        let mut lines = group::lines(self.alerts.iter());
        if self.further_reports > 0 {
            lines.push(format!("and {} reports of other alerts, which are not listed", self.further_reports));
        }
        lines
    }

    /// Those of which there is something that the session has not heard.
    pub fn new_alerts(&self) -> Vec<String> {
        group::lines(self.alerts.iter().filter(|member| member.news == News::Unsaid))
    }

    /// A text was written that says all there is to say of the alerts.
    pub fn write_alerts(&mut self) {
        self.change_news(News::Unsaid, News::Written);
    }

    /// That text has arrived.
    pub(super) fn settle_alerts(&mut self) {
        self.change_news(News::Written, News::None);
    }

    /// What the text said that did not arrive is to be said by the next one.
    pub fn untell(&mut self) {
        self.changes_sent = 0;
        self.change_news(News::Written, News::Unsaid);
    }

    fn change_news(&mut self, from: News, to: News) {
        for member in self.alerts.iter_mut().filter(|member| member.news == from) {
            member.news = to;
        }
    }
}
