//! What a page of the list shows, as its address says it: the filters, and whether it loads itself again.

use crate::web::list_query;
use crate::web::query::Query;
use engine::register::calls::ListQuery;
use incident::time::Time;
use outbound::http::escape;

/// How many incidents a page of the list has.
pub const ROWS: u32 = 50;
/// The longest text that is looked for, in characters: it is part of the page's links too.
const LONGEST_TEXT: usize = 64;
/// The longest query that the links to incidents carry, in bytes, so that one comes back to the same list: there are fifty
/// of them on a page.
const LONGEST_CARRIED: usize = 150;
/// The parameter that says whether the page loads itself again, and the value with which it does not.
const REFRESH: (&str, &str) = ("refresh", "off");

/// What a page shows.
#[derive(Clone, Debug)]
pub struct View {
    /// What the register is asked.
    pub asked: ListQuery,
    /// When it is from and to, in the words of the address: how long ago stays so when the page is loaded again.
    pub since: String,
    /// See [`View::since`].
    pub until: String,
    /// Whether it loads itself again.
    pub refreshes: bool,
}

impl View {
    /// What an address asks for, or what is wrong with it.
    pub fn read(query: Query<'_>, now: Time) -> Result<View, String> {
        let asked = list_query::read(query, now)?;
        let short = |text: Option<String>| text.map(|text| text.chars().take(LONGEST_TEXT).collect::<String>());
        let ListQuery { text, service, severity, .. } = asked.clone();
        let words = |name: &str| query.get(name).unwrap_or_default();
        Ok(View {
            asked: ListQuery {
                limit: ROWS,
                text: short(text),
                service: short(service),
                severity: short(severity),
                ..asked
            },
            since: words("since"),
            until: words("until"),
            refreshes: words(REFRESH.0) != REFRESH.1,
        })
    }

    /// The same for a page that only leads back to the list: what is wrong with the address shows everything.
    pub fn of_incident(query: Query<'_>, now: Time) -> View {
        View::read(query, now).or_else(|_| View::read(Query(""), now)).unwrap_or_else(|_| View {
            asked: ListQuery::default(),
            since: String::new(),
            until: String::new(),
            refreshes: true,
        })
    }

    /// Whether only some of the incidents are asked for.
    pub fn is_narrowed(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether one of the filters is set that are not always shown.
    pub fn has_more(&self) -> bool {
        self.asked.sender.is_some() || self.asked.service.is_some() || !self.until.is_empty()
    }

    fn filters(&self) -> [(&'static str, &str); 7] {
        let ListQuery { state, sender, text, service, severity, .. } = &self.asked;
        [
            ("state", text_of(state)),
            ("sender", text_of(sender)),
            ("severity", text_of(severity)),
            ("service", text_of(service)),
            ("q", text_of(text)),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }

    /// The address of the list with the same filters, from `cursor` on.
    pub fn address(&self, cursor: Option<&str>) -> String {
        self.at("/", cursor)
    }

    /// The address of a page about what this page of the list shows.
    pub fn address_of(&self, path: &str) -> String {
        self.at(path, self.asked.cursor.as_deref())
    }

    /// The same with the page loading itself again or not.
    pub fn refreshing(&self, refreshes: bool) -> String {
        View { refreshes, ..self.clone() }.at("/", self.asked.cursor.as_deref())
    }

    /// The address of another page from which one comes back to this list.
    pub fn carried_to(&self, path: &str) -> String {
        let address = self.at(path, None);
        if address.len() <= path.len().saturating_add(LONGEST_CARRIED) { address } else { path.to_owned() }
    }

    fn at(&self, path: &str, cursor: Option<&str>) -> String {
        let mut address = path.to_owned();
        let refresh = if self.refreshes { "" } else { REFRESH.1 };
        let more = [("cursor", cursor.unwrap_or_default()), (REFRESH.0, refresh)];
        for (name, value) in self.filters().into_iter().chain(more).filter(|(_, value)| !value.is_empty()) {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(name);
            address.push('=');
            address.push_str(&escape(value));
        }
        address
    }
}

fn text_of(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_the_page_shows() {
        let query = "state=failed&q=a+%26+b&since=24h&refresh=off&severity=P1&cursor=1.alert-h1";
        let view = View::read(Query(query), Time(0)).unwrap();
        assert_eq!(view.address(None), "/?state=failed&severity=P1&q=a%20%26%20b&since=24h&refresh=off");
        assert_eq!(
            view.address(Some("2.b")),
            "/?state=failed&severity=P1&q=a%20%26%20b&since=24h&cursor=2.b&refresh=off"
        );
        assert_eq!(view.refreshing(true), "/?state=failed&severity=P1&q=a%20%26%20b&since=24h&cursor=1.alert-h1");
        assert_eq!(
            view.carried_to("/incidents/a"),
            "/incidents/a?state=failed&severity=P1&q=a%20%26%20b&since=24h&refresh=off"
        );
        assert!(view.is_narrowed() && !view.has_more());
        let long = View::read(Query(&format!("q={}", "%F0%9F%94%A5".repeat(64))), Time(0)).unwrap();
        assert_eq!(long.carried_to("/incidents/a"), "/incidents/a");
        let all = View::of_incident(Query("state=whatever"), Time(0));
        assert_eq!((all.address(None).as_str(), all.is_narrowed()), ("/", false));
    }
}
