//! Which routes no event can get to, because earlier ones take every event they could match.

use super::condition::{Condition, Field};
use super::pattern::Pattern;
use crate::incident::event::Sender;

/// With more combinations than this, only single earlier routes are looked at.
const MOST_CASES: usize = 2_000;

/// The positions in `earlier` of the routes that together take every event that meets `conditions`; `None` where an
/// event is left, or where that can't be told. `None` in `earlier` is a route that could not be read.
///
/// The route is taken apart into cases, one for each choice of one pattern for every field it looks at: an event that
/// meets the route falls under at least one case, and an earlier route takes all of a case when each of its conditions
/// has a pattern that covers the case's pattern for that field.
pub(super) fn taken_by(conditions: &[Condition], earlier: &[Option<&[Condition]>]) -> Option<Vec<usize>> {
    // Every event has a sender, so a route that does not ask for one stands for each of them.
    let every: Vec<Pattern> = Sender::ALL.iter().map(|sender| Pattern::whole(sender.name())).collect();
    let mut fields: Vec<(&Field, &[Pattern])> = conditions.iter().map(|c| (&c.field, c.patterns.as_slice())).collect();
    if !fields.iter().any(|(field, _)| **field == Field::Sender) {
        fields.push((&Field::Sender, &every));
    }

    let takes_all = |route: &[Condition]| {
        route.iter().all(|wanted| {
            let found = fields.iter().find(|(field, _)| **field == wanted.field);
            found.is_some_and(|(_, patterns)| patterns.iter().all(|pattern| covered(wanted, pattern)))
        })
    };
    if let Some(one) = earlier.iter().position(|route| route.is_some_and(takes_all)) {
        return Some(vec![one]);
    }

    let cases = fields.iter().try_fold(1_usize, |cases, (_, patterns)| cases.checked_mul(patterns.len()))?;
    if cases > MOST_CASES {
        return None;
    }
    let mut taking = Vec::new();
    for case in 0..cases {
        // The case's number says which pattern of each field it has, as the digits of a number do.
        let mut rest = case;
        let mut case: Vec<(&Field, &Pattern)> = Vec::with_capacity(fields.len());
        for (field, patterns) in &fields {
            case.push((field, patterns.get(rest.checked_rem(patterns.len())?)?));
            rest = rest.checked_div(patterns.len())?;
        }
        let takes = |route: &[Condition]| {
            route.iter().all(|wanted| {
                let found = case.iter().find(|(field, _)| **field == wanted.field);
                found.is_some_and(|(_, pattern)| covered(wanted, pattern))
            })
        };
        let by = earlier.iter().position(|route| route.is_some_and(takes))?;
        if !taking.contains(&by) {
            taking.push(by);
        }
    }
    taking.sort_unstable();
    Some(taking)
}

fn covered(wanted: &Condition, pattern: &Pattern) -> bool {
    wanted.patterns.iter().any(|wider| wider.covers(pattern))
}
