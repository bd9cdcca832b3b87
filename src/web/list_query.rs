//! What an address asks of the list of incidents.

use strum::VariantNames;

use crate::web::query::Query;
use engine::register::calls::{LARGEST_PAGE, ListQuery, parse_cursor};
use incident::listing::{FOLLOWING_UP, STATES};
use incident::sender::Sender;
use incident::time::{DAY, HOUR, MINUTE, Time};
use text::clean;

/// How many incidents a page has where nobody says otherwise.
const PAGE: u32 = 50;
/// The parameters of the list.
pub const NAMES: [&str; 9] = ["limit", "cursor", "state", "sender", "q", "service", "severity", "since", "until"];

/// What a query asks, or what is wrong with it. Blank is absent, as browsers send it.
pub fn read(query: Query<'_>, now: Time) -> Result<ListQuery, String> {
    let text = |name: &str| query.get(name).filter(|value| !value.is_empty());
    let bad = |name: &str, expected: &str| {
        let found = clean::line(&text(name).unwrap_or_default(), 100);
        format!("{name} is {found:?}: expected {expected}.")
    };
    let [cursor, state, sender, severity] = ["cursor", "state", "sender", "severity"].map(text);
    let limit = text("limit").map_or(Some(PAGE), |limit| limit.parse::<u32>().ok());
    let Some(limit) = limit.filter(|limit| (1..=LARGEST_PAGE).contains(limit)) else {
        return Err(bad("limit", &format!("a whole number from 1 to {}", LARGEST_PAGE)));
    };
    if cursor.as_deref().is_some_and(|cursor| parse_cursor(cursor).is_none()) {
        return Err(bad("cursor", "the cursor of the page before"));
    }
    if state.as_deref().is_some_and(|state| !STATES.contains(&state) && state != FOLLOWING_UP) {
        return Err(bad("state", &format!("{} or {FOLLOWING_UP}", STATES.join(", "))));
    }
    if sender.as_deref().is_some_and(|sender| sender.parse::<Sender>().is_err()) {
        return Err(bad("sender", &Sender::VARIANTS.join(", ")));
    }
    if severity.as_deref().is_some_and(|severity| severity.parse::<i64>().is_ok_and(|it| !(0..=4).contains(&it))) {
        return Err(bad("severity", "0 to 4, or a priority such as P1"));
    }
    let time = |name: &str| match text(name) {
        None => Ok(None),
        Some(text) => moment(&text, now).map(Some).ok_or_else(|| bad(name, WHEN)),
    };
    let (since, until) = (time("since")?, time("until")?);
    let [words, service] = ["q", "service"].map(text);
    Ok(ListQuery { limit, cursor, state, sender, text: words, service, severity, since, until })
}

/// Whether a query has these parameters only, or what is said of the first other one: a filter that is not known must not
/// look like one that found everything.
pub fn only(query: Query<'_>, known: &[&str]) -> Result<(), String> {
    let Some(name) = query.names().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let name = clean::line(&name, 100);
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(format!("{name:?} is no parameter of this path: expected {known}."))
}

const WHEN: &str = "a time such as 2026-11-21T14:05Z (UTC where it names no zone), or how long ago: 30m, 24h, 7d";

/// A point in time: how long before now, or RFC 3339, of which the end may be missing as browsers leave it out.
fn moment(text: &str, now: Time) -> Option<Time> {
    let text = text.trim();
    for (unit, length) in [("m", MINUTE), ("h", HOUR), ("d", DAY)] {
        if let Some(count) = text.strip_suffix(unit).and_then(|count| count.parse::<u32>().ok()) {
            return Some(now.minus(length.saturating_mul(count)));
        }
    }
    ["", "Z", ":00Z", "T00:00:00Z"].iter().find_map(|end| Time::from_rfc3339(&format!("{text}{end}"))).or_else(|| {
        let minute = text.strip_suffix(['Z', 'z'])?;
        Time::from_rfc3339(&format!("{minute}:00Z"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn asked(query: &str) -> Result<ListQuery, String> {
        only(Query(query), &NAMES)?;
        read(Query(query), Time::from_rfc3339("2026-11-21T14:05:00Z").unwrap())
    }

    #[test]
    fn what_is_not_known_is_refused_and_named() {
        assert_eq!(asked("").unwrap().limit, 50);
        assert_eq!(asked("state=&q=&since=").unwrap(), asked("").unwrap());
        for (query, says) in [
            ("status=failed", "\"status\" is no parameter"),
            ("%66oo", "\"foo\" is no parameter"),
            ("state=failed&State=failed", "\"State\" is no parameter"),
            ("state=done", "state is \"done\": expected waiting"),
            ("limit=0", "limit is \"0\""),
            ("severity=5", "severity is \"5\""),
            ("since=yesterday", "since is \"yesterday\""),
            ("until=2026-13-01", "until is \"2026-13-01\""),
        ] {
            let wrong = asked(query).unwrap_err();
            assert!(wrong.contains(says), "{query}: {wrong}");
        }
    }

    #[test]
    fn times_are_points_or_how_long_ago() {
        let since = |text: &str| asked(&format!("since={text}")).unwrap().since.unwrap().rfc3339();
        assert_eq!(since("30m"), "2026-11-21T13:35:00.000Z");
        assert_eq!(since("24h"), "2026-11-20T14:05:00.000Z");
        assert_eq!(since("7d"), "2026-11-14T14:05:00.000Z");
        for text in ["2026-11-20T01:02", "2026-11-20T01:02Z", "2026-11-20T01:02:00", "2026-11-20T02:02:00%2B01:00"] {
            assert_eq!(since(text), "2026-11-20T01:02:00.000Z", "{text}");
        }
        assert_eq!(since("2026-11-20"), "2026-11-20T00:00:00.000Z");
        assert_eq!(since("4000000000m"), "", "before there were years of four digits");
    }
}
