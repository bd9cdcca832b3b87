//! How the register grows with the company: the same incidents, ten to a million a day, with nothing failing and a budget
//! that delays none.

use std::fmt;
use std::rc::Rc;

use crate::company;
use crate::world::World;
use crate::{BEGIN, evenly};
use engine::register::calls::{Call, ListQuery};
use incident::admission::Limits;
use incident::time::{DAY, HOUR};
use outbound::devin::call::Api;

/// What was measured at one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Incidents and alerts a day.
    pub per_day: u32,
    /// How many were simulated.
    pub incidents: u64,
    /// Deliveries of senders.
    pub deliveries: u64,
    /// Requests to the register.
    pub requests: u64,
    /// The most of them in one second.
    pub busiest: u64,
    /// The most bytes that one of its statements was given: nothing else that grows is in its memory.
    pub largest: u64,
    /// Rows in all its tables at the end.
    pub rows: i64,
    /// Bytes of its database at the end.
    pub bytes: i64,
    /// Rows that its first call after a start is given by its database, and steps that the database takes for them.
    pub cold: (u64, u64),
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |figure: f64| figure / self.incidents.max(1) as f64;
        write!(
            f,
            "| {} | {} | {:.1} | {:.1} | {:.3} | {} | {:.1} | {:.0} | {} | {} | {} |",
            self.per_day,
            self.incidents,
            each(self.deliveries as f64),
            each(self.requests as f64),
            each(self.requests as f64) * f64::from(self.per_day) / 86_400.0,
            self.busiest,
            each(self.rows as f64),
            each(self.bytes as f64),
            self.largest / 1_000,
            self.cold.0,
            self.cold.1,
        )
    }
}

/// The head of the table whose rows are [`Growth`]s.
pub const HEAD: &str = "| incidents a day | simulated | deliveries each | requests each | requests a second | busiest second | rows each | bytes each | \
                        most in memory, KB | cold start: rows | steps |\n| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |";

/// Simulates a company with so many incidents a day, for as long as some `incidents` take, and a week at most.
pub fn grow(seed: u64, per_day: u32, incidents: u32) -> Growth {
    let world = World::new(
        seed,
        BEGIN,
        Limits { per_minute: 1_000_000, per_day: 100_000_000, ..Limits::default() },
        Api::V3 { org: "org-1".into() },
    );
    let span = (DAY * incidents / per_day.max(1)).min(7 * DAY);
    let end = BEGIN.plus(span);
    world.executor.spawn(company::incidents(Rc::clone(&world), per_day.saturating_mul(365), company::FLAPS, end));
    evenly(&world, BEGIN, end.plus(2 * DAY), |_| {});
    assert_eq!(world.broken(), None);
    let figures = &world.figures;
    let (deliveries, requests) = (figures.deliveries.get(), figures.register.get());
    let busiest = figures.busiest.get();
    let rows = world.rows();
    world.restart_register();
    let before = (figures.sql_rows.get(), figures.sql_steps.get());
    let asked = Rc::clone(&world);
    world.executor.spawn(async move {
        let _ =
            asked.ask_register::<serde_json::Value>(Call::List(ListQuery { limit: 50, ..ListQuery::default() })).await;
    });
    evenly(&world, end.plus(2 * DAY), end.plus(2 * DAY + HOUR), |_| {});
    Growth {
        per_day,
        incidents: world.keys().len() as u64,
        deliveries,
        requests,
        busiest,
        largest: figures.largest.get(),
        rows,
        bytes: world.number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", []),
        cold: (figures.sql_rows.get() - before.0, figures.sql_steps.get() - before.1),
    }
}

/// The sizes of the table.
pub const SIZES: [u32; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
