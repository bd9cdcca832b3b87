//! The rows in memory, for tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::{Group, Pause, Rows, Spent, Waiter, Window};
use crate::time::Time;

/// Permits and the line, as tables would hold them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// When each permit was issued, and whether it is confirmed.
    pub permits: RefCell<BTreeMap<String, (Time, bool)>>,
    /// The line, by id.
    pub line: RefCell<BTreeMap<String, Waiter>>,
    /// What each counts for besides.
    pub counted: RefCell<BTreeMap<String, (bool, Option<String>)>>,
    /// What somebody has asked for.
    pub pause: RefCell<Option<Pause>>,
}

impl Memory {
    fn in_order(&self) -> Vec<Waiter> {
        let mut line: Vec<Waiter> = self.line.borrow().values().cloned().collect();
        line.sort_by(|a, b| (a.rank, a.since, &a.id).cmp(&(b.rank, b.since, &b.id)));
        line
    }

    fn route(&self, id: &str) -> Option<String> {
        self.counted.borrow().get(id).and_then(|(_, route)| route.clone())
    }

    fn times(&self, Window { since, unconfirmed_since }: Window) -> Vec<Time> {
        let counts = |(at, confirmed): &(Time, bool)| match *at {
            at if at >= since => Some(at),
            at if at >= unconfirmed_since && !confirmed => Some(at.plus(since.since(unconfirmed_since))),
            _ => None,
        };
        let mut times: Vec<Time> = self.permits.borrow().values().filter_map(counts).collect();
        times.sort();
        times
    }
}

impl Rows for Memory {
    type Error = Infallible;

    fn forget(&self, confirmed: Time, reserved: Time) -> Result<(), Infallible> {
        self.permits.borrow_mut().retain(|_, (at, is)| *at >= if *is { confirmed } else { reserved });
        Ok(())
    }

    fn tidy(&self, now: Time, expected_by: Time) -> Result<(), Infallible> {
        self.permits.borrow_mut().values_mut().for_each(|(at, _)| *at = (*at).min(now));
        self.line.borrow_mut().retain(|_, waiter| waiter.back_at > expected_by);
        Ok(())
    }

    fn spent(&self, window: Window, midnight: Time) -> Result<Spent, Infallible> {
        let mut spent = Spent { minute: self.times(window).len() as u32, ..Spent::default() };
        for (id, _) in self.permits.borrow().iter().filter(|(_, (at, is))| *at >= midnight || !is) {
            spent.today += 1;
            let (urgent, route) = self.counted.borrow().get(id).cloned().unwrap_or_default();
            spent.urgent += u32::from(urgent);
            if let Some(route) = route {
                *spent.routes.entry(route).or_default() += 1;
            }
        }
        Ok(spent)
    }

    fn issued_at(&self, window: Window, place: u32) -> Result<Option<Time>, Infallible> {
        Ok(self.times(window).get(place as usize).copied())
    }

    fn count_for(&self, id: &str, urgent: bool, route: Option<&str>) -> Result<(), Infallible> {
        self.counted.borrow_mut().insert(id.to_owned(), (urgent, route.map(str::to_owned)));
        Ok(())
    }

    fn reserve(&self, id: &str, at: Time) -> Result<(), Infallible> {
        self.permits.borrow_mut().insert(id.to_owned(), (at, false));
        Ok(())
    }

    fn confirm(&self, id: &str, at: Time) -> Result<(), Infallible> {
        let mut permits = self.permits.borrow_mut();
        let permit = permits.entry(id.to_owned()).or_insert((at, false));
        if !permit.1 {
            *permit = (permit.0.max(at), true);
        }
        Ok(())
    }

    fn confirm_reserved(&self, id: &str) -> Result<(), Infallible> {
        self.permits.borrow_mut().get_mut(id).into_iter().for_each(|(_, confirmed)| *confirmed = true);
        Ok(())
    }

    fn release(&self, id: &str) -> Result<(), Infallible> {
        self.permits.borrow_mut().remove(id);
        Ok(())
    }

    fn wait(&self, waiter: &Waiter) -> Result<(), Infallible> {
        self.line.borrow_mut().insert(waiter.id.clone(), waiter.clone());
        Ok(())
    }

    fn leave(&self, id: &str) -> Result<(), Infallible> {
        self.line.borrow_mut().remove(id);
        Ok(())
    }

    fn ahead(&self, rank: u8, since: Time, id: &str) -> Result<Vec<Group>, Infallible> {
        let mut groups: Vec<Group> = Vec::new();
        for waiter in self.in_order() {
            if (waiter.rank, waiter.since, waiter.id.as_str()) >= (rank, since, id) {
                break;
            }
            let (urgent, route) = (waiter.rank == 0, self.route(&waiter.id));
            match groups.iter_mut().find(|group| group.urgent == urgent && group.route == route) {
                Some(group) => group.number += 1,
                None => groups.push(Group { urgent, route, number: 1 }),
            }
        }
        Ok(groups)
    }

    fn in_line(&self, held: bool) -> Result<u32, Infallible> {
        Ok(self.line.borrow().values().filter(|waiter| waiter.held == held).count() as u32)
    }

    fn first(&self, most: u32, left: &BTreeMap<String, u32>) -> Result<Vec<Waiter>, Infallible> {
        let mut left = left.clone();
        let mut goes = |waiter: &Waiter| match self.route(&waiter.id).and_then(|route| left.get_mut(&route)) {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        };
        Ok(self.in_order().into_iter().filter(|waiter| goes(waiter)).take(most as usize).collect())
    }

    fn pause(&self) -> Result<Option<Pause>, Infallible> {
        Ok(self.pause.borrow().clone())
    }
}
