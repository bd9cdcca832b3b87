//! Which routes no event can get to, because earlier ones take every event they could match.

use std::slice::from_ref;

use super::condition::{Condition, Field};
use super::pattern::Pattern;
use incident::sender::Sender;

/// With more combinations than this, only single earlier routes are looked at.
const MOST_CASES: usize = 2_000;

/// Patterns for some fields; an event falls under it when each field fits one of the field's patterns.
type Case<'a> = Vec<(&'a Field, &'a [Pattern])>;

/// The positions in `earlier` of the routes that together take every event that meets `conditions`; `None` where an
/// event is left, or where that can't be told. `None` in `earlier` is a route that could not be read.
///
/// The route is taken apart into cases, one for each choice of one pattern for every field it looks at: an event that
/// meets the route falls under at least one of them.
pub(super) fn taken_by(conditions: &[Condition], earlier: &[Option<&[Condition]>]) -> Option<Vec<usize>> {
    // Every event has a sender, so a route that does not ask for one stands for each of them.
    let mut every = Vec::new();
    for sender in Sender::all() {
        every.push(Pattern::whole(sender.name()));
    }
    let mut whole: Case = Vec::new();
    for condition in conditions {
        whole.push((&condition.field, &condition.patterns));
    }
    if find(&whole, &Field::Sender).is_none() {
        whole.push((&Field::Sender, &every));
    }
    if let Some(one) = taker(earlier, &whole) {
        return Some(vec![one]);
    }

    let mut cases = 1_usize;
    for (_, patterns) in &whole {
        cases = cases.saturating_mul(patterns.len());
    }
    if cases > MOST_CASES {
        return None;
    }
    let mut takers = Vec::new();
    for number in 0..cases {
        // The number says which pattern of each field the case has, as the digits of a number do.
        let mut rest = number;
        let mut case: Case = Vec::new();
        for (field, patterns) in &whole {
            case.push((field, from_ref(patterns.get(rest.checked_rem(patterns.len())?)?)));
            rest = rest.checked_div(patterns.len())?;
        }
        let by = taker(earlier, &case)?;
        if !takers.contains(&by) {
            takers.push(by);
        }
    }
    Some(takers)
}

/// The first route that takes every event of a case: for each of its conditions, every pattern the case has for that
/// field is covered by one of the condition's.
fn taker(earlier: &[Option<&[Condition]>], case: &Case) -> Option<usize> {
    let covered = |wanted: &Condition, pattern: &Pattern| wanted.patterns.iter().any(|wider| wider.covers(pattern));
    let takes = |wanted: &Condition| {
        find(case, &wanted.field).is_some_and(|patterns| patterns.iter().all(|pattern| covered(wanted, pattern)))
    };
    earlier.iter().position(|route| route.is_some_and(|conditions| conditions.iter().all(takes)))
}

/// A case's patterns for a field.
fn find<'a>(case: &Case<'a>, field: &Field) -> Option<&'a [Pattern]> {
    case.iter().find(|(own, _)| *own == field).map(|(_, patterns)| *patterns)
}
