//! Permits and the line in storage: what was spent is counted where it is stored.

use worker::wasm_bindgen::JsValue;

use super::RegisterObject;
use super::sql::{column, integer, number};
use incident::admission::{Rows, Waiter};
use incident::time::Time;

/// What the first release kept: sessions by their incidents' names. They still count on the day of the upgrade; who
/// waited asks again.
const FROM_FIRST_RELEASE: [&str; 3] = [
    "INSERT OR IGNORE INTO permits SELECT 'incident:' || incident, at, 1 FROM turns",
    "DROP TABLE turns",
    "DROP TABLE IF EXISTS queue",
];

impl RegisterObject {
    /// Takes over what the first release has stored, where that was not done yet.
    pub(super) fn take_over_turns(&self) -> worker::Result<()> {
        let sql = self.state.storage().sql();
        let mut turns = sql.exec_raw("SELECT 1 FROM sqlite_master WHERE name = 'turns'", Vec::new())?;
        if Iterator::next(&mut turns).is_some() {
            for statement in FROM_FIRST_RELEASE {
                sql.exec_raw(statement, Vec::new())?;
            }
        }
        Ok(())
    }

    fn run(&self, statement: &str, bindings: Vec<JsValue>) -> worker::Result<()> {
        self.exec(statement, bindings).map(|_| ())
    }

    fn first_number(&self, query: &str, bindings: Vec<JsValue>) -> worker::Result<Option<i64>> {
        match Iterator::next(&mut self.exec(query, bindings)?) {
            Some(row) => Ok(Some(integer(&row?, "number"))),
            None => Ok(None),
        }
    }

    fn count(&self, query: &str, bindings: Vec<JsValue>) -> worker::Result<u32> {
        let count = self.first_number(query, bindings)?.unwrap_or_default();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

impl Rows for RegisterObject {
    type Error = worker::Error;

    fn forget(&self, confirmed: Time, reserved: Time) -> worker::Result<()> {
        self.run("DELETE FROM permits WHERE confirmed = 1 AND at < ?", vec![number(confirmed.0)])?;
        self.run("DELETE FROM permits WHERE confirmed = 0 AND at < ?", vec![number(reserved.0)])
    }

    fn clamp(&self, now: Time) -> worker::Result<()> {
        let now = number(now.0);
        self.run("UPDATE permits SET at = ?1 WHERE confirmed IN (0, 1) AND at > ?1", vec![now])
    }

    fn issued(&self, since: Time, reserved: bool) -> worker::Result<u32> {
        let query =
            "SELECT count(*) AS number FROM permits WHERE confirmed = 1 AND at >= ?1 OR confirmed = 0 AND at >= ?2";
        let reserved_since = if reserved { Time(0) } else { since };
        self.count(query, vec![number(since.0), number(reserved_since.0)])
    }

    fn issued_at(&self, since: Time, place: u32) -> worker::Result<Option<Time>> {
        let query =
            "SELECT at AS number FROM permits WHERE confirmed IN (0, 1) AND at >= ? ORDER BY at LIMIT 1 OFFSET ?";
        Ok(self.first_number(query, vec![number(since.0), number(place.into())])?.map(Time))
    }

    fn reserve(&self, id: &str, at: Time) -> worker::Result<()> {
        self.run("INSERT OR REPLACE INTO permits VALUES (?, ?, 0)", vec![id.into(), number(at.0)])
    }

    fn confirm(&self, id: &str, at: Time) -> worker::Result<()> {
        let statement = "INSERT INTO permits VALUES (?1, ?2, 1) ON CONFLICT (id) DO UPDATE \
             SET at = max(at, ?2), confirmed = 1 WHERE confirmed = 0";
        self.run(statement, vec![id.into(), number(at.0)])
    }

    fn confirm_reserved(&self, id: &str) -> worker::Result<()> {
        self.run("UPDATE permits SET confirmed = 1 WHERE id = ? AND confirmed = 0", vec![id.into()])
    }

    fn release(&self, id: &str) -> worker::Result<()> {
        self.run("DELETE FROM permits WHERE id = ?", vec![id.into()])
    }

    fn wait(&self, waiter: &Waiter) -> worker::Result<()> {
        let bindings = vec![
            waiter.id.as_str().into(),
            waiter.incident.as_str().into(),
            number(waiter.rank.into()),
            number(waiter.since.0),
            number(waiter.back_at.0),
            number(waiter.held.into()),
        ];
        self.run("INSERT OR REPLACE INTO waiters VALUES (?, ?, ?, ?, ?, ?)", bindings)
    }

    fn leave(&self, id: &str) -> worker::Result<()> {
        self.run("DELETE FROM waiters WHERE id = ?", vec![id.into()])
    }

    fn drop_absent(&self, expected_before: Time) -> worker::Result<()> {
        self.run("DELETE FROM waiters WHERE back_at <= ?", vec![number(expected_before.0)])
    }

    fn ahead(&self, rank: u8, since: Time, id: &str) -> worker::Result<u32> {
        let query = "SELECT count(*) AS number FROM waiters WHERE (rank, since, id) < (?, ?, ?)";
        self.count(query, vec![number(rank.into()), number(since.0), id.into()])
    }

    fn in_line(&self, held: bool) -> worker::Result<u32> {
        self.count("SELECT count(*) AS number FROM waiters WHERE held = ?", vec![number(held.into())])
    }

    fn first(&self, most: u32) -> worker::Result<Vec<Waiter>> {
        let query = "SELECT * FROM waiters ORDER BY rank, since, id LIMIT ?";
        let mut waiters = Vec::new();
        for row in self.exec(query, vec![number(most.into())])? {
            let row = row?;
            waiters.push(Waiter {
                id: column(&row, "id").unwrap_or_default(),
                incident: column(&row, "incident").unwrap_or_default(),
                rank: u8::try_from(integer(&row, "rank")).unwrap_or(u8::MAX),
                since: Time(integer(&row, "since")),
                back_at: Time(integer(&row, "back_at")),
                held: integer(&row, "held") != 0,
            });
        }
        Ok(waiters)
    }
}
