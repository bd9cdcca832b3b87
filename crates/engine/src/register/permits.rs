//! Permits and the line in storage: what was spent is counted where it is stored.

use std::collections::BTreeMap;

use super::Program;
use crate::host::{Binding, Error, RegisterHost, Result, Row};
use ::incident::admission::{Group, Pause, Rows, Waiter};
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
}

impl<H: RegisterHost> Rows for Program<H> {
    type Error = Error;

    fn forget(&self, confirmed: Time, reserved: Time) -> Result<()> {
        // They are counted by their time, so those that are still there do no harm.
        if !self.permits_forgotten.is_due(self.host.now()) {
            return Ok(());
        }
        self.run("DELETE FROM permits WHERE confirmed = 1 AND at < ?", vec![Binding::from(confirmed)])?;
        self.run("DELETE FROM permits WHERE confirmed = 0 AND at < ?", vec![Binding::from(reserved)])?;
        let gone =
            "DELETE FROM counted WHERE id NOT IN (SELECT id FROM permits) AND id NOT IN (SELECT id FROM waiters)";
        self.run(gone, Vec::new())
    }

    fn clamp(&self, now: Time) -> Result<()> {
        let now = Binding::from(now);
        self.run("UPDATE permits SET at = ?1 WHERE confirmed IN (0, 1) AND at > ?1", vec![now])
    }

    fn issued(&self, since: Time, reserved: bool) -> Result<u32> {
        let query =
            "SELECT count(*) AS number FROM permits WHERE confirmed = 1 AND at >= ?1 OR confirmed = 0 AND at >= ?2";
        let reserved_since = if reserved { Time(0) } else { since };
        self.count(query, vec![Binding::from(since), Binding::from(reserved_since)])
    }

    fn issued_at(&self, since: Time, place: u32) -> Result<Option<Time>> {
        let query =
            "SELECT at AS number FROM permits WHERE confirmed IN (0, 1) AND at >= ? ORDER BY at LIMIT 1 OFFSET ?";
        Ok(self.first_number(query, vec![Binding::from(since), Binding::from(place)])?.map(Time))
    }

    fn issued_urgent(&self, since: Time) -> Result<u32> {
        let query = "SELECT count(*) AS number FROM counted JOIN permits USING (id) \
             WHERE urgent = 1 AND (at >= ? OR confirmed = 0)";
        self.count(query, vec![Binding::from(since)])
    }

    fn issued_by_route(&self, since: Time) -> Result<BTreeMap<String, u32>> {
        let query = "SELECT route, count(*) AS number FROM counted JOIN permits USING (id) \
             WHERE route IS NOT NULL AND (at >= ? OR confirmed = 0) GROUP BY route";
        let rows = self.exec(query, vec![Binding::from(since)])?;
        Ok(rows.iter().filter_map(|row| Some((row.text("route")?, number(row)))).collect())
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

    fn drop_absent(&self, expected_before: Time) -> Result<()> {
        self.run("DELETE FROM waiters WHERE back_at <= ?", vec![Binding::from(expected_before)])
    }

    fn ahead(&self, rank: u8, since: Time, id: &str) -> Result<Vec<Group>> {
        let query = "SELECT rank = 0 AS urgent, route, count(*) AS number FROM waiters LEFT JOIN counted USING (id) \
             WHERE (rank, since, id) < (?, ?, ?) GROUP BY 1, 2 ORDER BY 1 DESC";
        let rows = self.exec(query, vec![Binding::from(rank), Binding::from(since), id.into()])?;
        let group =
            |row: &H::Row| Group { urgent: row.integer("urgent") != 0, route: row.text("route"), number: number(row) };
        Ok(rows.iter().map(group).collect())
    }

    fn in_line(&self, held: bool) -> Result<u32> {
        self.count("SELECT count(*) AS number FROM waiters WHERE held = ?", vec![Binding::from(held)])
    }

    fn first(&self, most: u32, left: &BTreeMap<String, u32>) -> Result<Vec<Waiter>> {
        // A row is only numbered within its route where that matters.
        let rows = if left.is_empty() {
            let query = "SELECT * FROM waiters ORDER BY rank, since, id LIMIT ?";
            self.exec(query, vec![Binding::from(most)])?
        } else {
            let query = "SELECT * FROM (SELECT waiters.*, route, row_number() OVER (PARTITION BY route ORDER BY rank, since, \
                 waiters.id) AS place FROM waiters LEFT JOIN counted USING (id)) \
                 WHERE route IS NULL OR (?1 ->> route) IS NULL OR place <= (?1 ->> route) ORDER BY rank, since, id LIMIT ?2";
            self.exec(query, vec![serde_json::to_string(left)?.into(), Binding::from(most)])?
        };
        Ok(rows.iter().map(waiter).collect())
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

fn number(row: &impl Row) -> u32 {
    u32::try_from(row.integer("number")).unwrap_or(u32::MAX)
}
