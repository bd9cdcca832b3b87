//! Permits and the line in storage: what was spent is counted where it is stored.

use std::collections::BTreeMap;

use super::Program;
use crate::host::{Binding, Error, RegisterHost, Result, Row};
use ::incident::admission::{Group, Pause, Rows, Spent, Waiter, Window};
use ::incident::time::Time;

/// What the first release kept: sessions by their incidents' names. They still count on the day of the upgrade; who
/// waited asks again.
const FROM_FIRST_RELEASE: [&str; 3] = [
    "INSERT OR IGNORE INTO permits SELECT 'incident:' || incident, at, 1 FROM turns",
    "DROP TABLE turns",
    "DROP TABLE IF EXISTS queue",
];

impl<H: RegisterHost> Program<H> {
    /// Takes over what the first release has stored, where that was not done yet.
    pub(super) fn take_over_turns(&self) -> Result<()> {
        self.take_over("turns", &FROM_FIRST_RELEASE)
    }

    fn run(&self, statement: &str, bindings: Vec<Binding>) -> Result<()> {
        self.exec(statement, bindings).map(|_| ())
    }

    fn first_number(&self, query: &str, bindings: Vec<Binding>) -> Result<Option<i64>> {
        Ok(self.exec(query, bindings)?.first().map(|row| row.integer("number")))
    }

    fn count(&self, query: &str, bindings: Vec<Binding>) -> Result<u32> {
        let count = self.first_number(query, bindings)?.unwrap_or_default();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Those who come next in line after one, at most so many, without those of routes that have nothing left: they may be
    /// hundreds, which are passed over where they are stored.
    fn next_in_line(&self, most: u32, after: Option<&Waiter>, left: &BTreeMap<String, u32>) -> Result<Vec<H::Row>> {
        let spent: BTreeMap<&String, &u32> = left.iter().filter(|(_, left)| **left == 0).collect();
        let (rank, since, id) = after.map_or((-1, Time(0), ""), |after| (after.rank.into(), after.since, &after.id));
        let query = "SELECT waiters.*, route FROM waiters LEFT JOIN counted USING (id) \
             WHERE (rank, since, id) > (?1, ?2, ?3) AND (?4 ->> route) IS NULL ORDER BY rank, since, id LIMIT ?5";
        let spent = serde_json::to_string(&spent)?;
        self.exec(query, vec![Binding::Integer(rank), since.into(), id.into(), spent.into(), most.into()])
    }
}

impl<H: RegisterHost> Rows for Program<H> {
    type Error = Error;

    fn forget(&self, confirmed: Time, reserved: Time) -> Result<()> {
        self.run("DELETE FROM permits WHERE confirmed = 1 AND at < ?", vec![Binding::from(confirmed)])?;
        self.run("DELETE FROM permits WHERE confirmed = 0 AND at < ?", vec![Binding::from(reserved)])?;
        let gone =
            "DELETE FROM counted WHERE id NOT IN (SELECT id FROM permits) AND id NOT IN (SELECT id FROM waiters)";
        self.run(gone, Vec::new())
    }

    fn tidy(&self, now: Time, expected_by: Time) -> Result<()> {
        // Hardly ever is there anything to do, and to look is much less than to write nothing.
        let query = "SELECT (SELECT max(at) FROM permits WHERE confirmed = 0) > ?1 \
             OR (SELECT max(at) FROM permits WHERE confirmed = 1) > ?1 AS of_later, \
             (SELECT min(back_at) FROM waiters) <= ?2 AS absent";
        let rows = self.exec(query, vec![Binding::from(now), Binding::from(expected_by)])?;
        let is = |column: &str| rows.first().is_some_and(|row| row.integer(column) != 0);
        if is("of_later") {
            let now = Binding::from(now);
            self.run("UPDATE permits SET at = ?1 WHERE confirmed IN (0, 1) AND at > ?1", vec![now])?;
        }
        if is("absent") {
            self.run("DELETE FROM waiters WHERE back_at <= ?", vec![Binding::from(expected_by)])?;
        }
        Ok(())
    }

    fn spent(&self, window: Window, midnight: Time) -> Result<Spent> {
        // Not with OR in the first, for which SQLite would gather the ids of both to count none twice.
        let query = "SELECT NULL AS route, (SELECT count(*) FROM permits WHERE confirmed = 1 AND at >= ?1) \
             + (SELECT count(*) FROM permits WHERE confirmed = 0 AND at >= ?3) AS minute, \
             (SELECT count(*) FROM permits WHERE confirmed = 1 AND at >= ?2) \
             + (SELECT count(*) FROM permits WHERE confirmed = 0) AS number, 0 AS urgent \
             UNION ALL SELECT route, 0, count(*), sum(urgent) FROM counted JOIN permits USING (id) \
             WHERE at >= ?2 OR confirmed = 0 GROUP BY route";
        let Window { since, unconfirmed_since } = window;
        let bindings = vec![Binding::from(since), Binding::from(midnight), Binding::from(unconfirmed_since)];
        let rows = self.exec(query, bindings)?;
        let mut rows = rows.iter();
        let mut spent = Spent::default();
        if let Some(all) = rows.next() {
            (spent.minute, spent.today) = (count(all, "minute"), count(all, "number"));
        }
        for row in rows {
            spent.urgent = spent.urgent.saturating_add(count(row, "urgent"));
            spent.routes.extend(row.text("route").map(|route| (route, count(row, "number"))));
        }
        Ok(spent)
    }

    fn issued_at(&self, Window { since, unconfirmed_since }: Window, place: u32) -> Result<Option<Time>> {
        let query = "SELECT at AS number FROM permits WHERE confirmed IN (0, 1) AND at >= ?1 \
             UNION ALL SELECT at + (?1 - ?2) FROM permits WHERE confirmed = 0 AND at >= ?2 AND at < ?1 \
             ORDER BY number LIMIT 1 OFFSET ?3";
        let bindings = vec![Binding::from(since), Binding::from(unconfirmed_since), Binding::from(place)];
        Ok(self.first_number(query, bindings)?.map(Time))
    }

    fn count_for(&self, id: &str, urgent: bool, route: Option<&str>) -> Result<()> {
        if !urgent && route.is_none() {
            return self.run("DELETE FROM counted WHERE id = ?", vec![id.into()]);
        }
        let bindings = vec![id.into(), Binding::from(urgent), Binding::from(route)];
        self.run("INSERT OR REPLACE INTO counted VALUES (?, ?, ?)", bindings)
    }

    fn reserve(&self, id: &str, at: Time) -> Result<()> {
        self.run("INSERT OR REPLACE INTO permits VALUES (?, ?, 0)", vec![id.into(), Binding::from(at)])
    }

    fn confirm(&self, id: &str, at: Time) -> Result<()> {
        let statement = "INSERT INTO permits VALUES (?1, ?2, 1) ON CONFLICT (id) DO UPDATE \
             SET at = max(at, ?2), confirmed = 1 WHERE confirmed = 0";
        self.run(statement, vec![id.into(), Binding::from(at)])
    }

    fn confirm_reserved(&self, id: &str) -> Result<()> {
        self.run("UPDATE permits SET confirmed = 1 WHERE id = ? AND confirmed = 0", vec![id.into()])
    }

    fn release(&self, id: &str) -> Result<()> {
        self.run("DELETE FROM permits WHERE id = ?", vec![id.into()])
    }

    fn wait(&self, waiter: &Waiter) -> Result<()> {
        let bindings = vec![
            waiter.id.as_str().into(),
            waiter.incident.as_str().into(),
            Binding::from(waiter.rank),
            Binding::from(waiter.since),
            Binding::from(waiter.back_at),
            Binding::from(waiter.held),
        ];
        self.run("INSERT OR REPLACE INTO waiters VALUES (?, ?, ?, ?, ?, ?)", bindings)
    }

    fn leave(&self, id: &str) -> Result<()> {
        self.run("DELETE FROM waiters WHERE id = ?", vec![id.into()])
    }

    fn ahead(&self, rank: u8, since: Time, id: &str) -> Result<Vec<Group>> {
        // The line may be long: all of it is counted by its index alone. Those of routes are few, and taken off again.
        let query = "WITH routed AS MATERIALIZED (SELECT rank = 0 AS urgent, route, count(*) AS number \
             FROM counted CROSS JOIN waiters USING (id) \
             WHERE route IS NOT NULL AND (rank, since, waiters.id) < (?1, ?2, ?3) GROUP BY 1, 2) \
             SELECT urgent, route, sum(number) AS number FROM (SELECT rank = 0 AS urgent, NULL AS route, count(*) AS number \
             FROM waiters WHERE (rank, since, id) < (?1, ?2, ?3) GROUP BY rank \
             UNION ALL SELECT urgent, NULL, -number FROM routed UNION ALL SELECT urgent, route, number FROM routed) \
             GROUP BY urgent, route ORDER BY urgent DESC";
        let rows = self.exec(query, vec![Binding::from(rank), Binding::from(since), id.into()])?;
        let group = |row: &H::Row| Group {
            urgent: row.integer("urgent") != 0,
            route: row.text("route"),
            number: count(row, "number"),
        };
        Ok(rows.iter().map(group).collect())
    }

    fn in_line(&self, held: bool) -> Result<u32> {
        self.count("SELECT count(*) AS number FROM waiters WHERE held = ?", vec![Binding::from(held)])
    }

    fn first(&self, most: u32, left: &BTreeMap<String, u32>) -> Result<Vec<Waiter>> {
        let (mut left, mut first) = (left.clone(), Vec::new());
        loop {
            let wanted = most.saturating_sub(u32::try_from(first.len()).unwrap_or(u32::MAX));
            let rows = self.next_in_line(wanted, first.last(), &left)?;
            let enough = rows.len() < usize::try_from(wanted).unwrap_or(usize::MAX);
            let before = first.len();
            first.extend(rows.iter().filter(|row| takes(&mut left, *row)).map(waiter));
            // Who was passed over now has a route of which nothing is left: the next question is not about its like.
            if enough || first.len() == before.saturating_add(rows.len()) {
                return Ok(first);
            }
        }
    }

    fn pause(&self) -> Result<Option<Pause>> {
        let rows = self.exec("SELECT since, until, reason FROM pause", Vec::new())?;
        Ok(rows.first().map(|row| Pause {
            reason: row.text("reason").unwrap_or_default(),
            since: Time(row.integer("since")),
            until: Some(Time(row.integer("until"))).filter(|until| until.0 > 0),
        }))
    }
}

/// Whether somebody in line may go as far as the budget of its route is concerned, from which it is taken.
fn takes(left: &mut BTreeMap<String, u32>, row: &impl Row) -> bool {
    let Some(left) = row.text("route").and_then(|route| left.get_mut(&route)) else { return true };
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

fn waiter(row: &impl Row) -> Waiter {
    Waiter {
        id: row.text("id").unwrap_or_default(),
        incident: row.text("incident").unwrap_or_default(),
        rank: u8::try_from(row.integer("rank")).unwrap_or(u8::MAX),
        since: Time(row.integer("since")),
        back_at: Time(row.integer("back_at")),
        held: row.integer("held") != 0,
    }
}

fn count(row: &impl Row, column: &str) -> u32 {
    u32::try_from(row.integer(column)).unwrap_or(u32::MAX)
}
