//! The budget in storage: a row for each turn and for each that waits, so that one incident more costs the same however
//! many there were today.

use worker::wasm_bindgen::JsValue;

use super::{RegisterObject, column, integer, number};
use crate::runtime::now;
use incident::budget::{self, Budget, Turn, Waiter};
use incident::time::Time;

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS turns (incident TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID; \
     CREATE TABLE IF NOT EXISTS queue (incident TEXT PRIMARY KEY, back_at INTEGER)";

/// Where an incident stands in the budget.
struct Place {
    turn: Option<Time>,
    back_at: Option<Time>,
}

impl Place {
    fn of(budget: &Budget, name: &str) -> Place {
        Place { turn: budget.turn(name), back_at: budget.back_at(name) }
    }
}

impl RegisterObject {
    /// Changes the budget for the incident of that name, and stores what became of it.
    pub fn with_budget<T>(&self, name: &str, change: impl FnOnce(&mut Budget, &str) -> T) -> worker::Result<T> {
        self.load_budget()?;
        let now = now();
        let (result, before, after, new_day) = {
            let mut budget = self.budget.borrow_mut();
            let budget = budget.get_or_insert_default();
            let new_day = budget.tidy(now);
            let before = Place::of(budget, name);
            let result = change(budget, name);
            (result, before, Place::of(budget, name), new_day)
        };
        let stored = self.store_place(name, before, after);
        let stored = if new_day { stored.and_then(|()| self.forget_turns(now)) } else { stored };
        if let Err(error) = stored {
            // Memory may be ahead of storage now: storage is the truth.
            self.budget.replace(None);
            return Err(error);
        }
        Ok(result)
    }

    pub fn load_budget(&self) -> worker::Result<()> {
        if self.budget.borrow().is_some() {
            return Ok(());
        }
        let mut turns = Vec::new();
        for row in self.exec("SELECT incident, at FROM turns ORDER BY incident", Vec::new())? {
            let row = row?;
            turns.push(Turn { name: column(&row, "incident").unwrap_or_default(), at: Time(integer(&row, "at")) });
        }
        let mut queue = Vec::new();
        for row in self.exec("SELECT incident, back_at FROM queue ORDER BY rowid", Vec::new())? {
            let row = row?;
            let name = column(&row, "incident").unwrap_or_default();
            queue.push(Waiter { name, back_at: Time(integer(&row, "back_at")) });
        }
        self.budget.replace(Some(Budget::restored(turns, queue, now())));
        Ok(())
    }

    /// Writes what is different.
    fn store_place(&self, name: &str, before: Place, after: Place) -> worker::Result<()> {
        let name = JsValue::from_str(name);
        match after.turn {
            same if same == before.turn => {}
            Some(at) => {
                self.exec("INSERT OR REPLACE INTO turns VALUES (?, ?)", vec![name.clone(), number(at.0)])?;
            }
            None => {
                self.exec("DELETE FROM turns WHERE incident = ?", vec![name.clone()])?;
            }
        }
        match after.back_at {
            same if same == before.back_at => {}
            // Its row keeps its place; a new one goes to the end, also where an old one was left.
            Some(at) if before.back_at.is_some() => {
                self.exec("UPDATE queue SET back_at = ? WHERE incident = ?", vec![number(at.0), name])?;
            }
            Some(at) => {
                self.exec("INSERT OR REPLACE INTO queue VALUES (?, ?)", vec![name, number(at.0)])?;
            }
            None => {
                self.exec("DELETE FROM queue WHERE incident = ?", vec![name])?;
            }
        }
        Ok(())
    }

    fn forget_turns(&self, now: Time) -> worker::Result<()> {
        self.exec("DELETE FROM turns WHERE at < ?", vec![number(budget::oldest(now).0)])?;
        self.exec("DELETE FROM queue WHERE back_at < ?", vec![number(now.plus(-budget::GRACE).0)])?;
        Ok(())
    }
}
